/* SPDX-License-Identifier: Apache-2.0
 *
 * ONNX Runtime as an engine: it runs function `predict` of a trained model on the packed values of a call.
 * Batches of items that are equally long are given to a model without lengths, as one who knows ONNX would;
 * others are padded to the longest.
 */
#ifndef NND_COMPILER_DRIVER_PEER_H
#define NND_COMPILER_DRIVER_PEER_H

#include "compiler/driver/ort.h"
#include "compiler/driver/unit.h"

/* `unit` (compiled), `model` and `ort` must outlive the engine. */
NndStatus peer_engine_new(Engine **out, const Ort *ort, const Unit *unit, const NndModel *model, NndError *error);

#endif
