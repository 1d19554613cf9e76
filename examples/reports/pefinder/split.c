/* SPDX-License-Identifier: Apache-2.0 */
#include "examples/reports/pefinder/split.h"

#include <string.h>
#include <strings.h>

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_letter(char c)
{
    return is_upper(c) || (c >= 'a' && c <= 'z');
}

static bool is_abbreviation(NndText token)
{
    static const char *const known[] = {".",     "Dr.", "Mr.",  "Mrs.", "Ms.",  "M.D.", "D.O.",
                                        "Ph.D.", "...", "e.g.", "i.e.", "viz.", "vs."};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strlen(known[i]) == token.size && !strncasecmp(known[i], token.data, token.size))
            return true;
    return false;
}

static bool is_number(NndText token)
{
    bool digit = false;
    for (size_t i = 0; i < token.size; i++) {
        if (token.data[i] == '(' || token.data[i] == ')')
            return false;
        digit |= token.data[i] >= '0' && token.data[i] <= '9';
    }
    return digit;
}

static bool ends_sentence(NndText token, bool numbers_go_on)
{
    char last = token.data[token.size - 1];
    if (last != '.' && last != '?' && last != '!')
        return false;
    return !is_abbreviation(token) && !(numbers_go_on && is_number(token));
}

static size_t skip_blanks(NndText text, size_t at)
{
    while (at < text.size && is_blank(text.data[at]))
        at++;
    return at;
}

/* Not inside a character of several bytes. */
static size_t floor_character(NndText text, size_t at)
{
    while (at > 0 && ((unsigned char)text.data[at] & 0xC0) == 0x80)
        at--;
    return at;
}

/* Where the sentence that begins with the token at `begin` ends. */
static size_t find_end(NndText text, size_t begin, bool numbers_go_on)
{
    size_t limit = begin + SENTENCE_MAX_BYTES, end = begin;
    for (size_t at = begin; at < text.size && at < limit; at = skip_blanks(text, end)) {
        size_t next = at;
        while (next < text.size && !is_blank(text.data[next]) && next < limit)
            next++;
        if (next == limit && next < text.size)
            return end > begin ? end : floor_character(text, limit);
        end = next;
        if (ends_sentence((NndText){text.data + at, end - at}, numbers_go_on))
            break;
    }
    return end;
}

bool split_sentence(NndText *sentence, NndText *rest, bool numbers_go_on)
{
    size_t begin = skip_blanks(*rest, 0);
    if (begin == rest->size)
        return false;
    size_t end = find_end(*rest, begin, numbers_go_on);
    *sentence = (NndText){rest->data + begin, end - begin};
    *rest = (NndText){rest->data + end, rest->size - end};
    return true;
}

/* Upper-case words and a colon behind them, at the start of a word; then behind the colon. 0: not
 * here. */
static size_t heading_end(NndText text, size_t at)
{
    if (at > 0 && !is_blank(text.data[at - 1]))
        return 0;
    size_t end = at;
    while (end < text.size && (is_upper(text.data[end]) || text.data[end] == ' '))
        end++;
    return end >= at + 4 && end < text.size && is_upper(text.data[at]) && text.data[end] == ':'
               ? end + 1
               : 0;
}

/* Behind `NAME:` if that is at `at`, else 0. */
static size_t named_heading_end(NndText text, size_t at, NndText name)
{
    if (!name.size || text.size - at <= name.size || text.data[at + name.size] != ':' ||
        strncasecmp(text.data + at, name.data, name.size) != 0)
        return 0;
    return at == 0 || !is_letter(text.data[at - 1]) ? at + name.size + 1 : 0;
}

static size_t any_heading_end(NndText text, size_t at, const char *names)
{
    size_t end = 0;
    for (const char *name = names; *name && !end;) {
        size_t size = strcspn(name, ",");
        end = named_heading_end(text, at, (NndText){name, size});
        name += size + (name[size] == ',');
    }
    return end;
}

NndText split_section(NndText report, const char *names)
{
    size_t begin = 0, end = report.size;
    for (size_t at = 0; at < report.size; at++) {
        size_t found = any_heading_end(report, at, names);
        if (found)
            begin = found;
    }
    if (!begin || skip_blanks(report, begin) == report.size)
        return report;
    for (size_t at = begin; at < report.size && end == report.size; at++)
        if (heading_end(report, at))
            end = at;
    return (NndText){report.data + begin, end - begin};
}
