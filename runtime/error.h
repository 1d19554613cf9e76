/* SPDX-License-Identifier: Apache-2.0
 *
 * How a call of the runtime fails: it returns a status other than NND_OK and
 * leaves one sentence in the caller's NndError. No global state, no exit, no
 * output. Text names the file and the place ("weights.model:128: ...").
 */
#ifndef NND_RUNTIME_ERROR_H
#define NND_RUNTIME_ERROR_H

typedef enum NndStatus {
    NND_OK = 0,
    NND_EINVAL, /* the caller asked for something impossible */
    NND_EIO,    /* the operating system refused */
    NND_EFORMAT, /* a file's contents are wrong */
    NND_ENOMEM
} NndStatus;

typedef struct NndError {
    char text[1024];
} NndError;

/* Writes the text (truncated if need be) and returns `status`. */
NndStatus nnd_fail(NndError *error, NndStatus status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
