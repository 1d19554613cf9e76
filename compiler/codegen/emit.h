/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of this folder share. Code is made top down:
 *
 *   module.c   a module: functions, then LLVM's passes
 *   func.c     a function: entry, arena, one launch after the other (launch.c)
 *   kernel.c   a kernel: the nests of its roots      scan.c  the loop over time, units.c  a step of it
 *   map.c reduce.c scatter.c border.c dot.c          a nest: loops that store roots
 *   element.c  a value at an index, pulled through the instructions of the kernel
 *   scalar.c math.c random.c                         one scalar from others
 *
 * Every kernel is an NndBlock, `void kernel(ptr frame, i64 lo, i64 hi)`, run by
 * nnd_pool_run; that of a scan is an NndMember, `(ptr frame, i64 rank, i64 size)`. A scan over parts is a
 * loop in the entry around the launches of its region's kernels (parts.h).
 * Cells are what a function's kernels are given pointers to: cell
 * 0 is the NndCall, the others are the buffers of arguments, results, planned
 * slots and scratch. The frame, in the entry's stack, holds the pointers to
 * cells and axes that one kernel uses, in the order in which its code first asks
 * for them: so kernels that do the same with other buffers or along other axes
 * are the same code, and LLVM's mergefunc keeps one of them. In front of it is the number of the launch, for
 * whoever measures (jit.c).
 *
 * Scalars in registers: bool is i1, bf16 is float, the rest as in memory.
 * Indices are i64.
 */
#ifndef NND_COMPILER_CODEGEN_EMIT_H
#define NND_COMPILER_CODEGEN_EMIT_H

#include <llvm-c/Core.h>

#include "compiler/codegen/target.h"
#include "compiler/ir/ir.h"
#include "compiler/ops/expr.h"
#include "compiler/passes/fuse.h"
#include "compiler/passes/plan.h"

/* One LLVM module in the making. */
typedef struct Codegen {
    Arena *arena;
    const IrModule *ir;
    const Target *target;
    LLVMContextRef context;
    LLVMModuleRef module;
    LLVMTypeRef none, i1, i8, i16, i32, i64, f32, f64, ptr;
    LLVMTypeRef block_type, entry_type, size_type, pool_run_type, pool_team_type, pool_run_all_type, pool_meet_type, axis_share_type;
    LLVMTypeRef call_type, axis_type, task_type; /* NndCall, NndAxis, NndTask */
    LLVMValueRef pool_run, pool_team, pool_run_all, pool_meet, axis_share; /* of the runtime */
    const Expr *forward[OP_COUNT]; /* of scalar operators, parsed on first use */
    int domains;                   /* alias domains made so far */
    struct KernelInfos *infos;     /* if set, gets what is launched */
} Codegen;

/* Scratch memory of a kernel: bytes = `bytes` times the extents, the last one rounded up. */
typedef struct Scratch {
    int cell, rank;
    bool kept; /* from call to call */
    const IrDim *dims[NND_MAX_RANK];
    int64_t bytes, round;
} Scratch;

/* The product of extents, cut into chunks (rounded up). */
typedef struct Extents {
    int rank;
    const IrDim *dims[NND_MAX_RANK];
    int64_t chunk;
} Extents;

/* What a pointer of a frame is to: a cell, or an axis of the call. */
typedef struct FrameSlot {
    int cell;
    const IrDim *axis; /* if set, `cell` is not */
} FrameSlot;

typedef struct PartsLoop PartsLoop; /* parts.h */

/* A kernel to be run: items are the product of `groups`, each costs `item_ns` times the extents of `inner`. */
typedef struct Launch {
    LLVMValueRef kernel;
    int line;               /* of the model */
    const int *groups;      /* kernels of the IR that it finishes */
    int group_count;
    const FrameSlot *slots; /* of its frame */
    int slot_count;
    int extent_count;
    Extents extents[3], inner;
    int64_t grain; /* 0: from the cost */
    double item_ns;
    bool once;     /* in the first call only */
    int count_cell; /* 0; or of an i64: how many items, in place of the groups */
    bool team;     /* the kernel is an NndMember of nnd_pool_team */
    const IrDim *steps; /* of a team: it meets `meets` times in each of these, */
    int meets;
    double step_ns;     /* which takes so long at least, and item_ns for each row */
    PartsLoop *parts;   /* if set, no kernel but others that are launched for part after part */
    int number;         /* of a kernel, in the order of KernelInfos */
    int beside;         /* launches after this one that may run at the same time */
} Launch;

typedef VEC(Launch) LaunchList;

/* The axis of a part: its tables are scratch memory. */
typedef struct PartTables {
    const IrDim *dim;
    int offsets, segment; /* cells */
} PartTables;

/* A member of a team that has so many items (rows of a tile) has them to itself; fewer are shared step by step. */
enum { TEAM_ITEMS = 6 };

/* One function of the IR. */
typedef struct FuncGen {
    Codegen *cg;
    IrFunc *func;
    MemoryPlan *plan;
    int value_count, cell_count;
    int *cells;   /* by value id: its buffer's cell, or -1 */
    bool *stored; /* by value id: the buffer is filled where the nest at hand runs */
    struct Demand **demands; /* by value id: of tables whose rows are computed on demand (demand.h), or NULL */
    bool *fixed;  /* by value id: the same in every call (fuse_fixed) */
    VEC(Scratch) scratch;
    LaunchList launches;
    VEC(PartTables) parts;
    int kernel_count;
} FuncGen;

/* The index of an element: one number for each axis, or the position in a dense value of the
 * same extents. */
typedef struct Index {
    LLVMValueRef flat; /* if set, `at` is not */
    LLVMValueRef at[NND_MAX_RANK];
} Index;

typedef struct MemoEntry {
    const IrValue *value;
    Index index;
    LLVMValueRef result;
} MemoEntry;

/* Index arithmetic that was emitted before, so that equal indices are the same LLVM value. */
typedef struct NumberEntry {
    LLVMOpcode op;
    LLVMValueRef a, b, result;
} NumberEntry;

typedef struct AxisCache {
    LLVMValueRef pointer, extent, offsets, segment, order, live, steps;
} AxisCache;

/* Inside the body of a scan: axis 0 of every value is a place in `order`. */
typedef struct RegionScope {
    const IrInst *scan;
    LLVMValueRef t;
    LLVMValueRef *states, *next; /* pointers to the current states and to where the next ones go */
} RegionScope;

/* One LLVM function in the making. */
typedef struct Emit {
    Codegen *cg;
    FuncGen *fg;
    LLVMBuilderRef b;
    LLVMValueRef function, frame, lo, hi;
    LLVMBasicBlockRef entry; /* what does not change in a call is loaded here */
    LLVMValueRef *cell_cache; /* pointers by cell, once known */
    VEC(FrameSlot) slots;     /* of a block: what its frame holds */
    LLVMValueRef rank, size; /* in a scan: the member of a team, which has a part of each step; NULL: all of it */
    AxisCache *axes;         /* by dimension */
    LLVMValueRef axes_base, call; /* the former not in blocks: they find axes in their frame */
    RegionScope *region;
    VEC(MemoEntry) memo;
    VEC(NumberEntry) numbers;
    LLVMValueRef domain, input_scope; /* alias metadata of the nest */
    VEC(const IrValue *) outputs;     /* values that the nest stores */
    VEC(LLVMValueRef) scopes;         /* one for each */
} Emit;

/* ---- emit.c: functions, the frame, axes ---- */

/* A block function with everything set up; end it with emit_block_end. */
Emit *emit_block_begin(FuncGen *fg, const char *what);
void emit_block_end(Emit *e);
/* An Emit for a function of any type, positioned at its start. */
Emit *emit_function_begin(FuncGen *fg, LLVMValueRef function);

LLVMValueRef emit_cell(Emit *e, int cell);
LLVMValueRef emit_axis(Emit *e, const IrDim *dim); /* pointer to its NndAxis */
LLVMValueRef emit_extent(Emit *e, const IrDim *dim);
LLVMValueRef emit_steps(Emit *e, const IrDim *dim);
/* Entries of the tables of a segmented axis, as i64. */
LLVMValueRef emit_offset(Emit *e, const IrDim *dim, LLVMValueRef segment);
LLVMValueRef emit_segment(Emit *e, const IrDim *dim, LLVMValueRef row);
LLVMValueRef emit_order(Emit *e, const IrDim *dim, LLVMValueRef place);
LLVMValueRef emit_live(Emit *e, const IrDim *dim, LLVMValueRef t);
LLVMValueRef emit_lookup(Emit *e, LLVMValueRef table, LLVMValueRef at); /* of a table of i32, as i64 */
LLVMValueRef emit_call_field(Emit *e, unsigned field, LLVMTypeRef type);
LLVMValueRef emit_product(Emit *e, const IrDim *const *dims, int count);
LLVMValueRef emit_chunks(Emit *e, const Extents *extents);

LLVMTypeRef emit_type(Codegen *cg, NndDType dtype);        /* in registers */
LLVMTypeRef emit_memory_type(Codegen *cg, NndDType dtype);
LLVMValueRef emit_i64(Emit *e, int64_t value);
LLVMValueRef emit_i32(Emit *e, int32_t value);
LLVMValueRef emit_intrinsic(Emit *e, const char *name, LLVMTypeRef type, LLVMValueRef *args, unsigned count);
/* The scalar in every one of so many lanes. */
LLVMValueRef emit_splat(Emit *e, LLVMValueRef scalar, int lanes);
/* Whether any lane of a vector of i1 is true. */
LLVMValueRef emit_any(Emit *e, LLVMValueRef lanes);
/* Asks for a line of memory that will be read soon. */
void emit_prefetch(Emit *e, LLVMValueRef address);
LLVMBasicBlockRef emit_new_block(Emit *e, const char *name);
LLVMValueRef emit_alloca(Emit *e, LLVMTypeRef type, const char *name);
LLVMValueRef emit_alloca_array(Emit *e, LLVMTypeRef type, int count, const char *name);
void emit_attribute(Codegen *cg, LLVMValueRef function, const char *key, const char *value);

/* ---- index arithmetic: no wrapping, equal operations give the same LLVM value ---- */
LLVMValueRef index_add(Emit *e, LLVMValueRef a, LLVMValueRef b);
LLVMValueRef index_sub(Emit *e, LLVMValueRef a, LLVMValueRef b);
LLVMValueRef index_mul(Emit *e, LLVMValueRef a, LLVMValueRef b);
LLVMValueRef index_div(Emit *e, LLVMValueRef a, LLVMValueRef b); /* operands are not negative */
LLVMValueRef index_rem(Emit *e, LLVMValueRef a, LLVMValueRef b);
LLVMValueRef index_min(Emit *e, LLVMValueRef a, LLVMValueRef b);
LLVMValueRef index_max(Emit *e, LLVMValueRef a, LLVMValueRef b);
LLVMValueRef index_below(Emit *e, LLVMValueRef a, LLVMValueRef b); /* 0 <= a < b */
/* Row-major position among `dims`. */
LLVMValueRef index_linear(Emit *e, IrDim *const *dims, int rank, const LLVMValueRef *at);
void index_split(Emit *e, const IrDim *const *dims, int rank, LLVMValueRef linear, LLVMValueRef *at);

/* What was emitted since the mark does not dominate what follows. */
typedef struct Mark {
    int memo, numbers;
} Mark;
Mark emit_mark(const Emit *e);
void emit_forget(Emit *e, Mark mark);

/* ---- memory ---- */
/* Declares which values the code from here on stores, so that loads and stores of different
 * buffers can be told apart. */
void memory_begin(Emit *e, const IrValue *const *outputs, int count);
LLVMValueRef memory_load(Emit *e, const IrValue *value, LLVMValueRef base, LLVMValueRef linear);
void memory_store(Emit *e, const IrValue *value, LLVMValueRef base, LLVMValueRef linear, LLVMValueRef scalar);
/* A load or store of one scalar of `dtype` without alias information. */
LLVMValueRef memory_load_raw(Emit *e, NndDType dtype, LLVMValueRef base, LLVMValueRef linear);
void memory_store_raw(Emit *e, NndDType dtype, LLVMValueRef base, LLVMValueRef linear, LLVMValueRef scalar);
LLVMValueRef memory_at(Emit *e, NndDType dtype, LLVMValueRef base, LLVMValueRef linear);
/* Says that a load or store is of `value`'s buffer. */
void memory_mark(Emit *e, LLVMValueRef access, const IrValue *value);
/* Scratch memory of the function; returns its cell. */
int memory_scratch(FuncGen *fg, const IrDim *const *dims, int rank, int64_t bytes, int64_t round);
/* The same, but it is kept from call to call; the dimensions are constants. */
int memory_kept(FuncGen *fg, const IrDim *const *dims, int rank, int64_t bytes, int64_t round);

#endif
