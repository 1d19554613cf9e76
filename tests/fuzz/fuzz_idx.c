/* SPDX-License-Identifier: Apache-2.0
 *
 * IDX, also through gzip.
 */
#include "runtime/data/idx.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { LIMIT = 1 << 20 };
    NndError error;
    NndFile file;
    NndIdx idx;
    if (nnd_is_gzip(data, size)) {
        if (nnd_gunzip(&file, data, size, LIMIT, "fuzz", &error))
            return 0;
    } else {
        file = (NndFile){.data = malloc(size + 1), .size = size};
        if (size)
            memcpy(file.data, data, size);
        file.data[size] = '\0';
    }
    if (nnd_idx_parse(&idx, &file, "fuzz", &error))
        return 0;
    unsigned sum = 0;
    for (int64_t i = 0; i < idx.size; i++)
        sum += idx.data[i];
    volatile unsigned sink = sum;
    (void)sink;
    nnd_idx_free(&idx);
    return 0;
}
