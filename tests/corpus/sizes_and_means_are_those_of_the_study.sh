#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Sizes; sentences and domain phrases of a report; shares of positive reports (docs: DATA-CARD.md).
# shellcheck source=tests/corpus/lib.sh
. "$2/tests/corpus/lib.sh"
make out

for row in 'stanford-like train 2512' 'stanford-like valid 1000' 'stanford-like test 1000' 'upmc-like test 858' \
    'duke-like test 1000' 'colorado-like test 1000'; do
    # shellcheck disable=SC2086
    set -- $row
    for task in presence acuity; do
        lines=$(wc -l <"out/$1.$2.$task.tsv")
        [ "$lines" -eq "$3" ] || fail "$row: $lines reports"
    done
    cut -f 2 "out/$1.$2.presence.tsv" >presence
    cut -f 2 "out/$1.$2.acuity.tsv" | cmp - presence || fail "$row: the two tasks have different texts"
done

# within SITE COLUMN LOW HIGH: a number of statistics.tsv, of the site's test reports.
within()
{
    awk -F '\t' -v site="$1" -v name="$2" -v low="$3" -v high="$4" '
        NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) column = i }
        $1 == site && $2 == "test" { found = 1; ok = $column >= low && $column <= high; value = $column }
        END { if (!ok) print site ": " name " is " value; exit !(found && ok) }' out/statistics.tsv || fail "$*"
}
within stanford-like sentences 6.3 6.5
within colorado-like sentences 6.1 6.3
within stanford-like phrases 3.4 3.6
within colorado-like phrases 0.3 0.8
within colorado-like without_phrases 0.5 0.65
within stanford-like without_phrases 0 0.02
within stanford-like present 0.32 0.39
within upmc-like present 0.27 0.33
within duke-like present 0.14 0.20
within colorado-like present 0.05 0.09
within upmc-like unknown_words 0.04 0.15
within colorado-like unknown_words 0.12 0.3

# The histograms say the same as the means.
awk '/"split": "test"/ {
    match($0, /"sentences": [0-9.]+/); mean = substr($0, RSTART + 13, RLENGTH - 13)
    match($0, /"reports_by_sentences": \[[0-9, ]*/); count = split(substr($0, RSTART + 25, RLENGTH - 25), h, ",")
    sum = n = 0
    for (i = 1; i <= count; i++) { sum += h[i] * (i - 1); n += h[i] }
    if (sum / n - mean > 0.001 || mean - sum / n > 0.001) { print; exit 1 }
    rows++
} END { if (rows != 4) exit 1 }' out/statistics.json || fail "histograms of sentences"
