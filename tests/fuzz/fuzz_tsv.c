/* SPDX-License-Identifier: Apache-2.0
 *
 * The first byte picks the form of the rest. What can be read is also made into sentences and words.
 */
#include "runtime/data/sentences.h"
#include "runtime/data/tsv.h"
#include "runtime/data/vocab.h"

#include <stdlib.h>
#include <string.h>

static void use_texts(const NndTsv *tsv)
{
    NndError error;
    NndVocabBuilder *builder;
    NndVocab *vocab = NULL;
    if (nnd_vocab_builder_new(&builder, &error))
        return;
    for (int64_t i = 0; i < tsv->count; i++) {
        NndText sentence, rest = tsv->texts[i];
        while (nnd_sentence_next(&sentence, &rest))
            if (nnd_vocab_builder_add(builder, sentence, &error))
                abort();
    }
    if (nnd_vocab_finish(&vocab, builder, 1, 0, &error))
        abort();
    nnd_vocab_free(vocab);
    nnd_vocab_builder_free(builder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    NndError error;
    NndTsv tsv;
    if (!size)
        return 0;
    NndFile file = {.data = malloc(size), .size = size - 1};
    memcpy(file.data, data + 1, size - 1);
    file.data[size - 1] = '\0';
    if (nnd_tsv_parse(&tsv, &file, "fuzz", (NndTsvForm)(data[0] % 4), NULL, &error))
        return 0;
    if (tsv.texts)
        use_texts(&tsv);
    nnd_tsv_free(&tsv);
    return 0;
}
