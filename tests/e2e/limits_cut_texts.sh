#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `word~ <= 4` cuts sentences, `sent~ <= 2` texts, everywhere alike, and a warning counts what was cut.
# shellcheck source=tests/e2e/lib.sh
. "$2/tests/e2e/lib.sh"

sed 's/sent~, word~\]/sent~ <= 2, word~ <= longest]/; s/vocab: dim/vocab: dim, longest: dim = 4/' "$root/examples/hnn.nnd" >cut.nnd
grep -q 'word~ <= longest' cut.nnd || fail "the example has changed"
printf '%s\t%s\n' 0 'one two three. Four five' 1 'one two three four five. Six. Seven' >train.tsv
cat train.tsv train.tsv train.tsv >more.tsv
mv more.tsv train.tsv
warning='train.tsv: 3 of 6 texts were cut to 2 sentences; 3 sentences were cut to 4 words'

"$nnd" train cut.nnd --train train.tsv --epochs 1 --batch 2 -o cut.model -D size=8 -D hidden=4 >out 2>err ||
    fail "training: $(cat err)"
grep -qF "$warning" err || fail "training does not tell what it cut: $(cat err)"
"$nnd" predict cut.model train.tsv >predicted 2>err || fail "prediction: $(cat err)"
grep -qF "$warning" err || fail "prediction does not tell what it cut: $(cat err)"
run build cut.model -o cut
./cut train.tsv >native 2>err || fail "the native program: $(cat err)"
grep -qF "$warning" err || fail "the native program does not tell what it cut: $(cat err)"
cmp predicted native || fail "the native program cuts otherwise"
printf '%s\t%s\n' 0 'one two three. Four five' 1 'one two three four. Six.' >cut.tsv
"$nnd" predict cut.model cut.tsv >cut.out 2>err
[ ! -s err ] || fail "a warning without a reason: $(cat err)"
[ "$(head -n 2 predicted)" = "$(cat cut.out)" ] || fail "what is cut is not as if it never was there"
