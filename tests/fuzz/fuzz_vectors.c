/* SPDX-License-Identifier: Apache-2.0
 *
 * Files of word vectors of any bytes, read as vectors of one and of three numbers.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/data/vectors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static NndStatus sum(void *context, NndText word, const float *vector, NndError *error)
{
    (void)error;
    volatile double *total = context;
    *total += vector[0] + (double)word.size;
    return NND_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = malloc(size + 1);
    if (!copy)
        return 0;
    memcpy(copy, data, size);
    copy[size] = '\0';
    for (int64_t width = 1; width <= 3; width += 2) {
        volatile double total = 0;
        NndError error;
        nnd_vectors_parse((NndText){copy, size}, "vectors", width, sum, (void *)&total, &error);
    }
    free(copy);
    return 0;
}
