/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as a table with names of columns, and without.
 */
#include "examples/reports/report/records.h"

#include <stdlib.h>
#include <string.h>

static void read(const uint8_t *data, size_t size, const char *const *wishes, int count)
{
    NndError error;
    Records r;
    const char *names[8];
    double sum = 0;
    NndFile file = {.data = malloc(size + 1), .size = size};
    if (size)
        memcpy(file.data, data, size);
    file.data[size] = '\0';
    if (records_parse(&r, &file, "table", wishes, count, &error))
        return;
    for (int i = 0; i < r.count; i++)
        sum += count ? records_number(&r, i, 1) : *records_field(&r, i, 3);
    if (count && sum != 0)
        records_distinct(&r, 0, names, 8);
    records_free(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const wishes[] = {"system", "#f1"};
    read(data, size, wishes, 2);
    read(data, size, NULL, 0);
    return 0;
}
