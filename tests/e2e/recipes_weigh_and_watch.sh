#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A model's own metrics are told and can stop training; class weights move what is found.
# shellcheck source=tests/e2e/lib.sh
. "$2/tests/e2e/lib.sh"

texts 90 1 >train.tsv
texts 60 2 >test.tsv
cat >weighed.nnd <<'END'
use std.text, std.dense

model Weighed(vocab: dim) {
    input  report : token[batch, word~]
    target label  : class[batch]
    logits = report |> Embedding(vocab, 4) |> mean(over word) |> Linear(2)
    output p = softmax(logits)
    metric found = f32(argmax(logits))                  // the share of items that it calls positive
    loss     = cross_entropy(logits, label)
}

train Weighed {
    optimiser     = sgd(rate = 0.5)
    epochs        = 4
    class_weights = [1, 1]
    stop          = early(on = valid.found, least = true, patience = 100)
}
END

# found WEIGHTS: the share that a model with these class weights calls positive.
found()
{
    sed "s/\[1, 1\]/$1/" weighed.nnd >model.nnd
    run train model.nnd --train train.tsv --valid test.tsv -o model.model --json
    grep -q '"valid_found":' out || fail "the history has no metric of the model"
    run eval model.model --data test.tsv --json
    sed -n 's/.*"found":\([0-9.e+-]*\).*/\1/p' out
}
none=$(found '[1, 0]')
all=$(found '[0, 1]')
[ "$none" = 0 ] || fail "with no weight on class 1 it is found in $none"
[ "$all" = 1 ] || fail "with all the weight on class 1 it is found in $all"
found balanced >/dev/null
