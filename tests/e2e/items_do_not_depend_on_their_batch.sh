#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is predicted for a document is the same alone, in any order, and beside empty or long ones.
# shellcheck source=tests/e2e/lib.sh
. "$2/tests/e2e/lib.sh"

texts 60 1 >train.tsv
texts 12 2 | cut -f 2 >documents.txt

# alone MODEL: each document predicted by a call of its own.
alone()
{
    while read -r line; do
        printf '%s\n' "$line" | "$nnd" predict "$1" || fail "$1 predicts nothing for: $line"
    done <documents.txt
}

independent()
{
    name=$1
    shift
    run train "$root/examples/$name.nnd" --train train.tsv --epochs 1 -o "$name.model" "$@"
    run predict "$name.model" documents.txt
    cp out together
    alone "$name.model" >apart
    near together apart || fail "$name: a document alone is predicted differently"
    sed '1!G;h;$!d' documents.txt >reversed.txt
    run predict "$name.model" reversed.txt
    sed '1!G;h;$!d' out >turned
    near together turned || fail "$name: in another order documents are predicted differently"
    { echo; cat documents.txt; tr '\n' ' ' <documents.txt; } >more.txt
    run predict "$name.model" more.txt
    sed '1d;$d' out >among
    near together among || fail "$name: beside an empty and a long document others are predicted differently"
}

independent text_cnn -D size=16 -D filters=8
independent bilstm
independent hnn -D hidden=8 -D size=16
independent hnn -D hidden=8 -D size=16 -D attention=true
