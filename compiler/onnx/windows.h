/* SPDX-License-Identifier: Apache-2.0
 *
 * Windows over windows: what convolutions and poolings read.
 */
#ifndef NND_COMPILER_ONNX_WINDOWS_H
#define NND_COMPILER_ONNX_WINDOWS_H

#include "compiler/onnx/exporter.h"

typedef struct Windows {
    const Typed *x; /* what the innermost window runs over */
    int count;
    const Typed *windows[AXES_MAX]; /* innermost first */
    int axis[AXES_MAX];             /* of x, of each window */
    int8_t
        origin[AXES_MAX]; /* by axis of the outermost window: the axis of x, or -1 - the window whose entries it has */
} Windows;

/* False if `typed` is no window, or if one runs over the entries of another. */
bool windows_find(Windows *out, const Typed *typed);

/* How many entries beyond both ends of its axis a window reads. */
void window_padding(const Exporter *e, const Windows *w, int window, int64_t *low, int64_t *high);

/* x as these nodes read it: all other axes as one, `channel`, the windowed axes in their order; with what
 * lies beyond the lengths filled. */
const char *windows_operand(Exporter *e, const Windows *w, int channel, double fill);

/* Attributes that Conv, MaxPool and AveragePool share. Windows are in the order of their axes. */
void windows_attributes(Exporter *e, const Windows *w, OnnxNode *node);

/* The result `y` of such a node as a value of `typed`, whose axes are those of x, in their order; with
 * `filters` instead of the channels, and last. */
const Stored *windows_result(Exporter *e, const Windows *w, const Typed *typed, int channel, bool filters,
                             const char *y);

#endif
