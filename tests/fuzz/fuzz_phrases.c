/* SPDX-License-Identifier: Apache-2.0
 *
 * A lexicon of any bytes, and a text that is the lexicon itself.
 */
#include <stdint.h>
#include <stdlib.h>

#include "runtime/data/phrases.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    NndText text = {(const char *)data, size};
    NndPhrases *phrases;
    NndError error;
    if (nnd_phrases_parse(&phrases, text, "lexicon", &error))
        return 0;
    uint8_t *marks = malloc(size + 1);
    if (marks)
        nnd_phrases_mark(phrases, text, marks, (int64_t)size, &error);
    free(marks);
    nnd_phrases_free(phrases);
    return 0;
}
