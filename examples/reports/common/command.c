/* SPDX-License-Identifier: Apache-2.0 */
#include "examples/reports/common/command.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int command_fail(const char *name, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "%s: ", name);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return EXIT_WRONG_INPUT;
}

int command_usage(const char *name, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "%s: ", name);
    vfprintf(stderr, format, args);
    fprintf(stderr, "\nTry `%s --help`.\n", name);
    va_end(args);
    return EXIT_WRONG_USAGE;
}

int command_flush(const char *name)
{
    if (fflush(stdout) || ferror(stdout))
        return command_fail(name, "cannot write the output");
    return EXIT_FINE;
}

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), end_size = strlen(end);
    return size > end_size && !strcmp(text + size - end_size, end);
}

NndStatus reports_load(NndTexts *out, const char *path, NndError *error)
{
    bool labelled = ends_with(path, ".tsv") || ends_with(path, ".tsv.gz");
    const char *name = strcmp(path, "-") ? path : "/dev/stdin";
    return nnd_texts_load(out, name, labelled, error);
}

NndStatus reports_load_labelled(NndTexts *out, const char *path, NndError *error)
{
    NndStatus status = nnd_texts_load(out, path, true, error);
    for (int64_t i = 0; !status && i < out->count; i++)
        if (out->labels[i] > 1)
            status =
                nnd_fail(error, NND_EFORMAT, "%s: report %lld has label %d: 0 and 1 are possible",
                         path, (long long)i + 1, out->labels[i]);
    if (!status && !out->count)
        status = nnd_fail(error, NND_EFORMAT, "%s: there is no report in it", path);
    if (status)
        nnd_texts_free(out);
    return status;
}

bool command_number(double *out, const char *text, double low, double high)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end || !(value >= low && value <= high))
        return false;
    *out = value;
    return true;
}

NndStatus text_file_open(TextFile *out, NndError *error)
{
    *out = (TextFile){0};
    out->stream = open_memstream(&out->data, &out->size);
    return out->stream ? NND_OK : nnd_fail(error, NND_ENOMEM, "out of memory for a file");
}

NndStatus text_file_close(TextFile *file, NndStatus status, const char *path, NndError *error)
{
    if (file->stream && fclose(file->stream) && !status)
        status = nnd_fail(error, NND_ENOMEM, "%s: out of memory for the file", path);
    if (!status)
        status = nnd_file_write(path, file->data, file->size, error);
    free(file->data);
    *file = (TextFile){0};
    return status;
}
