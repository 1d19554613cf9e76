/* SPDX-License-Identifier: Apache-2.0
 *
 * The tensor IR: typed SSA over dense, packed arrays.
 *
 *   module     dimensions (which may be known only at run time) and functions
 *   function   arguments, one region, as many results as its region yields
 *   region     parameters and a list of instructions in execution order, then
 *              the values that it yields
 *   value      an argument, a region parameter, or a result of an instruction
 *
 * Types are an element type and a list of dimensions. Two axes are of the same
 * extent iff they are the same IrDim: dimensions are interned in the module.
 * Ragged values are packed (runtime/abi.h): a segmented dimension appears only
 * as axis 0 and stands for its parent too. Only a reduction over the batch, of
 * the loss or of a statistic in training, mixes items: whatever batch an item
 * is in, its result is the same.
 *
 * Put. `put` may be done in place, so the puts of a function are the last of its
 * body, and no instruction reads what rows were put into any more.
 *
 * Scan. `scan` runs its region for t = 0 .. steps-1 of the segmented dimension
 * `dim` (for reverse: from the last row of each segment to its first).
 *   args     seq_count sequences [dim, ...], row_count per-item values
 *            [parent, ...], state_count initial states [parent, ...]
 *   region   parameters in the same order, all [parent, ...]: the row of each
 *            sequence at t, the per-item values, the states so far;
 *            yields state_count new states, then emit_count values
 *   results  emit_count sequences [dim, ...], then state_count last states
 * At step t only the segments that are long enough take part; the state of a
 * segment rests after its last row. Every value computed in the region has
 * `parent` as axis 0, except constants and values that depend on no parameter;
 * row i of it is made of rows i alone. The region may use outer values without
 * an axis of `parent`; no other axis of an operand is `parent`. `uniform` and
 * `scan` do not occur in the region.
 *
 * Scan over parts. With `part`, a dimension of k rows of each segment, a step is
 * not a row but the next k rows of each segment (for reverse: from the last k
 * on; rows are counted from the first one, so the last part may be shorter). The
 * region is like the body of a function and may have scans, over `part`. The row
 * of a sequence is [part, ...], of one over `marks`, which has a row for each
 * part of a segment, [parent, ...] (zeros of a segment that has no such part);
 * so are what is yielded and the sequences emitted. States may be of any type.
 * A scan over rows whose memory in training is to be bounded is the only
 * instruction of such a region (ir_scan_split): then the states at the marks are all
 * that the gradient needs.
 *
 * Memory: everything belongs to the module's arena.
 */
#ifndef NND_COMPILER_IR_IR_H
#define NND_COMPILER_IR_IR_H

#include <stdbool.h>
#include <stdint.h>

#include "compiler/optimisations.h"
#include "lang/support/arena.h"
#include "lang/support/vec.h"
#include "runtime/abi.h"

#define NND_BUG(...) ir_bug(__FILE__, __LINE__, __VA_ARGS__)
_Noreturn void ir_bug(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

typedef enum IrOp {
#define EW1(name, ...) OP_##name,
#define EW2(name, ...) OP_##name,
#define EW3(name, ...) OP_##name,
#define OP(name, ...) OP_##name,
#include "lang/ops.def"
    OP_COUNT
} IrOp;

typedef enum IrOpFlags { COMM = 1, BOOL = 2, NOGRAD = 4 } IrOpFlags;

typedef enum IrAttrKind {
    ATTR_none, ATTR_constant, ATTR_axis, ATTR_stream, ATTR_dim, ATTR_map, ATTR_slice, ATTR_window,
    ATTR_axes, ATTR_dot, ATTR_coast, ATTR_scan
} IrAttrKind;

/* The row of lang/ops.def. `arity` is 1..3 for scalar operators, 0 for structured ones. */
typedef struct IrOpInfo {
    const char *name;
    int arity;
    unsigned flags;
    IrAttrKind attr;
    const char *forward, *derivative[3]; /* scalar operators: source text of the columns */
    const char *signature, *manual;
} IrOpInfo;

extern const IrOpInfo ir_op_info[OP_COUNT];
static inline bool ir_op_is_scalar(IrOp op) { return ir_op_info[op].arity > 0; }

typedef struct IrDim IrDim;
typedef struct IrValue IrValue;
typedef struct IrInst IrInst;
typedef struct IrRegion IrRegion;
typedef struct IrFunc IrFunc;
typedef struct IrModule IrModule;

/* A dimension; see NndDimKind for the meaning of the fields. CONST dimensions
 * are interned by size, derived ones by all their fields, so == is equality. */
struct IrDim {
    int index; /* in module->dims */
    NndDimKind kind;
    const char *name; /* unique in the module; the number itself for CONST */
    IrDim *parent;    /* segmented dimensions */
    IrDim *source;    /* WINDOW, DISTINCT, PART */
    int64_t size, pad, span, stride;
    int32_t least;
};
static inline bool ir_dim_segmented(const IrDim *dim) { return dim->kind >= NND_DIM_RAGGED; }

typedef struct IrType {
    NndDType dtype;
    int rank;
    IrDim *dims[NND_MAX_RANK];
} IrType;

/* How an index of `axis` of a windowed value comes about: entry k of window j
 * is row j * stride + k * dilation - low of the source axis. The window axis k
 * follows directly after the windowed one. For `unwindow` the same attributes
 * describe the window operation that it undoes. */
typedef struct IrWindow {
    int axis;
    int64_t size, stride, dilation;
    int64_t low; /* padding in front; the result's dimension says how many windows there are */
    double fill;
} IrWindow;

typedef struct IrDot {
    int batch_count, contract_count;
    int8_t a_batch[NND_MAX_RANK], b_batch[NND_MAX_RANK]; /* pairs of axes */
    int8_t a_contract[NND_MAX_RANK], b_contract[NND_MAX_RANK];
} IrDot;

/* Factors of averages and what is added to the root, converted to the element type. */
typedef struct IrCoast {
    double mean_decay, square_decay, epsilon;
} IrCoast;

/* What `coast` asks for: steps become smaller and smaller (codegen/coast.c leaves out those that are too small to
 * matter). */
bool ir_coast_ends(const IrCoast *coast);

typedef struct IrScan {
    IrDim *dim;
    IrDim *part, *marks; /* of a scan over parts, else NULL; marks: windows of k over dim, one each k rows */
    bool reverse;
    bool recompute; /* nothing but states is kept for all steps: no hoisting, and the gradient computes again what it can */
    int seq_count, row_count, state_count, emit_count;
} IrScan;

typedef union IrAttrs {
    double constant;            /* const, decay: converted to the element type */
    int axis;                   /* iota, concat */
    uint32_t stream;            /* uniform */
    IrDim *dim;                 /* lengths, offsets */
    int8_t map[NND_MAX_RANK];   /* broadcast: operand axis of each result axis, or -1; transpose */
    struct { int axis; int64_t start, size; } slice; /* slice, pad */
    IrWindow window;            /* window, unwindow */
    unsigned axes;              /* sum, reduce_max, argmax: bit i = axis i; a segmented axis 0
                                 * becomes its parent (argmax: no other axis then) */
    IrDot dot;
    IrCoast coast;
    IrScan scan;
} IrAttrs;

struct IrValue {
    IrType type;
    const char *name; /* hint for messages, or NULL; arguments always have one */
    IrInst *def;      /* NULL for arguments and region parameters */
    int index;        /* which result, argument or parameter */
    int id;           /* dense number, set by ir_func_number */
    NndArgKind kind;  /* arguments of functions */
    void *info;       /* scratch of whichever pass runs; no meaning between passes */
};

struct IrInst {
    IrOp op;
    int arg_count, result_count; /* result_count is 1 except for scan */
    IrValue **args;
    IrValue *results;   /* array of result_count */
    IrAttrs attrs;
    IrRegion *region;   /* scan */
    IrInst *prev, *next;
    int line;           /* of the model file, 0 if unknown */
    int group;          /* kernel that it was fused into (passes/fuse.h), 0 before fusion */
};

struct IrRegion {
    IrInst *owner;      /* the scan, or NULL for a function body */
    int param_count;
    IrValue *params;    /* empty for a function body: its arguments are func->args */
    IrInst *first, *last;
    int yield_count;
    IrValue **yields;
};

struct IrFunc {
    IrModule *module;
    const char *name;
    int arg_count;
    IrValue **args;
    IrRegion *body;
    const char **result_names; /* one for each yield of the body */
};

enum { IR_FOLD_MEMORY = 256 << 20 };

struct IrModule {
    Arena *arena;
    const char *name;
    const char *source;  /* path of the model file, for messages and debug info */
    VEC(IrDim *) dims;
    VEC(IrFunc *) funcs;
    OptimisationSet without; /* what passes and code generation leave out; not part of the text */
    int64_t fold_memory; /* bytes that tables of folded embeddings may take in each function; not part of the text */
};

/* ---- modules and dimensions ---- */
IrModule *ir_module_new(Arena *arena, const char *name);
IrDim *ir_dim_const(IrModule *module, int64_t size);
IrDim *ir_dim_free(IrModule *module, const char *name);
IrDim *ir_dim_distinct(IrModule *module, const char *name, IrDim *source);
/* `most`: data is cut to so many rows a segment, 0: never. */
IrDim *ir_dim_ragged(IrModule *module, const char *name, IrDim *parent, int64_t most);
IrDim *ir_dim_uniform(IrModule *module, IrDim *parent, int64_t size);
IrDim *ir_dim_window(IrModule *module, IrDim *source, int64_t pad, int64_t span, int64_t stride,
                     int least);
IrDim *ir_dim_part(IrModule *module, IrDim *source, int64_t size);
/* As a text says it: NULL if the name is taken or a derived dimension of these fields exists. */
IrDim *ir_dim_declare(IrModule *module, IrDim dim, const char *name);
IrDim *ir_dim_find(const IrModule *module, const char *name); /* not CONST; NULL if there is none */
IrFunc *ir_module_func(const IrModule *module, const char *name); /* NULL if there is none */

/* ---- functions ---- */
IrFunc *ir_func_new(IrModule *module, const char *name);
IrValue *ir_func_arg(IrFunc *func, NndArgKind kind, const char *name, IrType type);
/* Sets the results. `names` has one entry for each value. */
void ir_func_return(IrFunc *func, IrValue *const *values, const char *const *names, int count);
/* Gives every value of the function, regions included, a dense id in order; returns how many. */
int ir_func_number(IrFunc *func);
/* A deep copy in the same module under another name; `map`, if given, receives the new value at
 * the id (ir_func_number) of each old one. */
IrFunc *ir_func_copy(const IrFunc *func, const char *name, IrValue ***map);

/* ---- types ---- */
IrType ir_type(NndDType dtype, int rank, IrDim *const *dims);
IrType ir_scalar_type(NndDType dtype);
bool ir_type_equal(const IrType *a, const IrType *b);
bool ir_type_same_dims(const IrType *a, const IrType *b);
const char *ir_dtype_name(NndDType dtype);
IrType ir_type_with_dtype(IrType type, NndDType dtype);
IrType ir_type_without_axis(IrType type, int axis);
/* Elements if every dimension is CONST, else -1. */
int64_t ir_type_static_count(const IrType *type);
char *ir_type_text(Arena *arena, const IrType *type); /* "f32[batch, 3, 32]" */

/* ---- building: each appends at the builder's position and infers the result's type ---- */
typedef struct IrBuilder {
    IrModule *module;
    IrRegion *region;
    IrInst *before; /* insert before this one; NULL = at the end */
    int line;       /* given to new instructions */
} IrBuilder;

IrBuilder ir_builder_at_end(IrModule *module, IrRegion *region);
IrBuilder ir_builder_before(IrModule *module, IrRegion *region, IrInst *before);

IrValue *ir_const(IrBuilder *b, IrType type, double value);
IrValue *ir_iota(IrBuilder *b, IrType type, int axis);            /* type is i32 or float */
IrValue *ir_uniform(IrBuilder *b, IrType type, uint32_t stream);
IrValue *ir_lengths(IrBuilder *b, IrDim *dim);
IrValue *ir_offsets(IrBuilder *b, IrDim *dim);
/* A scalar operator; unused operands are NULL. */
IrValue *ir_ew(IrBuilder *b, IrOp op, IrValue *x, IrValue *y, IrValue *z);
IrValue *ir_cast(IrBuilder *b, IrValue *x, NndDType dtype);
IrValue *ir_broadcast(IrBuilder *b, IrValue *x, IrType type, const int8_t *map);
IrValue *ir_reshape(IrBuilder *b, IrValue *x, IrType type);
IrValue *ir_transpose(IrBuilder *b, IrValue *x, const int8_t *perm);
IrValue *ir_slice(IrBuilder *b, IrValue *x, int axis, int64_t start, int64_t size);
IrValue *ir_pad(IrBuilder *b, IrValue *x, int axis, int64_t start, int64_t size);
IrValue *ir_concat(IrBuilder *b, IrValue *const *xs, int count, int axis);
/* `out` is the dimension of the windows: CONST, or a segmented one for axis 0 (which may be the
 * source dimension itself when there are as many windows as rows). */
IrValue *ir_window(IrBuilder *b, IrValue *x, IrWindow window, IrDim *out);
IrValue *ir_unwindow(IrBuilder *b, IrValue *x, IrWindow window, IrDim *out);
IrValue *ir_gather(IrBuilder *b, IrValue *table, IrValue *index);
IrValue *ir_on_demand(IrBuilder *b, IrValue *x, IrValue *index);
IrValue *ir_place_of(IrBuilder *b, IrValue *x); /* x: an on_demand */
IrValue *ir_scatter_add(IrBuilder *b, IrValue *x, IrValue *index, IrDim *rows);
IrValue *ir_put(IrBuilder *b, IrValue *x, IrValue *rows, IrValue *index);
IrValue *ir_decay(IrBuilder *b, IrValue *x, IrValue *times, double factor);

/* Operands of coast. */
typedef struct IrCoasting {
    IrValue *x, *mean, *squares, *since, *until, *sizes, *scales;
} IrCoasting;
IrValue *ir_coast(IrBuilder *b, const IrCoasting *operands, IrCoast coast);
/* OP_sum, OP_reduce_max, OP_argmax */
IrValue *ir_reduce(IrBuilder *b, IrOp op, IrValue *x, unsigned axes);
IrValue *ir_dot(IrBuilder *b, IrValue *a, IrValue *c, IrDot dot);
/* Creates the instruction with an empty region whose parameters are ready; fill it through a
 * builder at inst->region, then call ir_scan_finish, which sets yields, emit_count and results. */
IrInst *ir_scan_begin(IrBuilder *b, IrScan scan, IrValue *const *args);
void ir_scan_finish(IrModule *module, IrInst *scan, IrValue *const *states, IrValue *const *emits,
                    int emit_count);

/* What the region sees of a sequence or a row, and what an emitted value becomes outside. */
IrType ir_scan_item_type(const IrScan *scan, IrType type);
IrType ir_scan_sequence_type(const IrScan *scan, IrType type);
/* The region is that of one row, not of a part nor of a function. */
static inline bool ir_region_is_row(const IrRegion *region) { return region->owner && !region->owner->attrs.scan.part; }
/* Makes of a scan over rows, the last instruction at `b`, one over parts of k rows with a scan of the same region in
 * each; the old one and its uses are gone from `b` (nothing may use its results yet). */
IrInst *ir_scan_split(IrBuilder *b, IrInst *scan, int64_t k);
/* Appends to `to` copies of all that `from` computes. `map` has, by id of an old value, what stands for it, or NULL for
 * itself; it receives the copies. */
void ir_region_append(Arena *arena, IrRegion *to, const IrRegion *from, IrValue **map);

/* A copy, with other operands, that is not in a region yet; not for scans. */
IrInst *ir_inst_copy(Arena *arena, const IrInst *inst, IrValue *const *args);

/* ---- editing ---- */
void ir_inst_remove(IrRegion *region, IrInst *inst);
/* `before` NULL = at the end */
void ir_inst_insert(IrRegion *region, IrInst *before, IrInst *inst);
/* Replaces every use of `from` in the function (regions and yields included). */
void ir_replace_uses(IrFunc *func, IrValue *from, IrValue *to);
/* The same in one region and those inside of it. */
void ir_region_replace_uses(IrRegion *region, IrValue *from, IrValue *to);
/* Whoever reads the result of an instruction of the region reads `value`, and the instruction is removed. */
void ir_inst_replace(IrRegion *region, IrInst *inst, IrValue *value);

/* How often a region reads a value: as an operand (regions inside included) or in its yield. */
int ir_region_use_count(const IrRegion *region, const IrValue *value);
/* What an instruction's result is to be replaced by, made by the builder in front of it; NULL: it stays. */
typedef IrValue *IrRewrite(void *context, IrBuilder *b, const IrInst *inst);
/* Rewrites the instructions of the body in order, but for those that this makes. True if there were any. */
bool ir_func_rewrite(IrFunc *func, IrRewrite *rewrite, void *context);
/* Calls `visit` for every instruction, outer ones before those of their regions. */
void ir_func_walk(IrFunc *func, void (*visit)(void *context, IrRegion *region, IrInst *inst),
                  void *context);

/* ---- text (text.c prints, parse.c reads) ----
 *
 * module "TextCnn"
 * dim batch = free
 * dim word = ragged batch
 * dim word.w3 = window word pad 0 span 3 stride 1 least 1
 * func @predict(input %report: i32[word], param %"embed.W": f32[20000, 300]) -> (p) {
 *   %0 = gather %"embed.W", %report : f32[word, 300]
 *   %1 = window %0 {axis = 0, size = 3, stride = 1, dilation = 1, low = 0, fill = 0} : ...
 *   %2, %3 = scan %1, %c0 {dim = word, reverse = false, seq = 1, row = 0, state = 1, ...} : ... {
 *     ^(%4: f32[batch, 300], %5: f32[batch, 300])
 *     ...
 *     yield %6 emit %6
 *   }
 *   return %9
 * }
 *
 * After fusion an instruction ends with `@N`, its group; `; line N` is a comment-like suffix that
 * keeps the source line. Names that are not plain words are quoted, `\hh` in them is the byte of
 * that hexadecimal number; `#` begins a comment. print(parse(print(m))) == print(m) for every
 * module at every stage. */
char *ir_module_text(Arena *arena, const IrModule *module);
char *ir_func_text(Arena *arena, const IrFunc *func);
/* The first line of an instruction of a function whose values are numbered. */
char *ir_inst_text(Arena *arena, const IrFunc *func, const IrInst *inst);
/* A verified module; NULL if the text is wrong, and one message "line:col: ..." in *error unless
 * `error` is NULL. Never crashes. */
IrModule *ir_module_parse(Arena *arena, const char *text, char **error);

/* ---- verifier: NULL if well-formed, else what is wrong, with the instruction printed ---- */
char *ir_module_verify(Arena *arena, const IrModule *module);

/* The type rule of an operator (signature.c): what the builders and the verifier use. For
 * operators whose result type is not determined by operands and attributes (const, iota,
 * uniform, cast, broadcast, reshape, pad, window, unwindow, scatter_add) `inst->results[0].type`
 * is given and checked. NULL if fine, else what is wrong. */
char *ir_infer(Arena *arena, IrInst *inst);
/* The same for an instruction whose results have types already, which are compared and kept. */
char *ir_check(Arena *arena, IrInst *inst);

#endif
