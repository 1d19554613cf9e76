/* SPDX-License-Identifier: Apache-2.0 */
#include "examples/reports/baselines/bag.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/data/tokenise.h"

static NndStatus out_of_memory(NndError *error)
{
    return nnd_fail(error, NND_ENOMEM, "out of memory for the words of the reports");
}

int32_t vocabulary_add(Vocabulary *vocabulary, NndText word)
{
    int32_t known = vocabulary->words.count;
    int32_t column = nnd_words_add(&vocabulary->words, word);
    if (column < known)
        return column;
    char *copy = malloc(word.size + 1);
    if (!copy) {
        /* Its text must not be freed with the others, so it is an empty one. */
        vocabulary->words.items[column] = (NndText){NULL, 0};
        return -1;
    }
    memcpy(copy, word.data, word.size);
    copy[word.size] = '\0';
    vocabulary->words.items[column].data = copy;
    return column;
}

void vocabulary_free(Vocabulary *vocabulary)
{
    for (int32_t i = 0; i < vocabulary->words.count; i++)
        free((char *)(uintptr_t)vocabulary->words.items[i].data);
    nnd_words_free(&vocabulary->words);
}

/* In how many reports each word is. */
typedef struct Counter {
    Vocabulary all;
    int64_t *reports, *last; /* [room]; last: the latest report that has it, from 1 */
    int32_t room;
} Counter;

static bool grow_counter(Counter *counter, int32_t word)
{
    if (word < counter->room)
        return true;
    int32_t room = counter->room ? counter->room * 2 : 1024;
    int64_t *reports = realloc(counter->reports, (size_t)room * sizeof *reports);
    if (!reports)
        return false;
    counter->reports = reports;
    int64_t *last = realloc(counter->last, (size_t)room * sizeof *last);
    if (!last)
        return false;
    counter->last = last;
    memset(reports + counter->room, 0, (size_t)(room - counter->room) * sizeof *reports);
    memset(last + counter->room, 0, (size_t)(room - counter->room) * sizeof *last);
    counter->room = room;
    return true;
}

/* `report` counts from 1. */
static bool count_report(Counter *counter, NndText text, int64_t report)
{
    NndTokeniser tokeniser = nnd_tokeniser(text);
    for (NndText word; nnd_token_next(&tokeniser, &word);) {
        int32_t number = vocabulary_add(&counter->all, word);
        if (number < 0 || !grow_counter(counter, number))
            return false;
        counter->reports[number] += counter->last[number] != report;
        counter->last[number] = report;
    }
    return true;
}

typedef struct Candidate {
    NndText word;
    int64_t reports;
} Candidate;

static int most_frequent_first(const void *left, const void *right)
{
    const Candidate *a = left, *b = right;
    if (a->reports != b->reports)
        return a->reports > b->reports ? -1 : 1;
    size_t size = a->word.size < b->word.size ? a->word.size : b->word.size;
    int order = memcmp(a->word.data, b->word.data, size);
    return order ? order : (a->word.size > b->word.size) - (a->word.size < b->word.size);
}

static NndStatus choose_words(Vocabulary *out, const Counter *counter, NndError *error)
{
    Candidate *candidates = malloc(((size_t)counter->all.words.count + 1) * sizeof *candidates);
    int32_t count = 0;
    NndStatus status = candidates ? NND_OK : out_of_memory(error);
    for (int32_t i = 0; !status && i < counter->all.words.count; i++)
        if (counter->reports[i] >= BAG_MIN_REPORTS)
            candidates[count++] = (Candidate){counter->all.words.items[i], counter->reports[i]};
    if (count)
        qsort(candidates, (size_t)count, sizeof *candidates, most_frequent_first);
    for (int32_t i = 0; !status && i < count && i < BAG_MAX_WORDS; i++)
        if (vocabulary_add(out, candidates[i].word) < 0)
            status = out_of_memory(error);
    free(candidates);
    return status;
}

NndStatus vocabulary_build(Vocabulary *out, const NndText *texts, int64_t count, NndError *error)
{
    *out = (Vocabulary){0};
    Counter counter = {0};
    NndStatus status = NND_OK;
    for (int64_t i = 0; !status && i < count; i++)
        if (!count_report(&counter, texts[i], i + 1))
            status = out_of_memory(error);
    if (!status)
        status = choose_words(out, &counter, error);
    vocabulary_free(&counter.all);
    free(counter.reports);
    free(counter.last);
    if (status)
        vocabulary_free(out);
    return status;
}

static bool reserve(Bag *bag, int64_t entries)
{
    if (entries <= bag->room)
        return true;
    int64_t room = bag->room ? bag->room * 2 : 4096;
    while (room < entries)
        room *= 2;
    int32_t *column = realloc(bag->column, (size_t)room * sizeof *column);
    if (!column)
        return false;
    bag->column = column;
    int32_t *value = realloc(bag->value, (size_t)room * sizeof *value);
    if (!value)
        return false;
    bag->value = value;
    bag->room = room;
    return true;
}

/* Adds the columns whose counts are not 0 to the end of the matrix, and clears the counts. */
static bool end_row(Bag *bag, int32_t *counts, bool binary)
{
    int64_t at = bag->starts[bag->rows];
    if (!reserve(bag, at + bag->columns))
        return false;
    for (int32_t c = 0; c < bag->columns; c++) {
        if (!counts[c])
            continue;
        bag->column[at] = c;
        bag->value[at++] = binary ? 1 : counts[c];
        counts[c] = 0;
    }
    bag->starts[++bag->rows] = at;
    return true;
}

static NndStatus add_rows(Bag *bag, int32_t *counts, const Vocabulary *vocabulary,
                          const NndText *texts, int64_t count, bool binary, NndError *error)
{
    for (int64_t i = 0; i < count; i++) {
        NndTokeniser tokeniser = nnd_tokeniser(texts[i]);
        for (NndText word; nnd_token_next(&tokeniser, &word);) {
            int32_t column = nnd_words_find(&vocabulary->words, word);
            if (column >= 0 && counts[column] < INT32_MAX)
                counts[column]++;
        }
        if (!end_row(bag, counts, binary))
            return out_of_memory(error);
    }
    return NND_OK;
}

NndStatus bag_build(Bag *out, const Vocabulary *vocabulary, const NndText *texts, int64_t count,
                    bool binary, NndError *error)
{
    *out = (Bag){.columns = vocabulary->words.count,
                 .starts = calloc((size_t)count + 1, sizeof *out->starts)};
    int32_t *counts = calloc((size_t)out->columns + 1, sizeof *counts);
    NndStatus status = out->starts && counts ? NND_OK : out_of_memory(error);
    if (!status)
        status = add_rows(out, counts, vocabulary, texts, count, binary, error);
    free(counts);
    if (status)
        bag_free(out);
    return status;
}

void bag_free(Bag *bag)
{
    free(bag->starts);
    free(bag->column);
    free(bag->value);
    *bag = (Bag){0};
}
