/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/driver/command.h"

static int run_bench(const Command *command, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return command_usage(command, "x");
}
const Command command_bench = {.name = "bench", .summary = "b", .help = "h", .run = run_bench};
