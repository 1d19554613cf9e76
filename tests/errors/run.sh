#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh TOOL [--bless]: every tests/errors/*.nnd gives the diagnostics in the .txt beside it, every
# file shows the diagnostic that it is named after, and every code of lang/diags.def has a file.
# Run in the root of the source tree.
set -u
tool=$1
bless=${2:-}
status=0
for file in tests/errors/*.nnd; do
    expected=${file%.nnd}.txt
    if [ "$bless" = --bless ]; then
        "$tool" errors "$file" > "$expected" || status=1
    elif ! "$tool" errors "$file" | diff -u "$expected" -; then
        status=1
    fi
done
codes=$(sed -n 's/^DIAG(\([EW]_[A-Z_]*\),.*/\1/p' lang/diags.def)
for code in $codes; do
    name=$(printf '%s' "${code#?_}" | tr '[:upper:]' '[:lower:]')
    file=tests/errors/$name.nnd
    if [ ! -f "$file" ]; then
        printf '%s has no %s\n' "$code" "$file"
        status=1
    elif ! "$tool" codes "$file" | grep -qx "$code"; then
        printf '%s does not show %s\n' "$file" "$code"
        status=1
    fi
done
exit $status
