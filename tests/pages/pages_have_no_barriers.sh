#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every page that nnd writes is fine in a browser: small and large, light and dark, without network (check.mjs).
# shellcheck source=tests/pages/lib.sh
. "$2/tests/pages/lib.sh"
needs_browser

# What the check is for, it finds.
cat >bad.html <<'END'
<!DOCTYPE html><html><head><title>bad</title></head><body><p style="color:#ccc;width:900px">pale</p>
<img src="absent.png"><script>console.error("oops"); throw new Error("broken")</script></body></html>
END
check bad.html >out && fail "a bad page passes"
for wrong in 'asks for .*absent.png' 'console: oops' 'error: broken' 'px wide' 'cannot be drawn' \
    'axe color-contrast' 'axe image-alt' 'axe html-has-lang'; do
    grep -q "$wrong" out || fail "not found in a bad page: $wrong"
done

texts 90 1 >train.tsv
texts 3 2 >test.tsv
printf 'oil export\nwheat\n' >lexicon.txt
small='-D size=8 --quiet'
# shellcheck disable=SC2086 # a list of words
{
    run train "$root/examples/text_cnn.nnd" --train train.tsv --valid 0.2 --epochs 3 -D filters=4 $small -o cnn.model --run one
    run train "$root/examples/text_cnn.nnd" --train train.tsv --epochs 2 -D filters=4 $small -o 'a<b>.model'
    run train "$root/examples/dpa_hnn.nnd" --train train.tsv --phrases lexicon.txt --epochs 1 -D hidden=8 $small -o dpa.model
}
run report cnn.model 'a<b>.model' -o learning.html
run explain cnn.model --data test.tsv -o sensitivity.html
run explain dpa.model --data test.tsv -o attention.html
check one/curves.html learning.html sensitivity.html attention.html || fail "pages have barriers"
