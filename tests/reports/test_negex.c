/* SPDX-License-Identifier: Apache-2.0
 *
 * The rule engine on real sentences that were labelled by others: the test kit
 * of NegEx, 2,376 lines "condition :: sentence", label 1 if the condition is
 * negated there. The condition is the target; it counts as negated if a
 * definite or probable negation is said of it. Faithful engines of this family
 * reach an F between 0.945 and 0.965 on it.
 *
 *   test_negex RULES PROCEDURE [--wrong]
 *
 * The data are in data/negex of the folder that NND_SHARED names (../shared by
 * default); without them it says so and ends with status 77. --wrong prints
 * the lines that the engine gets wrong.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "examples/reports/pefinder/report.h"
#include "runtime/data/texts.h"

enum { EXIT_SKIPPED = 77 };

typedef struct Kit {
    Rules rules;
    const Procedure *procedure;
    bool show_wrong;
    int counts[2][2]; /* [labelled negated][called negated] */
} Kit;

static void stop_on(NndStatus status, const NndError *error)
{
    if (!status)
        return;
    printf("%s\n", error->text);
    exit(1);
}

/* Where the condition is mentioned: in the letters' very case and, failing that, in any; false if
 * nowhere. */
static bool find_mention(const Sentence *sentence, const char *condition, size_t *begin)
{
    size_t size = strlen(condition);
    const char *found = NULL, *any = NULL;
    for (const char *at = sentence->text; (at = strcasestr(at, condition)); at++) {
        bool upper = true;
        for (size_t i = 0; i < size; i++)
            upper &= !(at[i] >= 'a' && at[i] <= 'z');
        found = found || !upper ? found : at;
        any = any ? any : at;
    }
    found = found ? found : any;
    *begin = found ? (size_t)(found - sentence->text) : 0;
    return found;
}

/* One line is one sentence of the kit, whatever full stops it has. */
static bool is_negated(const Kit *kit, NndText condition, NndText text)
{
    NndError error;
    Sentence mention, sentence;
    size_t begin;
    bool negated = false;
    stop_on(sentence_new(&mention, condition, 0, &kit->procedure->style, &error), &error);
    stop_on(sentence_new(&sentence, text, 0, &kit->procedure->style, &error), &error);
    if (find_mention(&sentence, mention.text, &begin)) {
        stop_on(context_find(&sentence, &kit->rules, &error), &error);
        sentence.targets.count = 0;
        stop_on(context_add_target(&sentence, begin, begin + mention.size, CAT_PULMONARY_EMBOLISM,
                                   &error),
                &error);
        stop_on(context_connect(&sentence, &kit->procedure->style, &error), &error);
        negated = context_said_of(&sentence, 0) & (CAT_DEFINITE_NEGATED | CAT_PROBABLE_NEGATED);
    }
    sentence_free(&mention);
    sentence_free(&sentence);
    return negated;
}

static void read_part(Kit *kit, const char *path)
{
    NndError error;
    NndTexts part;
    stop_on(nnd_texts_load(&part, path, true, &error), &error);
    for (int64_t i = 0; i < part.count; i++) {
        NndText line = part.texts[i];
        const char *mark = memmem(line.data, line.size, " :: ", 4);
        if (!mark) {
            printf("%s: item %lld has no ` :: `\n", path, (long long)i + 1);
            exit(1);
        }
        NndText condition = {line.data, (size_t)(mark - line.data)};
        NndText text = {mark + 4, line.size - condition.size - 4};
        bool negated = is_negated(kit, condition, text);
        kit->counts[part.labels[i] == 1][negated]++;
        if (kit->show_wrong && negated != (part.labels[i] == 1))
            printf("%s\t%.*s\n", negated ? "called negated" : "missed", (int)line.size, line.data);
    }
    nnd_texts_free(&part);
}

int main(int argc, char **argv)
{
    static const char *const parts[] = {"train", "dev", "test"};
    if (argc < 3)
        return 2;
    NndError error;
    Kit kit = {.procedure = procedure_find(argv[2]), .show_wrong = argc > 3};
    const char *shared = getenv("NND_SHARED");
    stop_on(rules_load(&kit.rules, argv[1], &error), &error);
    for (int i = 0; i < 3; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/data/negex/%s.tsv", shared ? shared : "../shared",
                 parts[i]);
        if (access(path, R_OK)) {
            printf("SKIPPED: there is no %s; set NND_SHARED to the folder of the data sets\n",
                   path);
            rules_free(&kit.rules);
            return EXIT_SKIPPED;
        }
        read_part(&kit, path);
    }
    rules_free(&kit.rules);
    int tp = kit.counts[1][1], fp = kit.counts[0][1], fn = kit.counts[1][0];
    double f = 2.0 * tp / (2.0 * tp + fp + fn);
    printf("TP %d, TN %d, FP %d, FN %d, F %.4f\n", tp, kit.counts[0][0], fp, fn, f);
    if (f < 0.945 || f > 0.965)
        printf("F is not between 0.945 and 0.965\n");
    return f < 0.945 || f > 0.965;
}
