/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/data/fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_names[] = {
    [NND_FIELD_TEXT] = "text", [NND_FIELD_NUMBERS] = "numbers", [NND_FIELD_CLASS] = "class"};

NndStatus nnd_fields_add(NndFields *fields, NndText name, NndFieldKind kind, bool target, int64_t width,
                         NndError *error)
{
    NndField *grown = realloc(fields->items, ((size_t)fields->count + 1) * sizeof *grown);
    if (grown)
        fields->items = grown;
    char *copy = grown ? strndup(name.data, name.size) : NULL;
    if (!copy)
        return nnd_fail(error, NND_ENOMEM, "out of memory for the inputs of a model");
    fields->items[fields->count++] = (NndField){.name = copy, .kind = kind, .target = target, .width = width};
    return NND_OK;
}

void nnd_fields_free(NndFields *fields)
{
    for (int i = 0; i < fields->count; i++) {
        free(fields->items[i].name);
        nnd_classes_free(&fields->items[i].classes);
    }
    free(fields->items);
    *fields = (NndFields){0};
}

int nnd_fields_find(const NndFields *fields, NndText name)
{
    for (int i = 0; i < fields->count; i++) {
        const char *own = fields->items[i].name;
        if (nnd_text_equal((NndText){own, strlen(own)}, name))
            return i;
    }
    return -1;
}

int nnd_fields_target(const NndFields *fields, int index)
{
    for (int i = 0; i < fields->count; i++)
        if (fields->items[i].target && index-- == 0)
            return i;
    return -1;
}

int nnd_fields_count(const NndFields *fields, bool targets)
{
    int count = 0;
    for (int i = 0; i < fields->count; i++)
        count += fields->items[i].target == targets;
    return count;
}

int nnd_fields_only_class(const NndFields *fields)
{
    int found = -1;
    for (int i = 0; i < fields->count; i++) {
        if (fields->items[i].kind != NND_FIELD_CLASS)
            continue;
        if (found >= 0)
            return -1;
        found = i;
    }
    return found;
}

NndStatus nnd_fields_unreadable(bool target, const char *name, NndError *error)
{
    if (target)
        return nnd_fail(error, NND_EINVAL, "target `%s`: only class[batch] and f32[batch, ...] can be read from data", name);
    return nnd_fail(error, NND_EINVAL,
                    "input `%s`: only token[batch, word~], token[batch, sent~, word~], marks of phrases "
                    "(f32 with the axes of the text) and f32[batch, ...] can be read from data", name);
}

/* ---- the stored form ---- */

/* Cuts the next word off a line. */
static NndText next_word(NndText *line)
{
    const char *blank = memchr(line->data, ' ', line->size);
    NndText word = {line->data, blank ? (size_t)(blank - line->data) : line->size};
    size_t used = blank ? word.size + 1 : word.size;
    line->data += used;
    line->size -= used;
    return word;
}

static bool is(NndText word, const char *expected)
{
    return nnd_text_equal(word, (NndText){expected, strlen(expected)});
}

/* 1 to 2^31 - 1, or 0 if the word is no such number. */
static int64_t width_of(NndText word)
{
    int64_t width = 0;
    for (size_t i = 0; i < word.size; i++) {
        if (word.data[i] < '0' || word.data[i] > '9' || width > INT32_MAX)
            return 0;
        width = width * 10 + (word.data[i] - '0');
    }
    return width <= INT32_MAX ? width : 0;
}

static NndStatus parse_field(NndFields *out, NndText line, const char *name, NndError *error)
{
    NndText role = next_word(&line), kind = next_word(&line);
    NndFieldKind found = is(kind, "text") ? NND_FIELD_TEXT : is(kind, "class") ? NND_FIELD_CLASS : NND_FIELD_NUMBERS;
    int64_t width = 0;
    bool fine = (is(role, "target") || is(role, "input")) && is(kind, kind_names[found]);
    if (found == NND_FIELD_NUMBERS)
        fine = (width = width_of(next_word(&line))) > 0 && fine;
    if (!fine || !line.size || memchr(line.data, ' ', line.size) || nnd_fields_find(out, line) >= 0)
        return nnd_fail(error, NND_EFORMAT, "%s: metadata nnd.columns: line %d is no input or target", name, out->count + 1);
    return nnd_fields_add(out, line, found, is(role, "target"), width, error);
}

NndStatus nnd_fields_parse(NndFields *out, NndText stored, const char *name, NndError *error)
{
    *out = (NndFields){0};
    NndStatus status = NND_OK;
    for (NndText line; !status && nnd_text_line(&line, &stored);)
        status = parse_field(out, line, name, error);
    if (status)
        nnd_fields_free(out);
    return status;
}

char *nnd_fields_stored(const NndFields *fields)
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    if (!stream)
        return NULL;
    for (int i = 0; i < fields->count; i++) {
        const NndField *field = &fields->items[i];
        fprintf(stream, "%s %s ", field->target ? "target" : "input", kind_names[field->kind]);
        if (field->kind == NND_FIELD_NUMBERS)
            fprintf(stream, "%lld ", (long long)field->width);
        fprintf(stream, "%s\n", field->name);
    }
    if (fclose(stream)) {
        free(text);
        return NULL;
    }
    return text;
}
