/* SPDX-License-Identifier: Apache-2.0 */
#include "markup/heat.h"

#include <string.h>

#include "markup/text.h"

enum { LEVELS = 10, BOLD = 5 }; /* shades; from which on words are bold */

static const char classes[] = {[HEAT_SENSITIVITY] = 's', [HEAT_ATTENTION] = 'a'};

static void put_shades(FILE *out, char class, const char *colour)
{
    for (int level = 0; level < LEVELS; level++)
        fprintf(out, ".%c%d{background:rgba(%s,%.2f)}", class, level, colour,
                (double)level / (LEVELS - 1));
    putc('\n', out);
}

void heat_style(FILE *out)
{
    fputs("mark{color:inherit;background:none;padding:.05em .1em;border-radius:.15em;"
          "-webkit-print-color-adjust:exact;print-color-adjust:exact}\n"
          ".b{font-weight:700}.p{text-decoration:underline 2px}sup{font-size:.7em;line-height:0;"
          "font-weight:400}\n"
          ".heat{line-height:1.8}ol.heat{padding:0;list-style:none}.heat li{margin:.2rem "
          "0;padding-left:5.8rem}\n"
          ".w{display:inline-block;margin-left:-5.8rem;width:5.8rem;font-size:.85rem;"
          "font-variant-numeric:tabular-nums}.w i{display:inline-block;margin-left:.4rem;"
          "height:.7em;background:#1a6fb0;-webkit-print-color-adjust:exact;"
          "print-color-adjust:exact}\n",
          out);
    put_shades(out, classes[HEAT_SENSITIVITY], "255,157,60");
    put_shades(out, classes[HEAT_ATTENTION], "110,180,245");
    fputs("@media screen and (prefers-color-scheme:dark){.w i{background:#6db8f2}\n", out);
    put_shades(out, classes[HEAT_SENSITIVITY], "116,54,0");
    put_shades(out, classes[HEAT_ATTENTION], "14,74,128");
    fputs("}\n", out);
}

static int level_of(double share)
{
    double level = share * (LEVELS - 1) + 0.5;
    return level >= LEVELS ? LEVELS - 1 : level > 0 ? (int)level : 0;
}

void heat_word(FILE *out, HeatKind kind, const HeatWord *word)
{
    int level = level_of(word->share);
    fprintf(out, "<mark class=\"%c%d%s%s\" title=\"%.3f\">", classes[kind], level,
            level >= BOLD ? " b" : "", word->phrase ? " p" : "", word->share);
    markup_bytes(out, word->text, word->size);
    if (word->rank)
        fprintf(out, "<sup>%d</sup>", word->rank);
    fputs("</mark>", out);
}

void heat_weight(FILE *out, double weight)
{
    fprintf(out, "<span class=\"w\">%3.0f %%<i style=\"width:%.2frem\"></i></span>", weight * 100,
            weight * 2.2);
}

void heat_legend(FILE *out, bool attention, bool phrases)
{
    fputs(
        "<p>The stronger the colour of a word, the more the loss changes with its vector, compared "
        "with the most decisive word of its text: ",
        out);
    for (int level = 0; level < LEVELS; level += 3)
        fprintf(out, "<mark class=\"%c%d%s\">%.1f</mark> ", classes[HEAT_SENSITIVITY], level,
                level >= BOLD ? " b" : "", (double)level / (LEVELS - 1));
    fprintf(out, "Bold words reach half of it; the first %d are numbered.", HEAT_TOP);
    if (phrases)
        fputs(" <span class=\"p\">Underlined</span> words are in phrases of the lexicon.", out);
    fputs(" Words in grey were not read.</p>\n", out);
    if (attention)
        fputs("<p>Attention: the stronger, the more of the weight; bars and percentages are the "
              "weights of sentences.</p>\n",
              out);
}

void heat_top(int64_t *top, const float *values, int64_t count)
{
    int found = 0;
    for (int64_t i = 0; i < count; i++) {
        int at = found;
        while (at > 0 && values[i] > values[top[at - 1]])
            at--;
        if (at == HEAT_TOP)
            continue;
        found += found < HEAT_TOP;
        memmove(top + at + 1, top + at, (size_t)(found - 1 - at) * sizeof *top);
        top[at] = i;
    }
    while (found < HEAT_TOP)
        top[found++] = -1;
}
