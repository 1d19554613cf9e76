/* SPDX-License-Identifier: Apache-2.0
 *
 * Values of the interpreter, and its kernels: one function an operator, each
 * reading operands and writing a result of the right size. Nothing here knows
 * about instructions' lifetimes (interp.c does).
 */
#ifndef NND_COMPILER_INTERP_TENSOR_H
#define NND_COMPILER_INTERP_TENSOR_H

#include "compiler/ir/ir.h"
#include "runtime/pool.h"

typedef struct Tensor {
    const IrType *type;
    int64_t extents[NND_MAX_RANK];
    void *data;
} Tensor;

/* What a kernel may want to know about the call. */
typedef struct Context {
    const NndCall *call;
} Context;

enum { ELEMENTS_PER_BLOCK = 1 << 14 }; /* of parallel loops: a few microseconds of work */

int64_t tensor_count(const Tensor *t);
/* Product of the extents of axes [from, to). */
int64_t tensor_span(const Tensor *t, int from, int to);
static inline size_t tensor_element(const Tensor *t) { return nnd_dtype_size(t->type->dtype); }

/* Copies an n-dimensional box; strides in bytes, `bytes` an element. */
void tensor_copy(int rank, const int64_t *extents, size_t bytes, char *to, const int64_t *to_strides,
                 const char *from, const int64_t *from_strides);
/* Row-major strides in bytes. */
void tensor_strides(const Tensor *t, int64_t *strides);
void tensor_fill(const Tensor *t, double value);

void kernel_elementwise(const Context *c, IrOp op, const Tensor *x, const Tensor *y, const Tensor *z, const Tensor *out);
void kernel_cast(const Tensor *x, const Tensor *out);
void kernel_iota(const Context *c, const Tensor *out, int axis);
void kernel_uniform(const Context *c, const Tensor *out, uint32_t stream);
void kernel_lengths(const Context *c, const Tensor *out, const IrDim *dim);
void kernel_broadcast(const Context *c, const Tensor *x, const int8_t *map, const Tensor *out);
void kernel_transpose(const Tensor *x, const int8_t *map, const Tensor *out);
void kernel_slice(const Tensor *x, int axis, int64_t start, const Tensor *out);
void kernel_pad(const Tensor *x, int axis, int64_t start, const Tensor *out);
void kernel_concat(const Tensor *xs, int count, int axis, const Tensor *out);
void kernel_window(const Context *c, const Tensor *x, const IrWindow *window, const Tensor *out);
void kernel_unwindow(const Context *c, const Tensor *x, const IrWindow *window, const Tensor *out);
void kernel_gather(const Tensor *table, const Tensor *index, const Tensor *out);
void kernel_scatter_add(const Tensor *x, const Tensor *index, const Tensor *out);
/* `scratch` gives memory that is freed after the operator; NULL if there is none. */
typedef void *Scratch(void *owner, size_t bytes);
bool kernel_reduce(const Context *c, IrOp op, const Tensor *x, unsigned axes, const Tensor *out, Scratch *scratch, void *owner);
bool kernel_dot(const Tensor *a, const Tensor *b, const IrDot *dot, const Tensor *out, Scratch *scratch, void *owner);

#endif
