/* SPDX-License-Identifier: Apache-2.0
 *
 * Heat maps of what `nnd explain --json` printed: an object a report and line.
 */
#include <string.h>

#include "examples/reports/report/sections.h"
#include "markup/heat.h"
#include "markup/text.h"
#include "runtime/data/text.h"

enum { MOST_WORDS = 4096 };

typedef struct Word {
    const char *text, *before;
    int sentence, phrase; /* of the lexicon? */
    double share, sensitivity;
    double attention, weight; /* of the word in its sentence, of the sentence; -1: none */
} Word;

typedef struct Text {
    const char *label, *predicted, *after;
    double probability;
    Word *words; /* [count] */
    int count;
    bool attends; /* there is attention */
} Text;

/* ---- reading ---- */

/* Weights of a binding called attention, by the axis that it runs over. */
static double attention_of(const json_t *object, const char *axis)
{
    const json_t *value = json_object_get(object, axis);
    return json_is_number(value) ? json_number_value(value) : -1;
}

static bool read_word(Word *w, json_t *object, json_error_t *error)
{
    if (json_unpack_ex(object, error, 0, "{s:s, s:s, s:i, s:b, s:F, s:F}", "text", &w->text,
                       "before", &w->before, "sentence", &w->sentence, "phrase", &w->phrase,
                       "share", &w->share, "sensitivity", &w->sensitivity))
        return false;
    w->attention = attention_of(object, "attention.word");
    w->weight = attention_of(object, "attention.sent");
    return true;
}

static bool read_text(Study *study, Text *t, const char *path, int line, json_t *object)
{
    json_error_t error = {.text = "too many words"};
    json_t *words;
    bool read = !json_unpack_ex(object, &error, 0, "{s:s, s:s, s:F, s:o, s:s}", "label", &t->label,
                                "predicted", &t->predicted, "probability", &t->probability, "words",
                                &words, "after", &t->after) &&
                json_array_size(words) <= MOST_WORDS;
    t->count = read ? (int)json_array_size(words) : 0;
    t->words = study_alloc(study, (size_t)t->count, sizeof *t->words);
    t->attends = false;
    for (int i = 0; read && t->words && i < t->count; i++) {
        read = read_word(&t->words[i], json_array_get(words, (size_t)i), &error);
        t->attends |= t->words[i].attention >= 0 || t->words[i].weight >= 0;
    }
    if (!read)
        study_fail(study, "%s/%s:%d: %s", study->folder, path, line, error.text);
    return !study->status;
}

/* ---- drawing ---- */

static bool begins_sentence(const Text *t, int i)
{
    return i == 0 || t->words[i].sentence != t->words[i - 1].sentence;
}

static void put_sensitivity(FILE *out, const Text *t)
{
    float values[MOST_WORDS];
    int64_t top[HEAT_TOP];
    for (int i = 0; i < t->count; i++)
        values[i] = (float)t->words[i].sensitivity;
    heat_top(top, values, t->count);
    fputs("<h4>Sensitivity</h4><p class=\"heat\">", out);
    for (int i = 0; i < t->count; i++) {
        const Word *w = &t->words[i];
        int rank = 0;
        for (int k = 0; k < HEAT_TOP; k++)
            rank = top[k] == i ? k + 1 : rank;
        markup_text(out, w->before);
        heat_word(out, HEAT_SENSITIVITY,
                  &(HeatWord){w->text, strlen(w->text), w->share, rank, w->phrase});
    }
    markup_text(out, t->after);
    fputs("</p>\n", out);
}

/* What a word weighs in the report. */
static double weight_of(const Word *w)
{
    return (w->attention >= 0 ? w->attention : 1) * (w->weight >= 0 ? w->weight : 1);
}

static void put_attention(FILE *out, const Text *t)
{
    double largest = 1e-30;
    for (int i = 0; i < t->count; i++)
        largest = weight_of(&t->words[i]) > largest ? weight_of(&t->words[i]) : largest;
    fputs("<h4>Attention</h4><ol class=\"heat\">", out);
    for (int i = 0; i < t->count; i++) {
        const Word *w = &t->words[i];
        if (i)
            markup_text(out, w->before); /* with the end of the sentence before */
        if (begins_sentence(t, i)) {
            fputs(i ? "</li>\n<li>" : "<li>", out);
            heat_weight(out, w->weight >= 0 ? w->weight : 1);
        }
        if (!i)
            markup_text(out, w->before);
        heat_word(out, HEAT_ATTENTION,
                  &(HeatWord){w->text, strlen(w->text), weight_of(w) / largest, 0, w->phrase});
    }
    markup_text(out, t->after);
    fputs("</li></ol>\n", out);
}

static void put_text(Study *study, const Text *t)
{
    FILE *out = study->out;
    fputs("<p><b>Labelled ", out);
    markup_text(out, t->label);
    fputs(", predicted ", out);
    markup_text(out, t->predicted);
    fprintf(out, "</b> (probability of the label %.3f)</p>\n", t->probability);
    put_sensitivity(out, t);
    if (t->attends && t->count)
        put_attention(out, t);
}

static int put_system(Study *study, const char *task, const System *system)
{
    const char *path = study_print(study, "explain/%s.%s.json", task, system->name);
    const NndFile *file = path && study_has(study, path) ? study_text(study, path) : NULL;
    if (!file)
        return 0;
    fputs("<h3>", study->out);
    markup_text(study->out, system->title);
    fprintf(study->out, ": %s</h3>\n", study_task(task));
    NndText line, rest = {file->data, file->size};
    for (int number = 1; nnd_text_line(&line, &rest); number++) {
        Text text;
        json_t *object = study_json_line(study, path, line.data, line.size, number);
        if (object && read_text(study, &text, path, number, object))
            put_text(study, &text);
    }
    return 1;
}

static int put_task(Study *study, const char *task)
{
    int drawn = 0;
    for (int i = 0; i < study->system_count; i++)
        drawn += put_system(study, task, &study->systems[i]);
    return drawn;
}

void section_explanations(Study *study)
{
    fputs("<p>One report of each class, of the first site's test reports. Class 1: there is an "
          "embolism, or it is acute.</p>\n",
          study->out);
    heat_legend(study->out, true, true);
    int drawn = put_task(study, "presence");
    fputs("<details><summary>The same for acute or not</summary>\n", study->out);
    drawn += put_task(study, "acuity");
    fputs("</details>\n", study->out);
    if (!drawn)
        study_missing(study, "explain");
}
