/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/data/cifar.h"
#include "runtime/data/idx.h"
#include "runtime/data/picture_list.h"
#include "runtime/data/pnm.h"
#include "tests/check.h"

#include <stdlib.h>
#include <unistd.h>

enum { CIFAR_PIXELS = 3072 };

static NndError error;

static NndText text_of(const char *text)
{
    return (NndText){text, strlen(text)};
}

static void a_coloured_picture_is_parted_into_planes(void)
{
    NndPnm picture;
    uint8_t planes[6];
    CHECK_EQ_INT(nnd_pnm_parse(&picture,
                               text_of("P6 # red, green, blue\n 2\t# wide\n1\n255\nRGBrgb"), "p",
                               &error),
                 NND_OK);
    CHECK(picture.planes == 3 && picture.width == 2 && picture.height == 1);
    nnd_pnm_part(planes, &picture);
    CHECK(memcmp(planes, "RrGgBb", sizeof planes) == 0);
}

static void a_grey_picture_keeps_its_rows(void)
{
    NndPnm picture;
    uint8_t plane[6];
    CHECK_EQ_INT(nnd_pnm_parse(&picture, text_of("P5\n2 3\n255\n#2\n456"), "p", &error), NND_OK);
    CHECK(picture.planes == 1 && picture.width == 2 && picture.height == 3);
    nnd_pnm_part(plane, &picture);
    CHECK(memcmp(plane, "#2\n456", sizeof plane) == 0);
}

static void check_pnm_error(const char *bytes, const char *message)
{
    NndPnm picture;
    CHECK_EQ_INT(nnd_pnm_parse(&picture, text_of(bytes), "p.ppm", &error), NND_EFORMAT);
    CHECK_STR_EQ(error.text, message);
}

static void errors_of_a_picture_name_the_byte(void)
{
    check_pnm_error("", "p.ppm: byte 0: not a binary PGM (P5) or PPM (P6) picture");
    check_pnm_error("P3 1 1 255 0 0 0", "p.ppm: byte 0: not a binary PGM (P5) or PPM (P6) picture");
    check_pnm_error("P5", "p.ppm: byte 2: the width should be here, a number from 1 to 65535");
    check_pnm_error("P51 1 255 a",
                    "p.ppm: byte 2: the width should be here, a number from 1 to 65535");
    check_pnm_error("P5 0 1 255 a",
                    "p.ppm: byte 3: the width should be here, a number from 1 to 65535");
    check_pnm_error("P5 1 65536 255 a",
                    "p.ppm: byte 5: the height should be here, a number from 1 to 65535");
    check_pnm_error("P5 1 1 # 255",
                    "p.ppm: byte 12: the maxval should be here, a number from 1 to 65535");
    check_pnm_error("P5 1 1 65535 ab",
                    "p.ppm: byte 12: maxval 65535; only 255, a byte a number, is read");
    check_pnm_error("P5 1 1 255", "p.ppm: byte 10: white space should end the header");
    check_pnm_error("P6 1 2 255 abcde", "p.ppm: byte 11: 6 bytes of pixels expected, found 5");
    check_pnm_error("P6 1 1 255 abcde", "p.ppm: byte 11: 3 bytes of pixels expected, found 5");
}

/* Records with these bytes in front; the pixels of record i are i, i + 1, ... */
static size_t make_records(uint8_t *out, int count, int labels, const char *bytes)
{
    size_t size = 0;
    for (int i = 0; i < count; i++) {
        for (int k = 0; k < labels; k++)
            out[size++] = (uint8_t)bytes[i * labels + k];
        for (int k = 0; k < CIFAR_PIXELS; k++)
            out[size++] = (uint8_t)(i + k);
    }
    return size;
}

static void check_records(NndCifar kind, int labels, const char *bytes, int first, int second)
{
    uint8_t records[2 * (CIFAR_PIXELS + 2)];
    size_t size = make_records(records, 2, labels, bytes);
    NndPictures pictures = {0};
    CHECK_EQ_INT(nnd_cifar_parse(&pictures, kind, (NndText){(char *)records, size}, "c", &error),
                 NND_OK);
    CHECK(pictures.count == 2 && pictures.planes == 3 && pictures.height == 32 &&
          pictures.width == 32);
    CHECK_EQ_INT(pictures.labels[0], first);
    CHECK_EQ_INT(pictures.labels[1], second);
    CHECK(memcmp(pictures.pixels, records + labels, CIFAR_PIXELS) == 0);
    CHECK(memcmp(pictures.pixels + CIFAR_PIXELS, records + CIFAR_PIXELS + 2 * labels,
                 CIFAR_PIXELS) == 0);
    nnd_pictures_free(&pictures);
}

static void records_have_their_labels_and_planes(void)
{
    check_records(NND_CIFAR_10, 1, "\x09\x03", 9, 3);
    check_records(NND_CIFAR_100, 2, "\x13\x63\x01\x02", 99, 2);
    check_records(NND_CIFAR_100_SUPERCLASSES, 2, "\x13\x63\x01\x02", 19, 1);
}

static void check_cifar_error(size_t size, NndCifar kind, const char *message)
{
    uint8_t records[2 * (CIFAR_PIXELS + 2)] = {0};
    make_records(records, 2, kind == NND_CIFAR_10 ? 1 : 2,
                 kind == NND_CIFAR_10 ? "\x09\x0a" : "\x13\x63\x14\x02");
    NndPictures pictures = {0};
    CHECK_EQ_INT(
        nnd_cifar_parse(&pictures, kind, (NndText){(char *)records, size}, "c.bin", &error),
        NND_EFORMAT);
    CHECK_STR_EQ(error.text, message);
    nnd_pictures_free(&pictures);
}

static void errors_of_records_name_the_byte(void)
{
    check_cifar_error(0, NND_CIFAR_10,
                      "c.bin: byte 0: a record of CIFAR-10 has 3073 bytes, here are 0");
    check_cifar_error(3083, NND_CIFAR_10,
                      "c.bin: byte 3073: a record of CIFAR-10 has 3073 bytes, here are 10");
    check_cifar_error(3073, NND_CIFAR_100,
                      "c.bin: byte 0: a record of CIFAR-100 has 3074 bytes, here are 3073");
    check_cifar_error(6146, NND_CIFAR_10, "c.bin: byte 3073: label 10 is none of the 10 classes");
    check_cifar_error(6148, NND_CIFAR_100_SUPERCLASSES,
                      "c.bin: byte 3074: label 20 is none of the 20 classes");
}

static void files_of_a_list_are_beside_it(void)
{
    NndPictureList list;
    CHECK_EQ_INT(nnd_picture_list_parse(&list, text_of("a cat\tcats/1.ppm\r\n7\t/2.pgm"),
                                        "in/list.tsv", &error),
                 NND_OK);
    CHECK_EQ_INT(list.count, 2);
    CHECK_STR_EQ(list.items[0].label, "a cat");
    CHECK_STR_EQ(list.items[0].path, "in/cats/1.ppm");
    CHECK_STR_EQ(list.items[1].path, "/2.pgm");
    nnd_picture_list_free(&list);
}

static void check_list_error(const char *text, const char *message)
{
    NndPictureList list;
    CHECK_EQ_INT(nnd_picture_list_parse(&list, text_of(text), "l.tsv", &error), NND_EFORMAT);
    CHECK_STR_EQ(error.text, message);
}

static void errors_of_a_list_name_the_line(void)
{
    check_list_error("", "l.tsv:1: there are no pictures");
    check_list_error("a\tb\n\n",
                     "l.tsv:2: two columns are expected: label, TAB, file of a picture");
    check_list_error("\tb\n", "l.tsv:1: two columns are expected: label, TAB, file of a picture");
    check_list_error("a\tb\tc\n",
                     "l.tsv:1: two columns are expected: label, TAB, file of a picture");
    check_list_error("a\tb\n\xff\tc\n", "l.tsv:2: byte 0 of the line is not UTF-8 text");
}

static void the_pair_of_files_is_read_back(void)
{
    char folder[] = "/tmp/nnd-test-pictures-XXXXXX", images[64], labels[64];
    CHECK(mkdtemp(folder) != NULL);
    snprintf(images, sizeof images, "%s/a-images-idx3-ubyte", folder);
    snprintf(labels, sizeof labels, "%s/a-labels-idx1-ubyte", folder);
    NndPictures pictures = {0};
    uint8_t *pixels;
    for (int i = 0; i < 300; i++) {
        CHECK_EQ_INT(nnd_pictures_add(&pictures, &pixels, 1, 2, 1, (uint8_t)i, "p", &error),
                     NND_OK);
        pixels[0] = (uint8_t)i;
        pixels[1] = 5;
    }
    CHECK_EQ_INT(nnd_pictures_write(&pictures, images, &error), NND_OK);
    NndIdx idx;
    CHECK_EQ_INT(nnd_idx_load(&idx, images, &error), NND_OK);
    CHECK(idx.rank == 3 && idx.dims[0] == 300 && idx.dims[1] == 2 && idx.dims[2] == 1);
    CHECK(idx.data[2 * 299] == 299 - 256 && idx.data[2 * 299 + 1] == 5);
    nnd_idx_free(&idx);
    CHECK_EQ_INT(nnd_idx_load(&idx, labels, &error), NND_OK);
    CHECK(idx.rank == 1 && idx.size == 300 && idx.data[299] == 299 - 256);
    nnd_idx_free(&idx);
    nnd_pictures_free(&pictures);
    unlink(images);
    unlink(labels);
    rmdir(folder);
}

static void all_have_the_size_of_the_first(void)
{
    NndPictures pictures = {0};
    uint8_t *pixels;
    CHECK_EQ_INT(nnd_pictures_add(&pictures, &pixels, 3, 2, 1, 0, "a.ppm", &error), NND_OK);
    CHECK_EQ_INT(nnd_pictures_add(&pictures, &pixels, 1, 2, 1, 0, "b.pgm", &error), NND_EFORMAT);
    CHECK_STR_EQ(error.text, "b.pgm: a picture of 1x2x1; those before it are of 3x2x1");
    nnd_pictures_free(&pictures);
}

int main(void)
{
    a_coloured_picture_is_parted_into_planes();
    a_grey_picture_keeps_its_rows();
    errors_of_a_picture_name_the_byte();
    records_have_their_labels_and_planes();
    errors_of_records_name_the_byte();
    files_of_a_list_are_beside_it();
    errors_of_a_list_name_the_line();
    the_pair_of_files_is_read_back();
    all_have_the_size_of_the_first();
    return test_report();
}
