#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Code does not grow with the length of a sequence that is known when compiling, and compiling needs no
# more memory than twice the weights and 200 MB.
# shellcheck source=tests/e2e/lib.sh
. "$2/tests/e2e/lib.sh"

# Lines of LLVM IR for a sequence of $1 rows.
code_lines()
{
    sed "s/batch, 28, 28/batch, $1, 28/" "$root/examples/row_lstm.nnd" >length.nnd
    run ir length.nnd --stage llvm
    wc -l <out
}
short=$(code_lines 10)
long=$(code_lines 1000)
[ "$long" -le $((short + short / 20)) ] || fail "code for 10 rows: $short lines, for 1000 rows: $long"

[ -z "$NND_SANITIZE" ] || exit 0 # sanitizers need memory of their own
texts 8 1 >train.tsv # 61 MB of weights
run train "$root/examples/text_cnn.nnd" -D size=20000 -D filters=64 --train train.tsv --epochs 1 -o m.model --quiet
peak=$3
"$peak" "$nnd" build m.model -o program --quiet >out 2>err || fail "nnd build"
weights=$(($(wc -c <m.model) / 1024))
[ "$(tail -n 1 out)" -le $((2 * weights + 200 * 1024)) ] || fail "build: $(tail -n 1 out) kB with $weights kB of weights"
"$peak" "$nnd" ir "$root/examples/resnet20.nnd" --stage asm >out 2>err || fail "nnd ir"
[ "$(tail -n 1 out)" -le $((200 * 1024)) ] || fail "a training step of resnet20: $(tail -n 1 out) kB"
