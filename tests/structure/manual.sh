#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# manual.sh NND: docs/man/nnd.1 has every command and every option that the program's help names.
set -u
nnd=$1
page=docs/man/nnd.1
status=0
commands=$("$nnd" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z]*\) .*/\1/p')
[ -n "$commands" ] || { echo "no commands in nnd --help"; exit 1; }
# roff writes a hyphen of an option as \-
text=$(sed 's/\\-/-/g' "$page")
for command in $commands; do
    printf '%s\n' "$text" | grep -qE "^\.SS (\"nnd )?$command( |\"|\$)" || {
        printf '%s: has no section on %s\n' "$page" "$command"
        status=1
    }
    for option in $("$nnd" "$command" --help | grep -oE -- '--[a-z][a-z-]*' | sort -u); do
        printf '%s\n' "$text" | grep -qE -- "$option([^a-z-]|\$)" && continue
        printf '%s: does not name %s of nnd %s\n' "$page" "$option" "$command"
        status=1
    done
done
exit $status
