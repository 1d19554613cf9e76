/* SPDX-License-Identifier: Apache-2.0
 *
 * The picture of what was fused with what: a box for each kernel with its
 * instructions, arrows for the values that are in memory between them.
 */
#include "compiler/driver/graph.h"
#include "compiler/passes/fuse.h"

typedef struct Counted {
    const char *name;
    int count;
} Counted;

/* "dot, 3 add, max" */
static const char *operations(Arena *arena, const Kernel *kernel)
{
    VEC(Counted) found = {0};
    for (int i = 0; i < kernel->insts.count; i++) {
        const char *name = ir_op_info[kernel->insts.data[i]->op].name;
        int at = 0;
        while (at < found.count && strcmp(found.data[at].name, name))
            at++;
        if (at == found.count)
            vec_push(arena, &found, ((Counted){name, 0}));
        found.data[at].count++;
    }
    const char *text = "";
    for (int i = 0; i < found.count; i++) {
        const Counted *c = &found.data[i];
        const char *mark = !i ? "" : i % 4 ? ", " : ",  ";
        text = c->count > 1 ? arena_printf(arena, "%s%s%d %s", text, mark, c->count, c->name)
                            : arena_printf(arena, "%s%s%s", text, mark, c->name);
    }
    return text;
}

static bool is_ragged(const IrType *type)
{
    return type->rank && ir_dim_segmented(type->dims[0]);
}

static void draw_kernel(Graph *graph, const Kernel *kernel, const int *box_of, int box)
{
    for (int i = 0; i < kernel->insts.count; i++) {
        const IrInst *inst = kernel->insts.data[i];
        for (int k = 0; k < inst->arg_count; k++) {
            const IrValue *arg = inst->args[k];
            int from = box_of[arg->id];
            if (from >= 0 && from != box && arg->kind != NND_ARG_PARAM &&
                arg->kind != NND_ARG_FIXED)
                graph_arrow(graph, from, box, ir_type_text(graph->arena, &arg->type),
                            is_ragged(&arg->type));
        }
    }
}

static Box kernel_box(Graph *graph, const Kernel *kernel, int number)
{
    static const char *const names[] = {
        [KERNEL_MAP] = "elements", [KERNEL_REDUCE] = "reduction", [KERNEL_DOT] = "product", [KERNEL_SCAN] = "scan",
        [KERNEL_ROWS] = "rows"};
    Box box = {.kind = kernel->kind == KERNEL_SCAN  ? BOX_SCAN
                       : kernel->kind == KERNEL_DOT ? BOX_LAYER
                                                    : BOX_OPERATOR,
               .title = arena_printf(graph->arena, "kernel %d: %s", number, names[kernel->kind]),
               .detail = operations(graph->arena, kernel)};
    if (kernel->run)
        box.note = arena_printf(graph->arena, "row by row with the other kernels of run %d", kernel->run);
    if (kernel->beside)
        box.note = arena_printf(graph->arena, "may run at the same time as the other kernels of group %d", kernel->beside);
    if (kernel->kind == KERNEL_SCAN) {
        KernelList inner = fuse_kernels(graph->arena, kernel->anchor->region);
        box.steps = kernel->anchor->attrs.scan.dim->name;
        box.reverse = kernel->anchor->attrs.scan.reverse;
        box.detail = "each step:";
        for (int i = 0; i < inner.items.count; i++)
            box.detail = arena_printf(graph->arena, "%s%s (%s)", box.detail, i ? "," : "",
                                      operations(graph->arena, inner.items.data[i]));
    }
    return box;
}

void graph_kernels(Graph *graph, const IrFunc *func)
{
    int values = ir_func_number((IrFunc *)func);
    int *box_of = ARENA_ARRAY(graph->arena, int, values + 1);
    for (int i = 0; i < values; i++)
        box_of[i] = -1;
    for (int i = 0; i < func->arg_count; i++) {
        const IrValue *arg = func->args[i];
        if (arg->kind == NND_ARG_INPUT)
            box_of[arg->id] = graph_box(graph, (Box){.kind = BOX_INPUT, .title = arg->name,
                                                     .detail = ir_type_text(graph->arena, &arg->type)});
    }
    KernelList kernels = fuse_body(graph->arena, func, values);
    for (int i = 0; i < kernels.items.count; i++) {
        const Kernel *kernel = kernels.items.data[i];
        int box = graph_box(graph, kernel_box(graph, kernel, i + 1));
        draw_kernel(graph, kernel, box_of, box);
        for (int k = 0; k < kernel->insts.count; k++)
            for (int r = 0; r < kernel->insts.data[k]->result_count; r++)
                box_of[kernel->insts.data[k]->results[r].id] = box;
    }
    for (int i = 0; i < func->body->yield_count; i++) {
        const IrValue *value = func->body->yields[i];
        const char *type = ir_type_text(graph->arena, &value->type);
        int box = graph_box(graph, (Box){.kind = BOX_OUTPUT, .title = func->result_names[i], .detail = type});
        if (box_of[value->id] >= 0)
            graph_arrow(graph, box_of[value->id], box, "", is_ragged(&value->type));
    }
}
