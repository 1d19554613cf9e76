/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/error.h"

#include <stdarg.h>
#include <stdio.h>

NndStatus nnd_fail(NndError *error, NndStatus status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    return status;
}
