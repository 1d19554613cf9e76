#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Wrong rules, settings and options are refused: exit 1 or 2, with the place, and no files are left.
# shellcheck source=tests/corpus/lib.sh
. "$2/tests/corpus/lib.sh"
printf 'embolus\n' >lexicon
printf '@sentences 2:1\n@test 3\ncase:\n    {a} / *\na [acute]:\n    x\nfiller:\n    y\n' >shared

run()
{
    "$program" --lexicon lexicon shared "$@" -o out >said 2>&1
}
printf '# nothing\n' >fine.txt
run fine.txt || fail "a fine site: $(cat said)"
[ "$(wc -l <out/fine.test.facts.tsv)" -eq 3 ] || fail "not three reports"
rm -r out

# refused PATTERN SITE
refused()
{
    # shellcheck disable=SC2059 # the texts are formats
    printf "$2" >bad.txt
    run bad.txt
    [ $? -eq 1 ] || fail "not refused: $2"
    grep -q -- "$1" said || fail "$2: said $(cat said)"
    [ ! -e out/bad.test.facts.tsv ] || fail "a file is left"
}
refused 'bad.txt:1: an alternative without a rule' '    x\n'
refused 'bad.txt:2: .*name' 'a:\nb\n'
refused 'bad.txt:1: there is no claim .new' 'a [new]:\n    x\n'
refused 'bad.txt:1: a claim that does not end' 'a [acute:\n    x\n'
refused 'bad.txt:1: in rule .case.: there is no rule .q' 'case:\n    {q}\n'
refused 'bad.txt:1: rule .a. uses itself' 'a:\n    {a}\n'
refused 'bad.txt:1: rule .b. has no alternative' 'b:\n'
refused 'bad.txt:1: in rule .a.: a bracket is not closed' 'a:\n    <x|y\n'
refused 'there are too many settings' "$(seq 300 | awk '{ printf "@s%d x\\n", $1 }')"
refused 'rule .a1[0-9]. can become too long' "$(seq 0 30 | awk '{ printf "a%d:\\n    {a%d}{a%d}\\n", $1, $1 + 1, $1 + 1 }')a31:\n    x\n"
refused 'is too deep in others' "$(seq 0 200 | awk '{ printf "a%d:\\n    {a%d}\\n", $1, $1 + 1 }')a201:\n    x\n"
refused 'bad.txt: @test is no number' '@test many\n'
refused 'bad.txt: @sentences' '@sentences 5\n'
refused 'not UTF-8' 'a:\n    \377\n'
refused 'too large' 'a:\n    999999999x y\n'

for arguments in '' '--replace 50' '--seed x' '--drop 101' '--nonsense'; do
    # shellcheck disable=SC2086
    "$program" --lexicon lexicon $arguments shared fine.txt -o "" >said 2>&1
    status=$?
    [ $status -eq 2 ] || [ "$arguments$status" = 1 ] || fail "$arguments: exit $status"
    [ -s said ] || fail "$arguments: says nothing"
done
printf 'embolus\tan embolus\n' >plain
"$program" --lexicon lexicon --plain plain --replace 10 shared fine.txt -o out >said 2>&1 && fail "plain words that are none"
grep -q 'plain:1: the plain words have a phrase' said || fail "$(cat said)"
