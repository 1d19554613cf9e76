#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# nnd bench --profile tells of each kernel its time, line, arithmetic and traffic; --roofline draws them.
# shellcheck source=tests/e2e/lib.sh
. "$2/tests/e2e/lib.sh"

texts 60 1 >train.tsv
run train "$root/examples/text_cnn.nnd" -D size=24 -D filters=16 --train train.tsv --epochs 1 -o m.model --quiet
run bench m.model --data train.tsv --profile --seconds 0.05
grep -q '^1 item: ' out || fail "no table for one item"
grep -q '^32 items: ' out || fail "no table for a batch"
grep -qE '^ *[0-9.]+ %  predict\.[0-9]+\.dot +[1-9]' out || fail "no contraction with a line of the model"
shares=$(awk '$2 == "%" { sum += $1 } END { printf "%d", sum + 0.5 }' out)
{ [ "$shares" -ge 198 ] && [ "$shares" -le 202 ]; } || fail "shares of two tables sum to $shares %"

# Arithmetic does not depend on the time that it takes: twice the same, and that of the whole model where nothing is folded.
flops()
{
    run bench m.model --data train.tsv --profile --seconds 0.02 --json "$@"
    tr ',' '\n' <out | awk -F: '/"flops"/ { sum += $2 } END { printf "%.0f\n", sum }'
}
whole=$(flops --without fold-embedding)
[ "$whole" -gt 100000 ] || fail "$whole FLOP in all"
first=$(flops)
{ [ "$first" -gt 10000 ] && [ "$first" -lt "$whole" ]; } || fail "$first FLOP in all of the folded model, $whole without folding"
[ "$(flops)" = "$first" ] || fail "arithmetic differs from run to run"
# What computes rows of folded tables has none: most calls need no new ones.
[ "$(grep -c '"kernel":"predict.[0-9]*.dot".*"flops":0,' out)" = 6 ] || fail "three tables are not told from contractions"

run bench m.model --data train.tsv --seconds 0.02 --roofline roof.svg
grep -q '^<svg .*xmlns' roof.svg || fail "roof.svg is no picture"
[ "$(grep -c '<circle' roof.svg)" -ge 4 ] || fail "roof.svg has no kernels"
! grep -qE 'nan|inf' roof.svg || fail "roof.svg has places that are no numbers"
run bench m.model --data train.tsv --profile --seconds 0.02 --batch 7
grep -q '^7 items' out || fail "--batch does not choose how many items are measured"
run bench m.model --data train.tsv --seconds 0.05 --batch 7 --json
[ "$(grep -c '"batch_items":7,' out)" = 3 ] || fail "not all engines measure the batch: $(cat out)"
refuses 'No such file' bench m.model --data absent.tsv --profile
