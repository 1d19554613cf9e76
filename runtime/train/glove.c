/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/train/glove.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/random.h"

enum { BLOCKS = 16, CELLS = BLOCKS * BLOCKS };

/* Streams of random numbers (runtime/random.h). */
enum { STREAM_VECTORS = 0x7ffffff0, STREAM_ORDER = 0x7ffffff1 };

/* Vectors of one kind, and for each number the sum of its squared gradients: [words, size + 1] */
typedef struct Table {
    double *value, *squares;
} Table;

struct NndGlove {
    NndGloveOptions options;
    int32_t words;
    NndPairs pairs;            /* by block, shuffled in it */
    int64_t begins[CELLS + 1]; /* block (r, c): pairs begins[r * BLOCKS + c] .. */
    Table word, context;
    int stratum; /* of the epoch: blocks (r, r + stratum) */
    double losses[CELLS];
};

static int block_of(const NndPair *pair)
{
    return pair->word % BLOCKS * BLOCKS + pair->context % BLOCKS;
}

/* Deals the pairs into blocks, keeping their order. */
static bool deal(NndGlove *glove)
{
    NndPairs *pairs = &glove->pairs;
    NndPair *dealt = malloc(((size_t)pairs->count + 1) * sizeof *dealt);
    int64_t at[CELLS];
    if (!dealt)
        return false;
    for (int64_t i = 0; i < pairs->count; i++)
        glove->begins[block_of(&pairs->items[i]) + 1]++;
    for (int b = 0; b < CELLS; b++)
        glove->begins[b + 1] += glove->begins[b];
    memcpy(at, glove->begins, sizeof at);
    for (int64_t i = 0; i < pairs->count; i++)
        dealt[at[block_of(&pairs->items[i])]++] = pairs->items[i];
    free(pairs->items);
    pairs->items = dealt;
    return true;
}

/* Fisher and Yates. The remainder's bias, below 2^-32 times the count, is of no matter for an
 * order. */
static void shuffle(NndPair *pairs, int64_t count, uint64_t seed, uint64_t block)
{
    for (int64_t i = count - 1; i > 0; i--) {
        NndPhilox words = nnd_random_words(seed, block, STREAM_ORDER, (uint64_t)i * 4);
        uint64_t draw = (uint64_t)words.word[0] << 32 | words.word[1];
        int64_t j = (int64_t)(draw % (uint64_t)(i + 1));
        NndPair pair = pairs[i];
        pairs[i] = pairs[j];
        pairs[j] = pair;
    }
}

static bool table_new(Table *table, const NndGlove *glove, uint64_t which)
{
    size_t width = (size_t)glove->options.size + 1, count = (size_t)glove->words * width;
    table->value = malloc((count + 1) * sizeof *table->value);
    table->squares = malloc((count + 1) * sizeof *table->squares);
    if (!table->value || !table->squares)
        return false;
    for (size_t i = 0; i < count; i++) {
        double draw = nnd_random_uniform(glove->options.seed, which, STREAM_VECTORS, i);
        table->value[i] = (draw - 0.5) / (double)width;
        table->squares[i] = 1;
    }
    return true;
}

NndStatus nnd_glove_new(NndGlove **out, NndPairs *pairs, int32_t words,
                        const NndGloveOptions *options, NndError *error)
{
    NndGlove *glove = calloc(1, sizeof *glove);
    *out = NULL;
    if (!glove) {
        nnd_pairs_free(pairs);
        return nnd_fail(error, NND_ENOMEM, "out of memory for vectors");
    }
    glove->options = *options;
    glove->words = words;
    glove->pairs = *pairs;
    *pairs = (NndPairs){0};
    if (!deal(glove) || !table_new(&glove->word, glove, 0) ||
        !table_new(&glove->context, glove, 1)) {
        nnd_glove_free(glove);
        return nnd_fail(error, NND_ENOMEM, "out of memory for vectors of %d words", (int)words);
    }
    for (int b = 0; b < CELLS; b++)
        shuffle(glove->pairs.items + glove->begins[b], glove->begins[b + 1] - glove->begins[b],
                options->seed, (uint64_t)b);
    *out = glove;
    return NND_OK;
}

void nnd_glove_free(NndGlove *glove)
{
    if (!glove)
        return;
    nnd_pairs_free(&glove->pairs);
    free(glove->word.value);
    free(glove->word.squares);
    free(glove->context.value);
    free(glove->context.squares);
    free(glove);
}

double nnd_glove_cell(const NndGloveOptions *options, const double *word, const double *context,
                      double count, double *slope)
{
    int32_t size = options->size;
    double bracket = word[size] + context[size] - log(count);
    for (int32_t k = 0; k < size; k++)
        bracket += word[k] * context[k];
    double weight = count < options->x_max ? pow(count / options->x_max, options->alpha) : 1;
    *slope = weight * bracket;
    return 0.5 * weight * bracket * bracket;
}

/* A step of AdaGrad. */
static void descend(double *value, double *squares, double gradient, double rate)
{
    *value -= rate * gradient / sqrt(*squares);
    *squares += gradient * gradient;
}

static double train_cell(NndGlove *glove, const NndPair *pair)
{
    const NndGloveOptions *options = &glove->options;
    size_t width = (size_t)options->size + 1, i = (size_t)pair->word * width,
           j = (size_t)pair->context * width;
    double *word = glove->word.value + i, *context = glove->context.value + j;
    double *word_squares = glove->word.squares + i, *context_squares = glove->context.squares + j;
    double slope, loss = nnd_glove_cell(options, word, context, pair->count, &slope);
    for (int32_t k = 0; k < options->size; k++) {
        double by_word = slope * context[k], by_context = slope * word[k];
        descend(&word[k], &word_squares[k], by_word, options->rate);
        descend(&context[k], &context_squares[k], by_context, options->rate);
    }
    descend(&word[options->size], &word_squares[options->size], slope, options->rate);
    descend(&context[options->size], &context_squares[options->size], slope, options->rate);
    return loss;
}

/* Rows lo .. hi-1 of the blocks of a stratum. */
static void train_blocks(void *context, int64_t lo, int64_t hi)
{
    NndGlove *glove = context;
    for (int64_t row = lo; row < hi; row++) {
        int64_t block = row * BLOCKS + (row + glove->stratum) % BLOCKS;
        double loss = 0;
        for (int64_t i = glove->begins[block]; i < glove->begins[block + 1]; i++)
            loss += train_cell(glove, &glove->pairs.items[i]);
        glove->losses[block] = loss;
    }
}

double nnd_glove_epoch(NndGlove *glove, NndPool *pool)
{
    double loss = 0;
    for (glove->stratum = 0; glove->stratum < BLOCKS; glove->stratum++)
        nnd_pool_run(pool, BLOCKS, 1, train_blocks, glove);
    for (int b = 0; b < CELLS; b++)
        loss += glove->losses[b];
    return glove->pairs.count ? loss / (double)glove->pairs.count : 0;
}

void nnd_glove_vector(const NndGlove *glove, int32_t word, float *out)
{
    size_t width = (size_t)glove->options.size + 1, at = (size_t)word * width;
    for (int32_t k = 0; k < glove->options.size; k++)
        out[k] = (float)(glove->word.value[at + (size_t)k] + glove->context.value[at + (size_t)k]);
}
