#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# optimisations_manual.sh NND: docs/man/nnd.1 and docs/performance.md list every optimisation that
# --without knows, with the words of the table.
set -u
status=0
manual=$(sed 's/\\-/-/g' docs/man/nnd.1)
rows=$("$1" check --without help)
[ -n "$rows" ] || { echo "--without help says nothing"; exit 1; }
while read -r name meaning; do
    printf '%s\n' "$manual" | grep -A 1 -xF ".B $name" | grep -qxF "$meaning." || {
        printf 'docs/man/nnd.1 does not say: %s: %s.\n' "$name" "$meaning"
        status=1
    }
    grep -qF "| \`$name\` | $meaning |" docs/performance.md || {
        echo "docs/performance.md has no row: | \`$name\` | $meaning |"
        status=1
    }
done <<EOF
$rows
EOF
exit $status
