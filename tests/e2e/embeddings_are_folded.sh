#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Folded embeddings: nnd check lists the tables and what they take, --fold-memory limits them, and a
# model predicts the same with and without them.
# shellcheck source=tests/e2e/lib.sh
. "$2/tests/e2e/lib.sh"

model=$root/examples/text_cnn.nnd
run check "$model" --memory -D vocab=20000
[ "$(grep -c '20000 rows' out)" = 3 ] || fail "not every convolution has a table: $(cat out)"
run check "$model" --memory -D vocab=20000 --fold-memory 60
[ "$(grep -c '20000 rows' out)" = 2 ] || fail "--fold-memory does not limit the tables: $(cat out)"
run check "$model" --memory -D vocab=20000 --fold-memory 0
grep -q '20000 rows' out && fail "--fold-memory 0 leaves a table: $(cat out)"

printf '0\tthe lungs are clear\n1\ta small nodule in the left lung\n0\tclear\n1\tnodule seen\n' >train.tsv
printf 'the left lung\n\nclear\nnodule nodule unseen nodule\na small nodule is seen in the left lung again\n' >texts.txt
run train "$model" --train train.tsv --valid 0 --epochs 2 -D size=20 -o text.model
run build text.model -o text
run predict text.model texts.txt --engine interp
mv out expected
for how in --threads=1 --threads=2 --without=fold-embedding --without=on-demand --without=once --fold-memory=0; do
    run predict text.model texts.txt "$how"
    near expected out || fail "with $how predictions are others: $(cat out)"
done
./text texts.txt >out
near expected out || fail "the native program predicts something else"
