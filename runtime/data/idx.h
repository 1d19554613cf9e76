/* SPDX-License-Identifier: Apache-2.0
 *
 * IDX, the format of MNIST: two zero bytes, a type (8, unsigned byte, is the
 * only one read here), the rank, the dimensions as big-endian u32, the data.
 * Rank 1 = labels, 3 = images [n, rows, columns], 4 = [n, channels, rows,
 * columns]. Gzip is decompressed. Images and their labels are a pair of files:
 * NAME-images-idx3-ubyte (or idx4) and NAME-labels-idx1-ubyte.
 */
#ifndef NND_RUNTIME_DATA_IDX_H
#define NND_RUNTIME_DATA_IDX_H

#include "runtime/data/file.h"

#include <stdint.h>

enum { NND_IDX_MAX_RANK = 4 };

typedef struct NndIdx {
    int32_t rank;
    int64_t dims[NND_IDX_MAX_RANK];
    const uint8_t *data; /* dims[0] * dims[1] * ... bytes, in `file` */
    int64_t size;
    NndFile file;
} NndIdx;

NndStatus nnd_idx_load(NndIdx *out, const char *path, NndError *error);

/* Takes over `file`, also when it fails; `name` is for errors. */
NndStatus nnd_idx_parse(NndIdx *out, NndFile *file, const char *name, NndError *error);

void nnd_idx_free(NndIdx *idx);

/* Writes dimensions and data, [dims[0], ..., dims[rank - 1]]; a dimension is less than 2^32. */
NndStatus nnd_idx_put(NndWriter *writer, int32_t rank, const int64_t *dims, const uint8_t *data, NndError *error);

/* Where the file name of a path says which kind of images it holds, "images-idx3" or "images-idx4"; or NULL. */
const char *nnd_idx_find_images(const char *path);

/* The labels of the images of this path, for which nnd_idx_find_images finds something. The caller frees
 * it; NULL: out of memory. */
char *nnd_idx_labels_path(const char *path);

/* out[i] = data[i] / 255 */
void nnd_u8_to_f32(float *out, const uint8_t *data, int64_t count);

#endif
