#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# runs.sh NAME NND SOURCE [ARGUMENT]...: tests/bench/NAME.sh prints Markdown tables whose rows are as wide as their
# heads, and what it writes as JSON is an object a line. What it measures does not matter here.
set -eu
name=$1
nnd=$2
root=$(cd "$3" && pwd)
shift 3
work=$(mktemp -d "${TMPDIR:-/tmp}/nnd-bench-XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
export XDG_CACHE_HOME="$work/cache"

sh "$root/tests/bench/$name.sh" "$nnd" "$root" "$@" >out || {
    cat out
    exit 1
}
cat out
awk -F '|' '
    !/^\|/ { width = 0; next }
    !width { width = NF; heads++; next }
    NF != width { print "this row has " NF - 2 " columns, its head " width - 2 ": " $0; bad = 1 }
    !/^\|---/ { rows++ }
    END {
        if (rows < heads || !heads) print "there is a table without rows"
        exit bad || rows < heads || !heads
    }' out
for file in *.json; do
    [ -s "$file" ] || continue
    ! grep -v '^{.*[0-9}]}$' "$file" || {
        echo "$file: these lines are no objects"
        exit 1
    }
done
