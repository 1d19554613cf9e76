#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# nnd new writes models that check, and overwrites nothing; nnd doc writes what comments say.
# shellcheck source=tests/e2e/lib.sh
. "$2/tests/e2e/lib.sh"

run new
[ "$(wc -l <out)" -ge 20 ] || fail "few templates are listed"
sed 's/^ *\([a-z0-9_]*\) .*/\1/' out >names
while read -r name; do
    run new "$name" --quiet
    run check "$name.nnd" --quiet
done <names

run new lenet -o mine.nnd --model Mine
run check mine.nnd
grep -q 'model Mine' out || fail "the model is not called Mine"
echo kept >kept.nnd
refuses 'is there already' new lenet -o kept.nnd
[ "$(cat kept.nnd)" = kept ] || fail "a file was overwritten"
refuses 'did you mean .lenet.' new lenett

printf '/// Twice x.\n///\n///     twice(2)\nfunction twice(x: f32[...]) -> f32[...] = 2 * x\n\n/// Pi.\nconst pi = 3.14\n' >own.nnd
run doc own.nnd
grep -qF 'function twice(x: f32[...]) -> f32[...]' out || fail "no signature"
grep -qx 'twice(2)' out || fail "no program of the comment"
grep -qx 'const pi = 3.14' out || fail "no constant"
printf 'layer {' >broken.nnd
refuses 'broken.nnd:1' doc broken.nnd
