/* SPDX-License-Identifier: Apache-2.0 */
#include "examples/reports/report/records.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/data/text.h"

/* ---- fields ---- */

static NndStatus allocate(Records *r, NndText text, const char *name, NndError *error)
{
    size_t fields = 1, lines = 1;
    for (size_t i = 0; i < text.size; i++) {
        lines += text.data[i] == '\n';
        fields += text.data[i] == '\n' || text.data[i] == '\t';
    }
    r->fields = malloc(fields * sizeof *r->fields);
    r->begins = malloc((lines + 1) * sizeof *r->begins);
    if (!r->fields || !r->begins)
        return nnd_fail(error, NND_ENOMEM, "%s: out of memory", name);
    r->begins[0] = 0;
    return NND_OK;
}

/* Cuts a line, which ends with a NUL, in place. */
static void cut_fields(Records *r, char *line)
{
    int64_t count = r->begins[r->count];
    for (char *tab; (tab = strchr(line, '\t')); line = tab + 1) {
        *tab = '\0';
        r->fields[count++] = line;
    }
    r->fields[count++] = line;
    r->begins[++r->count] = count;
}

static NndStatus cut_lines(Records *r, const char *name, NndError *error)
{
    NndText text = {r->file.data, r->file.size}, rest = text, line;
    if (nnd_utf8_check(text) < text.size)
        return nnd_fail(error, NND_EFORMAT, "%s: this is not UTF-8 text", name);
    NndStatus status = allocate(r, text, name, error);
    while (!status && nnd_text_line(&line, &rest)) {
        char *begin = r->file.data + (line.data - text.data);
        begin[line.size] = '\0';
        cut_fields(r, begin);
    }
    return status;
}

/* ---- columns ---- */

static int field_count(const Records *r, int record)
{
    return (int)(r->begins[record + 1] - r->begins[record]);
}

static NndStatus find_column(Records *r, int wish, const char *column, const char *name,
                             NndError *error)
{
    for (int i = 0; i < field_count(r, 0); i++)
        if (!strcmp(r->fields[i], column)) {
            r->columns[wish] = i;
            return NND_OK;
        }
    return nnd_fail(error, NND_EFORMAT, "%s:1: there is no column `%s`", name, column);
}

static bool is_number(const char *text)
{
    char *end;
    strtod(text, &end);
    return !strcmp(text, "NA") || (end > text && !*end);
}

static NndStatus check_numbers(const Records *r, int wish, const char *column, const char *name,
                               NndError *error)
{
    for (int i = 0; i < r->count; i++)
        if (!is_number(records_text(r, i, wish)))
            return nnd_fail(error, NND_EFORMAT, "%s:%d: `%.40s` in column `%s` is no number", name,
                            i + 2, records_text(r, i, wish), column);
    return NND_OK;
}

/* The first line becomes the names, and is no record any more. */
static NndStatus take_names(Records *r, const char *name, const char *const *wishes, int count,
                            NndError *error)
{
    if (!r->count)
        return nnd_fail(error, NND_EFORMAT, "%s: there is no line of names", name);
    for (int i = 1; i < r->count; i++)
        if (field_count(r, i) != field_count(r, 0))
            return nnd_fail(error, NND_EFORMAT, "%s:%d: %d fields, and %d columns have names", name,
                            i + 1, field_count(r, i), field_count(r, 0));
    NndStatus status = NND_OK;
    for (int i = 0; i < count && !status; i++)
        status = find_column(r, i, wishes[i] + (*wishes[i] == '#'), name, error);
    memmove(r->begins, r->begins + 1, (size_t)r->count * sizeof *r->begins);
    r->count--;
    for (int i = 0; i < count && !status; i++)
        if (*wishes[i] == '#')
            status = check_numbers(r, i, wishes[i] + 1, name, error);
    return status;
}

NndStatus records_parse(Records *out, NndFile *file, const char *name, const char *const *wishes,
                        int wish_count, NndError *error)
{
    *out = (Records){.file = *file};
    *file = (NndFile){0};
    NndStatus status = cut_lines(out, name, error);
    if (!status && wish_count)
        status = take_names(out, name, wishes, wish_count, error);
    if (status)
        records_free(out);
    return status;
}

void records_free(Records *records)
{
    free(records->fields);
    free(records->begins);
    nnd_file_free(&records->file);
    *records = (Records){0};
}

const char *records_field(const Records *records, int record, int index)
{
    int64_t begin = records->begins[record];
    return index < field_count(records, record) ? records->fields[begin + index] : "";
}

const char *records_text(const Records *records, int record, int wish)
{
    return records_field(records, record, records->columns[wish]);
}

double records_number(const Records *records, int record, int wish)
{
    const char *text = records_text(records, record, wish);
    return strcmp(text, "NA") ? strtod(text, NULL) : NAN;
}

int records_distinct(const Records *records, int wish, const char **out, int most)
{
    int count = 0;
    for (int i = 0; i < records->count && count < most; i++) {
        const char *text = records_text(records, i, wish);
        int at = 0;
        while (at < count && strcmp(out[at], text))
            at++;
        if (at == count)
            out[count++] = text;
    }
    return count;
}
