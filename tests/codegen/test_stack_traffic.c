/* SPDX-License-Identifier: Apache-2.0
 *
 * Innermost loops of the examples' predictions, with weights of f32 and of bf16, keep vectors in registers: a tile of
 * sums that is spilled runs at half its speed or less. LLVM says in the assembly
 * which block is in which loop and which instruction moves a register to or from
 * the stack. A loop that mostly multiplies and adds (the walk along the contracted
 * axes) must not move any vector, or one in MOST_OF_WALK where instructions have two
 * operands and products need registers of their own; in others, polynomials of many constants or
 * maxima of many windows, one instruction in MOST_SHARE may. A loop that calls a
 * function has to save its registers (exp of a processor without a fused
 * multiply-add). Scalars are counted, not refused: addresses of rows, which a load
 * takes from the first-level cache next to the arithmetic.
 *
 *     test_stack_traffic CPU
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "compiler/codegen/listing.h"
#include "compiler/ir/lower.h"
#include "compiler/passes/passes.h"
#include "lang/diag.h"
#include "lang/embedded.h"
#include "lang/program.h"
#include "tests/check.h"

enum { MOST_SHARE = 3, MOST_OF_WALK = 12 };

typedef struct Loop {
    const char *header; /* "BB3_7" */
    int vectors, products, vectors_moved, scalars_moved, calls;
} Loop;

typedef struct Lint {
    Arena *arena;
    const char *label, *function;
    bool fused; /* the processor multiplies and adds in one instruction */
    const char *block;
    VEC(Loop) loops; /* innermost ones of the function */
    int current;     /* the loop that the line at hand is in, or -1 */
    int loop_count, product_loops, scalars_moved; /* in all */
} Lint;

static int find_loop(const Lint *lint, const char *header, size_t length)
{
    for (int i = 0; i < lint->loops.count; i++)
        if (strlen(lint->loops.data[i].header) == length && !memcmp(lint->loops.data[i].header, header, length))
            return i;
    return -1;
}

static void check_loop(Lint *lint, const Loop *loop)
{
    bool walk = 2 * loop->products >= loop->vectors && loop->products;
    int allowed = lint->fused ? 0 : loop->vectors / MOST_OF_WALK;
    bool moves = walk ? loop->vectors_moved > allowed : !loop->calls && loop->vectors_moved * MOST_SHARE > loop->vectors;
    if (moves)
        printf("%s, %s, loop %s: %d of %d vector instructions, %d of them products, move vectors to or from the stack\n",
               lint->label, lint->function, loop->header, loop->vectors_moved, loop->vectors, loop->products);
    CHECK(!moves);
    lint->loop_count++;
    lint->product_loops += walk;
    lint->scalars_moved += loop->scalars_moved;
}

static void end_function(Lint *lint)
{
    for (int i = 0; i < lint->loops.count; i++)
        check_loop(lint, &lint->loops.data[i]);
    lint->loops.count = 0;
    lint->current = -1;
}

/* ".LBB3_7:" or "# %bb.4:" begins a block; "name:" a function. */
static void read_label(Lint *lint, const char *line)
{
    size_t length = strcspn(line, ":");
    lint->current = -1;
    if (!strncmp(line, ".LBB", 4)) {
        lint->block = arena_strndup(lint->arena, line + 2, length - 2);
    } else if (*line != '#' && *line != '.') {
        end_function(lint);
        lint->function = arena_strndup(lint->arena, line, length);
    }
}

/* Comments after a label. */
static void read_loop(Lint *lint, const char *line)
{
    static const char inside[] = "in Loop: Header=";
    const char *header = strstr(line, inside);
    if (strstr(line, "This Inner Loop Header")) {
        lint->current = lint->loops.count;
        vec_push(lint->arena, &lint->loops, ((Loop){.header = lint->block}));
    } else if (header && lint->current < 0) {
        header += sizeof inside - 1;
        lint->current = find_loop(lint, header, strcspn(header, " \t\n"));
    }
}

static bool is_vector(const char *line)
{
    return strstr(line, "%xmm") || strstr(line, "%ymm") || strstr(line, "%zmm");
}

static bool is_product(const char *line)
{
    return strstr(line, "\tvfmadd") || strstr(line, "\tvfnmadd") || strstr(line, "\tmulps") || strstr(line, "\taddps");
}

/* "# 64-byte Spill", "# 8-byte Folded Reload" */
static int moved_bytes(const char *line)
{
    const char *text = strstr(line, "-byte ");
    if (!text || !(strstr(text, "Spill") || strstr(text, "Reload")))
        return 0;
    while (isdigit((unsigned char)text[-1]))
        text--;
    return atoi(text);
}

static void read_instruction(Lint *lint, const char *line)
{
    if (lint->current < 0)
        return;
    Loop *loop = &lint->loops.data[lint->current];
    int bytes = moved_bytes(line);
    loop->vectors += is_vector(line);
    loop->calls += !strncmp(line, "\tcall", 5);
    loop->products += is_product(line);
    loop->vectors_moved += bytes >= 16;
    loop->scalars_moved += bytes > 0 && bytes < 16;
}

static void read_line(Lint *lint, const char *line)
{
    bool comment = strstr(line, "Loop") != NULL;
    if (*line && *line != '\t' && *line != ' ' && strchr(line, ':'))
        read_label(lint, line);
    if (comment)
        read_loop(lint, line);
    else if (*line == '\t' && isalpha((unsigned char)line[1]))
        read_instruction(lint, line);
}

static void read_assembly(Lint *lint, char *text)
{
    lint->current = -1;
    for (char *line = text, *end; *line; line = end + 1) {
        end = line + strcspn(line, "\n");
        bool last = !*end;
        *end = '\0';
        read_line(lint, line);
        if (last)
            break;
    }
    end_function(lint);
}

static IrModule *predict_of(Arena *arena, const EmbeddedFile *example, bool narrow)
{
    Diags *diags = diags_new(arena);
    Source *source = source_new(arena, example->name, example->text, strlen(example->text));
    Program *program = program_check(arena, source, NULL, NULL, 0, 1000, diags);
    IrModule *module = program ? lower_program(arena, program, NND_F32, diags) : NULL;
    IrFunc *predict = module ? ir_module_func(module, "predict") : NULL;
    if (!predict)
        return NULL;
    module->funcs.data[0] = predict;
    module->funcs.count = 1;
    if (narrow) {
        pass_freeze(predict);
        pass_narrow(module);
    }
    passes_run(module, &(PassOptions){.fuse = true});
    return module;
}

static void check_example(const EmbeddedFile *example, const char *cpu, bool narrow, Lint *total)
{
    Arena *arena = arena_new();
    Stopwatch watch = stopwatch_begin(false);
    Lint lint = {.arena = arena, .label = narrow ? arena_printf(arena, "%s with bf16 weights", example->name) : example->name, .fused = strcmp(cpu, "x86-64") != 0};
    NndError error;
    const char *text;
    IrModule *module = predict_of(arena, example, narrow);
    CHECK(module != NULL);
    if (module && codegen_listing(&text, arena, module, &(ListingOptions){.assembly = true, .cpu = cpu, .watch = &watch}, &error))
        NND_BUG("%s: %s", example->name, error.text);
    if (module)
        read_assembly(&lint, arena_strdup(arena, text));
    total->loop_count += lint.loop_count;
    total->product_loops += lint.product_loops;
    total->scalars_moved += lint.scalars_moved;
    arena_free(arena);
}

int main(int argc, char **argv)
{
    Lint total = {0};
    if (argc != 2) {
        fprintf(stderr, "usage: test_stack_traffic CPU\n");
        return 1;
    }
    for (int i = 0; i < example_file_count; i++) {
        check_example(&example_files[i], argv[1], false, &total);
        check_example(&example_files[i], argv[1], true, &total);
    }
    printf("%s: %d innermost loops, %d walk along contracted axes; %d moves of scalars\n", argv[1], total.loop_count, total.product_loops,
           total.scalars_moved);
    CHECK(total.product_loops > 2 * example_file_count); /* or the assembly was not understood */
    return test_report();
}
