#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Broken files of every kind: a message with file and place, exit code 1, nothing lost.
# shellcheck source=tests/e2e/lib.sh
. "$2/tests/e2e/lib.sh"

texts 60 1 >train.tsv
model=$root/examples/text_cnn.nnd
run train "$model" --train train.tsv --epochs 1 -o good.model -D size=8 -D filters=4
cp good.model kept.model

for size in 0 4 100 2000; do
    head -c $size good.model >cut.model
    refuses cut.model predict cut.model train.tsv
    refuses cut.model eval cut.model --data train.tsv
    refuses cut.model build cut.model -o program
    [ ! -e program ] || fail "a program was built from a cut model"
done
head -c 300 good.model | tr '[:lower:]' '[:upper:]' >odd.model
refuses odd.model predict odd.model train.tsv

printf '1\tgood text\nno tab here\n' >bad.tsv
refuses 'bad.tsv:2' train "$model" --train bad.tsv -o good.model
printf '1\tgood text\n0\tbad \377 text\n' >bytes.tsv
refuses 'bytes.tsv:2' train "$model" --train bytes.tsv -o good.model
printf '' >empty.tsv
refuses empty.tsv train "$model" --train empty.tsv -o good.model
refuses missing.tsv train "$model" --train missing.tsv -o good.model

printf '0\tone text\n1\tmore text\n2\tlast text\n' >three.tsv
refuses 'three.tsv: the data has 3 classes' train "$model" -D classes=2 --train three.tsv -o good.model

images train 20 1
head -c 900 train-images-idx3-ubyte >cut-images-idx3-ubyte
cp train-labels-idx1-ubyte cut-labels-idx1-ubyte
refuses cut-images train "$root/examples/mlp.nnd" --train cut-images-idx3-ubyte -o good.model
gzip -c train-images-idx3-ubyte | head -c 300 >short-images-idx3-ubyte.gz
refuses short-images train "$root/examples/mlp.nnd" --train short-images-idx3-ubyte.gz -o good.model

printf '@relation r\n@attribute t string\n@attribute c {0,1}\n@data\n"never closed,1\n' >bad.arff
refuses 'bad.arff:5' convert bad.arff out.tsv
[ ! -e out.tsv ] || fail "half a file was written"

printf 'model M { input x : f32[batch, 3]\n output p = softmax(y) }\n' >bad.nnd
refuses 'bad.nnd:2' check bad.nnd
refuses missing.nnd check missing.nnd
mkdir folder
refuses folder train "$model" --train train.tsv --epochs 1 -D size=8 -D filters=4 -o folder/none/x.model

cmp good.model kept.model || fail "a failed command has changed an existing model"
