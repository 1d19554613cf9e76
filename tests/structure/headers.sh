#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# headers.sh CC FLAG...: every header compiles alone, and twice.
set -u
status=0
for header in $(find lang runtime markup compiler examples tests -name '*.h' | LC_ALL=C sort); do
    printf '#include "%s"\n#include "%s"\n' "$header" "$header" |
        "$@" -x c -std=c17 -D_GNU_SOURCE -I . -Wall -Wextra -Wno-unused-function -Werror \
            -fsyntax-only - && continue
    printf '%s does not compile alone\n' "$header"
    status=1
done
exit $status
