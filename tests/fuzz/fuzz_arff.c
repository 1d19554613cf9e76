/* SPDX-License-Identifier: Apache-2.0
 *
 * What can be read has labels in range and texts without line ends.
 */
#include "runtime/data/arff.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    NndError error;
    NndArff arff;
    if (nnd_arff_parse(&arff, (NndText){(const char *)data, size}, "fuzz", &error))
        return 0;
    for (int64_t i = 0; i < arff.count; i++) {
        NndText text = arff.texts[i];
        if (arff.labels[i] < 0 || arff.labels[i] >= arff.classes.count)
            abort();
        if (nnd_utf8_check(text) != text.size || memchr(text.data, '\n', text.size))
            abort();
    }
    nnd_arff_free(&arff);
    return 0;
}
