/* SPDX-License-Identifier: Apache-2.0
 *
 * Binary PGM (P5, grey) and PPM (P6, red, green and blue), the formats of
 * Netpbm: the header in digits, parted by white space and comments (#), one
 * white space, the rows. One picture a file, of bytes (maxval 255).
 */
#ifndef NND_RUNTIME_DATA_PNM_H
#define NND_RUNTIME_DATA_PNM_H

#include "runtime/data/text.h"
#include "runtime/error.h"

enum { NND_PNM_MAX_SIDE = 65535 };

typedef struct NndPnm {
    int32_t planes; /* 1 or 3 */
    int32_t width, height;
    const uint8_t *pixels; /* [height, width, planes], in the source */
} NndPnm;

/* `name` is for errors. */
NndStatus nnd_pnm_parse(NndPnm *out, NndText source, const char *name, NndError *error);

/* out: [planes, height, width] */
void nnd_pnm_part(uint8_t *out, const NndPnm *picture);

#endif
