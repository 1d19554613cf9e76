/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include <stdlib.h>
#include <string.h>

#include "surface.h"

/* ---- sites ---- */

static NndStatus number_of(uint32_t *out, const Grammar *g, const char *name, const char *path,
                           NndError *error)
{
    NndText text = grammar_setting(g, name);
    *out = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || *out > 99999)
            return nnd_fail(error, NND_EFORMAT, "%s: @%s is no number from 0 to 999999: `%.*s`",
                            path, name, (int)text.size, text.data);
        *out = *out * 10 + (uint32_t)(text.data[i] - '0');
    }
    return NND_OK;
}

/* "5:10 6:20": reports with 5 sentences weigh 10, with 6 sentences 20. */
static NndStatus read_lengths(Site *site, const char *path, NndError *error)
{
    NndText text = grammar_setting(&site->grammar, "sentences");
    const char *at = text.data, *end = text.data + text.size;
    while (at < end) {
        char *after;
        unsigned long length = strtoul(at, &after, 10);
        unsigned long weight = after < end && *after == ':' ? strtoul(after + 1, &after, 10) : 0;
        if (length < 1 || length > MAX_SENTENCES || weight < 1 || weight > 10000 ||
            (after < end && *after != ' '))
            return nnd_fail(error, NND_EFORMAT, "%s: @sentences: `%.*s` is not NUMBER:WEIGHT ...",
                            path, (int)(end - at), at);
        site->length_weights[length] += (uint32_t)weight;
        site->length_total += (uint32_t)weight;
        for (at = after; at < end && *at == ' ';)
            at++;
    }
    return site->length_total ? NND_OK
                              : nnd_fail(error, NND_EFORMAT, "%s: @sentences is not set", path);
}

static NndStatus read_settings(Site *site, const char *path, NndError *error)
{
    const struct {
        const char *name;
        uint32_t *value;
    } numbers[] = {{"train", &site->train}, {"valid", &site->valid},       {"test", &site->test},
                   {"typos", &site->typos}, {"capitals", &site->capitals}, {"noise", &site->noise}};
    NndStatus status = NND_OK;
    for (size_t i = 0; !status && i < sizeof numbers / sizeof *numbers; i++)
        status = number_of(numbers[i].value, &site->grammar, numbers[i].name, path, error);
    site->title = grammar_setting(&site->grammar, "title");
    return status ? status : read_lengths(site, path, error);
}

/* The file's name without folder and ending. */
static NndText name_of(const char *path)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    return (NndText){base, strcspn(base, ".")};
}

NndStatus site_read(Site *out, const char *shared, const char *path, NndError *error)
{
    *out = (Site){.name = name_of(path)};
    NndStatus status = grammar_read(&out->grammar, shared, error);
    if (!status)
        status = grammar_read(&out->grammar, path, error);
    if (!status)
        status = grammar_check(&out->grammar, error);
    if (!status)
        status = read_settings(out, path, error);
    for (int i = 0; !status && i < 2; i++) {
        const char *needed = i ? "filler" : "case";
        if (!grammar_rule(&out->grammar, needed))
            status = nnd_fail(error, NND_EFORMAT, "%s: there is no rule `%s`", path, needed);
    }
    if (status)
        site_free(out);
    return status;
}

void site_free(Site *site)
{
    grammar_free(&site->grammar);
    *site = (Site){0};
}

/* ---- sentences ---- */

/* The sentences of a report; a NULL one is a place for fillers. */
typedef struct Draft {
    char *items[MAX_SENTENCES * 2];
    int count, sentences;
} Draft;

static void draft_free(Draft *draft)
{
    for (int i = 0; i < draft->count; i++)
        free(draft->items[i]);
}

/* Cuts an expansion at its ` / `; takes over nothing. Sentences beyond MAX_SENTENCES are left out.
 */
static bool draft_read(Draft *draft, const char *text)
{
    while (*text && draft->sentences < MAX_SENTENCES && draft->count < MAX_SENTENCES * 2) {
        const char *end = strstr(text, " / ");
        size_t size = end ? (size_t)(end - text) : strlen(text);
        while (size && text[size - 1] == ' ')
            size--;
        while (size && *text == ' ')
            text++, size--;
        bool place = size == 1 && *text == '*';
        char *copy = place || !size ? NULL : strndup(text, size);
        if (size && !place && !copy)
            return false;
        if (size)
            draft->items[draft->count++] = copy;
        draft->sentences += size && !place;
        text = end ? end + 3 : text + strlen(text);
    }
    return true;
}

static bool draft_has(const Draft *draft, const char *sentence)
{
    for (int i = 0; i < draft->count; i++)
        if (draft->items[i] && !strcmp(draft->items[i], sentence))
            return true;
    return false;
}

static char *expand(const Grammar *g, NndText text, Dice *d, Claims *claims)
{
    char *expansion = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&expansion, &size);
    if (!out)
        return NULL;
    grammar_expand(g, text, d, out, claims);
    if (fclose(out)) {
        free(expansion);
        return NULL;
    }
    return expansion;
}

/* A sentence that the report does not have yet, if that is found in a few throws. */
static char *new_filler(const Draft *draft, const Grammar *g, Dice *d)
{
    enum { THROWS = 12 };
    for (int i = 1;; i++) {
        Claims none = {0};
        char *sentence = expand(g, rule_choose(grammar_rule(g, "filler"), d), d, &none);
        if (!sentence || i == THROWS || !draft_has(draft, sentence))
            return sentence;
        free(sentence);
    }
}

/* Puts a sentence in front of one of the places. */
static bool draft_fill(Draft *draft, const Grammar *g, Dice *d)
{
    int places = draft->count - draft->sentences;
    char *sentence = new_filler(draft, g, d);
    if (!sentence)
        return false;
    int at = -1;
    for (int left = (int)dice_below(d, (uint32_t)places); left >= 0; left--)
        while (draft->items[++at])
            ;
    memmove(draft->items + at + 1, draft->items + at,
            (size_t)(draft->count - at) * sizeof *draft->items);
    draft->items[at] = sentence;
    draft->count++;
    draft->sentences++;
    return true;
}

static int draw_length(const Site *site, Dice *d)
{
    uint32_t at = dice_below(d, site->length_total);
    int length = 1;
    for (; at >= site->length_weights[length]; length++)
        at -= site->length_weights[length];
    return length;
}

static char *join(const Draft *draft)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return NULL;
    for (int i = 0, written = 0; i < draft->count; i++)
        if (draft->items[i]) {
            if (written++)
                putc(' ', out);
            surface_sentence(draft->items[i], out);
        }
    if (fclose(out)) {
        free(text);
        return NULL;
    }
    return text;
}

static char *compose(Report *report, const Site *site, Dice *d)
{
    Draft draft = {0};
    report->case_name = rule_choose(grammar_rule(&site->grammar, "case"), d);
    int length = draw_length(site, d);
    char *expansion = expand(&site->grammar, report->case_name, d, &report->claims);
    bool fine = expansion && draft_read(&draft, expansion);
    while (fine && draft.sentences < length && draft.count > draft.sentences &&
           draft.count < MAX_SENTENCES * 2)
        fine = draft_fill(&draft, &site->grammar, d);
    char *text = fine ? join(&draft) : NULL;
    free(expansion);
    draft_free(&draft);
    return text;
}

/* ---- labels ---- */

Labels labels_of_claims(const Claims *claims)
{
    Claim last = claims->count ? claims->items[claims->count - 1] : CLAIM_NONE;
    return (Labels){.present = last == CLAIM_ACUTE || last == CLAIM_CHRONIC,
                    .acute = last == CLAIM_ACUTE};
}

/* An annotator who errs on presence errs on acuity with it. */
static Labels annotate(Labels facts, uint32_t noise, Dice *d)
{
    bool wrong_presence = dice_permille(d, noise), wrong_acuity = dice_permille(d, noise);
    if (wrong_presence)
        return (Labels){.present = !facts.present, .acute = !facts.present};
    if (wrong_acuity && facts.present)
        facts.acute = !facts.acute;
    return facts;
}

NndStatus report_make(Report *out, const Site *site, uint64_t seed, uint64_t number,
                      NndError *error)
{
    *out = (Report){0};
    Dice words = dice(seed, site->name, DICE_TEXT, number);
    Dice surface = dice(seed, site->name, DICE_SURFACE, number);
    Dice labels = dice(seed, site->name, DICE_LABEL, number);
    char *text = compose(out, site, &words);
    out->text = text ? surface_typos(text, site->typos, &surface) : NULL;
    free(text);
    if (!out->text)
        return nnd_fail(error, NND_ENOMEM, "out of memory for a report");
    if (dice_permille(&surface, site->capitals))
        surface_capitals(out->text);
    out->facts = labels_of_claims(&out->claims);
    out->labels = annotate(out->facts, site->noise, &labels);
    return NND_OK;
}

void report_free(Report *report)
{
    free(report->text);
    *report = (Report){0};
}
