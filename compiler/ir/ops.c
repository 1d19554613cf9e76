/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/ir/ir.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

const IrOpInfo ir_op_info[OP_COUNT] = {
#define EW1(name, flags, fwd, dx, manual)                                                          \
    [OP_##name] = {#name, 1, flags, ATTR_none, #fwd, {#dx}, NULL, manual},
#define EW2(name, flags, fwd, dx, dy, manual)                                                      \
    [OP_##name] = {#name, 2, flags, ATTR_none, #fwd, {#dx, #dy}, NULL, manual},
#define EW3(name, flags, fwd, dx, dy, dz, manual)                                                  \
    [OP_##name] = {#name, 3, flags, ATTR_none, #fwd, {#dx, #dy, #dz}, NULL, manual},
#define OP(name, flags, attr, signature, manual)                                                   \
    [OP_##name] = {#name, 0, flags, ATTR_##attr, NULL, {NULL}, signature, manual},
#include "lang/ops.def"
};

_Noreturn void ir_bug(const char *file, int line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "nnd: this is a bug in nnd (%s:%d): ", file, line);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    abort();
}
