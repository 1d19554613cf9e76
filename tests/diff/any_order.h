/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NND_TESTS_DIFF_ANY_ORDER_H
#define NND_TESTS_DIFF_ANY_ORDER_H

#include "runtime/pool.h"

extern int64_t any_order_groups; /* how many groups of kernels there were */

#endif
