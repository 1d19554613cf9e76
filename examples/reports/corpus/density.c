/* SPDX-License-Identifier: Apache-2.0 */
#include "density.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/data/tokenise.h"

enum { MAX_FILE = 1 << 20 };

/* ---- plain words ---- */

static NndStatus read_line(Plain *plain, NndText line, const NndPhrases *lexicon, const char *path,
                           int number, NndError *error)
{
    const char *tab = memchr(line.data, '\t', line.size);
    if (!tab || tab + 1 == line.data + line.size)
        return nnd_fail(error, NND_EFORMAT, "%s:%d: not a phrase, TAB, words", path, number);
    NndText phrase = {line.data, (size_t)(tab - line.data)};
    NndText words = {tab + 1, line.size - phrase.size - 1};
    NndPhraseSpan *spans;
    int64_t found;
    NndStatus status = nnd_phrases_find(lexicon, words, &spans, &found, error);
    if (status)
        return status;
    free(spans);
    if (found)
        return nnd_fail(error, NND_EFORMAT,
                        "%s:%d: the plain words have a phrase of the lexicon in them", path,
                        number);
    if (nnd_words_add(&plain->phrases, phrase) < 0)
        return nnd_fail(error, NND_ENOMEM, "%s: out of memory", path);
    NndText *grown = realloc(plain->words, (size_t)plain->phrases.count * sizeof *grown);
    if (!grown)
        return nnd_fail(error, NND_ENOMEM, "%s: out of memory", path);
    plain->words = grown;
    plain->words[plain->phrases.count - 1] = words;
    return NND_OK;
}

NndStatus plain_read(Plain *out, const char *path, const NndPhrases *lexicon, NndError *error)
{
    *out = (Plain){0};
    NndStatus status = nnd_file_read(&out->file, path, MAX_FILE, error);
    NndText line, rest = {out->file.data, out->file.size};
    for (int number = 1; !status && nnd_text_line(&line, &rest); number++)
        if (line.size && *line.data != '#')
            status = read_line(out, line, lexicon, path, number, error);
    for (int32_t i = 0; !status && i < nnd_phrases_count(lexicon); i++) {
        NndText phrase = nnd_phrases_at(lexicon, i);
        if (nnd_words_find(&out->phrases, phrase) < 0)
            status = nnd_fail(error, NND_EFORMAT, "%s: no plain words for `%.*s`", path,
                              (int)phrase.size, phrase.data);
    }
    if (status)
        plain_free(out);
    return status;
}

void plain_free(Plain *plain)
{
    nnd_file_free(&plain->file);
    nnd_words_free(&plain->phrases);
    free(plain->words);
    *plain = (Plain){0};
}

/* ---- texts ---- */

/* Where phrase `span` stands in the text, and its words as the lexicon has them. */
typedef struct Found {
    size_t begin, end;
    char phrase[NND_MAX_PHRASE * (NND_MAX_WORD + 8)];
} Found;

/* Goes on to the phrase; `at` is how many words the tokeniser has given. */
static void find_phrase(Found *found, NndTokeniser *tokeniser, const char *text, int64_t *at,
                        NndPhraseSpan span)
{
    NndText word;
    size_t size = 0;
    while (*at < span.first + span.count && nnd_token_next(tokeniser, &word)) {
        if ((*at)++ < span.first)
            continue;
        if (!size)
            found->begin = (size_t)(tokeniser->begin - text);
        else
            found->phrase[size++] = ' ';
        memcpy(found->phrase + size, word.data, word.size);
        size += word.size;
        found->end = (size_t)(tokeniser->stop - text);
    }
    found->phrase[size] = '\0';
}

/* With a capital if the phrase has one, else the sentence would end up in the one before. */
static void put_plain(FILE *out, const Plain *plain, const char *phrase, char first)
{
    NndText words =
        plain->words[nnd_words_find(&plain->phrases, (NndText){phrase, strlen(phrase)})];
    bool capital = first >= 'A' && first <= 'Z' && *words.data >= 'a' && *words.data <= 'z';
    putc(capital ? *words.data - 'a' + 'A' : *words.data, out);
    fwrite(words.data + 1, 1, words.size - 1, out);
}

NndStatus density_thin(char **out, const char *text, const NndPhrases *lexicon, const Plain *plain,
                       uint32_t share, Dice *dice, NndError *error)
{
    NndText whole = {text, strlen(text)};
    NndPhraseSpan *spans;
    int64_t count, at = 0;
    NndStatus status = nnd_phrases_find(lexicon, whole, &spans, &count, error);
    if (status)
        return status;
    size_t size, copied = 0;
    FILE *copy = open_memstream(out, &size);
    if (!copy) {
        free(spans);
        return nnd_fail(error, NND_ENOMEM, "out of memory for a report");
    }
    NndTokeniser tokeniser = nnd_tokeniser(whole);
    for (int64_t i = 0; i < count; i++) {
        Found found = {0};
        find_phrase(&found, &tokeniser, text, &at, spans[i]);
        if (dice_below(dice, 100) >= share)
            continue;
        fwrite(text + copied, 1, found.begin - copied, copy);
        if (plain)
            put_plain(copy, plain, found.phrase, text[found.begin]);
        copied = found.end;
    }
    fputs(text + copied, copy);
    free(spans);
    return fclose(copy) ? nnd_fail(error, NND_ENOMEM, "out of memory for a report") : NND_OK;
}
