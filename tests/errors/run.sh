#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh TOOL [--bless]: every tests/errors/*.nnd gives the diagnostics in the .txt beside it, every
# file shows the diagnostic that it is named after, and every code of lang/diags.def has a file.
# Run in the root of the source tree.
set -u
tool=$1
bless=${2:-}
status=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

if [ "$bless" = --bless ]; then
    for file in tests/errors/*.nnd; do
        "$tool" errors "$file" > "${file%.nnd}.txt" || status=1
    done
fi
# All in one process: under sanitizers one takes 0.2 s to start.
for file in tests/errors/*.nnd; do
    printf '== %s\n' "$file"
    cat "${file%.nnd}.txt"
done > "$scratch/expected"
"$tool" errors tests/errors/*.nnd > "$scratch/found" || status=1
diff -u "$scratch/expected" "$scratch/found" || status=1
"$tool" codes tests/errors/*.nnd > "$scratch/codes" || status=1
codes=$(sed -n 's/^DIAG(\([EW]_[A-Z_]*\),.*/\1/p' lang/diags.def)
for code in $codes; do
    name=$(printf '%s' "${code#?_}" | tr '[:upper:]' '[:lower:]')
    file=tests/errors/$name.nnd
    if [ ! -f "$file" ]; then
        printf '%s has no %s\n' "$code" "$file"
        status=1
    elif ! grep -qxF "$file $code" "$scratch/codes"; then
        printf '%s does not show %s\n' "$file" "$code"
        status=1
    fi
done
exit $status
