/* SPDX-License-Identifier: Apache-2.0
 *
 * What reader and writer of safetensors share.
 */
#ifndef NND_RUNTIME_DATA_SAFETENSORS_FORMAT_H
#define NND_RUNTIME_DATA_SAFETENSORS_FORMAT_H

#include "runtime/abi.h"

enum {
    NND_ST_PREFIX = 8,              /* bytes of the header's size */
    NND_ST_ALIGNMENT = 64,          /* of the data that we write */
    NND_ST_MAX_HEADER = 100000000   /* as the reference implementation */
};

#define NND_ST_METADATA "__metadata__"

extern const char *const nnd_st_dtypes[NND_DTYPE_COUNT];

#endif
