#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A training ends with the same predictions, whichever of the optimisations of training are left out.
# shellcheck source=tests/e2e/lib.sh
. "$2/tests/e2e/lib.sh"

texts 90 1 >train.tsv
texts 20 2 | cut -f 2 >test.txt

# learned MODEL ENGINE WITHOUT: predictions after two epochs, in the file `p`
learned()
{
    run train "$root/examples/$1.nnd" --train train.tsv --valid 0 --epochs 2 --batch 16 -D size=20 --engine "$2" \
        --without "$3" -o m.model
    run predict m.model --engine interp <test.txt
    cut -f 2- out >p
}

for model in text_cnn lstm hnn; do
    learned $model interp touched-rows,winners,distinct
    mv p plain
    for without in touched-rows winners distinct share-memory; do
        learned $model jit $without
        near plain p || fail "$model without $without learns something else"
    done
    learned $model interp share-memory
    near plain p || fail "$model, interpreted, learns something else"
done
