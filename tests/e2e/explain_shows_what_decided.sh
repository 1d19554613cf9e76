#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# nnd explain: a model that keys on two words shows these, deleting them costs more than deleting others, attention is
# shared out, and the page is well-formed and needs nothing else.
# shellcheck source=tests/e2e/lib.sh
. "$2/tests/e2e/lib.sh"

texts 600 1 >train.tsv
texts 40 2 >test.tsv
run train "$root/examples/text_cnn.nnd" --train train.tsv --epochs 12 --batch 10 -o cnn.model -D size=16 -D filters=16

# Words: of the texts of class 1 the highest ranking word is one of the two, nearly always.
run explain cnn.model --data test.tsv
cp out words.tsv
awk -F '\t' 'NR > 1 && $2 == 1 && $3 == 1 && $9 == "1.000000" { all++; right += tolower($6) ~ /^(wheat|corn)$/ }
    END { print right " of " all; exit !(all > 5 && right >= 0.8 * all) }' words.tsv || fail "other words decide"
awk -F '\t' 'NR > 1 { n[$1]++; if ($9 > most[$1]) most[$1] = $9 } END { for (i in n) if (most[i] != 1) exit 1 }' words.tsv ||
    fail "shares are not of the largest"
words=$(cut -f 2 test.tsv | tr -c 'A-Za-z' '\n' | grep -c .)
[ "$(wc -l <words.tsv)" -eq $((words + 1)) ] || fail "not every word has a row"
run explain cnn.model --data test.tsv --engine interp
cut -f 4,8,9 words.tsv | tail -n +2 >jit
cut -f 4,8,9 out | tail -n +2 >interp
near jit interp || fail "the engines disagree"
run explain cnn.model --data test.tsv --json
[ "$(wc -l <out)" -eq 40 ] || fail "not an object a text"
grep -q '"words":\[{"text":' out || fail "no words in the objects"

# Texts without labels: those of standard input, explained for the predicted class.
echo 'Wheat prices rise. The bank exports oil.' | "$nnd" explain cnn.model >out || fail "standard input"
[ "$(cut -f 6 out | head -n 3 | tr '\n' ' ')" = 'word Wheat prices ' ] || fail "words are not as they were written"
awk -F '\t' 'NR > 1 && $2 != $3 { exit 1 }' out || fail "the label is not the prediction"
cut -f 2 test.tsv >column.tsv
run explain cnn.model --data column.tsv --columns report
awk -F '\t' 'NR > 1 && $2 != $3 { exit 1 }' out || fail "the label of a file without labels is not the prediction"

# Of the object of a text, words and what is between them are the text.
printf ' "Wheat" <prices> rise.  The bank\n' >odd.txt
run explain cnn.model --data odd.txt --json
sed 's/.*"words"://; s/"after"/"before"/' out | grep -oE '"(text|before)":"(\\.|[^"\\])*"' |
    awk '/^"text"/ { word = $0; next } { print } word { print word; word = "" }' |
    sed 's/^"[a-z]*":"//; s/"$//; s/\\"/"/g' | tr -d '\n' >whole
printf ' "Wheat" <prices> rise.  The bank' | cmp - whole || fail "the words are not the text: $(cat whole)"

# Deletion.
run explain cnn.model --data test.tsv --delete 3 --json --quiet
awk -F '[:,}]' '{ if ($2 != NR - 1) exit 1; gap[$2] = $8 - $6 } END { exit !(NR == 4 && gap[0] < 1e-4 && gap[0] > -1e-4 && gap[1] > 0.02 && gap[3] > 0.02) }' out ||
    fail "deletion: $(cat out)"
run explain cnn.model --data test.tsv --delete 3 --quiet
cp out deletion
run explain cnn.model --data test.tsv --delete 3 --quiet
cmp deletion out || fail "the deletion test differs from run to run"

# Attention: of words in their sentence, of sentences in their text.
run train "$root/examples/hnn.nnd" --train train.tsv --epochs 1 -o attention.model -D size=8 -D hidden=8 -D attention=true
run explain attention.model --data test.tsv
[ "$(head -n 1 out | cut -f 10,11 | tr '\t' ' ')" = 'attention.word attention.sent' ] || fail "$(head -n 1 out)"
awk -F '\t' 'NR > 1 {
    words[$1, $5] += $10
    if (!(($1, $5) in seen)) { seen[$1, $5]; sentences[$1] += $11 }
} END {
    for (s in words) if (words[s] < 0.9999 || words[s] > 1.0001) { print s, words[s]; exit 1 }
    for (t in sentences) if (sentences[t] < 0.9999 || sentences[t] > 1.0001) { print t, sentences[t]; exit 1 }
}' out || fail "attention does not sum to 1"

# The page.
printf 'oil export\nwheat\n' >lexicon.txt
run train "$root/examples/dpa_hnn.nnd" --train train.tsv --phrases lexicon.txt --epochs 1 -o dpa.model -D size=8 -D hidden=8
printf '1\tPrices of <wheat> & corn rise. "Oil" exports!\n0\tNo.\n0\t\n' >odd.tsv
for model in cnn attention dpa; do
    run explain $model.model --data odd.tsv -o $model.html
    if command -v xmllint >/dev/null; then
        xmllint --noout $model.html || fail "$model.html is not well-formed"
    fi
    grep -qE 'https?:|src=|href=|url\(|@import|<script' $model.html && fail "$model.html refers to something"
    grep -q 'lang="en"' $model.html || fail "$model.html has no language"
    [ "$(grep -c '<section>' $model.html)" -eq 3 ] || fail "$model.html does not have three texts"
done
grep -q '<mark class="s[0-9b ]* p" title="[0-9.]*">wheat' dpa.html || fail "the phrase is not underlined"
grep -q '<h3>Attention</h3>' cnn.html && fail "attention of a model that has none"
grep -q '<h3>Attention</h3>' attention.html || fail "no attention"

images pictures 20 1
run train "$root/examples/logistic.nnd" --train pictures-images-idx3-ubyte --epochs 1 -o pictures.model
refuses 'does not look up its words' explain pictures.model --data test.tsv
refuses 'missing.tsv' explain cnn.model --data missing.tsv
: >empty.txt
refuses 'empty.txt' explain cnn.model --data empty.txt
