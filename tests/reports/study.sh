#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# study.sh BUILD: the whole study, small; what is done stays done, what is deleted comes back to the same bytes; its
# models label folders of reports.
set -eu
build=$1
export NND_SHARED="${NND_SHARED:-$PWD/../shared}"
work=$(mktemp -d "${TMPDIR:-/tmp}/nnd study-XXXXXX") # names may have blanks
trap 'rm -rf "$work"' EXIT
cp -r examples "$work"
run=$work/examples/reports/run
out=$work/study

fail()
{
    printf '%s\n' "$*" >&2
    tail -n 40 "$work/log" >&2
    exit 1
}

study()
{
    "$run" --quick --build "$build" -o "$out" >"$work/log" 2>&1 || fail "the study fails"
}

sums()
{
    (cd "$out" && find tables real/tables sequences/tables curves deletion density explain -type f -exec cksum {} + | sort -k 3)
}

"$run" --quack >"$work/log" 2>&1 && fail "a wrong option is taken"
"$run" --quick --build "$work/missing" -o "$out" >"$work/log" 2>&1 && fail "programs are not looked for"
"$run" --quick --build "$build" -o "$out" SEADS=3 >"$work/log" 2>&1 && fail "a wrong setting is taken"

study
for table in results comparisons hierarchical density deletion cases sections networks claims; do
    [ "$(wc -l <"$out/tables/$table.tsv")" -gt 1 ] || fail "tables/$table.tsv is empty"
    grep -q '	nan\|	inf' "$out/tables/$table.tsv" && fail "tables/$table.tsv has what is no number"
done
[ "$(cut -f 3 "$out/tables/results.tsv" | sort -u | wc -l)" = 11 ] || fail "not ten systems were measured"
[ "$(cut -f 2 "$out/tables/results.tsv" | sort -u | wc -l)" = 5 ] || fail "not four sites were measured"
[ "$(cut -f 1 "$out/timings/speed.tsv" | sort | uniq -c | grep -c ' 3 ')" = 7 ] || fail "not seven networks were timed in three engines"

# A folder of reports is labelled as nnd predict labels them.
mkdir "$work/folder"
head -n 2 "$out/corpus/duke-like.test.presence.tsv" | while IFS='	' read -r label text; do
    printf '%s\n' "$text" | fold -s -w 60 >"$work/folder/report, label $label.txt"
done
NND=$build/nnd "${run%/run}/label" "$out/models/presence.dpa-hnn-1.model" "$work/folder" >"$work/labels.csv" 2>"$work/log" || fail "label fails"
for file in "$work/folder"/*; do tr '\n' ' ' <"$file"; echo; done | "$build/nnd" predict "$out/models/presence.dpa-hnn-1.model" - | tr '\t' , >"$work/expected"
sed '1d; s/^"[^"]*",//' "$work/labels.csv" | cmp - "$work/expected" || fail "label prints other predictions than nnd predict"

sums >"$work/first"
study
grep -q 'no work to do' "$work/log" || fail "finished steps are done again"
touch "${run%/run}/study/claims.awk"
study
grep -q 'claims' "$work/log" || fail "a step whose script has changed is not done again"
grep -q 'train' "$work/log" && fail "a step whose script has not changed is done again"
rm -r "$out/tables" "$out/sequences/tables" "$out/models/presence.hnn-1.model" "$out/predictions" "$out/deletion"
study
grep -q 'train HNN' "$work/log" || fail "a model that is missing is not made"
sums | cmp - "$work/first" || fail "the tables are not the same again"

# The same weights with two threads.
cp "$out/models/presence.hnn-1.model" "$work/one.model"
command=$(sed -n 's/^  do = \(cd \. && .*presence\.hnn-1\.model.*\)/\1/p' "$out/build.ninja" | sed 's/--threads 1/--threads 2/; s/\$\$/$/g')
(cd "$out" && NND=$build/nnd REPORTS=${run%/run} sh -c "IFS=; $command") >"$work/log" 2>&1 || fail "training with two threads fails"
cmp "$out/models/presence.hnn-1.model" "$work/one.model" || fail "two threads make other weights"
