#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Wrong usage: exit code 2 and a hint; help for every command: exit code 0.
# shellcheck source=tests/e2e/lib.sh
. "$2/tests/e2e/lib.sh"

usage()
{
    "$nnd" "$@" >out 2>err
    status=$?
    [ $status -eq 2 ] || fail "nnd $*: exit $status instead of 2"
    [ -s err ] || fail "nnd $*: says nothing"
}

usage
usage nonsense
"$nnd" chekc 2>&1 | grep -q "did you mean .check." || fail "no suggestion for a misspelt command"
for command in new check ir graph report tune cross doc embed explain train eval predict bench build export fmt convert version; do
    run "$command" --help
    grep -q Usage out || fail "$command --help"
    usage "$command" --nonsense
done
usage train model.nnd
usage train model.nnd --train x.tsv
usage eval x.model
usage check --engine fast x.nnd
usage check --threads 0 x.nnd
usage ir --stage nonsense x.nnd
usage graph --stage nonsense x.nnd
usage ir --print-after nonsense x.nnd
usage ir --without nonsense x.nnd
grep -q "^ *tiles " err || fail "--without nonsense does not list the optimisations"
usage ir --without tiles, x.nnd
usage bench --batch 0 --data x.tsv x.model
usage ir --fold-memory -1 x.nnd
usage predict x.model --weights f16
usage eval x.model --data x.tsv --weights ''
usage check x.nnd --weights BF16
for command in train cross tune; do
    usage $command x.nnd --train x.tsv -o out --weights bf16
    grep -q 'for trained models' err || fail "$command does not say what --weights is for"
done
usage export x.model -o x.onnx --weights bf16
usage build x.model
usage export x.model
usage export x.model -o x.onnx --lengths some
usage tune model.nnd --train x.tsv -o folder
usage tune model.nnd --train x.tsv -o folder --vary size=a
for tolerance in -0.01 nan inf 1% ''; do
    usage tune model.nnd --train x.tsv -o folder --vary size=4 --within "$tolerance"
    grep -q -e '--within needs a tolerance' err || fail "--within '$tolerance' is not what the error names"
done
usage report x.model
usage cross model.nnd --train x.tsv
usage cross model.nnd --train x.tsv -o folder --folds 1
usage explain
usage explain x.model --delete 0
usage convert one.arff
usage convert one.arff two.arff out.tsv
usage convert --cifar 11 a.bin a-images-idx4-ubyte
usage convert --cifar 10 a.bin a.tsv
usage convert --cifar 10 --classes names.txt a.bin a-images-idx4-ubyte
usage convert --classes names.txt one.arff out.tsv
usage embed texts.txt
usage embed -o vectors.txt
usage embed texts.txt -o vectors.txt --size 0
usage embed texts.txt -o vectors.txt --rate -1
