/* SPDX-License-Identifier: Apache-2.0
 *
 * A recursive-descent reader; lines matter in the header and end a row in the
 * data. Values are written to one buffer as they are read: escapes only
 * shorten, so the buffer is never larger than the source.
 */
#include "runtime/data/arff.h"

#include "runtime/data/words.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MAX_ATTRIBUTES = 65536 };

typedef struct Reader {
    const char *at, *end, *line_start;
    int64_t line;
    const char *name;
    char *free_text; /* of the buffer */
    int32_t attributes, text_index, class_index;
    NndWords class_words;
    int64_t room; /* of texts and labels */
    NndArff *arff;
    NndError *error;
} Reader;

typedef struct Value {
    NndText text;
    bool quoted;
    const char *at; /* where it begins */
} Value;

static NndStatus fail_at(const Reader *r, const char *at, const char *what)
{
    return nnd_fail(r->error, NND_EFORMAT, "%s:%lld:%lld: %s", r->name, (long long)r->line,
                    (long long)(at - r->line_start) + 1, what);
}

static NndStatus out_of_memory(const Reader *r)
{
    return nnd_fail(r->error, NND_ENOMEM, "%s: out of memory", r->name);
}

static void skip_blanks(Reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\r'))
        r->at++;
    if (r->at < r->end && *r->at == '%')
        while (r->at < r->end && *r->at != '\n')
            r->at++;
}

static bool at_line_end(const Reader *r)
{
    return r->at == r->end || *r->at == '\n';
}

/* To the first line that has something on it; false at the end of the file. */
static bool skip_lines(Reader *r)
{
    for (;;) {
        skip_blanks(r);
        if (r->at == r->end)
            return false;
        if (*r->at != '\n')
            return true;
        r->at++;
        r->line++;
        r->line_start = r->at;
    }
}

static bool is_space(int32_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_delimiter(char c)
{
    return is_space(c) || c == ',' || c == '{' || c == '}' || c == '%';
}

/* Reads XXXX of \uXXXX; -1 if it is not a character. */
static int32_t read_hex(Reader *r)
{
    int32_t c = 0;
    for (int i = 0; i < 4; i++, r->at++) {
        const char *digits = "0123456789abcdef0123456789ABCDEF";
        const char *digit = r->at < r->end && *r->at ? strchr(digits, *r->at) : NULL;
        if (!digit)
            return -1;
        c = c << 4 | (int32_t)((digit - digits) & 15);
    }
    return c == 0 || (c >= 0xD800 && c <= 0xDFFF) ? -1 : c;
}

/* The character after a backslash. */
static int32_t read_escape(Reader *r)
{
    char c = r->at < r->end ? *r->at++ : '\0';
    switch (c) {
    case 'n': case 'r': case 't': return ' ';
    case '\\': case '\'': case '"': case '%': return c;
    case 'u': return read_hex(r);
    default: return -1;
    }
}

/* Appends to the text that begins at `start`; white space only between what is not. */
static void put(Reader *r, const char *start, bool *pending, const char *bytes, int length)
{
    if (length == 1 && is_space((unsigned char)*bytes)) {
        *pending = r->free_text > start;
        return;
    }
    if (*pending)
        *r->free_text++ = ' ';
    *pending = false;
    memcpy(r->free_text, bytes, (size_t)length);
    r->free_text += length;
}

static NndStatus read_quoted(Reader *r, Value *value)
{
    char quote = *r->at++;
    char *start = r->free_text;
    bool pending = false;
    value->quoted = true;
    while (!at_line_end(r) && *r->at != quote) {
        char bytes[4] = {*r->at++};
        int length = 1;
        if (bytes[0] == '\\') {
            const char *escape = r->at - 1;
            int32_t c = read_escape(r);
            if (c < 0)
                return fail_at(r, escape, "unknown escape");
            length = nnd_utf8_encode(bytes, c);
        }
        put(r, start, &pending, bytes, length);
    }
    if (at_line_end(r))
        return fail_at(r, value->at, "quote is not closed on this line");
    r->at++;
    value->text = (NndText){start, (size_t)(r->free_text - start)};
    return NND_OK;
}

static NndStatus read_value(Reader *r, Value *value)
{
    *value = (Value){.at = r->at};
    if (!at_line_end(r) && (*r->at == '\'' || *r->at == '"'))
        return read_quoted(r, value);
    while (r->at < r->end && !is_delimiter(*r->at))
        r->at++;
    if (r->at == value->at)
        return fail_at(r, r->at, "value expected");
    value->text = (NndText){value->at, (size_t)(r->at - value->at)};
    return NND_OK;
}

static bool is_word(NndText text, const char *word)
{
    return text.size == strlen(word) && strncasecmp(text.data, word, text.size) == 0;
}

static NndStatus read_nominal(Reader *r)
{
    NndClasses *classes = &r->arff->classes;
    nnd_classes_free(classes);
    nnd_words_free(&r->class_words);
    r->class_index = r->attributes;
    for (r->at++;; r->at++) {
        Value value;
        skip_blanks(r);
        NndStatus status = read_value(r, &value);
        if (!status)
            status = nnd_classes_add(classes, value.text, r->error);
        if (status)
            return status;
        int32_t added = nnd_words_add(&r->class_words, value.text);
        if (added < 0)
            return out_of_memory(r);
        if (added != classes->count - 1)
            return fail_at(r, value.at, "this value stands here twice");
        skip_blanks(r);
        if (!at_line_end(r) && *r->at == '}')
            break;
        if (at_line_end(r) || *r->at != ',')
            return fail_at(r, r->at, "',' or '}' expected");
    }
    r->at++;
    return NND_OK;
}

static NndStatus read_type(Reader *r)
{
    static const char *const skipped[] = {"numeric", "real", "integer", "date"};
    if (!at_line_end(r) && *r->at == '{')
        return read_nominal(r);
    Value type;
    NndStatus status = read_value(r, &type);
    if (status)
        return status;
    if (is_word(type.text, "string")) {
        if (r->text_index >= 0)
            return fail_at(r, type.at, "a second string attribute; only one text is read");
        r->text_index = r->attributes;
        return NND_OK;
    }
    for (size_t i = 0; i < sizeof skipped / sizeof *skipped; i++) {
        if (!is_word(type.text, skipped[i]))
            continue;
        skip_blanks(r);
        return at_line_end(r) ? NND_OK : read_value(r, &type); /* the format of a date */
    }
    return fail_at(r, type.at, "attributes of this type are not read");
}

static NndStatus read_attribute(Reader *r)
{
    Value name;
    if (r->attributes == MAX_ATTRIBUTES)
        return fail_at(r, r->at, "too many attributes");
    skip_blanks(r);
    NndStatus status = read_value(r, &name);
    skip_blanks(r);
    if (!status)
        status = read_type(r);
    r->attributes++;
    return status;
}

static NndStatus expect_line_end(Reader *r)
{
    skip_blanks(r);
    return at_line_end(r) ? NND_OK : fail_at(r, r->at, "the line should end here");
}

static NndStatus read_header(Reader *r)
{
    Value keyword, name;
    while (skip_lines(r)) {
        NndStatus status = read_value(r, &keyword);
        if (status)
            return status;
        bool data = is_word(keyword.text, "@data");
        if (is_word(keyword.text, "@attribute")) {
            status = read_attribute(r);
        } else if (is_word(keyword.text, "@relation")) {
            skip_blanks(r);
            status = read_value(r, &name);
        } else if (!data) {
            status = fail_at(r, keyword.at, "@relation, @attribute or @data expected");
        }
        if (!status)
            status = expect_line_end(r);
        if (!status && data && (r->text_index < 0 || r->class_index < 0))
            status = fail_at(r, keyword.at, "no string attribute and a nominal one before @data");
        if (status || data)
            return status;
    }
    return fail_at(r, r->at, "the file ends before @data");
}

static NndStatus make_room(Reader *r)
{
    NndArff *arff = r->arff;
    if (arff->count < r->room)
        return NND_OK;
    int64_t room = r->room ? r->room * 2 : 256;
    NndText *texts = realloc(arff->texts, (size_t)room * sizeof *texts);
    if (texts)
        arff->texts = texts;
    int32_t *labels = realloc(arff->labels, (size_t)room * sizeof *labels);
    if (labels)
        arff->labels = labels;
    if (!texts || !labels)
        return out_of_memory(r);
    r->room = room;
    return NND_OK;
}

static NndText keep_text(Reader *r, NndText text)
{
    char *copy = r->free_text;
    memcpy(copy, text.data, text.size);
    r->free_text += text.size;
    return (NndText){copy, text.size};
}

static NndStatus keep_value(Reader *r, int32_t attribute, const Value *value)
{
    NndArff *arff = r->arff;
    bool is_text = attribute == r->text_index, is_class = attribute == r->class_index;
    if ((is_text || is_class) && !value->quoted && is_word(value->text, "?"))
        return fail_at(r, value->at, "missing value");
    if (is_text && !value->quoted) /* a view of the source, which the text must outlive */
        arff->texts[arff->count] = keep_text(r, value->text);
    else if (is_text)
        arff->texts[arff->count] = value->text;
    if (is_class) {
        arff->labels[arff->count] = nnd_words_find(&r->class_words, value->text);
        if (arff->labels[arff->count] < 0)
            return fail_at(r, value->at, "not a value of the class attribute");
    }
    return NND_OK;
}

static NndStatus read_row(Reader *r)
{
    NndStatus status = make_room(r);
    if (!status && *r->at == '{')
        status = fail_at(r, r->at, "sparse rows are not read");
    for (int32_t i = 0; i < r->attributes && !status; i++) {
        Value value;
        skip_blanks(r);
        if (i && !at_line_end(r) && *r->at == ',')
            r->at++;
        skip_blanks(r);
        status = read_value(r, &value);
        if (!status)
            status = keep_value(r, i, &value);
    }
    r->arff->count++;
    return status ? status : expect_line_end(r);
}

static NndStatus parse(Reader *r, NndText source)
{
    size_t bad = nnd_utf8_check(source);
    if (bad < source.size)
        return nnd_fail(r->error, NND_EFORMAT, "%s: byte %zu is not UTF-8 text", r->name, bad);
    r->arff->buffer = r->free_text = malloc(source.size + 1);
    if (!r->arff->buffer)
        return out_of_memory(r);
    NndStatus status = read_header(r);
    while (!status && skip_lines(r))
        status = read_row(r);
    return status;
}

NndStatus nnd_arff_parse(NndArff *out, NndText source, const char *name, NndError *error)
{
    *out = (NndArff){0};
    Reader reader = {.at = source.data, .end = source.data + source.size, .line = 1,
                     .line_start = source.data, .name = name, .text_index = -1, .class_index = -1,
                     .arff = out, .error = error};
    NndStatus status = parse(&reader, source);
    if (status)
        nnd_arff_free(out);
    nnd_words_free(&reader.class_words);
    return status;
}

NndStatus nnd_arff_load(NndArff *out, const char *path, NndError *error)
{
    *out = (NndArff){0};
    NndFile file;
    NndStatus status = nnd_file_read_gzip(&file, path, NND_MAX_FILE, error);
    if (status)
        return status;
    status = nnd_arff_parse(out, (NndText){file.data, file.size}, path, error);
    nnd_file_free(&file);
    return status;
}

void nnd_arff_free(NndArff *arff)
{
    free(arff->texts);
    free(arff->labels);
    free(arff->buffer);
    nnd_classes_free(&arff->classes);
    *arff = (NndArff){0};
}

static NndStatus write_rows(NndWriter *writer, const NndArff *arff, NndError *error)
{
    NndStatus status = NND_OK;
    for (int64_t i = 0; i < arff->count && !status; i++) {
        const char *label = arff->classes.names[arff->labels[i]];
        status = nnd_writer_put(writer, label, strlen(label), error);
        if (!status)
            status = nnd_writer_put(writer, "\t", 1, error);
        if (!status)
            status = nnd_writer_put(writer, arff->texts[i].data, arff->texts[i].size, error);
        if (!status)
            status = nnd_writer_put(writer, "\n", 1, error);
    }
    return status;
}

NndStatus nnd_arff_to_tsv(const char *arff_path, const char *tsv_path, NndError *error)
{
    NndArff arff;
    NndWriter *writer = NULL;
    NndStatus status = nnd_arff_load(&arff, arff_path, error);
    if (!status)
        status = nnd_writer_new(&writer, tsv_path, error);
    if (!status)
        status = write_rows(writer, &arff, error);
    if (status)
        nnd_writer_discard(writer);
    else
        status = nnd_writer_commit(writer, error);
    nnd_arff_free(&arff);
    return status;
}
