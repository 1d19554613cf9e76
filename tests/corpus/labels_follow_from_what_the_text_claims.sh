#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The last claim of a report decides its facts, and its labels are its facts but for the stated share of wrong ones.
# shellcheck source=tests/corpus/lib.sh
. "$2/tests/corpus/lib.sh"
make out

for site in stanford-like upmc-like duke-like colorado-like; do
    noise=$(sed -n 's/^@noise //p' "$corpus/texts/$site.txt")
    cut -f 1 out/$site.test.presence.tsv >presence
    cut -f 1 out/$site.test.acuity.tsv | paste out/$site.test.facts.tsv presence - |
        awk -F '\t' -v noise="$noise" '{
            n = split($2, claim, " ")
            last = claim[n]
            if (!n) { print "no claim: " $0; exit bad = 1 }
            if ($3 != (last == "acute" || last == "chronic") || $4 != (last == "acute")) { print; exit bad = 1 }
            if ($5 != $7 || $6 != $8 || $6 > $5) { print; exit bad = 1 }
            wrong += $3 != $5
            seen[$1]++
        } END {
            if (bad) exit 1
            for (name in seen) kinds++
            # three standard deviations of a binomial count
            mean = NR * noise / 1000
            far = 3 * sqrt(mean) + 1
            if (wrong < mean - far || wrong > mean + far) { print wrong " wrong labels, expected " mean; exit 1 }
            if (kinds < 12) { print kinds " kinds of reports"; exit 1 }
        }' || fail "$site"
done
