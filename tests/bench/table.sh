#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# table.sh NND SOURCE [MODEL]...: how long the networks of the study take, with random weights and the sizes
# of tests/bench/models, for 1 and 32 items on 1 and 2 threads, in the interpreter, the JIT, as a native program, and in
# ONNX Runtime if its library is there (NND_ONNXRUNTIME, or what fetch_onnxruntime.sh got), all measured in turn. NAME_real
# is the network on real documents of their own lengths, if examples/fetch-data has brought them. A Markdown table on
# standard output (median, lowest..highest; times as fast as ONNX Runtime are compared with goals.tsv), below it what is
# out of the ordinary, and table.json in the current folder, one object a line; nothing passes or fails.
set -eu
nnd=$1
root=$(cd "$2" && pwd)
shift 2
[ $# -gt 0 ] || set -- text_cnn lstm gru rnn_tanh bilstm hnn a_hnn lenet_cifar vgg_small resnet20 mlp \
    lstm_real hnn_real a_hnn_real
seconds=${SECONDS_EACH:-3} # for each engine, model and number of threads
export NND_ONNXRUNTIME="${NND_ONNXRUNTIME:-$root/build/onnxruntime/libonnxruntime.so.1}"
peers=
[ ! -e "$NND_ONNXRUNTIME" ] || peers=--peers
work=$(mktemp -d "${TMPDIR:-/tmp}/nnd-table-XXXXXX")
trap 'rm -rf "$work"' EXIT
: >table.json

# shellcheck source=tests/bench/lib.sh
. "$root/tests/bench/lib.sh"

# cells MODEL THREADS: rows of the table from the lines of `nnd bench --json`; remarks go to $work/remarks.
cells()
{
    awk -v model="$1" -v threads="$2" -v goals="$root/tests/bench/goals.tsv" -v remarks="$work/remarks" '
    function number(text, key) { sub(".*\"" key "\":", "", text); sub("[,}].*", "", text); return text + 0 }
    function part(text, key) { sub(".*\"" key "\":{", "", text); sub("}.*", "", text); return text }
    function show(text, factor) {
        return sprintf("%.3g (%.3g..%.3g)", factor * number(text, "median"), factor * number(text, "low"), factor * number(text, "high"))
    }
    function middle(text, key) { return number(part(text, key), "median") }
    BEGIN {
        while ((getline text <goals) > 0)
            if (split(text, field, "\t") == 4)
                goal[field[1], field[2], field[3]] = field[4]
    }
    { line[NR] = $0 }
    END {
        row(1, "latency_seconds", "latency")
        row(number(line[1], "batch_items"), "batch_seconds", "batch")
    }
    function row(items, key, ratio,    times, verdict) {
        times = middle(line[1], key) / middle(line[2], key)
        if (times < 1)
            printf "%s, %d items, %d threads: the JIT is %.2f times as fast as the interpreter.\n", model, items, threads, times >>remarks
        printf "| %s | %d | %d | %s | %s | %s | %.2f |", model, threads, items, show(part(line[1], key), 1e3),
            show(part(line[2], key), 1e3), show(part(line[3], key), 1e3), times
        if (NR < 5) {
            print " - | - | - | - |"
            return
        }
        wanted = goal[model, items, threads]
        verdict = wanted == "" ? "-" : middle(line[5], ratio) >= wanted ? "yes" : "no"
        printf " %s | %s | %s | %s |\n", show(part(line[4], key), 1e3), show(part(line[5], ratio), 1), wanted == "" ? "-" : wanted, verdict
        if (verdict != "-")
            print (verdict == "yes" ? "met" : "missed") >>(remarks ".goals")
    }'
}

# Models whose JIT takes longer on two threads than on one, from table.json.
second_threads()
{
    awk '
    function number(text, key) { sub(".*\"" key "\":", "", text); sub("[,}].*", "", text); return text + 0 }
    function word(text, key) { sub(".*\"" key "\":\"", "", text); sub("\".*", "", text); return text }
    function middle(text, key) { sub(".*\"" key "\":{", "", text); sub("}.*", "", text); return number(text, "median") }
    word($0, "engine") == "JIT" {
        for (i = 1; i <= 2; i++) {
            key = i == 1 ? "latency_seconds" : "batch_seconds"
            items = i == 1 ? 1 : number($0, "batch_items")
            model = word($0, "model")
            took = middle($0, key)
            if (number($0, "threads") == 1)
                alone[model, items] = took
            else if (took > 1.03 * alone[model, items])
                printf "%s, %d items: two threads take %.2f times as long as one.\n", model, items, took / alone[model, items]
        }
    }' table.json
}

[ -z "$peers" ] || echo "ONNX Runtime: $NND_ONNXRUNTIME" >&2
echo '| model | threads | items | interpreter, ms | JIT, ms | native, ms | JIT against interpreter | ONNX Runtime, ms | JIT against it | goal | met |'
echo '|---|---|---|---|---|---|---|---|---|---|---|'
for model in "$@"; do
    case $model in *_real) [ -e "$root/build/data/reuters/grain-test.tsv" ] || continue ;; esac
    make_model "$model"
    for threads in 1 2; do
        "$nnd" bench "$work/m.model" --data "$data" --seconds "$seconds" --threads $threads --json $peers >"$work/out"
        cells "$model" $threads <"$work/out"
        sed "s/^{/{\"model\":\"$model\",\"threads\":$threads,/" "$work/out" >>table.json
    done
done
echo
[ ! -e "$work/remarks.goals" ] || awk '{ count[$1]++ } END { printf "%d goals met, %d missed.\n", count["met"], count["missed"] }' "$work/remarks.goals"
[ ! -e "$work/remarks" ] || cat "$work/remarks"
second_threads
