/* SPDX-License-Identifier: Apache-2.0
 *
 * The gradient of every operator against central differences, in f64.
 */
#include "compiler/interp/interp.h"
#include "compiler/ops/grad.h"
#include "compiler/passes/passes.h"
#include "tests/check.h"
#include "tests/harness.h"

static const char prelude[] = "module \"t\"\n"
                              "dim batch = free\n"
                              "dim word = ragged batch\n"
                              "dim char = ragged word\n"
                              "dim time = uniform batch size 4\n"
                              "dim word.w3 = window word pad 0 span 3 stride 1 least 1\n";

static bool tested[OP_COUNT];

static double loss_at(Harness *h, Engine *engine, void *const *args)
{
    double loss = 0;
    void *results[] = {&loss};
    harness_run(h, engine, "f", args, results);
    return loss;
}

static void note_op(void *context, IrRegion *region, IrInst *inst)
{
    (void)context;
    (void)region;
    tested[inst->op] = true;
}

/* Compares every element of every adjoint. */
static void compare(Harness *h, Engine *engine, const IrFunc *func, const IrFunc *gradient, const char *what)
{
    void **args = harness_args(h, func, 0.3, 1.4), **adjoints = harness_results(h, gradient);
    harness_run(h, engine, gradient->name, args, adjoints);
    for (int i = 0, next = 1; i < func->arg_count; i++) {
        if (func->args[i]->type.dtype != NND_F64)
            continue;
        const double *found = adjoints[next++];
        double *x = args[i];
        for (int64_t k = 0; k < harness_count(h, &func->args[i]->type); k++) {
            const double step = 1e-6, before = x[k];
            x[k] = before + step;
            double above = loss_at(h, engine, args);
            x[k] = before - step;
            double below = loss_at(h, engine, args);
            x[k] = before;
            double expected = (above - below) / (2 * step);
            if (fabs(found[k] - expected) > 1e-6 * (1 + fabs(expected)))
                printf("%s: argument %d, element %lld:\n", what, i, (long long)k);
            CHECK_NEAR(found[k], expected, 1e-6 * (1 + fabs(expected)));
        }
    }
}

static IrFunc *differentiate(IrModule *module, const char *name)
{
    IrFunc *func = ir_module_func(module, "f");
    int wrt[16], count = 0;
    for (int i = 0; i < func->arg_count; i++)
        if (func->args[i]->type.dtype == NND_F64)
            wrt[count++] = i;
    return pass_gradient(func, name, 0, wrt, count);
}

/* `body` is the inside of a function f whose arguments are `args` and whose loss is %loss. */
static void check(const char *what, const char *args, const char *body)
{
    Arena *arena = arena_new();
    char *error = NULL;
    const char *text = arena_printf(arena, "%sfunc @f(%s) -> (loss) {\n%s\nreturn %%loss\n}\n", prelude, args, body);
    IrModule *module = ir_module_parse(arena, text, &error);
    if (!module) {
        printf("%s: %s\n%s", what, error, text);
        CHECK(module);
        arena_free(arena);
        return;
    }
    ir_func_walk(ir_module_func(module, "f"), note_op, NULL);
    IrFunc *plain = differentiate(module, "plain");
    passes_run(module, &(PassOptions){.verify_each = true});
    IrFunc *optimised = differentiate(module, "optimised");
    passes_run(module, &(PassOptions){.verify_each = true});
    NndError why;
    Engine *engine;
    CHECK_EQ_INT(interp_engine_new(&engine, module, &why), NND_OK);
    Harness h;
    harness_begin(&h, arena, module, 1);
    compare(&h, engine, ir_module_func(module, "f"), plain, what);
    compare(&h, engine, ir_module_func(module, "f"), optimised, what);
    harness_end(&h);
    engine->free(engine);
    arena_free(arena);
}

/* A loss that weighs every element differently: sum(y * w) with w an argument. */
#define LOSS(type, axes)                                                                           \
    "%p = mul %y, %w : " type "\n"                                                                 \
    "%loss = sum %p {axes = " axes "} : f64\n"

static void scalar_operators(void)
{
    Arena *arena = arena_new();
    for (IrOp op = 0; op < OP_COUNT; op++) {
        const IrOpInfo *info = &ir_op_info[op];
        if (!ir_op_is_scalar(op) || info->flags & NOGRAD || op == OP_select)
            continue;
        const char *operands = info->arity == 1 ? "%a" : "%a, %b";
        check(info->name, "param %a: f64[5, 7], param %b: f64[5, 7], param %w: f64[5, 7]",
              arena_printf(arena, "%%y = %s %s : f64[5, 7]\n%s", info->name, operands, LOSS("f64[5, 7]", "3")));
    }
    check("select", "param %a: f64[7], param %b: f64[7], param %w: f64[7]",
          "%c = gt %a, %b : bool[7]\n%y = select %c, %a, %b : f64[7]\n" LOSS("f64[7]", "1"));
    arena_free(arena);
}

static void operators_that_move_data(void)
{
    check("broadcast", "param %a: f64[4], param %w: f64[3, 4, 2]",
          "%y = broadcast %a {map = [-1, 0, -1]} : f64[3, 4, 2]\n" LOSS("f64[3, 4, 2]", "7"));
    check("broadcast of permuted axes", "param %a: f64[4, 3], param %w: f64[3, 2, 4]",
          "%y = broadcast %a {map = [1, -1, 0]} : f64[3, 2, 4]\n" LOSS("f64[3, 2, 4]", "7"));
    check("broadcast to segments", "param %a: f64[batch, 2], param %w: f64[char, 3, 2]",
          "%y = broadcast %a {map = [0, -1, 1]} : f64[char, 3, 2]\n%p = mul %y, %w : f64[char, 3, 2]\n"
          "%s = sum %p {axes = 7} : f64[word]\n%t = sum %s {axes = 1} : f64[batch]\n%loss = sum %t {axes = 1} : f64");
    check("broadcast of weights to rows", "param %a: f64[2], param %w: f64[word, 2]",
          "%y = broadcast %a {map = [-1, 0]} : f64[word, 2]\n%p = mul %y, %w : f64[word, 2]\n"
          "%s = sum %p {axes = 3} : f64[batch]\n%loss = sum %s {axes = 1} : f64");
    check("reshape", "param %a: f64[6, 2], param %w: f64[3, 4]", "%y = reshape %a : f64[3, 4]\n" LOSS("f64[3, 4]", "3"));
    check("transpose", "param %a: f64[2, 3, 4], param %w: f64[4, 2, 3]",
          "%y = transpose %a {map = [2, 0, 1]} : f64[4, 2, 3]\n" LOSS("f64[4, 2, 3]", "7"));
    check("slice", "param %a: f64[5, 3], param %w: f64[2, 3]",
          "%y = slice %a {axis = 0, start = 2, size = 2} : f64[2, 3]\n" LOSS("f64[2, 3]", "3"));
    check("pad", "param %a: f64[5, 3], param %w: f64[5, 7]",
          "%y = pad %a {axis = 1, start = 1, size = 7} : f64[5, 7]\n" LOSS("f64[5, 7]", "3"));
    check("concat", "param %a: f64[5, 3], param %b: f64[5, 4], param %w: f64[5, 7]",
          "%y = concat %a, %b {axis = 1} : f64[5, 7]\n" LOSS("f64[5, 7]", "3"));
    check("cast", "param %a: f64[3], param %w: f64[3]", "%y = cast %a : f64[3]\n" LOSS("f64[3]", "1"));
    check("gather", "param %a: f64[5, 2], input %i: i32[batch], param %w: f64[batch, 2]",
          "%y = gather %a, %i : f64[batch, 2]\n" LOSS("f64[batch, 2]", "3"));
    check("scatter_add", "param %a: f64[batch, 2], input %i: i32[batch], param %w: f64[4, 2]",
          "%y = scatter_add %a, %i : f64[4, 2]\n" LOSS("f64[4, 2]", "3"));
}

static void windows(void)
{
    check("window", "param %a: f64[2, 7, 3], param %w: f64[2, 4, 3, 3]",
          "%y = window %a {axis = 1, size = 3, stride = 2, dilation = 1, low = 1, fill = 0.5} : f64[2, 4, 3, 3]\n"
          LOSS("f64[2, 4, 3, 3]", "15"));
    check("window over a ragged axis", "param %a: f64[word, 2], param %w: f64[word.w3, 3, 2]",
          "%y = window %a {axis = 0, size = 3, stride = 1, dilation = 1, low = 0, fill = 0} : f64[word.w3, 3, 2]\n"
          "%p = mul %y, %w : f64[word.w3, 3, 2]\n%s = sum %p {axes = 7} : f64[batch]\n%loss = sum %s {axes = 1} : f64");
    check("unwindow", "param %a: f64[4, 3, 2], param %w: f64[7, 2]",
          "%y = unwindow %a {axis = 0, size = 3, stride = 2, dilation = 1, low = 1, fill = 0} : f64[7, 2]\n"
          LOSS("f64[7, 2]", "3"));
}

static void reductions(void)
{
    check("sum", "param %a: f64[2, 3, 4], param %w: f64[3]", "%y = sum %a {axes = 5} : f64[3]\n" LOSS("f64[3]", "1"));
    check("reduce_max", "param %a: f64[2, 3, 4], param %w: f64[3]",
          "%y = reduce_max %a {axes = 5} : f64[3]\n" LOSS("f64[3]", "1"));
    check("reduce_max over segments", "param %a: f64[word, 4], param %w: f64[batch, 4]",
          "%y = reduce_max %a {axes = 1} : f64[batch, 4]\n" LOSS("f64[batch, 4]", "3"));
    check("sum over segments", "param %a: f64[char, 2], param %w: f64[word, 2]",
          "%y = sum %a {axes = 1} : f64[word, 2]\n%p = mul %y, %w : f64[word, 2]\n%s = sum %p {axes = 3} : f64[batch]\n"
          "%loss = sum %s {axes = 1} : f64");
}

static void contractions(void)
{
    check("dot", "param %a: f64[batch, 4], param %b: f64[4, 2], param %w: f64[batch, 2]",
          "%y = dot %a, %b {a_batch = [], b_batch = [], a_contract = [1], b_contract = [0]} : f64[batch, 2]\n"
          LOSS("f64[batch, 2]", "3"));
    check("dot with batch axes", "param %a: f64[3, 4, 2], param %b: f64[5, 3, 4], param %w: f64[3, 2, 5]",
          "%y = dot %a, %b {a_batch = [0], b_batch = [1], a_contract = [1], b_contract = [2]} : f64[3, 2, 5]\n"
          LOSS("f64[3, 2, 5]", "7"));
    check("dot over two axes", "param %a: f64[word, 3, 4], param %b: f64[4, 2, 3], param %w: f64[word, 2]",
          "%y = dot %a, %b {a_batch = [], b_batch = [], a_contract = [1, 2], b_contract = [2, 0]} : f64[word, 2]\n"
          "%p = mul %y, %w : f64[word, 2]\n%s = sum %p {axes = 3} : f64[batch]\n%loss = sum %s {axes = 1} : f64");
}

/* h' = tanh(x . W + h . U + r), emitted; the last state counts too. */
#define RNN(reverse, dim)                                                                          \
    "%seq, %last = scan %x, %r, %h {dim = " dim ", reverse = " reverse ", seq = 1, row = 1, state = 1, emit = 1} : f64[" dim ", 3], f64[batch, 3] {\n" \
    "^(%xt: f64[batch, 2], %rt: f64[batch, 3], %ht: f64[batch, 3])\n"                              \
    "%xw = dot %xt, %W {a_batch = [], b_batch = [], a_contract = [1], b_contract = [0]} : f64[batch, 3]\n" \
    "%hu = dot %ht, %U {a_batch = [], b_batch = [], a_contract = [1], b_contract = [0]} : f64[batch, 3]\n" \
    "%s1 = add %xw, %hu : f64[batch, 3]\n%s2 = add %s1, %rt : f64[batch, 3]\n"                     \
    "%bb = broadcast %b {map = [-1, 0]} : f64[batch, 3]\n%s3 = add %s2, %bb : f64[batch, 3]\n"     \
    "%new = tanh %s3 : f64[batch, 3]\n%out = mul %new, %ht : f64[batch, 3]\n"                      \
    "yield %new emit %out\n}\n"                                                                    \
    "%e1 = mul %seq, %seq : f64[" dim ", 3]\n%e2 = sum %e1 {axes = 3} : f64[batch]\n"              \
    "%e3 = sum %e2 {axes = 1} : f64\n%l1 = mul %last, %w : f64[batch, 3]\n%l2 = sum %l1 {axes = 3} : f64\n" \
    "%loss = add %e3, %l2 : f64\n"
#define RNN_ARGS(dim)                                                                              \
    "param %x: f64[" dim ", 2], param %r: f64[batch, 3], param %h: f64[batch, 3], param %W: f64[2, 3], param %U: f64[3, 3], " \
    "param %b: f64[3], param %w: f64[batch, 3]"

static void scans(void)
{
    check("scan over a ragged axis", RNN_ARGS("word"), RNN("false", "word"));
    check("scan in reverse", RNN_ARGS("word"), RNN("true", "word"));
    check("scan over a uniform axis", RNN_ARGS("time"), RNN("false", "time"));
    check("scan with two states", "param %x: f64[word, 2], param %h: f64[batch, 2], param %c: f64[batch, 2], param %w: f64[batch, 2]",
          "%hl, %cl = scan %x, %h, %c {dim = word, reverse = false, seq = 1, row = 0, state = 2, emit = 0} : f64[batch, 2], f64[batch, 2] {\n"
          "^(%xt: f64[batch, 2], %ht: f64[batch, 2], %ct: f64[batch, 2])\n"
          "%f = sigmoid %ht : f64[batch, 2]\n%fc = mul %f, %ct : f64[batch, 2]\n%cn = add %fc, %xt : f64[batch, 2]\n"
          "%th = tanh %cn : f64[batch, 2]\n%hn = mul %th, %xt : f64[batch, 2]\nyield %hn, %cn emit\n}\n"
          "%y = mul %hl, %cl : f64[batch, 2]\n" LOSS("f64[batch, 2]", "3"));
}

static void no_operator_is_forgotten(void)
{
    for (IrOp op = 0; op < OP_COUNT; op++) {
        if (!(ir_op_info[op].flags & NOGRAD) && !tested[op])
            printf("no gradient was tested for %s\n", ir_op_info[op].name);
        CHECK(ir_op_info[op].flags & NOGRAD || tested[op]);
    }
}

int main(void)
{
    scalar_operators();
    operators_that_move_data();
    windows();
    reductions();
    contractions();
    scans();
    no_operator_is_forgotten();
    return test_report();
}
