#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The text CNN finds the two words that decide, with dropout, clipping and early stopping on.
# shellcheck source=tests/e2e/lib.sh
. "$2/tests/e2e/lib.sh"

texts 900 1 >train.tsv
texts 300 2 >test.tsv
run train "$root/examples/text_cnn.nnd" --train train.tsv --valid 0.2 --epochs 20 --batch 10 -o cnn.model -D size=32 -D filters=16
run eval cnn.model --data test.tsv --json
cat out
auc=$(sed 's/.*"auc":\([0-9.]*\).*/\1/' out)
awk -v auc="$auc" 'BEGIN { exit !(auc > 0.95) }' || fail "AUC is $auc"
