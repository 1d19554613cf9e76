/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/data/pnm.h"

#include <string.h>

typedef struct Reader {
    NndText source;
    size_t at;
    const char *name;
    NndError *error;
} Reader;

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static void skip_blanks(Reader *r)
{
    for (bool comment = false; r->at < r->source.size; r->at++) {
        char c = r->source.data[r->at];
        if (c == '#')
            comment = true;
        else if (c == '\n' || c == '\r')
            comment = false;
        else if (!comment && !is_space(c))
            return;
    }
}

/* A number of the header; what is before it parts it from the one before. */
static NndStatus read_number(Reader *r, const char *what, int32_t *out)
{
    size_t before = r->at;
    skip_blanks(r);
    size_t start = r->at;
    int32_t value = 0;
    for (; r->at < r->source.size && value <= NND_PNM_MAX_SIDE; r->at++) {
        char c = r->source.data[r->at];
        if (c < '0' || c > '9')
            break;
        value = value * 10 + (c - '0');
    }
    if (start == before || r->at == start || value < 1 || value > NND_PNM_MAX_SIDE)
        return nnd_fail(r->error, NND_EFORMAT,
                        "%s: byte %zu: the %s should be here, a number from 1 to %d", r->name,
                        start, what, NND_PNM_MAX_SIDE);
    *out = value;
    return NND_OK;
}

static NndStatus read_maxval(Reader *r)
{
    int32_t maxval;
    NndStatus status = read_number(r, "maxval", &maxval);
    if (status)
        return status;
    if (maxval != 255)
        return nnd_fail(r->error, NND_EFORMAT,
                        "%s: byte %zu: maxval %d; only 255, a byte a number, is read", r->name,
                        r->at, (int)maxval);
    if (r->at == r->source.size || !is_space(r->source.data[r->at]))
        return nnd_fail(r->error, NND_EFORMAT, "%s: byte %zu: white space should end the header",
                        r->name, r->at);
    r->at++;
    return NND_OK;
}

static NndStatus read_pixels(Reader *r, NndPnm *out)
{
    size_t left = r->source.size - r->at;
    size_t size = (size_t)out->planes * (size_t)out->width * (size_t)out->height;
    if (size != left)
        return nnd_fail(r->error, NND_EFORMAT,
                        "%s: byte %zu: %zu bytes of pixels expected, found %zu", r->name, r->at,
                        size, left);
    out->pixels = (const uint8_t *)r->source.data + r->at;
    return NND_OK;
}

NndStatus nnd_pnm_parse(NndPnm *out, NndText source, const char *name, NndError *error)
{
    bool grey = source.size >= 2 && memcmp(source.data, "P5", 2) == 0;
    bool colour = source.size >= 2 && memcmp(source.data, "P6", 2) == 0;
    *out = (NndPnm){.planes = grey ? 1 : 3};
    Reader reader = {source, 2, name, error};
    if (!grey && !colour)
        return nnd_fail(error, NND_EFORMAT, "%s: byte 0: not a binary PGM (P5) or PPM (P6) picture",
                        name);
    NndStatus status = read_number(&reader, "width", &out->width);
    if (!status)
        status = read_number(&reader, "height", &out->height);
    if (!status)
        status = read_maxval(&reader);
    return status ? status : read_pixels(&reader, out);
}

void nnd_pnm_part(uint8_t *out, const NndPnm *picture)
{
    size_t planes = (size_t)picture->planes,
           size = (size_t)picture->width * (size_t)picture->height;
    for (size_t plane = 0; plane < planes; plane++)
        for (size_t i = 0; i < size; i++)
            out[plane * size + i] = picture->pixels[i * planes + plane];
}
