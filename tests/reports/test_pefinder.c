/* SPDX-License-Identifier: Apache-2.0
 *
 * The rule engine: its algorithm on rules made for the purpose, both decision
 * procedures on ten sentences worked out by hand, and what it says of wrong
 * rules.
 */
#include "tests/check.h"

#include <stdlib.h>

#include "examples/reports/pefinder/print.h"
#include "examples/reports/pefinder/split.h"

static NndError error;

static NndText text_of(const char *text)
{
    return (NndText){text, strlen(text)};
}

static Rules rules_of(const char *text)
{
    Rules rules;
    CHECK_EQ_INT(rules_parse(&rules, text_of(text), "rules.tsv", &error), NND_OK);
    return rules;
}

static Report report_of(const char *text, const Rules *rules, const Procedure *procedure)
{
    Report report;
    CHECK_EQ_INT(report_read(&report, text_of(text), "impression", rules, procedure, &error),
                 NND_OK);
    return report;
}

/* ---- ten sentences ---- */

typedef struct Case {
    const char *text;
    uint32_t kb;       /* said of the embolism, by the graded rules */
    const char *state; /* decided from it */
    uint32_t jbi;
    const char *states; /* disease, uncertainty, temporality, quality */
} Case;

static const Case cases[] = {
    {"No evidence of pulmonary embolism.", CAT_DEFINITE_NEGATED, "2", CAT_PROBABLE_NEGATED,
     "Neg Yes NA Diagnostic"},
    {"Pulmonary embolism is unchanged from prior study.", CAT_HISTORICAL, "5", CAT_HISTORICAL,
     "Pos No Old Diagnostic"},
    {"Evaluate for PE.", CAT_INDICATION, "2", CAT_PROBABLE_NEGATED, "Neg Yes NA Diagnostic"},
    {"Acute pulmonary emboli in the right lower lobe.", CAT_ACUTE, "8", 0, "Pos No New Diagnostic"},
    {"No pneumothorax, but pulmonary embolus is present.", CAT_DEFINITE, "8", 0,
     "Pos No New Diagnostic"},
    {"Limited study; no PE.", CAT_DEFINITE_NEGATED, "2", CAT_DEFINITE_NEGATED,
     "Neg Yes NA Not Diagnostic"},
    {"Chronic pulmonary embolism has resolved.", CAT_DEFINITE_NEGATED | CAT_HISTORICAL, "2",
     CAT_DEFINITE_NEGATED | CAT_HISTORICAL, "Neg No NA Diagnostic"},
    {"Cannot exclude pulmonary embolism.", CAT_AMBIVALENT, "1", CAT_DEFINITE_NEGATED,
     "Neg No NA Diagnostic"},
    {"Filling defects consistent with pulmonary emboli.", CAT_DEFINITE, "8", CAT_PROBABLE,
     "Pos Yes New Diagnostic"},
    {"There are no pulmonary emboli observed.", CAT_DEFINITE_NEGATED, "2",
     CAT_DEFINITE_NEGATED | CAT_PROBABLE, "Neg Yes NA Diagnostic"},
};
enum { CASES = sizeof cases / sizeof *cases };

/* Of the one embolism of a report; what is said of the examination's quality has it in its scope
 * too. */
static uint32_t said_of_embolism(const Report *report)
{
    uint32_t said = 0;
    int found = 0;
    for (int i = 0; i < report->count; i++) {
        const Sentence *sentence = &report->sentences[i];
        for (int t = 0; t < sentence->targets.count; t++) {
            if (!(sentence->targets.items[t].categories & CAT_PULMONARY_EMBOLISM))
                continue;
            said |= context_said_of(sentence, t) & ~(uint32_t)CAT_QUALITY_FEATURE;
            found++;
        }
    }
    CHECK_EQ_INT(found, 1);
    return said;
}

static void check_case(const char *text, const Rules *rules, const Procedure *procedure,
                       uint32_t said, const char *states)
{
    Report report = report_of(text, rules, procedure);
    Decision decision;
    char found[200] = "";
    procedure->decide(&decision, &report);
    for (int i = 0; i < DECISION_MAX_STATES && decision.states[i]; i++)
        if (procedure == &procedure_jbi || i == 0)
            snprintf(found + strlen(found), sizeof found - strlen(found), "%s%s", i ? " " : "",
                     decision.states[i]);
    uint32_t is = said_of_embolism(&report);
    if (is != said || strcmp(found, states))
        printf("%s: %s\n", procedure->name, text);
    CHECK_EQ_INT(is, said);
    CHECK_STR_EQ(found, states);
    report_free(&report);
}

static void ten_sentences_are_decided_as_by_hand(void)
{
    Rules kb, jbi;
    CHECK_EQ_INT(rules_load(&kb, "examples/reports/pefinder/rules/kb.tsv", &error), NND_OK);
    CHECK_EQ_INT(rules_load(&jbi, "examples/reports/pefinder/rules/jbi.tsv", &error), NND_OK);
    for (int i = 0; i < CASES; i++) {
        check_case(cases[i].text, &kb, &procedure_radnlp, cases[i].kb, cases[i].state);
        check_case(cases[i].text, &jbi, &procedure_jbi, cases[i].jbi, cases[i].states);
    }
    rules_free(&kb);
    rules_free(&jbi);
}

/* ---- the algorithm ---- */

static const char small[] = "PE\tpulmonary_embolism\ttarget\n"
                            "PE study\texclusion\ttarget\n"
                            "no\tdefinite_negated_existence\tforward\n"
                            "no longer\tpseudoneg\tnone\n"
                            "absent\tdefinite_negated_existence\tbackward\n"
                            "seen\tprobable_existence\tbackward\n"
                            "likely\tprobable_existence\tboth\n"
                            "old\thistorical\tboth\n"
                            "but\tconj\tstop\n"
                            "old PE\tacute\tboth\n";

/* What is said of the only embolism of a sentence. */
static uint32_t said(const char *text, const Procedure *procedure)
{
    Rules rules = rules_of(small);
    Report report = report_of(text, &rules, procedure);
    uint32_t categories = said_of_embolism(&report);
    report_free(&report);
    rules_free(&rules);
    return categories;
}

static void scopes_reach_in_their_direction(void)
{
    CHECK_EQ_INT(said("no nodes or PE", &procedure_radnlp), CAT_DEFINITE_NEGATED);
    CHECK_EQ_INT(said("PE and no nodes", &procedure_radnlp), 0);
    CHECK_EQ_INT(said("PE is absent", &procedure_radnlp), CAT_DEFINITE_NEGATED);
    CHECK_EQ_INT(said("absent are nodes and PE", &procedure_radnlp), 0);
    CHECK_EQ_INT(said("likely PE", &procedure_radnlp), CAT_PROBABLE);
    CHECK_EQ_INT(said("PE is likely", &procedure_radnlp), CAT_PROBABLE);
    CHECK_EQ_INT(said("no nodes. PE", &procedure_radnlp), 0);
}

static void scopes_end_at_terminators_and_at_their_own_category(void)
{
    CHECK_EQ_INT(said("no nodes but PE", &procedure_radnlp), 0);
    CHECK_EQ_INT(said("PE but nodes are absent", &procedure_radnlp), 0);
    CHECK_EQ_INT(said("likely nodes but PE", &procedure_radnlp), 0);
    /* the left side of a scope in both directions is never cut */
    CHECK_EQ_INT(said("PE but nodes are likely", &procedure_radnlp), CAT_PROBABLE);
    /* "seen" is of the category of "likely" and ends its scope, but has one of its own */
    CHECK_EQ_INT(said("likely nodes are seen and PE", &procedure_radnlp), 0);
    /* another category does not end a scope */
    CHECK_EQ_INT(said("no old nodes or PE", &procedure_radnlp),
                 CAT_DEFINITE_NEGATED | CAT_HISTORICAL);
}

static void longer_phrases_hide_shorter_ones(void)
{
    CHECK_EQ_INT(said("no longer PE", &procedure_radnlp), 0);
    CHECK_EQ_INT(said("old PE", &procedure_radnlp),
                 CAT_ACUTE); /* "old PE" hides "old", not the target */
    CHECK_EQ_INT(said("no PE study shows PE", &procedure_radnlp),
                 CAT_DEFINITE_NEGATED); /* one target: the other is hidden */
}

static void the_nearest_of_a_category_counts_in_the_style_of_jbi(void)
{
    Rules rules = rules_of("PE\tpulmonary_embolism\ttarget\n"
                           "seen\tprobable_existence\tbackward\n"
                           "maybe\tprobable_existence,historical\tforward\n");
    Report near = report_of("maybe there is a PE seen", &rules, &procedure_jbi);
    Report all = report_of("maybe there is a PE seen", &rules, &procedure_radnlp);
    CHECK_EQ_INT(near.sentences[0].link_count, 1);
    CHECK_EQ_INT(context_said_of(&near.sentences[0], 0), CAT_PROBABLE);
    CHECK_EQ_INT(all.sentences[0].link_count, 2);
    CHECK_EQ_INT(context_said_of(&all.sentences[0], 0), CAT_PROBABLE | CAT_HISTORICAL);
    report_free(&near);
    report_free(&all);
    rules_free(&rules);
}

static void modifiers_inside_their_target_are_dropped(void)
{
    Rules rules = rules_of("old PE\tpulmonary_embolism\ttarget\nold\thistorical\tboth\n");
    Report report = report_of("an old PE", &rules, &procedure_radnlp);
    CHECK_EQ_INT(said_of_embolism(&report), 0);
    report_free(&report);
    report = report_of("an old PE is old", &rules, &procedure_radnlp);
    CHECK_EQ_INT(said_of_embolism(&report), CAT_HISTORICAL);
    report_free(&report);
    rules_free(&rules);
}

static void places_lead_back_to_the_report(void)
{
    const char text[] = "FINDINGS:  PE.  IMPRESSION:  likely \t (old)  PE .";
    Rules rules = rules_of(small);
    Report report = report_of(text, &rules, &procedure_jbi); /* words only: brackets are blanks */
    CHECK_EQ_INT(report.count, 1);
    CHECK_STR_EQ(report.sentences[0].text, "likely old PE");
    const Mark *target = &report.sentences[0].targets.items[0];
    CHECK_EQ_INT(report.sentences[0].origin[target->begin], strrchr(text, 'P') - text);
    report_free(&report);
    rules_free(&rules);
}

/* ---- sentences and sections ---- */

static void check_sentences(const char *text, bool numbers_go_on, const char *expected)
{
    char found[400] = "";
    NndText sentence, rest = text_of(text);
    while (split_sentence(&sentence, &rest, numbers_go_on))
        snprintf(found + strlen(found), sizeof found - strlen(found), "%.*s|", (int)sentence.size,
                 sentence.data);
    CHECK_STR_EQ(found, expected);
}

static void sentences_end_with_marks_but_not_with_abbreviations(void)
{
    check_sentences("No PE. Dr. No agrees! Is it so? e.g. this one", false,
                    "No PE.|Dr. No agrees!|Is it so?|e.g. this one|");
    check_sentences("1. No PE. 2. Nodes of 5.5 mm (up to 9). Clear.", true,
                    "1. No PE.|2. Nodes of 5.5 mm (up to 9).|Clear.|");
    check_sentences("1. No PE.", false, "1.|No PE.|");
    check_sentences("  ", false, "");
}

static void long_sentences_are_cut_at_blanks(void)
{
    enum { WORDS = 3000 };
    char text[4 * WORDS + 1];
    for (int i = 0; i < WORDS; i++)
        memcpy(text + 4 * i, "abc ", 5);
    NndText sentence, rest = text_of(text);
    size_t words = 0;
    while (split_sentence(&sentence, &rest, false)) {
        CHECK(sentence.size <= SENTENCE_MAX_BYTES && sentence.size % 4 == 3);
        words += (sentence.size + 1) / 4;
    }
    CHECK_EQ_INT(words, WORDS);
}

static void the_impression_is_read_if_there_is_one(void)
{
    const char text[] = "FINDINGS: PE. Impression: none. ADDENDUM TO CT: PE.";
    NndText section = split_section(text_of(text), "impression");
    CHECK(nnd_text_equal(section, text_of(" none. ")));
    CHECK(nnd_text_equal(split_section(text_of(text), "summary,addendum to ct"), text_of(" PE.")));
    CHECK(nnd_text_equal(split_section(text_of("all of it"), "impression"), text_of("all of it")));
    CHECK(nnd_text_equal(split_section(text_of("PE. IMPRESSION: "), "impression"),
                         text_of("PE. IMPRESSION: ")));
}

/* ---- wrong rules ---- */

static void check_wrong(const char *text, const char *message)
{
    Rules rules;
    error.text[0] = '\0';
    CHECK_EQ_INT(rules_parse(&rules, text_of(text), "rules.tsv", &error), NND_EFORMAT);
    CHECK_STR_EQ(error.text, message);
}

static void wrong_rules_are_told_with_their_line(void)
{
    check_wrong("# fine\n\nno\tconj\n",
                "rules.tsv:3: field 3 is empty: phrase, categories and direction are needed");
    check_wrong("no\tnegation\tforward\n", "rules.tsv:1: there is no category `negation`");
    check_wrong("no\tconj,\xc3\xa4\tforward\n", "rules.tsv:1: there is no category `\xc3\xa4`");
    check_wrong("no\tconj\tleft\n", "rules.tsv:1: there is no direction `left`");
    check_wrong(
        "no\tconj\tstop\t(no\n",
        "rules.tsv:1: the pattern is wrong at its character 3: missing closing parenthesis");
    check_wrong("no\tconj\tstop\tn*\n", "rules.tsv:1: the pattern matches where there is nothing");
    check_wrong("no\tconj\tstop\t\t\tmore\n", "rules.tsv:1: more than 5 fields");
    check_wrong("no\xff\tconj\tstop\n", "rules.tsv: the byte at 2 is not UTF-8 text");
}

static void a_pattern_that_backtracks_without_end_is_told(void)
{
    Rules rules = rules_of("a\tacute\tboth\t(a+)+$\n");
    Report report;
    CHECK_EQ_INT(report_read(&report, text_of("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"), NULL,
                             &rules, &procedure_jbi, &error),
                 NND_EFORMAT);
    CHECK_STR_EQ(error.text,
                 "rules.tsv:1: the pattern of `a` fails on a sentence: match limit exceeded");
    rules_free(&rules);
}

static void a_phrase_is_taken_literally(void)
{
    Rules rules = rules_of("PE\tpulmonary_embolism\ttarget\ns/p "
                           "(old)\thistorical\tforward\t\tended by a word's end? no: by a mark\n"
                           "a.b\tacute\tboth\n");
    Report report = report_of("acb PE", &rules, &procedure_radnlp);
    CHECK_EQ_INT(said_of_embolism(&report), 0);
    report_free(&report);
    report = report_of("A.B PE", &rules, &procedure_radnlp);
    CHECK_EQ_INT(said_of_embolism(&report), CAT_ACUTE);
    report_free(&report);
    rules_free(&rules);
}

int main(void)
{
    ten_sentences_are_decided_as_by_hand();
    scopes_reach_in_their_direction();
    scopes_end_at_terminators_and_at_their_own_category();
    longer_phrases_hide_shorter_ones();
    the_nearest_of_a_category_counts_in_the_style_of_jbi();
    modifiers_inside_their_target_are_dropped();
    places_lead_back_to_the_report();
    sentences_end_with_marks_but_not_with_abbreviations();
    long_sentences_are_cut_at_blanks();
    the_impression_is_read_if_there_is_one();
    wrong_rules_are_told_with_their_line();
    a_pattern_that_backtracks_without_end_is_told();
    a_phrase_is_taken_literally();
    return test_report();
}
