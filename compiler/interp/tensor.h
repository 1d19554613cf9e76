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

/* What a kernel may want to know about the call, and where it gets memory that is taken back after
 * the operator; NULL if there is none. */
typedef struct Context {
    const NndCall *call;
    void *(*scratch)(void *owner, size_t bytes);
    void *owner;
} Context;

#if defined(__clang__)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer) || \
    __has_feature(undefined_behavior_sanitizer)
#define SANITIZED
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#endif

/* One version of a function for each generation of vector units, chosen by the loader. Sanitizers
 * cannot run that early. */
#if defined(__x86_64__) && !defined(SANITIZED)
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CLONES
#endif

/* Integers of the IR wrap around. clang does not combine this with CLONES. */
#if defined(SANITIZED) || !defined(__clang__)
#define WRAPPING __attribute__((no_sanitize("signed-integer-overflow")))
#else
#define WRAPPING
#endif

enum { ELEMENTS_PER_BLOCK = 1 << 14 }; /* of parallel loops: a few microseconds of work */

int64_t tensor_count(const Tensor *t);
/* Product of the extents of axes [from, to). */
int64_t tensor_span(const Tensor *t, int from, int to);
static inline size_t tensor_element(const Tensor *t) { return nnd_dtype_size(t->type->dtype); }

/* Copies an n-dimensional box; strides in bytes, `bytes` an element. */
void tensor_copy(const Context *c, int rank, const int64_t *extents, size_t bytes, char *to, const int64_t *to_strides,
                 const char *from, const int64_t *from_strides);
/* Row-major strides in bytes. */
void tensor_strides(const Tensor *t, int64_t *strides);
void tensor_fill(const Tensor *t, double value);
void tensor_fill_part(const Tensor *t, int64_t first, int64_t count, double value);
/* to[to_first + i] += from[from_first + i]; bools: or. Not for bf16. */
void tensor_add(const Tensor *to, int64_t to_first, const Tensor *from, int64_t from_first, int64_t count);

void kernel_elementwise(const Context *c, IrOp op, const Tensor *x, const Tensor *y, const Tensor *z, const Tensor *out);
void kernel_cast(const Context *c, const Tensor *x, const Tensor *out);
void kernel_iota(const Context *c, const Tensor *out, int axis);
void kernel_place_of(const Tensor *out);
void kernel_uniform(const Context *c, const Tensor *out, uint32_t stream);
void kernel_lengths(const Context *c, const Tensor *out, const IrDim *dim);
void kernel_offsets(const Context *c, const Tensor *out, const IrDim *dim);
void kernel_broadcast(const Context *c, const Tensor *x, const int8_t *map, const Tensor *out);
void kernel_transpose(const Context *c, const Tensor *x, const int8_t *map, const Tensor *out);
void kernel_slice(const Context *c, const Tensor *x, int axis, int64_t start, const Tensor *out);
void kernel_pad(const Context *c, const Tensor *x, int axis, int64_t start, const Tensor *out);
void kernel_concat(const Context *c, const Tensor *xs, int count, int axis, const Tensor *out);
void kernel_window(const Context *c, const Tensor *x, const IrWindow *window, const Tensor *out);
void kernel_unwindow(const Context *c, const Tensor *x, const IrWindow *window, const Tensor *out);
void kernel_gather(const Context *c, const Tensor *table, const Tensor *index, const Tensor *out);
void kernel_scatter_add(const Tensor *x, const Tensor *index, const Tensor *out);
/* `out` may be in the place of `x`. */
void kernel_put(const Tensor *x, const Tensor *rows, const Tensor *index, const Tensor *out);
void kernel_decay(const Context *c, const Tensor *x, const Tensor *times, double factor,
                  const Tensor *out);
/* `args` in the order of the instruction's operands. */
void kernel_coast(const Context *c, const Tensor *args, const IrCoast *coast, const Tensor *out);
/* False if there is no memory. */
bool kernel_reduce(const Context *c, IrOp op, const Tensor *x, unsigned axes, const Tensor *out);
bool kernel_dot(const Context *c, const Tensor *a, const Tensor *b, const IrDot *dot, const Tensor *out);

#endif
