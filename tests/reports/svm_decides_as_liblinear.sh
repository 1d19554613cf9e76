#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# svm_decides_as_liblinear.sh NND-BASELINES: on the same features LIBLINEAR's own programs find the same weights
# and decide every report alike. Skips (77) without them.
set -eu
baselines=$1
if ! command -v liblinear-train >/dev/null; then
    echo "SKIPPED: there is no liblinear-train (Debian: liblinear-tools)"
    exit 77
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

# reports SEED COUNT: reports of 20 to 60 of 300 words; some words are more frequent with label 1, one label in ten is wrong.
reports()
{
    awk -v seed="$1" -v count="$2" '
        function random(n) { state = (state * 16807) % 2147483647; return int(state / 2147483647 * n) }
        BEGIN {
            state = seed
            for (i = 0; i < count; i++) {
                class = random(2)
                text = ""
                for (k = 20 + random(40); k > 0; k--) {
                    word = random(300)
                    if (word % 7 == 0 && random(2) != class) word = random(300)
                    text = text " w" word
                }
                printf "%d\t%s\n", random(10) ? class : 1 - class, text
            }
        }'
}
reports 11 600 >train.tsv
reports 23 200 >valid.tsv
reports 37 500 >test.tsv

for features in binary count; do
    "$baselines" train svm --train train.tsv --valid valid.tsv --features $features -o model >choices
    cost=$(awk -F '\t' '$3 == "kept" { sub("C ", "", $1); print $1 }' choices)
    "$baselines" predict model test.tsv | awk '{ print $1 ? "1" : "-1" }' >ours
    "$baselines" export model train.tsv >train.txt
    "$baselines" export model test.tsv >test.txt
    liblinear-train -q -s 3 -B 1 -e 0.001 -c "$cost" train.txt theirs.model
    liblinear-predict test.txt theirs.model theirs >/dev/null
    cmp ours theirs
    [ "$(sort -u ours | wc -l)" = 2 ] || { echo "only one class is ever decided"; exit 1; }
    # Weights: ours are the lines between #bias and #end, the bias first; theirs follow the line `w`, the bias last, and
    # are those of the class that `label` names first. Debian's program keeps C in single precision, so 0.01 is not quite
    # 0.01 to it.
    awk -F '\t' '/^#bias/ { bias = $2 } /^[^#]/ && NR > 2 { printf "%.17g\n", $2 } END { printf "%.17g\n", bias }' model >ours.w
    awk '/^label/ { sign = $2 } found { printf "%.17g\n", sign * $1 } $1 == "w" { found = 1 }' theirs.model >theirs.w
    paste ours.w theirs.w | awk -v features=$features -v cost="$cost" '
        { gap = $1 - $2; if (gap < 0) gap = -gap; if (gap > worst) worst = gap }
        END {
            printf "%s, C %s: %d weights, at most %g apart\n", features, cost, NR, worst
            exit !(NR > 250 && worst < 1e-6)
        }'
done
