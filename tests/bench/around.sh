#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# around.sh NND SOURCE [PART]...: what is around a prediction. Parts, all by default:
#   program  text_cnn and lstm as native programs and in a process that loads ONNX Runtime's library, if it is there
#            (NND_ONNXRUNTIME, or what fetch_onnxruntime.sh got) and the model as ONNX, in turn: from the start to the end of a
#            process that predicts once, the most memory that it has with 1 and 32 texts, and the size of its files
#   compile  processor time to compile every example, predictions and a training step, anew and with the kernel cache, and
#            the time that one waits for predictions on all cores
#   threads  every example on two threads and on one
#   engines  how many times as fast the JIT is as the interpreter, every example, batches of 1 to 256 (BATCHES), one thread
# Markdown tables on standard output (median, lowest..highest) and around.json in the current folder, one object a line;
# nothing passes or fails. The goals are below. EXAMPLES names some of the examples.
set -eu
nnd=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
tools=$(dirname "$nnd")/tests/bench
root=$(cd "$2" && pwd)
shift 2
[ $# -gt 0 ] || set -- program compile threads engines
examples=${EXAMPLES:-$(basename -s .nnd "$root"/examples/*.nnd)}
rounds=${ROUNDS:-5}
seconds=${SECONDS_EACH:-0.5} # of each program and number of threads in each round
export NND_ONNXRUNTIME="${NND_ONNXRUNTIME:-$root/build/onnxruntime/libonnxruntime.so.1}"
work=$(mktemp -d "${TMPDIR:-/tmp}/nnd-around-XXXXXX")
trap 'rm -rf "$work"' EXIT
export XDG_CACHE_HOME="$work/cache"
results=$PWD/around.json
: >"$results"
cd "$work" # an example looks there for vectors.txt

goal_start=8     # times as fast as ONNX Runtime
goal_code=1000   # kB of a program, but for its weights
goal_memory=0.5  # of ONNX Runtime's
goal_cold=300    # ms to compile
goal_cached=20   # ms
goal_second=1.03 # times as long as one thread: chance

# shellcheck source=tests/bench/lib.sh
. "$root/tests/bench/lib.sh"

# ---- programs ----

vocabulary=$((items * 300 + 2)) # of the texts that lib.sh makes, no word of which comes twice

# ratio NUMERATOR DENOMINATOR
ratio()
{
    echo "$1 $2" | awk '{ printf "%.4g", $1 / $2 }'
}

ours()
{
    "$tools/spent" "$work/program" --threads 1 "$work/$1.tsv"
}

theirs()
{
    "$tools/spent" "$tools/onnx_first" "$work/m.onnx" report p $vocabulary "$1" 300
}

# measure_program ITEMS: lines "SECONDS BYTES" in ours.ITEMS and theirs.ITEMS
measure_program()
{
    head -n "$1" "$data" >"$work/$1.tsv"
    rm -f "ours.$1" "theirs.$1"
    for _ in $(seq "$rounds"); do
        ours "$1" >>"ours.$1"
        [ ! -e m.onnx ] || theirs "$1" >>"theirs.$1"
    done
}

# compare MODEL WHAT COLUMN FACTOR ITEMS: a row of a table, by theirs/ours of that column, and a line of around.json
compare()
{
    own=$(cut -d ' ' -f "$3" "ours.$5" | spread)
    line="{\"model\":\"$1\",\"items\":$5,$(object "nnd_$2" "$own")"
    row="| $1 | $5 | $(shown "$own" "$4") |"
    if [ -e m.onnx ]; then
        peer=$(cut -d ' ' -f "$3" "theirs.$5" | spread)
        times=$(paste -d ' ' "ours.$5" "theirs.$5" | awk -v column="$3" '{ print $(column + 2) / $column }' | spread)
        [ "$2" = seconds ] && goal=$goal_start || goal=$(ratio 1 $goal_memory)
        row="$row $(shown "$peer" "$4") | $(shown "$times") | $goal | $(least "${times%% *}" "$goal") |"
        line="$line,$(object "onnxruntime_$2" "$peer"),$(object times "$times")"
    else
        row="$row - | - | - | - |"
    fi
    echo "$row"
    echo "$line}" >>"$results"
}

# size MODEL: a row of the table of sizes
size()
{
    weights=$("$nnd" check "$file" -D vocab=$vocabulary --json | json weights)
    weights=$((weights * 4 / 1000))
    program=$(($(wc -c <program) / 1000))
    code=$((program - weights))
    echo "| $1 | $program | $weights | $code | $goal_code | $(most $code $goal_code) |" >>sizes
    echo "{\"model\":\"$1\",\"program_kilobytes\":$program,\"weights_kilobytes\":$weights}" >>"$results"
}

part_program()
{
    rm -f starts memories sizes
    for model in ${MODELS:-text_cnn lstm}; do
        make_model "$model"
        "$nnd" build m.model -o program --quiet
        rm -f m.onnx
        [ ! -e "$NND_ONNXRUNTIME" ] || "$nnd" export m.model -o m.onnx --lengths equal --quiet
        measure_program 1
        measure_program 32
        compare "$model" seconds 1 1e3 1 >>starts
        for count in 1 32; do compare "$model" bytes 2 1e-6 $count >>memories; done
        size "$model"
    done
    echo '| from start to end | texts | nnd, ms | ONNX Runtime, ms | times as fast | goal | met |'
    echo '|---|---|---|---|---|---|---|'
    cat starts
    printf '\n| memory | texts | nnd, MB | ONNX Runtime, MB | its, in times of ours | goal | met |\n|---|---|---|---|---|---|---|\n'
    cat memories
    printf '\n| program | size, kB | weights, kB | the rest, with its vocabulary, kB | goal | met |\n|---|---|---|---|---|---|\n'
    cat sizes
    [ ! -e "$NND_ONNXRUNTIME" ] || printf '\nThe library of ONNX Runtime: %d kB.\n' $(($(wc -c <"$NND_ONNXRUNTIME") / 1000))
}

# ---- examples ----

# sample EXAMPLE: makes data that it can be trained on, as $data, and sets $options
sample()
{
    file=$root/examples/$1.nnd
    options=
    case $(grep '^ *input' "$file") in
        *3,\ 32,\ 32* | *3,\ 32*) images 4 3 32 32 ;;
        *28* | *784*) images 3 28 28 ;;
        *) texts 16 20 && more_columns ;;
    esac
    if grep -q 'phrases' "$file"; then
        printf 'w1 w2\nw3\n' >lexicon.txt
        options='--phrases lexicon.txt'
    fi
    awk 'BEGIN { for (i = 1; i < 9; i++) { printf "w%d", i; for (k = 0; k < 300; k++) printf " 0.%d", i; print "" } }' >vectors.txt
}

# As many labels in front of the text, and texts, as the example has.
more_columns()
{
    awk -F '\t' -v targets="$(grep -c '^ *target' "$file")" -v inputs="$(grep -c '^ *input.*token' "$file")" '{
        for (i = 0; i < targets; i++) printf "%s\t", $1
        for (i = 0; i < inputs; i++) printf "%s%s", $2, i < inputs - 1 ? "\t" : "\n"
    }' "$data" >texts2.tsv
    data=$work/texts2.tsv
}

train()
{
    # shellcheck disable=SC2086 # two words or none
    "$nnd" train "$file" --train "$data" --valid 0 --epochs 1 -o m.model --quiet $options "$@" >log 2>&1 || {
        cat log >&2
        exit 1
    }
}

# took LOG: milliseconds of all passes and stages
took()
{
    awk '$2 == "ms" { sum += $1 } END { print sum }' log
}

predict()
{
    "$nnd" predict m.model "$data" --time-passes >predictions 2>log || {
        cat log >&2
        exit 1
    }
}

# Milliseconds from asking for predictions to having their code, without the cache, on all cores.
waited()
{
    "$nnd" bench m.model --data "$data" --no-cache --seconds 0.01 --json >result
    sed -n 's/.*"engine":"JIT","compile_seconds":\([-0-9.e+]*\).*/\1/p' result | awk '{ print 1000 * $1 }'
}

# The compiler's stages, of a training step and of predictions, with an empty cache and with a filled one.
compile_once()
{
    rm -rf cache
    train --time-passes && took >>train.cold
    train --time-passes && took >>train.cached
    predict && took >>predict.cold
    predict && took >>predict.cached
    waited >>predict.waited
}

part_compile()
{
    echo '| example | predictions, ms | met | cached | met | waited for | met | training, ms | met | cached | met |'
    echo '|---|---|---|---|---|---|---|---|---|---|---|'
    for example in $examples; do
        sample "$example"
        rm -f train.cold train.cached predict.cold predict.cached predict.waited
        for _ in $(seq "$rounds"); do compile_once; done
        row="| $example |"
        line="{\"example\":\"$example\""
        for what in predict.cold predict.cached predict.waited train.cold train.cached; do
            spread=$(spread <$what)
            case $what in *cached) goal=$goal_cached ;; *) goal=$goal_cold ;; esac
            row="$row $(shown "$spread") | $(most "${spread%% *}" "$goal") |"
            line="$line,$(object "${what%.*}_${what#*.}_milliseconds" "$spread")"
        done
        echo "$row"
        echo "$line}" >>"$results"
    done
    printf '\nGoals: %s ms, cached %s ms.\n' $goal_cold $goal_cached
}

# measure_threads: lines "LATENCY BATCH" of seconds in threads.1 and threads.2
measure_threads()
{
    rm -f threads.1 threads.2
    for _ in $(seq "$rounds"); do
        for threads in 1 2; do
            ./program --bench "$seconds" --threads $threads "$data" >result
            echo "$(json latency <result) $(json batch <result)" >>threads.$threads
        done
    done
}

# compare_threads EXAMPLE COLUMN ITEMS
compare_threads()
{
    one=$(cut -d ' ' -f "$2" threads.1 | spread)
    two=$(cut -d ' ' -f "$2" threads.2 | spread)
    times=$(paste -d ' ' threads.1 threads.2 | awk -v column="$2" '{ print $(column + 2) / $column }' | spread)
    echo "| $1 | $3 | $(shown "$one" 1e6) | $(shown "$two" 1e6) | $(shown "$times") | $(most "${times%% *}" $goal_second) |"
    echo "{\"example\":\"$1\",\"items\":$3,$(object one_thread_seconds "$one"),$(object two_threads_seconds "$two")}" >>"$results"
}

part_threads()
{
    echo '| example | items | one thread, us | two threads, us | times as long | never slower |'
    echo '|---|---|---|---|---|---|'
    for example in $examples; do
        sample "$example"
        train
        "$nnd" build m.model -o program --quiet
        measure_threads
        compare_threads "$example" 1 1
        compare_threads "$example" 2 32
    done
}

# times_faster BATCH: of the JIT, by the medians of both engines
times_faster()
{
    "$nnd" bench m.model --data "$data" --threads 1 --seconds "$seconds" --batch "$1" --json >result
    sed -n 's/.*"engine":"\([A-Za-z]*\)".*"batch_seconds":{[^}]*"median":\([-0-9.e+]*\).*/\1 \2/p' result |
        awk '$1 == "interpreter" { slow = $2 } $1 == "JIT" { printf "%.3g\n", slow / $2 }'
}

part_engines()
{
    batches=${BATCHES:-1 2 8 32 128 256}
    echo "| example, in batches of | $(echo "$batches" | sed 's/ / | /g') | never slower |"
    echo "|---|$(echo " $batches" | sed 's/ [0-9]*/---|/g')---|"
    for example in $examples; do
        sample "$example"
        train
        row="| $example |"
        line="{\"example\":\"$example\""
        slowest=1e9
        for batch in $batches; do
            times=$(times_faster "$batch")
            row="$row $times |"
            line="$line,\"jit_times_as_fast_$batch\":$times"
            slowest=$(printf "%s\n" "$slowest" "$times" | LC_ALL=C sort -g | head -n 1)
        done
        echo "$row $(least "$slowest" 1) |"
        echo "$line}" >>"$results"
    done
}

for part in "$@"; do
    case $part in
        program) part_program ;;
        compile) items=4 && part_compile ;;
        threads) items=32 && part_threads ;;
        engines) items=256 && part_engines ;;
        *) echo "there is no part $part" >&2 && exit 2 ;;
    esac
    echo
done
