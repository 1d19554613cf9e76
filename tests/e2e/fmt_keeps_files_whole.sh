#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# nnd fmt rewrites what it can format, leaves alone what it cannot, and --check only looks.
# shellcheck source=tests/e2e/lib.sh
. "$2/tests/e2e/lib.sh"

printf 'model M{\n input x:f32[batch,2] // two\n output y=x+1 }\n' >loose.nnd
printf 'model M {\n    input x : f32[batch, 2]  // two\n    output y = x + 1 }\n' >expected.nnd
cp loose.nnd before.nnd
"$nnd" fmt --check loose.nnd >out && fail "--check accepts a file that is not formatted"
[ "$(cat out)" = loose.nnd ] || fail "--check does not name the file"
cmp loose.nnd before.nnd || fail "--check changes the file"
"$nnd" fmt - <loose.nnd >out || fail "standard input"
cmp out expected.nnd || fail "standard input is formatted otherwise: $(cat out)"
run fmt loose.nnd
cmp loose.nnd expected.nnd || fail "the file is not formatted"
run fmt --check loose.nnd

printf 'model M {\n input }\n' >wrong.nnd
cp wrong.nnd before.nnd
"$nnd" fmt wrong.nnd loose.nnd >out 2>err && fail "a syntax error is accepted"
grep -q 'wrong.nnd:2:8: error' err || fail "the error has no place: $(cat err)"
cmp wrong.nnd before.nnd || fail "a wrong file is changed"
"$nnd" fmt missing.nnd 2>err && fail "a missing file is accepted"
"$nnd" fmt 2>err
[ $? -eq 2 ] || fail "no file is not wrong usage"
