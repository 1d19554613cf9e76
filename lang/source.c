/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static void find_lines(Arena *arena, Source *source)
{
    vec_push(arena, &source->lines, 0);
    for (int i = 0; i < source->length; i++)
        if (source->text[i] == '\n')
            vec_push(arena, &source->lines, i + 1);
}

Source *source_new(Arena *arena, const char *path, const char *text, size_t length)
{
    if (length > SOURCE_MAX_BYTES)
        length = SOURCE_MAX_BYTES;
    Source *source = ARENA_NEW(arena, Source);
    source->path = arena_strdup(arena, path);
    source->text = arena_strndup(arena, text, length);
    source->length = (int)length;
    find_lines(arena, source);
    return source;
}

static Source *read_stream(Arena *arena, const char *path, FILE *file, const char **error)
{
    char *text = malloc((size_t)SOURCE_MAX_BYTES + 1);
    if (!text) {
        *error = strerror(errno);
        return NULL;
    }
    size_t length = fread(text, 1, (size_t)SOURCE_MAX_BYTES + 1, file);
    Source *source = NULL;
    if (ferror(file))
        *error = strerror(errno);
    else if (length > SOURCE_MAX_BYTES)
        *error = "it is larger than 16 MiB";
    else
        source = source_new(arena, path, text, length);
    free(text);
    return source;
}

Source *source_read(Arena *arena, const char *path, const char **error)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        *error = strerror(errno);
        return NULL;
    }
    Source *source = read_stream(arena, path, file, error);
    fclose(file);
    return source;
}

static int line_of(const Source *source, int offset)
{
    int low = 0, high = source->lines.count - 1;
    while (low < high) {
        int middle = (low + high + 1) / 2;
        if (source->lines.data[middle] <= offset)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

Place source_place(const Source *source, int offset)
{
    int line = line_of(source, offset);
    int column = 1;
    for (int i = source->lines.data[line]; i < offset && i < source->length; i++)
        if (((unsigned char)source->text[i] & 0xC0) != 0x80)
            column++;
    return (Place){.line = line + 1, .column = column};
}

const char *source_line(const Source *source, int line, int *length)
{
    int start = source->lines.data[line - 1];
    int end = line < source->lines.count ? source->lines.data[line] - 1 : source->length;
    if (end > start && source->text[end - 1] == '\r')
        end--;
    *length = end - start;
    return source->text + start;
}

Span span_join(Span first, Span last)
{
    if (!first.source)
        return last;
    if (first.source != last.source)
        return first;
    return (Span){.source = first.source,
                  .start = first.start < last.start ? first.start : last.start,
                  .end = first.end > last.end ? first.end : last.end};
}
