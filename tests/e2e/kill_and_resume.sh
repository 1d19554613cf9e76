#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A training that is killed leaves a loadable checkpoint and goes on to the same bytes.
# shellcheck source=tests/e2e/lib.sh
. "$2/tests/e2e/lib.sh"

texts 200 1 >train.tsv
texts 40 2 >test.tsv
model=$root/examples/text_cnn.nnd

# train_with OPTION...: the same training each time
train_with()
{
    run train "$model" --train train.tsv --valid 0.2 -D size=16 -D filters=8 "$@"
}

train_with --seed 5 --epochs 6 -o whole.model

"$nnd" train "$model" --train train.tsv --valid 0.2 -D size=16 -D filters=8 --seed 5 --epochs 6 -o cut.model >log 2>&1 &
child=$!
tries=0
while [ ! -e cut.model.checkpoint ] && [ $tries -lt 600 ]; do
    sleep 0.05
    tries=$((tries + 1))
done
kill -9 $child 2>/dev/null
wait $child 2>/dev/null
[ -e cut.model.checkpoint ] || fail "there is no checkpoint"
run eval cut.model.checkpoint --data test.tsv
train_with --seed 5 --epochs 6 -o cut.model --resume
cmp whole.model cut.model || fail "the resumed training ends elsewhere"

train_with --seed 5 --epochs 2 -o parts.model
train_with --seed 5 --epochs 6 -o parts.model --resume
cmp whole.model parts.model || fail "a training in two parts ends elsewhere"

# Validations need not come with epochs: 160 items in batches of 50 are 4 batches an epoch.
sed 's/^    epochs .*/&\n    validate_every = 3/' "$model" >often.nnd
model=often.nnd
train_with --seed 5 --epochs 5 -o often.model --run often
[ "$(sed 's/.*"epoch":\([0-9.]*\).*/\1/' often/history.jsonl | xargs)" = "0.75 1.5 2.25 3 3.75 4.5 5" ] ||
    fail "validations come at other times"
train_with --seed 5 --epochs 3 -o parts.model
train_with --seed 5 --epochs 5 -o parts.model --resume
cmp often.model parts.model || fail "with validations in the midst of epochs, a training in two parts ends elsewhere"
model=$root/examples/text_cnn.nnd

refuses "another training" train "$model" --train train.tsv --valid 0.2 -D size=16 -D filters=8 --seed 6 --epochs 6 \
    -o cut.model --resume
for left in *tmp* *~; do
    [ ! -e "$left" ] || fail "a temporary file was left: $left"
done
