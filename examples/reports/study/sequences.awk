# SPDX-License-Identifier: Apache-2.0
# Texts in which only the order of words tells; -v kind=phrase or order, -v texts=N, -v seed=N.
#
#   phrase  class 1 if `alpha` stands right before `beta`; else both are there, but apart
#   order   class 1 if `alpha` comes before `beta`, with at least five words between them
#
# Words have the same frequencies in both classes, and none of the two stands near an end of the text, which a window would see.
function below(n) { state = state * 16807 % 2147483647; return int(state / 2147483647 * n) } # Park & Miller 1988

function swap_if(condition, kept) { if (condition) { kept = first; first = second; second = kept } }

BEGIN {
    margin = 5 # words before and behind
    state = seed * 7919 + (kind == "order") * 104729 + 1
    for (i = 0; i < 20; i++) below(2)
    for (t = 0; t < texts; t++) {
        class = below(2)
        words = 14 + below(12)
        if (kind == "phrase" && class) {
            first = below(words - 1)
            second = first + 1
        } else {
            gap = kind == "phrase" ? 2 : 6
            first = below(words - gap)
            second = first + gap + below(words - first - gap)
            swap_if(kind == "phrase" ? below(2) : !class)
        }
        printf "%d\t", class
        for (i = -margin; i < words + margin; i++)
            printf "%s ", i == first ? "alpha" : i == second ? "beta" : "word" below(30)
        print ""
    }
}
