#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# nnd ir shows every example at every stage; the verifier and the round trip through text run after
# every pass.
# shellcheck source=tests/e2e/lib.sh
. "$2/tests/e2e/lib.sh"

stages='lowered train optimised kernels llvm'
[ -z "${NND_SANITIZE:-}" ] || stages='train llvm' # which go through the others
for model in "$root"/examples/*.nnd; do
    case ${NND_SANITIZE:+$model} in
    *resnet* | *vgg*) continue ;; # minutes, under sanitizers
    esac
    for stage in $stages; do
        run ir "$model" --stage "$stage" --verify-each
        [ -s out ] || fail "$model: stage $stage is empty"
    done
    run check "$model" --memory
    run check "$model" --json
    run ir "$model" --stage kernels --print-after all --time-passes
    grep -q '; after fuse' err || fail "--print-after prints nothing"
done
run ir "$root/examples/mlp.nnd" --stage asm
[ -s out ] || fail "there is no assembly"
