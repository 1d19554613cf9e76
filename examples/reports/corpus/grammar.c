/* SPDX-License-Identifier: Apache-2.0 */
#include "grammar.h"

#include <stdlib.h>
#include <string.h>

const char *const claim_names[CLAIM_COUNT] = {"none", "absent", "unclear", "chronic", "acute"};

enum { MAX_FILE = 1 << 20, MAX_WEIGHT = 100000, MAX_RULES = 4096, MAX_SETTINGS = 256 };
enum {
    MAX_DEPTH = 100,
    MAX_EXPANSION = 1 << 16
}; /* rules in rules; bytes that a rule can become */

static bool text_is(NndText text, const char *name)
{
    return text.size == strlen(name) && !memcmp(text.data, name, text.size);
}

static NndText trim(NndText text)
{
    while (text.size && (*text.data == ' ' || *text.data == '\t'))
        text.data++, text.size--;
    while (text.size && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t'))
        text.size--;
    return text;
}

static Rule *find_rule(const Grammar *g, NndText name)
{
    for (int i = 0; i < g->count; i++)
        if (nnd_text_equal(g->rules[i].name, name))
            return &g->rules[i];
    return NULL;
}

const Rule *grammar_rule(const Grammar *grammar, const char *name)
{
    return find_rule(grammar, (NndText){name, strlen(name)});
}

NndText grammar_setting(const Grammar *grammar, const char *name)
{
    for (int i = 0; i < grammar->setting_count; i++)
        if (text_is(grammar->settings[i].name, name))
            return grammar->settings[i].value;
    return (NndText){"", 0};
}

/* ---- reading ---- */

typedef struct Reader {
    Grammar *grammar;
    Rule *rule; /* whose alternatives are being read */
    const char *path;
    int line;
    NndError *error;
} Reader;

static NndStatus wrong(const Reader *r, const char *what, NndText text)
{
    return nnd_fail(r->error, NND_EFORMAT, "%s:%d: %s `%.*s`", r->path, r->line, what,
                    (int)text.size, text.data);
}

/* Room for one more item of `size` bytes. */
static bool grow(void **items, int count, int *room, size_t size)
{
    if (count < *room)
        return true;
    int more = *room ? *room * 2 : 16;
    void *grown = realloc(*items, (size_t)more * size);
    if (!grown)
        return false;
    *items = grown;
    *room = more;
    return true;
}

static NndStatus out_of_memory(NndError *error)
{
    return nnd_fail(error, NND_ENOMEM, "out of memory for the rules");
}

static NndStatus read_setting(Reader *r, NndText line)
{
    Grammar *g = r->grammar;
    NndText name = {line.data + 1, 0};
    while (name.size < line.size - 1 && name.data[name.size] != ' ')
        name.size++;
    NndText value = trim((NndText){name.data + name.size, line.size - 1 - name.size});
    for (int i = 0; i < g->setting_count; i++)
        if (nnd_text_equal(g->settings[i].name, name)) {
            g->settings[i].value = value;
            return NND_OK;
        }
    if (g->setting_count == MAX_SETTINGS)
        return wrong(r, "there are too many settings:", name);
    if (!grow((void **)&g->settings, g->setting_count, &g->setting_room, sizeof *g->settings))
        return out_of_memory(r->error);
    g->settings[g->setting_count++] = (Setting){name, value};
    return NND_OK;
}

static NndStatus read_claim(Reader *r, NndText *name, Claim *claim)
{
    *claim = CLAIM_NONE;
    const char *open = memchr(name->data, '[', name->size);
    if (!open)
        return NND_OK;
    NndText inside = {open + 1, (size_t)(name->data + name->size - open) - 1};
    if (!inside.size || inside.data[inside.size - 1] != ']')
        return wrong(r, "a claim that does not end:", *name);
    inside.size--;
    for (int i = 1; i < CLAIM_COUNT; i++)
        if (text_is(inside, claim_names[i]))
            *claim = (Claim)i;
    if (*claim == CLAIM_NONE)
        return wrong(r, "there is no claim", inside);
    *name = trim((NndText){name->data, (size_t)(open - name->data)});
    return NND_OK;
}

static NndStatus begin_rule(Reader *r, NndText line)
{
    Grammar *g = r->grammar;
    line = trim(line);
    if (line.data[line.size - 1] != ':')
        return wrong(r, "a rule begins with `name:`, found", line);
    NndText name = trim((NndText){line.data, line.size - 1});
    Claim claim;
    NndStatus status = read_claim(r, &name, &claim);
    if (status)
        return status;
    r->rule = find_rule(g, name);
    if (!r->rule && g->count == MAX_RULES)
        return wrong(r, "there are too many rules:", name);
    if (!r->rule) {
        if (!grow((void **)&g->rules, g->count, &g->room, sizeof *g->rules))
            return out_of_memory(r->error);
        r->rule = &g->rules[g->count++];
        *r->rule = (Rule){.name = name};
    }
    r->rule->claim = claim;
    r->rule->count = 0;
    r->rule->total = 0;
    r->rule->file = r->path;
    r->rule->line = r->line;
    return NND_OK;
}

/* Cuts "3x " off the text. */
static uint32_t read_weight(NndText *text)
{
    uint32_t weight = 0;
    size_t at = 0;
    for (; at < text->size && text->data[at] >= '0' && text->data[at] <= '9'; at++)
        weight = weight > MAX_WEIGHT ? weight : weight * 10 + (uint32_t)(text->data[at] - '0');
    if (!at || text->size < at + 2 || text->data[at] != 'x' || text->data[at + 1] != ' ')
        return 1;
    *text = trim((NndText){text->data + at + 1, text->size - at - 1});
    return weight;
}

static NndStatus read_alternative(Reader *r, NndText line)
{
    Rule *rule = r->rule;
    NndText text = trim(line);
    if (!rule)
        return wrong(r, "an alternative without a rule:", text);
    uint32_t weight = read_weight(&text);
    if (weight > MAX_WEIGHT || rule->total > UINT32_MAX - MAX_WEIGHT)
        return wrong(r, "the weight is too large:", text);
    if (!grow((void **)&rule->alternatives, rule->count, &rule->room, sizeof *rule->alternatives))
        return out_of_memory(r->error);
    rule->alternatives[rule->count++] = (Alternative){text, weight};
    rule->total += weight;
    return NND_OK;
}

static NndStatus read_line(Reader *r, NndText line)
{
    if (!trim(line).size || *line.data == '#')
        return NND_OK;
    if (*line.data == '@')
        return read_setting(r, line);
    return *line.data == ' ' || *line.data == '\t' ? read_alternative(r, line)
                                                   : begin_rule(r, line);
}

NndStatus grammar_parse(Grammar *grammar, NndFile *file, const char *path, NndError *error)
{
    NndFile *files = realloc(grammar->files, (size_t)(grammar->file_count + 1) * sizeof *files);
    if (!files) {
        nnd_file_free(file);
        return out_of_memory(error);
    }
    grammar->files = files;
    files[grammar->file_count++] = *file;
    NndText line, rest = {file->data, file->size};
    size_t bad = nnd_utf8_check(rest);
    if (bad < rest.size)
        return nnd_fail(error, NND_EFORMAT, "%s: byte %zu is not UTF-8 text", path, bad);
    Reader r = {.grammar = grammar, .path = path, .line = 1, .error = error};
    NndStatus status = NND_OK;
    for (; !status && nnd_text_line(&line, &rest); r.line++)
        status = read_line(&r, line);
    return status;
}

NndStatus grammar_read(Grammar *grammar, const char *path, NndError *error)
{
    NndFile file;
    NndStatus status = nnd_file_read(&file, path, MAX_FILE, error);
    return status ? status : grammar_parse(grammar, &file, path, error);
}

void grammar_free(Grammar *grammar)
{
    for (int i = 0; i < grammar->count; i++)
        free(grammar->rules[i].alternatives);
    for (int i = 0; i < grammar->file_count; i++)
        nnd_file_free(&grammar->files[i]);
    free(grammar->rules);
    free(grammar->settings);
    free(grammar->files);
    *grammar = (Grammar){0};
}

/* ---- the parts of a text ---- */

typedef enum PartKind { PART_END, PART_PLAIN, PART_RULE, PART_CHOICE, PART_OPEN } PartKind;

/* Cuts the next part off `rest`; `part` is without its brackets. OPEN: the bracket is not closed.
 */
static PartKind next_part(NndText *part, NndText *rest)
{
    if (!rest->size)
        return PART_END;
    char open = *rest->data, close = open == '{' ? '}' : open == '<' ? '>' : 0;
    size_t end = 1;
    if (close) {
        const char *at = memchr(rest->data, close, rest->size);
        *part = *rest;
        if (!at)
            return PART_OPEN;
        end = (size_t)(at - rest->data) + 1;
        *part = (NndText){rest->data + 1, end - 2};
    } else {
        while (end < rest->size && rest->data[end] != '{' && rest->data[end] != '<')
            end++;
        *part = (NndText){rest->data, end};
    }
    *rest = (NndText){rest->data + end, rest->size - end};
    return open == '{' ? PART_RULE : open == '<' ? PART_CHOICE : PART_PLAIN;
}

/* Cuts the next of a|b|c off `rest`; false: there was none left, its data is NULL. */
static bool next_choice(NndText *choice, NndText *rest)
{
    if (!rest->data)
        return false;
    const char *bar = memchr(rest->data, '|', rest->size);
    *choice = (NndText){rest->data, bar ? (size_t)(bar - rest->data) : rest->size};
    *rest = bar ? (NndText){bar + 1, rest->size - choice->size - 1} : (NndText){0};
    return true;
}

static NndText nth_choice(NndText choices, uint32_t index)
{
    NndText choice = choices;
    for (uint32_t i = 0; i <= index && next_choice(&choice, &choices); i++)
        ;
    return choice;
}

static uint32_t count_choices(NndText choices)
{
    uint32_t count = 1;
    for (size_t i = 0; i < choices.size; i++)
        count += choices.data[i] == '|';
    return count;
}

/* ---- checking ---- */

typedef enum Mark { MARK_NEW, MARK_OPEN, MARK_FINE } Mark;

typedef struct Check {
    const Grammar *grammar;
    Mark *marks;     /* of each rule */
    size_t *longest; /* bytes that a rule of MARK_FINE can become */
    int depth;       /* of rules that are being checked */
    NndError *error;
} Check;

static NndStatus check_rule(Check *c, Rule *rule);

static NndStatus wrong_rule(const Check *c, const Rule *rule, const char *what)
{
    return nnd_fail(c->error, NND_EFORMAT, "%s:%d: rule `%.*s` %s", rule->file, rule->line,
                    (int)rule->name.size, rule->name.data, what);
}

static NndStatus wrong_part(const Check *c, const Rule *user, const char *what, NndText part)
{
    return nnd_fail(c->error, NND_EFORMAT, "%s:%d: in rule `%.*s`: %s `%.*s`", user->file,
                    user->line, (int)user->name.size, user->name.data, what, (int)part.size,
                    part.data);
}

static NndStatus check_part(Check *c, const Rule *user, PartKind kind, NndText part,
                            size_t *longest);

/* Bytes that the text can become, in *longest; of a text that is too long, some number above the
 * limit. */
static NndStatus check_text(Check *c, const Rule *user, NndText text, size_t *longest)
{
    NndText part;
    NndStatus status = NND_OK;
    *longest = 0;
    for (PartKind kind; !status && (kind = next_part(&part, &text)) != PART_END;) {
        size_t of_part = 0;
        status = check_part(c, user, kind, part, &of_part);
        *longest += of_part;
    }
    return status;
}

static NndStatus check_choices(Check *c, const Rule *user, NndText choices, size_t *longest)
{
    NndText choice;
    NndStatus status = NND_OK;
    for (size_t of_choice; !status && next_choice(&choice, &choices);) {
        status = check_text(c, user, choice, &of_choice);
        *longest = of_choice > *longest ? of_choice : *longest;
    }
    return status;
}

static NndStatus check_part(Check *c, const Rule *user, PartKind kind, NndText part,
                            size_t *longest)
{
    if (kind == PART_OPEN)
        return wrong_part(c, user, "a bracket is not closed:", part);
    if (kind == PART_CHOICE)
        return check_choices(c, user, part, longest);
    *longest = part.size;
    if (kind == PART_PLAIN)
        return NND_OK;
    Rule *used = find_rule(c->grammar, part);
    if (!used)
        return wrong_part(c, user, "there is no rule", part);
    NndStatus status = check_rule(c, used);
    *longest = c->longest[used - c->grammar->rules];
    return status;
}

static NndStatus check_rule(Check *c, Rule *rule)
{
    size_t at = (size_t)(rule - c->grammar->rules);
    if (c->marks[at] == MARK_FINE)
        return NND_OK;
    if (c->marks[at] == MARK_OPEN || !rule->total)
        return wrong_rule(c, rule, rule->total ? "uses itself" : "has no alternative");
    if (c->depth == MAX_DEPTH)
        return wrong_rule(c, rule, "is too deep in others");
    c->marks[at] = MARK_OPEN;
    c->depth++;
    NndStatus status = NND_OK;
    for (int i = 0; !status && i < rule->count; i++) {
        size_t longest;
        status = check_text(c, rule, rule->alternatives[i].text, &longest);
        c->longest[at] = longest > c->longest[at] ? longest : c->longest[at];
    }
    c->depth--;
    c->marks[at] = MARK_FINE;
    return status || c->longest[at] <= MAX_EXPANSION
               ? status
               : wrong_rule(c, rule, "can become too long a text");
}

NndStatus grammar_check(const Grammar *grammar, NndError *error)
{
    size_t room = (size_t)grammar->count + 1;
    Check c = {.grammar = grammar,
               .marks = calloc(room, sizeof *c.marks),
               .longest = calloc(room, sizeof *c.longest),
               .error = error};
    NndStatus status = c.marks && c.longest ? NND_OK : out_of_memory(error);
    for (int i = 0; !status && i < grammar->count; i++)
        status = check_rule(&c, &grammar->rules[i]);
    free(c.marks);
    free(c.longest);
    return status;
}

/* ---- expanding ---- */

NndText rule_choose(const Rule *rule, Dice *dice)
{
    uint32_t at = dice_below(dice, rule->total);
    int i = 0;
    for (; at >= rule->alternatives[i].weight; i++)
        at -= rule->alternatives[i].weight;
    return rule->alternatives[i].text;
}

void grammar_expand(const Grammar *grammar, NndText text, Dice *dice, FILE *out, Claims *claims)
{
    NndText part;
    for (PartKind kind; (kind = next_part(&part, &text)) != PART_END;) {
        if (kind == PART_PLAIN) {
            if (!text_is(part, "_"))
                fwrite(part.data, 1, part.size, out);
            continue;
        }
        if (kind == PART_CHOICE) {
            grammar_expand(grammar, nth_choice(part, dice_below(dice, count_choices(part))), dice,
                           out, claims);
            continue;
        }
        const Rule *rule = find_rule(grammar, part);
        if (rule->claim != CLAIM_NONE && claims->count < MAX_CLAIMS)
            claims->items[claims->count++] = rule->claim;
        grammar_expand(grammar, rule_choose(rule, dice), dice, out, claims);
    }
}
