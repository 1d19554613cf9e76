/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads every byte of every tensor that the reader hands out.
 */
#include "runtime/data/safetensors.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    NndError error;
    NndSafetensors *file;
    if (nnd_safetensors_parse(&file, data, size, "fuzz", &error))
        return 0;
    unsigned sum = 0;
    for (int64_t i = 0; i < nnd_safetensors_count(file); i++) {
        const NndTensor *tensor = nnd_safetensors_at(file, i);
        size_t bytes;
        if (!nnd_tensor_bytes(&bytes, tensor) || bytes != tensor->size)
            abort();
        for (size_t j = 0; j < bytes; j++)
            sum += ((const unsigned char *)tensor->data)[j];
        if (!nnd_safetensors_find(file, tensor->name))
            abort();
    }
    for (int64_t i = 0; i < nnd_safetensors_metadata_count(file); i++)
        sum += (unsigned)strlen(nnd_safetensors_metadata_at(file, i)->value);
    volatile unsigned sink = sum;
    (void)sink;
    nnd_safetensors_free(file);
    return 0;
}
