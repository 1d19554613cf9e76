/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/data/tsv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is needed only while reading. */
typedef struct Reader {
    NndDataset *set;
    const NndFields *fields;
    NndLayout layout;
    const char *name;
    int64_t line;      /* being read, from 1 */
    int64_t *lines;    /* [count]: where each item is */
    NndText **labels;  /* [fields][count]: CLASS */
    int64_t *room;     /* [fields]: NUMBERS */
    int64_t *found;    /* [fields]: NUMBERS of the line so far */
    NndError *error;
} Reader;

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

/* ---- numbers ---- */

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

static const char *name_of(const Reader *r, int field)
{
    return r->fields->items[field].name;
}

static NndStatus push_number(Reader *r, int field, float value)
{
    NndColumn *column = &r->set->columns[field];
    if (r->set->count && r->found[field] == column->width)
        return nnd_fail(r->error, NND_EFORMAT, "%s:%lld: `%s`: more than the expected %lld numbers", r->name,
                        (long long)r->line, name_of(r, field), (long long)column->width);
    int64_t index = r->set->count * column->width + r->found[field]++;
    if (index == r->room[field]) {
        int64_t room = r->room[field] * 2;
        float *grown = realloc(column->f32, (size_t)room * sizeof *grown);
        if (!grown)
            return nnd_fail(r->error, NND_ENOMEM, "%s: out of memory for %lld numbers", r->name, (long long)room);
        column->f32 = grown;
        r->room[field] = room;
    }
    column->f32[index] = value;
    return NND_OK;
}

/* A string of as many 0 and 1 as the field has numbers. */
static bool is_bits(const NndField *field, NndText text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] != '0' && text.data[i] != '1')
            return false;
    return field->width > 1 && (int64_t)text.size == field->width;
}

static NndStatus read_bits(Reader *r, int field, NndText text)
{
    NndStatus status = NND_OK;
    for (size_t i = 0; i < text.size && !status; i++)
        status = push_number(r, field, (float)(text.data[i] - '0'));
    return status;
}

static NndStatus read_numbers(Reader *r, int field, NndText text)
{
    if (is_bits(&r->fields->items[field], text))
        return read_bits(r, field, text);
    for (size_t at = skip_blanks(text, 0); at < text.size;) {
        char *end;
        float value = strtof(text.data + at, &end);
        size_t next = (size_t)(end - text.data);
        if (next <= at || next > text.size || (next < text.size && !is_blank(*end)) || !isfinite(value))
            return nnd_fail(r->error, NND_EFORMAT, "%s:%lld: `%s`: number %lld is not a finite number", r->name,
                            (long long)r->line, name_of(r, field), (long long)r->found[field] + 1);
        NndStatus status = push_number(r, field, value);
        if (status)
            return status;
        at = skip_blanks(text, next);
    }
    return NND_OK;
}

/* The first line settles how many numbers there are. */
static NndStatus finish_numbers(Reader *r, int field)
{
    NndColumn *column = &r->set->columns[field];
    if (!r->set->count)
        column->width = r->found[field];
    if (!r->found[field] || r->found[field] != column->width)
        return nnd_fail(r->error, NND_EFORMAT, "%s:%lld: `%s`: %lld numbers where %lld are expected", r->name,
                        (long long)r->line, name_of(r, field), (long long)r->found[field],
                        (long long)(column->width ? column->width : r->fields->items[field].width));
    return NND_OK;
}

/* ---- lines ---- */

static NndStatus wrong_columns(const Reader *r, NndText line)
{
    char wanted[256];
    int found = 1;
    for (size_t i = 0; i < line.size; i++)
        found += line.data[i] == '\t';
    nnd_layout_describe(wanted, sizeof wanted, &r->layout, r->fields);
    return nnd_fail(r->error, NND_EFORMAT, "%s:%lld: %d column%s where %d are expected, parted by TABs: %s", r->name,
                    (long long)r->line, found, found == 1 ? "" : "s", r->layout.count, wanted);
}

static NndStatus read_column(Reader *r, int field, NndText text)
{
    if (field < 0)
        return NND_OK;
    switch (r->fields->items[field].kind) {
    case NND_FIELD_TEXT: r->set->columns[field].texts[r->set->count] = text; return NND_OK;
    case NND_FIELD_CLASS: r->labels[field][r->set->count] = text; return NND_OK;
    case NND_FIELD_NUMBERS: return read_numbers(r, field, text);
    }
    return NND_OK;
}

static NndStatus read_columns(Reader *r, NndText line)
{
    NndText rest = line;
    NndStatus status = NND_OK;
    for (int i = 0; i < r->layout.count && !status; i++) {
        bool last = i == r->layout.count - 1;
        const char *tab = last && r->layout.rest ? NULL : memchr(rest.data, '\t', rest.size);
        if (last ? tab != NULL : !tab)
            return wrong_columns(r, line);
        NndText text = {rest.data, tab ? (size_t)(tab - rest.data) : rest.size};
        status = read_column(r, r->layout.fields[i], text);
        rest = (NndText){text.data + text.size + !last, rest.size - text.size - !last};
    }
    return status;
}

static bool is_read(const Reader *r, int field)
{
    for (int i = 0; i < r->layout.count; i++)
        if (r->layout.fields[i] == field)
            return true;
    return false;
}

static NndStatus read_item(Reader *r, NndText line)
{
    for (int i = 0; i < r->fields->count; i++)
        r->found[i] = 0;
    NndStatus status = read_columns(r, line);
    for (int i = 0; i < r->fields->count && !status; i++)
        if (r->set->columns[i].f32)
            status = finish_numbers(r, i);
    if (!status)
        r->lines[r->set->count++] = r->line;
    return status;
}

static bool lines_are_texts(const Reader *r)
{
    return r->layout.count == 1 && r->layout.rest && r->fields->items[r->layout.fields[0]].kind == NND_FIELD_TEXT;
}

static NndStatus read_items(Reader *r, NndText rest)
{
    bool keep_empty = lines_are_texts(r);
    NndStatus status = NND_OK;
    for (NndText line; !status && nnd_text_line(&line, &rest); r->line++)
        if (line.size || keep_empty)
            status = read_item(r, line);
    return status;
}

/* ---- files ---- */

static bool reserve_column(Reader *r, int field, size_t room)
{
    NndColumn *column = &r->set->columns[field];
    switch (r->fields->items[field].kind) {
    case NND_FIELD_TEXT: return (column->texts = calloc(room, sizeof *column->texts));
    case NND_FIELD_CLASS:
        column->labels = calloc(room, sizeof *column->labels);
        r->labels[field] = calloc(room, sizeof **r->labels);
        return column->labels && r->labels[field];
    case NND_FIELD_NUMBERS:
        r->room[field] = 1024;
        return (column->f32 = calloc((size_t)r->room[field], sizeof *column->f32));
    }
    return false;
}

static bool reserve(Reader *r, int64_t lines)
{
    size_t fields = (size_t)r->fields->count + 1, room = (size_t)lines + 1;
    r->lines = calloc(room, sizeof *r->lines);
    r->labels = calloc(fields, sizeof *r->labels);
    r->room = calloc(fields, sizeof *r->room);
    r->found = calloc(fields, sizeof *r->found);
    bool fine = r->lines && r->labels && r->room && r->found;
    for (int i = 0; i < r->fields->count && fine; i++)
        fine = !is_read(r, i) || reserve_column(r, i, room);
    return fine;
}

static NndStatus number_classes(Reader *r)
{
    NndStatus status = NND_OK;
    for (int i = 0; i < r->fields->count && !status; i++) {
        NndColumn *column = &r->set->columns[i];
        const NndClasses *given = r->fields->items[i].classes.count ? &r->fields->items[i].classes : NULL;
        if (column->labels)
            status = nnd_classes_number(&column->classes, column->labels, r->labels[i], r->lines, r->set->count, given,
                                        r->name, r->error);
    }
    return status;
}

static NndStatus parse(Reader *r, const NndLayoutWish *wish)
{
    NndText text = {r->set->file.data, r->set->file.size};
    if (text.size >= 3 && memcmp(text.data, "\xEF\xBB\xBF", 3) == 0) /* byte order mark */
        text = (NndText){text.data + 3, text.size - 3};
    NndStatus status = check_utf8(text, r->name, r->error);
    if (status)
        return status;
    NndText rest = text, first = {"", 0};
    bool header;
    nnd_text_line(&first, &rest);
    status = nnd_layout_find(&r->layout, &header, r->fields, wish, first, r->name, r->error);
    if (status)
        return status;
    if (!reserve(r, count_lines(text)))
        return nnd_fail(r->error, NND_ENOMEM, "%s: out of memory", r->name);
    r->line = header ? 2 : 1;
    status = read_items(r, header ? rest : text);
    return status ? status : number_classes(r);
}

static void free_reader(Reader *r)
{
    for (int i = 0; r->labels && i < r->fields->count; i++)
        free(r->labels[i]);
    free(r->labels);
    free(r->lines);
    free(r->room);
    free(r->found);
    nnd_layout_free(&r->layout);
}

NndStatus nnd_tsv_parse(NndDataset *out, NndFile *file, const char *name, const NndFields *fields,
                        const NndLayoutWish *wish, NndError *error)
{
    Reader reader = {.set = out, .fields = fields, .name = name, .error = error};
    NndStatus status = nnd_dataset_new(out, fields, error);
    out->file = *file;
    *file = (NndFile){0};
    if (!status)
        status = parse(&reader, wish);
    free_reader(&reader);
    if (status)
        nnd_dataset_free(out);
    return status;
}

NndStatus nnd_tsv_load(NndDataset *out, const char *path, const NndFields *fields, const NndLayoutWish *wish,
                       NndError *error)
{
    *out = (NndDataset){0};
    NndFile file;
    NndStatus status = nnd_file_read_gzip(&file, path, NND_MAX_FILE, error);
    return status ? status : nnd_tsv_parse(out, &file, path, fields, wish, error);
}
