#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# nnd tune tries every setting once, goes on where it was interrupted, and keeps the best model.
# shellcheck source=tests/e2e/lib.sh
. "$2/tests/e2e/lib.sh"

texts 90 1 >train.tsv
texts 40 2 >test.tsv

# search ARGUMENT...
search()
{
    run tune "$root/examples/text_cnn.nnd" --train train.tsv --valid test.tsv -D filters=4 -o found "$@"
}
search --vary size=4,8 --epochs 1
[ "$(wc -l <found/trials.jsonl)" = 2 ] || fail "2 settings did not make 2 trials"
cp found/trials.jsonl before
search --vary size=4,8,12 --vary rate=1,0.001 --epochs 1
[ "$(wc -l <found/trials.jsonl)" = 8 ] || fail "other settings were not tried"
search --vary size=4,8 --epochs 1 --json
[ ! -s out ] || fail "settings that are done were tried again"
head -n 2 found/trials.jsonl | cmp -s - before || fail "trials that were done have changed"

best=$(sed 's/.*"value":\([0-9.]*\).*/\1/' found/trials.jsonl | sort -n | tail -n 1)
run eval found/best.model --data test.tsv --json
grep -q "\"auc\":$best" out || fail "best.model does not have the best AUC, $best"
[ "$(find found -type f | wc -l)" = 2 ] || fail "something else is left in the folder"

refuses 'neither a parameter' tune "$root/examples/text_cnn.nnd" --train train.tsv --vary filtres=1 -o found
echo nonsense >found/trials.jsonl
refuses 'trials.jsonl:1: this is no trial' tune "$root/examples/text_cnn.nnd" --train train.tsv --vary size=1 -o found
exit 0
