/* SPDX-License-Identifier: Apache-2.0
 *
 * Contractions of 3 x 3 and 5 x 5 windows by Winograd's minimal filtering F(2 x 2, r x r): four neighbouring results are
 * made of 16 (or 36) products for each channel and filter where the definition has 36 (or 100). With d the patch of
 * entries that they are made of and g the filter (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks",
 * 2015; the matrices by Toom and Cook's construction):
 *
 *   results = A' [ sum over channels of (G g G') * (B' d B) ] A          * entry by entry, ' transposed
 *
 * Each entry of a patch is a *plane*: a product [tiles, channels] x [channels, filters], done in the register tiles of
 * units.h. An item is `tiles` tiles and a block of panels: entries are transformed into a part of the stack that stays in
 * the cache, then panel by panel all planes are multiplied and transformed back.
 *
 *   filters  V, transformed when it is packed: [plane, panel, channel, column]
 *   patches  [plane, tile, channel]
 *   sums     of a panel: [plane, tile, column]
 *
 * The points are 0, 1, -1 and infinity; for 5 x 5 also 1/2 and -2, which round less than 2 and -2. For 3 x 3 errors are
 * smaller than those of the sums in order, for 5 x 5 up to 1.35 times as large (tests/diff/test_winograd.c). Results depend on neither the batch nor the threads.
 */
#ifndef NND_COMPILER_CODEGEN_WINOGRAD_H
#define NND_COMPILER_CODEGEN_WINOGRAD_H

#include "compiler/codegen/dot.h"

enum { WINOGRAD_RESULTS = 2, WINOGRAD_LONGEST = 6 }; /* of each axis: results of a tile, entries of a patch at most */

/* Row by row; they work along one axis. */
typedef struct WinogradMatrices {
    int window, patch;
    double patches[WINOGRAD_LONGEST * WINOGRAD_LONGEST]; /* B' [patch, patch] */
    double filters[WINOGRAD_LONGEST * WINOGRAD_LONGEST]; /* G [patch, window] */
    double sums[WINOGRAD_RESULTS * WINOGRAD_LONGEST];    /* A' [results, patch] */
} WinogradMatrices;

struct Winograd {
    const WinogradMatrices *matrices;
    int y, x;                      /* of the plan's rows */
    int window_y, window_x, channel; /* of its k */
    int64_t stride_y, stride_x;    /* in S, in elements */
    int64_t channels, height, width; /* of the results; even */
    int tiles;                     /* of an item */
};

/* The contraction as one of windows, or NULL if it is none or gains nothing. The plan's tile is chosen. */
Winograd *winograd_choose(const FuncGen *fg, const DotPlan *plan);

int winograd_planes(const Winograd *w);

void winograd_emit_pack(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi);
void winograd_emit(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi);

#endif
