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
    NndColumn *column;
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
        *found = nnd_vocab_encode(e->vocab, sentence, e->column->tokens + e->tokens, space);
        int64_t wanted = *found < most ? *found : most;
        if (wanted <= room) {
            e->tokens += wanted;
            return NND_OK;
        }
        NndStatus status = grow((void **)&e->column->tokens, &e->token_room, e->tokens + wanted,
                                sizeof *e->column->tokens, error);
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
    NndStatus status = grow((void **)&e->column->marks, &e->mark_room, e->tokens, sizeof *e->column->marks, error);
    if (!status && e->tokens > begin)
        status = nnd_phrases_mark(phrases, sentence, e->column->marks + begin, e->tokens - begin, error);
    return status;
}

/* How many more words of the item there is place for. */
static int64_t words_left(const Encoder *e, int64_t item)
{
    const NndTextLimits *limits = &e->column->limits;
    if (limits->sentences && e->sentences - e->column->sentences[item] >= limits->sentences)
        return 0;
    return limits->words ? e->column->offsets[item] + limits->words - e->tokens : INT64_MAX;
}

static NndStatus encode_item(Encoder *e, int64_t item, NndError *error)
{
    NndColumn *column = e->column;
    NndText sentence, rest = column->texts[item];
    bool cut = false;
    while (!cut && nnd_sentence_next(&sentence, &rest)) {
        int64_t begin = e->tokens, left = words_left(e, item), found;
        int64_t longest = column->limits.sentence_words ? column->limits.sentence_words : INT64_MAX;
        NndStatus status = encode_sentence(e, sentence, left < longest ? left : longest, &found, error);
        if (!status)
            status = mark_sentence(e, sentence, begin, error);
        if (!status)
            status = grow((void **)&column->sentence_ends, &e->sentence_room, e->sentences + 1,
                          sizeof *column->sentence_ends, error);
        if (status)
            return status;
        if (e->tokens > begin)
            column->sentence_ends[e->sentences++] = e->tokens;
        cut = found > left;
        column->cut_sentences += !cut && found > longest;
    }
    column->cut_texts += cut;
    column->offsets[item + 1] = e->tokens;
    column->sentences[item + 1] = e->sentences;
    return NND_OK;
}

static void forget(NndColumn *column)
{
    free(column->offsets);
    free(column->tokens);
    free(column->marks);
    column->marks = NULL;
    free(column->sentences);
    free(column->sentence_ends);
    column->cut_texts = column->cut_sentences = 0;
}

NndStatus nnd_column_encode(NndColumn *column, int64_t count, const NndVocab *vocab, NndTextLimits limits,
                             NndError *error)
{
    enum { FIRST_ROOM = 1024 };
    Encoder e = {.column = column, .vocab = vocab, .token_room = FIRST_ROOM, .sentence_room = FIRST_ROOM};
    forget(column);
    column->limits = limits;
    column->offsets = calloc((size_t)count + 1, sizeof *column->offsets);
    column->sentences = calloc((size_t)count + 1, sizeof *column->sentences);
    column->tokens = malloc(FIRST_ROOM * sizeof *column->tokens);
    column->sentence_ends = malloc(FIRST_ROOM * sizeof *column->sentence_ends);
    NndStatus status = NND_OK;
    if (!column->offsets || !column->tokens || !column->sentences || !column->sentence_ends)
        status = nnd_fail(error, NND_ENOMEM, "out of memory for %lld texts", (long long)count);
    for (int64_t i = 0; i < count && !status; i++)
        status = encode_item(&e, i, error);
    return status;
}

static bool has_other_text(const NndFields *fields, int field)
{
    for (int i = 0; i < fields->count; i++)
        if (i != field && fields->items[i].kind == NND_FIELD_TEXT)
            return true;
    return false;
}

bool nnd_dataset_describe_cuts(const NndDataset *set, int field, char *text, size_t size)
{
    const NndColumn *column = &set->columns[field];
    const NndTextLimits *limits = &column->limits;
    char texts[96] = "", sentences[96] = "", name[80] = "";
    if (column->cut_texts)
        snprintf(texts, sizeof texts, "%lld of %lld texts were cut to %lld %s", (long long)column->cut_texts,
                 (long long)set->count, (long long)(limits->words ? limits->words : limits->sentences),
                 limits->words ? "words" : "sentences");
    if (column->cut_sentences)
        snprintf(sentences, sizeof sentences, "%lld sentences were cut to %lld words",
                 (long long)column->cut_sentences, (long long)limits->sentence_words);
    if (has_other_text(set->fields, field))
        snprintf(name, sizeof name, "`%.70s`: ", set->fields->items[field].name);
    snprintf(text, size, "%s%s%s%s", name, texts, *texts && *sentences ? "; " : "", sentences);
    return *texts || *sentences;
}
