#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# scripts.sh SHELLCHECK: no shell script has what it warns of.
set -eu
# shellcheck disable=SC2046 # names without spaces
"$1" bootstrap .ci/run examples/demo examples/fetch-data tests/pages/install $(find tests -name '*.sh')
