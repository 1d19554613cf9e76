/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "compiler/driver/graph.h"
#include "markup/text.h"

int graph_box(Graph *graph, Box box)
{
    vec_push(graph->arena, &graph->boxes, box);
    return graph->boxes.count - 1;
}

void graph_arrow(Graph *graph, int from, int to, const char *label, bool ragged)
{
    for (int i = 0; i < graph->arrows.count; i++) {
        const Arrow *arrow = &graph->arrows.data[i];
        if (arrow->from == from && arrow->to == to && !strcmp(arrow->label, label))
            return;
    }
    vec_push(graph->arena, &graph->arrows, ((Arrow){from, to, label, ragged}));
}

static void put_row(FILE *out, const char *before, const char *text, const char *after)
{
    fprintf(out, "<TR><TD>%s", before);
    markup_text(out, text);
    fprintf(out, "%s</TD></TR>", after);
}

/* A recurrence is drawn unrolled: a box for each of the first steps and the last one. */
static void put_steps(FILE *out, const Box *box)
{
    const char *arrow = box->reverse ? "&larr;" : "&rarr;";
    fprintf(out, "<TR><TD><TABLE BORDER=\"0\" CELLBORDER=\"1\" CELLSPACING=\"2\" CELLPADDING=\"3\"><TR>"
                 "<TD>1</TD><TD BORDER=\"0\">%s</TD><TD>2</TD><TD BORDER=\"0\">%s</TD>"
                 "<TD BORDER=\"0\">&middot;&middot;&middot;</TD><TD BORDER=\"0\">%s</TD><TD>",
            arrow, arrow, arrow);
    markup_text(out, box->steps);
    fputs("</TD></TR></TABLE></TD></TR>", out);
}

static void put_box(FILE *out, const Box *box, int number)
{
    static const char *const styles[] = {
        [BOX_INPUT] = "shape=box style=\"rounded,filled\" fillcolor=\"#e8f0e4\"",
        [BOX_LAYER] = "shape=box style=filled fillcolor=\"#e3ecf7\"",
        [BOX_OPERATOR] = "shape=box style=\"rounded,filled\" fillcolor=\"#f4f4f4\"",
        [BOX_SCAN] = "shape=box style=filled fillcolor=\"#f7ecd9\"",
        [BOX_OUTPUT] = "shape=box style=\"rounded,filled\" fillcolor=\"#f3e1e1\"",
    };
    fprintf(out, "  b%d [%s label=<<TABLE BORDER=\"0\" CELLBORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"1\">", number,
            styles[box->kind]);
    put_row(out, "<B>", box->title, "</B>");
    if (box->detail)
        put_row(out, "", box->detail, "");
    if (box->steps)
        put_steps(out, box);
    if (box->note)
        put_row(out, "<FONT COLOR=\"#666666\" POINT-SIZE=\"10\">", box->note, "</FONT>");
    fputs("</TABLE>>]\n", out);
}

static void put_arrow(FILE *out, const Arrow *arrow)
{
    fprintf(out, "  b%d -> b%d [%slabel=<<FONT POINT-SIZE=\"10\"%s> ", arrow->from, arrow->to,
            arrow->ragged ? "color=\"#b4540a\" penwidth=1.6 " : "", arrow->ragged ? " COLOR=\"#b4540a\"" : "");
    markup_text(out, arrow->label);
    fputs("</FONT>>]\n", out);
}

char *graph_dot(const Graph *graph)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return arena_strdup(graph->arena, "digraph {}\n");
    fputs("digraph {\n  graph [rankdir=TB fontname=\"sans-serif\" labelloc=t label=<<B>", out);
    markup_text(out, graph->title);
    fputs("</B>>]\n  node [fontname=\"sans-serif\" fontsize=12 color=\"#555555\"]\n"
          "  edge [fontname=\"sans-serif\" color=\"#555555\"]\n",
          out);
    for (int i = 0; i < graph->boxes.count; i++)
        put_box(out, &graph->boxes.data[i], i);
    for (int i = 0; i < graph->arrows.count; i++)
        put_arrow(out, &graph->arrows.data[i]);
    fputs("}\n", out);
    fclose(out);
    char *copy = arena_strdup(graph->arena, text);
    free(text);
    return copy;
}
