#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2034,SC2059 # variables for the tests; printf formats are made of octal escapes
# What the end-to-end tests share. Sourced with the command and the source folder as arguments.
nnd=$1
root=$2
export LC_ALL=C
work=$(mktemp -d "${TMPDIR:-/tmp}/nnd-e2e-XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
export XDG_CACHE_HOME="$work/cache" # a kernel cache of its own

fail()
{
    printf 'FAILED: %s\n' "$*"
    exit 1
}

# texts N SEED: label TAB text of a few sentences; class 1 has the word wheat or corn.
texts()
{
    awk -v n="$1" -v seed="$2" 'BEGIN {
        srand(seed)
        split("market price bank rate trade dollar bond share oil export ton crop tonnes ship port", word)
        split("wheat corn", grain)
        for (i = 0; i < n; i++) {
            label = i % 3 == 0
            line = ""
            length_ = 3 + int(rand() * 12)
            at = int(rand() * length_)
            for (k = 0; k < length_; k++) {
                next_ = label && k == at ? grain[1 + int(rand() * 2)] : word[1 + int(rand() * 15)]
                line = line (k && k % 4 == 0 ? ". " toupper(next_) : " " next_)
            }
            printf "%d\t%s\n", label, substr(line, 2)
        }
    }'
}

# images NAME N SEED: NAME-images-idx3-ubyte and its labels; the class is where the picture is bright.
images()
{
    {
        printf '\000\000\010\003\000\000'
        printf "\\$(printf %03o $(($2 / 256)))\\$(printf %03o $(($2 % 256)))"
        printf '\000\000\000\034\000\000\000\034'
        awk -v n="$2" -v seed="$3" 'BEGIN {
            srand(seed)
            for (i = 0; i < n; i++)
                for (p = 0; p < 784; p++) {
                    bright = int(p / 79) == i % 10
                    printf "%c", 1 + int(rand() * (bright ? 250 : 60))
                }
        }'
    } >"$1-images-idx3-ubyte"
    {
        printf '\000\000\010\001\000\000'
        printf "\\$(printf %03o $(($2 / 256)))\\$(printf %03o $(($2 % 256)))"
        i=0
        while [ $i -lt "$2" ]; do
            printf "\\$(printf %03o $((i % 10)))"
            i=$((i + 1))
        done
    } >"$1-labels-idx1-ubyte"
}

# colours NAME N SEED: NAME-images-idx4-ubyte, 3 x 32 x 32, and its labels; the class is the bright plane.
colours()
{
    {
        printf '\000\000\010\004\000\000'
        printf "\\$(printf %03o $(($2 / 256)))\\$(printf %03o $(($2 % 256)))"
        printf '\000\000\000\003\000\000\000\040\000\000\000\040'
        awk -v n="$2" -v seed="$3" 'BEGIN {
            srand(seed)
            for (i = 0; i < n; i++)
                for (p = 0; p < 3072; p++)
                    printf "%c", 1 + int(rand() * (int(p / 1024) == i % 3 ? 250 : 60))
        }'
    } >"$1-images-idx4-ubyte"
    {
        printf '\000\000\010\001\000\000'
        printf "\\$(printf %03o $(($2 / 256)))\\$(printf %03o $(($2 % 256)))"
        i=0
        while [ $i -lt "$2" ]; do
            printf "\\$(printf %03o $((i % 3)))"
            i=$((i + 1))
        done
    } >"$1-labels-idx1-ubyte"
}

# vectors SIZE: a vector for most words of `texts`.
vectors()
{
    awk -v size="$1" 'BEGIN {
        srand(5)
        count = split("market price bank rate trade dollar bond share oil export wheat corn ton crop", word)
        for (i = 1; i <= count; i++) {
            line = word[i]
            for (k = 0; k < size; k++)
                line = line " " rand() - 0.5
            print line
        }
    }'
}

# run ARGUMENT...: nnd with its output kept in out; fails the test if it fails.
run()
{
    "$nnd" "$@" >out 2>err || {
        cat out err
        fail "nnd $* (exit $?)"
    }
}

# refuses PATTERN ARGUMENT...: nnd must exit with 1 and say something that matches PATTERN.
refuses()
{
    pattern=$1
    shift
    "$nnd" "$@" >out 2>err
    status=$?
    [ $status -eq 1 ] || {
        cat out err
        fail "nnd $*: exit $status instead of 1"
    }
    grep -q -- "$pattern" err || {
        cat err
        fail "nnd $*: nothing on stderr matches $pattern"
    }
}

# near A B: the same words, numbers within 2e-4.
near()
{
    paste "$1" "$2" | awk '{
        for (i = 1; i <= NF / 2; i++) {
            gap = $i - $(i + NF / 2)
            if (gap > 2e-4 || gap < -2e-4) { print "line " NR ": " $0; bad = 1; exit 1 }
        }
    } END { if (!NR) exit 1; exit bad }'
}
