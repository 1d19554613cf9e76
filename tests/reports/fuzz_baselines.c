/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as the model of a baseline; one that can be read scores a report.
 */
#include "examples/reports/baselines/model.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    NndError error;
    Baseline baseline;
    Bag bag;
    NndText text = {(const char *)data, size};
    if (baseline_parse(&baseline, text, "model", &error))
        return 0;
    if (bag_build(&bag, &baseline.vocabulary, &text, 1, baseline.binary, &error))
        abort();
    baseline_score(&baseline, &bag, 0);
    bag_free(&bag);
    baseline_free(&baseline);
    return 0;
}
