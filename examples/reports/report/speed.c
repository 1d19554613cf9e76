/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "examples/reports/report/sections.h"
#include "markup/figure.h"
#include "markup/table.h"

enum { SYSTEM, ENGINE, LATENCY, LOW, HIGH, BATCH, THROUGHPUT, GFLOPS, COMPILE, MEMORY, COLUMNS };
static const char *const columns[COLUMNS] = {
    "system",           "engine",       "#latency_us",       "#latency_low_us",
    "#latency_high_us", "#batch_items", "#items_per_second", "#gflops",
    "#compile_ms",      "#memory_mb"};

enum { RUN_TASK, RUN_SYSTEM, RUN_EPOCHS, RUN_SECONDS, RUN_CPU, RUN_COLUMNS };
static const char *const run_columns[RUN_COLUMNS] = {"task", "system", "#epochs", "#seconds",
                                                     "#cpu_seconds"};

/* ---- predicting ---- */

/* Networks have rows; `system` is a place among all systems, `row` that of its row. */
typedef struct Rows {
    const char *titles[STUDY_MAX_SYSTEMS];
    int row[STUDY_MAX_SYSTEMS], count;
} Rows;

static Rows rows_of_networks(const Study *study)
{
    Rows rows = {.count = 0};
    for (int i = 0; i < study->system_count; i++) {
        bool network = !strcmp(study->systems[i].kind, "network");
        rows.row[i] = network ? rows.count : -1;
        if (network)
            rows.titles[rows.count++] = study->systems[i].title;
    }
    return rows;
}

static int row_of(const Study *study, const Rows *rows, const char *name)
{
    int system = study_system(study, name);
    return system < 0 ? -1 : rows->row[system];
}

static void put_engines(Study *study, const Records *r, int column, const char *caption,
                        const char *label, double unit)
{
    enum { MOST_ENGINES = 8 };
    Rows rows = rows_of_networks(study);
    const char *engines[MOST_ENGINES];
    int count = records_distinct(r, ENGINE, engines, MOST_ENGINES);
    Series series[MOST_ENGINES];
    for (int e = 0; e < count; e++) {
        ChartPoint *points = study_alloc(study, (size_t)r->count, sizeof *points);
        series[e] = (Series){engines[e], {.number = e}, points, 0};
        for (int i = 0; points && i < r->count; i++) {
            int row = row_of(study, &rows, records_text(r, i, SYSTEM));
            if (row >= 0 && !strcmp(records_text(r, i, ENGINE), engines[e]))
                points[series[e].count++] = (ChartPoint){records_number(r, i, column) * unit, row};
        }
    }
    Chart chart = {.x = axis_empty(label), .width = 340};
    chart.x.logarithmic = true;
    if (!study->status)
        figure_dots(study->out, &chart, caption, rows.titles, rows.count, series, count);
}

static void put_table(Study *study, const Records *r)
{
    FILE *out = study->out;
    table_begin(out, "Predicting, one thread", "this machine",
                (const char *[]){"engine", "#latency (µs)", "#reports / s", "#in batches of",
                                 "#GFLOP/s", "#compiling (ms)", "#memory (MB)"},
                7);
    for (int i = 0; i < r->count; i++) {
        const char *system = records_text(r, i, SYSTEM);
        if (i == 0 || strcmp(system, records_text(r, i - 1, SYSTEM)))
            table_group(out, study_title(study, system), 7);
        table_row(out, records_text(r, i, ENGINE));
        table_range(out, records_number(r, i, LATENCY), records_number(r, i, LOW),
                    records_number(r, i, HIGH), 1, false);
        table_count(out, records_number(r, i, THROUGHPUT));
        table_count(out, records_number(r, i, BATCH));
        table_rough(out, records_number(r, i, GFLOPS));
        table_rough(out, records_number(r, i, COMPILE));
        table_rough(out, records_number(r, i, MEMORY));
        table_row_end(out);
    }
    table_end(out);
}

static void put_predicting(Study *study)
{
    const Records *r = study_records(study, "timings/speed.tsv", columns, COLUMNS);
    if (!r)
        return;
    figures_begin(study->out, "Predicting", "this machine", NULL, 0);
    put_engines(study, r, LATENCY, "Latency of one report, one thread",
                "milliseconds; less is better", 1e-3);
    put_engines(study, r, THROUGHPUT, "Throughput in batches, one thread",
                "reports per second; more is better", 1);
    figures_end(study->out);
    put_table(study, r);
}

/* ---- training ---- */

/* Sums over the seeds of a task and system. */
typedef struct Trainings {
    double count, epochs, seconds, cpu;
} Trainings;

static Trainings trainings_of(const Records *r, const char *task, const char *system)
{
    Trainings sum = {0, 0, 0, 0};
    for (int i = 0; i < r->count; i++) {
        if (strcmp(records_text(r, i, RUN_TASK), task) ||
            strcmp(records_text(r, i, RUN_SYSTEM), system))
            continue;
        sum.count++;
        sum.epochs += records_number(r, i, RUN_EPOCHS);
        sum.seconds += records_number(r, i, RUN_SECONDS);
        sum.cpu += records_number(r, i, RUN_CPU);
    }
    return sum;
}

static void put_trainings(Study *study, const Records *r, const char *const *tasks, int task_count)
{
    FILE *out = study->out;
    table_begin(out, "Training, one thread, means over the seeds", "this machine",
                (const char *[]){"network", "#seeds", "#epochs", "#seconds", "#processor seconds",
                                 "#processor seconds of an epoch"},
                6);
    for (int t = 0; t < task_count; t++) {
        table_group(out, study_task(tasks[t]), 6);
        for (int i = 0; i < study->system_count; i++) {
            Trainings sum = trainings_of(r, tasks[t], study->systems[i].name);
            if (!sum.count)
                continue;
            table_row(out, study->systems[i].title);
            table_count(out, sum.count);
            table_number(out, sum.epochs / sum.count, 1, false);
            table_rough(out, sum.seconds / sum.count);
            table_rough(out, sum.cpu / sum.count);
            table_rough(out, sum.cpu / sum.epochs);
            table_row_end(out);
        }
    }
    table_end(out);
}

static void put_training_figure(Study *study, const Records *r, const char *const *tasks,
                                int task_count)
{
    Rows rows = rows_of_networks(study);
    ChartPoint points[STUDY_MAX_NAMES][STUDY_MAX_SYSTEMS];
    Series series[STUDY_MAX_NAMES];
    for (int t = 0; t < task_count; t++) {
        series[t] = (Series){study_task(tasks[t]), {.number = t}, points[t], 0};
        for (int i = 0; i < study->system_count; i++) {
            Trainings sum = trainings_of(r, tasks[t], study->systems[i].name);
            if (sum.count && rows.row[i] >= 0)
                points[t][series[t].count++] = (ChartPoint){sum.cpu / sum.epochs, rows.row[i]};
        }
    }
    Chart chart = {.x = axis_empty("processor seconds; less is better")};
    chart.x.logarithmic = true;
    figure_dots(study->out, &chart, "An epoch of training (this machine)", rows.titles, rows.count,
                series, task_count);
}

static void put_training(Study *study)
{
    const Records *r = study_records(study, "timings/training.tsv", run_columns, RUN_COLUMNS);
    if (!r)
        return;
    const char *tasks[STUDY_MAX_NAMES];
    int count = records_distinct(r, RUN_TASK, tasks, STUDY_MAX_NAMES);
    put_training_figure(study, r, tasks, count);
    put_trainings(study, r, tasks, count);
}

void section_speed(Study *study)
{
    fputs("<p>Measured on the machine that ran the study, so these numbers differ from run to run; "
          "all others do not. A network is interpreted, compiled in memory (JIT), or a native "
          "program. Parameters and arithmetic are in <a href=\"#networks\">The networks</a>.</p>\n",
          study->out);
    put_predicting(study);
    put_training(study);
}
