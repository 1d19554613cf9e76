/* SPDX-License-Identifier: Apache-2.0
 *
 * Function `settle` of a training (see pass_settle), over all rows of all tables.
 */
#include <stdlib.h>

#include "compiler/driver/progress.h"
#include "compiler/driver/trainer.h"
#include "compiler/passes/passes.h"
#include "runtime/axes.h"

enum { CHUNK = 256 }; /* rows that stay in the cache */

typedef struct Settling {
    Trainer *trainer;
    const NndFunctionDesc *function;
    NndAxes *axes;
    NndExtent *given;
    const void **args;
    void **results;
    int rows_arg;
    int32_t rows[CHUNK];
    float next_step;
} Settling;

static int64_t most_rows(const Settling *s)
{
    int64_t most = 0;
    for (int i = 0; i < s->function->arg_count; i++) {
        const NndValueDesc *arg = &s->function->args[i];
        if (arg->kind == NND_ARG_PARAM && s->trainer->unit.desc->dims[arg->dims[0]].size > most)
            most = s->trainer->unit.desc->dims[arg->dims[0]].size;
    }
    return most;
}

static NndStatus begin(Settling *s, NndError *error)
{
    const NndModuleDesc *module = s->trainer->unit.desc;
    s->given = calloc((size_t)module->dim_count + 1, sizeof *s->given);
    s->args = calloc((size_t)s->function->arg_count + 1, sizeof *s->args);
    s->results = calloc((size_t)s->function->result_count + 1, sizeof *s->results);
    if (!s->given || !s->args || !s->results)
        return nnd_fail(error, NND_ENOMEM, "out of memory for the rows that a step leaves behind");
    return nnd_axes_new(&s->axes, module->dims, module->dim_count, error);
}

static void bind(Settling *s)
{
    const NndFunctionDesc *f = s->function;
    for (int i = 0; i < f->arg_count; i++)
        if (f->args[i].kind == NND_ARG_PARAM || f->args[i].kind == NND_ARG_STATE)
            s->args[i] = slots_find(&s->trainer->slots, f->args[i].name)->now;
    for (int i = 0; i < f->result_count; i++)
        s->results[i] = slots_find(&s->trainer->slots, f->results[i].name)->now;
    s->args[nnd_function_arg(f, OPTIMISER_STEP)] = &s->next_step;
    s->args[s->rows_arg] = s->rows;
}

static NndStatus settle_chunk(Settling *s, int64_t first, int64_t count, NndError *error)
{
    Trainer *t = s->trainer;
    for (int64_t i = 0; i < count; i++)
        s->rows[i] = (int32_t)(first + i);
    s->given[s->function->args[s->rows_arg].dims[0]].extent = count;
    NndStatus status = nnd_axes_bind(s->axes, s->given, error);
    NndCall call = {.axes = nnd_axes_table(s->axes), .args = s->args, .results = s->results, .pool = t->unit.pool};
    return status ? status : t->unit.engine->run(t->unit.engine, "settle", &call, error);
}

static NndStatus settle_all(Settling *s, NndError *error)
{
    NndStatus status = NND_OK;
    int64_t rows = most_rows(s);
    bind(s);
    for (int64_t first = 0; !status && first < rows; first += CHUNK)
        status = settle_chunk(s, first, rows - first < CHUNK ? rows - first : CHUNK, error);
    return status;
}

NndStatus trainer_settle(Trainer *t, NndError *error)
{
    Settling s = {.trainer = t,
                  .function = nnd_module_function(t->unit.desc, "settle"),
                  .next_step = (float)(t->state.iteration + 1)};
    if (!s.function || t->settled == t->state.iteration)
        return NND_OK;
    s.rows_arg = nnd_function_arg(s.function, OPTIMISER_ROWS);
    double start = seconds_now();
    NndStatus status = begin(&s, error);
    if (!status)
        status = settle_all(&s, error);
    t->settled = t->state.iteration;
    t->timed_seconds += seconds_now() - start;
    nnd_axes_free(s.axes);
    free(s.given);
    free(s.args);
    free(s.results);
    return status;
}
