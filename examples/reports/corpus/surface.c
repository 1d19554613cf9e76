/* SPDX-License-Identifier: Apache-2.0 */
#include "surface.h"

#include <stdlib.h>
#include <string.h>

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

void surface_sentence(const char *sentence, FILE *out)
{
    bool capital = true;
    char last = ' ';
    for (const char *p = sentence; *p; p++) {
        const char *next = p;
        while (*next == ' ')
            next++;
        if (*p == ' ' && (last == ' ' || !*next || strchr(".,;:", *next)))
            continue;
        last = capital ? upper(*p) : *p;
        putc(last, out);
        capital = capital ? *p == ' ' : *p == ':';
    }
    if (!strchr(".!?", last))
        putc('.', out);
}

/* Writes the letters of a word with a mistake in it; returns how many. The first letter stays. */
static size_t misspell(char *out, const char *word, size_t size, Dice *dice)
{
    size_t at = 1 + dice_below(dice, (uint32_t)size - 2);
    memcpy(out, word, at);
    switch (dice_below(dice, 3)) {
    case 0: /* exchanged with the next */
        out[at] = word[at + 1];
        out[at + 1] = word[at];
        memcpy(out + at + 2, word + at + 2, size - at - 2);
        return size;
    case 1: /* left out */ memcpy(out + at, word + at + 1, size - at - 1); return size - 1;
    default: /* doubled */
        out[at] = word[at];
        memcpy(out + at + 1, word + at, size - at);
        return size + 1;
    }
}

char *surface_typos(const char *text, uint32_t rate, Dice *dice)
{
    enum { SHORTEST = 4 };
    char *copy = malloc(strlen(text) * 2 + 1), *out = copy;
    if (!copy)
        return NULL;
    while (*text) {
        size_t size = 0;
        while (is_letter(text[size]))
            size++;
        if (size >= SHORTEST && dice_permille(dice, rate)) {
            out += misspell(out, text, size, dice);
        } else {
            size = size ? size : 1;
            memcpy(out, text, size);
            out += size;
        }
        text += size;
    }
    *out = '\0';
    return copy;
}

void surface_capitals(char *text)
{
    for (; *text; text++)
        *text = upper(*text);
}
