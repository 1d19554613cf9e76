/* SPDX-License-Identifier: Apache-2.0
 *
 * Safetensors: u64 little-endian header size, header (a JSON object), data.
 * Reading trusts nothing: the header must be well-formed and at most 100 MB,
 * each tensor's bytes must be what its type and shape need, and the tensors
 * must fill the data without hole or overlap. Tensors are in the order of their
 * data. Their data is not copied, except where a file has it misaligned.
 *
 * Writing pads the header with blanks so that the data begins at a multiple of
 * 64; put tensors of wide elements first to keep all aligned.
 */
#ifndef NND_RUNTIME_DATA_SAFETENSORS_H
#define NND_RUNTIME_DATA_SAFETENSORS_H

#include "runtime/abi.h"
#include "runtime/bf16.h"
#include "runtime/error.h"

#include <stdbool.h>

typedef struct NndTensor {
    const char *name;
    NndDType dtype;
    int32_t rank;
    int64_t dims[NND_MAX_RANK];
    const void *data; /* aligned to the element */
    size_t size;      /* bytes; the writer works it out itself */
} NndTensor;

typedef struct NndMetadata {
    const char *key, *value; /* UTF-8 */
} NndMetadata;

typedef struct NndSafetensors NndSafetensors;

NndStatus nnd_safetensors_open(NndSafetensors **out, const char *path, NndError *error);

/* From memory, which is borrowed and must outlive the result; `name` is for errors. */
NndStatus nnd_safetensors_parse(NndSafetensors **out, const void *data, size_t size,
                                const char *name, NndError *error);
void nnd_safetensors_free(NndSafetensors *file);

/* What these return belongs to the file; NULL if there is no such name. */
int64_t nnd_safetensors_count(const NndSafetensors *file);
const NndTensor *nnd_safetensors_at(const NndSafetensors *file, int64_t index);
const NndTensor *nnd_safetensors_find(const NndSafetensors *file, const char *name);
int64_t nnd_safetensors_metadata_count(const NndSafetensors *file);
const NndMetadata *nnd_safetensors_metadata_at(const NndSafetensors *file, int64_t index);
const char *nnd_safetensors_metadata(const NndSafetensors *file, const char *key);

/* An f32 tensor becomes one of bf16, of the same name and shape, in memory of the file object; adds
 * to `total`. Others stay as they are. */
NndStatus nnd_safetensors_round(NndSafetensors *file, const char *name, NndRounding *total,
                                NndError *error);

/* Bytes of a tensor of this type and shape; false on overflow or a negative dimension. */
bool nnd_tensor_bytes(size_t *out, const NndTensor *tensor);

/* Writes all of it, or leaves the file as it was (runtime/data/file.h). */
NndStatus nnd_safetensors_write(const char *path, const NndTensor *tensors, int64_t tensor_count,
                                const NndMetadata *metadata, int64_t metadata_count,
                                NndError *error);

#endif
