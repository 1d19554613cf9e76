/* SPDX-License-Identifier: Apache-2.0
 *
 * Contractions of 3 x 3 windows by Winograd's minimal filtering F(2 x 2, 3 x 3): four neighbouring results are made
 * of 16 products for each channel and filter where the definition has 36. With d the 4 x 4 entries that they are
 * made of and g the filter (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015):
 *
 *   results = A' [ sum over channels of (G g G') * (B' d B) ] A          * entry by entry, ' transposed
 *
 * Each of the 16 *planes* is a product [tiles, channels] x [channels, filters], done in the register tiles of units.h.
 * An item is `tiles` tiles and a block of panels: entries are transformed into a part of the stack that stays in the
 * cache, then panel by panel all planes are multiplied and transformed back.
 *
 *   filters  V, transformed when it is packed: [plane, panel, channel, column]
 *   patches  [plane, tile, channel]
 *   sums     of a panel: [plane, tile, column]
 *
 * Errors grow little: the matrices hold 0, 1 and 1/2 only, so a result of K products is off by at most what 4 K / 9
 * products and some sums more would be (docs/performance.md has measured ones). Results depend on neither the batch nor
 * the threads.
 */
#ifndef NND_COMPILER_CODEGEN_WINOGRAD_H
#define NND_COMPILER_CODEGEN_WINOGRAD_H

#include "compiler/codegen/dot.h"

enum { WINOGRAD_RESULTS = 2, WINOGRAD_WINDOW = 3, WINOGRAD_PATCH = 4, WINOGRAD_PLANES = 16 };

struct Winograd {
    int y, x;                      /* of the plan's rows */
    int window_y, window_x, channel; /* of its k */
    int64_t stride_y, stride_x;    /* in S, in elements */
    int64_t channels, height, width; /* of the results; even */
    int tiles;                     /* of an item */
};

/* The contraction as one of windows, or NULL if it is none or gains nothing. The plan's tile is chosen. */
Winograd *winograd_choose(const FuncGen *fg, const DotPlan *plan);

void winograd_emit_pack(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi);
void winograd_emit(Emit *e, const Nest *nest, LLVMValueRef lo, LLVMValueRef hi);

#endif
