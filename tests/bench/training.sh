#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# training.sh NND SOURCE [MODEL]...: how long a training step of the networks of the study takes on 1 and 2 threads, in
# nnd and in PyTorch if there is a Python that has it (PYTHON; Debian: python3-torch), which take turns, round after
# round. A step is forward, backward and Adadelta, embeddings trained too, dropout 0.5 in front of the last layer, 50
# items (recurrent networks: 32). Words are drawn by Zipf's law; MODEL_even is the model on words drawn evenly, of which
# a batch hardly has one twice. A Markdown table on standard output (median, lowest..highest; times as fast are compared
# with goals-training.tsv) and training.json in the current folder, one object a line; no time passes or fails, but
# networks that do not predict the same with the same weights do.
set -eu
nnd=$1
root=$(cd "$2" && pwd)
shift 2
[ $# -gt 0 ] || set -- text_cnn text_cnn_even lstm lstm_even bilstm hnn a_hnn lenet_cifar vgg_small
rounds=${ROUNDS:-5}
steps=${STEPS:-4} # timed in each round, after as many that are not
work=$(mktemp -d "${TMPDIR:-/tmp}/nnd-training-XXXXXX")
trap 'rm -rf "$work"' EXIT
vocabulary=20002
: >training.json

# shellcheck source=tests/bench/lib.sh
. "$root/tests/bench/lib.sh"

# pytorch SCRIPT THREADS ARGUMENT...: PyTorch at its best: OpenBLAS with OpenMP if it is there, as PyTorch itself has it,
# threads bound to cores, and memory that is not given back to the system between steps.
pytorch()
{
    script=$1
    threads=$2
    shift 2
    openblas=$(find /usr/lib/*/openblas-openmp -maxdepth 0 2>/dev/null | head -n 1)
    LD_LIBRARY_PATH="$openblas${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" OMP_NUM_THREADS="$threads" OMP_PROC_BIND=true OMP_PLACES=cores \
        MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=99999999999 "$python" "$root/tests/bench/pytorch_$script.py" "$@"
}

find_python()
{
    for python in ${PYTHON:-python3 /usr/bin/python3}; do
        ! "$python" -c 'import torch' 2>/dev/null || return 0
    done
    python=
    echo "There is no PyTorch (Debian: python3-torch): it is not measured." >&2
}

# check MODEL: PyTorch predicts with the weights of a model that was trained for an epoch what nnd predicts.
check()
{
    # shellcheck disable=SC2086 # two words or none
    {
        weights=$("$nnd" check "$work/m.nnd" $define --json | json weights)
        [ -n "$python" ] || return 0
        "$nnd" train "$work/m.nnd" --train "$data" --valid 0 --epochs 1 $define -o "$work/m.model" --json >"$work/ours"
    }
    "$nnd" predict "$work/m.model" "$data" | cut -f 2- >"$work/ours"
    pytorch predict 1 "$name" "$data" "$work/m.model" >"$work/theirs"
    paste "$work/ours" "$work/theirs" | awk -v model="$1" '
        {
            for (i = 1; i <= NF / 2; i++) {
                gap = $i - $(i + NF / 2)
                if (!(gap < 1e-4 && gap > -1e-4)) wrong = NR
            }
        }
        END {
            if (!NR || wrong) print model ": PyTorch predicts something else for item " wrong
            exit !NR || wrong
        }' >&2
}

# measure THREADS: $work/times, a line "OURS THEIRS" of seconds a step for each round
measure()
{
    : >"$work/times"
    for _ in $(seq "$rounds"); do
        # shellcheck disable=SC2086 # two words or none
        "$nnd" train "$work/m.nnd" --train "$data" --valid 0 --epochs 2 --threads "$1" $define -o "$work/m.model" --json \
            >"$work/ours"
        theirs=
        [ -z "$python" ] || {
            pytorch step "$1" "$name" "$data" "$batch" "$1" "$steps" >"$work/theirs"
            theirs=$(json step_seconds <"$work/theirs")
            words=$(json different_words <"$work/theirs")
            [ "$words" != 0 ] || words=-
        }
        echo "$(json step_seconds <"$work/ours") $theirs" >>"$work/times"
    done
}

# row MODEL THREADS: of the table, and a line of training.json, from $work/times
row()
{
    took=$(cut -d ' ' -f 1 "$work/times" | spread)
    line="{\"model\":\"$1\",\"threads\":$2,\"batch\":$batch,\"weights\":$weights,$(object nnd_seconds "$took")"
    rest=' - | - | - | - |'
    if [ -n "$python" ]; then
        peer=$(cut -d ' ' -f 2 "$work/times" | spread)
        times=$(awk '{ print $2 / $1 }' "$work/times" | spread)
        goal=$(awk -F '\t' -v model="$1" -v threads="$2" '$1 == model && $2 == threads { print $3 }' "$root/tests/bench/goals-training.tsv")
        rest=" $(shown "$peer" 1e3) | $(shown "$times") | ${goal:--} | $(least "${times%% *}" "$goal") |"
        line="$line,$(object pytorch_seconds "$peer"),$(object times_as_fast "$times")"
    fi
    echo "| $1 | $2 | $batch | $weights | ${words:--} | $(shown "$took" 1e3) |$rest"
    echo "$line}" >>training.json
}

find_python
echo '| model | threads | batch | weights | different words in a batch | nnd, ms | PyTorch, ms | times as fast | goal | met |'
echo '|---|---|---|---|---|---|---|---|---|---|'
for model in "$@"; do
    case $model in
        *_even) draw=even ;;
        *) draw=natural ;;
    esac
    name=${model%_even}
    batch=50
    case $name in lstm | bilstm | hnn | a_hnn) batch=32 ;; esac
    items=$((batch * steps))
    choose "$name"
    recipe 'adadelta(rho = 0.95, epsilon = 1e-6)'
    define=
    words=
    ! grep -q 'vocab: *dim' "$work/m.nnd" || define="-D vocab=$vocabulary"
    check "$model"
    for threads in ${THREADS:-1 2}; do
        measure "$threads"
        row "$model" "$threads"
    done
done
