/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/data/file.h"
#include "runtime/data/safetensors.h"
#include "tests/check.h"

#include <stdlib.h>
#include <unistd.h>

static char path[] = "/tmp/nnd-test-safetensors-XXXXXX";
static NndError error;

static const float weights[6] = {1, 2, 3, 4, 5, 6};
static const unsigned char flags[3] = {1, 0, 1};
static const int64_t big[1] = {1LL << 40};
static const NndTensor tensors[] = {
    {.name = "step", .dtype = NND_I64, .rank = 0, .data = big},
    {.name = "words.W", .dtype = NND_F32, .rank = 2, .dims = {2, 3}, .data = weights},
    {.name = "none", .dtype = NND_F64, .rank = 2, .dims = {0, 5}, .data = NULL},
    {.name = "mask", .dtype = NND_BOOL, .rank = 1, .dims = {3}, .data = flags},
};
static const NndMetadata metadata[] = {{"source", "model X {\n\t\"\xC3\xA9\"\n}"}, {"empty", ""}};

static void what_is_written_is_read_back(void)
{
    NndSafetensors *file = NULL;
    CHECK_EQ_INT(nnd_safetensors_write(path, tensors, 4, metadata, 2, &error), NND_OK);
    CHECK_EQ_INT(nnd_safetensors_open(&file, path, &error), NND_OK);
    CHECK_EQ_INT(nnd_safetensors_count(file), 4);
    const NndTensor *w = nnd_safetensors_find(file, "words.W");
    CHECK(w && w->dtype == NND_F32 && w->rank == 2 && w->dims[0] == 2 && w->dims[1] == 3);
    CHECK(w->size == sizeof weights && memcmp(w->data, weights, sizeof weights) == 0);
    const NndTensor *first = nnd_safetensors_at(file, 0);
    CHECK_STR_EQ(first->name, "step");
    CHECK_EQ_INT(first->rank, 0);
    CHECK_EQ_INT((uintptr_t)first->data % 64, 0);
    CHECK_EQ_INT(*(const int64_t *)first->data, 1LL << 40);
    CHECK_EQ_INT(nnd_safetensors_find(file, "none")->size, 0);
    CHECK(nnd_safetensors_find(file, "nothing") == NULL);
    CHECK_STR_EQ(nnd_safetensors_metadata(file, "source"), metadata[0].value);
    CHECK_STR_EQ(nnd_safetensors_metadata(file, "empty"), "");
    CHECK(nnd_safetensors_metadata(file, "absent") == NULL);
    CHECK_EQ_INT(nnd_safetensors_metadata_count(file), 2);
    CHECK_STR_EQ(nnd_safetensors_metadata_at(file, 1)->key, "empty");
    nnd_safetensors_free(file);
}

static void the_same_tensors_give_the_same_bytes(void)
{
    NndFile first, second;
    CHECK_EQ_INT(nnd_file_read(&first, path, 1 << 16, &error), NND_OK);
    CHECK_EQ_INT(nnd_safetensors_write(path, tensors, 4, metadata, 2, &error), NND_OK);
    CHECK_EQ_INT(nnd_file_read(&second, path, 1 << 16, &error), NND_OK);
    CHECK(first.size == second.size && memcmp(first.data, second.data, first.size) == 0);
    nnd_file_free(&first);
    nnd_file_free(&second);
}

static void names_are_written_once(void)
{
    const NndTensor twice[] = {tensors[1], tensors[1]};
    CHECK_EQ_INT(nnd_safetensors_write(path, twice, 2, NULL, 0, &error), NND_EINVAL);
    CHECK(strstr(error.text, "tensor words.W: the name is taken") != NULL);
    const NndTensor huge = {.name = "x", .dtype = NND_F32, .rank = 2, .dims = {1LL << 40, 1 << 30}};
    CHECK_EQ_INT(nnd_safetensors_write(path, &huge, 1, NULL, 0, &error), NND_EINVAL);
    NndSafetensors *file;
    /* the old file is still there */
    CHECK_EQ_INT(nnd_safetensors_open(&file, path, &error), NND_OK);
    nnd_safetensors_free(file);
}

/* Parses a header and `data_size` bytes of zeros. */
static NndStatus parse(NndSafetensors **out, const char *header, size_t data_size)
{
    size_t size = strlen(header);
    unsigned char *bytes = calloc(1, 8 + size + data_size);
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(size >> (8 * i));
    memcpy(bytes + 8, header, size);
    NndStatus status = nnd_safetensors_parse(out, bytes, 8 + size + data_size, "m", &error);
    if (!status) {
        nnd_safetensors_free(*out);
        *out = NULL;
    }
    free(bytes);
    return status;
}

static void check_error(const char *header, size_t data_size, const char *message)
{
    NndSafetensors *file;
    CHECK_EQ_INT(parse(&file, header, data_size), NND_EFORMAT);
    CHECK_STR_EQ(error.text, message);
}

#define TENSOR(name, dtype, shape, offsets)                                                        \
    "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" offsets "}"

static void broken_files_are_refused(void)
{
    NndSafetensors *file;
    CHECK_EQ_INT(nnd_safetensors_parse(&file, "1234567", 7, "m", &error), NND_EFORMAT);
    static const char huge[] = "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF{}";
    CHECK_EQ_INT(nnd_safetensors_parse(&file, huge, 10, "m", &error), NND_EFORMAT);
    check_error("", 0, "m: byte 8: the header does not begin with {");
    check_error(" {}", 0, "m: byte 8: the header does not begin with {");
    check_error("{}", 4, "m: byte 10: 4 bytes belong to no tensor");
    check_error("{\"a\":1}", 0,
                "m: byte 10: tensor a: not an object of dtype, shape and data_offsets");
    check_error("{" TENSOR("a", "F16", "[2]", "[0,4]") "}", 4,
                "m: byte 10: tensor a: dtype is none of F32 F64 BF16 I32 I64 U8 BOOL");
    check_error("{" TENSOR("a", "F32", "[1.0]", "[0,4]") "}", 4,
                "m: byte 10: tensor a: a dimension is not an integer");
    check_error("{" TENSOR("a", "F32", "[-1]", "[0,4]") "}", 4,
                "m: byte 10: tensor a: impossible shape");
    check_error("{" TENSOR("a", "F32", "[4611686018427387904,4]", "[0,4]") "}", 4,
                "m: byte 10: tensor a: impossible shape");
    check_error("{" TENSOR("a", "F32", "[1,1,1,1,1,1,1,1,1]", "[0,4]") "}", 4,
                "m: byte 10: tensor a: more than 8 dimensions");
    check_error("{" TENSOR("a", "F32", "[1]", "[0,8]") "}", 8,
                "m: byte 10: tensor a: data_offsets do not fit the shape");
    check_error("{" TENSOR("a", "F32", "[2]", "[0,8]") "}", 4,
                "m: byte 10: tensor a: data_offsets are not inside the file");
    check_error("{" TENSOR("a", "F32", "[1]", "[4,0]") "}", 4,
                "m: byte 10: tensor a: data_offsets are not inside the file");
    check_error("{" TENSOR("a", "F32", "[1]", "[0]") "}", 4,
                "m: byte 10: tensor a: data_offsets are not two integers");
    check_error("{" TENSOR("a", "F32", "[1]", "[4,8]") "}", 8,
                "m: byte 10: tensor a: there is a hole before its data");
    check_error("{" TENSOR("a", "F32", "[2]", "[0,8]") "," TENSOR("b", "U8", "[4]", "[4,8]") "}", 8,
                "m: byte 63: tensor b: its data overlaps that of another");
    check_error("{\"__metadata__\":{\"k\":1}}", 0, "m: byte 26: metadata k is not a string");
    check_error("{\"__metadata__\":[]}", 0, "m: byte 10: __metadata__ is not an object");
}

static void malformed_json_names_the_byte(void)
{
    NndSafetensors *file;
    CHECK_EQ_INT(parse(&file, "{\"a\":", 0), NND_EFORMAT);
    CHECK(strncmp(error.text, "m: byte 13: ", 12) == 0);
    CHECK_EQ_INT(parse(&file, "{" TENSOR("a", "U8", "[0]", "[0,0]") ","
                                  TENSOR("a", "U8", "[0]", "[0,0]") "}", 0), NND_EFORMAT);
    CHECK(strstr(error.text, "duplicate") != NULL);
    CHECK_EQ_INT(parse(&file, "{} x", 0), NND_EFORMAT);
    CHECK_EQ_INT(parse(&file, "{}   ", 0), NND_OK);
}

static void misaligned_data_is_aligned_for_the_reader(void)
{
    static const char header[] = "{" TENSOR("a", "U8", "[1]", "[0,1]") ","
                                     TENSOR("b", "F32", "[1]", "[1,5]") "}";
    unsigned char *bytes = calloc(1, 8 + sizeof header - 1 + 5);
    bytes[0] = sizeof header - 1;
    memcpy(bytes + 8, header, sizeof header - 1);
    const float one = 1;
    memcpy(bytes + 8 + sizeof header - 1 + 1, &one, sizeof one);
    NndSafetensors *file = NULL;
    size_t size = 8 + sizeof header - 1 + 5;
    CHECK_EQ_INT(nnd_safetensors_parse(&file, bytes, size, "m", &error), NND_OK);
    const NndTensor *b = nnd_safetensors_find(file, "b");
    CHECK_EQ_INT((uintptr_t)b->data % sizeof(float), 0);
    CHECK_NEAR(*(const float *)b->data, 1, 0);
    NndRounding total = {0};
    CHECK_EQ_INT(nnd_safetensors_round(file, "b", &total, &error), NND_OK); /* a second copy */
    CHECK_EQ_INT(*(const uint16_t *)b->data, 0x3f80);
    nnd_safetensors_free(file);
    free(bytes);
}

static void rounded_tensors_are_bf16_and_can_be_written(void)
{
    const float numbers[3] = {1, 1.001f, -2};
    const NndTensor before[] = {{.name = "w", .dtype = NND_F32, .rank = 1, .dims = {3}, .data = numbers}, tensors[3]};
    NndSafetensors *file = NULL;
    NndRounding total = {0};
    CHECK_EQ_INT(nnd_safetensors_write(path, before, 2, NULL, 0, &error), NND_OK);
    CHECK_EQ_INT(nnd_safetensors_open(&file, path, &error), NND_OK);
    for (int twice = 0; twice < 2; twice++)
        CHECK_EQ_INT(nnd_safetensors_round(file, "w", &total, &error), NND_OK);
    CHECK_EQ_INT(nnd_safetensors_round(file, "mask", &total, &error), NND_OK);
    CHECK_EQ_INT(nnd_safetensors_round(file, "absent", &total, &error), NND_OK);
    CHECK_EQ_INT(total.count, 3);
    CHECK_NEAR(total.largest, 0.001 / 1.001, 1e-7);
    const NndTensor rounded[] = {*nnd_safetensors_find(file, "w")};
    CHECK_EQ_INT(rounded[0].size, 6);
    CHECK_EQ_INT(nnd_safetensors_write(path, rounded, 1, NULL, 0, &error), NND_OK);
    nnd_safetensors_free(file);
    CHECK_EQ_INT(nnd_safetensors_open(&file, path, &error), NND_OK);
    const NndTensor *w = nnd_safetensors_find(file, "w");
    const uint16_t *halves = w->data;
    CHECK(w->dtype == NND_BF16 && w->rank == 1 && w->dims[0] == 3);
    CHECK(halves[0] == 0x3f80 && halves[1] == 0x3f80 && halves[2] == 0xc000);
    nnd_safetensors_free(file);
}

int main(void)
{
    int descriptor = mkstemp(path);
    if (descriptor < 0)
        return 1;
    close(descriptor);
    what_is_written_is_read_back();
    the_same_tensors_give_the_same_bytes();
    names_are_written_once();
    broken_files_are_refused();
    malformed_json_names_the_byte();
    misaligned_data_is_aligned_for_the_reader();
    rounded_tensors_are_bf16_and_can_be_written();
    unlink(path);
    return test_report();
}
