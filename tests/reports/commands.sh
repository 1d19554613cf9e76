#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# commands.sh BUILD-FOLDER: the programs of the study from outside: what they print, and what they say of wrong
# files (1) and wrong usage (2).
set -eu
pefinder=$1/nnd-pefinder baselines=$1/nnd-baselines evaluate=$1/nnd-evaluate
rules=$PWD/examples/reports/pefinder/rules
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

fail()
{
    printf '%s\n' "$*"
    exit 1
}

# expect STATUS TEXT COMMAND...: the command ends with that status and says that text on stderr.
expect()
{
    status=$1 text=$2
    shift 2
    found=0
    "$@" >out 2>err </dev/null || found=$?
    [ "$found" = "$status" ] || fail "$*: status $found, expected $status"
    grep -qF -- "$text" err || fail "$*: says '$(cat err)', expected '$text'"
}

# same TEXT COMMAND...: it prints exactly this.
same()
{
    text=$1
    shift
    printf '%s\n' "$text" >expected
    "$@" >out
    cmp -s expected out || fail "$*: prints '$(cat out)', expected '$text'"
}
tab=$(printf '\t')

# ---- pefinder ----
printf '1\tFINDINGS: PE. IMPRESSION: No PE.\n0\tCONCLUSION: Chronic PE.\n' >reports.tsv
same "0${tab}Neg${tab}No${tab}NA${tab}Diagnostic
1${tab}Pos${tab}No${tab}Old${tab}Diagnostic" "$pefinder" "$rules/jbi.tsv" reports.tsv
cut -f 2 reports.tsv >reports.txt
same "1${tab}8${tab}positive, certain, acute
1${tab}5${tab}positive, certain, chronic" "$pefinder" "$rules/kb.tsv" --decision radnlp --section all reports.txt
"$pefinder" "$rules/jbi.tsv" --task acute <reports.txt | cut -f 1 | tr -d '\n' | grep -qx 00 || fail "both are not acute"
"$pefinder" "$rules/jbi.tsv" --explain reports.tsv | grep -q '"No" \[0,2) definite_negated_existence forward' ||
    fail "the explanation does not name the negation"
"$pefinder" "$rules/jbi.tsv" --json reports.tsv | grep -q '"rule":"PE","categories":\["pulmonary_embolism"\],"modifiers":\[{"text":"No","begin":26,"end":28' ||
    fail "JSON has no place of the negation"
expect 1 'nowhere.tsv: cannot open' "$pefinder" nowhere.tsv reports.tsv
expect 1 'nowhere.txt: cannot open' "$pefinder" "$rules/jbi.tsv" nowhere.txt
expect 1 'reports.txt:1: field 2 is empty' "$pefinder" reports.txt
expect 2 '--decision needs jbi or radnlp' "$pefinder" --decision maybe "$rules/jbi.tsv"
expect 2 'a file of rules is needed' "$pefinder"
expect 2 '--help' "$pefinder" --nonsense

# ---- baselines ----
printf '1\tclot here\n1\tclot there clot\n0\tno here\n0\tno there\n1\tclot\n0\tno clot seen\n0\tnone seen\n' >train.tsv
printf '1\tclot\n0\tno\n1\tclot there\n0\tseen\n' >valid.tsv
"$baselines" train svm --train train.tsv --valid valid.tsv -o svm.model >out
[ "$(grep -c kept out)" = 1 ] || fail "one setting is kept"
"$baselines" train adaboost --train train.tsv --valid valid.tsv --features count -o boost.model >out
for model in svm boost; do
    "$baselines" predict $model.model valid.tsv | cut -f 1 | tr -d '\n' | grep -qx 1010 || fail "$model does not learn"
    cut -f 2 valid.tsv | "$baselines" predict $model.model >from-stdin
    "$baselines" predict $model.model valid.tsv | cmp - from-stdin
done
"$baselines" export svm.model valid.tsv | grep -qx -- '-1 [0-9]*:1' || fail "export does not print features"
cp svm.model before
printf '1\tclot\n1\tclot\n' >one.tsv
printf '2\tclot\n' >two.tsv
expect 1 'training needs reports of both classes' "$baselines" train svm --train one.tsv --valid valid.tsv -o svm.model
cmp before svm.model || fail "a training that failed has touched the model"
expect 1 'two.tsv: report 1 has label 2' "$baselines" train svm --train two.tsv --valid valid.tsv -o svm.model
head -n 4 svm.model >cut.model
expect 1 'cut.model:5: the file ends too early' "$baselines" predict cut.model valid.tsv
expect 1 'nowhere/m: cannot' "$baselines" train svm --train train.tsv --valid valid.tsv -o nowhere/m
expect 2 'to train: choose svm or adaboost' "$baselines" train forest --train train.tsv --valid valid.tsv -o m
expect 2 'needs --train, --valid and -o' "$baselines" train svm
expect 2 'one of train, predict and export' "$baselines"

# ---- evaluate ----
for part in valid train; do "$baselines" predict svm.model $part.tsv >$part.svm; done
"$pefinder" "$rules/jbi.tsv" train.tsv >train.rules
printf 'pe\there\tsvm\t1\tvalid.tsv\tvalid.svm\ttrain.tsv\ttrain.svm\n' >runs.tsv
printf 'pe\there\trules\t-\t-\t-\ttrain.tsv\ttrain.rules\n' >>runs.tsv
"$evaluate" table runs.tsv >table.tsv
[ "$(cut -f 3,5 table.tsv | tr '\t\n' '  ')" = 'system cut svm natural svm valid svm oracle rules natural ' ] ||
    fail "the table has other lines: $(cat table.tsv)"
awk -F '\t' 'NF != 18 { exit 1 }' table.tsv || fail "the table is not a rectangle"
"$evaluate" compare runs.tsv --system svm --resamples 100 >compare.tsv
[ "$(wc -l <compare.tsv)" = 2 ] || fail "there is one comparison"
"$evaluate" curves train.tsv train.svm | grep -q '^point' || fail "there are no points"
for mode in 'table runs.tsv' 'compare runs.tsv --system svm' 'curves train.tsv train.svm'; do
    # shellcheck disable=SC2086 # words
    "$evaluate" $mode --json | grep -q '"[a-z_0-9]*": [-0-9.]*' || fail "$mode: not JSON"
done
expect 1 'valid.svm: 4 predictions for 7 items' "$evaluate" curves train.tsv valid.svm
expect 1 'train.rules: there are no scores in it' "$evaluate" curves train.tsv train.rules
expect 1 'runs.tsv:3: needed are 8 fields' sh -c "echo more >>runs.tsv; exec '$evaluate' table runs.tsv"
expect 2 'needs --system' "$evaluate" compare runs.tsv
expect 2 'needed is one of' "$evaluate"
