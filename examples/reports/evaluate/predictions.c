/* SPDX-License-Identifier: Apache-2.0 */
#include "examples/reports/evaluate/predictions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/data/file.h"

enum { MAX_NUMBER = 60 };

/* What is behind the last TAB; empty if there is none. */
static NndText last_field(NndText line)
{
    const char *tab = line.size ? memrchr(line.data, '\t', line.size) : NULL;
    if (!tab)
        return (NndText){line.data, 0};
    return (NndText){tab + 1, line.size - (size_t)(tab - line.data) - 1};
}

static bool read_score(float *out, NndText field)
{
    char text[MAX_NUMBER + 1], *end;
    if (!field.size || field.size > MAX_NUMBER || !strchr("+-.0123456789", field.data[0]))
        return false;
    memcpy(text, field.data, field.size);
    text[field.size] = '\0';
    *out = strtof(text, &end);
    return end == text + field.size && isfinite(*out);
}

static bool read_class(int32_t *out, NndText line)
{
    if (!line.size || (line.data[0] != '0' && line.data[0] != '1') ||
        (line.size > 1 && line.data[1] != '\t'))
        return false;
    *out = line.data[0] - '0';
    return true;
}

static NndStatus read_lines(Predictions *out, NndText rest, const char *name, int64_t count,
                            NndError *error)
{
    float score;
    NndText line, first = rest;
    bool scored = nnd_text_line(&line, &first) && read_score(&score, last_field(line));
    out->classes = malloc(((size_t)count + 1) * sizeof *out->classes);
    out->scores = scored ? malloc(((size_t)count + 1) * sizeof *out->scores) : NULL;
    if (!out->classes || (scored && !out->scores))
        return nnd_fail(error, NND_ENOMEM, "%s: out of memory", name);
    for (; nnd_text_line(&line, &rest); out->count++) {
        long long number = (long long)out->count + 1;
        if (out->count == count)
            return nnd_fail(error, NND_EFORMAT, "%s:%lld: more predictions than the %lld items",
                            name, number, (long long)count);
        if (!read_class(&out->classes[out->count], line))
            return nnd_fail(error, NND_EFORMAT, "%s:%lld: the class is not 0 or 1", name, number);
        if (scored && !read_score(&out->scores[out->count], last_field(line)))
            return nnd_fail(error, NND_EFORMAT, "%s:%lld: the last field is not a finite number",
                            name, number);
    }
    if (out->count < count)
        return nnd_fail(error, NND_EFORMAT, "%s: %lld predictions for %lld items", name,
                        (long long)out->count, (long long)count);
    return NND_OK;
}

NndStatus predictions_parse(Predictions *out, NndText text, const char *name, int64_t count,
                            NndError *error)
{
    *out = (Predictions){0};
    NndStatus status = read_lines(out, text, name, count, error);
    if (status)
        predictions_free(out);
    return status;
}

NndStatus predictions_load(Predictions *out, const char *path, int64_t count, NndError *error)
{
    NndFile file;
    *out = (Predictions){0};
    NndStatus status = nnd_file_read_gzip(&file, path, NND_MAX_FILE, error);
    if (!status)
        status = predictions_parse(out, (NndText){file.data, file.size}, path, count, error);
    nnd_file_free(&file);
    return status;
}

void predictions_free(Predictions *predictions)
{
    free(predictions->classes);
    free(predictions->scores);
    *predictions = (Predictions){0};
}
