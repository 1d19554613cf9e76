/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/data/text.h"

#include <string.h>

static bool continues(const char *at)
{
    return ((unsigned char)*at & 0xC0) == 0x80;
}

int nnd_utf8_decode(const char *at, const char *end, int32_t *character)
{
    unsigned char lead = (unsigned char)*at;
    *character = lead;
    if (lead < 0x80)
        return 1;
    int length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    int32_t least = length == 4 ? 0x10000 : length == 3 ? 0x800 : 0x80;
    int32_t c = lead & (0x7F >> length);
    *character = -1;
    if (lead < 0xC2 || lead > 0xF4 || end - at < length)
        return 1;
    for (int i = 1; i < length; i++) {
        if (!continues(at + i))
            return 1;
        c = c << 6 | (at[i] & 0x3F);
    }
    if (c < least || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
        return 1;
    *character = c;
    return length;
}

int nnd_utf8_encode(char *out, int32_t character)
{
    uint32_t c = (uint32_t)character;
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    int length = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (int i = length - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3F));
    out[0] = (char)((0xF00 >> length) | c);
    return length;
}

/* Eight bytes, all of them 1 to 127 (the trick is from Mycroft: a byte borrows only if it is 0). */
static bool plain_ascii(const char *at)
{
    const uint64_t high = 0x8080808080808080u, ones = 0x0101010101010101u;
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return !((word | ((word - ones) & ~word)) & high);
}

size_t nnd_utf8_check(NndText text)
{
    size_t at = 0;
    while (at < text.size) {
        if (text.size - at >= 8 && plain_ascii(text.data + at)) {
            at += 8;
            continue;
        }
        int32_t character;
        int length = nnd_utf8_decode(text.data + at, text.data + text.size, &character);
        if (character <= 0)
            return at;
        at += (size_t)length;
    }
    return at;
}

bool nnd_text_equal(NndText a, NndText b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

bool nnd_text_line(NndText *line, NndText *rest)
{
    if (!rest->size)
        return false;
    const char *feed = memchr(rest->data, '\n', rest->size);
    size_t size = feed ? (size_t)(feed - rest->data) : rest->size;
    size_t used = feed ? size + 1 : size;
    *line = (NndText){rest->data, size};
    if (size && line->data[size - 1] == '\r')
        line->size--;
    rest->data += used;
    rest->size -= used;
    return true;
}
