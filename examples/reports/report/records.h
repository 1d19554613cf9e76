/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables as the programs of the study write them: a record a line, fields parted by TABs. The first
 * line names the columns; or, without columns wished, there is none and records may differ in their
 * fields. NA stands for a number that there is not.
 */
#ifndef REPORTS_REPORT_RECORDS_H
#define REPORTS_REPORT_RECORDS_H

#include <stdint.h>

#include "runtime/data/file.h"

enum { RECORDS_MAX_COLUMNS = 24, RECORDS_MAX_FILE = 1 << 26 };

typedef struct Records {
    NndFile file;
    const char **fields; /* of all records, end to end, into the file */
    int64_t *begins;     /* [count + 1]: of each record in `fields` */
    int count;
    int columns[RECORDS_MAX_COLUMNS]; /* of the wishes, in their order: where they are in a record
                                       */
} Records;

/* Takes over `file`, whose data ends with a NUL, also when it fails; `name` is for errors. `wishes`
 * are the columns that there must be, those of numbers with a # in front; wish_count 0: no names.
 */
NndStatus records_parse(Records *out, NndFile *file, const char *name, const char *const *wishes,
                        int wish_count, NndError *error);
void records_free(Records *records);

/* The field of a wish, by its place in `wishes`. */
const char *records_text(const Records *records, int record, int wish);
/* NaN for NA. */
double records_number(const Records *records, int record, int wish);

/* Without names: field `index` of a record; "" if it has fewer. */
const char *records_field(const Records *records, int record, int index);

/* The first `most` different texts of a column, in their order; how many. */
int records_distinct(const Records *records, int wish, const char **out, int most);

#endif
