/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/data/layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_COLUMNS = 65536 };

void nnd_layout_free(NndLayout *layout)
{
    free(layout->fields);
    *layout = (NndLayout){0};
}

void nnd_layout_describe(char *text, size_t size, const NndLayout *layout, const NndFields *fields)
{
    size_t used = 0;
    *text = '\0';
    for (int i = 0; i < layout->count && used < size; i++) {
        const char *name = layout->fields[i] < 0 ? "_" : fields->items[layout->fields[i]].name;
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "", name);
    }
}

static NndStatus reserve(NndLayout *out, int count, NndError *error)
{
    *out = (NndLayout){.fields = calloc((size_t)count + 1, sizeof *out->fields)};
    return out->fields ? NND_OK : nnd_fail(error, NND_ENOMEM, "out of memory for the columns of a file");
}

/* ---- by name ---- */

static NndText next_name(NndText *rest, char separator)
{
    const char *end = memchr(rest->data, separator, rest->size);
    NndText name = {rest->data, end ? (size_t)(end - rest->data) : rest->size};
    size_t used = end ? name.size + 1 : name.size;
    rest->data += used;
    rest->size -= used;
    return name;
}

static int count_names(NndText text, char separator)
{
    int count = 1;
    for (size_t i = 0; i < text.size && count < MOST_COLUMNS; i++)
        count += text.data[i] == separator;
    return count;
}

static bool is_named(NndText line, char separator, const char *name)
{
    NndText wanted = {name, strlen(name)};
    for (int left = count_names(line, separator); left; left--)
        if (nnd_text_equal(next_name(&line, separator), wanted))
            return true;
    return false;
}

static bool is_wanted(const NndField *field, bool targets)
{
    return targets || !field->target;
}

static const char *first_missing(const NndFields *fields, NndText line, char separator, bool targets)
{
    for (int i = 0; i < fields->count; i++)
        if (is_wanted(&fields->items[i], targets) && !is_named(line, separator, fields->items[i].name))
            return fields->items[i].name;
    return NULL;
}

static bool is_taken(const NndLayout *layout, int field)
{
    for (int i = 0; i < layout->count; i++)
        if (layout->fields[i] == field)
            return true;
    return false;
}

/* All names of a line, in order; those that are no field or not wanted are not read. */
static NndStatus by_name(NndLayout *out, const NndFields *fields, NndText line, char separator, bool targets,
                         const char *where, NndError *error)
{
    int count = count_names(line, separator);
    NndStatus status = reserve(out, count, error);
    for (int i = 0; !status && i < count; i++) {
        NndText name = next_name(&line, separator);
        int field = nnd_fields_find(fields, name);
        field = field >= 0 && is_wanted(&fields->items[field], targets) ? field : -1;
        if (field >= 0 && fields->items[field].kind != NND_FIELD_NUMBERS && is_taken(out, field))
            status = nnd_fail(error, NND_EFORMAT, "%s: column `%s` is there twice", where, fields->items[field].name);
        out->fields[out->count++] = field;
    }
    return status;
}

static NndStatus by_wish(NndLayout *out, const NndFields *fields, const NndLayoutWish *wish, NndError *error)
{
    NndText names = {wish->columns, strlen(wish->columns)}, rest = names;
    const char *missing = first_missing(fields, names, ',', wish->targets);
    if (missing)
        return nnd_fail(error, NND_EINVAL, "--columns %s: the model needs a column `%s`", wish->columns, missing);
    for (int left = count_names(names, ','); left; left--) {
        NndText name = next_name(&rest, ',');
        if (!nnd_text_equal(name, (NndText){"_", 1}) && nnd_fields_find(fields, name) < 0)
            return nnd_fail(error, NND_EINVAL,
                            "--columns %s: the model has no input or target `%.*s`; `_` is a column that is not read",
                            wish->columns, (int)(name.size < 40 ? name.size : 40), name.data);
    }
    return by_name(out, fields, names, ',', wish->targets, "--columns", error);
}

/* A line with the name of a target, or of all inputs if there are several; items have their values. */
static bool is_header(const NndFields *fields, NndText line, bool targets)
{
    int named = 0, named_targets = 0;
    for (int i = 0; i < fields->count; i++) {
        bool here = is_named(line, '\t', fields->items[i].name);
        named += here;
        named_targets += here && fields->items[i].target;
    }
    return named_targets || (named > 1 && !first_missing(fields, line, '\t', targets));
}

static NndStatus by_header(NndLayout *out, const NndFields *fields, const NndLayoutWish *wish, NndText line,
                           const char *name, NndError *error)
{
    const char *missing = first_missing(fields, line, '\t', wish->targets);
    if (missing)
        return nnd_fail(error, NND_EFORMAT,
                        "%s:1: a header without the column `%s`, which the model needs (or give --columns)", name, missing);
    char where[256];
    snprintf(where, sizeof where, "%.240s:1", name);
    return by_name(out, fields, line, '\t', wish->targets, where, error);
}

/* ---- by position ---- */

static NndStatus by_position(NndLayout *out, const NndFields *fields, const NndLayoutWish *wish, NndError *error)
{
    NndStatus status = reserve(out, fields->count + 1, error);
    if (status)
        return status;
    int targets = nnd_fields_count(fields, true), inputs = fields->count - targets;
    for (int i = 0; wish->labelled && i < fields->count; i++)
        if (fields->items[i].target)
            out->fields[out->count++] = wish->targets ? i : -1;
    if (wish->labelled && !targets && inputs == 1)
        out->fields[out->count++] = -1; /* labelled data serve a model that needs no labels, as an autoencoder */
    for (int i = 0; i < fields->count; i++)
        if (!fields->items[i].target)
            out->fields[out->count++] = i;
    int last = out->count ? out->fields[out->count - 1] : -1;
    out->rest = last >= 0 && (fields->items[last].kind == NND_FIELD_NUMBERS || (inputs == 1 && targets <= 1));
    return NND_OK;
}

NndStatus nnd_layout_find(NndLayout *out, bool *header, const NndFields *fields, const NndLayoutWish *wish,
                          NndText first, const char *name, NndError *error)
{
    *out = (NndLayout){0};
    *header = !wish->columns && wish->labelled && is_header(fields, first, wish->targets);
    NndStatus status = wish->columns ? by_wish(out, fields, wish, error)
                       : *header     ? by_header(out, fields, wish, first, name, error)
                                     : by_position(out, fields, wish, error);
    if (status)
        nnd_layout_free(out);
    return status;
}
