/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/stopwatch.h"

#include <stdio.h>
#include <time.h>

static double processor_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

Stopwatch stopwatch_begin(bool prints)
{
    return (Stopwatch){prints, processor_seconds()};
}

void stopwatch_lap(Stopwatch *watch, const char *stage)
{
    double now = processor_seconds();
    if (watch->prints)
        fprintf(stderr, "%8.3f ms  %s\n", (now - watch->last) * 1e3, stage);
    watch->last = now;
}
