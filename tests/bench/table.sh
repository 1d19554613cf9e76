#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2059 # printf formats are made of octal escapes
# table.sh NND SOURCE [MODEL]...: how long the networks of the study take, with random weights and the sizes
# of tests/bench/models, for 1 and 32 items on 1 and 2 threads, in the interpreter, the JIT and as a native program,
# measured in turn. A Markdown table on standard output (median, lowest..highest) and table.json in the
# current folder, one object a line; nothing passes or fails.
set -eu
nnd=$1
root=$2
shift 2
[ $# -gt 0 ] || set -- text_cnn lstm gru rnn_tanh bilstm hnn a_hnn lenet_cifar vgg_small resnet20 mlp
seconds=${SECONDS_EACH:-3} # for each engine, model and number of threads
work=$(mktemp -d "${TMPDIR:-/tmp}/nnd-table-XXXXXX")
trap 'rm -rf "$work"' EXIT
: >table.json

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

# Sets `file` and `data`.
choose()
{
    file=$root/tests/bench/models/$1.nnd
    case $1 in
        hnn | a_hnn) texts 16 32 ;;
        mlp) images 3 '\000\000\010\003\000\000\000\100\000\000\000\034\000\000\000\034' 784 ;;
        lenet_cifar | vgg_small | resnet20)
            images 4 '\000\000\010\004\000\000\000\100\000\000\000\003\000\000\000\040\000\000\000\040' 3072 ;;
        *) texts 1 300 ;;
    esac
    case $1 in
        rnn_tanh) file=$root/examples/elman.nnd ;;
        text_cnn | lstm | gru | resnet20) file=$root/examples/$1.nnd ;;
    esac
}

# cells: "| MODEL | THREADS | items | interpreter | JIT | native | JIT against interpreter |" from bench's lines
cells()
{
    awk -v model="$1" -v threads="$2" '
    function number(text, key) { sub(".*\"" key "\":", "", text); sub("[,}].*", "", text); return text + 0 }
    function part(text, key) { sub(".*\"" key "\":{", "", text); sub("}.*", "", text); return text }
    function spread(text, key) {
        text = part(text, key)
        return sprintf("%.3g (%.3g..%.3g)", 1e3 * number(text, "median"), 1e3 * number(text, "low"), 1e3 * number(text, "high"))
    }
    function middle(text, key) { return number(part(text, key), "median") }
    { line[NR] = $0 }
    END {
        row(1, "latency_seconds")
        row(number(line[1], "batch_items"), "batch_seconds")
    }
    function row(items, key) {
        printf "| %s | %d | %d | %s | %s | %s | %.2f |\n", model, threads, items, spread(line[1], key), spread(line[2], key),
            spread(line[3], key), middle(line[1], key) / middle(line[2], key)
    }'
}

echo '| model | threads | items | interpreter, ms | JIT, ms | native, ms | JIT against interpreter |'
echo '|---|---|---|---|---|---|---|'
for model in "$@"; do
    choose "$model"
    "$nnd" train "$file" --train "$data" --valid 0 --epochs 1 -o "$work/m.model" --quiet >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
    for threads in 1 2; do
        "$nnd" bench "$work/m.model" --data "$data" --seconds "$seconds" --threads $threads --json >"$work/out"
        cells "$model" $threads <"$work/out"
        sed "s/^{/{\"model\":\"$model\",\"threads\":$threads,/" "$work/out" >>table.json
    done
done
