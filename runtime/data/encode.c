/* SPDX-License-Identifier: Apache-2.0
 *
 * Texts to numbers of words, sentence by sentence, within the limits of the model.
 */
#include <stdio.h>
#include <stdlib.h>

#include "runtime/data/dataset.h"
#include "runtime/data/sentences.h"

/* What is encoded so far, and for how much there is room. */
typedef struct Encoder {
    NndDataset *set;
    const NndVocab *vocab;
    int64_t tokens, token_room, sentences, sentence_room, mark_room;
} Encoder;

static NndStatus grow(void **memory, int64_t *room, int64_t wanted, size_t size, NndError *error)
{
    if (wanted <= *room)
        return NND_OK;
    int64_t more = *room * 2 > wanted ? *room * 2 : wanted;
    void *grown = realloc(*memory, (size_t)more * size);
    if (!grown)
        return nnd_fail(error, NND_ENOMEM, "out of memory for %lld words", (long long)more);
    *memory = grown;
    *room = more;
    return NND_OK;
}

/* Appends at most `most` words; a sentence that there was no room for is encoded again.
 * `found` is how many words the sentence has. */
static NndStatus encode_sentence(Encoder *e, NndText sentence, int64_t most, int64_t *found, NndError *error)
{
    for (;;) {
        int64_t room = e->token_room - e->tokens, space = most < room ? most : room;
        *found = nnd_vocab_encode(e->vocab, sentence, e->set->tokens + e->tokens, space);
        int64_t wanted = *found < most ? *found : most;
        if (wanted <= room) {
            e->tokens += wanted;
            return NND_OK;
        }
        NndStatus status = grow((void **)&e->set->tokens, &e->token_room, e->tokens + wanted,
                                sizeof *e->set->tokens, error);
        if (status)
            return status;
    }
}

/* Marks the words from `begin` on that the sentence has given. */
static NndStatus mark_sentence(Encoder *e, NndText sentence, int64_t begin, NndError *error)
{
    const NndPhrases *phrases = nnd_vocab_phrases(e->vocab);
    if (!phrases)
        return NND_OK;
    NndStatus status = grow((void **)&e->set->marks, &e->mark_room, e->tokens, sizeof *e->set->marks, error);
    if (!status && e->tokens > begin)
        status = nnd_phrases_mark(phrases, sentence, e->set->marks + begin, e->tokens - begin, error);
    return status;
}

/* How many more words of the item there is place for. */
static int64_t words_left(const Encoder *e, int64_t item)
{
    const NndTextLimits *limits = &e->set->limits;
    if (limits->sentences && e->sentences - e->set->sentences[item] >= limits->sentences)
        return 0;
    return limits->words ? e->set->offsets[item] + limits->words - e->tokens : INT64_MAX;
}

static NndStatus encode_item(Encoder *e, int64_t item, NndError *error)
{
    NndDataset *set = e->set;
    NndText sentence, rest = set->texts[item];
    bool cut = false;
    while (!cut && nnd_sentence_next(&sentence, &rest)) {
        int64_t begin = e->tokens, left = words_left(e, item), found;
        int64_t longest = set->limits.sentence_words ? set->limits.sentence_words : INT64_MAX;
        NndStatus status = encode_sentence(e, sentence, left < longest ? left : longest, &found, error);
        if (!status)
            status = mark_sentence(e, sentence, begin, error);
        if (!status)
            status = grow((void **)&set->sentence_ends, &e->sentence_room, e->sentences + 1,
                          sizeof *set->sentence_ends, error);
        if (status)
            return status;
        if (e->tokens > begin)
            set->sentence_ends[e->sentences++] = e->tokens;
        cut = found > left;
        set->cut_sentences += !cut && found > longest;
    }
    set->cut_texts += cut;
    set->offsets[item + 1] = e->tokens;
    set->sentences[item + 1] = e->sentences;
    return NND_OK;
}

static void forget(NndDataset *set)
{
    free(set->offsets);
    free(set->tokens);
    free(set->marks);
    set->marks = NULL;
    free(set->sentences);
    free(set->sentence_ends);
    set->cut_texts = set->cut_sentences = 0;
}

NndStatus nnd_dataset_encode(NndDataset *set, const NndVocab *vocab, NndTextLimits limits,
                             NndError *error)
{
    enum { FIRST_ROOM = 1024 };
    Encoder e = {.set = set, .vocab = vocab, .token_room = FIRST_ROOM, .sentence_room = FIRST_ROOM};
    forget(set);
    set->limits = limits;
    set->offsets = calloc((size_t)set->count + 1, sizeof *set->offsets);
    set->sentences = calloc((size_t)set->count + 1, sizeof *set->sentences);
    set->tokens = malloc(FIRST_ROOM * sizeof *set->tokens);
    set->sentence_ends = malloc(FIRST_ROOM * sizeof *set->sentence_ends);
    NndStatus status = NND_OK;
    if (!set->offsets || !set->tokens || !set->sentences || !set->sentence_ends)
        status = nnd_fail(error, NND_ENOMEM, "out of memory for %lld texts", (long long)set->count);
    for (int64_t i = 0; i < set->count && !status; i++)
        status = encode_item(&e, i, error);
    return status;
}

bool nnd_dataset_describe_cuts(const NndDataset *set, char *text, size_t size)
{
    const NndTextLimits *limits = &set->limits;
    char texts[96] = "", sentences[96] = "";
    if (set->cut_texts)
        snprintf(texts, sizeof texts, "%lld of %lld texts were cut to %lld %s", (long long)set->cut_texts,
                 (long long)set->count, (long long)(limits->words ? limits->words : limits->sentences),
                 limits->words ? "words" : "sentences");
    if (set->cut_sentences)
        snprintf(sentences, sizeof sentences, "%lld sentences were cut to %lld words",
                 (long long)set->cut_sentences, (long long)limits->sentence_words);
    snprintf(text, size, "%s%s%s", texts, *texts && *sentences ? "; " : "", sentences);
    return *text;
}
