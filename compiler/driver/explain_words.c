/* SPDX-License-Identifier: Apache-2.0
 *
 * The words of explain.h as their author wrote them, and the tables of them.
 */
#include <stdlib.h>

#include "compiler/driver/explain.h"
#include "runtime/data/sentences.h"
#include "runtime/data/tokenise.h"

/* ---- pieces ---- */

typedef struct Walk {
    const NndColumn *set;
    PieceVisit *visit;
    void *context;
    int64_t sentence, last; /* of the item, in the arrays of sentences */
    int64_t word, end;      /* of the sentence, in the arrays of words */
    int64_t number;
} Walk;

static void visit(const Walk *w, const char *begin, const char *end, int64_t word)
{
    bool read = w->sentence < w->last;
    Piece piece = {{begin, (size_t)(end - begin)}, word, read ? w->sentence : -1, w->number};
    if (end > begin)
        w->visit(w->context, &piece);
}

/* What the model has read of a sentence are its first words. */
static void walk_sentence(Walk *w, NndText sentence)
{
    NndTokeniser tokeniser = nnd_tokeniser(sentence);
    const char *after = sentence.data;
    int64_t words = 0;
    for (NndText word; nnd_token_next(&tokeniser, &word); words++) {
        visit(w, after, tokeniser.begin, -1);
        visit(w, tokeniser.begin, tokeniser.stop, w->word < w->end ? w->word : -1);
        w->word += w->word < w->end;
        after = tokeniser.stop;
    }
    visit(w, after, sentence.data + sentence.size, -1);
    if (words) {
        w->sentence += w->sentence < w->last;
        w->number++;
    }
}

void explain_pieces(const Explanation *e, int64_t item, PieceVisit *visit_piece, void *context)
{
    const NndColumn *set = e->text;
    Walk w = {.set = set,
              .visit = visit_piece,
              .context = context,
              .sentence = set->sentences[item],
              .last = set->sentences[item + 1],
              .word = set->offsets[item]};
    NndText sentence, rest = set->texts[item];
    while (nnd_sentence_next(&sentence, &rest)) {
        w.end = w.sentence < w.last ? set->sentence_ends[w.sentence] : w.word;
        walk_sentence(&w, sentence);
    }
}

float explain_largest(const Explanation *e, int64_t item)
{
    float largest = 1e-30f;
    for (int64_t i = e->text->offsets[item]; i < e->text->offsets[item + 1]; i++)
        largest = e->sensitivity[i] > largest ? e->sensitivity[i] : largest;
    return largest;
}

/* ---- tables ---- */

typedef struct Table {
    FILE *out;
    const Explanation *e;
    int64_t item;
    float largest;
    int64_t rows;
    const char *after; /* in the item's text: where the last word ended */
} Table;

static double attention_of(const Attention *attention, const Piece *piece)
{
    return (double)attention->value[attention->of_sentences ? piece->sentence : piece->word];
}

static void put_row(void *context, const Piece *piece)
{
    Table *t = context;
    const Explanation *e = t->e;
    char room[2][16];
    if (piece->word < 0)
        return;
    int32_t label = e->target->labels[t->item];
    fprintf(t->out, "%lld\t%s\t%s\t%.6f\t%lld\t%.*s\t%d\t%.6g\t%.6f", (long long)t->item + 1,
            explain_class(e, label, room[0], sizeof room[0]),
            explain_class(e, e->predicted[t->item], room[1], sizeof room[1]),
            explain_probability(&e->prediction, t->item, label), (long long)piece->number + 1,
            (int)piece->text.size, piece->text.data, e->text->marks && e->text->marks[piece->word],
            (double)e->sensitivity[piece->word],
            (double)(e->sensitivity[piece->word] / t->largest));
    for (int a = 0; a < e->attention_count; a++)
        fprintf(t->out, "\t%.6f", attention_of(&e->attentions[a], piece));
    putc('\n', t->out);
}

static void put_json_text(FILE *out, NndText text)
{
    putc('"', out);
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c < ' ')
            fprintf(out, "\\u%04x", c);
        else
            putc(c, out);
    }
    putc('"', out);
}

static void put_object(void *context, const Piece *piece)
{
    Table *t = context;
    const Explanation *e = t->e;
    if (piece->word < 0)
        return;
    fprintf(t->out, "%s{\"text\":", t->rows++ ? "," : "");
    put_json_text(t->out, piece->text);
    fputs(",\"before\":", t->out);
    put_json_text(t->out, (NndText){t->after, (size_t)(piece->text.data - t->after)});
    t->after = piece->text.data + piece->text.size;
    fprintf(t->out, ",\"sentence\":%lld,\"phrase\":%s,\"sensitivity\":%.9g,\"share\":%.9g",
            (long long)piece->number + 1,
            e->text->marks && e->text->marks[piece->word] ? "true" : "false",
            (double)e->sensitivity[piece->word],
            (double)(e->sensitivity[piece->word] / t->largest));
    for (int a = 0; a < e->attention_count; a++)
        fprintf(t->out, ",\"%s\":%.9g", e->attentions[a].name,
                attention_of(&e->attentions[a], piece));
    putc('}', t->out);
}

static void put_item(Table *t)
{
    const Explanation *e = t->e;
    char room[16];
    int32_t label = e->target->labels[t->item], predicted = e->predicted[t->item];
    const char *class = explain_class(e, label, room, sizeof room);
    fprintf(t->out, "{\"item\":%lld,\"label\":", (long long)t->item + 1);
    put_json_text(t->out, (NndText){class, strlen(class)});
    class = explain_class(e, predicted, room, sizeof room);
    fputs(",\"predicted\":", t->out);
    put_json_text(t->out, (NndText){class, strlen(class)});
    fprintf(t->out, ",\"probability\":%.9g,\"words\":[",
            explain_probability(&e->prediction, t->item, label));
    NndText text = e->text->texts[t->item];
    t->rows = 0;
    t->after = text.data;
    explain_pieces(e, t->item, put_object, t);
    fputs("],\"after\":", t->out);
    put_json_text(t->out, (NndText){t->after, (size_t)(text.data + text.size - t->after)});
    fputs("}\n", t->out);
}

void explain_print(FILE *out, const Explanation *e, bool json)
{
    if (!json) {
        fputs("item\tlabel\tpredicted\tprobability\tsentence\tword\tphrase\tsensitivity\tshare",
              out);
        for (int a = 0; a < e->attention_count; a++)
            fprintf(out, "\t%s", e->attentions[a].name);
        putc('\n', out);
    }
    for (int64_t item = 0; item < e->data.count; item++) {
        Table t = {.out = out, .e = e, .item = item, .largest = explain_largest(e, item)};
        if (json)
            put_item(&t);
        else
            explain_pieces(e, item, put_row, &t);
    }
}
