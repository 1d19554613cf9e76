#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A native program needs the C library alone, starts at once, and reads what nnd predict reads.
# shellcheck source=tests/e2e/lib.sh
. "$2/tests/e2e/lib.sh"

images train 60 1
texts 60 1 >train.tsv
run train "$root/examples/lenet.nnd" --train train-images-idx3-ubyte --epochs 1 -o lenet.model
run build lenet.model -o lenet
run train "$root/examples/text_cnn.nnd" --train train.tsv --epochs 1 -o cnn.model -D size=8 -D filters=4
run build cnn.model -o cnn

./cnn --help | grep -q Usage || fail "--help says nothing"
./cnn --nonsense >out 2>&1 && fail "a wrong option is accepted"
[ $? -eq 2 ] || fail "wrong usage does not exit with 2"
./cnn --bench 0.01 --batch 0 train.tsv >out 2>&1 && fail "a batch of nothing is accepted"
./cnn --bench 0.01 --batch 3 train.tsv | grep -q '"items":3,' || fail "--batch does not choose how many items are measured"
./cnn --bench 0.01 --batch 500 train.tsv | grep -q '"items":60,' || fail "a batch has more items than there are"
./cnn missing.tsv >out 2>err && fail "a missing file is accepted"
grep -q missing.tsv err || fail "the message does not name the file"

cut -f 2 train.tsv >lines.txt
./cnn train.tsv >from_tsv
./cnn lines.txt >from_lines
./cnn <lines.txt >from_input
cmp from_tsv from_lines || fail "TSV and lines differ"
cmp from_lines from_input || fail "a file and standard input differ"
run predict cnn.model lines.txt
cmp out from_lines || fail "nnd predict differs"
gzip train-images-idx3-ubyte
./lenet train-images-idx3-ubyte.gz >from_gzip || fail "compressed images"
[ "$(wc -l <from_gzip)" -eq 60 ] || fail "not one prediction an image"

if [ -z "$NND_SANITIZE" ]; then
    ldd lenet | awk '$1 !~ /linux-vdso|libc\.so|libm\.so|libpthread|ld-linux/ { print; bad = 1 } END { exit bad }' ||
        fail "it needs more than the C library"
    # processor time of 50 starts: other programs on the machine do not count
    spent=$(sh -c 'i=0; while [ $i -lt 50 ]; do ./lenet --threads 1 /dev/null >/dev/null 2>&1; i=$((i + 1)); done; times' |
        awk 'NR == 2 { split($1 " " $2, part, /[ms ]+/); print int((part[1] * 60 + part[2] + part[3] * 60 + part[4]) * 1e6 / 50) }')
    echo "start: $spent us"
    [ "$spent" -gt 0 ] || fail "no time was measured"
    [ "$spent" -lt 10000 ] || fail "it takes $spent us to start"
fi
