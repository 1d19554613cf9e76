/* SPDX-License-Identifier: Apache-2.0
 *
 * coast: every step that a row has missed, one after the other.
 */
#include <math.h>

#include "compiler/interp/tensor.h"

typedef struct Coast {
    const Tensor *x, *mean, *squares, *since, *until, *sizes, *scales, *out;
    const IrCoast *rule;
    int64_t inner;
} Coast;

/* Steps first .. until of one element. */
#define DEFINE_COASTED(name, type, root)                                                           \
    static type name(const Coast *c, int64_t at, int64_t first, int64_t until)                     \
    {                                                                                              \
        const type *sizes = c->sizes->data, *scales = c->scales->data;                             \
        type x = ((const type *)c->x->data)[at], mean = ((const type *)c->mean->data)[at],         \
             squares = ((const type *)c->squares->data)[at];                                       \
        type mean_decay = (type)c->rule->mean_decay, square_decay = (type)c->rule->square_decay,   \
             epsilon = (type)c->rule->epsilon;                                                     \
        for (int64_t step = first; step <= until; step++) {                                        \
            int64_t slot = step & (c->sizes->extents[0] - 1);                                      \
            mean = mean * mean_decay + 0;                                                          \
            squares = squares * square_decay + 0;                                                  \
            x -= mean * sizes[slot] / (root(squares) * scales[slot] + epsilon);                    \
        }                                                                                          \
        return x;                                                                                  \
    }
DEFINE_COASTED(coasted_f32, float, sqrtf)
DEFINE_COASTED(coasted_f64, double, sqrt)

static void coast_rows(void *context, int64_t lo, int64_t hi)
{
    const Coast *c = context;
    int64_t until = *(const int32_t *)c->until->data, oldest = until - c->sizes->extents[0];
    for (int64_t row = lo; row < hi; row++) {
        int64_t since = ((const int32_t *)c->since->data)[row];
        int64_t first = (since > oldest ? since : oldest) + 1;
        for (int64_t at = row * c->inner; at < (row + 1) * c->inner; at++)
            if (c->x->type->dtype == NND_F64)
                ((double *)c->out->data)[at] = coasted_f64(c, at, first, until);
            else
                ((float *)c->out->data)[at] = coasted_f32(c, at, first, until);
    }
}

void kernel_coast(const Context *c, const Tensor *args, const IrCoast *rule, const Tensor *out)
{
    Coast coast = {&args[0], &args[1], &args[2], &args[3], &args[4], &args[5],
                   &args[6], out, rule, tensor_span(out, 1, out->type->rank)};
    nnd_pool_run(c->call->pool, out->extents[0], 1, coast_rows, &coast);
}
