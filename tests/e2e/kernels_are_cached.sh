#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What was compiled once is found again, for the same model, processor and switches; a damaged entry
# is compiled again; --no-cache leaves the cache alone.
# shellcheck source=tests/e2e/lib.sh
. "$2/tests/e2e/lib.sh"

kernels="$XDG_CACHE_HOME/nnd/kernels"
texts 60 1 >train.tsv
texts 9 2 >test.tsv
run train "$root/examples/text_cnn.nnd" -D size=8 -D filters=4 --train train.tsv --epochs 1 -o m.model --quiet --no-cache
[ ! -d "$kernels" ] || [ -z "$(ls "$kernels")" ] || fail "--no-cache leaves something in the cache"

# compiles YES|NO OPTION...: whether predict goes through LLVM; the same predictions in any case.
compiles()
{
    wanted=$1
    shift
    run predict m.model --time-passes "$@" <test.tsv
    [ -f expected ] || cp out expected
    near out expected || fail "predictions differ with $*"
    found=NO
    ! grep -q 'machine code' err || found=YES
    [ $found = "$wanted" ] || { cat err; fail "compiled: $found instead of $wanted with $*"; }
}
compiles YES
compiles NO
compiles YES --without tiles
compiles NO --without tiles
compiles YES --no-cache
for entry in "$kernels"/*; do
    dd if=/dev/zero of="$entry" bs=1 seek=3000 count=64 conv=notrunc 2>/dev/null
done
compiles YES
compiles NO
for entry in "$kernels"/*; do
    head -c 2000 "$entry" >part
    cp part "$entry"
done
compiles YES
compiles NO

# Threads share the work of compiling; the code is the same.
run predict m.model --no-cache --threads 1 <test.tsv
cp out alone
run predict m.model --no-cache --threads 4 <test.tsv
cmp out alone || fail "code that was compiled by several threads predicts something else"
run predict m.model --engine interp <test.tsv
near out expected || fail "the interpreter predicts something else"
