/* SPDX-License-Identifier: Apache-2.0 */
#include "examples/reports/pefinder/rules.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "runtime/data/file.h"

static const char *const categories[] = {
    "pulmonary_embolism",
    "exam_feature",
    "artifact",
    "exclusion",
    "quality_feature",
    "definite_negated_existence",
    "probable_negated_existence",
    "ambivalent_existence",
    "probable_existence",
    "definite_existence",
    "historical",
    "acute",
    "indication",
    "future",
    "pseudoneg",
    "conj",
};
_Static_assert(sizeof categories / sizeof *categories == CATEGORY_COUNT,
               "a name for each category");
_Static_assert(CAT_CONJ == 1 << (CATEGORY_COUNT - 1), "in the order of the enumeration");

static const char *const directions[] = {
    [DIR_NONE] = "none",         [DIR_TARGET] = "target",      [DIR_FORWARD] = "forward",
    [DIR_BACKWARD] = "backward", [DIR_BIDIRECTIONAL] = "both", [DIR_TERMINATE] = "stop",
};
enum { DIRECTION_COUNT = sizeof directions / sizeof *directions };

/* Where in which file; the fields of its line. */
enum { FIELD_PHRASE, FIELD_CATEGORIES, FIELD_DIRECTION, FIELD_PATTERN, FIELD_COMMENT, FIELD_COUNT };

typedef struct Line {
    const char *name;
    int number;
    NndText fields[FIELD_COUNT];
    NndError *error;
} Line;

const char *category_name(int index)
{
    return categories[index];
}

const char *direction_name(Direction direction)
{
    return directions[direction];
}

static int find_name(const char *const *names, int count, NndText wanted)
{
    for (int i = 0; i < count; i++)
        if (strlen(names[i]) == wanted.size && !strncasecmp(names[i], wanted.data, wanted.size))
            return i;
    return -1;
}

static NndStatus wrong_name(const Line *line, const char *what, NndText found)
{
    return nnd_fail(line->error, NND_EFORMAT, "%s:%d: there is no %s `%.*s`", line->name,
                    line->number, what, found.size < 60 ? (int)found.size : 60, found.data);
}

/* Cuts what is before `mark` off `rest`; all of it if there is no mark. */
static NndText cut(NndText *rest, char mark)
{
    const char *end = rest->size ? memchr(rest->data, mark, rest->size) : NULL;
    NndText part = {rest->data, end ? (size_t)(end - rest->data) : rest->size};
    size_t used = end ? part.size + 1 : part.size;
    rest->data += used;
    rest->size -= used;
    return part;
}

static NndText trim(NndText text)
{
    while (text.size && text.data[0] == ' ')
        text = (NndText){text.data + 1, text.size - 1};
    while (text.size && text.data[text.size - 1] == ' ')
        text.size--;
    return text;
}

static NndStatus read_categories(uint32_t *out, const Line *line)
{
    NndText rest = line->fields[FIELD_CATEGORIES];
    *out = 0;
    do {
        NndText name = trim(cut(&rest, ','));
        int index = find_name(categories, CATEGORY_COUNT, name);
        if (index < 0)
            return wrong_name(line, "category", name);
        *out |= 1u << index;
    } while (rest.size);
    return NND_OK;
}

static NndStatus read_direction(Direction *out, const Line *line)
{
    int index = find_name(directions, DIRECTION_COUNT, line->fields[FIELD_DIRECTION]);
    if (index < 0)
        return wrong_name(line, "direction", line->fields[FIELD_DIRECTION]);
    *out = (Direction)index;
    return NND_OK;
}

/* What the pattern field says, or \bPHRASE\b with every special character quoted; in `out` and its
 * size returned. */
static size_t write_pattern(char *out, const Line *line)
{
    NndText phrase = line->fields[FIELD_PHRASE], pattern = line->fields[FIELD_PATTERN];
    size_t size = 0;
    if (pattern.size) {
        memcpy(out, pattern.data, pattern.size);
        return pattern.size;
    }
    memcpy(out, "\\b", 2);
    size += 2;
    for (size_t i = 0; i < phrase.size; i++) {
        if (strchr("\\^$.[]|()?*+{}-#", phrase.data[i]))
            out[size++] = '\\';
        out[size++] = phrase.data[i];
    }
    memcpy(out + size, "\\b", 2);
    return size + 2;
}

static NndStatus compile(pcre2_code **out, const Line *line)
{
    char text[2 * RULES_MAX_PATTERN + 4];
    int code;
    PCRE2_SIZE at;
    uint32_t can_be_empty;
    size_t size = write_pattern(text, line);
    *out = pcre2_compile((PCRE2_SPTR)text, size,
                         PCRE2_CASELESS | PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C, &code, &at, NULL);
    if (!*out) {
        PCRE2_UCHAR message[120] = "";
        pcre2_get_error_message(code, message, sizeof message);
        return nnd_fail(line->error, code == PCRE2_ERROR_HEAP_FAILED ? NND_ENOMEM : NND_EFORMAT,
                        "%s:%d: the pattern is wrong at its character %zu: %s", line->name,
                        line->number, (size_t)at, (const char *)message);
    }
    pcre2_pattern_info(*out, PCRE2_INFO_MATCHEMPTY, &can_be_empty);
    if (can_be_empty)
        return nnd_fail(line->error, NND_EFORMAT,
                        "%s:%d: the pattern matches where there is nothing", line->name,
                        line->number);
    return NND_OK;
}

static NndStatus read_fields(Line *line, NndText text)
{
    for (int i = 0; i < FIELD_COUNT; i++) {
        line->fields[i] = cut(&text, '\t');
        if (i < FIELD_COMMENT)
            line->fields[i] = trim(line->fields[i]);
        if (line->fields[i].size > RULES_MAX_PATTERN)
            return nnd_fail(line->error, NND_EFORMAT, "%s:%d: field %d has more than %d bytes",
                            line->name, line->number, i + 1, RULES_MAX_PATTERN);
    }
    if (text.size)
        return nnd_fail(line->error, NND_EFORMAT, "%s:%d: more than %d fields", line->name,
                        line->number, FIELD_COUNT);
    for (int i = 0; i <= FIELD_DIRECTION; i++)
        if (!line->fields[i].size)
            return nnd_fail(line->error, NND_EFORMAT,
                            "%s:%d: field %d is empty: phrase, categories and direction are needed",
                            line->name, line->number, i + 1);
    return NND_OK;
}

static NndStatus out_of_memory(const Line *line)
{
    return nnd_fail(line->error, NND_ENOMEM, "%s:%d: out of memory", line->name, line->number);
}

/* The next rule, zeroed; NULL if there is no room. */
static Rule *add_rule(Rules *rules)
{
    if (rules->count == rules->room) {
        int room = rules->room ? rules->room * 2 : 64;
        Rule *grown = realloc(rules->items, (size_t)room * sizeof *grown);
        if (!grown)
            return NULL;
        rules->items = grown;
        rules->room = room;
    }
    Rule *rule = &rules->items[rules->count++];
    *rule = (Rule){0};
    return rule;
}

static NndStatus read_rule(Rules *rules, Line *line, NndText text)
{
    if (rules->count == RULES_MAX_COUNT)
        return nnd_fail(line->error, NND_EFORMAT, "%s:%d: more than %d rules", line->name,
                        line->number, RULES_MAX_COUNT);
    NndStatus status = read_fields(line, text);
    if (status)
        return status;
    Rule *rule = add_rule(rules);
    if (!rule)
        return out_of_memory(line);
    rule->line = line->number;
    rule->phrase = strndup(line->fields[FIELD_PHRASE].data, line->fields[FIELD_PHRASE].size);
    if (!rule->phrase)
        return out_of_memory(line);
    status = read_categories(&rule->categories, line);
    if (!status)
        status = read_direction(&rule->direction, line);
    return status ? status : compile(&rule->pattern, line);
}

static NndStatus read_rules(Rules *rules, NndText rest, NndError *error)
{
    Line line = {.name = rules->name, .error = error};
    NndText text;
    size_t bad = nnd_utf8_check(rest);
    if (bad < rest.size)
        return nnd_fail(error, NND_EFORMAT, "%s: the byte at %zu is not UTF-8 text", rules->name,
                        bad);
    while (nnd_text_line(&text, &rest)) {
        line.number++;
        if (!text.size || text.data[0] == '#')
            continue;
        NndStatus status = read_rule(rules, &line, text);
        if (status)
            return status;
    }
    return NND_OK;
}

NndStatus rules_parse(Rules *out, NndText text, const char *name, NndError *error)
{
    *out = (Rules){.name = strdup(name)};
    NndStatus status = out->name ? read_rules(out, text, error)
                                 : nnd_fail(error, NND_ENOMEM, "%s: out of memory", name);
    if (status)
        rules_free(out);
    return status;
}

NndStatus rules_load(Rules *out, const char *path, NndError *error)
{
    NndFile file;
    *out = (Rules){0};
    NndStatus status = nnd_file_read(&file, path, RULES_MAX_FILE, error);
    if (!status)
        status = rules_parse(out, (NndText){file.data, file.size}, path, error);
    nnd_file_free(&file);
    return status;
}

void rules_free(Rules *rules)
{
    for (int i = 0; i < rules->count; i++) {
        free(rules->items[i].phrase);
        pcre2_code_free(rules->items[i].pattern);
    }
    free(rules->items);
    free(rules->name);
    *rules = (Rules){0};
}
