/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of this folder share: one ONNX value for each typed expression that the outputs need, made
 * when it is first asked for.
 *
 * Orders. ONNX wants channels before places and time before the batch, nnd has places before channels and the
 * batch before time. So a value is stored with its axes in some order: stored axis i is axis order[i] of the
 * type. Transposing then is a matter of other words for the same value, and a Transpose is made only where an
 * operator asks for an order that no operator has given.
 *
 * Failures are told once, in `error`; what follows goes on with values that mean nothing.
 */
#ifndef NND_COMPILER_ONNX_EXPORTER_H
#define NND_COMPILER_ONNX_EXPORTER_H

#include "compiler/onnx/graph.h"
#include "compiler/onnx/onnx.h"

typedef struct Stored Stored;
struct Stored {
    const char *name;
    int8_t order[AXES_MAX];
    Stored *next; /* the same value in another order */
};

typedef struct Exporter {
    Arena *arena;
    const Program *program;
    const NndSafetensors *weights;
    bool padded;                            /* ONNX_PADDED */
    OnnxGraph *graph;                       /* at hand: the model's, or the body of a Scan */
    Stored **stored;                        /* by Typed id */
    const char **sizes, **lengths, **masks; /* by extent; NULL = not yet */
    struct Recurrence *recurrences;         /* exported so far */
    struct ExportedScan *scans;
    int scan_count;
    NndStatus status;
    NndError *error;
} Exporter;

void export_refuse(Exporter *e, Span span, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* ---- values: in any order, in the type's own, in a given one ---- */
const Stored *export_any(Exporter *e, const Typed *typed);
const char *export_value(Exporter *e, const Typed *typed);
const char *export_ordered(Exporter *e, const Typed *typed, const int8_t *order);

/* The value of `typed` is `name`; NULL as order: the type's own. */
const Stored *export_store(Exporter *e, const Typed *typed, const char *name, const int8_t *order);

/* Without dropouts and running statistics, which predictions do not see. */
const Typed *export_plain(const Typed *typed);

/* An operand of something with the axes of `type`, stored in `order`: numbers, and values that are repeated
 * along some axes, keep these axes at size 1. */
const char *export_operand(Exporter *e, const Typed *typed, const ValueType *type, const int8_t *order);

OnnxType export_type(Element element);

/* ---- layout.c: orders and shapes ---- */
void order_own(int8_t *order, int rank);
bool order_is_own(const int8_t *order, int rank);
int order_place(const int8_t *order, int rank, int axis); /* where an axis is stored */
const char *export_transpose(Exporter *e, const char *x, int rank, const int8_t *perm);
/* map[i]: axis of x that axis i of `rank` is, or -1; stored in `order`. Leading axes of size 1 are left out. */
const char *export_aligned(Exporter *e, const char *x, int rank, const int8_t *map, const int8_t *order);
const char *export_shape(Exporter *e, int rank, const TypedAxis *axes);
/* An axis of extent -1 is what remains. */
const char *export_reshape(Exporter *e, const char *x, int from_rank, const TypedAxis *from, int rank,
                           const TypedAxis *to);
const char *export_unsqueeze(Exporter *e, const char *x, int count, const int64_t *axes);
TypedAxis axis_const(int64_t size);
TypedAxis axis_rest(void);

/* ---- extents.c ---- */
bool axis_is_ragged(const Exporter *e, const TypedAxis *axis);
const char *export_size(Exporter *e, int extent);    /* i64[1]: of the padded axis */
const char *export_lengths(Exporter *e, int extent); /* i32 over the axes in front of it */
const char *export_mask(Exporter *e, int extent);    /* bool over these and itself: whether an entry is real */
/* A value in which entries beyond the lengths of a ragged axis are `fill`; as it is if they cannot be told. */
const char *export_filled(Exporter *e, const Typed *typed, const char *stored, const int8_t *order, int axis,
                          double fill);
/* Whether entries beyond the lengths are zero anyway. */
bool zero_beyond(const Exporter *e, const Typed *typed);

/* ---- weights.c ---- */
const NndTensor *export_tensor(Exporter *e, const Typed *weight);
const char *export_weight(Exporter *e, const Typed *weight, int rank, const int64_t *dims);
/* With its axes in this order. */
const float *export_weight_data(Exporter *e, const Typed *weight, const int8_t *order);

/* ---- the kinds of expression ---- */
const Stored *export_elementwise(Exporter *e, const Typed *typed);
const Stored *export_reduce(Exporter *e, const Typed *typed);
const Stored *export_dot(Exporter *e, const Typed *typed);
const Stored *export_window(Exporter *e, const Typed *typed);
const Stored *export_concat(Exporter *e, const Typed *typed);
const Stored *export_scan(Exporter *e, const Typed *typed);

/* ---- patterns: NULL if `typed` is not of the kind ---- */
const Stored *export_convolution(Exporter *e, const Typed *dot, const Typed *bias);
const Stored *export_pooling(Exporter *e, const Typed *reduce, bool mean);
/* The mean over the axes of a sum, all of constant size; not stored as the value of `reduce`. */
const Stored *export_mean(Exporter *e, const Typed *reduce);
const Stored *export_last_state(Exporter *e, const Typed *reduce, const Typed *sequence, bool last);
const Stored *export_both_directions(Exporter *e, const Typed *concat);
const Stored *export_recurrence(Exporter *e, const Typed *emit);

#endif
