/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "examples/reports/report/sections.h"
#include "markup/figure.h"
#include "markup/table.h"

enum { HEADS = 11, MOST_BARS = 64 };

static const char *const heads[HEADS] = {
    "site and part", "#reports", "#embolism",        "#acute", "#wrong: embolism", "#wrong: acute",
    "#sentences",    "#phrases", "#without phrases", "#words", "#unknown words"};

typedef struct Corpus {
    const char *site, *title, *split;
    double reports, present, acute, wrong_presence, wrong_acuity, sentences, words, phrases;
    double without_phrases, unknown_words;
    json_t *by_sentences, *by_phrases; /* how many reports have 0, 1, ... */
} Corpus;

static bool read_corpus(Study *study, Corpus *c, json_t *object)
{
    json_error_t error;
    int failed = json_unpack_ex(
        object, &error, 0,
        "{s:s, s:s, s:s, s:F, s:F, s:F, s:F, s:F, s:F, s:F, s:F, s:F, s:F, s:o, s:o}", "site",
        &c->site, "title", &c->title, "split", &c->split, "reports", &c->reports, "present",
        &c->present, "acute", &c->acute, "wrong_presence", &c->wrong_presence, "wrong_acuity",
        &c->wrong_acuity, "sentences", &c->sentences, "words", &c->words, "phrases", &c->phrases,
        "without_phrases", &c->without_phrases, "unknown_words", &c->unknown_words,
        "reports_by_sentences", &c->by_sentences, "reports_by_phrases", &c->by_phrases);
    if (failed)
        study_fail(study, "%s/corpus/statistics.json: %s", study->folder, error.text);
    return !failed;
}

static void put_row(Study *study, const Corpus *c)
{
    FILE *out = study->out;
    char name[160];
    snprintf(name, sizeof name, "%s, %s", c->site, c->split);
    table_row(out, name);
    table_count(out, c->reports);
    table_number(out, c->present, 3, false);
    table_number(out, c->acute, 3, false);
    table_number(out, c->wrong_presence, 3, false);
    table_number(out, c->wrong_acuity, 3, false);
    table_number(out, c->sentences, 2, false);
    table_number(out, c->phrases, 2, false);
    table_number(out, c->without_phrases, 3, false);
    table_number(out, c->words, 1, false);
    table_number(out, c->unknown_words, 3, false);
    table_row_end(out);
}

/* Shares of the reports, in percent. */
static void put_histogram(Study *study, const Corpus *c, const json_t *counts, const char *what)
{
    ChartPoint points[MOST_BARS];
    int count = (int)json_array_size(counts) < MOST_BARS ? (int)json_array_size(counts) : MOST_BARS;
    for (int i = 0; i < count; i++)
        points[i] = (ChartPoint){i, 100 * json_number_value(json_array_get(counts, (size_t)i)) /
                                        (c->reports > 0 ? c->reports : 1)};
    Chart chart = {.x = axis_empty(what),
                   .y = axis_empty("% of the reports"),
                   .in_group = true,
                   .height = 190};
    chart.x.whole = chart.y.exact = true;
    chart.y.low = 0;
    chart.y.high = 10;
    axis_add(&chart.x, 12); /* the same for all sites, if it can be */
    Series series = {c->title, {0, false}, points, count};
    figure_bars(study->out, &chart, c->site, &series);
}

static void put_histograms(Study *study, const json_t *all, bool phrases)
{
    figures_begin(study->out,
                  phrases ? "Domain phrases of the test reports" : "Sentences of the test reports",
                  KIND_SYNTHETIC, NULL, 0);
    for (size_t i = 0; i < json_array_size(all); i++) {
        Corpus c;
        if (read_corpus(study, &c, json_array_get(all, i)) && !strcmp(c.split, "test"))
            put_histogram(study, &c, phrases ? c.by_phrases : c.by_sentences,
                          phrases ? "domain phrases in a report" : "sentences of a report");
    }
    figures_end(study->out);
}

void section_corpora(Study *study)
{
    fputs(
        "<p>Nobody outside of the four hospitals has their reports. These were made by rules, to "
        "have sizes, lengths, domain phrases and difficulties of the kinds that the paper tells; "
        "the data card says how, and what must not be concluded from them. Columns without a unit "
        "are shares of the reports or means; wrong labels were put in on purpose.</p>\n",
        study->out);
    json_t *all = study_json(study, "corpus/statistics.json");
    if (!all)
        return;
    table_begin(study->out, "Reports of each site", KIND_SYNTHETIC, heads, HEADS);
    for (size_t i = 0; i < json_array_size(all); i++) {
        Corpus c;
        if (!read_corpus(study, &c, json_array_get(all, i)))
            return;
        put_row(study, &c);
    }
    table_end(study->out);
    put_histograms(study, all, false);
    put_histograms(study, all, true);
}
