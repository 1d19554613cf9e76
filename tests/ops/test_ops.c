/* SPDX-License-Identifier: Apache-2.0
 *
 * Known values: FOLDER/<operator>.txt holds the cases of a structured
 * operator, and every structured operator has such a file. Each case is run by
 * the interpreter and as compiled code, alone and with threads, and once more
 * in f64 if its only floats are f32.
 *
 *     case WORDS           begins a case; then the IR of a function @f
 *     given DIM: NUMBERS   the extent of a free dimension, the lengths of a ragged one
 *     arg NAME: NUMBERS    `1..24` counts
 *     expect NAME: NUMBERS
 *     seed NUMBER, step NUMBER
 *
 * Lines that begin with `#` are comments.
 *
 *     test_ops FOLDER
 */
#include <stdlib.h>

#include "compiler/codegen/jit.h"
#include "compiler/interp/interp.h"
#include "compiler/passes/passes.h"
#include "runtime/axes.h"
#include "runtime/pool.h"
#include "tests/check.h"

typedef struct Line {
    const char *name;
    VEC(const char *) words;
} Line;

typedef VEC(Line) Lines;

typedef struct Case {
    const char *name, *ir;
    Lines given, args, expected;
    uint64_t seed, step;
} Case;

typedef VEC(Case) Cases;

/* ---- reading ---- */

static char *read_file(Arena *arena, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    size_t room = 1 << 20;
    char *text = arena_alloc(arena, room);
    text[fread(text, 1, room - 1, file)] = 0;
    fclose(file);
    return text;
}

static void add_word(Arena *arena, Line *line, const char *word)
{
    const char *dots = strstr(word, "..");
    if (!dots) {
        vec_push(arena, &line->words, word);
        return;
    }
    for (long i = atol(word); i <= atol(dots + 2); i++)
        vec_push(arena, &line->words, arena_printf(arena, "%ld", i));
}

/* NAME: WORDS */
static void add_line(Arena *arena, Lines *lines, char *text)
{
    char *rest;
    Line line = {.name = strtok_r(text, ": ", &rest)};
    for (char *word; (word = strtok_r(NULL, ": ", &rest));)
        add_word(arena, &line, word);
    vec_push(arena, lines, line);
}

static bool begins(const char *line, const char *word)
{
    return !strncmp(line, word, strlen(word));
}

static void read_line(Arena *arena, Cases *cases, char *line)
{
    if (begins(line, "case "))
        vec_push(arena, cases, ((Case){.name = line + 5, .ir = "module \"t\"\n"}));
    if (!cases->count || begins(line, "case ") || *line == '#')
        return;
    Case *c = &cases->data[cases->count - 1];
    if (begins(line, "given "))
        add_line(arena, &c->given, line + 6);
    else if (begins(line, "arg "))
        add_line(arena, &c->args, line + 4);
    else if (begins(line, "expect "))
        add_line(arena, &c->expected, line + 7);
    else if (begins(line, "seed "))
        c->seed = strtoull(line + 5, NULL, 10);
    else if (begins(line, "step "))
        c->step = strtoull(line + 5, NULL, 10);
    else
        c->ir = arena_printf(arena, "%s%s\n", c->ir, line);
}

static Cases read_cases(Arena *arena, char *text)
{
    Cases cases = {0};
    char *rest;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        read_line(arena, &cases, line);
    return cases;
}

static const Line *find(const Lines *lines, const char *name)
{
    for (int i = 0; i < lines->count; i++)
        if (!strcmp(lines->data[i].name, name))
            return &lines->data[i];
    return NULL;
}

/* ---- data ---- */

static void put(NndDType dtype, void *data, int64_t i, const char *word)
{
    switch (dtype) {
    case NND_F32: ((float *)data)[i] = strtof(word, NULL); break;
    case NND_F64: ((double *)data)[i] = strtod(word, NULL); break;
    case NND_I32: ((int32_t *)data)[i] = (int32_t)strtol(word, NULL, 10); break;
    case NND_I64: ((int64_t *)data)[i] = strtoll(word, NULL, 10); break;
    case NND_U8:
    case NND_BOOL: ((uint8_t *)data)[i] = (uint8_t)strtol(word, NULL, 10); break;
    case NND_BF16:
    case NND_DTYPE_COUNT: CHECK(!"an argument of this type"); break;
    }
}

static double get(NndDType dtype, const void *data, int64_t i)
{
    uint32_t word = 0;
    float upper;
    switch (dtype) {
    case NND_F32: return ((const float *)data)[i];
    case NND_F64: return ((const double *)data)[i];
    case NND_I32: return ((const int32_t *)data)[i];
    case NND_I64: return (double)((const int64_t *)data)[i];
    case NND_U8:
    case NND_BOOL: return ((const uint8_t *)data)[i];
    case NND_BF16:
        word = (uint32_t)((const uint16_t *)data)[i] << 16;
        memcpy(&upper, &word, sizeof upper);
        return upper;
    case NND_DTYPE_COUNT: break;
    }
    return NAN;
}

/* The value of this name in the file; all elements of an axis that nobody gave are 0. */
static void *make_argument(Arena *arena, const IrValue *arg, const Line *line, int64_t count)
{
    void *data = arena_alloc(arena, (size_t)count * nnd_dtype_size(arg->type.dtype) + 64);
    CHECK(line);
    CHECK_EQ_INT(line ? line->words.count : -1, count);
    for (int64_t i = 0; line && i < count && i < line->words.count; i++)
        put(arg->type.dtype, data, i, line->words.data[i]);
    return data;
}

static NndExtent *read_extents(Arena *arena, const Case *c, const IrModule *module)
{
    NndExtent *given = ARENA_ARRAY(arena, NndExtent, module->dims.count + 1);
    for (int i = 0; i < module->dims.count; i++) {
        const Line *line = find(&c->given, module->dims.data[i]->name);
        if (!line)
            continue;
        int64_t *numbers = ARENA_ARRAY(arena, int64_t, line->words.count + 1);
        for (int k = 0; k < line->words.count; k++)
            numbers[k] = atoll(line->words.data[k]);
        given[i] = (NndExtent){.extent = numbers[0], .lengths = numbers};
    }
    return given;
}

static int64_t count_of(const IrType *type, const NndAxis *axes)
{
    int64_t count = 1;
    for (int i = 0; i < type->rank; i++)
        count *= axes[type->dims[i]->index].extent;
    return count;
}

/* ---- running ---- */

typedef NndStatus MakeEngine(Engine **out, IrModule *module, NndError *error);

static NndStatus make_interp(Engine **out, IrModule *module, NndError *error)
{
    return interp_engine_new(out, module, error);
}

static NndStatus make_jit(Engine **out, IrModule *module, NndError *error)
{
    passes_run(module, &(PassOptions){.fuse = true, .verify_each = true});
    return jit_engine_new(out, module, NULL, error);
}

static bool same(double found, const char *word)
{
    double expected = strtod(word, NULL);
    if (isnan(expected) || isinf(expected))
        return isnan(expected) ? isnan(found) : found == expected;
    return fabs(found - expected) <= 1e-6 * (1 + fabs(expected));
}

static void compare(const Case *c, const IrFunc *func, int r, const void *data, int64_t count)
{
    const Line *line = find(&c->expected, func->result_names[r]);
    NndDType dtype = func->body->yields[r]->type.dtype;
    CHECK(line);
    CHECK_EQ_INT(count, line ? line->words.count : -1);
    for (int64_t i = 0; line && i < count && i < line->words.count; i++) {
        double found = get(dtype, data, i);
        if (!same(found, line->words.data[i]))
            printf("%s, element %lld is %.17g, expected %s\n", line->name, (long long)i, found, line->words.data[i]);
        CHECK(same(found, line->words.data[i]));
    }
}

static void call(Arena *arena, const Case *c, Engine *engine, const IrFunc *func, const NndAxis *axes, NndPool *pool)
{
    NndError error;
    const void **args = ARENA_ARRAY(arena, const void *, func->arg_count + 1);
    void **results = ARENA_ARRAY(arena, void *, func->body->yield_count + 1);
    for (int i = 0; i < func->arg_count; i++)
        args[i] = make_argument(arena, func->args[i], find(&c->args, func->args[i]->name), count_of(&func->args[i]->type, axes));
    for (int i = 0; i < func->body->yield_count; i++) {
        size_t bytes = (size_t)count_of(&func->body->yields[i]->type, axes) * 8 + 64;
        results[i] = memset(arena_alloc(arena, bytes), 0x5a, bytes);
    }
    NndCall request = {.axes = axes, .args = args, .results = results, .pool = pool, .seed = c->seed, .step = c->step};
    CHECK_EQ_INT(engine->run(engine, "f", &request, &error), NND_OK);
    for (int i = 0; i < func->body->yield_count; i++)
        compare(c, func, i, results[i], count_of(&func->body->yields[i]->type, axes));
}

static void run_engine(Arena *arena, const Case *c, const char *ir, MakeEngine *make, NndPool *pool)
{
    NndError error;
    char *problem;
    Engine *engine;
    NndAxes *axes;
    IrModule *module = ir_module_parse(arena, ir, &problem);
    CHECK(module);
    if (!module) {
        printf("%s\n%s", problem, ir);
        return;
    }
    NndExtent *given = read_extents(arena, c, module);
    const NndModuleDesc *desc = engine_module_desc(arena, module);
    NndStatus status = make(&engine, module, &error);
    CHECK_EQ_INT(status, NND_OK);
    CHECK_EQ_INT(nnd_axes_new(&axes, desc->dims, desc->dim_count, &error), NND_OK);
    CHECK_EQ_INT(nnd_axes_bind(axes, given, &error), NND_OK);
    const IrFunc *func = ir_module_func(module, "f");
    for (int i = 0; i < 2 && status == NND_OK; i++)
        call(arena, c, engine, func, nnd_axes_table(axes), i ? pool : NULL);
    nnd_axes_free(axes);
    if (status == NND_OK)
        engine->free(engine);
}

static const char *in_f64(Arena *arena, const char *ir)
{
    char *text = arena_strdup(arena, ir);
    for (char *at = text; (at = strstr(at, "f32"));)
        memcpy(at, "f64", 3);
    return text;
}

static void run_case(const Case *c, const char *op, NndPool *pool)
{
    static MakeEngine *const engines[] = {make_interp, make_jit};
    static const char *const names[] = {"interpreter", "compiled"};
    bool twice = strstr(c->ir, "f32") && !strstr(c->ir, "f64") && !strstr(c->ir, "bf16");
    for (int wide = 0; wide <= twice; wide++)
        for (int i = 0; i < 2; i++) {
            Arena *arena = arena_new();
            int before = test_failures;
            run_engine(arena, c, wide ? in_f64(arena, c->ir) : c->ir, engines[i], pool);
            if (test_failures > before)
                printf("%s: %s (%s%s)\n", op, c->name, names[i], wide ? ", f64" : "");
            arena_free(arena);
        }
}

/* Every case is about the operator that its file is named after. */
static void run_file(const char *folder, const char *op, NndPool *pool)
{
    Arena *arena = arena_new();
    const char *path = arena_printf(arena, "%s/%s.txt", folder, op);
    char *text = read_file(arena, path);
    Cases cases = {0};
    if (text)
        cases = read_cases(arena, text);
    if (!cases.count)
        printf("%s: no cases\n", path);
    CHECK(cases.count > 0);
    for (int i = 0; i < cases.count; i++) {
        CHECK(strstr(cases.data[i].ir, arena_printf(arena, "= %s ", op)));
        run_case(&cases.data[i], op, pool);
    }
    arena_free(arena);
}

int main(int argc, char **argv)
{
    NndPool *pool;
    NndError error;
    CHECK_EQ_INT(nnd_pool_new(&pool, 3, &error), NND_OK);
    for (int op = 0; op < OP_COUNT; op++)
        if (!ir_op_is_scalar((IrOp)op))
            run_file(argc > 1 ? argv[1] : "tests/ops", ir_op_info[op].name, pool);
    nnd_pool_free(pool);
    return test_report();
}
