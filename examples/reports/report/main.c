/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "examples/reports/common/command.h"
#include "examples/reports/report/report.h"

static const char name[] = "nnd-report";

static const char help[] =
    "Usage: nnd-report FOLDER [-o PAGE.html]\n\n"
    "Draws the study of reports: FOLDER is what examples/reports/run has filled. What it does not\n"
    "hold yet is a note in the page.\n\n"
    "  -o, --output FILE   the page (default FOLDER/report.html)\n"
    "  -h, --help          this text\n";

static const struct option longs[] = {
    {"output", required_argument, NULL, 'o'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};

static int write_report(const char *folder, const char *output)
{
    NndError error;
    TextFile page;
    char path[4096];
    if (snprintf(path, sizeof path, "%s/report.html", folder) >= (int)sizeof path)
        return command_fail(name, "%s: the name is too long", folder);
    output = output ? output : path;
    NndStatus status = text_file_open(&page, &error);
    if (!status)
        status = report_write(page.stream, folder, &error);
    status = text_file_close(&page, status, output, &error);
    return status ? command_fail(name, "%s", error.text) : EXIT_FINE;
}

int main(int argc, char **argv)
{
    const char *output = NULL;
    for (int option; (option = getopt_long(argc, argv, "o:h", longs, NULL)) != -1;)
        switch (option) {
        case 'o': output = optarg; break;
        case 'h': fputs(help, stdout); return command_flush(name);
        default: fprintf(stderr, "Try `%s --help`.\n", name); return EXIT_WRONG_USAGE;
        }
    if (argc - optind != 1)
        return command_usage(name, "one folder is needed");
    return write_report(argv[optind], output);
}
