#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# ONNX Runtime predicts of exported models what the interpreter predicts, text by text and in padded batches, and is
# measured beside the engines. Skips (77) without its library: NND_ONNXRUNTIME, or what tests/bench/fetch_onnxruntime.sh got.
# shellcheck source=tests/e2e/lib.sh
. "$2/tests/e2e/lib.sh"

export NND_ONNXRUNTIME="${NND_ONNXRUNTIME:-$root/build/onnxruntime/libonnxruntime.so.1}"
[ -e "$NND_ONNXRUNTIME" ] || {
    echo "SKIPPED: there is no ONNX Runtime; get it by tests/bench/fetch_onnxruntime.sh"
    exit 77
}

echo 'leak:libonnxruntime' >suppressions # a few bytes of its own
export LSAN_OPTIONS="suppressions=$work/suppressions"

texts 90 1 >train.tsv
texts 40 2 >test.tsv
images train 60 3
images test 40 4
colours small 24 5
colours other 12 6

# `nnd bench` compares the scores before it measures, and fails if they differ.
agrees()
{
    name=$1 train=$2 test=$3
    shift 3
    run train "$root/examples/$name.nnd" --train "$train" --valid 0 --epochs 1 -o m.model --quiet "$@"
    run bench m.model --data "$test" --peers --seconds 0.01 --threads 1 --json
    grep -q '"engine":"ONNX Runtime"' out || fail "$name: ONNX Runtime was not measured"
    echo "$name: $(tail -n 1 out)"
}

digits='train-images-idx3-ubyte test-images-idx3-ubyte'
pictures='small-images-idx4-ubyte other-images-idx4-ubyte'
# shellcheck disable=SC2086 # two words each
{
    agrees mlp $digits
    agrees lenet $digits
    agrees row_lstm $digits -D hidden=16
    agrees image_cnn $pictures -D average=true
    agrees vgg_small $pictures -D width=4
    agrees resnet20 $pictures -D width=2 -D depth=1
    agrees resnet20 $pictures -D width=2 -D depth=1 -D groups=2
}
for cell in text_cnn lstm gru elman; do
    small="-D size=16"
    [ $cell = text_cnn ] || small="$small -D hidden=8"
    # shellcheck disable=SC2086
    agrees $cell train.tsv test.tsv $small
done
agrees bilstm train.tsv test.tsv
agrees hnn train.tsv test.tsv -D hidden=8 -D size=16
agrees hnn train.tsv test.tsv -D hidden=8 -D size=16 -D attention=true

# What no example has: cells that ONNX does not know, padding that windows see, poolings and means of texts.
cat >rest.nnd <<'END'
use std.text, std.conv, std.dense, std.norm, std.recurrent

layer Leaky(hidden: dim, reverse: bool = false)(x: f32[..., t~, in]) -> f32[..., t~, hidden] {
    param W : f32[in, hidden] = xavier()
    scan x over t, reverse = reverse, from h = zeros(..., hidden) {
        h = 0.9 * h + tanh(x · W)
        emit h * 2
    }
}

model Rest(vocab: dim) {
    input  words : token[batch, word~]
    target label : class[batch]
    x = words |> Embedding(vocab, 6)
    wide   = x |> Conv1d(4, width = 3, pad = "same", groups = 2) |> max(over word)
    far    = x |> Conv1d(4, width = 2, dilation = 2, stride = 2) |> relu |> mean(over word)
    pooled = x |> LayerNorm |> max_pool1d(2) |> mean(over word)
    slow   = x |> avg_pool1d(3, pad = "same") |> Leaky(5) |> last(over word)
    back   = x |> Leaky(5, reverse = true) |> first(over word)
    gated  = x |> Gru(4, reset_after = false, reverse = true) |> first(over word)
    logits = concat(wide, far, pooled, slow, back, gated) |> Linear(2)
    output p = softmax(logits)
    loss = cross_entropy(logits, label)
}
END
run train rest.nnd --train train.tsv --valid 0 --epochs 1 -o m.model --quiet
run bench m.model --data test.tsv --peers --seconds 0.01 --threads 1
grep -q 'JIT against ONNX Runtime' out || fail "the table has no line of ONNX Runtime"
refuses 'ONNX Runtime was not found' bench m.model --data test.tsv --onnxruntime absent.so --seconds 0.01
