/* SPDX-License-Identifier: Apache-2.0
 *
 * The page of the study: all that its output folder holds, in one file that needs nothing else. The
 * same folder gives the same bytes.
 */
#ifndef REPORTS_REPORT_REPORT_H
#define REPORTS_REPORT_REPORT_H

#include <stdio.h>

#include "runtime/error.h"

NndStatus report_write(FILE *out, const char *folder, NndError *error);

#endif
