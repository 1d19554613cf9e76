#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Models with several inputs and targets: every target is learnt, in all three engines; files by
# position, with a header, with --columns.
# shellcheck source=tests/e2e/lib.sh
. "$2/tests/e2e/lib.sh"

# reports N SEED: topic TAB tone TAB text; the topic is the second word, the tone the fourth.
reports()
{
    awk -v n="$1" -v seed="$2" 'BEGIN {
        srand(seed)
        split("grain metal energy", topics)
        split("wheat corn rice gold silver iron oil gas coal", things)
        split("good great fine bad poor awful", words)
        for (i = 0; i < n; i++) {
            a = int(rand() * 3); b = int(rand() * 2)
            printf "%s\t%s\tthe %s was %s today\n", topics[a + 1], b ? "negative" : "positive",
                   things[a * 3 + 1 + int(rand() * 3)], words[b * 3 + 1 + int(rand() * 3)]
        }
    }'
}

# pairs N SEED: same TAB text TAB text; 1 if both are about the same thing.
pairs()
{
    awk -v n="$1" -v seed="$2" 'BEGIN {
        srand(seed)
        split("wheat gold oil coal", things)
        split("we saw that a lot of it was sold in town", fill)
        for (i = 0; i < n; i++) {
            a = 1 + int(rand() * 4); same = i % 2; b = same ? a : 1 + (a + int(rand() * 3)) % 4
            x = things[a]; y = things[b]
            for (k = int(rand() * 4); k >= 0; k--) x = fill[1 + int(rand() * 10)] " " x
            for (k = int(rand() * 4); k >= 0; k--) y = y " " fill[1 + int(rand() * 10)]
            printf "%d\t%s\t%s\n", same, x, y
        }
    }'
}

# cases N SEED: codes TAB price TAB text TAB note TAB three numbers. Codes are words of the note; the
# price is the first number, and one more if the text is of wheat.
cases()
{
    awk -v n="$1" -v seed="$2" 'BEGIN {
        srand(seed)
        for (i = 0; i < n; i++) {
            a = rand() < 0.5; b = rand() < 0.5; w = rand() < 0.5; x = int(rand() * 100) / 100
            printf "%d%d\t%.2f\tsold %s\tSeen. %s %s.\t%.2f %.2f 0.5\n", a, b, x + w, w ? "wheat" : "gold",
                   a ? "Fever today" : "Well today", b ? "and cough" : "and calm", x, rand()
        }
    }'
}

cat >mixed.nnd <<'END'
use std.text, std.dense

/// Two texts, one of them of sentences, and numbers; several labels and a number to predict.
model Mixed(vocab: dim) {
    input  report : token[batch, word~]
    input  note   : token[batch, sent~, line~]
    input  facts  : f32[batch, 3]
    target codes  : f32[batch, 2]
    target price  : f32[batch, 1]

    let words = Embedding(vocab, 12)
    a = report |> words |> mean(over word)
    b = note |> words |> mean(over line) |> max(over sent)
    coded = b |> Linear(2)
    sold  = concat(a, facts) |> Linear(1)

    output marks  = sigmoid(coded)
    output amount = sold
    output weight = note |> words |> mean(over line) |> Linear(1) |> flatten
    loss = concat(binary_cross_entropy(coded, codes), mse(sold, price))
}

train Mixed {
    optimiser = adam(rate = 0.03)
    epochs    = 25
    stop      = early(on = valid.price.rmse, patience = 25)
}
END

reports 300 1 >reports.tsv
reports 80 2 >reports_test.tsv
pairs 600 3 >pairs.tsv
pairs 120 4 >pairs_test.tsv
cases 240 5 >cases.tsv
cases 60 6 >cases_test.tsv

# above NAME VALUE LEAST
above()
{
    awk -v value="$2" -v least="$3" 'BEGIN { exit !(value >= least) }' || fail "$1 is $2"
}

# measure KEY: its last value in the JSON in out
measure()
{
    sed -n "s/.*\"$1\":\([0-9.e+-]*\).*/\1/p" out
}

# of TARGET KEY: the same, of one target
of()
{
    sed "s/.*\"$1\":{\([^}]*\)}.*/\1/; s/.*\"$2\":\([0-9.e+-]*\).*/\1/" out
}

# agree NAME SOURCE TRAIN TEST ARGUMENT...: trains with JIT and interpreter; all engines predict the same.
agree()
{
    name=$1 source=$2 train=$3 test=$4
    shift 4
    run train "$source" --train "$train" --valid 0.2 -o "$name.model" --run "$name.run" "$@"
    run train "$source" --train "$train" --valid 0.2 -o "$name.interp.model" --engine interp "$@"
    run predict "$name.model" "$test"
    cp out "$name.jit"
    run predict "$name.model" --engine interp "$test"
    sed 's/[a-z]*//g' out >interp
    sed 's/[a-z]*//g' "$name.jit" >jit
    near jit interp || fail "$name: interpreter and JIT predict differently"
    run build "$name.model" -o "$name.program"
    "./$name.program" "$test" >native || fail "$name: the native program fails"
    cmp "$name.jit" native || fail "$name: the native program predicts differently"
    run predict --json "$name.model" "$test"
    "./$name.program" --json "$test" >native
    cmp out native || fail "$name: the native program writes other JSON"
}

# ---- two targets, one encoder ----
small='-D size=16 -D filters=8'
# shellcheck disable=SC2086
agree task "$root/examples/multi_task.nnd" reports.tsv reports_test.tsv $small
for model in task.model task.interp.model; do
    run eval $model --data reports_test.tsv --json
    above "$model: accuracy of topic" "$(of topic accuracy)" 0.95
    above "$model: accuracy of tone" "$(of tone accuracy)" 0.95
    above "$model: AUC of tone" "$(of tone auc)" 0.98
done
grep -q '"valid_topic_accuracy":.*"valid_tone_auc":' task.run/history.jsonl || fail "the history does not name the targets"
run eval task.model --data reports_test.tsv
grep -qx 'target tone' out || fail "no table for each target"
run eval task.model --data reports_test.tsv --threshold tone=2 --json
[ "$(of tone recall)" = 0 ] || fail "a threshold of one target does not count"
refuses 'no target .nothing.' eval task.model --data reports_test.tsv --threshold nothing=0.5
head -n 1 task.jit | awk -F '\t' 'NF == 7 && $1 ~ /grain|metal|energy/ && $5 ~ /tive$/ { fine = 1 } END { exit !fine }' ||
    fail "a prediction is not class and scores of each target: $(head -n 1 task.jit)"
run bench task.model --data reports_test.tsv --seconds 0.1 --quiet

# ---- the same file in another shape ----
{ printf 'id\treport\ttone\ttopic\n'; awk -F '\t' '{ print NR "\t" $3 "\t" $2 "\t" $1 }' reports_test.tsv; } >header.tsv
sed 1d header.tsv >shuffled.tsv
cut -f 3 reports_test.tsv >lines.txt
run predict task.model header.tsv
cmp out task.jit || fail "a header does not name the columns"
run predict task.model shuffled.tsv --columns _,report,tone,topic
cmp out task.jit || fail "--columns does not name the columns"
./task.program --columns _,report,_,_ shuffled.tsv >native
cmp native task.jit || fail "--columns of the native program"
run predict task.model lines.txt
cmp out task.jit || fail "lines without targets"
run eval task.model --data shuffled.tsv --columns _,report,tone,topic --json
above "accuracy of topic by --columns" "$(of topic accuracy)" 0.95
# shellcheck disable=SC2086
run train "$root/examples/multi_task.nnd" --train header.tsv --epochs 1 -o header.model $small
# shellcheck disable=SC2086
run tune "$root/examples/multi_task.nnd" --train shuffled.tsv --columns _,report,tone,topic --vary filters=2,4 --epochs 1 -o tuned -D size=8
[ -s tuned/best.model ] || fail "nothing was tuned"

printf 'grain\tpositive\twheat\ngrain\tno tone\n' >short.tsv
refuses 'short.tsv:2: 2 columns where 3 are expected, parted by TABs: topic, tone, report' train "$root/examples/multi_task.nnd" --train short.tsv -o no.model
printf 'grain\tpositive\twheat\tmore\n' >long.tsv
refuses 'long.tsv:1: 4 columns' train "$root/examples/multi_task.nnd" --train long.tsv -o no.model
printf 'topic\ttone\ttext\ngrain\tpositive\twheat\n' >misnamed.tsv
refuses 'misnamed.tsv:1: a header without the column .report' train "$root/examples/multi_task.nnd" --train misnamed.tsv -o no.model
refuses 'needs a column .tone' train "$root/examples/multi_task.nnd" --train shuffled.tsv --columns _,report,_,topic -o no.model
refuses 'no input or target .text' train "$root/examples/multi_task.nnd" --train shuffled.tsv --columns _,report,tone,topic,text -o no.model
printf 'grain\tironic\twheat\n' >unknown.tsv
refuses "unknown.tsv:1: label 'ironic'" eval task.model --data unknown.tsv

# ---- two texts, tied weights ----
agree same "$root/examples/siamese.nnd" pairs.tsv pairs_test.tsv -D size=16 -D hidden=12
for model in same.model same.interp.model; do
    run eval $model --data pairs_test.tsv --json
    above "$model: accuracy" "$(measure accuracy)" 0.9
done
cut -f 2,3 pairs_test.tsv >pairs.txt
./same.program <pairs.txt >native
cmp native same.jit || fail "two texts from standard input"
sed 's/other~/word~/; s/over other/over word/' "$root/examples/siamese.nnd" >shared.nnd
refuses 'share the axis word~' train shared.nnd --train pairs.tsv --epochs 1 -o no.model -D size=4 -D hidden=4

# ---- texts and numbers in, labels and a number out ----
agree mixed mixed.nnd cases.tsv cases_test.tsv
for model in mixed.model mixed.interp.model; do
    run eval $model --data cases_test.tsv --json
    above "$model: F1 of codes" "$(of codes f1)" 0.95
    above "$model: exactness of price" "$(awk -v x="$(of price rmse)" 'BEGIN { print 1 - x }')" 0.85
done
awk -F '\t' 'NF != 5 { exit 1 }' mixed.jit || fail "an output over sentences does not give a number for each of the two"
awk -F '\t' '{ split($5, x, " "); print $1 "\t" x[1] "\t" $3 "\t" $2 "\t" x[2] "\t" $4 "\t" x[3] }' cases_test.tsv >spread.tsv
run predict mixed.model spread.tsv --columns codes,facts,report,price,facts,note,facts
cmp out mixed.jit || fail "numbers from several columns"

# ---- models of before there were columns ----
texts 60 7 >plain.tsv
run train "$root/examples/text_cnn.nnd" --train plain.tsv --valid 0.2 --epochs 1 -o new.model -D size=8 -D filters=4
sed 's/"nnd.columns":/"was.columns":/; s/"nnd.classes.label":/"nnd.classes"      :/; s/"nnd.threshold.label":/"nnd.threshold"      :/' new.model >old.model
cmp -s new.model old.model && fail "the model was not made old"
for command in 'predict MODEL plain.tsv' 'eval MODEL --data plain.tsv' 'eval MODEL --data plain.tsv --json'; do
    # shellcheck disable=SC2046
    run $(echo "$command" | sed 's/MODEL/new.model/')
    cp out expected
    # shellcheck disable=SC2046
    run $(echo "$command" | sed 's/MODEL/old.model/')
    cmp out expected || fail "$command: a model of an older nnd is read differently"
done
run build old.model -o old.program
run predict new.model plain.tsv
./old.program plain.tsv >native
cmp out native || fail "a program built from an older model predicts differently"
