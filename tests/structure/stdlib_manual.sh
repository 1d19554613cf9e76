#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# stdlib_manual.sh NND: docs/stdlib.md is what `nnd doc` writes now.
set -u
"$1" doc | diff -u docs/stdlib.md - || {
    echo "run: build/release/nnd doc -o docs/stdlib.md"
    exit 1
}
