/* SPDX-License-Identifier: Apache-2.0
 *
 * Weights that begin with vectors of words.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "compiler/driver/weights.h"
#include "runtime/data/file.h"

typedef struct Vectors {
    const char *path;
    const NndVocab *vocab;
    int64_t size;  /* numbers of a word */
    int64_t found; /* words of the vocabulary */
    float *row;
} Vectors;

static bool next_field(NndText *field, NndText *rest)
{
    while (rest->size && (*rest->data == ' ' || *rest->data == '\t'))
        rest->data++, rest->size--;
    *field = (NndText){rest->data, 0};
    while (rest->size && *rest->data != ' ' && *rest->data != '\t')
        rest->data++, rest->size--, field->size++;
    return field->size > 0;
}

static bool read_number(NndText field, float *out)
{
    char text[64], *end;
    if (field.size >= sizeof text)
        return false;
    memcpy(text, field.data, field.size);
    text[field.size] = '\0';
    errno = 0;
    *out = strtof(text, &end);
    return *end == '\0' && isfinite(*out);
}

/* The numbers after the word; how many there are. */
static NndStatus read_row(Vectors *v, NndText rest, int64_t line, int64_t *count, NndError *error)
{
    NndText field;
    *count = 0;
    while (next_field(&field, &rest)) {
        if (*count < v->size && !read_number(field, &v->row[*count]))
            return nnd_fail(error, NND_EINVAL, "%s:%lld: number %lld is not one", v->path, (long long)line,
                            (long long)*count + 1);
        ++*count;
    }
    return NND_OK;
}

static NndStatus read_line(Vectors *v, Slot *slot, NndText text, int64_t line, NndError *error)
{
    NndText word, rest = text;
    int64_t count;
    if (!next_field(&word, &rest))
        return NND_OK;
    NndStatus status = read_row(v, rest, line, &count, error);
    if (status || (line == 1 && count == 1)) /* how many words and numbers there are */
        return status;
    if (count != v->size)
        return nnd_fail(error, NND_EINVAL, "%s:%lld: %lld numbers, `%s` wants %lld", v->path, (long long)line,
                        (long long)count, slot->name, (long long)v->size);
    int32_t id = nnd_vocab_id(v->vocab, word);
    if (id >= NND_FIRST_WORD) {
        memcpy(slot->now + id * v->size, v->row, (size_t)v->size * sizeof *v->row);
        v->found++;
    }
    return NND_OK;
}

static NndStatus read_vectors(Vectors *v, Slot *slot, NndError *error)
{
    NndFile file;
    NndStatus status = nnd_file_read_gzip(&file, v->path, NND_MAX_FILE, error);
    if (status)
        return status;
    NndText line, rest = {file.data, file.size};
    for (int64_t number = 1; !status && nnd_text_line(&line, &rest); number++)
        status = read_line(v, slot, line, number, error);
    nnd_file_free(&file);
    return status;
}

static NndStatus fill(Slot *slot, const char *path, const NndVocab *vocab, bool quiet, NndError *error)
{
    int64_t words = vocab ? nnd_vocab_size(vocab) : 0;
    Vectors v = {.path = path, .vocab = vocab, .size = words ? slot->count / words : 0};
    if (!words || v.size < 1 || v.size * words != slot->count)
        return nnd_fail(error, NND_EINVAL, "start: `%s` has no row for each word of the vocabulary", slot->name);
    v.row = malloc((size_t)v.size * sizeof *v.row);
    NndStatus status = v.row ? read_vectors(&v, slot, error) : nnd_fail(error, NND_ENOMEM, "out of memory for a vector");
    free(v.row);
    if (!status && !quiet)
        printf("%s: vectors of %lld of %lld words from %s\n", slot->name, (long long)v.found,
               (long long)words - NND_FIRST_WORD, path);
    return status;
}

NndStatus slots_start(Slots *slots, const Recipe *recipe, const NndVocab *vocab, bool quiet, NndError *error)
{
    NndStatus status = NND_OK;
    for (int r = 0; r < recipe->start_count; r++)
        for (int i = 0; i < slots->count && !status; i++)
            if (slots->items[i].is_weight && weight_matches(slots->items[i].name, recipe->starts[r].pattern))
                status = fill(&slots->items[i], recipe->starts[r].file, vocab, quiet, error);
    slots_keep_best(slots);
    return status;
}
