/* SPDX-License-Identifier: Apache-2.0
 *
 * The word-deletion test of explain.h.
 */
#include <stdlib.h>

#include "compiler/driver/explain.h"
#include "compiler/driver/progress.h"
#include "runtime/random.h"

enum { DRAWS = 10 };                   /* by chance, of which the mean is taken */
enum { STREAM_DELETION = 0x7ffffff2 }; /* runtime/random.h */

typedef struct Test {
    Explanation *e;
    int64_t *ranks; /* of each word: in which place it is deleted, from 0 */
    int64_t *order; /* scratch: of an item's words */
    NndError *error;
} Test;

/* ---- ranks ---- */

typedef struct Ranked {
    float sensitivity;
    int64_t word;
} Ranked;

static int more_decisive(const void *left, const void *right)
{
    const Ranked *a = left, *b = right;
    if (a->sensitivity != b->sensitivity)
        return a->sensitivity > b->sensitivity ? -1 : 1;
    return (a->word > b->word) - (a->word < b->word);
}

static NndStatus rank_by_sensitivity(Test *t)
{
    const NndColumn *set = t->e->text;
    Ranked *words = malloc(((size_t)set->offsets[t->e->data.count] + 1) * sizeof *words);
    if (!words)
        return nnd_fail(t->error, NND_ENOMEM, "out of memory for the words");
    for (int64_t item = 0; item < t->e->data.count; item++) {
        int64_t begin = set->offsets[item], count = set->offsets[item + 1] - begin;
        for (int64_t i = 0; i < count; i++)
            words[i] = (Ranked){t->e->sensitivity[begin + i], begin + i};
        qsort(words, (size_t)count, sizeof *words, more_decisive);
        for (int64_t i = 0; i < count; i++)
            t->ranks[words[i].word] = i;
    }
    free(words);
    return NND_OK;
}

/* A random order of the words of each item (Fisher and Yates). */
static void rank_by_chance(Test *t, uint64_t seed, uint64_t draw)
{
    const NndColumn *set = t->e->text;
    for (int64_t item = 0; item < t->e->data.count; item++) {
        int64_t begin = set->offsets[item], count = set->offsets[item + 1] - begin;
        for (int64_t i = 0; i < count; i++) {
            int64_t at = begin + i;
            uint32_t word = nnd_random_word(seed, draw, STREAM_DELETION, (uint64_t)at);
            int64_t j = begin + (int64_t)((uint64_t)word * (uint64_t)(i + 1) >> 32);
            t->order[at] = t->order[j];
            t->order[j] = at;
        }
        for (int64_t i = 0; i < count; i++)
            t->ranks[t->order[begin + i]] = i;
    }
}

/* ---- texts without words ---- */

static NndStatus allocate(NndColumn *out, const NndColumn *text, int64_t count, NndError *error)
{
    size_t words = (size_t)text->offsets[count], sentences = (size_t)text->sentences[count];
    out->offsets = calloc((size_t)count + 1, sizeof *out->offsets);
    out->sentences = calloc((size_t)count + 1, sizeof *out->sentences);
    out->tokens = malloc((words + 1) * sizeof *out->tokens);
    out->marks = text->marks ? malloc(words + 1) : NULL;
    out->sentence_ends = malloc((sentences + 1) * sizeof *out->sentence_ends);
    if (!out->offsets || !out->sentences || !out->tokens || (text->marks && !out->marks) ||
        !out->sentence_ends)
        return nnd_fail(error, NND_ENOMEM, "out of memory for the texts");
    return NND_OK;
}

/* Every text without its first `deleted` words by rank. A sentence that has none left goes too. */
static NndStatus delete_words(NndColumn *out, const Test *t, int64_t deleted)
{
    const NndColumn *text = t->e->text;
    int64_t count = t->e->data.count, words = 0, sentences = 0;
    NndStatus status = allocate(out, text, count, t->error);
    for (int64_t item = 0; !status && item < count; item++) {
        int64_t at = text->offsets[item];
        for (int64_t s = text->sentences[item]; s < text->sentences[item + 1]; s++) {
            int64_t before = words;
            for (; at < text->sentence_ends[s]; at++) {
                if (t->ranks[at] < deleted)
                    continue;
                if (out->marks)
                    out->marks[words] = text->marks[at];
                out->tokens[words++] = text->tokens[at];
            }
            if (words > before)
                out->sentence_ends[sentences++] = words;
        }
        out->offsets[item + 1] = words;
        out->sentences[item + 1] = sentences;
    }
    return status;
}

/* ---- probabilities ---- */

static bool is_counted(const Explanation *e, int64_t item)
{
    return e->predicted[item] == e->target->labels[item];
}

/* The mean probability of the true class, of the items that are counted. */
static NndStatus measure(const Test *t, int64_t deleted, double *mean)
{
    Explanation *e = t->e;
    NndDataset rest;
    NndPrediction prediction = {0};
    NndStatus status = nnd_dataset_new(&rest, e->data.fields, t->error);
    rest.count = e->data.count;
    if (!status)
        status = delete_words(&rest.columns[e->text - e->data.columns], t, deleted);
    if (!status)
        status = nnd_predict(&prediction, e->predict, &rest, NND_PREDICT_BATCH, engine_call,
                             e->unit.engine, e->unit.pool, t->error);
    double sum = 0;
    int64_t count = 0;
    for (int64_t i = 0; !status && i < rest.count; i++)
        if (is_counted(e, i)) {
            sum += explain_probability(&prediction, i, e->target->labels[i]);
            count++;
        }
    *mean = count ? sum / (double)count : 0;
    nnd_prediction_free(&prediction);
    nnd_dataset_free(&rest);
    return status;
}

static NndStatus run(Test *t, Deletion *rows, int most, uint64_t seed, bool quiet)
{
    Progress progress = progress_begin("deleting words", (most + 1) * (DRAWS + 1), quiet);
    int64_t done = 0;
    NndStatus status = rank_by_sensitivity(t);
    for (int k = 0; !status && k <= most; k++, progress_show(&progress, ++done, ""))
        status = measure(t, k, &rows[k].decisive);
    for (int draw = 0; !status && draw < DRAWS; draw++) {
        rank_by_chance(t, seed, (uint64_t)draw);
        for (int k = 0; !status && k <= most; k++, progress_show(&progress, ++done, "")) {
            double mean;
            status = measure(t, k, &mean);
            rows[k].random += mean / DRAWS;
        }
    }
    progress_end(&progress);
    return status;
}

NndStatus explain_delete(Deletion *rows, int64_t *items, Explanation *e, int most, uint64_t seed,
                         bool quiet, NndError *error)
{
    size_t words = (size_t)e->text->offsets[e->data.count] + 1;
    Test t = {.e = e,
              .ranks = malloc(words * sizeof *t.ranks),
              .order = malloc(words * sizeof *t.order),
              .error = error};
    NndStatus status =
        t.ranks && t.order ? NND_OK : nnd_fail(error, NND_ENOMEM, "out of memory for the words");
    *items = 0;
    for (int64_t i = 0; i < e->data.count; i++)
        *items += is_counted(e, i);
    if (!status && !*items)
        status = nnd_fail(error, NND_EINVAL,
                          "the model gets no item right, so there is nothing to delete");
    if (!status)
        status = run(&t, rows, most, seed, quiet);
    free(t.ranks);
    free(t.order);
    return status;
}
