/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/diff/bounded.h"

#include <math.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "compiler/codegen/jit.h"
#include "compiler/interp/interp.h"
#include "compiler/passes/passes.h"
#include "runtime/bf16.h"
#include "tests/diff/call.h"

/* ---- programs ---- */

static void contract_absolute_values(void *context, IrRegion *region, IrInst *inst)
{
    IrBuilder b = ir_builder_before(context, region, inst);
    for (int i = 0; i < inst->arg_count && inst->op == OP_dot; i++)
        inst->args[i] = ir_ew(&b, OP_abs, inst->args[i], NULL, NULL);
}

static IrModule *parse(Arena *arena, const char *label, const char *text)
{
    char *error = NULL;
    IrModule *module = ir_module_parse(arena, text, &error);
    if (!module)
        printf("%s: %s\n%s", label, error, text);
    return module;
}

bool bounded_open(Bounded *out, Arena *arena, const char *label, const char *text)
{
    NndError error;
    *out = (Bounded){.arena = arena, .label = label, .module = parse(arena, label, text)};
    IrModule *fused = out->module ? parse(arena, label, text) : NULL;
    if (!fused)
        return false;
    pass_fuse(fused->funcs.data[0]);
    IrFunc *bound = ir_func_copy(out->module->funcs.data[0], "bound", NULL);
    ir_func_walk(bound, contract_absolute_values, out->module);
    if (interp_engine_new(&out->interp, out->module, &error) || jit_engine_new(&out->jit, fused, NULL, &error))
        NND_BUG("%s: %s", label, error.text);
    return true;
}

void bounded_close(Bounded *b)
{
    if (b->interp)
        b->interp->free(b->interp);
    if (b->jit)
        b->jit->free(b->jit);
}

/* ---- buffers between pages that must not be touched ---- */

typedef struct Buffer {
    char *data, *pages;
    size_t mapped;
} Buffer;

static Buffer buffer_new(size_t bytes, bool at_end)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), room = (bytes + page - 1) / page * page;
    Buffer buffer = {.mapped = room + 2 * page};
    buffer.pages = mmap(NULL, buffer.mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (buffer.pages == MAP_FAILED || mprotect(buffer.pages + page, room, PROT_READ | PROT_WRITE))
        NND_BUG("no memory for %zu bytes", bytes);
    buffer.data = buffer.pages + page + (at_end ? room - bytes : 0);
    memset(buffer.data, 0xff, bytes);
    return buffer;
}

typedef struct Buffers {
    void **data;
    Buffer *all;
    int count;
} Buffers;

static Buffers buffers_new(Arena *arena, int count)
{
    return (Buffers){ARENA_ARRAY(arena, void *, count + 1), ARENA_ARRAY(arena, Buffer, count + 1), 0};
}

static void buffers_add(Buffers *buffers, const IrType *type, const NndAxis *axes, bool at_end)
{
    size_t bytes = (size_t)call_count(type, axes) * nnd_dtype_size(type->dtype);
    buffers->all[buffers->count] = buffer_new(bytes, at_end);
    buffers->data[buffers->count] = buffers->all[buffers->count].data;
    buffers->count++;
}

static void buffers_free(Buffers *buffers)
{
    for (int i = 0; i < buffers->count; i++)
        munmap(buffers->all[i].pages, buffers->all[i].mapped);
}

enum { MOST_ROWS = 9 };

/* Numbers of all bits, so that products and sums are rounded; of rows from -1 on, the last of a table of MOST_ROWS. */
static void fill(NndDType dtype, void *data, int64_t count, uint64_t seed)
{
    for (int64_t i = 0; i < count; i++) {
        uint64_t word = (seed + (uint64_t)i + 1) * 0x9e3779b97f4a7c15u;
        word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9u;
        double x = (double)(int64_t)(word ^ word >> 29) * 0x1p-63;
        if (dtype == NND_F32)
            ((float *)data)[i] = (float)x;
        else if (dtype == NND_I32)
            ((int32_t *)data)[i] = (int32_t)(word % (MOST_ROWS + 1)) - 1;
        else if (dtype == NND_BF16)
            ((uint16_t *)data)[i] = nnd_to_bf16((float)x);
        else
            ((double *)data)[i] = x;
    }
}

static Buffers make_arguments(Bounded *b, const NndAxis *axes, uint64_t seed)
{
    const IrFunc *func = b->module->funcs.data[0];
    Buffers args = buffers_new(b->arena, func->arg_count);
    for (int i = 0; i < func->arg_count; i++) {
        const IrType *type = &func->args[i]->type;
        buffers_add(&args, type, axes, seed % 2);
        fill(type->dtype, args.data[i], call_count(type, axes), seed << 32 | (uint64_t)i << 24);
    }
    return args;
}

static Buffers make_results(Bounded *b, const NndAxis *axes, uint64_t seed)
{
    const IrRegion *body = b->module->funcs.data[0]->body;
    Buffers results = buffers_new(b->arena, body->yield_count);
    for (int i = 0; i < body->yield_count; i++)
        buffers_add(&results, &body->yields[i]->type, axes, seed % 2);
    return results;
}

/* ---- comparison ---- */

typedef struct Count {
    const NndAxis *axes;
    double products;
} Count;

static void count_products(void *context, IrRegion *region, IrInst *inst)
{
    Count *count = context;
    double products = 1;
    (void)region;
    for (int i = 0; i < inst->attrs.dot.contract_count && inst->op == OP_dot; i++)
        products *= (double)count->axes[inst->args[0]->type.dims[inst->attrs.dot.a_contract[i]]->index].extent;
    count->products += inst->op == OP_dot ? products : 0;
}

/* Units in the last place: of the products, and of a few sums of contractions. */
static double longest_sum(const Bounded *b, const NndAxis *axes)
{
    enum { FEW = 8 };
    Count count = {axes, FEW};
    ir_func_walk(b->module->funcs.data[0], count_products, &count);
    return count.products;
}

static void compare(Bounded *b, const NndAxis *axes, const Buffers *found, const Buffers *expected, const Buffers *bound)
{
    enum { SHOWN = 3 };
    const IrRegion *body = b->module->funcs.data[0]->body;
    double length = longest_sum(b, axes);
    for (int r = 0; r < body->yield_count; r++) {
        const IrType *type = &body->yields[r]->type;
        double unit = type->dtype == NND_F32 ? 0x1p-24 : 0x1p-53;
        for (int64_t i = 0, count = call_count(type, axes); i < count; i++) {
            double x = call_element(type->dtype, found->data[r], i), y = call_element(type->dtype, expected->data[r], i);
            double most = 2 * length * unit * call_element(type->dtype, bound->data[r], i);
            b->compared++;
            if (fabs(x - y) <= most)
                continue;
            if (b->wrong++ < SHOWN)
                printf("%s, result %d, element %lld: %.17g, expected %.17g, at most %g off\n", b->label, r, (long long)i,
                       x, y, most);
        }
    }
}

static void print_extents(const Bounded *b, const NndAxis *axes)
{
    printf("%s: with", b->label);
    for (int i = 0; i < b->module->dims.count; i++)
        if (b->module->dims.data[i]->kind != NND_DIM_CONST)
            printf(" %s = %lld", b->module->dims.data[i]->name, (long long)axes[i].extent);
    printf("\n");
}

static void run(Bounded *b, Engine *engine, const char *function, NndCall call, const Buffers *results)
{
    NndError error;
    call.results = results->data;
    if (engine->run(engine, function, &call, &error))
        NND_BUG("%s: %s", b->label, error.text);
}

void bounded_run(Bounded *b, const NndExtent *given, NndPool *pool, uint64_t seed)
{
    NndError error;
    NndAxes *bound_axes;
    const NndModuleDesc *desc = engine_module_desc(b->arena, b->module);
    if (nnd_axes_new(&bound_axes, desc->dims, desc->dim_count, &error) || nnd_axes_bind(bound_axes, given, &error))
        NND_BUG("%s: %s", b->label, error.text);
    const NndAxis *axes = nnd_axes_table(bound_axes);
    Buffers args = make_arguments(b, axes, seed), found = make_results(b, axes, seed);
    Buffers expected = make_results(b, axes, seed), bound = make_results(b, axes, seed);
    NndCall call = {.axes = axes, .args = (const void *const *)args.data, .pool = pool, .seed = seed, .step = 1};
    run(b, b->interp, "main", call, &expected);
    run(b, b->interp, "bound", call, &bound);
    run(b, b->jit, "main", call, &found);
    long long wrong = b->wrong;
    compare(b, axes, &found, &expected, &bound);
    if (b->wrong > wrong)
        print_extents(b, axes);
    Buffers *all[] = {&args, &found, &expected, &bound};
    for (int i = 0; i < 4; i++)
        buffers_free(all[i]);
    nnd_axes_free(bound_axes);
}
