/* SPDX-License-Identifier: Apache-2.0
 *
 * The numbers that training changes: weights and the optimiser's state.
 */
#ifndef NND_COMPILER_DRIVER_WEIGHTS_H
#define NND_COMPILER_DRIVER_WEIGHTS_H

#include "compiler/driver/unit.h"
#include "runtime/memory.h"

/* One argument of the step function that is also a result of it. */
typedef struct Slot {
    const char *name;
    const NndValueDesc *desc;
    int arg, result;     /* of the step function; no result (-1): frozen */
    int64_t count;
    float *now, *next;   /* the step reads `now` and writes `next`, unless frozen; then they change places; NULL: the
                          * step changes rows of `now` in place */
    float *best;         /* weights only */
    bool is_weight;
} Slot;

typedef struct Slots {
    Slot *items;
    int count;
    NndMemory memory; /* of all of them */
} Slots;

/* Every weight and state of function `step`, which `ir` (or NULL: nothing is done in place) is the
 * source of; zero. Released with slots_free. */
NndStatus slots_new(Slots *out, const NndModuleDesc *module, const NndFunctionDesc *step,
                    const IrFunc *ir, NndError *error);
/* Whether it is the state that tells up to which step rows are right (OPTIMISER_TOUCHED). */
bool state_counts_steps(const NndValueDesc *arg);
/* Where the step writes the new numbers to. */
float *slot_target(const Slot *slot);
void slots_free(Slots *slots);
const Slot *slots_find(const Slots *slots, const char *name);

/* Initial weights by the model's initialisers; they depend on seed and path alone. */
void slots_initialise(Slots *slots, const Program *program, uint64_t seed);

/* Fills the weights that a `start` entry of the recipe names with the vectors of words in its file
 * (runtime/data/vectors.h). Words without a vector keep theirs. Says how many there were, unless `quiet`. */
NndStatus slots_start(Slots *slots, const Recipe *recipe, const NndVocab *vocab, bool quiet, NndError *error);

void slots_swap(Slots *slots);
void slots_keep_best(Slots *slots);

#endif
