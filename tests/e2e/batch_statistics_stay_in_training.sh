#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Batch normalisation: training sees the batch, predictions do not; a resumed training and both engines
# end with the same bytes; what is frozen stays.
# shellcheck source=tests/e2e/lib.sh
. "$2/tests/e2e/lib.sh"

texts 90 1 >train.tsv
texts 12 2 | cut -f 2 >documents.txt
cat >normal.nnd <<'END'
use std.text, std.dense, std.norm
model Normal(vocab: dim, classes: dim = 2) {
    input  words : token[batch, word~]
    target label : class[batch]
    logits = words |> Embedding(vocab, 8) |> BatchNorm |> mean(over word) |> BatchNorm |> Linear(classes)
    output p = softmax(logits)
    loss     = cross_entropy(logits, label)
}
train Normal {
    optimiser = adam(rate = 0.01)
    batch     = 16
}
END
sed '/optimiser/i frozen = [BatchNorm.average]' normal.nnd >frozen.nnd

run train normal.nnd --train train.tsv --valid 0.2 --epochs 4 -o whole.model
run train normal.nnd --train train.tsv --valid 0.2 --epochs 2 -o parts.model
run train normal.nnd --train train.tsv --valid 0.2 --epochs 4 -o parts.model --resume
cmp whole.model parts.model || fail "a training in two parts has other statistics"

run predict whole.model documents.txt
cp out together
while read -r line; do
    printf '%s\n' "$line" | "$nnd" predict whole.model || fail "no prediction for: $line"
done <documents.txt >apart
near together apart || fail "a document alone is predicted differently"
run build whole.model -o native
./native documents.txt >own 2>log || fail "the native program fails"
near together own || fail "the native program predicts something else"

# means FILE: the bytes of the running means of the logits, as numbers; a safetensors file says where they are.
means()
{
    size=$(od -An -tu8 -N8 "$1" | tr -d ' ')
    place=$(tail -c +9 "$1" | head -c "$size" | sed 's/.*"logits.BatchNorm.average":{[^}]*"data_offsets":\[\([0-9]*\),.*/\1/')
    od -An -td1 -v -j $((8 + size + place)) -N 32 "$1" | tr -d ' \n'
}

run train frozen.nnd --train train.tsv --valid 0.2 --epochs 1 -o frozen.model
zeros=00000000000000000000000000000000
[ "$(means whole.model)" != $zeros ] || fail "the running means stay 0"
[ "$(means frozen.model)" = $zeros ] || fail "frozen means move"
