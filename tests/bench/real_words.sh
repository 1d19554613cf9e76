#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# real_words.sh NND SOURCE: does a batch cost what its words cost? A long text alone, and with 10
# and with 31 short ones: padded, they would cost as much as 11 and 32 long texts. A Markdown table on standard output; nothing passes or fails.
set -eu
nnd=$1
root=$2
work=$(mktemp -d "${TMPDIR:-/tmp}/nnd-bench-XXXXXX")
trap 'rm -rf "$work"' EXIT

# document WORDS: label TAB that many words in sentences of 20
document()
{
    awk -v n="$1" 'BEGIN {
        printf "1\t"
        for (i = 1; i <= n; i++) printf "word%d%s", i % 50, i % 20 ? " " : ". "
        print ""
    }'
}

long=2000
short=200
document $long >"$work/0.tsv"
for shorts in 10 31; do
    { document $long; for _ in $(seq $shorts); do document $short; done; } >"$work/$shorts.tsv"
done
{ document 40; document 40 | sed 's/^1/0/'; } >"$work/train.tsv"

# seconds MODEL DATA: of the JIT's prediction of the whole file as one batch, the fastest
seconds()
{
    "$nnd" bench "$work/$1.model" --data "$2" --seconds 2 --threads 1 --json |
        sed -n 's/.*"JIT".*"batch_seconds":{"low":\([0-9.e+-]*\).*/\1/p'
}

echo "| model | short texts beside one of $long words | words | time | time / words, of the long text's |"
echo "|---|---|---|---|---|"
for model in text_cnn bilstm hnn; do
    "$nnd" train "$root/examples/$model.nnd" --train "$work/train.tsv" --valid 0 --epochs 1 -D size=64 --threads 1 \
        -o "$work/$model.model" --quiet >/dev/null 2>&1
    alone=
    for shorts in 0 10 31; do
        took=$(seconds $model "$work/$shorts.tsv")
        alone=${alone:-$took}
        awk -v m=$model -v n=$shorts -v t="$took" -v alone="$alone" -v long=$long -v short=$short 'BEGIN {
            words = long + n * short
            printf "| %s | %d | %d | %.2f ms | %.2f |\n", m, n, words, t * 1e3, t / words / (alone / long)
        }'
    done
done
