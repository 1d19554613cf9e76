/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/data/tsv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is needed only while reading. */
typedef struct Reader {
    const char *name;
    NndTsvForm form;
    NndText *labels; /* [count] */
    int64_t *lines;  /* [count] */
    int64_t room;    /* of features */
    NndError *error;
} Reader;

static bool has_labels(NndTsvForm form)
{
    return form == NND_TSV_LABELLED || form == NND_TSV_FEATURES;
}

static bool has_texts(NndTsvForm form)
{
    return form == NND_TSV_LABELLED || form == NND_TSV_PLAIN;
}

static int64_t count_lines(NndText rest)
{
    int64_t count = 0;
    for (NndText line; nnd_text_line(&line, &rest);)
        count++;
    return count;
}

static NndStatus check_utf8(NndText text, const char *name, NndError *error)
{
    size_t bad = nnd_utf8_check(text);
    if (bad == text.size)
        return NND_OK;
    long long line = 1;
    for (size_t i = 0; i < bad; i++)
        line += text.data[i] == '\n';
    return nnd_fail(error, NND_EFORMAT, "%s:%lld: byte 0x%02x (at %zu) is not UTF-8 text", name,
                    line, (unsigned)(unsigned char)text.data[bad], bad);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static size_t skip_blanks(NndText text, size_t at)
{
    while (at < text.size && is_blank(text.data[at]))
        at++;
    return at;
}

static NndStatus push_number(NndTsv *tsv, Reader *r, int64_t index, float value)
{
    if (index == r->room) {
        int64_t room = r->room ? r->room * 2 : 1024;
        float *grown = realloc(tsv->features, (size_t)room * sizeof *grown);
        if (!grown)
            return nnd_fail(r->error, NND_ENOMEM, "%s: out of memory for %lld numbers", r->name,
                            (long long)room);
        tsv->features = grown;
        r->room = room;
    }
    tsv->features[index] = value;
    return NND_OK;
}

/* The numbers of a line; the first line settles how many there are. */
static NndStatus read_numbers(NndTsv *tsv, Reader *r, NndText text, int64_t line)
{
    int64_t found = 0;
    for (size_t at = skip_blanks(text, 0); at < text.size; found++) {
        char *end;
        float value = strtof(text.data + at, &end);
        size_t next = (size_t)(end - text.data);
        if (next <= at || next > text.size || (next < text.size && !is_blank(*end)) ||
            !isfinite(value))
            return nnd_fail(r->error, NND_EFORMAT, "%s:%lld: field %lld is not a finite number",
                            r->name, (long long)line, (long long)found + 1);
        if (tsv->count && found == tsv->width)
            return nnd_fail(r->error, NND_EFORMAT, "%s:%lld: more than the expected %lld numbers",
                            r->name, (long long)line, (long long)tsv->width);
        NndStatus status = push_number(tsv, r, tsv->count * tsv->width + found, value);
        if (status)
            return status;
        at = skip_blanks(text, next);
    }
    if (!tsv->count)
        tsv->width = found;
    if (!found || found != tsv->width)
        return nnd_fail(r->error, NND_EFORMAT, "%s:%lld: %lld numbers where %lld are expected",
                        r->name, (long long)line, (long long)found,
                        (long long)(tsv->width ? tsv->width : 1));
    return NND_OK;
}

static NndStatus read_record(NndTsv *tsv, Reader *r, NndText text, int64_t line)
{
    if (has_labels(r->form)) {
        const char *tab = memchr(text.data, '\t', text.size);
        if (!tab)
            return nnd_fail(r->error, NND_EFORMAT, "%s:%lld: no TAB after the label", r->name,
                            (long long)line);
        size_t label = (size_t)(tab - text.data);
        r->labels[tsv->count] = (NndText){text.data, label};
        r->lines[tsv->count] = line;
        text = (NndText){tab + 1, text.size - label - 1};
    }
    if (has_texts(r->form)) {
        tsv->texts[tsv->count++] = text;
        return NND_OK;
    }
    NndStatus status = read_numbers(tsv, r, text, line);
    if (!status)
        tsv->count++;
    return status;
}

static NndStatus read_records(NndTsv *tsv, Reader *r, NndText rest)
{
    NndText line;
    for (int64_t number = 1; nnd_text_line(&line, &rest); number++) {
        if (!line.size && r->form != NND_TSV_PLAIN)
            continue;
        NndStatus status = read_record(tsv, r, line, number);
        if (status)
            return status;
    }
    return NND_OK;
}

static bool reserve(NndTsv *tsv, Reader *r, int64_t lines)
{
    size_t room = (size_t)lines + 1;
    if (has_texts(r->form) && !(tsv->texts = calloc(room, sizeof *tsv->texts)))
        return false;
    if (!has_labels(r->form))
        return true;
    tsv->labels = calloc(room, sizeof *tsv->labels);
    r->labels = calloc(room, sizeof *r->labels);
    r->lines = calloc(room, sizeof *r->lines);
    return tsv->labels && r->labels && r->lines;
}

static NndStatus parse(NndTsv *tsv, Reader *r, const NndClasses *given)
{
    NndText text = {tsv->file.data, tsv->file.size};
    if (text.size >= 3 && memcmp(text.data, "\xEF\xBB\xBF", 3) == 0) /* byte order mark */
        text = (NndText){text.data + 3, text.size - 3};
    NndStatus status = check_utf8(text, r->name, r->error);
    if (status)
        return status;
    if (!reserve(tsv, r, count_lines(text)))
        return nnd_fail(r->error, NND_ENOMEM, "%s: out of memory", r->name);
    status = read_records(tsv, r, text);
    if (!status && has_labels(r->form))
        status = nnd_classes_number(&tsv->classes, tsv->labels, r->labels, r->lines, tsv->count,
                                    given, r->name, r->error);
    return status;
}

NndStatus nnd_tsv_parse(NndTsv *out, NndFile *file, const char *name, NndTsvForm form,
                        const NndClasses *given, NndError *error)
{
    *out = (NndTsv){.file = *file};
    *file = (NndFile){0};
    Reader reader = {.name = name, .form = form, .error = error};
    NndStatus status = parse(out, &reader, given);
    free(reader.labels);
    free(reader.lines);
    if (status)
        nnd_tsv_free(out);
    return status;
}

NndStatus nnd_tsv_load(NndTsv *out, const char *path, NndTsvForm form, const NndClasses *given,
                       NndError *error)
{
    *out = (NndTsv){0};
    NndFile file;
    NndStatus status = nnd_file_read_gzip(&file, path, NND_MAX_FILE, error);
    if (status)
        return status;
    return nnd_tsv_parse(out, &file, path, form, given, error);
}

void nnd_tsv_free(NndTsv *tsv)
{
    free(tsv->texts);
    free(tsv->labels);
    free(tsv->features);
    nnd_classes_free(&tsv->classes);
    nnd_file_free(&tsv->file);
    *tsv = (NndTsv){0};
}
