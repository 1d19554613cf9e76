/* SPDX-License-Identifier: Apache-2.0
 *
 * Recurrent cells that ONNX knows, recognised in the body of a scan by their equations: whoever wrote them
 * and however the gates are held, in one weight or in several.
 *
 *   RNN   h = tanh(z)
 *   LSTM  c = sigmoid(f) * c + sigmoid(i) * tanh(g),  h = sigmoid(o) * tanh(c)
 *   GRU   h = (1 - z) * n + z * h with z = sigmoid(..), r = sigmoid(..), and
 *         n = tanh(x W + b + r * (h U + c)), or n = tanh(x W + (r * h) U + b)
 *
 * where z, f, i, g, o are x W + h U + b.
 */
#ifndef NND_COMPILER_ONNX_CELL_H
#define NND_COMPILER_ONNX_CELL_H

#include "lang/program.h"

typedef enum CellKind { CELL_RNN, CELL_LSTM, CELL_GRU } CellKind;

enum { CELL_GATES_MAX = 4, CELL_TERMS_MAX = 4 };

/* A weight, or one of the gates in it: W[in, gate, out] or W[in, out], b[gate, out] or b[out]. */
typedef struct CellWeight {
    const Typed *weight; /* NULL: none */
    int64_t gate;        /* -1: all of it */
} CellWeight;

typedef struct CellBias {
    int count;
    CellWeight terms[CELL_TERMS_MAX];
    double constant;
} CellBias;

typedef struct CellGate {
    CellWeight input, state;
    CellBias bias;
    CellBias state_bias; /* of GRU's new state, where the reset gate acts on it */
    const Typed *reset;  /* sum whose sigmoid multiplies the state */
} CellGate;

typedef struct Cell {
    CellKind kind;
    int gate_count;
    CellGate gates[CELL_GATES_MAX]; /* in ONNX's order: i o f c; z r h */
    int hidden, memory;             /* the scan's states; memory: -1 but for LSTM */
    bool reset_after;               /* GRU: the reset gate acts on the product */
} Cell;

bool cell_match(Cell *out, const TypedScan *scan);

#endif
