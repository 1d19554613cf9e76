#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# documented_models.sh NND: every model shown in the README and the tutorial (a fence marked nnd)
# passes `nnd check`.
set -eu
nnd=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for document in README.md docs/tutorial.md; do
    name=$(basename "$document" .md)
    awk -v prefix="$scratch/$name" '
        /^```nnd$/ { inside = 1; file = prefix "-" NR ".nnd"; next }
        /^```/     { if (inside) close(file); inside = 0 }
        inside     { print > file }' "$document"
done
count=0
for model in "$scratch"/*.nnd; do
    "$nnd" check "$model"
    count=$((count + 1))
done
printf '%d models check\n' "$count"
