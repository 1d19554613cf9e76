#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# train --run keeps a history for scripts and curves for people, --json prints it with times; nnd report draws several models.
# shellcheck source=tests/e2e/lib.sh
. "$2/tests/e2e/lib.sh"

texts 60 1 >train.tsv
small='-D size=8 -D filters=4'
# shellcheck disable=SC2086
run train "$root/examples/text_cnn.nnd" --train train.tsv --valid 0.2 --epochs 3 $small -o one.model --run one --json
[ "$(sed 's/,"step_seconds":[0-9.e-]*}$/}/' out | grep -cxFf one/history.jsonl)" = 3 ] ||
    fail "--json does not print the lines of the history"
[ "$(grep -cE '"step_seconds":[0-9.e-]*[1-9]' out)" = 3 ] || fail "--json does not tell the time of a step"
grep -q step_seconds one/history.jsonl && fail "times are kept in the history"
[ "$(wc -l <one/history.jsonl)" = 3 ] || fail "history.jsonl has not one line for each of 3 epochs"
grep -q '^{"epoch":3,"train_loss":.*"valid_auc":' one/history.jsonl || fail "no metrics of epoch 3"
cmp -s one/model.nnd "$root/examples/text_cnn.nnd" || fail "model.nnd is not the source"
[ "$(grep -c '<polyline' one/curves.html)" = 4 ] || fail "curves.html does not draw 2 losses, accuracy and AUC"

# shellcheck disable=SC2086
run train "$root/examples/text_cnn.nnd" --train train.tsv --epochs 2 --seed 2 $small -o 'a<b>.model'
run report one.model 'a<b>.model' -o both.html
[ "$(grep -c '<polyline' both.html)" -ge 5 ] || fail "both.html does not draw both models"
grep -q 'a&lt;b&gt;, training' both.html || fail "the name of a model is not escaped"
grep -qE '(src|href)=' both.html && fail "the page needs other files"

refuses 'missing.model' report missing.model -o no.html
[ ! -e no.html ] || fail "a page was written although there was nothing to draw"
refuses 'train.tsv/run' train "$root/examples/text_cnn.nnd" --train train.tsv --epochs 1 -o two.model --run train.tsv/run
exit 0
