/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/data/vectors.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/data/file.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "vectors are copied from and to little-endian files");

typedef struct Reader {
    const char *name;
    int64_t size;
    float *vector;
    NndVectorVisit *visit;
    void *context;
    NndError *error;
} Reader;

/* ---- text ---- */

static bool next_field(NndText *field, NndText *rest)
{
    while (rest->size && (*rest->data == ' ' || *rest->data == '\t'))
        rest->data++, rest->size--;
    *field = (NndText){rest->data, 0};
    while (rest->size && *rest->data != ' ' && *rest->data != '\t')
        rest->data++, rest->size--, field->size++;
    return field->size > 0;
}

static bool read_number(NndText field, float *out)
{
    char text[64], *end;
    if (field.size >= sizeof text)
        return false;
    memcpy(text, field.data, field.size);
    text[field.size] = '\0';
    errno = 0;
    *out = strtof(text, &end);
    return *end == '\0' && isfinite(*out);
}

/* The numbers after the word; how many there are. */
static NndStatus read_numbers(Reader *r, NndText rest, int64_t line, int64_t *count)
{
    NndText field;
    *count = 0;
    while (next_field(&field, &rest)) {
        if (*count < r->size && !read_number(field, &r->vector[*count]))
            return nnd_fail(r->error, NND_EFORMAT, "%s:%lld: number %lld is not one", r->name,
                            (long long)line, (long long)*count + 1);
        ++*count;
    }
    return NND_OK;
}

static NndStatus read_line(Reader *r, NndText text, int64_t line)
{
    NndText word, rest = text;
    int64_t count;
    if (!next_field(&word, &rest))
        return NND_OK;
    NndStatus status = read_numbers(r, rest, line, &count);
    if (status)
        return status;
    if (count != r->size)
        return nnd_fail(r->error, NND_EFORMAT, "%s:%lld: %lld numbers where %lld are wanted",
                        r->name, (long long)line, (long long)count, (long long)r->size);
    return r->visit(r->context, word, r->vector, r->error);
}

static NndStatus read_text(Reader *r, NndText rest, int64_t line)
{
    NndStatus status = NND_OK;
    for (NndText text; !status && nnd_text_line(&text, &rest); line++)
        status = read_line(r, text, line);
    return status;
}

/* ---- binary ---- */

static NndStatus read_word(Reader *r, NndText *rest, int64_t number)
{
    size_t bytes = (size_t)r->size * sizeof *r->vector;
    while (rest->size && *rest->data == '\n')
        rest->data++, rest->size--;
    const char *blank = memchr(rest->data, ' ', rest->size);
    size_t length = blank ? (size_t)(blank - rest->data) : 0;
    if (!blank || (rest->size - length - 1) / sizeof *r->vector < (size_t)r->size)
        return nnd_fail(r->error, NND_EFORMAT, "%s: the file ends in word %lld", r->name,
                        (long long)number);
    NndText word = {rest->data, length};
    memcpy(r->vector, blank + 1, bytes);
    for (int64_t i = 0; i < r->size; i++)
        if (!isfinite(r->vector[i]))
            return nnd_fail(r->error, NND_EFORMAT, "%s: word %lld: number %lld is not finite",
                            r->name, (long long)number, (long long)i + 1);
    *rest = (NndText){blank + 1 + bytes, rest->size - length - 1 - bytes};
    return r->visit(r->context, word, r->vector, r->error);
}

static NndStatus read_binary(Reader *r, NndText rest, int64_t words, int64_t size)
{
    if (size != r->size)
        return nnd_fail(r->error, NND_EFORMAT, "%s: vectors of %lld numbers where %lld are wanted",
                        r->name, (long long)size, (long long)r->size);
    NndStatus status = NND_OK;
    for (int64_t i = 1; !status && i <= words; i++)
        status = read_word(r, &rest, i);
    return status;
}

/* ---- which of the two ---- */

static bool read_count(NndText field, int64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < field.size; i++) {
        if (field.data[i] < '0' || field.data[i] > '9' || i > 15)
            return false;
        *out = *out * 10 + (field.data[i] - '0');
    }
    return field.size > 0;
}

/* "words size" */
static bool read_header(NndText line, int64_t *words, int64_t *size)
{
    NndText first, second, more;
    return next_field(&first, &line) && next_field(&second, &line) && !next_field(&more, &line) &&
           read_count(first, words) && read_count(second, size);
}

/* Whether the first vector has bytes that no text has. */
static bool looks_binary(NndText rest, int64_t size)
{
    const char *blank = memchr(rest.data, ' ', rest.size);
    if (!blank)
        return false;
    size_t left = rest.size - (size_t)(blank - rest.data), bytes = (size_t)size * sizeof(float);
    NndText vector = {blank, left < bytes ? left : bytes};
    for (size_t i = 0; i < vector.size; i++)
        if ((unsigned char)vector.data[i] < ' ' && !strchr("\t\r\n", vector.data[i]))
            return true;
    size_t bad = nnd_utf8_check(vector); /* a character may be cut by the vector's end */
    return bad + 3 < vector.size;
}

NndStatus nnd_vectors_parse(NndText data, const char *name, int64_t size, NndVectorVisit *visit,
                            void *context, NndError *error)
{
    Reader r = {.name = name, .size = size, .visit = visit, .context = context, .error = error};
    r.vector = malloc((size_t)size * sizeof *r.vector);
    if (!r.vector)
        return nnd_fail(error, NND_ENOMEM, "out of memory for a vector of %lld numbers",
                        (long long)size);
    NndText line, rest = data;
    int64_t words, given;
    bool header = nnd_text_line(&line, &rest) && read_header(line, &words, &given);
    NndStatus status = !header                     ? read_text(&r, data, 1)
                       : looks_binary(rest, given) ? read_binary(&r, rest, words, given)
                                                   : read_text(&r, rest, 2);
    free(r.vector);
    return status;
}

NndStatus nnd_vectors_read(const char *path, int64_t size, NndVectorVisit *visit, void *context,
                           NndError *error)
{
    NndFile file;
    NndStatus status = nnd_file_read_gzip(&file, path, NND_MAX_FILE, error);
    if (status)
        return status;
    status = nnd_vectors_parse((NndText){file.data, file.size}, path, size, visit, context, error);
    nnd_file_free(&file);
    return status;
}

/* ---- writing ---- */

static bool is_binary_name(const char *path)
{
    size_t length = strlen(path);
    return length > 4 && !strcmp(path + length - 4, ".bin");
}

static NndStatus put_numbers(NndWriter *writer, const float *vector, int64_t size, NndError *error)
{
    NndStatus status = NND_OK;
    for (int64_t i = 0; !status && i < size; i++) {
        char number[32];
        int length = snprintf(number, sizeof number, " %.9g", (double)vector[i]);
        status = nnd_writer_put(writer, number, (size_t)length, error);
    }
    return status;
}

static NndStatus put_word(NndWriter *writer, NndText word, const float *vector, int64_t size,
                          bool binary, NndError *error)
{
    NndStatus status = nnd_writer_put(writer, word.data, word.size, error);
    if (!status && binary)
        status = nnd_writer_put(writer, " ", 1, error);
    if (!status)
        status = binary ? nnd_writer_put(writer, vector, (size_t)size * sizeof *vector, error)
                        : put_numbers(writer, vector, size, error);
    return status ? status : nnd_writer_put(writer, "\n", 1, error);
}

static NndStatus put_words(NndWriter *writer, const NndVocab *vocab, const float *rows,
                           int64_t size, bool binary, NndError *error)
{
    char header[64];
    int length = snprintf(header, sizeof header, "%d %lld\n",
                          (int)(nnd_vocab_size(vocab) - NND_FIRST_WORD), (long long)size);
    NndStatus status = binary ? nnd_writer_put(writer, header, (size_t)length, error) : NND_OK;
    for (int32_t id = NND_FIRST_WORD; !status && id < nnd_vocab_size(vocab); id++)
        status = put_word(writer, nnd_vocab_word(vocab, id), rows + (id - NND_FIRST_WORD) * size,
                          size, binary, error);
    return status;
}

NndStatus nnd_vectors_write(const char *path, const NndVocab *vocab, const float *rows,
                            int64_t size, NndError *error)
{
    NndWriter *writer;
    NndStatus status = nnd_writer_new(&writer, path, error);
    if (status)
        return status;
    status = put_words(writer, vocab, rows, size, is_binary_name(path), error);
    if (!status)
        return nnd_writer_commit(writer, error);
    nnd_writer_discard(writer);
    return status;
}
