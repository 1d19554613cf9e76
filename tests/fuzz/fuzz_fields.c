/* SPDX-License-Identifier: Apache-2.0
 *
 * What is read of a model's columns is stored and read again as the same.
 */
#include "runtime/data/fields.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    NndError error;
    NndFields fields, again;
    if (nnd_utf8_check((NndText){(const char *)data, size}) < size)
        return 0; /* metadata are UTF-8 */
    if (nnd_fields_parse(&fields, (NndText){(const char *)data, size}, "fuzz", &error))
        return 0;
    char *stored = nnd_fields_stored(&fields);
    if (!stored || nnd_fields_parse(&again, (NndText){stored, strlen(stored)}, "fuzz", &error) || again.count != fields.count)
        abort();
    for (int i = 0; i < again.count; i++)
        if (strcmp(again.items[i].name, fields.items[i].name) != 0 || again.items[i].width != fields.items[i].width)
            abort();
    free(stored);
    nnd_fields_free(&fields);
    nnd_fields_free(&again);
    return 0;
}
