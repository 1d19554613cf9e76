/* SPDX-License-Identifier: Apache-2.0
 *
 * What a scan over parts (compiler/ir/ir.h) does between its steps: binds the
 * axis of the part to the rows that are next, and moves these rows between the
 * packed sequence and the packed part. `items` is the extent of the parent; `first` is
 * where the part begins in each segment.
 */
#ifndef NND_RUNTIME_PARTS_H
#define NND_RUNTIME_PARTS_H

#include "runtime/abi.h"

/* Makes of `part` the rows first .. first + size - 1 of each segment of `whole`. `offsets` has room
 * for items + 1 numbers, `segment` for the rows of the first part, which has the most; both become
 * its tables. */
void nnd_part_bind(NndAxis *part, const NndAxis *whole, int64_t items, int64_t first, int64_t size,
                   int64_t *offsets, int32_t *segment);

/* Rows of the part from, or to, their places in a sequence over `whole`. */
void nnd_part_read(const NndAxis *part, const NndAxis *whole, int64_t items, int64_t first,
                   int64_t row_bytes, void *rows, const void *sequence);
void nnd_part_write(const NndAxis *part, const NndAxis *whole, int64_t items, int64_t first,
                    int64_t row_bytes, const void *rows, void *sequence);

/* Row `at` of each segment of a sequence over `marks`, from or to a row for each item. Of a segment
 * that has no such row zeros are read, and nothing is written. */
void nnd_mark_read(const NndAxis *marks, int64_t items, int64_t at, int64_t row_bytes, void *rows,
                   const void *sequence);
void nnd_mark_write(const NndAxis *marks, int64_t items, int64_t at, int64_t row_bytes,
                    const void *rows, void *sequence);

#endif
