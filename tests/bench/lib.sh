#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2034,SC2059,SC2154 # variables of the scripts; printf formats are made of octal escapes
# What the benchmarks share: networks of the study and data for them. Sourced where nnd, root and work (a folder) are set.

items=${items:-64} # of the data that is made
draw=${draw:-even} # the words of texts: `even`, so that few of them come twice, or `natural`, by Zipf's law

# ---- numbers ----

# The middle, the lowest and the highest of the numbers on standard input, one a line.
spread()
{
    LC_ALL=C sort -g | awk '{ value[NR] = $1 } END { if (NR) print value[int((NR + 1) / 2)], value[1], value[NR] }'
}

# shown SPREAD [FACTOR]: for a table
shown()
{
    echo "$1 ${2:-1}" | awk '
    function three(x) { return sprintf(x >= 1000 ? "%.0f" : "%.3g", x) }
    { print three($1 * $4) " (" three($2 * $4) ".." three($3 * $4) ")" }'
}

# object NAME SPREAD: for JSON
object()
{
    echo "$2" | awk -v name="$1" '{ printf "\"%s\":{\"low\":%.6g,\"median\":%.6g,\"high\":%.6g}", name, $2, $1, $3 }'
}

# json KEY: its number in the last line of standard input
json()
{
    sed -n "\$s/.*\"$1\": *\([-0-9.e+]*\).*/\1/p"
}

# least NUMBER GOAL: whether it is at least that; - without a goal
least()
{
    echo "$1 $2" | awk '{ print(NF < 2 ? "-" : ($1 >= $2) ? "yes" : "no") }'
}

# most NUMBER GOAL: whether it is at most that
most()
{
    if [ -n "$2" ]; then least "-$1" "-$2"; else echo -; fi
}

# ---- networks and data ----

# bytes NUMBER...: each as four bytes, for printf
bytes()
{
    for number in "$@"; do
        printf '\\%03o' $((number >> 24)) $((number >> 16 & 255)) $((number >> 8 & 255)) $((number & 255))
    done
}

# documents SENTENCES WORDS: of the 20,000 words of the vocabulary
documents()
{
    awk -v items="$items" -v sentences="$1" -v words="$2" -v natural="$([ "$draw" = even ] || echo 1)" '
    function word() { return natural ? int(20001 ^ rand()) : 1 + n++ * 7919 % 20000 }
    BEGIN {
        srand(1)
        for (d = 0; d < items; d++) {
            printf "%d\t", d % 2
            for (s = 0; s < sentences; s++) {
                for (w = 0; w < words; w++)
                    printf "%sw%d", w ? " " : s ? "W" : "", word()
                printf ". "
            }
            print ""
        }
    }'
}

# images MAGIC SIZE...: $work/images-idx-ubyte, with labels
images()
{
    rm -f "$work"/*-ubyte
    magic=$1
    shift
    size=1
    for side in "$@"; do size=$((size * side)); done
    {
        printf "$(bytes $((2048 + magic)) "$items" "$@")"
        head -c $((items * size)) /dev/urandom
    } >"$work/images-idx$magic-ubyte"
    {
        printf "$(bytes 2049 "$items")"
        for i in $(seq "$items"); do printf "\\$(printf %03o $((i % 10)))"; done
    } >"$work/labels-idx1-ubyte"
    data=$work/images-idx$magic-ubyte
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
        mlp) images 3 28 28 ;;
        lenet_cifar | vgg_small | resnet20) images 4 3 32 32 ;;
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

# recipe OPTIMISER: $work/m.nnd, the network of `file` with this rule and `batch`
recipe()
{
    {
        sed '/^train /,$d' "$file"
        echo "train $(sed -n 's/^model \([A-Za-z0-9]*\).*/\1/p' "$file") {"
        echo "    optimiser = $1"
        echo "    batch     = $batch"
        echo "}"
    } >"$work/m.nnd"
}
