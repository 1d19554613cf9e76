#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# --weights bf16: engines agree on the rounded weights, items do not depend on their batch, a program has what it was
# built with, and the change of the measures is told.
# shellcheck source=tests/e2e/lib.sh
. "$2/tests/e2e/lib.sh"

texts 90 1 >train.tsv
texts 40 2 >test.tsv
cut -f 2 test.tsv | head -n 8 >documents.txt
images train 120 3
images test 40 4

# number FILE KEY: of the JSON object in the file, the first of that name.
number()
{
    grep -o "\"$2\":[^,}]*" "$1" | head -n 1 | cut -d : -f 2
}

# rounded NAME TRAIN TEST OPTION...
rounded()
{
    name=$1 train=$2 test=$3
    shift 3
    run train "$root/examples/$name.nnd" --train "$train" --epochs 2 -o "$name.model" "$@"
    run predict "$name.model" "$test"
    cp out exact
    run predict "$name.model" "$test" --weights f32
    cmp exact out || fail "$name: --weights f32 is not what is done anyway"
    run predict "$name.model" "$test" --weights bf16
    cp out jit
    ! cmp -s exact jit || fail "$name: --weights bf16 changes nothing"
    run predict "$name.model" "$test" --weights bf16 --engine interp
    near jit out || fail "$name: interpreter and JIT predict differently"
    run predict "$name.model" "$test" --weights bf16 --without all
    near jit out || fail "$name: without optimisations it predicts differently"
    run predict "$name.model" "$test" --weights bf16 --threads 1
    cmp jit out || fail "$name: one thread and two predict differently"
    run build "$name.model" --weights bf16 -o program
    grep -q '^[1-9][0-9]* weights rounded to bf16, the largest relative change is 0\.00' out || fail "$name: build does not tell the change"
    ./program "$test" >native || fail "$name: the native program fails"
    cmp jit native || fail "$name: the native program predicts differently"
    [ -z "$(find . -name 'program.*')" ] || fail "$name: build leaves files"
    run build "$name.model" --weights bf16 -o program --json
    count=$(number out rounded_weights)
    [ "$count" -gt 20000 ] || return 0
    small=$(wc -c <program)
    run build "$name.model" -o program
    [ $(($(wc -c <program) - small)) -gt $((count * 2 - 20000)) ] || fail "$name: $count weights are no smaller in the program"
}

rounded lstm train.tsv test.tsv -D size=24 -D hidden=100
rounded gru train.tsv test.tsv -D size=24 -D hidden=40
rounded elman train.tsv test.tsv -D size=24 -D hidden=40
rounded hnn train.tsv test.tsv -D hidden=8 -D size=16 -D attention=true
rounded text_cnn train.tsv test.tsv -D size=16 -D filters=8
rounded lenet train-images-idx3-ubyte test-images-idx3-ubyte

# A document alone and beside others.
run predict lstm.model documents.txt --weights bf16
cp out together
while read -r line; do
    printf '%s\n' "$line" | "$nnd" predict lstm.model --weights bf16 || fail "nothing is predicted for: $line"
done <documents.txt >apart
near together apart || fail "a document alone is predicted differently"

# The measures, and how far they are from those of f32 weights.
run eval lstm.model --data test.tsv --json
loss=$(number out loss)
run eval lstm.model --data test.tsv --json --weights bf16
awk -v before="$loss" -v after="$(number out loss)" -v change="$(sed 's/.*change_from_f32":{"loss":\([^,}]*\).*/\1/' out)" 'BEGIN {
    gap = after - before - change
    exit !(change != 0 && gap < 1e-7 && gap > -1e-7)
}' || fail "the change of the loss is not the difference: $(cat out)"
run eval lstm.model --data test.tsv --weights bf16
grep -q '^loss  *[0-9.]*   ([+-]0\.[0-9]*)$' out || fail "no change behind the loss"
grep -q '^accuracy  *[0-9.]*   ([+-]0\.[0-9]*)$' out || fail "no change behind the accuracy"
run eval lstm.model --data test.tsv
! grep -q '([+-]' out || fail "changes are told without --weights bf16"

# What is compiled for one is not taken for the other.
run predict lstm.model test.tsv --time-passes
! grep -q 'machine code' err || fail "f32 code is compiled again"
run predict lstm.model test.tsv --time-passes --weights bf16
! grep -q 'machine code' err || fail "bf16 code is compiled again"

run check "$root/examples/lstm.nnd" --memory --weights bf16 -D vocab=1000
grep -q '^  state.Lstm.U  *bf16$' out || fail "check does not list the weights"
! grep -q '^  .*Embedding.* bf16$' out || fail "a table of embeddings is rounded"
grep -q '^bf16 in predictions: 720600 of ' out || fail "check does not count the weights: $(grep '^bf16 in' out)"
run bench lstm.model --data test.tsv --weights bf16 --seconds 0.1 --quiet
