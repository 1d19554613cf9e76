/* SPDX-License-Identifier: Apache-2.0
 *
 * The typed program: what the checker makes of a model, and all that the
 * compiler reads of it. Layers are instantiated, compile-time `if` and `for`
 * are gone, every expression has a type with named axes, broadcasts are
 * explicit. The expressions form a graph (shared where the model shares);
 * operands come before their users.
 *
 * Axes. A CONST axis has a known size. FREE (batch) and RAGGED axes refer to
 * an entry of `extents`; two run-time axes are of the same extent iff they
 * refer to the same entry. A ragged axis comes after the axis over which its
 * length varies (the parent of its extent).
 */
#ifndef NND_LANG_PROGRAM_H
#define NND_LANG_PROGRAM_H

#include <stdint.h>

#include "lang/ast.h"
#include "lang/diag.h"

enum { AXES_MAX = 8, METRICS_MAX = 8 };

typedef enum ExtentKind {
    EXTENT_FREE,   /* batch */
    EXTENT_RAGGED, /* lengths come with the data */
    EXTENT_WINDOW  /* windows over `source`: max(least, floor((n + pad - span) / stride) + 1) of n rows */
} ExtentKind;

typedef struct Extent {
    const char *name;
    ExtentKind kind;
    int parent; /* index in extents of the axis that it varies over; -1 for FREE */
    int source; /* WINDOW */
    int64_t pad, span, stride;
    int least;
    int64_t most; /* RAGGED: longer ones are cut, 0: no limit */
} Extent;

typedef enum AxisKind { AXIS_CONST, AXIS_FREE, AXIS_RAGGED } AxisKind;

typedef struct TypedAxis {
    AxisKind kind;
    const char *name; /* or NULL */
    int64_t size;     /* CONST */
    int extent;       /* FREE, RAGGED: index in extents */
} TypedAxis;

typedef enum Element { ELEMENT_FLOAT, ELEMENT_INT, ELEMENT_BOOL, ELEMENT_TOKEN, ELEMENT_CLASS } Element;

typedef struct ValueType {
    Element element; /* FLOAT is f32, or f64 when the program is lowered for gradient checks */
    int rank;
    TypedAxis axes[AXES_MAX];
} ValueType;

typedef enum TypedKind {
    T_NUMBER,    /* a scalar: `number` */
    T_INPUT,     /* inputs[index] */
    T_WEIGHT,    /* weights[index] */
    T_EW,        /* scalar operator `op` (EwOp below); operands have the result's axes */
    T_CAST,      /* conversion of the element to type.element */
    T_BROADCAST, /* map[i]: operand axis of result axis i, or -1 */
    T_REDUCE,    /* reduce; axes = set of bits; axes are removed */
    T_DOT,       /* operands a, b; pairs of axes; result axes: batch pairs, free of a, free of b */
    T_WINDOW,    /* window; the new axis of `size` entries follows window.axis */
    T_GATHER,    /* operands: table [n, d], index of any shape -> index axes, then d */
    T_CONCAT,    /* axis */
    T_SLICE,     /* axis, start, size (CONST axis) */
    T_RESHAPE,   /* CONST axes merged or split; same order */
    T_TRANSPOSE, /* map[i]: operand axis of result axis i */
    T_IOTA,      /* index along `axis` of the type; along a ragged axis the position in the item */
    T_LENGTH,    /* INT; extent `index`: how many entries each item has; axes = those of its parent */
    T_DROPOUT,   /* operand x, `number` = rate; scaled by 1 / (1 - rate) in training, nothing otherwise */
    T_RUNNING,   /* operands: a weight that is a statistic, x of the same type. In training x, and the statistic
                    becomes `number` * statistic + (1 - number) * x; otherwise the statistic. Only x may look
                    at other items of the batch (a T_REDUCE over a FREE axis) */
    T_SCAN_ITEM, /* inside a scan: entry at t of scan->sequences[index] */
    T_SCAN_STATE,/* inside a scan: carried state `index` as it was before the step */
    T_SCAN_EMIT, /* outside: all entries of scan->emits[index] */
    T_SCAN_LAST  /* outside: state `index` after the last step */
} TypedKind;

typedef enum EwOp {
#define EW1(name, ...) EW_##name,
#define EW2(name, ...) EW_##name,
#define EW3(name, ...) EW_##name,
#include "lang/ops.def"
    EW_COUNT
} EwOp;

typedef enum ReduceKind { REDUCE_SUM, REDUCE_MAX, REDUCE_ARGMAX } ReduceKind;

typedef struct Typed Typed;
typedef struct TypedScan TypedScan;

/* One application of a layer, a function or a scan: what expressions come from. */
typedef struct Site {
    const struct Site *outer; /* the application in whose body it is, or NULL */
    const char *name;         /* of the layer or function */
    Span span;                /* `Linear(8)` */
} Site;

struct Typed {
    TypedKind kind;
    int id; /* dense in the program, operands before users */
    ValueType type;
    Span span;
    const char *name; /* of the binding that made it, or NULL */
    const Site *site; /* the innermost application, NULL for operators in the model itself */
    Typed **args;
    int arg_count;
    union {
        double number;
        int index;
        EwOp op;
        int8_t map[AXES_MAX];
        struct { ReduceKind kind; unsigned axes; } reduce;
        struct {
            int batch_count, contract_count;
            int8_t a_batch[AXES_MAX], b_batch[AXES_MAX], a_contract[AXES_MAX], b_contract[AXES_MAX];
        } dot;
        struct { int axis; int64_t size, stride, dilation, low; double fill; } window; /* as IrWindow */
        struct { int axis; int64_t start, size; } slice; /* CONCAT and IOTA use axis only */
        struct { TypedScan *scan; int index; } scan;
    };
};

struct TypedScan {
    Span span;
    bool reverse;
    bool recompute;    /* keeps only the states; the gradient computes the rest of a step again */
    int64_t checkpoint; /* above 0: keeps the states of every so many steps only */
    int axis;          /* position of the scanned axis in the sequences' types (the same in all) */
    int sequence_count, state_count, emit_count;
    Typed **sequences; /* outside values */
    Typed **initial;   /* outside values, one for each state */
    Typed **next;      /* inside: the states after the step */
    Typed **emits;     /* inside */
    /* Inside values refer to outside ones directly. Types of states and items have the axes of the
     * sequences before `axis` as leading axes. */
};

typedef enum InitKind { INIT_ZEROS, INIT_ONES, INIT_CONSTANT, INIT_UNIFORM, INIT_NORMAL, INIT_XAVIER, INIT_HE, INIT_ORTHOGONAL } InitKind;

typedef struct Init {
    InitKind kind;
    double low, high; /* UNIFORM; CONSTANT: low */
    double deviation; /* NORMAL */
    int64_t fan_in, fan_out; /* entries contracted over, and the others, per use */
} Init;

typedef struct Weight {
    const char *path; /* "words.attention.query": stable name in checkpoints */
    ValueType type;   /* CONST axes only */
    Init init;
    Span span;
    bool statistic;   /* not trained: T_RUNNING moves it in training */
    bool padding_row; /* row 0 is always zero (embedding of the padding word) */
} Weight;

typedef struct ProgramInput {
    const char *name;
    bool target;
    int64_t classes; /* how many the loss tells apart, if cross_entropy says so, else 0 */
    ValueType type;
    Span span;
} ProgramInput;

typedef enum OptimiserName { OPTIMISER_SGD, OPTIMISER_ADADELTA, OPTIMISER_RMSPROP, OPTIMISER_ADAM } OptimiserName;

typedef struct ClipRow {
    const char *pattern; /* "Linear.W": a suffix of weight paths, by whole path components */
    double limit;
    Span span;
} ClipRow;

/* The `train` block; fields that it does not set have their defaults. */
/* Weights that a pattern names, as in ClipRow, begin with vectors of words from a text file. */
typedef struct StartRow {
    const char *pattern;
    const char *file;
    Span span;
} StartRow;

/* How the learning rate changes in the course of training. */
typedef enum ScheduleName { SCHEDULE_CONSTANT, SCHEDULE_LINEAR, SCHEDULE_COSINE, SCHEDULE_STEPS } ScheduleName;

typedef struct Schedule {
    ScheduleName kind;
    double warmup;       /* epochs in which the rate grows from 0 */
    double last;         /* LINEAR, COSINE: share of the rate that is left at the end */
    double every, factor; /* STEPS: after so many epochs, times this */
} Schedule;

typedef struct Recipe {
    OptimiserName optimiser;
    double rate, momentum, rho, epsilon, beta1, beta2, weight_decay;
    bool nesterov;
    Schedule schedule;
    int batch, epochs;
    int validate_every;      /* batches between validations; 0: those of an epoch */
    double hold_out;         /* share of the training data kept for validation if none is given */
    const char *stop_metric; /* "valid.auc", "valid.accuracy", "valid.loss", "valid." and a metric of the model, or NULL */
    bool stop_least;         /* the smaller the better */
    int patience;
    bool balanced;           /* class_weights are to be made from the training data */
    int class_weight_count;
    double *class_weights;   /* of the loss of an item, by its class; classes beyond them count once */
    double clip_norm; /* largest l2 norm of all gradients together, or 0 */
    int clip_count;
    ClipRow *clips;
    int start_count;
    StartRow *starts;
    int frozen_count;
    const char **frozen; /* patterns of weights that do not change */
} Recipe;

typedef struct ModelParam {
    const char *name;
    const char *kind; /* "dim", "bool", "number"; "input" for an optional input: 1 if it is given */
    double value;
    bool given; /* by the caller, not its default */
} ModelParam;

typedef struct Program {
    const char *model;  /* name */
    const char *doc;
    const char *path;
    VEC(Extent) extents;
    VEC(ProgramInput) inputs; /* targets too, in order of declaration */
    VEC(Weight) weights;
    VEC(ModelParam) params;
    VEC(const char *) output_names;
    VEC(Typed *) outputs;
    VEC(const char *) metric_names;
    VEC(Typed *) metrics; /* any axes; what is told is the mean */
    Typed *loss;       /* NULL if the model has none; any axes: training minimises its mean */
    Recipe recipe;
    int typed_count;   /* ids are below this */
    VEC(const Source *) sources; /* the model file first, then its modules: everything that was read */
} Program;

/* A value for a parameter of the model: `vocab`, `classes`, or `-D name=value`. */
typedef struct ModelArg {
    const char *name;
    double value;
} ModelArg;

/* Checks the model file `path`, whose text is `source` (modules are looked up in the embedded
 * standard library, then beside the file). `model` names the model, or NULL if the file has just
 * one. Returns NULL if there were errors (in diags) or if the file has only layers; those are
 * checked too, with symbolic dimensions. `vocab: dim` without a value is bound to
 * `missing_dim` (0: report it). */
Program *program_check(Arena *arena, const Source *source, const char *model,
                       const ModelArg *args, int arg_count, int64_t missing_dim, Diags *diags);

/* True if `path` ends with `pattern`, by whole components. The number of a repeated instance may be
 * left out: "Linear.W" means "logits.Linear.W" and "logits.Linear#2.W". */
bool weight_matches(const char *path, const char *pattern);

/* "f32[batch, word~, hidden = 300]" */
char *value_type_text(Arena *arena, const ValueType *type);

#endif
