#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The report of the study, whole and of a folder with nothing in it yet, is fine in a browser (check.mjs).
# shellcheck source=tests/pages/lib.sh
. "$2/tests/pages/lib.sh"
# shellcheck source=tests/reports/small_study.sh
. "$2/tests/reports/small_study.sh"
[ -x "$bin/nnd-report" ] || skip "the study of reports is not built"
needs_browser

make_study study
"$bin/nnd-report" study -o whole.html || fail "no report"
mkdir begun
cp study/systems.tsv begun
"$bin/nnd-report" begun -o begun.html || fail "no report of a study that has just begun"
check whole.html begun.html || fail "the report has barriers"
