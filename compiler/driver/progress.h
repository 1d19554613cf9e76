/* SPDX-License-Identifier: Apache-2.0
 *
 * Progress of long work, on stderr: a bar on a terminal, now and then a plain
 * line in a log, nothing if quiet.
 */
#ifndef NND_COMPILER_DRIVER_PROGRESS_H
#define NND_COMPILER_DRIVER_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct Progress {
    bool quiet, terminal;
    const char *what;      /* "epoch 3/10" */
    int64_t total;         /* items */
    double start, shown;   /* seconds */
} Progress;

double seconds_now(void); /* monotonic */

Progress progress_begin(const char *what, int64_t total, bool quiet);
/* `note` ("loss 0.123") stands behind the bar. Shows at most ten times a second (a log: every 10 s). */
void progress_show(Progress *progress, int64_t done, const char *note);
/* Removes the bar. */
void progress_end(Progress *progress);

#endif
