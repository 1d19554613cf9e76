/* SPDX-License-Identifier: Apache-2.0
 *
 * ONNX Runtime, if its shared library is on this machine: found when it is asked for, never needed to build.
 */
#ifndef NND_COMPILER_DRIVER_ORT_H
#define NND_COMPILER_DRIVER_ORT_H

#include "runtime/abi.h"
#include "runtime/error.h"

typedef struct Ort Ort;
typedef struct OrtModel OrtModel;

/* `path` is the library, or NULL: what NND_ONNXRUNTIME names, then libonnxruntime.so where the linker looks. */
NndStatus ort_open(Ort **out, const char *path, NndError *error);
void ort_free(Ort *ort); /* NULL is allowed */
const char *ort_version(const Ort *ort);

/* A model from the bytes of its file, which may be freed then; all optimisations, `threads` threads. */
NndStatus ort_model_new(OrtModel **out, const Ort *ort, const void *data, size_t size, int threads, NndError *error);
void ort_model_free(OrtModel *model);

typedef struct OrtTensor {
    const char *name;
    NndDType dtype; /* NND_F32 or NND_I32 */
    int rank;
    int64_t dims[NND_MAX_RANK];
    void *data;
} OrtTensor;

/* Runs it and hands every output to `take`, whose data is valid until it returns. */
typedef NndStatus OrtTake(void *context, int output, const void *data, int64_t count, NndError *error);
NndStatus ort_run(OrtModel *model, const OrtTensor *inputs, int input_count, const char *const *outputs,
                  int output_count, OrtTake *take, void *context, NndError *error);

#endif
