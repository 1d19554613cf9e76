/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/data/phrases.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/data/file.h"
#include "runtime/data/tokenise.h"
#include "runtime/data/words.h"

enum { MAX_FILE = 64 << 20 };

struct NndPhrases {
    NndWords words; /* each the words of a phrase, parted by blanks; owned one by one */
    int longest;    /* words in a phrase */
};

/* The words of a text, end to end with a blank between them. */
typedef struct Joined {
    char *text;
    size_t *starts; /* [count + 1]: word i is text[starts[i]] .. text[starts[i + 1] - 2] */
    int64_t count;
} Joined;

static void joined_free(Joined *joined)
{
    free(joined->text);
    free(joined->starts);
}

/* A word is at least a byte of the text, and at most NND_MAX_WORD longer than what it was made of. */
static NndStatus joined_grow(Joined *joined, size_t *text_room, size_t *word_room, size_t used, NndError *error)
{
    if (used + NND_MAX_WORD + 8 > *text_room) {
        *text_room = *text_room * 2 + 4 * NND_MAX_WORD;
        char *text = realloc(joined->text, *text_room);
        if (!text)
            return nnd_fail(error, NND_ENOMEM, "out of memory for the words of a text");
        joined->text = text;
    }
    if ((size_t)joined->count + 2 > *word_room) {
        *word_room = *word_room * 2 + 64;
        size_t *starts = realloc(joined->starts, *word_room * sizeof *starts);
        if (!starts)
            return nnd_fail(error, NND_ENOMEM, "out of memory for the words of a text");
        joined->starts = starts;
    }
    return NND_OK;
}

static NndStatus join(Joined *joined, NndText text, NndError *error)
{
    *joined = (Joined){0};
    size_t text_room = 0, word_room = 0, used = 0;
    NndTokeniser tokeniser = nnd_tokeniser(text);
    NndText word;
    NndStatus status = joined_grow(joined, &text_room, &word_room, used, error);
    while (!status && nnd_token_next(&tokeniser, &word)) {
        joined->starts[joined->count++] = used;
        memcpy(joined->text + used, word.data, word.size);
        used += word.size;
        joined->text[used++] = ' ';
        status = joined_grow(joined, &text_room, &word_room, used, error);
    }
    if (status)
        joined_free(joined);
    else
        joined->starts[joined->count] = used;
    return status;
}

static NndText joined_words(const Joined *joined, int64_t first, int64_t count)
{
    size_t start = joined->starts[first];
    return (NndText){joined->text + start, joined->starts[first + count] - 1 - start};
}

/* ---- the lexicon ---- */

static NndStatus add_phrase(NndPhrases *phrases, const Joined *joined, NndError *error)
{
    NndText text = joined_words(joined, 0, joined->count);
    if (nnd_words_find(&phrases->words, text) >= 0)
        return NND_OK;
    char *copy = malloc(text.size);
    if (!copy || nnd_words_add(&phrases->words, (NndText){memcpy(copy, text.data, text.size), text.size}) < 0) {
        free(copy);
        return nnd_fail(error, NND_ENOMEM, "out of memory for phrases");
    }
    if (joined->count > phrases->longest)
        phrases->longest = (int)joined->count;
    return NND_OK;
}

static NndStatus parse_line(NndPhrases *phrases, NndText line, const char *name, int number, NndError *error)
{
    Joined joined;
    NndStatus status = join(&joined, line, error);
    if (status)
        return status;
    if (joined.count > NND_MAX_PHRASE)
        status = nnd_fail(error, NND_EFORMAT, "%s:%d: a phrase of more than %d words", name, number, NND_MAX_PHRASE);
    else if (phrases->words.count == NND_MAX_PHRASES)
        status = nnd_fail(error, NND_EFORMAT, "%s:%d: more than %d phrases", name, number, NND_MAX_PHRASES);
    else if (joined.count)
        status = add_phrase(phrases, &joined, error);
    joined_free(&joined);
    return status;
}

NndStatus nnd_phrases_parse(NndPhrases **out, NndText text, const char *name, NndError *error)
{
    *out = NULL;
    size_t bad = nnd_utf8_check(text);
    if (bad < text.size)
        return nnd_fail(error, NND_EFORMAT, "%s: byte %zu: not UTF-8", name, bad);
    NndPhrases *phrases = calloc(1, sizeof *phrases);
    if (!phrases)
        return nnd_fail(error, NND_ENOMEM, "%s: out of memory", name);
    NndStatus status = NND_OK;
    NndText line;
    for (int number = 1; !status && nnd_text_line(&line, &text); number++)
        if (line.size && *line.data != '#')
            status = parse_line(phrases, line, name, number, error);
    if (status)
        nnd_phrases_free(phrases);
    else
        *out = phrases;
    return status;
}

NndStatus nnd_phrases_read(NndPhrases **out, const char *path, NndError *error)
{
    *out = NULL;
    NndFile file;
    NndStatus status = nnd_file_read(&file, path, MAX_FILE, error);
    if (status)
        return status;
    status = nnd_phrases_parse(out, (NndText){(const char *)file.data, file.size}, path, error);
    nnd_file_free(&file);
    return status;
}

void nnd_phrases_free(NndPhrases *phrases)
{
    if (!phrases)
        return;
    for (int32_t i = 0; i < phrases->words.count; i++)
        free((char *)phrases->words.items[i].data);
    nnd_words_free(&phrases->words);
    free(phrases);
}

int32_t nnd_phrases_count(const NndPhrases *phrases)
{
    return phrases->words.count;
}

NndText nnd_phrases_at(const NndPhrases *phrases, int32_t index)
{
    return phrases->words.items[index];
}

/* ---- texts ---- */

/* Words of the longest phrase that begins at word `at`; 0: none does. */
static int64_t match(const NndPhrases *phrases, const Joined *joined, int64_t at)
{
    int64_t left = joined->count - at;
    for (int64_t length = left < phrases->longest ? left : phrases->longest; length > 0; length--)
        if (nnd_words_find(&phrases->words, joined_words(joined, at, length)) >= 0)
            return length;
    return 0;
}

NndStatus nnd_phrases_find(const NndPhrases *phrases, NndText text, NndPhraseSpan **spans, int64_t *count,
                           NndError *error)
{
    Joined joined;
    *spans = NULL;
    *count = 0;
    NndStatus status = join(&joined, text, error);
    if (status)
        return status;
    *spans = malloc(((size_t)joined.count + 1) * sizeof **spans);
    for (int64_t at = 0, length; *spans && at < joined.count; at += length ? length : 1) {
        length = match(phrases, &joined, at);
        if (length)
            (*spans)[(*count)++] = (NndPhraseSpan){at, length};
    }
    joined_free(&joined);
    return *spans ? NND_OK : nnd_fail(error, NND_ENOMEM, "out of memory for the phrases of a text");
}

NndStatus nnd_phrases_mark(const NndPhrases *phrases, NndText text, uint8_t *marks, int64_t count, NndError *error)
{
    NndPhraseSpan *spans;
    int64_t found;
    NndStatus status = nnd_phrases_find(phrases, text, &spans, &found, error);
    if (status)
        return status;
    memset(marks, 0, (size_t)count);
    for (int64_t s = 0; s < found; s++)
        for (int64_t i = spans[s].first; i < spans[s].first + spans[s].count && i < count; i++)
            marks[i] = 1;
    free(spans);
    return NND_OK;
}
