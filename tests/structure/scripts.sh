#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# scripts.sh SHELLCHECK: no shell script has what it warns of.
set -eu
scripts=$(find . \( -name build -o -name .git -o -name node_modules \) -prune -o -type f \( -name '*.sh' -o ! -name '*.*' \) -exec \
    awk 'FNR == 1 && /^#!\/bin\/sh/ { print FILENAME } { nextfile }' {} +)
# shellcheck disable=SC2086 # names without spaces
"$1" $scripts
