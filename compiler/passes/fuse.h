/* SPDX-License-Identifier: Apache-2.0
 *
 * Kernels: which instructions are computed together. pass_fuse gives every
 * instruction of a region a group number; fuse_kernels lists the groups in an
 * order in which they can run. Inside a group a value is computed where it is
 * used (its consumers pull it by index, see compiler/codegen/element.h);
 * only values that are needed elsewhere, the *roots*, are written to memory.
 *
 * Invariants: a group never spans regions; scan, dot, gather's table, the operand
 * of scatter_add and those of put (see fuse_puts), decay and coast are read from memory or pulled through index maps,
 * never recomputed more often than once per element that is used; cheap
 * generators (const, iota, lengths, broadcast of a scalar, uniform when it has
 * one user) and widened bf16 weights belong to each group that uses them and have group -1 ("inline").
 */
#ifndef NND_COMPILER_PASSES_FUSE_H
#define NND_COMPILER_PASSES_FUSE_H

#include "compiler/ir/ir.h"

typedef enum KernelKind {
    KERNEL_MAP,     /* roots of one shape, element by element */
    KERNEL_REDUCE,  /* a reduction (sum, reduce_max, argmax, unwindow, scatter_add) and the element-wise
                       instructions of the same outer shape around it */
    KERNEL_DOT,     /* a contraction, its operands' index maps, its element-wise epilogue */
    KERNEL_SCAN,    /* a scan; its region has kernels of its own */
    KERNEL_ROWS     /* decay or coast, alone; puts, and the element-wise instructions that make their rows */
} KernelKind;

typedef struct Kernel {
    KernelKind kind;
    int group;
    VEC(IrInst *) insts; /* in order */
    VEC(IrValue *) roots; /* values used outside of the group or yielded */
    IrInst *anchor;       /* the dot, scan, reduction, or what works on rows (the last one of puts); NULL for MAP */
    const IrInst *demand; /* an on_demand of the anchor: its rows are computed when they are needed, and kept */
    bool once; /* its roots are fixed values: they are computed in the first call and kept */
    int run;   /* kernels of equal run above 0 follow each other and are done row by row */
    int beside; /* kernels of equal `beside` above 0 follow each other and may run at the same time */
} Kernel;

typedef struct KernelList {
    VEC(Kernel *) items;
} KernelList;

/* Of one run, or of those that may run at the same time. */
static inline bool kernel_is_with(const Kernel *a, const Kernel *b)
{
    return (a->run && a->run == b->run) || (a->beside && a->beside == b->beside);
}

/* The kernels of a region whose function went through pass_fuse and whose values are numbered (ir_func_number). */
KernelList fuse_kernels(Arena *arena, const IrRegion *region);

/* The kernels of a function's body, whose values are numbered below `value_count`; with `once`, `run` and `beside`. */
KernelList fuse_body(Arena *arena, const IrFunc *func, int value_count);

/* Finds the runs of the body of `func`. A run begins with a reduction; values that its kernels make all
 * live until its end. */
void fuse_rows(Arena *arena, const IrFunc *func, KernelList *kernels, int value_count);

/* Finds the kernels of the body that may run at the same time, and puts them next to each other. After fuse_rows. */
void fuse_beside(Arena *arena, const IrFunc *func, KernelList *kernels, int value_count);

/* Fixed values are the same in every call: made of constants and fixed arguments alone, their
 * extents known, and no results of the function. By id (values are numbered below `value_count`).
 */
bool *fuse_fixed(Arena *arena, const IrFunc *func, int value_count);

/* An operand at other indices: an index map, if it is computed where it is used. */
bool fuse_is_view(const IrInst *inst);

/* Element by element, from operands at the same index. */
bool fuse_is_elementwise(const IrInst *inst);

/* What a pad that is stored pads, through pads that are not; NULL of any other value. Its kernel is that of what it pads, computes
 * the inside only, and has zeros put around it. Not in the regions of scans over rows. */
const IrValue *fuse_padded(const IrValue *value, const IrRegion *region);

/* Has element-wise instructions read a padded value inside of the padding, if then it need not be in memory itself. For pass_fuse,
 * which has said what the kernels are. */
void fuse_read_paddings(IrFunc *func);

/* Has rows that are put into tables computed by the puts' own kernel. For pass_fuse, too. */
void fuse_puts(IrFunc *func);

/* True if the value is computed where it is used and never has memory of its own. */
bool fuse_is_inlined(const IrValue *value, const IrRegion *region);

#endif
