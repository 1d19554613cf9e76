#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A training that changes only the rows that a batch looks up ends with the very model of one that changes the whole
# table, and goes on from a checkpoint to the same bytes: Adadelta (the first two models) and Adam.
# shellcheck source=tests/e2e/lib.sh
. "$2/tests/e2e/lib.sh"

# Words of the end of a line occur once in an epoch.
texts 120 1 | awk '{ print $0 " name" NR }' >train.tsv

# same_either_way MODEL SIZE
same_either_way()
{
    model=$1
    size=$2
    # train_with OPTION...: the same training each time
    train_with()
    {
        run train "$root/examples/$model.nnd" --train train.tsv --valid 0.2 -D size=16 -D "$size" --batch 10 \
            --engine $engine "$@"
    }
    train_with --epochs 4 -o rows.model
    train_with --epochs 4 --without touched-rows -o table.model
    cmp rows.model table.model || fail "$engine, $model: the models differ"
    train_with --epochs 2 -o parts.model
    train_with --epochs 4 -o parts.model --resume
    cmp rows.model parts.model || fail "$engine, $model: a training in two parts ends elsewhere"
}

for engine in jit interp; do
    same_either_way text_cnn filters=8
    same_either_way text_cnn_kim filters=8
    same_either_way hnn hidden=8
done

# More steps than rows may be late, in one epoch; what is longer than rows can count is refused.
texts 1100 3 | awk '{ print $0 " name" NR % 50 * (NR % 7 == 0) }' >train.tsv
for without in touched-rows once; do
    run train "$root/examples/hnn.nnd" --train train.tsv --valid 0 -D size=8 -D hidden=2 --batch 1 --epochs 1 \
        --without $without -o $without.model
done
cmp once.model touched-rows.model || fail "1100 steps in an epoch: the models differ"
refuses 'more than a row of a table can count' train "$root/examples/hnn.nnd" --train train.tsv --valid 0 --epochs 20000 \
    --batch 1 -o long.model
