/* SPDX-License-Identifier: Apache-2.0
 *
 * From the typed program to ONNX (opset 17), so that other run-times can run a trained model. The typed
 * program is where it begins, not the IR: its axes are still apart, as those of ONNX are.
 *
 * What ONNX has an operator for is exported as that operator, recognised by what it computes and not by the
 * layer's name: convolutions, poolings, batch normalisation, softmax, LSTM, GRU and RNN cells in one or both
 * directions. The rest is put together from smaller operators; other recurrences become Scan.
 *
 * Ragged axes. ONNX has none: texts of a batch are padded to equal lengths, with word 0. There are two ways:
 *   ONNX_PADDED  for each ragged axis an input more, "<axis>.lengths": i32 over the axes in front of it.
 *                What is predicted depends on real words alone, as everywhere in nnd. Entries of outputs
 *                beyond the lengths mean nothing.
 *   ONNX_EQUAL   no lengths: all items of a call are equally long (one item always is).
 * In both, an axis must be long enough for the windows that run over it: onnx_least, and the metadata entry
 * "nnd.least.<axis>", say how long.
 *
 * Not exported: losses, targets, dropout (predictions have none), the vocabulary, `argmax` over several axes.
 */
#ifndef NND_COMPILER_ONNX_ONNX_H
#define NND_COMPILER_ONNX_ONNX_H

#include "lang/program.h"
#include "runtime/data/safetensors.h"
#include "runtime/error.h"

typedef enum OnnxLengths { ONNX_PADDED, ONNX_EQUAL } OnnxLengths;

typedef struct OnnxFile {
    void *data; /* owned: free() */
    size_t size;
} OnnxFile;

/* Outputs of `program` with the weights of `weights`, which has each by its path. Fails if a weight is
 * missing or has another shape, if an operator has no counterpart (the error names it and its place), or if
 * the model is larger than protobuf can hold, 2 GB. */
NndStatus onnx_export(OnnxFile *out, Arena *arena, const Program *program, const NndSafetensors *weights,
                      OnnxLengths lengths, NndError *error);

/* How long each run-time axis must be at least, by extent of the program. */
const int64_t *onnx_least(Arena *arena, const Program *program);

#endif
