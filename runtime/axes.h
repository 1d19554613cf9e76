/* SPDX-License-Identifier: Apache-2.0
 *
 * From the lengths of a batch to the NndAxis of every dimension of a module.
 */
#ifndef NND_RUNTIME_AXES_H
#define NND_RUNTIME_AXES_H

#include "runtime/abi.h"
#include "runtime/error.h"

/* What the caller knows about a FREE, RAGGED or DISTINCT dimension. */
typedef struct NndExtent {
    int64_t extent;         /* FREE, DISTINCT: the extent */
    const int64_t *lengths; /* RAGGED: one for each entry of the parent; borrowed during the call */
} NndExtent;

typedef struct NndAxes NndAxes; /* owns the tables; reuse it from batch to batch */

NndStatus nnd_axes_new(NndAxes **out, const NndDimDesc *dims, int dim_count, NndError *error);
void nnd_axes_free(NndAxes *axes);

/* Fills every axis; `given` has an entry for each dimension and is read only
 * for FREE, RAGGED and DISTINCT ones. Reuses memory of earlier calls. */
NndStatus nnd_axes_bind(NndAxes *axes, const NndExtent *given, NndError *error);

/* The extent of a DISTINCT dimension, known only when the numbers are. */
void nnd_axes_set_distinct(NndAxes *axes, int dim, int64_t extent);

/* The first place in `order` of the share that member `rank` of `size` has of the items' rows:
 * members' shares follow each other and have about equally many rows. Of rank == size: all items. */
int64_t nnd_axis_share(const NndAxis *axis, int64_t items, int64_t rank, int64_t size);

/* One NndAxis for each dimension, valid until the next bind. */
const NndAxis *nnd_axes_table(const NndAxes *axes);

#endif
