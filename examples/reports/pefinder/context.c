/* SPDX-License-Identifier: Apache-2.0 */
#include "examples/reports/pefinder/context.h"

#include <stdlib.h>
#include <string.h>

enum {
    MATCH_STEPS =
        1000000, /* of a pattern on a sentence; more is a pattern that backtracks without end */
    MATCH_HEAP = 16384 /* KiB */
};

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (c & 0x80);
}

static bool is_blank(char c, const ContextStyle *style)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || (style->words_only && !is_word(c));
}

NndStatus sentence_new(Sentence *out, NndText text, size_t origin, const ContextStyle *style,
                       NndError *error)
{
    *out = (Sentence){.text = malloc(text.size + 1),
                      .origin = malloc((text.size + 1) * sizeof *out->origin)};
    if (!out->text || !out->origin) {
        sentence_free(out);
        return nnd_fail(error, NND_ENOMEM, "out of memory for a sentence");
    }
    for (size_t i = 0; i < text.size; i++) {
        bool blank = is_blank(text.data[i], style);
        if (blank && (!out->size || out->text[out->size - 1] == ' '))
            continue;
        out->origin[out->size] = (uint32_t)(origin + i);
        out->text[out->size++] = blank ? ' ' : text.data[i];
    }
    if (out->size && out->text[out->size - 1] == ' ')
        out->size--;
    out->origin[out->size] = out->size ? out->origin[out->size - 1] + 1 : (uint32_t)origin;
    out->text[out->size] = '\0';
    return NND_OK;
}

void sentence_free(Sentence *sentence)
{
    free(sentence->text);
    free(sentence->origin);
    free(sentence->targets.items);
    free(sentence->modifiers.items);
    free(sentence->links);
    *sentence = (Sentence){0};
}

static NndStatus add_mark(Marks *marks, Mark mark, NndError *error)
{
    if (marks->count == SENTENCE_MAX_MARKS)
        return nnd_fail(error, NND_EFORMAT, "a sentence has more than %d marks",
                        SENTENCE_MAX_MARKS);
    if (marks->count == marks->room) {
        int room = marks->room ? marks->room * 2 : 8;
        Mark *grown = realloc(marks->items, (size_t)room * sizeof *grown);
        if (!grown)
            return nnd_fail(error, NND_ENOMEM, "out of memory for %d marks", room);
        marks->items = grown;
        marks->room = room;
    }
    marks->items[marks->count++] = mark;
    return NND_OK;
}

static NndStatus cannot_match(const Rules *rules, const Rule *rule, int code, NndError *error)
{
    PCRE2_UCHAR message[120] = "";
    pcre2_get_error_message(code, message, sizeof message);
    return nnd_fail(error, NND_EFORMAT, "%s:%d: the pattern of `%.60s` fails on a sentence: %s",
                    rules->name, rule->line, rule->phrase, (const char *)message);
}

/* All marks of a rule, from left to right, none over another of it. */
static NndStatus find_rule(Sentence *s, const Rules *rules, const Rule *rule,
                           pcre2_match_data *data, pcre2_match_context *limits, NndError *error)
{
    Marks *marks = rule->direction == DIR_TARGET ? &s->targets : &s->modifiers;
    for (size_t at = 0; at < s->size;) {
        int code = pcre2_match(rule->pattern, (PCRE2_SPTR)s->text, s->size, at,
                               PCRE2_NO_UTF_CHECK | PCRE2_NOTEMPTY, data, limits);
        if (code == PCRE2_ERROR_NOMATCH)
            break;
        if (code < 0)
            return cannot_match(rules, rule, code, error);
        const PCRE2_SIZE *span = pcre2_get_ovector_pointer(data);
        if (span[1] <= span[0] || span[1] <= at) /* \K can turn a match around */
            break;
        Mark mark = {
            .rule = rule, .categories = rule->categories, .begin = span[0], .end = span[1]};
        NndStatus status = add_mark(marks, mark, error);
        if (status)
            return status;
        at = span[1];
    }
    return NND_OK;
}

/* Is mark `i` inside another, or equal to one of an earlier rule? */
static bool is_hidden(const Marks *marks, int i)
{
    const Mark *mark = &marks->items[i];
    for (int j = 0; j < marks->count; j++) {
        const Mark *other = &marks->items[j];
        if (j == i || mark->begin < other->begin || mark->end > other->end)
            continue;
        bool equal = mark->begin == other->begin && mark->end == other->end;
        if (!equal || j < i)
            return true;
    }
    return false;
}

static int by_place(const void *left, const void *right)
{
    const Mark *a = left, *b = right;
    if (a->begin != b->begin)
        return a->begin < b->begin ? -1 : 1;
    return (a->end > b->end) - (a->end < b->end);
}

/* The second half of step 2, and step 3. */
static void prune(Marks *marks)
{
    int kept = 0;
    for (int i = 0; i < marks->count; i++)
        marks->items[i].hidden = is_hidden(marks, i) || marks->items[i].categories & CAT_EXCLUSION;
    for (int i = 0; i < marks->count; i++)
        if (!marks->items[i].hidden)
            marks->items[kept++] = marks->items[i];
    marks->count = kept;
    if (kept)
        qsort(marks->items, (size_t)kept, sizeof *marks->items, by_place);
}

NndStatus context_find(Sentence *sentence, const Rules *rules, NndError *error)
{
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    pcre2_match_context *limits = pcre2_match_context_create(NULL);
    NndStatus status =
        data && limits ? NND_OK : nnd_fail(error, NND_ENOMEM, "out of memory for matching");
    if (!status) {
        pcre2_set_match_limit(limits, MATCH_STEPS);
        pcre2_set_heap_limit(limits, MATCH_HEAP);
    }
    for (int i = 0; i < rules->count && !status; i++)
        status = find_rule(sentence, rules, &rules->items[i], data, limits, error);
    pcre2_match_context_free(limits);
    pcre2_match_data_free(data);
    if (status)
        return status;
    prune(&sentence->targets);
    prune(&sentence->modifiers);
    return NND_OK;
}

NndStatus context_add_target(Sentence *sentence, size_t begin, size_t end, uint32_t categories,
                             NndError *error)
{
    return add_mark(&sentence->targets,
                    (Mark){.categories = categories, .begin = begin, .end = end}, error);
}

static bool has_scope(const Mark *modifier)
{
    Direction direction = modifier->rule->direction;
    return direction == DIR_FORWARD || direction == DIR_BACKWARD || direction == DIR_BIDIRECTIONAL;
}

/* Step 4. */
static void open_scope(Mark *modifier, size_t size)
{
    Direction direction = modifier->rule->direction;
    modifier->scope_begin = direction == DIR_FORWARD ? modifier->end : 0;
    modifier->scope_end = direction == DIR_BACKWARD ? modifier->begin : size;
}

/* Step 5, for one of the other modifiers. */
static void limit_scope(Mark *modifier, const Mark *other)
{
    if (!(modifier->categories & other->categories) && other->rule->direction != DIR_TERMINATE)
        return;
    if (modifier->rule->direction == DIR_BACKWARD) {
        if (other->begin < modifier->begin && other->end > modifier->scope_begin)
            modifier->scope_begin = other->end;
    } else if (other->begin > modifier->begin && other->begin < modifier->scope_end) {
        modifier->scope_end = other->begin;
    }
}

static void set_scopes(Marks *modifiers, size_t size)
{
    for (int i = 0; i < modifiers->count; i++) {
        Mark *modifier = &modifiers->items[i];
        if (!has_scope(modifier))
            continue;
        open_scope(modifier, size);
        for (int j = 0; j < modifiers->count; j++)
            if (j != i)
                limit_scope(modifier, &modifiers->items[j]);
    }
}

static bool is_inside(const Mark *inner, const Mark *outer)
{
    return inner->begin >= outer->begin && inner->end <= outer->end;
}

/* Step 6; in the usual style also step 7. */
static bool is_said_of(const Mark *modifier, const Mark *target, const ContextStyle *style)
{
    return has_scope(modifier) && modifier->scope_begin <= target->begin &&
           target->begin <= modifier->scope_end &&
           (style->nearest_only || !is_inside(modifier, target));
}

/* Bytes between the two; 0 if they overlap. */
static size_t distance(const Mark *a, const Mark *b)
{
    if (a->end <= b->begin)
        return b->begin - a->end;
    return b->end <= a->begin ? a->begin - b->end : 0;
}

/* Is there another modifier of one of its categories that is nearer to the target, or as near and
 * before it? */
static bool is_outdone(const Sentence *s, int modifier, const Mark *target,
                       const ContextStyle *style)
{
    const Mark *mark = &s->modifiers.items[modifier];
    size_t own = distance(mark, target);
    for (int i = 0; i < s->modifiers.count; i++) {
        const Mark *other = &s->modifiers.items[i];
        if (i == modifier || !(other->categories & mark->categories) ||
            !is_said_of(other, target, style))
            continue;
        size_t others = distance(other, target);
        if (others < own || (others == own && i < modifier))
            return true;
    }
    return false;
}

static NndStatus add_link(Sentence *s, Link link, NndError *error)
{
    if (s->link_count == s->link_room) {
        int room = s->link_room ? s->link_room * 2 : 8;
        Link *grown = realloc(s->links, (size_t)room * sizeof *grown);
        if (!grown)
            return nnd_fail(error, NND_ENOMEM, "out of memory for %d links", room);
        s->links = grown;
        s->link_room = room;
    }
    s->links[s->link_count++] = link;
    return NND_OK;
}

NndStatus context_connect(Sentence *s, const ContextStyle *style, NndError *error)
{
    NndStatus status = NND_OK;
    set_scopes(&s->modifiers, s->size);
    for (int t = 0; t < s->targets.count; t++) {
        const Mark *target = &s->targets.items[t];
        for (int m = 0; m < s->modifiers.count && !status; m++) {
            if (!is_said_of(&s->modifiers.items[m], target, style))
                continue;
            if (!style->nearest_only || !is_outdone(s, m, target, style))
                status = add_link(s, (Link){t, m}, error);
        }
    }
    return status;
}

uint32_t context_said_of(const Sentence *sentence, int target)
{
    uint32_t categories = 0;
    for (int i = 0; i < sentence->link_count; i++)
        if (sentence->links[i].target == target)
            categories |= sentence->modifiers.items[sentence->links[i].modifier].categories;
    return categories;
}
