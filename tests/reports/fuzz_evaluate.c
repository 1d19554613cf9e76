/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as a list of runs, and as predictions for as many items as there are lines.
 */
#include "examples/reports/evaluate/runs.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    NndError error;
    Runs runs;
    Predictions predictions;
    int64_t lines = 0;
    NndText line, text = {(const char *)data, size}, rest = text;
    while (nnd_text_line(&line, &rest))
        lines++;
    if (!predictions_parse(&predictions, text, "predictions", lines, &error))
        predictions_free(&predictions);
    NndFile file = {.data = malloc(size + 1), .size = size};
    if (size)
        memcpy(file.data, data, size);
    file.data[size] = '\0';
    if (!runs_parse(&runs, &file, "runs", &error))
        runs_free(&runs);
    return 0;
}
