/* SPDX-License-Identifier: Apache-2.0
 *
 * An ONNX graph under construction, in protobuf's structures. Values are known by name; every node has a
 * first output that is named after it. Only this folder knows protobuf.
 */
#ifndef NND_COMPILER_ONNX_GRAPH_H
#define NND_COMPILER_ONNX_GRAPH_H

#include <stdbool.h>
#include <stdint.h>

#include "lang/support/arena.h"
#include "lang/support/vec.h"
#include "onnx.pb-c.h"

typedef Onnx__NodeProto OnnxNode;
typedef Onnx__TensorProto__DataType OnnxType;
#define ONNX_FLOAT ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT
#define ONNX_INT32 ONNX__TENSOR_PROTO__DATA_TYPE__INT32
#define ONNX_INT64 ONNX__TENSOR_PROTO__DATA_TYPE__INT64
#define ONNX_BOOL  ONNX__TENSOR_PROTO__DATA_TYPE__BOOL

typedef struct OnnxGraph OnnxGraph;
struct OnnxGraph {
    Arena *arena;
    OnnxGraph *outer; /* of the body of a Scan, or NULL */
    VEC(OnnxNode *) nodes;
    VEC(Onnx__TensorProto *) constants; /* of the outermost graph only */
    VEC(Onnx__ValueInfoProto *) inputs, outputs;
    int names; /* handed out; of the outermost graph */
};

OnnxGraph *onnx_graph_new(Arena *arena, OnnxGraph *outer);

/* A node with these inputs (NULL: left out). */
OnnxNode *onnx_node(OnnxGraph *graph, const char *op, int count, const char *const *inputs);
/* One more output of a node. */
const char *onnx_output(OnnxGraph *graph, OnnxNode *node);
static inline const char *onnx_value(const OnnxNode *node)
{
    return node->output[0];
}

void onnx_int(OnnxGraph *graph, OnnxNode *node, const char *name, int64_t value);
void onnx_float(OnnxGraph *graph, OnnxNode *node, const char *name, double value);
void onnx_ints(OnnxGraph *graph, OnnxNode *node, const char *name, int count, const int64_t *values);
void onnx_text(OnnxGraph *graph, OnnxNode *node, const char *name, const char *text);
void onnx_body(OnnxGraph *graph, OnnxNode *node, const char *name, OnnxGraph *body);

/* Nodes with one output and no attributes. */
const char *onnx_op1(OnnxGraph *graph, const char *op, const char *x);
const char *onnx_op2(OnnxGraph *graph, const char *op, const char *x, const char *y);
const char *onnx_op3(OnnxGraph *graph, const char *op, const char *x, const char *y, const char *z);
const char *onnx_cast(OnnxGraph *graph, const char *x, OnnxType type);

/* Constants. `data` is borrowed until the graph is packed. */
const char *onnx_constant(OnnxGraph *graph, OnnxType type, int rank, const int64_t *dims, const void *data);
const char *onnx_number(OnnxGraph *graph, OnnxType type, double value);      /* a scalar */
const char *onnx_vector(OnnxGraph *graph, int count, const int64_t *values); /* i64[count] */

/* An axis of `names` (or NULL) has a size only if the name is NULL. rank < 0: the shape is not told. */
void onnx_input(OnnxGraph *graph, const char *name, OnnxType type, int rank, const int64_t *dims,
                const char *const *names);
/* `name` is a value, and becomes the output's name. */
void onnx_result(OnnxGraph *graph, const char *name, OnnxType type);

typedef struct OnnxMetadata {
    const char *key, *value;
} OnnxMetadata;

/* The bytes of a model file, malloc()ed; outputs of nodes that nothing reads are left out. False if there are
 * too many bytes for protobuf. */
bool onnx_pack(OnnxGraph *graph, const char *name, int metadata_count, const OnnxMetadata *metadata, void **data,
               size_t *size);

#endif
