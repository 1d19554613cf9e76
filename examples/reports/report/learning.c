/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "examples/reports/report/sections.h"
#include "markup/figure.h"
#include "runtime/train/history.h"

enum { MOST_SEEDS = 16, MOST_SERIES = 2 * STUDY_MAX_SYSTEMS };
static const char *const tasks[] = {"presence", "acuity"};

typedef struct SeriesList {
    Series items[MOST_SERIES];
    int count;
} SeriesList;

/* Adds a series of a training's history, if it has it. */
static void add_series(Study *study, SeriesList *list, const NndHistory *history,
                       const char *metric, Series drawn)
{
    for (int i = 0; i < history->count; i++) {
        const NndSeries *series = &history->series[i];
        if (strcmp(series->name, metric))
            continue;
        ChartPoint *points = study_alloc(study, (size_t)series->count, sizeof *points);
        for (int k = 0; points && k < series->count; k++)
            points[k] = (ChartPoint){series->epochs[k], series->values[k]};
        drawn.points = points;
        drawn.count = points ? series->count : 0;
        list->items[list->count++] = drawn;
    }
}

/* The history of a training; false if there is none. */
static bool read_history(Study *study, NndHistory *out, const char *task, int system, int seed)
{
    const char *path = study_print(study, "learning/%s.%s-%d/history.jsonl", task,
                                   study->systems[system].name, seed);
    const NndFile *file = path && study_has(study, path) ? study_text(study, path) : NULL;
    if (!file)
        return false;
    const char *name = study_print(study, "%s/%s", study->folder, path);
    if (name)
        study->status =
            nnd_history_parse(out, (NndText){file->data, file->size}, name, study->error);
    return !study->status;
}

static void draw(Study *study, const char *caption, const char *label, const SeriesList *list,
                 int width)
{
    Chart chart = {
        .x = axis_empty("epoch"), .y = axis_empty(label), .width = width, .in_group = !width};
    chart.x.whole = true;
    if (list->count)
        figure_lines(study->out, &chart, caption, list->items, list->count);
}

/* All networks, their first seed; how many there are. */
static int put_metrics(Study *study, const char *task)
{
    SeriesList list = {.count = 0};
    NndHistory history;
    char caption[200];
    for (int i = 0; i < study->system_count; i++)
        if (read_history(study, &history, task, i, 1)) {
            add_series(study, &list, &history, "valid_auc",
                       (Series){.name = study->systems[i].title, .look = study_look(study, i)});
            nnd_history_free(&history);
        }
    snprintf(caption, sizeof caption, "%s: AUC on validation reports, first seed (%s)",
             study_task(task), KIND_SYNTHETIC);
    draw(study, caption, "AUC", &list, 640);
    return list.count;
}

/* One network, losses of all its seeds. */
static void put_losses(Study *study, const char *task, int system)
{
    SeriesList list = {.count = 0};
    NndHistory history;
    for (int seed = 1; seed <= MOST_SEEDS && read_history(study, &history, task, system, seed);
         seed++) {
        Series drawn = {.name = study_print(study, "seed %d", seed), .look = {seed - 1, false}};
        add_series(study, &list, &history, "valid_loss", drawn);
        drawn.name = study_print(study, "seed %d, training", seed);
        drawn.look.dashed = true;
        add_series(study, &list, &history, "train_loss", drawn);
        nnd_history_free(&history);
    }
    if (!study->status)
        draw(study, study->systems[system].title, "loss (nats)", &list, 0);
}

void section_learning(Study *study)
{
    int drawn = 0;
    fputs("<p>Of each network the weights of the best epoch were kept, by AUC on the validation "
          "reports.</p>\n",
          study->out);
    for (int t = 0; t < 2; t++)
        drawn += put_metrics(study, tasks[t]);
    if (!drawn) {
        study_missing(study, "learning");
        return;
    }
    fputs("<details><summary>Losses of every network and seed</summary>\n<p>A colour and mark a "
          "seed; dashed: training, drawn through: validation.</p>\n",
          study->out);
    for (int t = 0; t < 2; t++) {
        figures_begin(study->out, study_task(tasks[t]), KIND_SYNTHETIC, NULL, 0);
        for (int i = 0; i < study->system_count; i++)
            put_losses(study, tasks[t], i);
        figures_end(study->out);
    }
    fputs("</details>\n", study->out);
}
