#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# DPA-HNN, both spellings: the lexicon becomes part of the model, and every engine marks the same words.
# shellcheck source=tests/e2e/lib.sh
. "$2/tests/e2e/lib.sh"

texts 60 1 >train.tsv
printf 'wheat\ncorn\noil export\n' >lexicon.txt
for dual in false true; do
    run train "$root/examples/dpa_hnn.nnd" --train train.tsv --phrases lexicon.txt --epochs 2 -o dpa.model -D size=8 \
        -D hidden=6 -D dual=$dual
    rm -f lexicon.gone && mv lexicon.txt lexicon.gone
    run predict dpa.model train.tsv
    cp out jit
    run predict dpa.model train.tsv --engine interp
    cut -f 1 out >interp.class
    cut -f 1 jit | cmp - interp.class || fail "interpreter and JIT disagree (dual=$dual)"
    run build dpa.model -o dpa
    ./dpa train.tsv >native || fail "the native program fails"
    cmp jit native || fail "the native program disagrees (dual=$dual)"
    mv lexicon.gone lexicon.txt
done
# The marks of a model that can do without them.
sed 's/\(input .*f32\[batch, sent~, word~\]\)/\1 = 0/' "$root/examples/dpa_hnn.nnd" >optional.nnd
grep -q '\] = 0' optional.nnd || fail "the example has no input of marks"
for lexicon in '' '--phrases lexicon.txt'; do
    # shellcheck disable=SC2086
    run train optional.nnd --train train.tsv $lexicon --epochs 1 -o optional.model -D size=8 -D hidden=8
    run eval optional.model --data train.tsv
    run predict optional.model train.tsv
done

refuses '.*--phrases FILE is needed' train "$root/examples/dpa_hnn.nnd" --train train.tsv -o no.model
refuses 'marks no phrases' train "$root/examples/hnn.nnd" --train train.tsv --phrases lexicon.txt -o no.model
refuses 'missing.txt' train "$root/examples/dpa_hnn.nnd" --train train.tsv --phrases missing.txt -o no.model
