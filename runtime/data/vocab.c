/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/data/vocab.h"

#include "runtime/data/tokenise.h"
#include "runtime/data/words.h"

#include <stdlib.h>
#include <string.h>

static const char first_lines[] = "<pad>\n<unk>\n";

struct NndVocab {
    NndWords words; /* views of `stored` */
    NndText stored;
    char *owned; /* NULL if `stored` is borrowed */
    NndPhrases *phrases; /* owned; or NULL */
};

/* Copies of words live in blocks. */
typedef struct Block {
    struct Block *next;
    size_t used;
    char bytes[1 << 16];
} Block;

struct NndVocabBuilder {
    NndWords words; /* views of the blocks */
    int64_t *counts;
    int32_t room; /* of counts */
    Block *blocks;
};

NndStatus nnd_vocab_builder_new(NndVocabBuilder **out, NndError *error)
{
    *out = calloc(1, sizeof **out);
    return *out ? NND_OK : nnd_fail(error, NND_ENOMEM, "out of memory for a vocabulary");
}

void nnd_vocab_builder_free(NndVocabBuilder *builder)
{
    if (!builder)
        return;
    for (Block *block = builder->blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    nnd_words_free(&builder->words);
    free(builder->counts);
    free(builder);
}

/* Copies a word of at most NND_MAX_WORD + 3 bytes; NULL: out of memory. */
static const char *copy_word(NndVocabBuilder *builder, NndText word)
{
    Block *block = builder->blocks;
    if (!block || sizeof block->bytes - block->used < word.size) {
        block = malloc(sizeof *block);
        if (!block)
            return NULL;
        block->next = builder->blocks;
        block->used = 0;
        builder->blocks = block;
    }
    char *copy = block->bytes + block->used;
    memcpy(copy, word.data, word.size);
    block->used += word.size;
    return copy;
}

static bool reserve_counts(NndVocabBuilder *builder)
{
    if (builder->words.count < builder->room)
        return true;
    int32_t room = builder->room ? builder->room * 2 : 4096;
    int64_t *counts = realloc(builder->counts, (size_t)room * sizeof *counts);
    if (!counts)
        return false;
    builder->counts = counts;
    builder->room = room;
    return true;
}

static bool count_word(NndVocabBuilder *builder, NndText word)
{
    int32_t id = nnd_words_find(&builder->words, word);
    if (id < 0) {
        const char *copy = reserve_counts(builder) ? copy_word(builder, word) : NULL;
        id = copy ? nnd_words_add(&builder->words, (NndText){copy, word.size}) : -1;
        if (id < 0)
            return false;
        builder->counts[id] = 0;
    }
    builder->counts[id]++;
    return true;
}

NndStatus nnd_vocab_builder_add(NndVocabBuilder *builder, NndText text, NndError *error)
{
    NndTokeniser tokeniser = nnd_tokeniser(text);
    for (NndText word; nnd_token_next(&tokeniser, &word);) {
        if (builder->words.count >= NND_MAX_VOCAB - NND_FIRST_WORD)
            return nnd_fail(error, NND_EINVAL, "more than %d different words", NND_MAX_VOCAB);
        if (!count_word(builder, word))
            return nnd_fail(error, NND_ENOMEM, "out of memory for %d different words",
                            (int)builder->words.count);
    }
    return NND_OK;
}

typedef struct Counted {
    NndText word;
    int64_t count;
} Counted;

static int more_frequent(const void *left, const void *right)
{
    const Counted *a = left, *b = right;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    size_t common = a->word.size < b->word.size ? a->word.size : b->word.size;
    int order = memcmp(a->word.data, b->word.data, common);
    return order ? order : (a->word.size > b->word.size) - (a->word.size < b->word.size);
}

/* The words seen often enough, in their order; NULL: out of memory. */
static Counted *sort_words(const NndVocabBuilder *builder, int64_t min_count, int32_t *kept)
{
    Counted *words = malloc(((size_t)builder->words.count + 1) * sizeof *words);
    *kept = 0;
    for (int32_t i = 0; words && i < builder->words.count; i++)
        if (builder->counts[i] >= min_count)
            words[(*kept)++] = (Counted){builder->words.items[i], builder->counts[i]};
    if (words)
        qsort(words, (size_t)*kept, sizeof *words, more_frequent);
    return words;
}

/* The stored form of these words, and a NUL; NULL: out of memory. */
static char *store_words(const Counted *words, int32_t count, size_t *size)
{
    *size = sizeof first_lines - 1;
    for (int32_t i = 0; i < count; i++)
        *size += words[i].word.size + 1;
    char *stored = malloc(*size + 1), *at = stored;
    if (!stored)
        return NULL;
    memcpy(at, first_lines, sizeof first_lines - 1);
    at += sizeof first_lines - 1;
    for (int32_t i = 0; i < count; i++) {
        memcpy(at, words[i].word.data, words[i].word.size);
        at += words[i].word.size;
        *at++ = '\n';
    }
    *at = '\0';
    return stored;
}

NndStatus nnd_vocab_finish(NndVocab **out, const NndVocabBuilder *builder, int64_t min_count,
                           int32_t max_size, NndError *error)
{
    *out = NULL;
    int32_t count;
    size_t size;
    Counted *words = sort_words(builder, min_count, &count);
    if (words && max_size > 0 && count > max_size - NND_FIRST_WORD)
        count = max_size > NND_FIRST_WORD ? max_size - NND_FIRST_WORD : 0;
    char *stored = words ? store_words(words, count, &size) : NULL;
    free(words);
    if (!stored)
        return nnd_fail(error, NND_ENOMEM, "out of memory for a vocabulary");
    NndStatus status = nnd_vocab_load(out, (NndText){stored, size}, "vocabulary", error);
    if (status)
        free(stored);
    else
        (*out)->owned = stored;
    return status;
}

static NndStatus check_stored(NndText stored, const char *name, NndError *error)
{
    size_t bad = nnd_utf8_check(stored);
    if (bad < stored.size)
        return nnd_fail(error, NND_EFORMAT, "%s: byte %zu: not UTF-8", name, bad);
    if (stored.size < sizeof first_lines - 1 ||
        memcmp(stored.data, first_lines, sizeof first_lines - 1) != 0)
        return nnd_fail(error, NND_EFORMAT, "%s:1: a vocabulary begins with <pad> and <unk>", name);
    return NND_OK;
}

static int64_t count_lines(NndText text)
{
    int64_t count = 1;
    const char *end = text.data + text.size;
    for (const char *at = text.data; (at = memchr(at, '\n', (size_t)(end - at))); at++)
        count++;
    return count;
}

static NndStatus read_words(NndWords *words, NndText rest, const char *name, NndError *error)
{
    int64_t lines = count_lines(rest);
    if (lines > NND_MAX_VOCAB + 1)
        return nnd_fail(error, NND_EFORMAT, "%s: more than %d words", name, NND_MAX_VOCAB);
    if (!nnd_words_reserve(words, lines))
        return nnd_fail(error, NND_ENOMEM, "%s: out of memory for %lld words", name,
                        (long long)lines);
    NndText word;
    for (int32_t line = 0; nnd_text_line(&word, &rest); line++) {
        if (!word.size)
            return nnd_fail(error, NND_EFORMAT, "%s:%d: empty word", name, (int)line + 1);
        if (nnd_words_add(words, word) != line)
            return nnd_fail(error, NND_EFORMAT, "%s:%d: this word stands here twice", name,
                            (int)line + 1);
    }
    return NND_OK;
}

NndStatus nnd_vocab_load(NndVocab **out, NndText stored, const char *name, NndError *error)
{
    *out = NULL;
    NndStatus status = check_stored(stored, name, error);
    if (status)
        return status;
    NndVocab *vocab = calloc(1, sizeof *vocab);
    if (!vocab)
        return nnd_fail(error, NND_ENOMEM, "%s: out of memory", name);
    vocab->stored = stored;
    status = read_words(&vocab->words, stored, name, error);
    if (status)
        nnd_vocab_free(vocab);
    else
        *out = vocab;
    return status;
}

void nnd_vocab_free(NndVocab *vocab)
{
    if (!vocab)
        return;
    nnd_words_free(&vocab->words);
    nnd_phrases_free(vocab->phrases);
    free(vocab->owned);
    free(vocab);
}

void nnd_vocab_set_phrases(NndVocab *vocab, NndPhrases *phrases)
{
    nnd_phrases_free(vocab->phrases);
    vocab->phrases = phrases;
}

const NndPhrases *nnd_vocab_phrases(const NndVocab *vocab)
{
    return vocab->phrases;
}

NndText nnd_vocab_stored(const NndVocab *vocab)
{
    return vocab->stored;
}

int32_t nnd_vocab_size(const NndVocab *vocab)
{
    return vocab->words.count;
}

int32_t nnd_vocab_id(const NndVocab *vocab, NndText word)
{
    int32_t id = nnd_words_find(&vocab->words, word);
    return id < 0 ? NND_UNKNOWN : id;
}

NndText nnd_vocab_word(const NndVocab *vocab, int32_t id)
{
    return vocab->words.items[id];
}

int64_t nnd_vocab_encode(const NndVocab *vocab, NndText text, int32_t *ids, int64_t room)
{
    NndTokeniser tokeniser = nnd_tokeniser(text);
    int64_t count = 0;
    for (NndText word; nnd_token_next(&tokeniser, &word); count++)
        if (count < room)
            ids[count] = nnd_vocab_id(vocab, word);
    return count;
}
