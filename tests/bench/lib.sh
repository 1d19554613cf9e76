#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2034,SC2059,SC2154 # variables of the scripts; printf formats are made of octal escapes
# What the benchmarks share: networks of the study and data for them. Sourced where nnd, root and work (a folder) are set.

# documents SENTENCES WORDS: 64 of them, of the 20,000 words of the vocabulary
documents()
{
    awk -v sentences="$1" -v words="$2" 'BEGIN {
        for (d = 0; d < 64; d++) {
            printf "%d\t", d % 2
            for (s = 0; s < sentences; s++) {
                for (w = 0; w < words; w++)
                    printf "%sw%d", w ? " " : s ? "W" : "", 1 + (d * sentences * words + s * words + w) * 7919 % 20000
                printf ". "
            }
            print ""
        }
    }'
}

# images MAGIC SIZES BYTES: 64 of them as $work/images-idx-ubyte, with labels
images()
{
    rm -f "$work"/*-ubyte
    {
        printf "$2"
        head -c $((64 * $3)) /dev/urandom
    } >"$work/images-idx$1-ubyte"
    {
        printf '\000\000\010\001\000\000\000\100'
        for i in $(seq 64); do printf "\\$(printf %03o $((i % 10)))"; done
    } >"$work/labels-idx1-ubyte"
    data=$work/images-idx$1-ubyte
}

texts()
{
    documents "$1" "$2" >"$work/texts.tsv"
    data=$work/texts.tsv
}

# choose MODEL: sets `file` and `data`. MODEL_real is the model on 64 news items.
choose()
{
    name=${1%_real}
    file=$root/tests/bench/models/$name.nnd
    case $1 in
        *_real)
            head -n 64 "$root/build/data/reuters/grain-test.tsv" >"$work/real.tsv"
            data=$work/real.tsv
            ;;
        hnn | a_hnn) texts 16 32 ;;
        mlp) images 3 '\000\000\010\003\000\000\000\100\000\000\000\034\000\000\000\034' 784 ;;
        lenet_cifar | vgg_small | resnet20)
            images 4 '\000\000\010\004\000\000\000\100\000\000\000\003\000\000\000\040\000\000\000\040' 3072 ;;
        *) texts 1 300 ;;
    esac
    case $name in
        rnn_tanh) file=$root/examples/elman.nnd ;;
        text_cnn | lstm | gru | resnet20) file=$root/examples/$name.nnd ;;
    esac
}

# make_model MODEL: chooses it and trains it for an epoch, as $work/m.model
make_model()
{
    choose "$1"
    "$nnd" train "$file" --train "$data" --valid 0 --epochs 1 -o "$work/m.model" --quiet >"$work/log" 2>&1 || {
        cat "$work/log"
        exit 1
    }
}
