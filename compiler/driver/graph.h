/* SPDX-License-Identifier: Apache-2.0
 *
 * Pictures of networks: boxes and arrows, first collected, then written as the
 * text that Graphviz reads.
 */
#ifndef NND_COMPILER_DRIVER_GRAPH_H
#define NND_COMPILER_DRIVER_GRAPH_H

#include "compiler/ir/ir.h"
#include "lang/program.h"

typedef enum BoxKind { BOX_INPUT, BOX_LAYER, BOX_OPERATOR, BOX_SCAN, BOX_OUTPUT } BoxKind;

typedef struct Box {
    BoxKind kind;
    const char *title;
    const char *detail; /* a second line, or NULL */
    const char *note;   /* a third line, in grey: weights; or NULL */
    const char *steps;  /* name of the axis of the recurrence that runs inside, or NULL */
    bool reverse;
} Box;

typedef struct Arrow {
    int from, to;      /* boxes */
    const char *label; /* the type of what flows */
    bool ragged;
} Arrow;

typedef struct Graph {
    Arena *arena;
    const char *title;
    VEC(Box) boxes;
    VEC(Arrow) arrows;
} Graph;

int graph_box(Graph *graph, Box box); /* its number */
/* Once for each pair and label. */
void graph_arrow(Graph *graph, int from, int to, const char *label, bool ragged);

/* The model's layers with shapes and numbers of weights. */
void graph_layers(Graph *graph, const Program *program);
/* The kernels of a function that went through pass_fuse. */
void graph_kernels(Graph *graph, const IrFunc *func);

char *graph_dot(const Graph *graph); /* in the graph's arena */

#endif
