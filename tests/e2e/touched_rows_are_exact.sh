#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A training that changes only the rows that a batch looks up ends with the very model of one that changes the whole
# table, and goes on from a checkpoint to the same bytes.
# shellcheck source=tests/e2e/lib.sh
. "$2/tests/e2e/lib.sh"

texts 120 1 >train.tsv
for engine in jit interp; do
    for model in text_cnn text_cnn_kim; do
        # train_with OPTION...: the same training each time
        train_with()
        {
            run train "$root/examples/$model.nnd" --train train.tsv --valid 0.2 -D size=16 -D filters=8 --batch 10 \
                --engine $engine "$@"
        }
        train_with --epochs 4 -o rows.model
        train_with --epochs 4 --without touched-rows -o table.model
        cmp rows.model table.model || fail "$engine, $model: the models differ"
        train_with --epochs 2 -o parts.model
        train_with --epochs 4 -o parts.model --resume
        cmp rows.model parts.model || fail "$engine, $model: a training in two parts ends elsewhere"
    done
done
