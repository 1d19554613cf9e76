/* SPDX-License-Identifier: Apache-2.0 */
#include "examples/reports/evaluate/runs.h"

#include <stdlib.h>
#include <string.h>

#include "examples/reports/common/command.h"

enum { FIELDS = 8 };

/* Cuts the fields of a line, which ends with a NUL, in place; false if there are more or fewer. */
static bool cut_fields(const char *fields[FIELDS], char *line)
{
    for (int i = 0; i < FIELDS; i++) {
        char *end = strchr(line, '\t');
        if (!*line || *line == '\t' || (i < FIELDS - 1) != (end != NULL))
            return false;
        if (end)
            *end = '\0';
        fields[i] = line;
        line = end ? end + 1 : line;
    }
    return true;
}

static NndStatus add_run(Runs *runs, char *line, int number, const char *name, NndError *error)
{
    const char *f[FIELDS];
    if (!cut_fields(f, line))
        return nnd_fail(error, NND_EFORMAT, "%s:%d: needed are %d fields parted by TABs", name,
                        number, FIELDS);
    if (!strcmp(f[4], "-") != !strcmp(f[5], "-"))
        return nnd_fail(error, NND_EFORMAT,
                        "%s:%d: validation labels and predictions come together, or both are -",
                        name, number);
    if (runs->count == RUNS_MAX_COUNT)
        return nnd_fail(error, NND_EFORMAT, "%s:%d: more than %d runs", name, number,
                        RUNS_MAX_COUNT);
    runs->items[runs->count++] = (Run){f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7], number};
    return NND_OK;
}

static NndStatus read_runs(Runs *runs, const char *name, NndError *error)
{
    NndText text = {runs->file.data, runs->file.size}, rest = text, line;
    size_t lines = 1;
    if (nnd_utf8_check(text) < text.size)
        return nnd_fail(error, NND_EFORMAT, "%s: this is not UTF-8 text", name);
    for (size_t i = 0; i < text.size; i++)
        lines += text.data[i] == '\n';
    runs->items = malloc(lines * sizeof *runs->items);
    if (!runs->items)
        return nnd_fail(error, NND_ENOMEM, "%s: out of memory", name);
    for (int number = 1; nnd_text_line(&line, &rest); number++) {
        char *begin = runs->file.data + (line.data - text.data);
        begin[line.size] = '\0';
        if (!line.size || *begin == '#')
            continue;
        NndStatus status = add_run(runs, begin, number, name, error);
        if (status)
            return status;
    }
    if (!runs->count)
        return nnd_fail(error, NND_EFORMAT, "%s: there is no run in it", name);
    return NND_OK;
}

NndStatus runs_parse(Runs *out, NndFile *file, const char *name, NndError *error)
{
    *out = (Runs){.file = *file};
    *file = (NndFile){0};
    NndStatus status = read_runs(out, name, error);
    if (status)
        runs_free(out);
    return status;
}

NndStatus runs_load(Runs *out, const char *path, NndError *error)
{
    NndFile file;
    *out = (Runs){0};
    NndStatus status = nnd_file_read(&file, path, RUNS_MAX_FILE, error);
    return status ? status : runs_parse(out, &file, path, error);
}

void runs_free(Runs *runs)
{
    free(runs->items);
    nnd_file_free(&runs->file);
    *runs = (Runs){0};
}

NndStatus labels_load(Labels *out, const char *path, NndError *error)
{
    NndTexts set;
    *out = (Labels){0};
    NndStatus status = reports_load_labelled(&set, path, error);
    if (status)
        return status;
    *out = (Labels){set.count, set.labels};
    set.labels = NULL;
    nnd_texts_free(&set);
    return NND_OK;
}

void labels_free(Labels *labels)
{
    free(labels->items);
    *labels = (Labels){0};
}

static NndStatus choose_cutoff(Outcome *out, const Run *run, NndError *error)
{
    Labels labels;
    Predictions valid = {0};
    NndStatus status = labels_load(&labels, run->valid_labels, error);
    if (!status)
        status = predictions_load(&valid, run->valid_predictions, labels.count, error);
    if (!status && !valid.scores)
        status = nnd_fail(error, NND_EFORMAT, "%s: there are no scores to choose a threshold by",
                          run->valid_predictions);
    if (!status)
        status = nnd_best_cutoff(&out->cutoff, valid.scores, labels.items, 1, labels.count, error);
    out->has_cutoff = !status;
    labels_free(&labels);
    predictions_free(&valid);
    return status;
}

NndStatus outcome_load(Outcome *out, const Run *run, NndError *error)
{
    *out = (Outcome){0};
    NndStatus status = labels_load(&out->labels, run->test_labels, error);
    if (!status)
        status = predictions_load(&out->test, run->test_predictions, out->labels.count, error);
    if (!status && out->test.scores && strcmp(run->valid_labels, "-"))
        status = choose_cutoff(out, run, error);
    if (status)
        outcome_free(out);
    return status;
}

void outcome_free(Outcome *outcome)
{
    labels_free(&outcome->labels);
    predictions_free(&outcome->test);
}

void outcome_decide(int32_t *decisions, const Outcome *outcome)
{
    for (int64_t i = 0; i < outcome->labels.count; i++)
        decisions[i] = outcome->has_cutoff
                           ? (double)outcome->test.scores[i] >= outcome->cutoff.threshold
                           : outcome->test.classes[i];
}
