/* SPDX-License-Identifier: Apache-2.0
 *
 * The first byte picks what the model wants and how the file is told to be: its low bits a set of
 * fields, then whether it has targets, whether they are wanted, whether columns are named (then the
 * first line of the rest names them). Texts that can be read are also made into sentences and words.
 */
#include "runtime/data/tsv.h"

#include <stdlib.h>
#include <string.h>

static NndField text[] = {{.name = "label", .kind = NND_FIELD_CLASS, .target = true}, {.name = "text", .kind = NND_FIELD_TEXT}};
static NndField numbers[] = {{.name = "label", .kind = NND_FIELD_CLASS, .target = true},
                             {.name = "x", .kind = NND_FIELD_NUMBERS, .width = 3}};
static NndField several[] = {{.name = "a", .kind = NND_FIELD_TEXT},
                             {.name = "codes", .kind = NND_FIELD_NUMBERS, .target = true, .width = 4},
                             {.name = "x", .kind = NND_FIELD_NUMBERS, .width = 2},
                             {.name = "b", .kind = NND_FIELD_TEXT},
                             {.name = "topic", .kind = NND_FIELD_CLASS, .target = true}};
static NndField bare[] = {{.name = "x", .kind = NND_FIELD_NUMBERS, .width = 1}};
static const NndFields models[] = {{text, 2}, {numbers, 2}, {several, 5}, {bare, 1}};

enum { LABELLED = 4, TARGETS = 8, NAMED = 16 };

static void use_texts(const NndDataset *set)
{
    NndError error;
    NndVocab *vocab;
    if (nnd_dataset_vocab(&vocab, set, NULL, 0, 1, 0, &error))
        abort();
    for (int i = 0; i < set->fields->count; i++)
        if (set->columns[i].texts && nnd_column_encode(&set->columns[i], set->count, vocab, (NndTextLimits){0}, &error))
            abort();
    nnd_vocab_free(vocab);
}

/* Every number that the reader says there is. */
static void use_numbers(const NndDataset *set)
{
    volatile float sum = 0;
    for (int i = 0; i < set->fields->count; i++)
        for (int64_t k = 0; set->columns[i].f32 && k < set->count * set->columns[i].width; k++)
            sum += set->columns[i].f32[k];
}

/* Cuts the first line off, as a text of its own. */
static char *cut_line(const uint8_t **data, size_t *size)
{
    const uint8_t *end = memchr(*data, '\n', *size);
    size_t length = end ? (size_t)(end - *data) : *size;
    char *line = strndup((const char *)*data, length);
    *data += length + (end != NULL);
    *size -= length + (end != NULL);
    return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    NndError error;
    NndDataset set;
    if (!size)
        return 0;
    unsigned form = *data++;
    size--;
    char *columns = form & NAMED ? cut_line(&data, &size) : NULL;
    NndLayoutWish wish = {columns, form & LABELLED, form & TARGETS};
    NndFile file = {.data = malloc(size + 1), .size = size};
    memcpy(file.data, data, size);
    file.data[size] = '\0';
    if (!nnd_tsv_parse(&set, &file, "fuzz", &models[form % 4], &wish, &error)) {
        use_texts(&set);
        use_numbers(&set);
        nnd_dataset_free(&set);
    }
    free(columns);
    return 0;
}
