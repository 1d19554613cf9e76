#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh TOOL [--bless]: every tests/lang/*.nnd becomes the typed program in the .txt beside it, and
# so do the examples, without any diagnostic; every layer and function of the standard library is documented with
# an `example { ... }` that is a correct model; programs in docs/language.md are correct. Run in the
# root of the source tree.
set -u
tool=$1
bless=${2:-}
status=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# golden FILE EXPECTED
golden()
{
    if [ "$bless" = --bless ]; then
        "$tool" dump "$1" > "$2" || status=1
    elif ! "$tool" dump "$1" | diff -u "$2" -; then
        status=1
    fi
}

for file in tests/lang/*.nnd; do
    golden "$file" "${file%.nnd}.txt"
done
for file in examples/*.nnd; do
    copy=$scratch/$(basename "$file")
    { echo '// check: missing=1000'; cat "$file"; } > "$copy"
    golden "$copy" "tests/lang/examples/$(basename "$file" .nnd).txt"
done

# The examples in doc comments, each as a model that may use the whole library.
uses=$(for file in stdlib/*.nnd; do printf 'std.%s, ' "$(basename "$file" .nnd)"; done)
for file in stdlib/*.nnd; do
    layers=$(grep -cE '^(layer|function) ' "$file")
    documented=$(awk '/^\/\/\/     example \{/ { n = 1 } /^(layer|function) / { count += n; n = 0 } END { print count + 0 }' "$file")
    if [ "$layers" != "$documented" ]; then
        printf '%s: %s layers and functions, %s with an example\n' "$file" "$layers" "$documented"
        status=1
    fi
    prefix=$scratch/$(basename "$file" .nnd)
    awk -v prefix="$prefix" -v uses="${uses%, }" '
        /^\/\/\/     example \{/ { n++; out = prefix "-" n ".nnd"; print "use " uses "\n\nmodel Example {" > out; next }
        out && /^\/\/\/     \}/  { print "}" > out; close(out); out = ""; next }
        out                      { print substr($0, 5) > out }' "$file"
done
awk -v prefix="$scratch/language" '
    /^```nnd$/ { out = prefix "-" NR ".nnd"; print "// check: missing=1000" > out; next }
    /^```/     { if (out) close(out); out = "" }
    out        { print > out }' docs/language.md
"$tool" errors "$scratch"/*-*.nnd > "$scratch/found" || status=1
wrong=$(awk '/^== / { name = $0; next } { if (name) print name; name = ""; print }' "$scratch/found")
if [ -n "$wrong" ]; then
    printf 'an example in the documentation:\n%s\n' "$wrong"
    status=1
fi
exit $status
