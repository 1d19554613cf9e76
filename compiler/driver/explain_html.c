/* SPDX-License-Identifier: Apache-2.0
 *
 * Heat maps of explain.h, as a page.
 */
#include <stdlib.h>

#include "compiler/driver/explain.h"
#include "markup/heat.h"
#include "markup/page.h"
#include "markup/text.h"

typedef struct View {
    FILE *out;
    const Explanation *e;
    int64_t item;
    HeatKind kind;
    const float *share;        /* of each word, at most 1 */
    const int64_t *top;        /* [HEAT_TOP]: words that are numbered, -1 for none; or NULL */
    const Attention *sentence; /* whose weights stand beside the sentences, or NULL */
    int64_t number;            /* of the sentence at hand, -1: none yet */
} View;

/* ---- words ---- */

static int rank_of(const View *v, int64_t word)
{
    for (int i = 0; v->top && i < HEAT_TOP; i++)
        if (v->top[i] == word)
            return i + 1;
    return 0;
}

static void put_word(const View *v, const Piece *piece)
{
    const uint8_t *marks = v->e->text->marks;
    heat_word(v->out, v->kind,
              &(HeatWord){.text = piece->text.data,
                          .size = piece->text.size,
                          .share = (double)v->share[piece->word],
                          .rank = rank_of(v, piece->word),
                          .phrase = marks && marks[piece->word]});
}

static void begin_sentence(View *v, const Piece *piece)
{
    if (v->number >= 0)
        fputs(v->sentence ? "</li>\n" : " ", v->out);
    v->number = piece->number;
    if (!v->sentence)
        return;
    fputs("<li>", v->out);
    if (piece->sentence < 0)
        return;
    heat_weight(v->out, (double)v->sentence->value[piece->sentence]);
}

static void put_piece(void *context, const Piece *piece)
{
    View *v = context;
    if (piece->number != v->number)
        begin_sentence(v, piece);
    if (piece->word >= 0) {
        put_word(v, piece);
        return;
    }
    bool blank = piece->text.size == 1 && *piece->text.data == ' ';
    if (piece->sentence < 0 && !blank)
        fputs("<span class=\"n\">", v->out);
    markup_bytes(v->out, piece->text.data, piece->text.size);
    if (piece->sentence < 0 && !blank)
        fputs("</span>", v->out);
}

static void put_view(View *v, const char *heading)
{
    fprintf(v->out, "<h3>%s</h3>\n%s", heading,
            v->sentence ? "<ol class=\"heat\">" : "<p class=\"heat\">");
    v->number = -1;
    explain_pieces(v->e, v->item, put_piece, v);
    if (v->sentence && v->number >= 0)
        fputs("</li>", v->out);
    fputs(v->sentence ? "</ol>\n" : "</p>\n", v->out);
}

/* ---- sensitivity ---- */

static void put_sensitivity(FILE *out, const Explanation *e, int64_t item, float *share)
{
    int64_t top[HEAT_TOP], begin = e->text->offsets[item], end = e->text->offsets[item + 1];
    float largest = explain_largest(e, item);
    for (int64_t word = begin; word < end; word++)
        share[word] = e->sensitivity[word] / largest;
    heat_top(top, e->sensitivity + begin, end - begin);
    for (int i = 0; i < HEAT_TOP; i++)
        top[i] += top[i] < 0 ? 0 : begin;
    put_view(
        &(View){
            .out = out, .e = e, .item = item, .kind = HEAT_SENSITIVITY, .share = share, .top = top},
        "Sensitivity");
}

/* ---- attention ---- */

static const Attention *find_attention(const Explanation *e, bool of_sentences)
{
    for (int i = 0; i < e->attention_count; i++)
        if (e->attentions[i].of_sentences == of_sentences)
            return &e->attentions[i];
    return NULL;
}

/* What a word weighs in the document: its weight in its sentence, times that of the sentence; of
 * the largest. */
static void weigh_words(float *share, const Explanation *e, int64_t item, const Attention *words,
                        const Attention *sentences)
{
    const NndColumn *set = e->text;
    float largest = 1e-30f;
    int64_t word = set->offsets[item];
    for (int64_t s = set->sentences[item]; s < set->sentences[item + 1]; s++)
        for (; word < set->sentence_ends[s]; word++) {
            share[word] = (words ? words->value[word] : 1) * (sentences ? sentences->value[s] : 1);
            largest = share[word] > largest ? share[word] : largest;
        }
    for (word = set->offsets[item]; word < set->offsets[item + 1]; word++)
        share[word] /= largest;
}

static void put_attention(FILE *out, const Explanation *e, int64_t item, float *share)
{
    const Attention *words = find_attention(e, false), *sentences = find_attention(e, true);
    if (!words && !sentences)
        return;
    weigh_words(share, e, item, words, sentences);
    put_view(&(View){.out = out,
                     .e = e,
                     .item = item,
                     .kind = HEAT_ATTENTION,
                     .share = share,
                     .sentence = sentences},
             "Attention");
}

/* ---- the page ---- */

static void put_head(FILE *out, const Explanation *e, const char *title)
{
    char heading[160];
    snprintf(heading, sizeof heading, "Which words decided: %s", title);
    page_begin(out, heading);
    heat_legend(out, e->attention_count > 0, e->text->marks != NULL);
}

static void put_item(FILE *out, const Explanation *e, int64_t item, float *share)
{
    char room[16];
    int32_t label = e->target->labels[item];
    fprintf(out, "<section><h2>Text %lld: predicted ", (long long)item + 1);
    markup_text(out, explain_class(e, e->predicted[item], room, sizeof room));
    const char *class = explain_class(e, label, room, sizeof room);
    if (e->labelled) {
        fputs(", labelled ", out);
        markup_text(out, class);
    }
    fputs("</h2>\n<p>Probability of ", out);
    markup_text(out, class);
    fprintf(out, ": %.3f</p>\n", explain_probability(&e->prediction, item, label));
    put_sensitivity(out, e, item, share);
    put_attention(out, e, item, share);
    fputs("</section>\n", out);
}

NndStatus explain_html(char **out, size_t *size, const Explanation *e, const char *title,
                       NndError *error)
{
    *out = NULL;
    float *share = malloc(((size_t)e->text->offsets[e->data.count] + 1) * sizeof *share);
    FILE *page = share ? open_memstream(out, size) : NULL;
    if (!page) {
        free(share);
        return nnd_fail(error, NND_ENOMEM, "out of memory for the page");
    }
    put_head(page, e, title);
    for (int64_t item = 0; item < e->data.count; item++)
        put_item(page, e, item, share);
    page_end(page);
    free(share);
    return fclose(page) ? nnd_fail(error, NND_ENOMEM, "out of memory for the page") : NND_OK;
}
