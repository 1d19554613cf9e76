/* SPDX-License-Identifier: Apache-2.0
 *
 * What `--time-passes` prints: the processor time of each stage of compiling,
 * which other programs on the machine do not change.
 */
#ifndef NND_COMPILER_STOPWATCH_H
#define NND_COMPILER_STOPWATCH_H

#include <stdbool.h>

typedef struct Stopwatch {
    bool prints;
    double last; /* seconds */
} Stopwatch;

Stopwatch stopwatch_begin(bool prints);
/* A line on stderr: the time since the last lap, or since the beginning, was for `stage`. */
void stopwatch_lap(Stopwatch *watch, const char *stage);

#endif
