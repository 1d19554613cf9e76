/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/data/tokenise.h"

#include <string.h>

NndTokeniser nnd_tokeniser(NndText text)
{
    NndTokeniser t = {.at = text.data, .end = text.data ? text.data + text.size : text.data};
    return t;
}

/* Beyond ASCII, everything is a letter but these. */
static bool is_symbol(int32_t c)
{
    static const struct Range {
        int32_t first, last;
    } symbols[] = {
        {0x80, 0xA9},     {0xAB, 0xB4},     {0xB6, 0xB9},     {0xBB, 0xBF},
        {0xD7, 0xD7},     {0xF7, 0xF7},     {0x1680, 0x1680}, {0x2000, 0x2BFF},
        {0x2E00, 0x2E7F}, {0x3000, 0x3004}, {0x3008, 0x3020}, {0x3030, 0x3030},
        {0xE000, 0xF8FF}, {0xFE00, 0xFE6F}, {0xFEFF, 0xFF0F}, {0xFF1A, 0xFF20},
        {0xFF3B, 0xFF40}, {0xFF5B, 0xFF65}, {0xFFE0, 0xFFFF}, {0x1F000, 0x1FAFF},
        {0xE0000, 0x10FFFF},
    };
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++)
        if (c <= symbols[i].last)
            return c >= symbols[i].first;
    return true;
}

static bool is_digit(int32_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(int32_t c)
{
    if (c < 0x80)
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return !is_symbol(c);
}

static bool is_apostrophe(int32_t c)
{
    return c == '\'' || c == 0x2019;
}

static int32_t lower(int32_t c)
{
    if (c < 0x80)
        return c >= 'A' && c <= 'Z' ? c + 32 : c;
    if ((c >= 0xC0 && c <= 0xDE) || (c >= 0x391 && c <= 0x3A9) || (c >= 0x410 && c <= 0x42F))
        return c + 32;
    if (c >= 0x400 && c <= 0x40F)
        return c + 80;
    if (c == 0x130)
        return 'i';
    if (c == 0x178)
        return 0xFF;
    if ((c >= 0x100 && c <= 0x137) || (c >= 0x14A && c <= 0x177))
        return c | 1;
    if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E))
        return c + (c & 1);
    return c;
}

/* The character at `at`, or -1 at the end or where there is none; its length in *length. */
static int32_t peek(const NndTokeniser *t, const char *at, int *length)
{
    int32_t c = -1;
    *length = at < t->end ? nnd_utf8_decode(at, t->end, &c) : 0;
    return c;
}

static bool word_goes_on(const NndTokeniser *t, const char *at)
{
    int length;
    int32_t c = peek(t, at, &length);
    return is_letter(c) || is_digit(c);
}

static const struct Suffix {
    const char *text;
    size_t size;
} suffixes[] = {{"n't", 3}, {"'ve", 3}, {"'re", 3}, {"'ll", 3}, {"'s", 2}, {"'d", 2}};

/* Where a suffix of so many bytes begins in the text that ends at t->at: an apostrophe may take more there. */
static const char *suffix_begin(const NndTokeniser *t, size_t size, size_t apostrophe)
{
    size_t behind = size - apostrophe - 1;
    bool plain = t->at[-1 - (ptrdiff_t)behind] == '\'';
    return t->at - behind - (plain ? 1 : 3) - apostrophe;
}

/* Keeps what follows the word's stem for the next call. */
static size_t split_suffix(NndTokeniser *t, size_t size)
{
    t->stop = t->at;
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        size_t n = suffixes[i].size;
        if (size <= n || memcmp(t->word + size - n, suffixes[i].text, n) != 0)
            continue;
        t->suffix = size - n;
        t->suffix_size = n;
        if (size < NND_MAX_WORD) /* else the text has more of the word */
            t->stop = suffix_begin(t, n, suffixes[i].text[0] != '\'');
        return size - n;
    }
    return size;
}

static NndText read_word(NndTokeniser *t)
{
    size_t size = 0;
    for (;;) {
        int length;
        int32_t c = peek(t, t->at, &length);
        if (is_apostrophe(c) && word_goes_on(t, t->at + length))
            c = '\'';
        else if (!is_letter(c) && !is_digit(c))
            break;
        t->at += length;
        if (size < NND_MAX_WORD)
            size += (size_t)nnd_utf8_encode(t->word + size, lower(c));
    }
    return (NndText){t->word, split_suffix(t, size)};
}

static NndText read_number(NndTokeniser *t)
{
    while (t->at < t->end) {
        bool inner = (*t->at == '.' || *t->at == ',') && t->end - t->at > 1 && is_digit(t->at[1]);
        if (!is_digit(*t->at) && !inner)
            break;
        t->at++;
    }
    return (NndText){NND_NUMBER_WORD, sizeof NND_NUMBER_WORD - 1};
}

/* At an apostrophe outside of a word: a suffix that the text has split off already? */
static bool read_lone_suffix(NndTokeniser *t, int apostrophe, NndText *word)
{
    for (size_t i = 1; i < sizeof suffixes / sizeof *suffixes; i++) {
        const char *at = t->at + apostrophe, *letter = suffixes[i].text + 1;
        size_t letters = suffixes[i].size - 1, same = 0;
        while (same < letters && at + same < t->end && lower(at[same]) == letter[same])
            same++;
        if (same < letters || word_goes_on(t, at + letters))
            continue;
        t->at = at + letters;
        *word = (NndText){suffixes[i].text, suffixes[i].size};
        return true;
    }
    return false;
}

bool nnd_token_next(NndTokeniser *t, NndText *word)
{
    if (t->suffix_size) {
        *word = (NndText){t->word + t->suffix, t->suffix_size};
        t->suffix_size = 0;
        t->begin = t->stop;
        t->stop = t->at;
        return true;
    }
    while (t->at < t->end) {
        int length;
        int32_t c = peek(t, t->at, &length);
        t->begin = t->at;
        if (is_letter(c)) {
            *word = read_word(t);
            return true;
        }
        if (is_digit(c)) {
            *word = read_number(t);
            t->stop = t->at;
            return true;
        }
        if (is_apostrophe(c) && read_lone_suffix(t, length, word)) {
            t->stop = t->at;
            return true;
        }
        t->at += length;
        t->stop = t->at;
        if (c > 0 && c < 0x80 && strchr(",!?()", c)) {
            *word = (NndText){t->at - 1, 1};
            return true;
        }
    }
    return false;
}
