/* SPDX-License-Identifier: Apache-2.0
 *
 * From the typed program to the IR. What changes: named axes become positions,
 * ragged axes are packed with the axes in front of them into one segmented
 * axis, and a scan over an axis of constant size becomes a scan over a
 * segmented dimension of uniform length.
 */
#ifndef NND_COMPILER_IR_LOWER_H
#define NND_COMPILER_IR_LOWER_H

#include "compiler/ir/ir.h"
#include "lang/program.h"

/* Functions of the module:
 *   predict  inputs, weights -> outputs of the model
 *   eval     inputs, targets, weights -> loss (mean over the batch), outputs, means of metrics; if the model has a loss
 *   loss     the same arguments -> loss, as in training (dropout, statistics of the batch), then under
 *            their own names the new values of the statistics that it moves; if the model has a loss
 * Arguments come in order of declaration, inputs and targets first.
 * `float_type` is NND_F32, or NND_F64 to check gradients.
 * Returns NULL if the program uses something that cannot be compiled (told in diags). */
IrModule *lower_program(Arena *arena, const Program *program, NndDType float_type, Diags *diags);

/* The same, to look inside: functions predict and, if the model has a loss, `explain`, which is eval with
 * further results: the values of bindings called `attention` whose axes are all run-time ones, named
 * "attention." and the axis that they end in (a second one of that name has "#2"). Bindings in the body of a
 * scan are left out. */
IrModule *lower_explanation(Arena *arena, const Program *program, NndDType float_type, Diags *diags);

#endif
