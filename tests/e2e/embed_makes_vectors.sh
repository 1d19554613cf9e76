#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# nnd embed: vectors from texts, in both formats, the same bits with any number of threads; a model begins with them.
# shellcheck source=tests/e2e/lib.sh
. "$2/tests/e2e/lib.sh"

texts 300 1 >train.tsv
cut -f 2 train.tsv >train.txt
run embed train.tsv --size 8 --epochs 10 --threads 1 -o one.txt
grep -q 'vectors of 17 words' out || fail "says: $(cat out)"
run embed train.tsv --size 8 --epochs 10 --threads 2 -o two.txt
cmp one.txt two.txt || fail "threads change the vectors"
run embed train.txt --size 8 --epochs 10 -o plain.txt
cmp one.txt plain.txt || fail "labels change the vectors"
run embed train.tsv --size 8 --epochs 10 --seed 2 -o other.txt
cmp -s one.txt other.txt && fail "the seed changes nothing"
awk 'NF != 9 { exit 1 } END { exit NR != 17 }' one.txt || fail "not 17 words with 8 numbers"

run embed train.tsv --size 8 --epochs 10 -o one.bin
[ "$(head -n 1 one.bin)" = '17 8' ] || fail "the binary file begins with: $(head -n 1 one.bin)"
sed 's/^    batch .*/&\n    start = { Embedding.W: embeddings("vectors") }/' "$root/examples/text_cnn.nnd" >cnn.nnd
for file in one.txt one.bin; do
    cp $file vectors
    run train cnn.nnd --train train.tsv --epochs 1 -o $file.model -D size=8 -D filters=4
    grep -q 'vectors of 17 of 17 words' out || fail "$file: $(cat out)"
    run predict $file.model train.tsv
    cp out $file.predictions
done
cmp one.txt.predictions one.bin.predictions || fail "the two formats give different models"

run embed train.tsv train.txt --min-count 100 --max-vocab 7 --size 2 --epochs 1 --json -o few.txt
grep -q '"words":5,' out || fail "--max-vocab: $(cat out)"
run embed train.tsv --size 8 --epochs 10 -o gone.txt
refuses 'no two words' embed train.tsv --min-count 100000 -o gone.txt
cmp one.txt gone.txt || fail "a failure changes the old file"
refuses 'missing.txt' embed missing.txt -o gone.txt
refuses 'cannot write' embed train.tsv --size 2 --epochs 1 -o missing/gone.txt
refuses 'smaller --rate' embed train.tsv --rate 1e30 -o gone.txt
