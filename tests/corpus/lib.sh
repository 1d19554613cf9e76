#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2034 # variables for the tests
# What the tests of the corpora share. Sourced with the program and the source folder as arguments.
program=$1
corpus=$2/examples/reports/corpus
export LC_ALL=C
work=$(mktemp -d "${TMPDIR:-/tmp}/nnd-corpus-XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

fail()
{
    printf 'FAILED: %s\n' "$*"
    exit 1
}

# make FOLDER OPTION...: the corpora of the study.
make()
{
    sh "$corpus/generate" "$program" "$@" || fail "generate $*"
}
