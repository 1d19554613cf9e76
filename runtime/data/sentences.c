/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/data/sentences.h"

#include <string.h>

static const char mark[] = "<sssss>";

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

static bool is_opening(char c)
{
    return c == '"' || c == '\'' || c == '(' || c == '[' || c == '`';
}

static bool is_closing(char c)
{
    return c == '"' || c == '\'' || c == ')' || c == ']';
}

static bool can_begin(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80 || is_opening(c);
}

/* The letters and inner points in front of the point at `at`: "e.g" of "e.g.". */
static NndText word_before(const char *begin, const char *at)
{
    const char *first = at;
    while (first > begin && (is_letter(first[-1]) || (first[-1] == '.' && first != at)))
        first--;
    return (NndText){first, (size_t)(at - first)};
}

static bool same_word(NndText word, const char *known)
{
    size_t size = strlen(known);
    if (word.size != size)
        return false;
    for (size_t i = 0; i < size; i++) {
        char c = word.data[i];
        if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != known[i])
            return false;
    }
    return true;
}

static bool is_abbreviation(NndText word)
{
    static const char *const known[] = {"mr", "mrs", "ms", "dr", "prof", "st", "vs", "no", "nos", "fig", "figs", "vol",
                                        "approx", "e.g", "i.e", "cf", "al", "gen", "col", "sen", "rep", "gov", "lt", "sgt"};
    if (word.size == 1 && is_letter(word.data[0]))
        return true;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (same_word(word, known[i]))
            return true;
    return false;
}

/* Behind the sentence that ends with the character at `at`; NULL if it goes on. */
static const char *end_after(const char *begin, const char *at, const char *end)
{
    const char *after = at + 1;
    while (after < end && (is_closing(*after) || *after == '.' || *after == '!' || *after == '?'))
        after++;
    const char *next = after;
    while (next < end && is_blank(*next))
        next++;
    if (next == end)
        return after;
    if (next == after || !can_begin(*next))
        return NULL;
    return *at == '.' && is_abbreviation(word_before(begin, at)) ? NULL : after;
}

static bool is_empty_line(const char *at, const char *end)
{
    for (at++; at < end && is_blank(*at); at++)
        if (*at == '\n')
            return true;
    return false;
}

static bool is_mark(const char *at, const char *end)
{
    size_t size = sizeof mark - 1;
    return (size_t)(end - at) >= size && memcmp(at, mark, size) == 0;
}

bool nnd_sentence_next(NndText *sentence, NndText *rest)
{
    if (!rest->size)
        return false;
    const char *begin = rest->data, *end = begin + rest->size, *at = begin, *next = end;
    for (; at < end; at++) {
        if (*at == '<' && is_mark(at, end)) {
            next = at + sizeof mark - 1;
            break;
        }
        if (*at == '\n' && is_empty_line(at, end)) {
            next = at + 1;
            break;
        }
        const char *after = *at == '.' || *at == '!' || *at == '?' ? end_after(begin, at, end) : NULL;
        if (after) {
            at = next = after;
            break;
        }
    }
    *sentence = (NndText){begin, (size_t)(at - begin)};
    *rest = (NndText){next, (size_t)(end - next)};
    return true;
}
