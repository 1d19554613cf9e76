#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# growth.sh NND SOURCE [MODEL]...: does cost grow as it should? What native programs of text_cnn, lstm and hnn take for
# a document on 1 and 2 threads, when its length, the size of the batch, of the vocabulary or of the layer (hidden units,
# filters) grows and the rest stays. In turn, round after round; the median of each. growth.tsv (model, quantity, value,
# threads, seconds) and growth.html (charts) in the current folder; on standard output the slopes of the curves with what
# is expected of them, as Markdown, and what is out of the ordinary; nothing passes or fails.
set -eu
nnd=$1
root=$(cd "$2" && pwd)
growth=$(cd "$(dirname "$1")" && pwd)/tests/bench/growth
shift 2
[ $# -gt 0 ] || set -- text_cnn lstm hnn
rounds=${ROUNDS:-3}
seconds=${SECONDS_EACH:-0.5} # of each measurement
lengths=${LENGTHS:-25 50 100 200 400 800 1600 3200}
batches=${BATCHES:-1 2 4 8 16 32 64 128 256}
vocabularies=${VOCABULARIES:-1000 5000 20000 100000}
hidden=${HIDDEN:-50 100 200 400 800}
length=${LENGTH:-200} # these while another quantity grows
batch=${BATCH:-32}
vocabulary=${VOCABULARY:-20000}
width=${WIDTH:-200}
sentence=25 # words
work=$(mktemp -d "${TMPDIR:-/tmp}/nnd-growth-XXXXXX")
trap 'rm -rf "$work"' EXIT

# documents COUNT WORDS VOCABULARY: one word after the other, by steps that do not come back before all had their turn
documents()
{
    awk -v documents="$1" -v words="$2" -v vocabulary="$3" -v sentence=$sentence 'BEGIN {
        for (d = 0; d < documents; d++) {
            printf "%d\t", d % 2
            for (w = 0; w < words; w++)
                printf "%sw%d%s", w % sentence ? "" : "W", n++ * 7919 % vocabulary, (w + 1) % sentence ? " " : ". "
            print ""
        }
    }'
}

# data DOCUMENTS WORDS VOCABULARY: the name of the file, which is made once
data()
{
    [ -e "$work/$1-$2-$3.tsv" ] || documents "$1" "$2" "$3" >"$work/$1-$2-$3.tsv"
    echo "$work/$1-$2-$3.tsv"
}

# program MODEL VOCABULARY WIDTH: the name of the program, which is made once; it has seen each word of its vocabulary
program()
{
    if [ ! -e "$work/$1-$2-$3" ]; then
        name=hidden
        [ "$1" != text_cnn ] || name=filters
        "$nnd" train "$root/examples/$1.nnd" --train "$(data $((($2 + 99) / 100 + 1)) 100 "$2")" --valid 0 --epochs 1 \
            --batch 64 -D "$name=$3" -o "$work/m.model" --quiet >"$work/log" 2>&1 || {
            cat "$work/log" >&2
            exit 1
        }
        "$nnd" build "$work/m.model" -o "$work/$1-$2-$3" --quiet
    fi
    echo "$work/$1-$2-$3"
}

# measure MODEL QUANTITY VALUE LENGTH BATCH VOCABULARY WIDTH
measure()
{
    program=$(program "$1" "$6" "$7")
    data=$(data "$5" "$4" "$6")
    for threads in ${THREADS:-1 2}; do
        "$program" --bench "$seconds" --batch "$5" --threads "$threads" "$data" |
            sed -n "s/.*\"batch\": *\([0-9.e+-]*\).*/\1/p" |
            awk -v row="$1	$2	$3	$threads" -v batch="$5" '{ printf "%s\t%.6g\n", row, $1 / batch }' >>"$work/all"
    done
}

measure_all()
{
    for value in $lengths; do measure "$1" length "$value" "$value" "$batch" "$vocabulary" "$width"; done
    for value in $batches; do measure "$1" batch "$value" "$length" "$value" "$vocabulary" "$width"; done
    for value in $vocabularies; do measure "$1" vocabulary "$value" "$length" "$batch" "$value" "$width"; done
    for value in $hidden; do measure "$1" hidden "$value" "$length" "$batch" "$vocabulary" "$value"; done
}

for _ in $(seq "$rounds"); do
    for model in "$@"; do measure_all "$model"; done
done
sort -k1,1 -k2,2 -k4,4n -k3,3n -k5,5g "$work/all" | awk '
    function put() { if (n) printf "%s\t%.6g\n", last, values[int((n + 1) / 2)] }
    {
        row = $1 "\t" $2 "\t" $3 "\t" $4
        if (row != last) { put(); n = 0; last = row }
        values[++n] = $5
    }
    END { put() }' >growth.tsv
"$growth" growth.tsv growth.html
