#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Inputs, layers and weights may be called as training calls its own numbers: what is learned is the same.
# shellcheck source=tests/e2e/lib.sh
. "$2/tests/e2e/lib.sh"

texts 60 1 >train.tsv

# model INPUT LAYER WEIGHT: $1.nnd
model()
{
    cat >"$1.nnd" <<END
use std.text, std.dense

layer Gains(x: f32[..., d]) -> f32[..., d] {
    param $3 : f32[d] = ones()
    return x * $3
}

model Named(vocab: dim) {
    input  $1 : token[batch, word~]
    target label : class[batch]

    let $2 = Gains()
    logits = $1 |> Embedding(vocab, 1024) |> $2 |> mean(over word) |> Linear(2)
    output p = softmax(logits)
    loss     = cross_entropy(logits, label)
}

train Named {
    optimiser = adam(rate = 0.01)
    batch     = 20
    epochs    = 2
}
END
}

# learned INPUT LAYER WEIGHT
learned()
{
    model "$@"
    run train "$1.nnd" --train train.tsv --valid 0 -o "$1.model"
    cut -f 2 train.tsv >texts.txt
    run predict "$1.model" <texts.txt
}

learned report gains gain
mv out plain
for names in 'rate adam sizes' 'iteration adam scales' 'number step rate' 'rows step rows' 'step adam touched'; do
    # shellcheck disable=SC2086 # three words
    learned $names
    near out plain || fail "$names: learns something else"
done
