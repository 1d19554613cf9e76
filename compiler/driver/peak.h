/* SPDX-License-Identifier: Apache-2.0
 *
 * The machine's limit, measured: fused multiply-adds on vectors in registers.
 */
#ifndef NND_COMPILER_DRIVER_PEAK_H
#define NND_COMPILER_DRIVER_PEAK_H

#include "runtime/pool.h"

/* f32 GFLOP/s of all threads of the pool together; takes some tens of milliseconds. */
double peak_gflops(NndPool *pool);
/* Gigabytes a second that all threads together read from memory that no cache holds; 0 without memory for it. */
double peak_gigabytes(NndPool *pool);

#endif
