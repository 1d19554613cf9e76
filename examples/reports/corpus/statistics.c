/* SPDX-License-Identifier: Apache-2.0 */
#include "statistics.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/data/sentences.h"
#include "runtime/data/tokenise.h"

static int64_t count_words(NndText sentence, const NndVocab *vocab, int64_t *unknown)
{
    int64_t count = 0;
    NndTokeniser tokeniser = nnd_tokeniser(sentence);
    for (NndText word; nnd_token_next(&tokeniser, &word); count++)
        *unknown += nnd_vocab_id(vocab, word) == NND_UNKNOWN;
    return count;
}

static void count_into(int64_t *histogram, int64_t value)
{
    histogram[value < MAX_COUNT ? value : MAX_COUNT]++;
}

NndStatus statistics_add(Statistics *s, const Report *report, const NndPhrases *lexicon,
                         const NndVocab *vocab, NndError *error)
{
    int64_t sentences = 0, phrases = 0;
    NndText sentence, rest = {report->text, strlen(report->text)};
    while (nnd_sentence_next(&sentence, &rest)) {
        int64_t words = count_words(sentence, vocab, &s->unknown), found;
        NndPhraseSpan *spans;
        NndStatus status = nnd_phrases_find(lexicon, sentence, &spans, &found, error);
        if (status)
            return status;
        free(spans);
        sentences += words > 0;
        s->words += words;
        phrases += found;
    }
    s->reports++;
    s->present += report->labels.present;
    s->acute += report->labels.acute;
    s->wrong_presence += report->labels.present != report->facts.present;
    s->wrong_acuity += report->labels.acute != report->facts.acute;
    s->sentences += sentences;
    s->phrases += phrases;
    count_into(s->with_sentences, sentences);
    count_into(s->with_phrases, phrases);
    return NND_OK;
}

/* a / b with three decimals, rounded half up. */
static void put_ratio(FILE *out, int64_t a, int64_t b)
{
    int64_t thousandths = b ? (2000 * a + b) / (2 * b) : 0;
    fprintf(out, "%lld.%03d", (long long)(thousandths / 1000), (int)(thousandths % 1000));
}

/* What both forms tell of the reports, in order. */
typedef struct Column {
    const char *name;
    int64_t a, b; /* their ratio; a count if b is 0 */
} Column;

enum { COLUMNS = 10 };

static void columns_of(Column *out, const Statistics *s)
{
    const Column columns[COLUMNS] = {
        {"reports", s->reports, 0},
        {"present", s->present, s->reports},
        {"acute", s->acute, s->reports},
        {"wrong_presence", s->wrong_presence, s->reports},
        {"wrong_acuity", s->wrong_acuity, s->reports},
        {"sentences", s->sentences, s->reports},
        {"words", s->words, s->reports},
        {"phrases", s->phrases, s->reports},
        {"without_phrases", s->with_phrases[0], s->reports},
        {"unknown_words", s->unknown, s->words},
    };
    memcpy(out, columns, sizeof columns);
}

static void put_column(FILE *out, const Column *column)
{
    if (column->b)
        put_ratio(out, column->a, column->b);
    else
        fprintf(out, "%lld", (long long)column->a);
}

void statistics_tsv(FILE *out, const Statistics *all, int count)
{
    Column columns[COLUMNS];
    for (int i = 0; i < count; i++) {
        columns_of(columns, &all[i]);
        for (int c = 0; !i && c < COLUMNS; c++)
            fprintf(out, "%s%s", c ? "\t" : "site\tsplit\t", columns[c].name);
        fprintf(out, "%s%.*s\t%s", i ? "" : "\n", (int)all[i].site->name.size,
                all[i].site->name.data, all[i].split);
        for (int c = 0; c < COLUMNS; c++) {
            putc('\t', out);
            put_column(out, &columns[c]);
        }
        putc('\n', out);
    }
}

static void put_histogram(FILE *out, const char *name, const int64_t *histogram)
{
    int last = MAX_COUNT;
    while (last > 0 && !histogram[last])
        last--;
    fprintf(out, ", \"%s\": [", name);
    for (int i = 0; i <= last; i++)
        fprintf(out, "%s%lld", i ? ", " : "", (long long)histogram[i]);
    putc(']', out);
}

void statistics_json(FILE *out, const Statistics *all, int count)
{
    Column columns[COLUMNS];
    putc('[', out);
    for (int i = 0; i < count; i++) {
        const Site *site = all[i].site;
        columns_of(columns, &all[i]);
        fprintf(out, "%s\n{\"site\": \"%.*s\", \"title\": \"%.*s\", \"split\": \"%s\"",
                i ? "," : "", (int)site->name.size, site->name.data, (int)site->title.size,
                site->title.data, all[i].split);
        for (int c = 0; c < COLUMNS; c++) {
            fprintf(out, ", \"%s\": ", columns[c].name);
            put_column(out, &columns[c]);
        }
        put_histogram(out, "reports_by_sentences", all[i].with_sentences);
        put_histogram(out, "reports_by_phrases", all[i].with_phrases);
        putc('}', out);
    }
    fputs("\n]\n", out);
}
