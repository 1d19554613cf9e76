/* SPDX-License-Identifier: Apache-2.0
 *
 * The checker's inside; only lang/check_*.c and program.c include this.
 *
 * Checking is running the model at compile time: names are bound to values,
 * layers are called like functions, `if` and `for` are decided and unrolled,
 * and every operation on a tensor appends a Typed to the program. A layer is
 * thus checked once for each use, with the sizes that it has there; a layer
 * that no model uses is run once with symbolic sizes.
 *
 * Poison: whatever cannot be evaluated is reported once and becomes V_ERROR,
 * which makes everything that depends on it V_ERROR without further words.
 * Functions that return Value * never return NULL.
 *
 * Files: check_value values and fold · check_report, check_report_ragged messages · check_emit typed
 * expressions · check_elementwise unification of axes · check_dot contractions ·
 * check_expr expressions and blocks · check_call arguments · check_builtin the
 * table of functions · check_reduce, check_shape, check_loss functions ·
 * check_layer instances · check_arguments, check_signature arguments and results · check_const constants · check_scan ·
 * check_weight parameters · check_running statistics · check_model inputs and outputs · check_recipe train.
 */
#ifndef NND_LANG_CHECK_H
#define NND_LANG_CHECK_H

#include "lang/module.h"
#include "lang/scope.h"
#include "lang/type.h"

typedef enum ValueKind {
    V_ERROR,
    V_NOTHING, /* what a block without a last expression is worth */
    V_TENSOR,
    V_DIM, /* a whole number, perhaps symbolic */
    V_NUMBER,
    V_BOOL,
    V_TEXT,
    V_LIST,
    V_AXIS,     /* name of an axis whose size is known only at run time */
    V_LAYER,    /* not yet given its parameters */
    V_INSTANCE, /* a layer with its parameters */
    V_FUNCTION
} ValueKind;

typedef struct Builtin Builtin;
typedef struct Call Call;
typedef struct Checker Checker;

/* A layer with parameters. Without a path it makes fresh weights wherever it is applied. */
typedef struct Instance {
    Decl *layer;
    Scope *params;
    const char *path;
    Span call; /* `Linear(8)` */
} Instance;

struct Value {
    ValueKind kind;
    Typed *typed; /* TENSOR */
    const Type *type;
    const Dim *dim;       /* DIM */
    const Reason *reason; /* DIM, or NULL */
    double number;        /* NUMBER, BOOL */
    bool unknown;         /* NUMBER, BOOL: depends on a symbolic size */
    const char *text;     /* TEXT */
    Value **items;        /* LIST */
    int count;
    const Axis *axis;        /* AXIS */
    Decl *layer;        /* LAYER */
    Instance *instance;      /* INSTANCE */
    const Builtin *function; /* FUNCTION */
    const Call *partial;     /* arguments that it was given already, or NULL */
};

typedef struct NamedArg {
    const char *name;
    Span span;
    const Node *node;
    Value *value;
} NamedArg;

/* The arguments of one call. */
struct Call {
    Span span;               /* of the whole call */
    const char *name;        /* of what is called */
    VEC(Value *) args;       /* NULL where the function takes the name of an axis: see nodes */
    VEC(const Node *) nodes; /* NULL for a piped value */
    VEC(Span) spans;
    VEC(NamedArg) named;
    const Node *over;     /* N_OVER or NULL */
    const Node *ellipsis; /* or NULL */
};

struct Builtin {
    const char *name;
    Value *(*call)(Checker *c, const Builtin *builtin, Call *call);
    int least, most; /* positional arguments */
    enum { OVER_NONE, OVER_OPTIONAL, OVER_REQUIRED, OVER_FRONT /* required; `...` may be among them */ } over;
    const char *options; /* names of further arguments, separated by spaces */
    int axes_from;       /* positional arguments from here on are names of axes; -1: none */
    int op;              /* scalar operators: EwOp */
    const char *usage;   /* "max(x, over axis)" */
};

typedef struct PathCount {
    const char *path;
    int count;
} PathCount;

/* One layer, or the model, being run. */
typedef struct Frame {
    struct Frame *caller;
    Module *module;           /* where its text is */
    const Instance *instance; /* NULL for the model */
    Span call;                /* where it is applied */
    const char *prefix;       /* of the paths of its weights: "" or "enc." */
    VEC(PathCount) paths;     /* instances made so far */
    const Node *body;
    Value *returned; /* or NULL */
} Frame;

typedef struct ScanState {
    const char *name;
    Span span;
    Value *now;  /* before its assignment */
    Value *next; /* or NULL */
    Span assigned;
} ScanState;

typedef struct ScanContext {
    struct ScanContext *outer;
    Scope *scope; /* of the body */
    int front;    /* axes in front of the scanned one */
    Type item;    /* their type, of rank `front` */
    VEC(ScanState) states;
    VEC(Value *) emits;
} ScanContext;

typedef struct PendingDiag {
    Diag *diag;
    const Frame *frame;
} PendingDiag;

/* Weights by what declared them, so that a shared instance finds its own again. */
typedef struct WeightRef {
    const Node *node;
    Value *value;
} WeightRef;

/* What an output must not depend on. */
typedef enum Dependence { ON_TARGET = 1, ON_BATCH = 2 /* on other items of the batch */ } Dependence;

struct Checker {
    Arena *arena;
    Diags *diags;
    Modules modules;
    DimTable dims;
    Program *program;
    Extents extents;
    Frame *frame;
    Scope *scope;
    const char *binding; /* path of the binding being evaluated, or NULL */
    const Site *site;    /* innermost, or NULL */
    ScanContext *scan;   /* innermost, or NULL */
    Value *error, *nothing;
    bool symbolic;         /* checking a layer for all sizes */
    const ModelArg *args; /* what the caller gives to the model */
    int arg_count;
    bool program_complete; /* the model had no errors: what it lacks is not there */
    bool stopped;          /* a limit was exceeded: everything is poison from here on */
    int depth, instances;
    int scans_open; /* scans whose bodies are being run */
    int64_t steps;
    VEC(Typed *) typed;     /* by id */
    VEC(unsigned) depends;  /* by id: a set of Dependence */
    VEC(WeightRef) weights; /* as program->weights */
    VEC(PendingDiag) pending;
};

enum {
    DEPTH_MAX = 600, /* of expressions within expressions, through layers */
    FRAMES_MAX = 60, /* of layers within layers */
    INSTANCES_MAX = 4000,
    STEPS_MAX = 300000,
    TYPED_MAX = 60000
};
static const int64_t ELEMENTS_MAX = INT64_C(1) << 40;

/* ---- check_value.c ---- */
Value *value_new(Checker *c, ValueKind kind);
Value *value_dim(Checker *c, const Dim *dim);
Value *value_int(Checker *c, int64_t number);
Value *value_number(Checker *c, double number, bool unknown);
Value *value_bool(Checker *c, bool truth, bool unknown);
Value *value_text(Checker *c, const char *text);
Value *value_list(Checker *c, Value *const *items, int count);
Value *value_axis(Checker *c, const Axis *axis);
Value *value_tensor(Checker *c, Typed *typed, const Type *type);
const char *value_describe(Checker *c, const Value *value); /* "a number", "the layer `Linear`" */
bool value_is_constant(const Value *value);                 /* DIM, NUMBER, BOOL, TEXT */
/* A number or a size as a double; false if it is neither. */
bool value_as_number(const Value *value, double *number, bool *unknown);
/* The operator on compile-time values; reports what has no meaning. */
Value *value_fold(Checker *c, EwOp op, int count, Value *const *args, Span span);

/* ---- check_report.c ---- */
/* Every report goes through this: repetitions of what was said of the same place are dropped, and
 * where layers are involved it says which. Usage: Diag *d = noted(c, diag_report(...)). */
Diag *noted(Checker *c, Diag *diag);
void report_finish(Checker *c); /* once, at the end */
/* Reports that a limit was exceeded and stops everything. */
Value *report_stop(Checker *c, Span span, DiagCode code);
const char *report_snippet(Checker *c, Span span);              /* source text, shortened */
const char *report_place(Checker *c, Span span, Span relative); /* "line 7", "std/conv.nnd:12" */
void report_label(Checker *c, Diag *d, Span span, const Value *value); /* its type below it */
void report_why(Checker *c, Diag *d, const Axis *axis);     /* "`d` is 128 because ..." */
Value *report_not_size(Checker *c, const Node *node, const Value *value);
/* Helps with a call whose argument would have to be another for `axis` to be of the size `wanted`.
 */
void report_fix(Checker *c, Diag *d, const Axis *axis, const Axis *wanted);
void report_axes(Checker *c, Diag *d, const Type *type); /* "the axes are ..." */
void report_needs_axis(Checker *c, const Call *call);
Value *report_no_axis(Checker *c, const Node *name, const Type *type);
Value *report_unknown_name(Checker *c, const Node *name);
/* check_report_ragged.c: each says nothing if there is nothing of the kind to say. */
void report_windows(Checker *c, Diag *d, const Axis *axis); /* a ragged axis counts windows */
void report_two_lengths(Checker *c, Diag *d, const Axis *a, const Axis *b); /* ragged axes that are not equal */
void report_unpooled(Checker *c, Diag *d, const Type *longer, const Type *shorter); /* a sequence among vectors */
void report_ragged_order(Checker *c, Diag *d, const Type *type); /* an axis without the one it varies over */
void report_state(Checker *c, Diag *d, const Value *value); /* where a state of a scan begins */
Reason *reason_new(Checker *c, const char *before, Span place, const char *after);

/* ---- check_emit.c ---- */
/* What is emitted from here on comes from this application; returns the site to put back. */
const Site *site_enter(Checker *c, const char *name, Span span);
/* Appends an expression. The caller then sets what its kind needs in ->typed. V_ERROR, reported, if
 * the type cannot be. */
Value *emit(Checker *c, TypedKind kind, const Type *type, Span span, int count, Value *const *args);
Value *emit_number(Checker *c, double number, Element element, Span span);
Value *emit_cast(Checker *c, Value *x, Element element, Span span);
/* x with the axes of `type`; map as T_BROADCAST. */
Value *emit_broadcast(Checker *c, Value *x, const Type *type, const int8_t *map, Span span);
/* Scalar operator on operands of equal axes and right elements. */
Value *emit_scalar(Checker *c, EwOp op, Element element, int count, Value *const *args, Span span);
Value *emit_reduce(Checker *c, ReduceKind kind, Value *x, unsigned axes, Span span);
Value *emit_transpose(Checker *c, Value *x, const int8_t *map, Span span);
Value *emit_slice(Checker *c, Value *x, int axis, int64_t start, int64_t size, Span span);
Value *emit_reshape(Checker *c, Value *x, const Type *type, Span span);
/* x repeated along the axes of `wide` that were reduced from it. */
Value *emit_unreduce(Checker *c, Value *x, const Type *wide, unsigned axes, Span span);
Value *emit_iota(Checker *c, const Type *type, int axis, Span span);
/* Lengths of a ragged axis, one for each entry of its parent, as `element`. */
Value *emit_length(Checker *c, const Type *type, int axis, Element element, Span span);

/* ---- check_elementwise.c ---- */
typedef struct OpSite {
    const char *verb; /* "multiply" */
    Span span;        /* of the operator */
    const Span *args;
} OpSite;
/* Any value as a tensor; numbers become `element`. */
Value *to_tensor(Checker *c, Value *value, Element element, Span span);
/* The scalar operator on any values: folds, converts, unifies axes. */
Value *elementwise(Checker *c, EwOp op, int count, Value *const *args, const OpSite *site);
/* Shorthands for composed functions: operands come from the call itself. */
Value *ew1(Checker *c, EwOp op, Value *x, Span span);
Value *ew2(Checker *c, EwOp op, Value *x, Value *y, Span span);
Value *ew3(Checker *c, EwOp op, Value *x, Value *y, Value *z, Span span);
/* Operand axis of each axis of `joint`, or -1; returns the axis of x that has no place, or -1 if
 * all have. */
int align_axes(const Type *joint, const Type *x, int8_t *map);

/* ---- check_dot.c ---- */
Value *dot_operator(Checker *c, Value *a, Value *b, const Node *node);
Value *builtin_dot(Checker *c, const Builtin *builtin, Call *call);

/* ---- check_expr.c ---- */
Value *eval(Checker *c, const Node *node);
Value *eval_block(Checker *c, const Node *block, Scope *scope);
void eval_bind(Checker *c, const Node *bind);
/* A size; NULL, reported, if the expression is none. The value, with its reason, in *out if wanted.
 */
const Dim *eval_dim(Checker *c, const Node *node, Value **out);
/* An axis of constant size, named if the expression is a name; false if it is none (reported). */
bool eval_const_axis(Checker *c, const Node *node, Axis *axis);
bool element_of_type(Checker *c, const Node *type, Element *element);
void bind_name(Checker *c, const Node *name, Value *value);
/* Runs `node` with another path of bindings. */
Value *eval_in_binding(Checker *c, const Node *node, const char *name);
void warn_unused(Checker *c, const Scope *scope);

/* ---- check_call.c ---- */
Value *eval_call(Checker *c, const Node *node, Value *piped, Span piped_span);
Value *eval_pipe(Checker *c, const Node *node);
bool call_is_poisoned(const Call *call); /* an argument is V_ERROR */
NamedArg *call_named(const Call *call, const char *name);
/* Options of functions; the default if absent, and if wrong (reported). */
int64_t call_int(Checker *c, const Call *call, const char *name, int64_t otherwise);
const Dim *call_dim(Checker *c, const Call *call, const char *name, int64_t otherwise);
double call_number(Checker *c, const Call *call, const char *name, double otherwise);
Value *call_tensor(Checker *c, const Call *call, int index);
/* The axes that `over` names, as bits; 0, reported, if one does not exist. `...` is what is in front of a
 * layer's own axes, the batch included. */
unsigned call_axes(Checker *c, const Call *call, const Type *type);
/* What `...` stands for in the layer at hand; NULL, reported, if no argument has it. */
const Type *call_front(Checker *c, Span ellipsis);
/* The one axis that `over` names, or the last; -1, reported. */
int call_axis(Checker *c, const Call *call, const Type *type);

/* ---- check_builtin.c ---- */
const Builtin *builtin_find(const char *name);
Value *builtin_call(Checker *c, const Builtin *builtin, Call *call);
int builtin_names(Arena *arena, const char ***names);

/* ---- functions ---- */
typedef Value *BuiltinFn(Checker *c, const Builtin *builtin, Call *call);
BuiltinFn builtin_scalar, builtin_cast;
BuiltinFn builtin_sum, builtin_mean, builtin_extreme, builtin_argmax, builtin_softmax,
    builtin_log_softmax, builtin_normalise;
BuiltinFn builtin_last, builtin_length, builtin_iota;
BuiltinFn builtin_running;
BuiltinFn builtin_cross_entropy, builtin_binary_cross_entropy, builtin_mse;
BuiltinFn builtin_concat, builtin_flatten, builtin_split, builtin_merge, builtin_permute,
    builtin_window, builtin_gather, builtin_fill, builtin_dropout;
Value *reduce_max(Checker *c, Value *x, unsigned axes, Span span);
Value *log_softmax_over(Checker *c, Value *x, int axis, Span span);

/* ---- check_arguments.c ---- */
typedef struct Signature {
    const Instance *instance;
    Span call;
    bool has_front;
    Type front; /* what `...` stands for, as the layer sees it */
} Signature;
/* Whether the call has all that the layer is applied to, and nothing else; reported. */
bool arguments_fit(Checker *c, const Instance *instance, const Call *call);
/* True if a function of a tensor is called without it: `leaky(0.1)` waits for its first operand. */
bool arguments_lack_first(const Instance *instance, const Call *call);
/* Binds the arguments of a call that fits, as the layer sees them; false if one is poison. */
bool arguments_bind(Checker *c, Signature *s, const Call *call);

/* ---- check_const.c ---- */
Value *const_value(Checker *c, Decl *decl);

/* ---- check_layer.c ---- */
/* Gives a layer its parameters. */
Value *layer_instantiate(Checker *c, Decl *layer, Call *call);
Value *layer_apply(Checker *c, const Instance *instance, Call *call);
/* An instance of a name of its own, unless it has one already: `let enc = BiLstm(150)`. */
Value *layer_named(Checker *c, Value *value, const char *name);
int layer_param_count(const Decl *layer);
bool layer_needs_params(const Decl *layer);
/* Runs a layer that no model uses with symbolic sizes. */
void layer_check_alone(Checker *c, Decl *layer);
/* The value of a parameter after checking its kind; V_ERROR, reported. */
Value *param_value(Checker *c, const Node *param, Value *value, Span span);
void param_reason(Checker *c, Value *value, const char *before, Span place, Span argument);

/* ---- check_signature.c ---- */
/* Binds the axis variables of an argument's type in c->scope; the argument as the layer sees it. */
Value *signature_argument(Checker *c, Signature *s, const Node *arg, Value *value, Span span);
/* Checks `over axis` of the call against the layer's sequence axis. */
bool signature_over(Checker *c, const Signature *s, const Node *arg, const Value *value,
                    const Node *over);
/* The result as the caller sees it. */
Value *signature_result(Checker *c, const Signature *s, const Node *type, Value *value);
/* A made-up argument with symbolic sizes. */
Value *signature_symbolic(Checker *c, const Node *arg);

/* ---- check_scan.c ---- */
Value *eval_scan(Checker *c, const Node *node);
void eval_emit(Checker *c, const Node *node);
/* True if `name` is a carried state that it has assigned. */
bool scan_assign(Checker *c, const Node *name, Value *value);

/* ---- check_weight.c ---- */
void eval_weight(Checker *c, const Node *node);
bool condition_holds(Checker *c, const Node *condition); /* of `if condition` at the end; NULL: none */
/* Told of every contraction: the first one of a weight decides its fan-in and fan-out. */
void weight_contracted(Checker *c, const Typed *typed, int64_t over, int64_t others);
void weights_finish(Checker *c); /* fans of the weights that are never contracted */

/* ---- check_model.c ---- */
void model_check(Checker *c, const Node *model, const ModelArg *args, int arg_count,
                 int64_t missing_dim);
void eval_input(Checker *c, const Node *node);
void eval_output(Checker *c, const Node *node);
void eval_metric(Checker *c, const Node *node);
int extent_add(Checker *c, ExtentInfo info); /* the same extent for equal ones */

/* ---- check_recipe.c ---- */
void recipe_check(Checker *c, const Node *train);
void recipe_defaults(Recipe *recipe);

#endif
