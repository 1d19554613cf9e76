/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/driver/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { BAR_WIDTH = 24 };
static const double terminal_interval = 0.1, log_interval = 10;

double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

Progress progress_begin(const char *what, int64_t total, bool quiet)
{
    double now = seconds_now();
    return (Progress){.quiet = quiet, .terminal = isatty(STDERR_FILENO) == 1, .what = what,
                      .total = total, .start = now, .shown = now};
}

static void put_time_left(double seconds)
{
    if (seconds >= 3600)
        fprintf(stderr, "%d:%02d:%02d left", (int)seconds / 3600, (int)seconds / 60 % 60, (int)seconds % 60);
    else
        fprintf(stderr, "%d:%02d left", (int)seconds / 60, (int)seconds % 60);
}

static void put_bar(double share)
{
    int full = (int)(share * BAR_WIDTH);
    fputs(" [", stderr);
    for (int i = 0; i < BAR_WIDTH; i++)
        fputc(i < full ? '#' : '.', stderr);
    fputc(']', stderr);
}

void progress_show(Progress *progress, int64_t done, const char *note)
{
    double now = seconds_now();
    if (progress->quiet || now - progress->shown < (progress->terminal ? terminal_interval : log_interval))
        return;
    progress->shown = now;
    double elapsed = now - progress->start;
    double share = progress->total ? (double)done / (double)progress->total : 1;
    fprintf(stderr, progress->terminal ? "\r\033[K%s" : "%s", progress->what);
    if (progress->terminal)
        put_bar(share);
    fprintf(stderr, " %3.0f %%  %s  %.0f/s  ", share * 100, note, (double)done / elapsed);
    if (done)
        put_time_left(elapsed / (double)done * (double)(progress->total - done));
    fputs(progress->terminal ? "" : "\n", stderr);
    fflush(stderr);
}

void progress_end(Progress *progress)
{
    if (progress->terminal && !progress->quiet)
        fputs("\r\033[K", stderr);
}
