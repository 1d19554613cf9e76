#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# optimisations.sh NND SOURCE [NAME]...: how many times as long, or as much, it takes without each optimisation, on one
# thread. A Markdown table on standard output; nothing passes or fails.
#   MODEL      prediction of 1 item / of 32: native programs with and without, run in turn, the fastest of each
#   training   processor time of an epoch of the text CNN
#   compiling  processor time to compile predictions of resnet20
#   memory     scratch memory of a training step of the text CNN
set -eu
nnd=$1
root=$(cd "$2" && pwd)
shift 2
# shellcheck disable=SC2046 # a list of words
[ $# -gt 0 ] || set -- $(sed -n 's/^OPTIMISATION([A-Z_]*, *"\([a-z-]*\)".*/\1/p' "$root/compiler/optimisations.def")
models=${MODELS:-text_cnn lstm hnn lenet_cifar resnet20}
rounds=${ROUNDS:-3}
seconds=${SECONDS_EACH:-0.3} # of each program in each round
work=$(mktemp -d "${TMPDIR:-/tmp}/nnd-optimisations-XXXXXX")
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/bench/lib.sh
. "$root/tests/bench/lib.sh"

# without NAME: the option; nothing for `base`
without()
{
    [ "$1" = base ] || echo "--without $1"
}

# processor_time COMMAND...: seconds of the command and what it starts
processor_time()
{
    (
        "$@" >/dev/null 2>&1
        times
    ) | awk 'NR == 2 { split($1 "m" $2, t, /[ms]+/); print t[1] * 60 + t[2] + t[3] * 60 + t[4] }'
}

# Lines "NAME MODEL/1 SECONDS" and "NAME MODEL/32 SECONDS".
predictions()
{
    for model in $models; do
        make_model "$model"
        for name in base "$@"; do
            # shellcheck disable=SC2046 # two words or none
            "$nnd" build "$work/m.model" -o "$work/$name.program" --quiet $(without "$name")
        done
        for _ in $(seq "$rounds"); do
            for name in base "$@"; do
                "$work/$name.program" --bench "$seconds" --threads 1 "$data" |
                    sed -n "s|.*\"latency\": *\([0-9.e+-]*\).*\"batch\": *\([0-9.e+-]*\).*|$name $model/1 \1\n$name $model/32 \2|p"
            done
        done
        rm -f "$work"/*.program
    done
}

# Lines "NAME training SECONDS", "NAME compiling SECONDS", "NAME memory MB".
training()
{
    choose text_cnn
    for _ in $(seq "$rounds"); do
        for name in base "$@"; do
            for epochs in 1 11; do
                # shellcheck disable=SC2046
                processor_time "$nnd" train "$root/examples/text_cnn.nnd" --train "$data" --valid 0 --epochs $epochs --threads 1 \
                    -o "$work/t.model" --quiet $(without "$name")
            done | awk -v name="$name" 'NR == 1 { one = $1 } NR == 2 { print name, "training", ($1 - one) / 10 }'
            # shellcheck disable=SC2046
            echo "$name compiling $(processor_time "$nnd" ir "$root/examples/resnet20.nnd" --stage asm --function predict $(without "$name"))"
        done
    done
    for name in base "$@"; do
        # shellcheck disable=SC2046
        "$nnd" check "$root/examples/text_cnn.nnd" --memory $(without "$name") |
            awk -v name="$name" '$1 == "step" { for (i = 2; i <= NF; i++) if ($i == "MiB") { print name, "memory", $(i - 1); exit } }'
    done
}

{
    predictions "$@"
    training "$@"
} | awk -v models="$models" '
    { key = $1 " " $2; if (!(key in least) || $3 < least[key]) least[key] = $3; if (!($1 in seen)) { seen[$1] = 1; order[++count] = $1 } }
    function times(name, what, base) {
        base = least["base " what]
        return base > 0 ? sprintf("%.2f", least[name " " what] / base) : "-"
    }
    END {
        columns = split(models, model, " ")
        printf "| without |"
        for (i = 1; i <= columns; i++) printf " %s |", model[i]
        print " training | compiling | memory |"
        printf "|---|"
        for (i = 1; i <= columns + 3; i++) printf "---|"
        print ""
        for (n = 1; n <= count; n++) {
            if (order[n] == "base") continue
            printf "| `%s` |", order[n]
            for (i = 1; i <= columns; i++) printf " %s / %s |", times(order[n], model[i] "/1"), times(order[n], model[i] "/32")
            printf " %s | %s | %s |\n", times(order[n], "training"), times(order[n], "compiling"), times(order[n], "memory")
        }
    }'
