/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/driver/command.h"
#include "runtime/data/arff.h"

static const struct option longs[] = {COMMON_LONG_OPTIONS, {NULL, 0, NULL, 0}};

static int run_convert(const Command *command, int argc, char **argv)
{
    Arena *arena = arena_new();
    Options options;
    options_init(&options, arena);
    int status = -1;
    for (int option; status < 0 && (option = getopt_long(argc, argv, COMMON_SHORT_OPTIONS, longs, NULL)) != -1;)
        status = option_common(command, &options, option);
    if (status < 0 && argc - optind != 2)
        status = command_usage(command, "two files are needed: FROM.arff and TO.tsv");
    NndError error;
    if (status < 0)
        status = nnd_arff_to_tsv(argv[optind], argv[optind + 1], &error) ? command_fail("%s", error.text) : EXIT_FINE;
    arena_free(arena);
    return status;
}

const Command command_convert = {
    .name = "convert",
    .summary = "convert a data file: ARFF to TSV",
    .help = "Usage: nnd convert FROM.arff TO.tsv\n\n"
            "Writes `label TAB text` lines from an ARFF file with one string attribute and a class.\n",
    .run = run_convert,
};
