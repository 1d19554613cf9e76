/* SPDX-License-Identifier: Apache-2.0 */
#include "examples/reports/pefinder/print.h"

#include <jansson.h>

static int class_of(const Decision *decision, Task task)
{
    return task == TASK_ACUTE ? decision->acute : decision->present;
}

void print_decision(FILE *file, const Decision *decision, Task task)
{
    fprintf(file, "%d", class_of(decision, task));
    for (int i = 0; i < DECISION_MAX_STATES && decision->states[i]; i++)
        fprintf(file, "\t%s", decision->states[i]);
    fputc('\n', file);
}

static void print_categories(FILE *file, uint32_t categories)
{
    const char *mark = "";
    for (int i = 0; i < CATEGORY_COUNT; i++) {
        if (!(categories >> i & 1))
            continue;
        fprintf(file, "%s%s", mark, category_name(i));
        mark = ",";
    }
}

static void print_mark(FILE *file, const Sentence *sentence, const Mark *mark)
{
    fprintf(file, "\"%.*s\" [%zu,%zu) ", (int)(mark->end - mark->begin),
            sentence->text + mark->begin, mark->begin, mark->end);
    print_categories(file, mark->categories);
}

static void print_modifiers(FILE *file, const Sentence *sentence, int target)
{
    for (int i = 0; i < sentence->link_count; i++) {
        if (sentence->links[i].target != target)
            continue;
        const Mark *modifier = &sentence->modifiers.items[sentence->links[i].modifier];
        fputs("      ", file);
        print_mark(file, sentence, modifier);
        fprintf(file, " %s, scope [%zu,%zu], rule `%s`\n",
                direction_name(modifier->rule->direction), modifier->scope_begin,
                modifier->scope_end, modifier->rule->phrase);
    }
}

void print_explanation(FILE *file, const Report *report, const Procedure *procedure,
                       const Decision *decision)
{
    for (int i = 0; i < DECISION_MAX_STATES && decision->states[i]; i++)
        fprintf(file, "  %s: %s\n", procedure->state_names[i], decision->states[i]);
    for (int i = 0; i < report->count; i++) {
        const Sentence *sentence = &report->sentences[i];
        if (!sentence->targets.count)
            continue;
        fprintf(file, "  sentence %d: %s\n", i + 1, sentence->text);
        for (int t = 0; t < sentence->targets.count; t++) {
            fputs("    ", file);
            print_mark(file, sentence, &sentence->targets.items[t]);
            fputc('\n', file);
            print_modifiers(file, sentence, t);
        }
    }
}

static json_t *categories_json(uint32_t categories)
{
    json_t *names = json_array();
    for (int i = 0; i < CATEGORY_COUNT; i++)
        if (categories >> i & 1)
            json_array_append_new(names, json_string(category_name(i)));
    return names;
}

/* Places are bytes of the report. */
static json_t *mark_json(const Sentence *s, const Mark *mark)
{
    return json_pack("{s:s#, s:i, s:i, s:s, s:o}", "text", s->text + mark->begin,
                     (int)(mark->end - mark->begin), "begin", (int)s->origin[mark->begin], "end",
                     (int)s->origin[mark->end - 1] + 1, "rule", mark->rule->phrase, "categories",
                     categories_json(mark->categories));
}

static json_t *modifier_json(const Sentence *s, const Mark *modifier)
{
    json_t *object = mark_json(s, modifier);
    json_object_set_new(object, "direction",
                        json_string(direction_name(modifier->rule->direction)));
    json_object_set_new(object, "scope",
                        json_pack("[i,i]", (int)s->origin[modifier->scope_begin],
                                  (int)s->origin[modifier->scope_end]));
    return object;
}

static json_t *target_json(const Sentence *s, int target)
{
    json_t *object = mark_json(s, &s->targets.items[target]), *modifiers = json_array();
    for (int i = 0; i < s->link_count; i++)
        if (s->links[i].target == target)
            json_array_append_new(modifiers,
                                  modifier_json(s, &s->modifiers.items[s->links[i].modifier]));
    json_object_set_new(object, "modifiers", modifiers);
    return object;
}

static json_t *sentence_json(const Sentence *s)
{
    json_t *targets = json_array();
    for (int t = 0; t < s->targets.count; t++)
        json_array_append_new(targets, target_json(s, t));
    return json_pack("{s:s#, s:i, s:i, s:o}", "text", s->text, (int)s->size, "begin",
                     (int)s->origin[0], "end", (int)s->origin[s->size], "targets", targets);
}

NndStatus print_json(FILE *file, const Report *report, const Procedure *procedure,
                     const Decision *decision, Task task, NndError *error)
{
    json_t *states = json_object(), *sentences = json_array();
    for (int i = 0; i < DECISION_MAX_STATES && decision->states[i]; i++)
        json_object_set_new(states, procedure->state_names[i], json_string(decision->states[i]));
    for (int i = 0; i < report->count; i++)
        json_array_append_new(sentences, sentence_json(&report->sentences[i]));
    json_t *object = json_pack("{s:i, s:o, s:o}", "class", class_of(decision, task), "states",
                               states, "sentences", sentences);
    NndStatus status = NND_OK;
    if (!object || json_dumpf(object, file, JSON_COMPACT))
        status = nnd_fail(error, NND_ENOMEM, "out of memory for JSON");
    json_decref(object);
    fputc('\n', file);
    return status;
}
