/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <string.h>

#include "examples/reports/common/command.h"
#include "examples/reports/pefinder/print.h"

static const char name[] = "nnd-pefinder";

static const char help[] =
    "Usage: nnd-pefinder [OPTION]... RULES.tsv [REPORTS]\n\n"
    "Decides by rules whether reports speak of a pulmonary embolism, and of an acute one.\n"
    "REPORTS: NAME.tsv with label, TAB and text a line (the label is not looked at), or a text a\n"
    "line (default: standard input). A line for each report: class TAB state TAB state ...\n\n"
    "      --decision jbi|radnlp   how to decide (default jbi); use the rules made for it\n"
    "                              jbi: disease, uncertainty, historical, quality\n"
    "                              radnlp: state 0 to 8, and what it means\n"
    "      --task present|acute    what class 1 means (default present)\n"
    "      --section NAME,...|all  the section to read; the whole report without it\n"
    "                              (default impression,conclusion,opinion,summary)\n"
    "      --explain               behind each decision: targets, modifiers, scopes\n"
    "      --json                  an object a line, with all of that\n"
    "  -h, --help                  this text\n";

typedef struct Options {
    const Procedure *procedure;
    Task task;
    const char *section; /* names; NULL: all */
    bool explain, json;
    const char *rules, *reports;
} Options;

enum { OPT_DECISION = 1000, OPT_TASK, OPT_SECTION, OPT_EXPLAIN, OPT_JSON };

static const struct option longs[] = {{"decision", required_argument, NULL, OPT_DECISION},
                                      {"task", required_argument, NULL, OPT_TASK},
                                      {"section", required_argument, NULL, OPT_SECTION},
                                      {"explain", no_argument, NULL, OPT_EXPLAIN},
                                      {"json", no_argument, NULL, OPT_JSON},
                                      {"help", no_argument, NULL, 'h'},
                                      {NULL, 0, NULL, 0}};

/* -1 to go on, else the exit status. */
static int set_task(Options *options, const char *text)
{
    options->task = strcmp(text, "acute") ? TASK_PRESENT : TASK_ACUTE;
    if (options->task == TASK_PRESENT && strcmp(text, "present"))
        return command_usage(name, "--task needs present or acute, found `%s`", text);
    return -1;
}

static int set_option(Options *options, int option)
{
    switch (option) {
    case OPT_DECISION:
        options->procedure = procedure_find(optarg);
        return options->procedure
                   ? -1
                   : command_usage(name, "--decision needs jbi or radnlp, found `%s`", optarg);
    case OPT_TASK: return set_task(options, optarg);
    case OPT_SECTION: options->section = strcmp(optarg, "all") ? optarg : NULL; return -1;
    case OPT_EXPLAIN: options->explain = true; return -1;
    case OPT_JSON: options->json = true; return -1;
    case 'h': fputs(help, stdout); return EXIT_FINE;
    default: fprintf(stderr, "Try `%s --help`.\n", name); return EXIT_WRONG_USAGE;
    }
}

static NndStatus decide_report(const Options *options, const Rules *rules, NndText text,
                               NndError *error)
{
    Report report;
    Decision decision;
    NndStatus status =
        report_read(&report, text, options->section, rules, options->procedure, error);
    if (status)
        return status;
    options->procedure->decide(&decision, &report);
    if (options->json)
        status = print_json(stdout, &report, options->procedure, &decision, options->task, error);
    else
        print_decision(stdout, &decision, options->task);
    if (options->explain && !options->json)
        print_explanation(stdout, &report, options->procedure, &decision);
    report_free(&report);
    return status;
}

static int run(const Options *options)
{
    NndError error;
    Rules rules = {0};
    NndTexts reports = {0};
    NndStatus status = rules_load(&rules, options->rules, &error);
    if (!status)
        status = reports_load(&reports, options->reports, &error);
    for (int64_t i = 0; !status && i < reports.count; i++) {
        NndError inner;
        status = decide_report(options, &rules, reports.texts[i], &inner);
        if (status)
            nnd_fail(&error, status, "%s: report %lld: %.900s", options->reports, (long long)i + 1,
                     inner.text);
    }
    rules_free(&rules);
    nnd_texts_free(&reports);
    return status ? command_fail(name, "%s", error.text) : command_flush(name);
}

int main(int argc, char **argv)
{
    Options options = {.procedure = &procedure_jbi,
                       .section = "impression,conclusion,opinion,summary",
                       .reports = "-"};
    int status = -1;
    for (int option; status < 0 && (option = getopt_long(argc, argv, "h", longs, NULL)) != -1;)
        status = set_option(&options, option);
    int files = argc - optind;
    if (status < 0 && (files < 1 || files > 2))
        status = command_usage(name, "a file of rules is needed, and at most one file of reports");
    if (status >= 0)
        return status;
    options.rules = argv[optind];
    if (files == 2)
        options.reports = argv[optind + 1];
    return run(&options);
}
