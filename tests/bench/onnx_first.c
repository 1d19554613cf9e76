/* SPDX-License-Identifier: Apache-2.0
 *
 *     onnx_first FILE.onnx INPUT OUTPUT WORDS ITEMS LENGTH
 *
 * What a native program is compared with: a process that loads ONNX Runtime's library and a model
 * file, predicts once, on one thread, and prints the scores. INPUT takes the numbers of words,
 * below WORDS, of ITEMS texts.
 */
#include <stdio.h>
#include <stdlib.h>

#include "compiler/driver/ort.h"
#include "runtime/data/file.h"

static NndStatus print_scores(void *context, int output, const void *data, int64_t count,
                              NndError *error)
{
    (void)context;
    (void)output;
    (void)error;
    for (int64_t i = 0; i < count; i++)
        printf("%g\n", (double)((const float *)data)[i]);
    return NND_OK;
}

static NndStatus predict(OrtModel *model, char **names, int32_t words, int64_t items,
                         int64_t length, NndError *error)
{
    int32_t *numbers = malloc((size_t)(items * length) * sizeof *numbers);
    if (!numbers)
        return nnd_fail(error, NND_ENOMEM, "out of memory for the texts");
    for (int64_t i = 0; i < items * length; i++)
        numbers[i] = (int32_t)(2 + i * 7919 % (words - 2));
    OrtTensor input = {
        .name = names[0], .dtype = NND_I32, .rank = 2, .dims = {items, length}, .data = numbers};
    NndStatus status =
        ort_run(model, &input, 1, (const char *const[]){names[1]}, 1, print_scores, NULL, error);
    free(numbers);
    return status;
}

int main(int argc, char **argv)
{
    int32_t words = argc == 7 ? atoi(argv[4]) : 0;
    int64_t items = argc == 7 ? atoi(argv[5]) : 0, length = argc == 7 ? atoi(argv[6]) : 0;
    if (words < 3 || items < 1 || length < 1) {
        fprintf(stderr, "Usage: %s FILE.onnx INPUT OUTPUT WORDS ITEMS LENGTH\n", argv[0]);
        return 2;
    }
    Ort *ort = NULL;
    OrtModel *model = NULL;
    NndFile file = {0};
    NndError error;
    NndStatus status = ort_open(&ort, NULL, &error);
    if (!status)
        status = nnd_file_read(&file, argv[1], NND_MAX_FILE, &error);
    if (!status)
        status = ort_model_new(&model, ort, file.data, file.size, 1, &error);
    if (!status)
        status = predict(model, argv + 2, words, items, length, &error);
    if (status)
        fprintf(stderr, "%s: %s\n", argv[0], error.text);
    ort_model_free(model);
    ort_free(ort);
    nnd_file_free(&file);
    return status ? 1 : 0;
}
