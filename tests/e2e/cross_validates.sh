#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# nnd cross tests every item once on a model that has not seen it, goes on where it was interrupted,
# and gives mean and standard deviation.
# shellcheck source=tests/e2e/lib.sh
. "$2/tests/e2e/lib.sh"

texts 90 1 >train.tsv

# validate FOLDER ARGUMENT...
validate()
{
    folder=$1
    shift
    run cross "$root/examples/text_cnn.nnd" --train train.tsv --valid 0.2 --folds 3 --epochs 3 -D size=8 -D filters=4 -o "$folder" "$@"
}
validate one --json
[ "$(wc -l <out)" = 4 ] || fail "not a line for each part and one for all"
[ "$(grep -c '"items":30,' one/folds.jsonl)" = 3 ] || fail "the parts are not equal"
[ -s one/fold-3.model ] || fail "no model of a part is kept"
[ "$(find one -type f | wc -l)" = 4 ] || fail "something else is left in the folder"
accuracies=$(sed 's/.*"accuracy":\([0-9.]*\).*/\1/' one/folds.jsonl)
told=$(tail -n 1 out | sed 's/.*"accuracy":{"mean":\([0-9.]*\),"sd":\([0-9.]*\)}.*/\1 \2/')
echo "$accuracies" | awk -v told="$told" '{ sum += $1; squares += $1 * $1 } END {
    split(told, part, " "); mean = sum / NR; sd = sqrt((squares - NR * mean * mean) / (NR - 1))
    exit !(mean - part[1] < 1e-6 && part[1] - mean < 1e-6 && sd - part[2] < 1e-5 && part[2] - sd < 1e-5) }' ||
    fail "mean and deviation of $accuracies are not $told"

head -n 1 one/folds.jsonl >first
mkdir two
cp first two/folds.jsonl
validate two --quiet
sed 's/"seconds".*//' one/folds.jsonl >expected
sed 's/"seconds".*//' two/folds.jsonl | cmp -s - expected || fail "a run that goes on ends differently"
cmp one/fold-3.model two/fold-3.model || fail "the models of a run that goes on differ"
grep -q '^accuracy .*±' out || fail "no table"

refuses 'another cross-validation' cross "$root/examples/text_cnn.nnd" --train train.tsv --folds 4 -o one
refuses 'cannot be dealt' cross "$root/examples/text_cnn.nnd" --train train.tsv --folds 91 -o three
echo nonsense >one/folds.jsonl
refuses 'folds.jsonl:1' cross "$root/examples/text_cnn.nnd" --train train.tsv --folds 3 -o one
