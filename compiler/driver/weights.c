/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/driver/weights.h"

#include <math.h>
#include <stdlib.h>

#include "compiler/passes/passes.h"
#include "runtime/random.h"

/* The result is the argument, but for some rows. */
static bool is_in_place(const IrFunc *ir, int arg, int result)
{
    const IrInst *inst = ir && result >= 0 ? ir->body->yields[result]->def : NULL;
    for (int i = 0; ir && i < ir->body->yield_count; i++)
        if (ir->body->yields[i] == ir->args[arg])
            return false; /* the numbers from before are asked for, too */
    return inst && inst->op == OP_put && inst->args[0] == ir->args[arg];
}

static void add_slot(Slots *slots, const NndModuleDesc *module, const NndFunctionDesc *step,
                     int arg)
{
    const NndValueDesc *desc = &step->args[arg];
    slots->items[slots->count++] = (Slot){.name = desc->name,
                                          .desc = desc,
                                          .arg = arg,
                                          .is_weight = desc->kind == NND_ARG_PARAM,
                                          .result = nnd_function_result(step, desc->name),
                                          .count = nnd_value_static_count(module, desc)};
}

/* Gives each slot its part of `data`; returns how many bytes they take. Without data it only
 * counts. */
static uint64_t place_slots(Slots *slots, const IrFunc *ir, char *data)
{
    uint64_t used = 0;
    for (int i = 0; i < slots->count; i++) {
        Slot *slot = &slots->items[i];
        float **parts[] = {&slot->now,
                           is_in_place(ir, slot->arg, slot->result) ? NULL : &slot->next,
                           slot->is_weight ? &slot->best : NULL};
        for (int k = 0; k < 3; k++) {
            if (parts[k] && data)
                *parts[k] = (float *)(void *)(data + used);
            used += parts[k] ? ((uint64_t)slot->count * sizeof(float) + 63) / 64 * 64 : 0;
        }
    }
    return used;
}

NndStatus slots_new(Slots *out, const NndModuleDesc *module, const NndFunctionDesc *step,
                    const IrFunc *ir, NndError *error)
{
    *out = (Slots){.items = calloc((size_t)step->arg_count + 1, sizeof(Slot))};
    if (!out->items)
        return nnd_fail(error, NND_ENOMEM, "out of memory for the weights");
    for (int i = 0; i < step->arg_count; i++)
        if (step->args[i].kind == NND_ARG_PARAM || step->args[i].kind == NND_ARG_STATE)
            add_slot(out, module, step, i);
    NndStatus status = nnd_memory_new(&out->memory, place_slots(out, ir, NULL), error);
    if (!status)
        place_slots(out, ir, out->memory.data);
    return status;
}

bool state_counts_steps(const NndValueDesc *arg)
{
    const char *dot = strrchr(arg->name, '.');
    return arg->kind == NND_ARG_STATE && dot && !strcmp(dot + 1, OPTIMISER_TOUCHED);
}

void slots_free(Slots *slots)
{
    nnd_memory_free(&slots->memory);
    free(slots->items);
    *slots = (Slots){0};
}

const Slot *slots_find(const Slots *slots, const char *name)
{
    for (int i = 0; i < slots->count; i++)
        if (!strcmp(slots->items[i].name, name))
            return &slots->items[i];
    return NULL;
}

float *slot_target(const Slot *slot)
{
    return slot->next ? slot->next : slot->now;
}

void slots_swap(Slots *slots)
{
    for (int i = 0; i < slots->count; i++) {
        if (slots->items[i].result < 0 || !slots->items[i].next)
            continue;
        float *now = slots->items[i].now;
        slots->items[i].now = slots->items[i].next;
        slots->items[i].next = now;
    }
}

void slots_keep_best(Slots *slots)
{
    for (int i = 0; i < slots->count; i++)
        if (slots->items[i].is_weight)
            memcpy(slots->items[i].best, slots->items[i].now,
                   (size_t)slots->items[i].count * sizeof(float));
}

/* ---- initial weights ---- */

/* Random numbers of one weight: a stream of their own, never met by those of `uniform`, whose steps
 * count from 0. */
typedef struct Draw {
    uint64_t seed;
    uint32_t stream;
    uint64_t next;
} Draw;

static const uint64_t initial_step = UINT64_MAX;

static uint32_t hash_path(const char *path)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (; *path; path++)
        hash = (hash ^ (unsigned char)*path) * 16777619u;
    return hash;
}

static double draw_uniform(Draw *d)
{
    return nnd_random_uniform(d->seed, initial_step, d->stream, d->next++);
}

/* Box and Muller 1958. */
static double draw_normal(Draw *d)
{
    double u = 1 - draw_uniform(d), v = draw_uniform(d);
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

static void fill_uniform(Slot *slot, Draw *d, double low, double high)
{
    for (int64_t i = 0; i < slot->count; i++)
        slot->now[i] = (float)(low + (high - low) * draw_uniform(d));
}

static void fill_normal(Slot *slot, Draw *d, double deviation)
{
    for (int64_t i = 0; i < slot->count; i++)
        slot->now[i] = (float)(deviation * draw_normal(d));
}

static void fill_constant(Slot *slot, double value)
{
    for (int64_t i = 0; i < slot->count; i++)
        slot->now[i] = (float)value;
}

static double dot(const double *a, const double *b, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* Rows (or columns, if there are fewer) are made orthonormal by Gram and Schmidt, twice for
 * accuracy. */
static bool fill_orthogonal(Slot *slot, Draw *d, int64_t rows, int64_t columns)
{
    bool flip = rows > columns;
    int64_t m = flip ? columns : rows, n = flip ? rows : columns;
    double *q = malloc((size_t)(m * n + 1) * sizeof *q);
    if (!q)
        return false;
    for (int64_t i = 0; i < m * n; i++)
        q[i] = draw_normal(d);
    for (int64_t i = 0; i < m; i++) {
        for (int twice = 0; twice < 2; twice++)
            for (int64_t k = 0; k < i; k++) {
                double along = dot(q + i * n, q + k * n, n);
                for (int64_t j = 0; j < n; j++)
                    q[i * n + j] -= along * q[k * n + j];
            }
        double norm = sqrt(dot(q + i * n, q + i * n, n));
        for (int64_t j = 0; j < n; j++)
            q[i * n + j] /= norm;
    }
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++)
            slot->now[flip ? j * m + i : i * n + j] = (float)q[i * n + j];
    free(q);
    return true;
}

/* Glorot and Bengio 2010; He et al. 2015. */
static void initialise(Slot *slot, const Weight *weight, uint64_t seed)
{
    const Init *init = &weight->init;
    Draw d = {.seed = seed, .stream = hash_path(weight->path)};
    double in = (double)init->fan_in, out = (double)init->fan_out;
    switch (init->kind) {
    case INIT_ZEROS: fill_constant(slot, 0); break;
    case INIT_ONES: fill_constant(slot, 1); break;
    case INIT_CONSTANT: fill_constant(slot, init->low); break;
    case INIT_UNIFORM: fill_uniform(slot, &d, init->low, init->high); break;
    case INIT_NORMAL: fill_normal(slot, &d, init->deviation); break;
    case INIT_XAVIER: fill_uniform(slot, &d, -sqrt(6 / (in + out)), sqrt(6 / (in + out))); break;
    case INIT_HE: fill_normal(slot, &d, sqrt(2 / in)); break;
    case INIT_ORTHOGONAL:
        if (!init->fan_in || !fill_orthogonal(slot, &d, init->fan_in, slot->count / init->fan_in))
            fill_uniform(slot, &d, -sqrt(6 / (in + out)), sqrt(6 / (in + out)));
        break;
    }
    if (weight->padding_row)
        memset(slot->now, 0, (size_t)(slot->count / weight->type.axes[0].size) * sizeof(float));
}

void slots_initialise(Slots *slots, const Program *program, uint64_t seed)
{
    for (int i = 0; i < program->weights.count; i++) {
        const Weight *weight = &program->weights.data[i];
        Slot *slot = (Slot *)slots_find(slots, weight->path);
        if (slot)
            initialise(slot, weight, seed);
    }
    slots_keep_best(slots);
}
