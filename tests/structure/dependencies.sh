#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Who may include what. Prints each offending line; fails if there is one.
set -u
status=0

# forbid TEXT EXCEPT REGEX FOLDER...: no line of the sources in these folders matches REGEX, but for
# those that match EXCEPT (as file:line:text).
forbid()
{
    text=$1 except=$2 regex=$3
    shift 3
    found=$(grep -rnE --include='*.[chly]' --include='*.def' --include='*.cmake' \
        --include=CMakeLists.txt --include='*.sh' --include='*.nnd' "$regex" "$@" 2>/dev/null |
        grep -vE "$except")
    [ -n "$found" ] || return 0
    printf '%s:\n%s\n' "$text" "$found"
    status=1
}

include='#[[:space:]]*include[[:space:]]*[<"]'
nothing='^$'
table='lang/ops\.def"'

forbid 'lang includes nothing of the others' "$nothing" "$include(runtime|compiler|tests)/" lang
forbid 'runtime includes nothing of the others' "$table" "$include(lang|compiler|tests)/" runtime
forbid 'markup includes nothing of the others' "$nothing" "$include(lang|runtime|compiler|tests)/" markup
forbid 'lang and runtime draw nothing' "$nothing" "${include}markup/" lang runtime
forbid 'only tests include tests' "$nothing" "${include}tests/" compiler
forbid 'the study of reports stands on the runtime and markup' "$nothing" "${include}(lang|compiler|tests)/" \
    examples/reports
forbid 'nobody knows the study of reports' "$nothing" "${include}examples/" lang runtime markup compiler
forbid 'the IR knows no later stage' "$nothing" \
    "${include}compiler/(passes|ops|interp|codegen|driver)/" compiler/ir
forbid 'passes know no engine' "$nothing" \
    "${include}compiler/(interp|codegen|driver)/" compiler/passes compiler/ops
forbid 'engines do not know each other' "$nothing" \
    "${include}compiler/(codegen|driver)/" compiler/interp
forbid 'engines do not know each other' "$nothing" \
    "${include}compiler/(interp|driver)/" compiler/codegen
forbid 'LLVM is for compiler/codegen' '^compiler/codegen/' "${include}llvm" lang runtime compiler
forbid 'BLAS is for one file' '^runtime/kernels/gemm\.c:' "${include}(cblas|openblas)" \
    lang runtime compiler tests
forbid 'protobuf is for compiler/onnx' '^compiler/onnx/' "${include}([a-z./]*onnx\\.pb-c|protobuf)" lang runtime compiler
forbid 'the exporter knows no IR and no engine' "$nothing" \
    "${include}compiler/(ir|passes|ops|interp|codegen|driver)/" compiler/onnx
forbid 'paths of one machine' "$nothing" '(^|[^A-Za-z0-9_.)}])/(home|root|work|mnt|Users)/[A-Za-z]' \
    lang runtime markup compiler stdlib tests examples CMakeLists.txt

# Every source says its licence on the first line (scripts: the second).
# shellcheck disable=SC2044 # names without spaces
for file in $(find lang runtime markup compiler examples tests \( -name '*.[chly]' -o -name '*.def' -o -name '*.sh' \) -type f); do
    head -n 3 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' && continue
    printf '%s: has no SPDX line\n' "$file"
    status=1
done
exit $status
