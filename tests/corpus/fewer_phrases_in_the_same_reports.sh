#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# --replace and --drop thin out domain phrases and change nothing else; what goes at 30 % goes at 60 % too.
# shellcheck source=tests/corpus/lib.sh
. "$2/tests/corpus/lib.sh"
make full
for how in replace drop; do
    for share in 30 60 100; do
        make $how$share --$how $share
        for file in full/*.facts.tsv; do
            cmp "$file" "$how$share/${file#full/}" || fail "--$how $share changes facts"
        done
        cut -f 1,2,3,4,5,8 $how$share/statistics.tsv >rest
        [ $how = drop ] || cut -f 1,2,3,4,5,8 full/statistics.tsv | cmp - rest || fail "--$how $share changes more"
    done
    [ "$(awk -F '\t' 'NR > 1 { sum += $10 } END { print sum }' ${how}100/statistics.tsv)" = 0 ] || fail "--$how 100 leaves some"
    # shellcheck disable=SC2086
    paste full/statistics.tsv ${how}30/statistics.tsv ${how}60/statistics.tsv | awk -F '\t' 'NR > 1 {
        if ($22 / $10 < 0.6 || $22 / $10 > 0.8 || $34 / $10 < 0.3 || $34 / $10 > 0.5) { print; exit 1 }
    }' || fail "--$how: not the share that was asked for"
done
# A report that lost nothing at 60 % has lost nothing at 30 %.
paste full/duke-like.test.presence.tsv replace30/duke-like.test.presence.tsv replace60/duke-like.test.presence.tsv |
    awk -F '\t' '$2 == $6 && $2 != $4 { print; exit 1 } $2 == $6 { same++ } END { exit !same }' || fail "the shares are not nested"
