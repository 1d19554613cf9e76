#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# nnd export writes what ONNX has an operator for as that operator.
# shellcheck source=tests/e2e/lib.sh
. "$2/tests/e2e/lib.sh"

texts 60 1 >texts.tsv
images digits 40 2
colours small 24 3

# has OPERATOR COUNT: nodes are called OPERATOR_n, their first outputs as well.
has()
{
    count=$(grep -aoE "(^|[^A-Za-z])$1_[0-9]+" model.onnx | grep -aoE "$1_[0-9]+" | sort -u | wc -l)
    [ "$count" -eq "$2" ] || fail "$name has $count $1, not $2"
}

export_example()
{
    name=$1 data=$2
    shift 2
    run train "$root/examples/$name.nnd" --train "$data" --valid 0 --epochs 1 -o m.model --quiet "$@"
    run export m.model --lengths equal -o model.onnx
    for composed in Scan Einsum ReduceSum Expand; do
        has $composed 0
    done
}

export_example lenet digits-images-idx3-ubyte
has Conv 2
has MaxPool 2
has Transpose 0
export_example resnet20 small-images-idx4-ubyte -D width=2 -D depth=1
has Conv 9
has BatchNormalization 7
has AveragePool 0
export_example text_cnn texts.tsv -D size=16 -D filters=8
has Conv 3
has Add 1 # biases belong to convolutions
has Gather 1
export_example bilstm texts.tsv
grep -aq bidirectional model.onnx || fail "a BiLSTM is not one node"
export_example gru texts.tsv -D size=16 -D hidden=8
grep -aq GRU_ model.onnx || fail "a GRU is no GRU"
export_example elman texts.tsv -D size=16 -D hidden=8
grep -aq RNN_ model.onnx || fail "an Elman network is no RNN"

# A cell that ONNX does not know is a Scan; gates in weights of their own are an LSTM all the same.
cat >cells.nnd <<'END'
use std.text, std.dense

layer Leaky(hidden: dim)(x: f32[..., t~, in]) -> f32[..., t~, hidden] {
    param W : f32[in, hidden] = xavier()
    scan x over t, from h = zeros(..., hidden) {
        h = 0.9 * h + x · W
        emit h
    }
}

layer Gates(hidden: dim)(x: f32[..., t~, in]) -> f32[..., t~, hidden] {
    param Wi : f32[in, hidden] = xavier()
    param Wf : f32[in, hidden] = xavier()
    param Wo : f32[in, hidden] = xavier()
    param Wc : f32[in, hidden] = xavier()
    param Ui : f32[hidden, hidden] = xavier()
    param Uf : f32[hidden, hidden] = xavier()
    param Uo : f32[hidden, hidden] = xavier()
    param Uc : f32[hidden, hidden] = xavier()
    scan x over t, from c = zeros(..., hidden), h = zeros(..., hidden) {
        in_gate = sigmoid(h · Ui + x · Wi)
        forget  = sigmoid(1 + x · Wf + h · Uf)
        out     = sigmoid(x · Wo + h · Uo)
        c = tanh(x · Wc + h · Uc) * in_gate + c * forget
        h = tanh(c) * out
        emit h
    }
}

model Cells(vocab: dim, own: bool = false) {
    input  words : token[batch, word~]
    target label : class[batch]
    x = words |> Embedding(vocab, 8)
    h = if own { x |> Gates(6) } else { x |> Leaky(6) }
    logits = h |> last(over word) |> Linear(2)
    output p = softmax(logits)
    loss = cross_entropy(logits, label)
}
END
name=cells
run train cells.nnd --train texts.tsv --valid 0 --epochs 1 -o m.model --quiet
run export m.model -o model.onnx
grep -aq Scan_ model.onnx || fail "a cell that ONNX does not know is no Scan"
run train cells.nnd --train texts.tsv --valid 0 --epochs 1 -o m.model --quiet -D own=true
run export m.model -o model.onnx
has Scan 0
grep -aq LSTM_ model.onnx || fail "gates in weights of their own are no LSTM"

# Texts of different lengths have an input for them.
grep -aq 'word\.lengths' model.onnx || fail "there is no input word.lengths"
run export m.model --lengths equal -o model.onnx
! grep -aq 'word\.lengths' model.onnx || fail "equal lengths are an input"

refuses 'No such file' export absent.model -o x.onnx
echo "not a model" >broken.model
refuses 'broken.model' export broken.model -o x.onnx
[ ! -e x.onnx ] || fail "a refused model leaves a file"
