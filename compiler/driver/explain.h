/* SPDX-License-Identifier: Apache-2.0
 *
 * Which words decided: what `nnd explain` knows of the items of a data set, and its ways to tell
 * it. Words are those that the model read; arrays of words are packed as NndDataset's tokens are,
 * arrays of sentences as its sentence_ends.
 */
#ifndef NND_COMPILER_DRIVER_EXPLAIN_H
#define NND_COMPILER_DRIVER_EXPLAIN_H

#include <stdio.h>

#include "compiler/driver/unit.h"
#include "runtime/predict.h"

/* The values of a binding called `attention`. */
typedef struct Attention {
    const char *
        name; /* "attention.word", the axis that it runs over; a second one is "attention.word#2" */
    bool of_sentences;
    int result;   /* of function `explain` */
    float *value; /* of each word, or sentence */
} Attention;

typedef struct Explanation {
    Unit unit;
    NndModel model;
    NndSession *predict, *explain;
    NndDataset data;
    NndColumn *text,
        *target;   /* of the data; labels are the predicted classes if the file has none */
    bool labelled; /* by the file */
    NndPrediction prediction; /* the first output says the class */
    int32_t *predicted;       /* of each item */
    float *sensitivity;       /* of each word: l1 norm of the loss's derivative by its vector */
    Attention *attentions;
    int attention_count;
} Explanation;

/* The probability of a class for an item. */
double explain_probability(const NndPrediction *prediction, int64_t item, int32_t label);

const char *explain_class(const Explanation *e, int32_t label, char *room,
                          size_t size); /* its name, or number */

/* ---- words as their author wrote them (explain_words.c) ---- */

/* A piece of a text: a word, or what is between words. */
typedef struct Piece {
    NndText text;
    int64_t
        word; /* its place in the arrays of words; -1: between words, or not read by the model */
    int64_t sentence; /* its place in the arrays of sentences; -1: not read */
    int64_t number;   /* of the sentence in the item, from 0 */
} Piece;

typedef void PieceVisit(void *context, const Piece *piece);

/* Visits the pieces of an item's text in order, all of its sentences. */
void explain_pieces(const Explanation *e, int64_t item, PieceVisit *visit, void *context);

/* The largest sensitivity of an item's words, at least a tiny number. */
float explain_largest(const Explanation *e, int64_t item);

/* Tables: a row a word, or a JSON object an item. */
void explain_print(FILE *out, const Explanation *e, bool json);

/* A page that needs nothing else (explain_html.c). The caller frees *out. */
NndStatus explain_html(char **out, size_t *size, const Explanation *e, const char *title,
                       NndError *error);

/* ---- the word-deletion test (explain_delete.c) ---- */

/* What is left of the probability of the true class when words are deleted. */
typedef struct Deletion {
    double decisive,
        random; /* means over the items: the highest ranking words, words drawn by chance */
} Deletion;

/* Arras et al., "Explaining predictions of non-linear classifiers in NLP", 2016: deletes 0 .. most
 * words of each item that the model gets right, those of largest sensitivity and as many by chance
 * (the mean of several draws); rows [most + 1]. *items: how many there were. */
NndStatus explain_delete(Deletion *rows, int64_t *items, Explanation *e, int most, uint64_t seed,
                         bool quiet, NndError *error);

#endif
