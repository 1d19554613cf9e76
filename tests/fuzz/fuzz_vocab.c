/* SPDX-License-Identifier: Apache-2.0
 *
 * A vocabulary that can be loaded finds each of its words, and tokenises its own text.
 */
#include "runtime/data/vocab.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { ROOM = 64 };
    NndError error;
    NndVocab *vocab;
    NndText stored = {(const char *)data, size};
    int32_t ids[ROOM];
    if (nnd_vocab_load(&vocab, stored, "fuzz", &error))
        return 0;
    for (int32_t id = 0; id < nnd_vocab_size(vocab); id++)
        if (nnd_vocab_id(vocab, nnd_vocab_word(vocab, id)) != id)
            abort();
    int64_t count = nnd_vocab_encode(vocab, stored, ids, ROOM);
    for (int64_t i = 0; i < count && i < ROOM; i++)
        if (ids[i] < 0 || ids[i] >= nnd_vocab_size(vocab))
            abort();
    nnd_vocab_free(vocab);
    return 0;
}
