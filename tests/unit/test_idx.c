/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/data/idx.h"
#include "tests/check.h"

#include <stdlib.h>

static NndError error;

static NndStatus parse(NndIdx *out, const void *bytes, size_t size)
{
    NndFile file = {.data = malloc(size + 1), .size = size};
    memcpy(file.data, bytes, size);
    file.data[size] = '\0';
    return nnd_idx_parse(out, &file, "i.idx", &error);
}

static const unsigned char images[] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3,
                                       0, 51, 255, 4, 5, 6};

static void images_have_dimensions_and_bytes(void)
{
    NndIdx idx;
    CHECK_EQ_INT(parse(&idx, images, sizeof images), NND_OK);
    CHECK_EQ_INT(idx.rank, 3);
    CHECK(idx.dims[0] == 2 && idx.dims[1] == 1 && idx.dims[2] == 3 && idx.size == 6);
    CHECK_EQ_INT(idx.data[5], 6);
    float scaled[3];
    nnd_u8_to_f32(scaled, idx.data, 3);
    CHECK(scaled[0] == 0 && scaled[2] == 1);
    CHECK_NEAR(scaled[1], 0.2, 1e-7);
    nnd_idx_free(&idx);
}

static void an_empty_set_is_fine(void)
{
    NndIdx idx;
    const unsigned char labels[] = {0, 0, 8, 1, 0, 0, 0, 0};
    CHECK_EQ_INT(parse(&idx, labels, sizeof labels), NND_OK);
    CHECK_EQ_INT(idx.size, 0);
    nnd_idx_free(&idx);
}

static void check_error(size_t size, int place, unsigned char value, const char *message)
{
    unsigned char bytes[sizeof images + 1] = {0};
    memcpy(bytes, images, sizeof images);
    bytes[place] = value;
    NndIdx idx;
    CHECK_EQ_INT(parse(&idx, bytes, size), NND_EFORMAT);
    CHECK_STR_EQ(error.text, message);
}

static void errors_name_the_byte(void)
{
    size_t size = sizeof images;
    check_error(3, 0, 0, "i.idx: byte 0: not an IDX file");
    check_error(size, 1, 1, "i.idx: byte 0: not an IDX file");
    check_error(size, 2, 13,
                "i.idx: byte 2: elements of type 0x0d; only 0x08, unsigned byte, is read");
    check_error(size, 3, 5, "i.idx: byte 3: rank 5 is not 1 to 4");
    check_error(10, 3, 3, "i.idx: byte 10: the header ends too early");
    check_error(size - 1, 0, 0,
                "i.idx: byte 12: dimension 2 is 3, but only 5 bytes of data follow");
    check_error(size + 1, 0, 0, "i.idx: byte 16: 6 bytes of data expected, found 7");
    check_error(size, 8, 255,
                "i.idx: byte 8: dimension 1 is 4278190081, but only 6 bytes of data follow");
}

int main(void)
{
    images_have_dimensions_and_bytes();
    an_empty_set_is_fine();
    errors_name_the_byte();
    return test_report();
}
