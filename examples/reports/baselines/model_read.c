/* SPDX-License-Identifier: Apache-2.0 */
#include "examples/reports/baselines/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/data/file.h"

enum { MAX_FIELDS = 5, MAX_NUMBER = 40 };

typedef struct Reader {
    const char *name;
    int64_t line;
    NndText rest;
    NndText fields[MAX_FIELDS];
    int count; /* of fields */
    NndError *error;
} Reader;

static NndStatus wrong(const Reader *r, const char *what)
{
    return nnd_fail(r->error, NND_EFORMAT, "%s:%lld: %s", r->name, (long long)r->line, what);
}

static NndStatus next_line(Reader *r)
{
    NndText line;
    r->line++;
    r->count = 0;
    if (!nnd_text_line(&line, &r->rest))
        return wrong(r, "the file ends too early");
    for (bool more = true; more; r->count++) {
        if (r->count == MAX_FIELDS)
            return wrong(r, "too many fields");
        const char *tab = line.size ? memchr(line.data, '\t', line.size) : NULL;
        size_t size = tab ? (size_t)(tab - line.data) : line.size;
        r->fields[r->count] = (NndText){line.data, size};
        more = tab;
        size_t used = tab ? size + 1 : size;
        line = (NndText){line.data + used, line.size - used};
    }
    return NND_OK;
}

static bool is_word(NndText field, const char *word)
{
    return nnd_text_equal(field, (NndText){word, strlen(word)});
}

static bool read_double(double *out, NndText field)
{
    char text[MAX_NUMBER + 1], *end;
    if (!field.size || field.size > MAX_NUMBER || !strchr("-.0123456789", field.data[0]))
        return false;
    memcpy(text, field.data, field.size);
    text[field.size] = '\0';
    *out = strtod(text, &end);
    return *end == '\0' && end > text && isfinite(*out);
}

/* A whole number of low .. high. */
static bool read_int(int32_t *out, NndText field, int32_t low, int32_t high)
{
    double value;
    if (!read_double(&value, field) || !(value >= low && value <= high) || value != floor(value))
        return false;
    *out = (int32_t)value;
    return true;
}

static NndStatus read_head(Baseline *out, Reader *r)
{
    NndStatus status = next_line(r);
    if (status || r->count != 2 || !is_word(r->fields[0], "reports-baseline") ||
        !is_word(r->fields[1], "1"))
        return status ? status : wrong(r, "this is no model of a baseline");
    status = next_line(r);
    if (status)
        return status;
    out->kind =
        is_word(r->fields[0], baseline_kinds[BASELINE_SVM]) ? BASELINE_SVM : BASELINE_ADABOOST;
    out->binary = r->count > 1 && is_word(r->fields[1], "binary");
    if (r->count != 3 || !is_word(r->fields[0], baseline_kinds[out->kind]) ||
        (!out->binary && !is_word(r->fields[1], "count")) ||
        !read_double(&out->setting, r->fields[2]))
        return wrong(r, "needed are svm or adaboost, binary or count, and a number");
    return NND_OK;
}

static bool is_end(const Reader *r)
{
    return r->count == 2 && is_word(r->fields[0], "#end");
}

/* The mark at the end names how many lines there were, and nothing follows. */
static NndStatus read_end(Reader *r, int32_t lines)
{
    int32_t count;
    if (!read_int(&count, r->fields[1], 0, INT32_MAX) || count != lines)
        return wrong(r, "the number of lines is not the one that was written");
    if (r->rest.size)
        return wrong(r, "something follows the end");
    return NND_OK;
}

/* The column of the word in the first field, or -1 and the status. */
static int32_t read_word(Baseline *out, const Reader *r, NndStatus *status)
{
    int32_t column = -1;
    *status = r->fields[0].size ? NND_OK : wrong(r, "a word is empty");
    if (!*status && (column = vocabulary_add(&out->vocabulary, r->fields[0])) < 0)
        *status = nnd_fail(r->error, NND_ENOMEM, "%s: out of memory", r->name);
    return column;
}

static NndStatus read_svm(Baseline *out, Reader *r)
{
    double bias;
    NndStatus status = next_line(r);
    if (!status &&
        (r->count != 2 || !is_word(r->fields[0], "#bias") || !read_double(&bias, r->fields[1])))
        status = wrong(r, "needed are #bias and a number");
    while (!status && !(status = next_line(r)) && !is_end(r)) {
        int32_t words = out->vocabulary.words.count, column = -1;
        if (words == BAG_MAX_WORDS)
            return wrong(r, "too many words");
        if (r->count != 2 || !read_double(&out->weights[words], r->fields[1]))
            return wrong(r, "needed are a word and its weight");
        column = read_word(out, r, &status);
        if (!status && column < words)
            return wrong(r, "the word is there twice");
    }
    if (status)
        return status;
    out->weights[out->vocabulary.words.count] = bias;
    return read_end(r, out->vocabulary.words.count);
}

static NndStatus read_stump(Stump *out, Baseline *baseline, const Reader *r)
{
    NndStatus status;
    int32_t below, atleast;
    if (r->count != 5 || !read_int(&out->threshold, r->fields[1], 1, INT32_MAX) ||
        !read_int(&below, r->fields[2], 0, 1) || !read_int(&atleast, r->fields[3], 0, 1) ||
        !read_double(&out->vote, r->fields[4]) || !(out->vote > 0))
        return wrong(r, "needed are a word, a threshold, two classes and a vote above 0");
    out->below = (int8_t)below;
    out->atleast = (int8_t)atleast;
    out->column = read_word(baseline, r, &status);
    return status;
}

static NndStatus read_adaboost(Baseline *out, Reader *r)
{
    NndStatus status;
    while (!(status = next_line(r)) && !is_end(r)) {
        if (out->stump_count == BASELINE_MAX_ROUNDS)
            return wrong(r, "too many stumps");
        status = read_stump(&out->stumps[out->stump_count++], out, r);
        if (status)
            return status;
    }
    return status ? status : read_end(r, out->stump_count);
}

NndStatus baseline_parse(Baseline *out, NndText text, const char *name, NndError *error)
{
    *out = (Baseline){0};
    Reader r = {.name = name, .rest = text, .error = error};
    NndStatus status = NND_OK;
    size_t bad = nnd_utf8_check(text);
    if (bad < text.size)
        status = nnd_fail(error, NND_EFORMAT, "%s: the byte at %zu is not UTF-8 text", name, bad);
    if (!status)
        status = read_head(out, &r);
    if (!status && out->kind == BASELINE_SVM)
        out->weights = calloc(BAG_MAX_WORDS + 1, sizeof *out->weights);
    else if (!status)
        out->stumps = calloc(BASELINE_MAX_ROUNDS, sizeof *out->stumps);
    if (!status && !out->weights && !out->stumps)
        status = nnd_fail(error, NND_ENOMEM, "%s: out of memory", name);
    if (!status)
        status = out->kind == BASELINE_SVM ? read_svm(out, &r) : read_adaboost(out, &r);
    if (status)
        baseline_free(out);
    return status;
}

NndStatus baseline_load(Baseline *out, const char *path, NndError *error)
{
    NndFile file;
    *out = (Baseline){0};
    NndStatus status = nnd_file_read(&file, path, BASELINE_MAX_FILE, error);
    if (!status)
        status = baseline_parse(out, (NndText){file.data, file.size}, path, error);
    nnd_file_free(&file);
    return status;
}
