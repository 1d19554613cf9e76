/* SPDX-License-Identifier: Apache-2.0
 *
 * Each test spoils one thing in a module that is well-formed without it.
 */
#include "compiler/ir/ir.h"
#include "tests/check.h"

typedef struct Fixture {
    Arena *arena;
    IrModule *module;
    IrDim *batch, *word, *three;
    IrFunc *func;
    IrBuilder b;
    IrValue *x;     /* [word, 3] */
    IrValue *row;   /* [batch, 3] */
    IrValue *table; /* [3, 3] */
} Fixture;

static Fixture fixture(void)
{
    Fixture f = {.arena = arena_new()};
    f.module = ir_module_new(f.arena, "test");
    f.batch = ir_dim_free(f.module, "batch");
    f.word = ir_dim_ragged(f.module, "word", f.batch, 0);
    f.three = ir_dim_const(f.module, 3);
    f.func = ir_func_new(f.module, "main");
    f.x =
        ir_func_arg(f.func, NND_ARG_INPUT, "x", ir_type(NND_F32, 2, (IrDim *[]){f.word, f.three}));
    f.row = ir_func_arg(f.func, NND_ARG_INPUT, "row",
                        ir_type(NND_F32, 2, (IrDim *[]){f.batch, f.three}));
    f.table = ir_func_arg(f.func, NND_ARG_PARAM, "table",
                          ir_type(NND_F32, 2, (IrDim *[]){f.three, f.three}));
    f.b = ir_builder_at_end(f.module, f.func->body);
    return f;
}

static IrValue *finish(Fixture *f, IrValue *result)
{
    ir_func_return(f->func, &result, (const char *[]){"r"}, 1);
    return result;
}

/* The module is rejected, and the message has this in it. */
static void check_rejected(Fixture *f, const char *message)
{
    char *error = ir_module_verify(f->arena, f->module);
    if (!error || !strstr(error, message))
        printf("expected \"%s\", found \"%s\"\n", message, error ? error : "nothing");
    CHECK(error && strstr(error, message));
    arena_free(f->arena);
}

static IrValue *add(Fixture *f, IrValue *x)
{
    return ir_ew(&f->b, OP_add, x, x, NULL);
}

static void a_good_module_passes(void)
{
    Fixture f = fixture();
    finish(&f, add(&f, f.x));
    CHECK(!ir_module_verify(f.arena, f.module));
    arena_free(f.arena);
}

static void an_operand_of_another_function_is_rejected(void)
{
    Fixture f = fixture();
    IrFunc *other = ir_func_new(f.module, "other");
    IrValue *y = ir_func_arg(other, NND_ARG_INPUT, "y", f.x->type);
    ir_func_return(other, NULL, NULL, 0);
    finish(&f, add(&f, f.x))->def->args[1] = y;
    check_rejected(&f, "@main: add: operand 1 is not defined here");
}

static void a_use_before_the_definition_is_rejected(void)
{
    Fixture f = fixture();
    IrValue *first = add(&f, f.x), *second = add(&f, first);
    first->def->args[0] = second;
    finish(&f, second);
    check_rejected(&f, "operand 0 is not defined here");
}

static void a_missing_operand_is_rejected(void)
{
    Fixture f = fixture();
    finish(&f, add(&f, f.x))->def->args[0] = NULL;
    check_rejected(&f, "operand 0 is not defined here");
}

static void a_removed_result_is_rejected(void)
{
    Fixture f = fixture();
    IrValue *sum = finish(&f, add(&f, f.x));
    ir_inst_remove(f.func->body, sum->def);
    check_rejected(&f, "@main: return: operand 0 is not defined here");
}

static void a_wrong_type_is_rejected(void)
{
    Fixture f = fixture();
    finish(&f, add(&f, f.x))->type.dtype = NND_F64;
    check_rejected(&f, "result 0 is f32[word, 3], not f64[word, 3]");
}

static void the_instruction_is_shown(void)
{
    Fixture f = fixture();
    finish(&f, add(&f, f.x))->type.dims[1] = ir_dim_const(f.module, 4);
    check_rejected(&f, "%3 = add %x, %x : f32[word, 4]");
}

static void operands_of_different_types_are_rejected(void)
{
    Fixture f = fixture();
    finish(&f, add(&f, f.x))->def->args[0] = f.row;
    check_rejected(&f, "operand 0 has other dimensions");
}

static void a_wrong_number_of_operands_is_rejected(void)
{
    Fixture f = fixture();
    finish(&f, add(&f, f.x))->def->arg_count = 1;
    check_rejected(&f, "1 operands instead of 2");
}

static void a_segmented_axis_behind_another_is_rejected(void)
{
    Fixture f = fixture();
    IrValue *sum = finish(&f, add(&f, f.x));
    sum->type.dims[1] = f.word;
    check_rejected(&f, "a segmented dimension is not axis 0");
}

static void a_dimension_of_another_module_is_rejected(void)
{
    Fixture f = fixture();
    IrModule *other = ir_module_new(f.arena, "other");
    f.x->type.dims[0] = ir_dim_free(other, "batch");
    finish(&f, add(&f, f.row));
    check_rejected(&f, "argument 0: a dimension is not of this module");
}

static void arguments_of_one_name_are_rejected(void)
{
    Fixture f = fixture();
    f.row->name = "x";
    finish(&f, add(&f, f.x));
    check_rejected(&f, "argument 1: there are two of this name");
}

static void functions_of_one_name_are_rejected(void)
{
    Fixture f = fixture();
    finish(&f, add(&f, f.x));
    ir_func_return(ir_func_new(f.module, "main"), NULL, NULL, 0);
    check_rejected(&f, "there are two functions of this name");
}

static void a_broken_list_is_rejected(void)
{
    Fixture f = fixture();
    IrValue *first = add(&f, f.x);
    finish(&f, add(&f, first))->def->prev = NULL;
    check_rejected(&f, "the list of instructions is broken");
}

static void a_result_without_its_instruction_is_rejected(void)
{
    Fixture f = fixture();
    IrValue *sum = finish(&f, add(&f, f.x));
    sum->def = NULL;
    check_rejected(&f, "a result does not know its instruction");
}

static void a_broken_dimension_is_rejected(void)
{
    Fixture f = fixture();
    finish(&f, add(&f, f.x));
    f.word->parent = NULL;
    check_rejected(&f, "dimension word: its parent is wrong");
}

static void impossible_windows_are_rejected(void)
{
    Fixture f = fixture();
    ir_dim_window(f.module, f.word, 0, 3, 0, 0);
    finish(&f, add(&f, f.x));
    check_rejected(&f, "dimension word.w3: its windows are impossible");
}

/* ---- attributes ---- */

static void a_broadcast_that_drops_an_axis_is_rejected(void)
{
    Fixture f = fixture();
    IrValue *wide = finish(&f, ir_broadcast(&f.b, f.row, f.x->type, (int8_t[]){0, 1}));
    wide->def->attrs.map[1] = -1;
    check_rejected(&f, "an axis of the operand is not used");
}

static void a_broadcast_to_a_stranger_is_rejected(void)
{
    Fixture f = fixture();
    IrDim *four = ir_dim_const(f.module, 4);
    IrValue *wide = finish(&f, ir_broadcast(&f.b, f.row, f.x->type, (int8_t[]){0, 1}));
    wide->type.dims[1] = four;
    check_rejected(&f, "result axis 1 is 4, not 3");
}

static void a_reshape_that_changes_the_size_is_rejected(void)
{
    Fixture f = fixture();
    IrType type = ir_type(NND_F32, 3, (IrDim *[]){f.word, f.three, ir_dim_const(f.module, 1)});
    IrValue *split = finish(&f, ir_reshape(&f.b, f.x, type));
    split->type.dims[2] = f.three;
    check_rejected(&f, "the number of elements changes");
}

static void a_reshape_to_other_items_is_rejected(void)
{
    Fixture f = fixture();
    IrType type = ir_type(NND_F32, 3, (IrDim *[]){f.word, f.three, ir_dim_const(f.module, 1)});
    IrValue *split = finish(&f, ir_reshape(&f.b, f.x, type));
    split->type.dims[0] = f.batch;
    check_rejected(&f, "dimension word becomes batch");
}

static void a_transpose_that_is_no_permutation_is_rejected(void)
{
    Fixture f = fixture();
    IrValue *turned = finish(&f, ir_transpose(&f.b, f.table, (int8_t[]){1, 0}));
    turned->def->attrs.map[0] = 0;
    check_rejected(&f, "the axes are not a permutation");
}

static void a_slice_out_of_range_is_rejected(void)
{
    Fixture f = fixture();
    IrValue *part = finish(&f, ir_slice(&f.b, f.x, 1, 1, 2));
    part->def->attrs.slice.start = 2;
    check_rejected(&f, "entries 2 to 4 of 3");
}

static void a_concat_of_other_sizes_is_rejected(void)
{
    Fixture f = fixture();
    IrValue *both = finish(&f, ir_concat(&f.b, (IrValue *[]){f.x, f.x}, 2, 1));
    both->def->arg_count = 1;
    check_rejected(&f, "the sizes do not add up");
}

static void windows_of_no_dimension_are_rejected(void)
{
    Fixture f = fixture();
    IrWindow w = {.size = 3, .stride = 1, .dilation = 1};
    IrValue *windows =
        finish(&f, ir_window(&f.b, f.x, w, ir_dim_window(f.module, f.word, 0, 3, 1, 0)));
    windows->type.dims[0] = f.batch;
    check_rejected(&f, "batch is not a dimension of windows over word");
}

static void an_index_that_is_no_integer_is_rejected(void)
{
    Fixture f = fixture();
    IrValue *index = ir_cast(&f.b, f.x, NND_I32);
    finish(&f, ir_gather(&f.b, f.table, index))->def->args[1] = f.x;
    check_rejected(&f, "the index is not i32");
}

static void a_reduction_of_no_axis_is_rejected(void)
{
    Fixture f = fixture();
    finish(&f, ir_reduce(&f.b, OP_sum, f.x, 1))->def->attrs.axes = 0;
    check_rejected(&f, "there are no such axes");
}

static void an_argmax_over_a_segment_and_more_is_rejected(void)
{
    Fixture f = fixture();
    finish(&f, ir_reduce(&f.b, OP_argmax, f.x, 1))->def->attrs.axes = 3;
    check_rejected(&f, "the place in a segment");
}

static void a_product_of_unequal_axes_is_rejected(void)
{
    Fixture f = fixture();
    IrDot dot = {.contract_count = 1, .a_contract = {1}};
    finish(&f, ir_dot(&f.b, f.x, f.table, dot))->def->attrs.dot.a_contract[0] = 0;
    check_rejected(&f, "contracted axes 0 and 0 do not match");
}

static void a_product_with_rows_behind_is_rejected(void)
{
    Fixture f = fixture();
    IrDot dot = {.contract_count = 1, .a_contract = {1}};
    IrInst *inst = finish(&f, ir_dot(&f.b, f.x, f.table, dot))->def;
    inst->args[0] = f.table;
    inst->args[1] = f.x;
    inst->attrs.dot.b_contract[0] = 1;
    check_rejected(&f, "segmented dimension word is axis 1, not 0");
}

static void lengths_of_a_free_dimension_are_rejected(void)
{
    Fixture f = fixture();
    finish(&f, ir_lengths(&f.b, f.word))->def->attrs.dim = f.batch;
    check_rejected(&f, "the dimension is not segmented");
}

static void random_integers_are_rejected(void)
{
    Fixture f = fixture();
    finish(&f, ir_uniform(&f.b, f.x->type, 0))->type.dtype = NND_I32;
    check_rejected(&f, "random numbers cannot be i32");
}

/* ---- scan ---- */

/* A running sum over the words: state and sequence; `*inner` is where the body can be extended. */
static IrInst *begin_scan(Fixture *f, IrBuilder *inner)
{
    IrScan scan = {.dim = f->word, .seq_count = 1, .state_count = 1};
    IrInst *inst = ir_scan_begin(&f->b, scan, (IrValue *[]){f->x, f->row});
    *inner = ir_builder_at_end(f->module, inst->region);
    return inst;
}

static void finish_scan(Fixture *f, IrInst *inst, IrBuilder *inner, IrValue *emitted)
{
    IrValue *params[] = {&inst->region->params[0], &inst->region->params[1]};
    IrValue *state = ir_ew(inner, OP_add, params[0], params[1], NULL);
    ir_scan_finish(f->module, inst, &state, emitted ? &emitted : &state, 1);
    finish(f, &inst->results[0]);
}

static void a_good_scan_passes(void)
{
    Fixture f = fixture();
    IrBuilder inner;
    IrInst *inst = begin_scan(&f, &inner);
    IrDot dot = {.contract_count = 1, .a_contract = {1}};
    finish_scan(&f, inst, &inner, ir_dot(&inner, &inst->region->params[1], f.table, dot));
    char *error = ir_module_verify(f.arena, f.module);
    CHECK(!error);
    arena_free(f.arena);
}

static void outer_rows_in_a_scan_are_rejected(void)
{
    Fixture f = fixture();
    IrBuilder inner;
    IrInst *inst = begin_scan(&f, &inner);
    finish_scan(&f, inst, &inner, ir_ew(&inner, OP_mul, f.row, &inst->region->params[1], NULL));
    check_rejected(&f, "operand 0 has a row for each item but comes from outside");
}

static void items_as_another_axis_of_an_operand_are_rejected(void)
{
    Fixture f = fixture();
    IrType wide = ir_type(NND_F32, 2, (IrDim *[]){f.word, f.batch});
    IrValue *x = ir_func_arg(f.func, NND_ARG_INPUT, "wide", wide);
    IrScan scan = {.dim = f.word, .seq_count = 1};
    IrInst *inst = ir_scan_begin(&f.b, scan, &x);
    IrValue *param = &inst->region->params[0];
    ir_scan_finish(f.module, inst, NULL, &param, 1);
    finish(&f, &inst->results[0]);
    check_rejected(&f, "operand 0 has the items as another axis too");
}

static void a_sum_over_items_in_a_scan_is_rejected(void)
{
    Fixture f = fixture();
    IrBuilder inner;
    IrInst *inst = begin_scan(&f, &inner);
    ir_reduce(&inner, OP_sum, &inst->region->params[0], 1);
    finish_scan(&f, inst, &inner, NULL);
    check_rejected(&f, "the items of a scan are mixed");
}

static void a_product_over_items_in_a_scan_is_rejected(void)
{
    Fixture f = fixture();
    IrBuilder inner;
    IrInst *inst = begin_scan(&f, &inner);
    IrValue *x = &inst->region->params[0];
    ir_dot(&inner, x, x, (IrDot){.contract_count = 1, .a_contract = {1}, .b_contract = {1}});
    finish_scan(&f, inst, &inner, NULL);
    check_rejected(&f, "the items of a scan are mixed");
}

static void random_numbers_in_a_scan_are_rejected(void)
{
    Fixture f = fixture();
    IrBuilder inner;
    IrInst *inst = begin_scan(&f, &inner);
    finish_scan(&f, inst, &inner, ir_uniform(&inner, f.row->type, 1));
    check_rejected(&f, "random numbers are drawn in the body of a scan");
}

static void numbers_of_items_in_a_scan_are_rejected(void)
{
    Fixture f = fixture();
    IrBuilder inner;
    IrInst *inst = begin_scan(&f, &inner);
    finish_scan(&f, inst, &inner, ir_iota(&inner, f.row->type, 0));
    check_rejected(&f, "the items of a scan are mixed");
}

static void a_scan_in_a_scan_is_rejected(void)
{
    Fixture f = fixture();
    IrBuilder inner, innermost;
    IrInst *inst = begin_scan(&f, &inner);
    IrScan scan = {.dim = f.word, .seq_count = 1};
    IrInst *second = ir_scan_begin(&inner, scan, &f.x);
    innermost = ir_builder_at_end(f.module, second->region);
    IrValue *twice =
        ir_ew(&innermost, OP_add, &second->region->params[0], &second->region->params[0], NULL);
    ir_scan_finish(f.module, second, NULL, &twice, 1);
    finish_scan(&f, inst, &inner, NULL);
    check_rejected(&f, "a scan is inside of a scan");
}

static void a_value_of_the_region_outside_is_rejected(void)
{
    Fixture f = fixture();
    IrBuilder inner;
    IrInst *inst = begin_scan(&f, &inner);
    IrValue *emitted = ir_ew(&inner, OP_neg, &inst->region->params[0], NULL, NULL);
    finish_scan(&f, inst, &inner, emitted);
    finish(&f, emitted);
    check_rejected(&f, "return: operand 0 is not defined here");
}

static void a_state_of_another_type_is_rejected(void)
{
    Fixture f = fixture();
    IrBuilder inner;
    IrInst *inst = begin_scan(&f, &inner);
    IrValue *part = ir_slice(&inner, &inst->region->params[0], 1, 0, 1);
    finish_scan(&f, inst, &inner, NULL);
    inst->region->yields[0] = part;
    check_rejected(&f, "state 0 changes its type");
}

static void a_region_of_another_scan_is_rejected(void)
{
    Fixture f = fixture();
    IrBuilder inner;
    IrInst *inst = begin_scan(&f, &inner);
    finish_scan(&f, inst, &inner, NULL);
    inst->region->owner = NULL;
    check_rejected(&f, "the scan has no region of its own");
}

/* ---- scans over parts ---- */

enum { PART_SIZE = 2 };

/* Sums of parts: the sequence of words, a state of the table's type; the body is left to the test. */
static IrInst *begin_parts(Fixture *f, IrBuilder *inner)
{
    IrScan scan = {.dim = f->word, .part = ir_dim_part(f->module, f->word, PART_SIZE),
                   .marks = ir_dim_window(f->module, f->word, PART_SIZE - 1, PART_SIZE, PART_SIZE, 0),
                   .seq_count = 1, .state_count = 2};
    IrInst *inst = ir_scan_begin(&f->b, scan, (IrValue *[]){f->x, f->table, f->table});
    *inner = ir_builder_at_end(f->module, inst->region);
    return inst;
}

static IrInst *finish_parts(Fixture *f, IrInst *inst, IrBuilder *inner, IrValue *first, IrValue *second)
{
    IrValue *rows = &inst->region->params[0];
    IrValue *twice = ir_ew(inner, OP_add, rows, rows, NULL);
    ir_scan_finish(f->module, inst, (IrValue *[]){first, second}, (IrValue *[]){twice}, 1);
    finish(f, &inst->results[0]);
    return inst;
}

/* Products of the part's rows are added to the first state; the second stays. */
static IrInst *good_parts(Fixture *f, IrBuilder *inner)
{
    IrInst *inst = begin_parts(f, inner);
    IrValue *params = inst->region->params;
    IrValue *product = ir_dot(inner, &params[0], &params[0], (IrDot){.contract_count = 1});
    return finish_parts(f, inst, inner, ir_ew(inner, OP_add, &params[1], product, NULL), &params[2]);
}

static void a_good_scan_over_parts_passes(void)
{
    Fixture f = fixture();
    IrBuilder inner;
    good_parts(&f, &inner);
    char *error = ir_module_verify(f.arena, f.module);
    CHECK(!error);
    arena_free(f.arena);
}

static void a_part_outside_of_its_scan_is_rejected(void)
{
    Fixture f = fixture();
    IrType type = f.x->type;
    type.dims[0] = ir_dim_part(f.module, f.word, PART_SIZE);
    finish(&f, ir_const(&f.b, type, 1));
    check_rejected(&f, "a part is used outside of its scan");
}

static void another_part_is_rejected(void)
{
    Fixture f = fixture();
    IrBuilder inner;
    good_parts(&f, &inner);
    ir_lengths(&inner, ir_dim_part(f.module, f.word, PART_SIZE + 1));
    check_rejected(&f, "a part is used outside of its scan");
}

static void windows_over_a_part_are_rejected(void)
{
    Fixture f = fixture();
    ir_dim_window(f.module, ir_dim_part(f.module, f.word, PART_SIZE), 0, 2, 1, 0);
    finish(&f, add(&f, f.x));
    check_rejected(&f, "it is made of a part");
}

static void a_part_of_no_row_is_rejected(void)
{
    Fixture f = fixture();
    ir_dim_part(f.module, f.word, PART_SIZE)->size = 0;
    finish(&f, add(&f, f.x));
    check_rejected(&f, "its size is below 1");
}

static void marks_of_other_parts_are_rejected(void)
{
    Fixture f = fixture();
    IrBuilder inner;
    IrInst *inst = good_parts(&f, &inner);
    inst->attrs.scan.marks = ir_dim_window(f.module, f.word, 2, 3, 3, 0);
    check_rejected(&f, "the marks have not one row for each part");
}

static void parts_of_another_dimension_are_rejected(void)
{
    Fixture f = fixture();
    IrBuilder inner;
    IrDim *other = ir_dim_ragged(f.module, "other", f.batch, 0);
    good_parts(&f, &inner)->attrs.scan.part->source = other;
    check_rejected(&f, "is no part of word");
}

static void states_that_change_places_are_rejected(void)
{
    Fixture f = fixture();
    IrBuilder inner;
    IrInst *inst = begin_parts(&f, &inner);
    finish_parts(&f, inst, &inner, &inst->region->params[2], &inst->region->params[1]);
    check_rejected(&f, "state 0 becomes another one");
}

static void a_yielded_value_from_outside_is_rejected(void)
{
    Fixture f = fixture();
    IrBuilder inner;
    IrInst *inst = begin_parts(&f, &inner);
    finish_parts(&f, inst, &inner, f.table, &inst->region->params[2]);
    check_rejected(&f, "yielded value 0 comes from outside");
}

static void random_numbers_in_a_part_are_rejected(void)
{
    Fixture f = fixture();
    IrBuilder inner;
    IrInst *inst = good_parts(&f, &inner);
    ir_uniform(&inner, inst->region->params[0].type, 1);
    check_rejected(&f, "random numbers are drawn in the body of a scan");
}

static void parts_of_a_part_are_rejected(void)
{
    Fixture f = fixture();
    IrBuilder inner, innermost;
    IrInst *inst = good_parts(&f, &inner);
    IrScan scan = inst->attrs.scan;
    scan.seq_count = 1;
    scan.state_count = 0;
    IrInst *second = ir_scan_begin(&inner, scan, &f.x);
    innermost = ir_builder_at_end(f.module, second->region);
    IrValue *value = ir_ew(&innermost, OP_neg, &second->region->params[0], NULL, NULL);
    ir_scan_finish(f.module, second, NULL, &value, 1);
    check_rejected(&f, "a scan over parts is inside of a scan");
}

int main(void)
{
    a_good_module_passes();
    an_operand_of_another_function_is_rejected();
    a_use_before_the_definition_is_rejected();
    a_missing_operand_is_rejected();
    a_removed_result_is_rejected();
    a_wrong_type_is_rejected();
    the_instruction_is_shown();
    operands_of_different_types_are_rejected();
    a_wrong_number_of_operands_is_rejected();
    a_segmented_axis_behind_another_is_rejected();
    a_dimension_of_another_module_is_rejected();
    arguments_of_one_name_are_rejected();
    functions_of_one_name_are_rejected();
    a_broken_list_is_rejected();
    a_result_without_its_instruction_is_rejected();
    a_broken_dimension_is_rejected();
    impossible_windows_are_rejected();
    a_broadcast_that_drops_an_axis_is_rejected();
    a_broadcast_to_a_stranger_is_rejected();
    a_reshape_that_changes_the_size_is_rejected();
    a_reshape_to_other_items_is_rejected();
    a_transpose_that_is_no_permutation_is_rejected();
    a_slice_out_of_range_is_rejected();
    a_concat_of_other_sizes_is_rejected();
    windows_of_no_dimension_are_rejected();
    an_index_that_is_no_integer_is_rejected();
    a_reduction_of_no_axis_is_rejected();
    an_argmax_over_a_segment_and_more_is_rejected();
    a_product_of_unequal_axes_is_rejected();
    a_product_with_rows_behind_is_rejected();
    lengths_of_a_free_dimension_are_rejected();
    random_integers_are_rejected();
    a_good_scan_passes();
    outer_rows_in_a_scan_are_rejected();
    items_as_another_axis_of_an_operand_are_rejected();
    a_sum_over_items_in_a_scan_is_rejected();
    a_product_over_items_in_a_scan_is_rejected();
    random_numbers_in_a_scan_are_rejected();
    numbers_of_items_in_a_scan_are_rejected();
    a_scan_in_a_scan_is_rejected();
    a_value_of_the_region_outside_is_rejected();
    a_state_of_another_type_is_rejected();
    a_region_of_another_scan_is_rejected();
    a_good_scan_over_parts_passes();
    a_part_outside_of_its_scan_is_rejected();
    another_part_is_rejected();
    windows_over_a_part_are_rejected();
    a_part_of_no_row_is_rejected();
    marks_of_other_parts_are_rejected();
    parts_of_another_dimension_are_rejected();
    states_that_change_places_are_rejected();
    a_yielded_value_from_outside_is_rejected();
    random_numbers_in_a_part_are_rejected();
    parts_of_a_part_are_rejected();
    return test_report();
}
