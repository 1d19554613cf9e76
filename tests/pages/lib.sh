#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # root: of lib.sh
# What the tests of pages share. Sourced with nnd, the source folder, Node and Chromium as arguments.
# shellcheck source=tests/e2e/lib.sh
. "$2/tests/e2e/lib.sh"
node=$3
chromium=$4
modules=$root/build/pages

skip()
{
    printf 'SKIPPED: %s\n' "$*"
    exit 77
}

# needs_browser: ends the test where there is none.
needs_browser()
{
    [ -x "$node" ] || skip "Node is not installed"
    [ -x "$chromium" ] || skip "Chromium is not installed"
    [ -d "$modules/node_modules" ] || skip "tests/pages/install has not been run"
}

# check PAGE...
check() { "$node" "$root/tests/pages/check.mjs" "$modules" "$chromium" "$@"; }
