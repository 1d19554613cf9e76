#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# slopes.sh GROWTH: the program behind growth.sh finds the slopes of curves, tells what is out of the ordinary, draws
# each curve, and refuses lines that it does not understand.
set -eu
growth=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
work=$(mktemp -d "${TMPDIR:-/tmp}/nnd-slopes-XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"

fail()
{
    cat out
    printf 'FAILED: %s\n' "$*"
    exit 1
}

# Proportional to the length, like the square of the hidden size; two threads are slower at 100 words.
awk 'BEGIN {
    for (n = 10; n <= 1000; n *= 10) {
        printf "m\tlength\t%d\t1\t%g\n", n, n * 1e-6
        printf "m\tlength\t%d\t2\t%g\n", n, n * (n == 100 ? 1.2e-6 : 5e-7)
        printf "m\thidden\t%d\t1\t%g\n", n, n * n * 1e-6
        printf "m\tvocabulary\t%d\t1\t%g\n", n, n * 1e-6
    }
}' >in.tsv
"$growth" in.tsv out.html >out
grep -q '^| length | m | 1 | 1.00 | 1.00 (10 to 100) | at most 1 | yes |' out || fail "a line through 0 has not the slope 1"
grep -q '^| hidden | m | 1 | 2.00 .* yes |' out || fail "a square has not the slope 2"
grep -q '^| vocabulary | m | 1 | 1.00 .* no |' out || fail "time that grows with the vocabulary is ordinary"
grep -q '^m, 1 threads: time grows with vocabulary to the power of 1.00' out || fail "nothing is told of the vocabulary"
[ "$(grep -c '2 threads take' out)" = 1 ] || fail "the slower second thread is not told once"
grep -q '^m, length 100: 2 threads take 1.20 times as long' out || fail "the slower second thread is not told"
[ "$(grep -c '<figure>' out.html)" = 3 ] || fail "there is not a chart for each quantity"
[ "$(grep -c '<polyline' out.html)" = 4 ] || fail "not every curve is drawn"

for line in 'm length 10 1' 'm width 10 1 1' 'm length 0 1 1' 'm length 10 1 -1'; do
    echo "$line" >in.tsv
    ! "$growth" in.tsv out.html >out 2>&1 || fail "this line is accepted: $line"
    grep -q '^in.tsv:1: ' out || fail "it does not say where"
done
! "$growth" missing.tsv out.html >out 2>&1 || fail "a missing file is accepted"
