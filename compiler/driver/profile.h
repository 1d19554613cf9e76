/* SPDX-License-Identifier: Apache-2.0
 *
 * `nnd bench --profile`: where the time of a prediction goes, kernel by kernel,
 * beside what the machine could do at best.
 */
#ifndef NND_COMPILER_DRIVER_PROFILE_H
#define NND_COMPILER_DRIVER_PROFILE_H

#include "compiler/driver/command.h"

typedef struct ProfileOptions {
    const char *model_path, *data_path;
    double seconds;       /* for single items, and as many for batches */
    int batch;            /* items, if there are so many */
    const char *roofline; /* SVG file to draw, or NULL */
} ProfileOptions;

/* Prints the tables (or JSON); returns the exit status. */
int profile_model(Arena *arena, const Options *options, const ProfileOptions *profile);

/* ---- for roofline.c ---- */
typedef struct KernelTime {
    const char *name;
    int line;           /* of the model, or 0 */
    int64_t calls;
    double seconds;     /* of a call, on average */
    double flops, bytes; /* of a call */
} KernelTime;

typedef struct ProfileTable {
    int64_t items; /* in a call of the model */
    const KernelTime *kernels;
    int count;
    double seconds; /* of all kernels in a call of the model */
} ProfileTable;

typedef struct Machine {
    double gflops, gigabytes; /* a second, measured */
} Machine;

/* A picture of the kernels under the machine's roof, complete in itself. 0 or the exit status. */
int roofline_write(const char *path, const char *title, const ProfileTable *tables, int count, const Machine *machine);

#endif
