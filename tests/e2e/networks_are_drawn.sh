#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# nnd graph draws every example, its layers and its kernels, as SVG that holds what the model says.
# shellcheck source=tests/e2e/lib.sh
. "$2/tests/e2e/lib.sh"

command -v dot >/dev/null || fail "Graphviz is not installed"
for model in "$root"/examples/*.nnd; do
    for stage in layers kernels; do
        run graph "$model" --stage "$stage" -o net.svg
        grep -q '</svg>' net.svg || fail "$model: no picture of the $stage"
    done
done

# says FILE TEXT...: the picture of the example has these words.
says()
{
    run graph "$root/examples/$1.nnd" -o net.svg
    shift
    for text in "$@"; do
        grep -qF "$text" net.svg || fail "the picture does not say: $text"
    done
}
says hnn 'token[batch, sent~, word~]' 'Lstm(hidden)' '721,200 weights' 'last(over word)'
says text_cnn_multichannel 'weights shared' 'Embedding(vocab, size)'

run graph "$root/examples/mlp.nnd"
grep -q '^digraph' out || fail "without -o there is no text for Graphviz"
refuses 'missing.nnd' graph missing.nnd
