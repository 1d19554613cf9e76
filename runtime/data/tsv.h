/* SPDX-License-Identifier: Apache-2.0
 *
 * Items, one a line, in UTF-8 with LF or CR LF; columns parted by TABs. Which
 * column fills which field of the model: runtime/data/layout.h. A column holds
 *
 *   a text      as it is
 *   a class     a label (runtime/data/classes.h)
 *   numbers     parted by blanks; or, if there are several and all are 0 or 1,
 *               a string of 0 and 1, as labels of items with several classes are
 *
 * If the model has one target at most and one input, further TABs belong to its
 * text; numbers in the last column may be parted by TABs too. Empty lines are
 * skipped, but where a line is one text and nothing else, they are empty texts. A
 * byte order mark is skipped.
 */
#ifndef NND_RUNTIME_DATA_TSV_H
#define NND_RUNTIME_DATA_TSV_H

#include "runtime/data/dataset.h"
#include "runtime/data/layout.h"

/* Gzip is decompressed. */
NndStatus nnd_tsv_load(NndDataset *out, const char *path, const NndFields *fields, const NndLayoutWish *wish,
                       NndError *error);

/* Takes over `file`, whose data ends with a NUL, also when it fails; `name` is for errors. After a
 * failure there is nothing to free. */
NndStatus nnd_tsv_parse(NndDataset *out, NndFile *file, const char *name, const NndFields *fields,
                        const NndLayoutWish *wish, NndError *error);

#endif
