#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every example, trained a little: interpreter, JIT and native program predict the same.
# shellcheck source=tests/e2e/lib.sh
. "$2/tests/e2e/lib.sh"

texts 90 1 >train.tsv
texts 40 2 >test.tsv
images train 120 3
images test 40 4
colours small 24 5
colours other 12 6
vectors 16 >vectors.txt

agree()
{
    name=$1 train=$2 test=$3
    shift 3
    run train "$root/examples/$name.nnd" --train "$train" --valid 0.2 --epochs 2 -o "$name.model" "$@"
    run train "$root/examples/$name.nnd" --train "$train" --valid 0.2 --epochs 2 -o "$name.interp.model" --engine interp "$@"
    run predict "$name.model" "$test"
    cp out jit
    run predict "$name.model" --engine interp "$test"
    near jit out || fail "$name: interpreter and JIT predict differently"
    run predict "$name.interp.model" "$test"
    near jit out || fail "$name: trained with the interpreter and with the JIT it predicts differently"
    run predict "$name.model" --threads 1 "$test"
    cmp jit out || fail "$name: one thread and two predict differently"
    run build "$name.model" -o program
    ./program "$test" >native || fail "$name: the native program fails"
    cmp jit native || fail "$name: the native program predicts differently"
    run eval "$name.model" --data "$test" --json
    echo "$name: $(cat out)"
}

agree logistic train-images-idx3-ubyte test-images-idx3-ubyte
agree mlp train-images-idx3-ubyte test-images-idx3-ubyte
agree lenet train-images-idx3-ubyte test-images-idx3-ubyte
agree text_cnn train.tsv test.tsv -D size=16 -D filters=8
agree bilstm train.tsv test.tsv
agree hnn train.tsv test.tsv -D hidden=8 -D size=16
agree hnn train.tsv test.tsv -D hidden=8 -D size=16 -D attention=true
agree text_cnn_multichannel train.tsv test.tsv -D size=16 -D filters=8
agree mnist_cnn train-images-idx3-ubyte test-images-idx3-ubyte
agree row_lstm train-images-idx3-ubyte test-images-idx3-ubyte -D hidden=16
agree autoencoder train-images-idx3-ubyte test-images-idx3-ubyte
run predict autoencoder.model test-images-idx3-ubyte
[ "$(head -n 1 out | awk '{ print NF }')" = 784 ] || fail "a model without classes prints more than its numbers"
agree image_cnn small-images-idx4-ubyte other-images-idx4-ubyte
agree image_cnn small-images-idx4-ubyte other-images-idx4-ubyte -D average=true
agree image_cnn small-images-idx4-ubyte other-images-idx4-ubyte -D total=true
agree cifar10_quick small-images-idx4-ubyte other-images-idx4-ubyte
agree vgg_small small-images-idx4-ubyte other-images-idx4-ubyte -D width=4
agree resnet20 small-images-idx4-ubyte other-images-idx4-ubyte -D width=2 -D depth=1 -D groups=2
