#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# nnd tune tries every setting once, goes on where it was interrupted, and keeps the best model, or the smallest within a
# tolerance of it.
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
! grep -v '^{"chosen":{' out || fail "settings that are done were tried again"
head -n 2 found/trials.jsonl | cmp -s - before || fail "trials that were done have changed"

best=$(sed 's/.*"value":\([0-9.]*\).*/\1/' found/trials.jsonl | sort -n | tail -n 1)
run eval found/best.model --data test.tsv --json
grep -q "\"auc\":$best" out || fail "best.model does not have the best AUC, $best"
search --vary size=4,8 --epochs 1
kept=$(grep -c '^[>*] .*size=' out)
[ "$(find found -name 'trial-*.model' | wc -l)" = "$kept" ] || fail "$kept trials are marked, their models are not what is kept"
[ "$(find found -type f | wc -l)" = $((kept + 2)) ] || fail "something else is left in the folder"

# bytes <TRIALS: of the weights and the plan of each
bytes()
{
    sed 's/.*"weights":\([0-9]*\),"memory":\([0-9]*\).*/\1 \2/' | awk '{ print 4 * $1 + $2 }'
}
least=$(bytes <found/trials.jsonl | sort -n | head -n 1)
search --vary size=4,8 --epochs 1 --within 1 --json
[ "$(bytes <out)" = "$least" ] || fail "every metric is within 1 of the best, but the smallest trial was not chosen"

# A search that is done chooses again. Its trials and models are written here, so that the choice is known.
mkdir again
# trial NUMBER VALUE MEMORY WEIGHTS
trial()
{
    echo "{\"settings\":\"size=$1\",\"metric\":\"valid.auc\",\"value\":$2,\"score\":$2,\"memory\":$3,\"weights\":$4}" >>again/trials.jsonl
    echo "model $1" >"again/trial-$1.model"
}
trial 1 0.90 9000 0
trial 2 0.88 5000 0 # as small as 3 and 4, but not as good
trial 3 0.89 4000 250
trial 4 0.89 5000 0 # as 3, and later
trial 5 0.70 100 0
trial 6 0.895 100 2000 # its weights make it larger than 3
# chooses NUMBER ARGUMENT...: the mark in the table, the line of --json and best.model
chooses()
{
    number=$1
    shift
    search="$root/examples/text_cnn.nnd --train train.tsv --vary size=1,2,3,4,5,6 -o again"
    # shellcheck disable=SC2086
    run tune $search "$@"
    [ "$(grep '^>.*size=' out | sed 's/.*size=//')" = "$number" ] || fail "tune $* does not mark trial $number"
    rm again/best.model
    # shellcheck disable=SC2086
    run tune $search "$@" --json
    grep -q "^{\"chosen\":{\"settings\":\"size=$number\"," out || fail "tune $* --json does not tell trial $number"
    cmp again/best.model "again/trial-$number.model" || fail "tune $* has not kept the model of trial $number"
}
chooses 1
chooses 1 --within 0.004
chooses 6 --within 0.005
chooses 3 --within 0.01
chooses 3 --within 0.02
chooses 5 --within 0.2
rm again/trial-5.model
refuses 'again/trial-5.model: ' tune "$root/examples/text_cnn.nnd" --train train.tsv --vary size=1 -o again --within 0.2

refuses 'neither a parameter' tune "$root/examples/text_cnn.nnd" --train train.tsv --vary filtres=1 -o found
echo nonsense >found/trials.jsonl
refuses 'trials.jsonl:1: this is no trial' tune "$root/examples/text_cnn.nnd" --train train.tsv --vary size=1 -o found
exit 0
