/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/train/history.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* The series of that name, made if there is none; NULL: out of memory. */
static NndSeries *series_of(NndHistory *history, const char *name)
{
    for (int i = 0; i < history->count; i++)
        if (!strcmp(history->series[i].name, name))
            return &history->series[i];
    NndSeries *grown =
        realloc(history->series, ((size_t)history->count + 1) * sizeof *history->series);
    if (!grown)
        return NULL;
    history->series = grown;
    grown[history->count] = (NndSeries){.name = strdup(name)};
    return grown[history->count].name ? &grown[history->count++] : NULL;
}

static bool grow(NndSeries *series)
{
    int room = series->room ? 2 * series->room : 16;
    double *epochs = realloc(series->epochs, (size_t)room * sizeof *epochs);
    series->epochs = epochs ? epochs : series->epochs;
    double *values = realloc(series->values, (size_t)room * sizeof *values);
    series->values = values ? values : series->values;
    if (epochs && values)
        series->room = room;
    return epochs && values;
}

static bool add(NndSeries *series, double epoch, double value)
{
    if (series->count == series->room && !grow(series))
        return false;
    series->epochs[series->count] = epoch;
    series->values[series->count++] = value;
    return true;
}

static bool read_epoch(NndHistory *history, json_t *object)
{
    double epoch = json_number_value(json_object_get(object, "epoch"));
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        if (!json_is_number(value) || !strcmp(key, "epoch"))
            continue;
        NndSeries *series = series_of(history, key);
        if (!series || !add(series, epoch, json_number_value(value)))
            return false;
    }
    return true;
}

NndStatus nnd_history_parse(NndHistory *out, NndText lines, const char *name, NndError *error)
{
    *out = (NndHistory){0};
    NndStatus status = NND_OK;
    NndText line;
    for (int number = 1; !status && nnd_text_line(&line, &lines); number++) {
        json_t *object = json_loadb(line.data, line.size, 0, NULL);
        if (!json_is_object(object) || !json_is_number(json_object_get(object, "epoch")))
            status = nnd_fail(error, NND_EFORMAT,
                              "%s: line %d of its history is no JSON object with an epoch", name,
                              number);
        else if (!read_epoch(out, object))
            status = nnd_fail(error, NND_ENOMEM, "%s: out of memory for its history", name);
        json_decref(object);
    }
    if (status)
        nnd_history_free(out);
    return status;
}

void nnd_history_free(NndHistory *history)
{
    for (int i = 0; i < history->count; i++) {
        free(history->series[i].name);
        free(history->series[i].epochs);
        free(history->series[i].values);
    }
    free(history->series);
    *history = (NndHistory){0};
}
