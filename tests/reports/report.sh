#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # backquotes of messages
# nnd-report: one page of all that there is, the same bytes each time; notes for what there is not; no page, and the file
# and place said, if something is damaged.
# shellcheck source=tests/e2e/lib.sh
. "$2/tests/e2e/lib.sh"
# shellcheck source=tests/reports/small_study.sh
. "$2/tests/reports/small_study.sh"

report() { "$bin/nnd-report" "$@" >out 2>err; }

make_study study
report study -o page.html || fail "no report: $(cat err)"
report study || fail "no report without -o"
cmp page.html study/report.html || fail "two reports of a folder differ"
grep -qE '(src|href)="[^#d]|url\(|@import|<script' page.html && fail "the page needs something else"
grep -q 'Not measured yet' page.html && fail "a part is missing: $(grep -o 'there is no <code>[^<]*' page.html)"
if command -v xmllint >/dev/null; then
    xmllint --noout page.html || fail "the page is not well-formed"
fi

# Numbers are those of the tables, the best of a site in bold.
best=$(awk -F'\t' '$1 == "presence" && $2 == "stanford-like" && ($5 == "valid" && ($4 == "mean" || $3 ~ /svm|lstm/) || $3 == "pefinder" && $5 == "natural") {
    if ($11 > most) most = $11 } END { printf "%.3f", most }' study/tables/results.tsv)
sed -n '/id="results"/,/<\/section>/p' page.html | grep -q "<b>$best</b>" || fail "the best F1, $best, is not bold"
grep -q 'CNN &lt;Word-GloVe&gt;' page.html || fail "names are not escaped"
for what in '3 of 3 statements hold' '<polyline' 'class="c0 bar"' 'class="chart"' 'class="heat"' 'A set that is not there' \
    'data:image/svg+xml' '12,345,678\|721,200' 'real texts' 'synthetic reports'; do
    grep -q "$what" page.html || fail "the page has no $what"
done
tables=$(grep -o '<table>' page.html | wc -l)
[ "$tables" = "$(grep -o '<caption>' page.html | wc -l)" ] || fail "a table has no caption"

# A study that has just begun.
mkdir begun
cp study/systems.tsv begun
report begun -o begun.html || fail "no report of a study that has just begun: $(cat err)"
[ "$(grep -c 'Not measured yet' begun.html)" -ge 12 ] || fail "what is missing is not said"

# damaged FILE SED-COMMAND PLACE: no page, exit 1, the place told.
damaged()
{
    cp "study/$1" whole.part
    sed "$2" whole.part >"study/$1"
    rm -f no.html
    report study -o no.html
    status=$?
    cp whole.part "study/$1"
    [ $status = 1 ] || fail "$1, $2: exit $status instead of 1"
    grep -q "study/$1$3" err || fail "$1, $2: not told in: $(cat err)"
    [ ! -e no.html ] || fail "$1, $2: a page was written"
}
damaged systems.tsv '1s/title/name/' ':1: there is no column `title`'
damaged tables/results.tsv '3s/$/\tx/' ':3: '
damaged tables/results.tsv '4s/0\.[0-9]*/much/' ':4: `much` in column'
damaged tables/claims.tsv '2s/\t3\t/\tthree\t/' ':2: `three`'
damaged tables/deletion.tsv '1d' ':1: there is no column'
damaged timings/speed.tsv '2s/\t900\t/\t-\t/' ':2: `-` in column `latency_us`'
damaged corpus/statistics.json '2s/"reports": [0-9]*/"reports": "many"/' ': '
damaged corpus/statistics.json '1d' ':'
damaged explain/presence.cnn.json '2s/"words":\[{"text"/"words":[{"txet"/' ':2: '
damaged explain/presence.cnn.json '1s/..$//' ':1: '
damaged learning/presence.cnn-1/history.jsonl '2s/^{//' ''
damaged curves/presence.stanford-like.cnn.tsv '6s/point\t[^\t]*\t[^\t]*/point\t0.5\tx/' ':6: `x` is no number'
damaged curves/presence.stanford-like.cnn.tsv '2s/^/?/' ':2: '
[ ! -e study/schematics/cnn.svg ] || damaged schematics/cnn.svg 's/<svg/<gvs/' ': this is no SVG picture'
printf '\377\n' >study/real/sets.tsv
report study -o no.html && fail "bytes that are no text"
grep -q 'study/real/sets.tsv: this is not UTF-8 text' err || fail "$(cat err)"

report absent && fail "a folder that is not there"
grep -q 'absent: there is no systems.tsv' err || fail "$(cat err)"
report study -o absent/page.html && fail "a place that is not there"
report
[ $? = 2 ] || fail "no folder is wrong usage"
exit 0
