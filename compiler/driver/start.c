/* SPDX-License-Identifier: Apache-2.0
 *
 * Weights that begin with vectors of words.
 */
#include <stdio.h>

#include "compiler/driver/weights.h"
#include "runtime/data/vectors.h"

typedef struct Start {
    Slot *slot;
    const NndVocab *vocab;
    int64_t size;  /* numbers of a word */
    int64_t found; /* words of the vocabulary */
} Start;

static NndStatus take_vector(void *context, NndText word, const float *vector, NndError *error)
{
    (void)error;
    Start *start = context;
    int32_t id = nnd_vocab_id(start->vocab, word);
    if (id >= NND_FIRST_WORD) {
        memcpy(start->slot->now + id * start->size, vector, (size_t)start->size * sizeof *vector);
        start->found++;
    }
    return NND_OK;
}

static NndStatus fill(Slot *slot, const char *path, const NndVocab *vocab, bool quiet, NndError *error)
{
    int64_t words = vocab ? nnd_vocab_size(vocab) : 0;
    Start start = {.slot = slot, .vocab = vocab, .size = words ? slot->count / words : 0};
    if (!words || start.size < 1 || start.size * words != slot->count)
        return nnd_fail(error, NND_EINVAL, "start: `%s` has no row for each word of the vocabulary", slot->name);
    NndStatus status = nnd_vectors_read(path, start.size, take_vector, &start, error);
    if (!status && !quiet)
        printf("%s: vectors of %lld of %lld words from %s\n", slot->name, (long long)start.found,
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
