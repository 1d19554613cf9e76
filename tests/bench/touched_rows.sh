#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# touched_rows.sh NND SOURCE [MODEL]...: how long a training step takes that changes only the rows of a table that its batch
# looks up, and one that changes the whole table, in turn, round after round (ROUNDS); both must end with the same
# bytes. Texts of 20 words, drawn by Zipf's law of 20,000, in batches of 50, one epoch of 128 steps (STEPS); what rows that were not looked up
# have missed is in the time of the step that needs them, or of the last one. A Markdown table on standard output (median,
# lowest..highest), and touched_rows.json in the current folder, one object a line.
set -eu
nnd=$1
root=$(cd "$2" && pwd)
shift 2
[ $# -gt 0 ] || set -- text_cnn lstm
rounds=${ROUNDS:-3}
work=$(mktemp -d "${TMPDIR:-/tmp}/nnd-touched-rows-XXXXXX")
trap 'rm -rf "$work"' EXIT
draw=natural
batch=50
items=$((batch * ${STEPS:-128}))
: >touched_rows.json

# shellcheck source=tests/bench/lib.sh
. "$root/tests/bench/lib.sh"

# step NAME THREADS OPTION...: adds the seconds of a step to the file of this name, which begins the model's name, too
step()
{
    name=$1
    threads=$2
    shift 2
    "$nnd" train "$work/m.nnd" --train "$data" --valid 0 --epochs 1 --threads "$threads" -D vocab=20002 "$@" \
        -o "$work/$name.model" --json | json step_seconds >>"$work/$name"
}

# compare MODEL OPTIMISER THREADS: a row of the table
compare()
{
    rm -f "$work/rows" "$work/whole"
    for _ in $(seq "$rounds"); do
        step rows "$3"
        step whole "$3" --without touched-rows
        cmp "$work/rows.model" "$work/whole.model" || {
            echo "$1, $2, $3 threads: the models differ" >&2
            exit 1
        }
    done
    rows=$(spread <"$work/rows")
    whole=$(spread <"$work/whole")
    times=$(paste -d ' ' "$work/rows" "$work/whole" | awk '{ print $2 / $1 }' | spread)
    echo "| $1 | ${2%%(*} | $3 | $(shown "$rows" 1e3) | $(shown "$whole" 1e3) | $(shown "$times") |"
    echo "{\"model\":\"$1\",\"optimiser\":\"${2%%(*}\",\"threads\":$3,$(object rows_seconds "$rows"),$(object whole_seconds "$whole")}" >>touched_rows.json
}

echo '| model | optimiser | threads | touched rows, ms | whole tables, ms | times as long |'
echo '|---|---|---|---|---|---|'
for model in "$@"; do
    choose "$model"
    texts 1 20
    for optimiser in 'adadelta(rho = 0.95, epsilon = 1e-6)' 'adam(rate = 0.001)'; do
        recipe "$optimiser"
        for threads in 1 2; do compare "$model" "$optimiser" "$threads"; done
    done
done
