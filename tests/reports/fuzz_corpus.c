/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as rules; what is accepted is expanded.
 */
#include "examples/reports/corpus/grammar.h"

#include <stdlib.h>
#include <string.h>

static void expand(const Grammar *grammar)
{
    Claims claims = {0};
    Dice d = dice(1, (NndText){"fuzz", 4}, DICE_TEXT, 1);
    FILE *nowhere = fopen("/dev/null", "w");
    for (int i = 0; i < grammar->count; i++)
        grammar_expand(grammar, rule_choose(&grammar->rules[i], &d), &d, nowhere, &claims);
    fclose(nowhere);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    NndError error;
    Grammar grammar = {0};
    NndFile file = {.data = malloc(size + 1), .size = size};
    if (size)
        memcpy(file.data, data, size);
    file.data[size] = '\0';
    if (!grammar_parse(&grammar, &file, "rules", &error) && !grammar_check(&grammar, &error))
        expand(&grammar);
    grammar_free(&grammar);
    return 0;
}
