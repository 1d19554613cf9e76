/* SPDX-License-Identifier: Apache-2.0
 *
 * Heat maps of explain.h: a page that is read on a phone, on paper and by screen readers. What
 * colour says, weight of type, numbers and titles say too; text is black on light colours.
 */
#include <stdlib.h>

#include "compiler/driver/explain.h"
#include "compiler/driver/markup.h"

enum {
    LEVELS = 10,
    BOLD = 5,
    TOP = 5
}; /* shades; from which on words are bold; words that are numbered */

typedef struct View {
    FILE *out;
    const Explanation *e;
    int64_t item;
    const char *shade;         /* class of its shades: "s" sensitivity, "a" attention */
    const float *share;        /* of each word, at most 1 */
    const int64_t *top;        /* [TOP]: words that are numbered, -1 for none; or NULL */
    const Attention *sentence; /* whose weights stand beside the sentences, or NULL */
    int64_t number;            /* of the sentence at hand, -1: none yet */
} View;

/* ---- the head ---- */

static const char style[] =
    "body{font:16px/1.6 system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 "
    "1rem;color:#111;background:#fff;"
    "color-scheme:light}h1{font-size:1.4rem}h2{font-size:1.1rem;margin:2rem 0 .3rem;border-top:1px "
    "solid #999;"
    "padding-top:1rem}h3{font-size:1rem;margin:.8rem 0 .2rem}p{margin:.3rem 0}ol{margin:.3rem "
    "0;padding-left:0;"
    "list-style:none}li{margin:.25rem 0}mark{color:#111;padding:.05em .1em;border-radius:.15em;"
    "-webkit-print-color-adjust:exact;print-color-adjust:exact}.b{font-weight:700}.p{text-"
    "decoration:underline 2px}"
    ".n{color:#595959}sup{font-size:.7em;line-height:0;font-weight:400}.w{display:inline-block;"
    "width:6.5rem;"
    "font-size:.85rem}.w i{display:inline-block;height:.7em;background:#1a6fb0;"
    "-webkit-print-color-adjust:exact;print-color-adjust:exact}section{break-inside:avoid}";

/* Shades from white to the full colour. */
static void put_shades(FILE *out, const char *class, int red, int green, int blue)
{
    for (int level = 0; level < LEVELS; level++)
        fprintf(out, ".%s%d{background:rgb(%d,%d,%d)}", class, level,
                255 - (255 - red) * level / (LEVELS - 1),
                255 - (255 - green) * level / (LEVELS - 1),
                255 - (255 - blue) * level / (LEVELS - 1));
}

static void put_text(FILE *out, NndText text)
{
    char copy[256];
    while (text.size) {
        size_t size = text.size < sizeof copy - 1 ? text.size : sizeof copy - 1;
        memcpy(copy, text.data, size);
        copy[size] = '\0';
        markup_text(out, copy);
        text = (NndText){text.data + size, text.size - size};
    }
}

static void put_legend(FILE *out, const Explanation *e)
{
    fputs("<p>The darker a word, the more the loss changes with its vector, compared with the "
          "text's first: ",
          out);
    for (int level = 0; level < LEVELS; level += 3)
        fprintf(out, "<mark class=\"s%d%s\">%.1f</mark> ", level, level >= BOLD ? " b" : "",
                (double)level / (LEVELS - 1));
    fprintf(out, "Bold words reach half of it; the first %d are numbered.", TOP);
    if (e->text->marks)
        fputs(" <span class=\"p\">Underlined</span> words are in phrases of the lexicon.", out);
    fputs(" Words in grey were not read.</p>\n", out);
    if (e->attention_count)
        fputs("<p>Attention: the darker, the more of the weight; bars and percentages are the "
              "weights of sentences.</p>\n",
              out);
}

static void put_head(FILE *out, const Explanation *e, const char *title)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>"
          "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"/>\n<title>Which "
          "words decided: ",
          out);
    markup_text(out, title);
    fprintf(out, "</title>\n<style>%s", style);
    put_shades(out, "s", 255, 157, 60);
    put_shades(out, "a", 110, 180, 245);
    fputs("</style></head>\n<body><main><h1>Which words decided: ", out);
    markup_text(out, title);
    fputs("</h1>\n", out);
    put_legend(out, e);
}

/* ---- words ---- */

static int rank_of(const View *v, int64_t word)
{
    for (int i = 0; v->top && i < TOP; i++)
        if (v->top[i] == word)
            return i + 1;
    return 0;
}

static void put_word(const View *v, const Piece *piece)
{
    float share = v->share[piece->word];
    int level = (int)(share * (LEVELS - 1) + 0.5f), rank = rank_of(v, piece->word);
    bool phrase = v->e->text->marks && v->e->text->marks[piece->word];
    fprintf(v->out, "<mark class=\"%s%d%s%s\" title=\"%.3f\">", v->shade, level,
            level >= BOLD ? " b" : "", phrase ? " p" : "", (double)share);
    put_text(v->out, piece->text);
    if (rank)
        fprintf(v->out, "<sup>%d</sup>", rank);
    fputs("</mark>", v->out);
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
    double weight = (double)v->sentence->value[piece->sentence];
    fprintf(v->out, "<span class=\"w\"><i style=\"width:%.2frem\"></i> %.0f %%</span> ",
            weight * 3.5, weight * 100);
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
    put_text(v->out, piece->text);
    if (piece->sentence < 0 && !blank)
        fputs("</span>", v->out);
}

static void put_view(View *v, const char *heading)
{
    fprintf(v->out, "<h3>%s</h3>\n%s", heading, v->sentence ? "<ol>" : "<p>");
    v->number = -1;
    explain_pieces(v->e, v->item, put_piece, v);
    if (v->sentence && v->number >= 0)
        fputs("</li>", v->out);
    fputs(v->sentence ? "</ol>\n" : "</p>\n", v->out);
}

/* ---- sensitivity ---- */

static void find_top(int64_t *top, const Explanation *e, int64_t item)
{
    int count = 0;
    for (int64_t word = e->text->offsets[item]; word < e->text->offsets[item + 1]; word++) {
        int at = count < TOP ? count : TOP;
        while (at > 0 && e->sensitivity[word] > e->sensitivity[top[at - 1]])
            at--;
        if (at == TOP)
            continue;
        memmove(top + at + 1, top + at,
                (size_t)((count < TOP ? count : TOP - 1) - at) * sizeof *top);
        top[at] = word;
        count += count < TOP;
    }
    for (; count < TOP; count++)
        top[count] = -1;
}

static void put_sensitivity(FILE *out, const Explanation *e, int64_t item, float *share)
{
    int64_t top[TOP];
    float largest = explain_largest(e, item);
    for (int64_t word = e->text->offsets[item]; word < e->text->offsets[item + 1]; word++)
        share[word] = e->sensitivity[word] / largest;
    find_top(top, e, item);
    put_view(&(View){.out = out, .e = e, .item = item, .shade = "s", .share = share, .top = top},
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
    put_view(
        &(View){
            .out = out, .e = e, .item = item, .shade = "a", .share = share, .sentence = sentences},
        "Attention");
}

/* ---- the page ---- */

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
    fputs("</main></body></html>\n", page);
    free(share);
    return fclose(page) ? nnd_fail(error, NND_ENOMEM, "out of memory for the page") : NND_OK;
}
