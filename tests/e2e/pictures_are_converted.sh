#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# CIFAR's records, a list of pictures and a folder of them become IDX files, to the byte; a model learns them.
# shellcheck source=tests/e2e/lib.sh disable=SC2059 # formats are made of octal escapes
. "$2/tests/e2e/lib.sh"

images digits 20 1
colours true 30 2

# planes I: the bytes of coloured image I, as IDX and CIFAR have them.
planes()
{
    tail -c +$((21 + 3072 * $1)) true-images-idx4-ubyte | head -c 3072
}

# pixels I: the same, as PPM has them.
pixels()
{
    planes "$1" | od -An -v -tu1 -w1 | awk '{ byte[NR] = $1 + 0 } END {
        for (i = 1; i <= 1024; i++)
            printf "%c%c%c", byte[i], byte[1024 + i], byte[2048 + i]
    }'
}

mkdir -p list folder/green folder/Red folder/blue folder/.hidden
i=0
while [ $i -lt 30 ]; do
    class=$((i % 3))
    { printf "\\00$class"; planes $i; } >>ten.bin
    { printf "\\023\\00$class"; planes $i; } >>hundred.bin
    { printf 'P6\n# made by a test\n32 32\n255\n'; pixels $i; } >list/$i.ppm
    printf '%d\t%d.ppm\n' $class $i >>list/all.tsv
    name=$(printf 'green Red blue' | cut -d ' ' -f $((class + 1)))
    cp list/$i.ppm "folder/$name/$(printf %02d $i).ppm"
    i=$((i + 1))
done

# same NAME TRUE IDXN: the pair of files has the bytes of the other.
same()
{
    cmp "$1-images-$3-ubyte" "$2-images-$3-ubyte" || fail "the images of $1 differ"
    cmp "$1-labels-idx1-ubyte" "$2-labels-idx1-ubyte" || fail "the labels of $1 differ"
}

run convert --cifar 10 ten.bin ten-images-idx4-ubyte
same ten true idx4
run convert --cifar 100 hundred.bin hundred-images-idx4-ubyte
same hundred true idx4
run convert --cifar 20 hundred.bin hundred.bin super-images-idx4-ubyte
[ "$(tail -c +9 super-labels-idx1-ubyte | od -An -v -tu1 -w1 | sort | uniq -c | tr -s ' ')" = " 60 19" ] ||
    fail "the superclasses are wrong"
gzip list/3.ppm
sed 's/^0	3.ppm/&.gz/' list/all.tsv >list/packed.tsv
run convert list/packed.tsv listed-images-idx4-ubyte
same listed true idx4
[ "$(cat out)" = "$(printf '0\n1\n2')" ] || fail "the classes of the list are not those of its labels"

i=0
while [ $i -lt 20 ]; do
    { printf 'P5 28 28 255\n'; tail -c +$((17 + 784 * i)) digits-images-idx3-ubyte | head -c 784; } >list/$i.pgm
    printf '%d\t%d.pgm\n' $((i % 10)) $i >>list/grey.tsv
    i=$((i + 1))
done
run convert list/grey.tsv grey-images-idx3-ubyte
same grey digits idx3

# Folders are classes, in the order of their names.
touch folder/notes.txt folder/blue/notes.txt
run convert folder sorted-images-idx4-ubyte
[ "$(cat out)" = "$(printf 'Red\nblue\ngreen')" ] || fail "the classes of the folder are in another order"
tail -c +21 sorted-images-idx4-ubyte | head -c 3072 >first
planes 1 | cmp - first || fail "the first picture is not the first of the first class"
printf 'green\nRed\nblue\n' >classes.txt
run convert --classes classes.txt folder given-images-idx4-ubyte
[ "$(tail -c +9 given-labels-idx1-ubyte | od -An -v -tu1 -w10 | cut -c1-4 | tr -d ' \n')" = 120 ] ||
    fail "--classes does not give the numbers"

cat >planes.nnd <<'END'
use std.dense

model Planes(classes: dim = 3) {
    input  image : f32[batch, 3, 32, 32]
    target label : class[batch]
    logits = image |> flatten |> Linear(classes)
    output p = softmax(logits)
    loss     = cross_entropy(logits, label)
}

train Planes {
    optimiser = adam(rate = 0.01)
    batch     = 10
    epochs    = 20
}
END
run train planes.nnd --train sorted-images-idx4-ubyte --valid 0 -o planes.model --quiet
run predict planes.model ten-images-idx4-ubyte
run eval planes.model --data sorted-images-idx4-ubyte --json
grep -q '"accuracy":1[,.}]' out || { cat out; fail "the pictures were not learnt"; }

# What is wrong is named, and no file is left or changed.
cp listed-images-idx4-ubyte kept
head -c 3000 list/1.ppm >list/cut.ppm
printf '0\t1.ppm\n1\tcut.ppm\n' >list/cut.tsv
refuses 'list/cut.ppm: byte 30: 3072 bytes' convert list/cut.tsv listed-images-idx4-ubyte
printf '0\t1.ppm\n1\t1.pgm\n' >list/sizes.tsv
refuses 'list/1.pgm: a picture of 1x28x28; those before it are of 3x32x32' convert list/sizes.tsv listed-images-idx4-ubyte
printf '0\t1.ppm\n1\tnone.ppm\n' >list/missing.tsv
refuses 'list/none.ppm: cannot open' convert list/missing.tsv listed-images-idx4-ubyte
printf '0\t1.ppm\n256\t1.ppm\n' >list/large.tsv
refuses "list/large.tsv:2: '256' is class 256" convert list/large.tsv listed-images-idx4-ubyte
printf 'green\nRed\n' >few.txt
refuses "label 'blue' is none of the 2 classes" convert --classes few.txt folder listed-images-idx4-ubyte
refuses 'ten.bin: byte 89146' convert --cifar 100 ten.bin listed-images-idx4-ubyte
refuses 'NAME-images-idx3-ubyte' convert list/grey.tsv listed-images-idx4-ubyte
refuses 'list: there are no pictures' convert list listed-images-idx4-ubyte
mkdir folder/empty
refuses 'folder/empty: there are no pictures' convert folder listed-images-idx4-ubyte
cmp kept listed-images-idx4-ubyte || fail "a failed command has changed existing images"
refuses 'list/cut.ppm' convert list/cut.tsv new-images-idx4-ubyte
[ -z "$(find . -name 'new-*' -o -name '*.nnd-tmp')" ] || fail "half a pair was written"
exit 0
