/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes the synthetic corpora of the study. See DATA-CARD.md, and USAGE below.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "density.h"
#include "report.h"
#include "statistics.h"

static const char usage[] =
    "Usage: nnd-corpus [OPTION]... SHARED SITE... -o FOLDER\n\n"
    "Writes synthetic reports of each site, made by the rules of the files SHARED and SITE:\n"
    "SITE.SPLIT.presence.tsv and SITE.SPLIT.acuity.tsv (label TAB text; 1: an embolus is present, "
    "it is\n"
    "acute), SITE.SPLIT.facts.tsv, statistics.tsv and statistics.json. The first site has the "
    "training\n"
    "reports by whose words the unknown ones are counted.\n\n"
    "      --lexicon FILE    domain phrases, one a line (needed)\n"
    "      --seed N          (default 1)\n"
    "      --most N          reports of each site and split, at most\n"
    "      --replace PERCENT of the domain phrases, by plain words of --plain\n"
    "      --drop PERCENT    of the domain phrases are left out\n"
    "      --plain FILE      lines PHRASE TAB WORDS\n"
    "  -o, --output FOLDER   is made if need be\n"
    "  -h, --help\n";

enum { OPT_LEXICON = 1000, OPT_SEED, OPT_MOST, OPT_REPLACE, OPT_DROP, OPT_PLAIN };

static const struct option longs[] = {{"lexicon", required_argument, NULL, OPT_LEXICON},
                                      {"seed", required_argument, NULL, OPT_SEED},
                                      {"most", required_argument, NULL, OPT_MOST},
                                      {"replace", required_argument, NULL, OPT_REPLACE},
                                      {"drop", required_argument, NULL, OPT_DROP},
                                      {"plain", required_argument, NULL, OPT_PLAIN},
                                      {"output", required_argument, NULL, 'o'},
                                      {"help", no_argument, NULL, 'h'},
                                      {NULL, 0, NULL, 0}};

typedef struct Settings {
    const char *lexicon, *plain, *folder;
    unsigned long seed, most, replace, drop;
} Settings;

enum { SPLITS = 3 };
static const char *const split_names[SPLITS] = {"train", "valid", "test"};

typedef struct Corpus {
    Settings settings;
    NndPhrases *lexicon;
    Plain plain;
    Site *sites;
    int site_count;
    NndVocab *vocab;
    Statistics *statistics; /* of each site and split that has reports */
    int statistics_count;
} Corpus;

static uint32_t split_size(const Site *site, int split)
{
    return split == 0 ? site->train : split == 1 ? site->valid : site->test;
}

/* How many of them are made. */
static uint32_t made(const Corpus *c, const Site *site, int split)
{
    uint32_t size = split_size(site, split);
    return size < c->settings.most ? size : (uint32_t)c->settings.most;
}

/* Splits follow each other in the numbering of a site's reports. */
static uint64_t split_begin(const Site *site, int split)
{
    uint64_t begin = 0;
    for (int i = 0; i < split; i++)
        begin += split_size(site, i);
    return begin;
}

static NndStatus thin(const Corpus *c, Report *report, const Site *site, uint64_t number,
                      NndError *error)
{
    unsigned long share = c->settings.replace ? c->settings.replace : c->settings.drop;
    if (!share)
        return NND_OK;
    Dice d = dice(c->settings.seed, site->name, DICE_DENSITY, number);
    char *text;
    NndStatus status =
        density_thin(&text, report->text, c->lexicon, c->settings.replace ? &c->plain : NULL,
                     (uint32_t)share, &d, error);
    if (status)
        return status;
    free(report->text);
    report->text = text;
    return NND_OK;
}

static NndStatus make_report(Report *out, const Corpus *c, const Site *site, uint64_t number,
                             NndError *error)
{
    NndStatus status = report_make(out, site, c->settings.seed, number, error);
    return status ? status : thin(c, out, site, number, error);
}

/* ---- files ---- */

/* Files that are written together: each in memory first, then whole. */
typedef struct Memory {
    FILE *file;
    char *data;
    size_t size;
} Memory;

static NndStatus memory_open(Memory *m, NndError *error)
{
    *m = (Memory){0};
    m->file = open_memstream(&m->data, &m->size);
    return m->file ? NND_OK : nnd_fail(error, NND_ENOMEM, "out of memory for a file");
}

static NndStatus memory_write(Memory *m, const char *folder, NndText site, const char *name,
                              NndStatus status, NndError *error)
{
    char *path = NULL;
    if (!m->file)
        return status;
    if (fclose(m->file) ||
        asprintf(&path, "%s/%.*s%s", folder, (int)site.size, site.data, name) < 0)
        path = NULL;
    if (!status)
        status = path ? nnd_file_write(path, m->data, m->size, error)
                      : nnd_fail(error, NND_ENOMEM, "out of memory for a file");
    free(path);
    free(m->data);
    return status;
}

static void put_facts(FILE *out, const Report *report)
{
    fprintf(out, "%.*s\t", (int)report->case_name.size, report->case_name.data);
    for (int i = 0; i < report->claims.count; i++)
        fprintf(out, "%s%s", i ? " " : "", claim_names[report->claims.items[i]]);
    fprintf(out, "\t%d\t%d\t%d\t%d\n", report->facts.present, report->facts.acute,
            report->labels.present, report->labels.acute);
}

static NndStatus write_split(Corpus *c, const Site *site, int split, NndError *error)
{
    enum { PRESENCE, ACUITY, FACTS, FILES };
    static const char *const names[FILES] = {"presence", "acuity", "facts"};
    Memory files[FILES] = {0};
    Statistics *s = &c->statistics[c->statistics_count++];
    *s = (Statistics){.site = site, .split = split_names[split]};
    NndStatus status = NND_OK;
    for (int i = 0; !status && i < FILES; i++)
        status = memory_open(&files[i], error);
    for (uint32_t i = 0; !status && i < made(c, site, split); i++) {
        Report report;
        status = make_report(&report, c, site, split_begin(site, split) + i, error);
        if (!status)
            status = statistics_add(s, &report, c->lexicon, c->vocab, error);
        if (!status) {
            fprintf(files[PRESENCE].file, "%d\t%s\n", report.labels.present, report.text);
            fprintf(files[ACUITY].file, "%d\t%s\n", report.labels.acute, report.text);
            put_facts(files[FACTS].file, &report);
        }
        report_free(&report);
    }
    for (int i = 0; i < FILES; i++) {
        char name[64];
        snprintf(name, sizeof name, ".%s.%s.tsv", split_names[split], names[i]);
        status = memory_write(&files[i], c->settings.folder, site->name, name, status, error);
    }
    return status;
}

static NndStatus write_statistics(const Corpus *c, NndError *error)
{
    NndStatus status = NND_OK;
    for (int json = 0; !status && json < 2; json++) {
        Memory memory;
        status = memory_open(&memory, error);
        if (!status)
            (json ? statistics_json : statistics_tsv)(memory.file, c->statistics,
                                                      c->statistics_count);
        status = memory_write(&memory, c->settings.folder, (NndText){"statistics", 10},
                              json ? ".json" : ".tsv", status, error);
    }
    return status;
}

/* The words of the first site's training reports. */
static NndStatus make_vocab(Corpus *c, NndError *error)
{
    NndVocabBuilder *builder;
    NndStatus status = nnd_vocab_builder_new(&builder, error);
    for (uint32_t i = 0; !status && i < made(c, &c->sites[0], 0); i++) {
        Report report;
        status = make_report(&report, c, &c->sites[0], i, error);
        if (!status)
            status =
                nnd_vocab_builder_add(builder, (NndText){report.text, strlen(report.text)}, error);
        report_free(&report);
    }
    if (!status)
        status = nnd_vocab_finish(&c->vocab, builder, 1, 0, error);
    nnd_vocab_builder_free(builder);
    return status;
}

static NndStatus read_all(Corpus *c, char **paths, int count, NndError *error)
{
    NndStatus status = nnd_phrases_read(&c->lexicon, c->settings.lexicon, error);
    if (!status && c->settings.plain)
        status = plain_read(&c->plain, c->settings.plain, c->lexicon, error);
    c->sites = calloc((size_t)count, sizeof *c->sites);
    c->statistics = calloc((size_t)count * SPLITS, sizeof *c->statistics);
    if (!status && (!c->sites || !c->statistics))
        status = nnd_fail(error, NND_ENOMEM, "out of memory for the sites");
    for (int i = 1; !status && i < count; i++)
        status = site_read(&c->sites[c->site_count++], paths[0], paths[i], error);
    return status;
}

static NndStatus run(Corpus *c, char **paths, int count, NndError *error)
{
    NndStatus status = read_all(c, paths, count, error);
    if (!status && mkdir(c->settings.folder, 0777) && errno != EEXIST)
        status = nnd_fail(error, NND_EIO, "%s: %s", c->settings.folder, strerror(errno));
    if (!status)
        status = make_vocab(c, error);
    for (int i = 0; !status && i < c->site_count; i++)
        for (int split = 0; !status && split < SPLITS; split++)
            if (made(c, &c->sites[i], split))
                status = write_split(c, &c->sites[i], split, error);
    return status ? status : write_statistics(c, error);
}

static void clean_up(Corpus *c)
{
    for (int i = 0; i < c->site_count; i++)
        site_free(&c->sites[i]);
    nnd_vocab_free(c->vocab);
    plain_free(&c->plain);
    nnd_phrases_free(c->lexicon);
    free(c->sites);
    free(c->statistics);
}

/* ---- the command line ---- */

static int wrong_usage(const char *what)
{
    fprintf(stderr, "nnd-corpus: %s\nTry `nnd-corpus --help`.\n", what);
    return 2;
}

static bool read_number(const char *text, unsigned long most, unsigned long *out)
{
    char *end;
    errno = 0;
    *out = strtoul(text, &end, 10);
    return !errno && *text >= '0' && *text <= '9' && !*end && *out <= most;
}

/* -1 to go on, else the exit status. */
static int take_option(Settings *settings, int option)
{
    switch (option) {
    case 'h': fputs(usage, stdout); return 0;
    case 'o': settings->folder = optarg; return -1;
    case OPT_LEXICON: settings->lexicon = optarg; return -1;
    case OPT_PLAIN: settings->plain = optarg; return -1;
    case OPT_SEED:
        return read_number(optarg, UINT32_MAX, &settings->seed)
                   ? -1
                   : wrong_usage("--seed needs a whole number");
    case OPT_MOST:
        return read_number(optarg, UINT32_MAX, &settings->most)
                   ? -1
                   : wrong_usage("--most needs a whole number");
    case OPT_REPLACE:
        return read_number(optarg, 100, &settings->replace)
                   ? -1
                   : wrong_usage("--replace needs a number from 0 to 100");
    case OPT_DROP:
        return read_number(optarg, 100, &settings->drop)
                   ? -1
                   : wrong_usage("--drop needs a number from 0 to 100");
    default: return wrong_usage("unknown option");
    }
}

int main(int argc, char **argv)
{
    Corpus corpus = {.settings = {.seed = 1, .most = UINT32_MAX}};
    Settings *settings = &corpus.settings;
    int status = -1;
    for (int option; status < 0 && (option = getopt_long(argc, argv, "ho:", longs, NULL)) != -1;)
        status = take_option(settings, option);
    if (status >= 0)
        return status;
    if (argc - optind < 2 || !settings->folder || !settings->lexicon)
        return wrong_usage(
            "a file of shared rules, at least one site, --lexicon and -o are needed");
    if (settings->replace && (settings->drop || !settings->plain))
        return wrong_usage("--replace needs --plain and excludes --drop");
    NndError error;
    NndStatus failed = run(&corpus, argv + optind, argc - optind, &error);
    clean_up(&corpus);
    if (!failed)
        return 0;
    fprintf(stderr, "nnd-corpus: %s\n", error.text);
    return 1;
}
