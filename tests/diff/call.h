/* SPDX-License-Identifier: Apache-2.0
 *
 * One call of any function of a module, with random data: extents from 0 to 7
 * and arguments of moderate size.
 */
#ifndef NND_TESTS_DIFF_CALL_H
#define NND_TESTS_DIFF_CALL_H

#include "compiler/engine.h"
#include "runtime/axes.h"

typedef struct PreparedCall {
    NndAxes *axes;   /* call_release frees it; everything else belongs to the arena */
    NndCall call;    /* results are filled with bytes that no engine would leave */
    void **results;  /* call.results */
    int64_t *counts; /* elements of each result */
} PreparedCall;

/* The same seed gives the same extents for all functions of a module, and the same data for
 * arguments of the same place and type. `pool` may be NULL if the engine allows it. */
NndStatus call_prepare(PreparedCall *out, Arena *arena, const IrFunc *func, NndPool *pool,
                       uint64_t seed, NndError *error);
/* Makes the arguments that are weights (NND_ARG_PARAM, f32) smaller by `factor`: networks of several layers
 * with weights as large as their data compute nothing but overflows and saturated gates. */
void call_scale_weights(PreparedCall *prepared, const IrFunc *func, double factor);
void call_release(PreparedCall *prepared);

int64_t call_count(const IrType *type, const NndAxis *axes); /* elements */
/* Element i of an array as a number. */
double call_element(NndDType dtype, const void *data, int64_t i);

#endif
