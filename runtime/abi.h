/* SPDX-License-Identifier: Apache-2.0
 *
 * The contract between generated code, the interpreter and the runtime:
 * what a value looks like in memory and how a compiled function is called.
 * Plain data only; generated code knows these layouts by heart
 * (compiler/codegen/abi.c asserts them).
 *
 * Values are dense and row-major. Ragged values are packed: the rows of all
 * items end to end, with no padding; the axis that holds them is a
 * *segmented* axis, described by an NndAxis. A segmented axis always comes
 * first and stands for its parent too: `f32[batch, word~, 300]` of the
 * language is `f32[word, 300]` here, and nested raggedness is a chain of
 * parents (word -> sent -> batch).
 */
#ifndef NND_RUNTIME_ABI_H
#define NND_RUNTIME_ABI_H

#include <stddef.h>
#include <stdint.h>

typedef enum NndDType {
    NND_F32,
    NND_F64,
    NND_BF16, /* storage only */
    NND_I32,
    NND_I64,
    NND_U8,
    NND_BOOL, /* one byte, 0 or 1 */
    NND_DTYPE_COUNT
} NndDType;

enum { NND_MAX_RANK = 8 };

/* How the extent of a dimension comes about. */
typedef enum NndDimKind {
    NND_DIM_CONST,   /* `size` */
    NND_DIM_FREE,    /* given by the caller with each call, as batch */
    NND_DIM_DISTINCT, /* how many different numbers an input over `source` has; given with each call */
    NND_DIM_RAGGED,  /* segmented: a length for each entry of `parent`, given with each call; who gives
                        them keeps to at most `size` rows, if that is not 0 */
    NND_DIM_UNIFORM, /* segmented: `size` rows in every entry of `parent` */
    NND_DIM_WINDOW,  /* segmented: windows over `source`, same parent; a segment of n rows has
                        max(least, floor((n + pad - span) / stride) + 1) rows (0 when n + pad < span and least is 0) */
    NND_DIM_PART     /* segmented: `size` rows of each segment of `source` (fewer where it ends), same parent; which
                        ones changes while a scan over parts runs. Callers give the first ones, which are the most */
} NndDimKind;

typedef struct NndDimDesc {
    const char *name;
    int32_t kind;   /* NndDimKind */
    int32_t parent; /* segmented: index of the parent dimension, else -1 */
    int32_t source; /* WINDOW, PART: index of the windowed, the whole dimension; DISTINCT: of that of the numbers; else -1 */
    int32_t least;  /* WINDOW */
    int64_t size;   /* CONST, UNIFORM, RAGGED, PART */
    int64_t pad, span, stride; /* WINDOW */
} NndDimDesc;

/* A dimension at run time. Only `extent` is set for CONST, FREE and DISTINCT ones. */
typedef struct NndAxis {
    int64_t extent;         /* entries; for a segmented axis, packed rows in all */
    const int64_t *offsets; /* [parent extent + 1]: segment i is rows offsets[i] .. offsets[i+1]-1 */
    const int32_t *segment; /* [extent]: the segment of each row */
    const int32_t *order;   /* [parent extent]: segments, longest first, ties by index */
    const int32_t *live;    /* [steps]: segments longer than t, so order[0 .. live[t]-1] at step t */
    int64_t steps;          /* length of the longest segment */
} NndAxis;

typedef struct NndPool NndPool; /* runtime/pool.h */

/* One call of a compiled function. Pointers of values need only the alignment
 * of their element. Results never overlap arguments, but for one case: a result
 * of `put` may be the very buffer of the argument that it puts rows into. */
typedef struct NndCall {
    const NndAxis *axes;  /* one for each dimension of the module */
    const void *const *args;
    void *const *results;
    char *arena;          /* scratch of at least the function's arena_size bytes, aligned to 64 */
    NndPool *pool;
    uint64_t seed, step; /* key and counter of `uniform` */
    char *kept; /* what the function computes once: its kept_size bytes, aligned to 64; zeros before
                   the first call and whenever fixed arguments have changed, else as the last call
                   left them */
} NndCall;

typedef void NndEntry(const NndCall *call);
typedef uint64_t NndAmount(const NndAxis *axes); /* bytes, or items */

typedef enum NndArgKind {
    NND_ARG_INPUT,    /* data: token ids, images, feature rows */
    NND_ARG_TARGET,   /* data: what the loss compares with */
    NND_ARG_PARAM,    /* weights: trained ones and running statistics */
    NND_ARG_STATE,    /* optimiser state */
    NND_ARG_RATE,     /* scalars set by the training loop, as the learning rate */
    NND_ARG_DISTINCT, /* "<input>.distinct": the different numbers of an input, in any order */
    NND_ARG_PLACES,   /* "<input>.places": where each number of the input is among them */
    NND_ARG_FIXED,    /* weights that are the same in every call: what is made of them alone is kept */
    NND_ARG_KIND_COUNT
} NndArgKind;

/* An argument or a result. Its axes are indices of module dimensions. */
typedef struct NndValueDesc {
    const char *name;
    int32_t kind; /* NndArgKind; unused for results */
    int32_t dtype;
    int32_t rank;
    int32_t dims[NND_MAX_RANK];
} NndValueDesc;

typedef struct NndFunctionDesc {
    const char *name;
    int32_t arg_count, result_count;
    const NndValueDesc *args, *results;
    NndAmount *arena_size;
    NndAmount *kept_size; /* for any axes */
    NndAmount *least_portion, *most_portion; /* for any axes: of a batch so many items can be computed in a call of their own; 0:
                                                items cannot be told apart */
    NndEntry *run;
} NndFunctionDesc;

typedef struct NndModuleDesc {
    const char *name;
    int32_t dim_count, function_count;
    const NndDimDesc *dims;
    const NndFunctionDesc *functions;
} NndModuleDesc;

static inline size_t nnd_dtype_size(NndDType dtype)
{
    static const unsigned char size[NND_DTYPE_COUNT] = {
        [NND_F32] = 4, [NND_F64] = 8, [NND_BF16] = 2, [NND_I32] = 4, [NND_I64] = 8, [NND_U8] = 1, [NND_BOOL] = 1};
    return size[dtype];
}

#endif
