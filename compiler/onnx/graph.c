/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/onnx/graph.h"

#include <stdlib.h>

enum { OPSET = 17, IR_VERSION = 8 }; /* the first IR version with this opset */

OnnxGraph *onnx_graph_new(Arena *arena, OnnxGraph *outer)
{
    OnnxGraph *graph = ARENA_NEW(arena, OnnxGraph);
    graph->arena = arena;
    graph->outer = outer;
    return graph;
}

static OnnxGraph *outermost(OnnxGraph *graph)
{
    while (graph->outer)
        graph = graph->outer;
    return graph;
}

/* ---- nodes ---- */

const char *onnx_output(OnnxGraph *graph, OnnxNode *node)
{
    char **outputs = ARENA_ARRAY(graph->arena, char *, node->n_output + 1);
    if (node->n_output)
        memcpy(outputs, node->output, node->n_output * sizeof *outputs);
    char *name = arena_printf(graph->arena, "%s_%d", node->op_type, ++outermost(graph)->names);
    outputs[node->n_output++] = name;
    node->output = outputs;
    return name;
}

OnnxNode *onnx_node(OnnxGraph *graph, const char *op, int count, const char *const *inputs)
{
    OnnxNode *node = ARENA_NEW(graph->arena, OnnxNode);
    onnx__node_proto__init(node);
    node->op_type = arena_strdup(graph->arena, op);
    node->input = ARENA_ARRAY(graph->arena, char *, count + 1);
    for (int i = 0; i < count; i++)
        node->input[i] = arena_strdup(graph->arena, inputs[i] ? inputs[i] : "");
    node->n_input = (size_t)count;
    onnx_output(graph, node);
    node->name = node->output[0];
    vec_push(graph->arena, &graph->nodes, node);
    return node;
}

static Onnx__AttributeProto *attribute(OnnxGraph *graph, OnnxNode *node, const char *name,
                                       Onnx__AttributeProto__AttributeType type)
{
    Onnx__AttributeProto *attribute = ARENA_NEW(graph->arena, Onnx__AttributeProto);
    onnx__attribute_proto__init(attribute);
    attribute->name = arena_strdup(graph->arena, name);
    attribute->has_type = true;
    attribute->type = type;
    Onnx__AttributeProto **all = ARENA_ARRAY(graph->arena, Onnx__AttributeProto *, node->n_attribute + 1);
    if (node->n_attribute)
        memcpy(all, node->attribute, node->n_attribute * sizeof(Onnx__AttributeProto *));
    all[node->n_attribute++] = attribute;
    node->attribute = all;
    return attribute;
}

void onnx_int(OnnxGraph *graph, OnnxNode *node, const char *name, int64_t value)
{
    Onnx__AttributeProto *a = attribute(graph, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT);
    a->has_i = true;
    a->i = value;
}

void onnx_float(OnnxGraph *graph, OnnxNode *node, const char *name, double value)
{
    Onnx__AttributeProto *a = attribute(graph, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT);
    a->has_f = true;
    a->f = (float)value;
}

void onnx_ints(OnnxGraph *graph, OnnxNode *node, const char *name, int count, const int64_t *values)
{
    Onnx__AttributeProto *a = attribute(graph, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS);
    a->n_ints = (size_t)count;
    a->ints = arena_copy(graph->arena, values, sizeof *values * (size_t)count);
}

void onnx_text(OnnxGraph *graph, OnnxNode *node, const char *name, const char *text)
{
    Onnx__AttributeProto *a = attribute(graph, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING);
    a->has_s = true;
    a->s.len = strlen(text);
    a->s.data = (uint8_t *)arena_strdup(graph->arena, text);
}

const char *onnx_op1(OnnxGraph *graph, const char *op, const char *x)
{
    return onnx_value(onnx_node(graph, op, 1, &x));
}

const char *onnx_op2(OnnxGraph *graph, const char *op, const char *x, const char *y)
{
    return onnx_value(onnx_node(graph, op, 2, (const char *const[]){x, y}));
}

const char *onnx_op3(OnnxGraph *graph, const char *op, const char *x, const char *y, const char *z)
{
    return onnx_value(onnx_node(graph, op, 3, (const char *const[]){x, y, z}));
}

const char *onnx_cast(OnnxGraph *graph, const char *x, OnnxType type)
{
    OnnxNode *node = onnx_node(graph, "Cast", 1, &x);
    onnx_int(graph, node, "to", type);
    return onnx_value(node);
}

/* ---- constants ---- */

static size_t type_size(OnnxType type)
{
    return type == ONNX_INT64 ? 8 : type == ONNX_BOOL ? 1 : 4;
}

const char *onnx_constant(OnnxGraph *graph, OnnxType type, int rank, const int64_t *dims, const void *data)
{
    OnnxGraph *top = outermost(graph);
    Onnx__TensorProto *tensor = ARENA_NEW(graph->arena, Onnx__TensorProto);
    onnx__tensor_proto__init(tensor);
    tensor->n_dims = (size_t)rank;
    tensor->dims = arena_copy(graph->arena, dims, sizeof *dims * (size_t)rank);
    tensor->has_data_type = true;
    tensor->data_type = (int32_t)type;
    tensor->name = arena_printf(graph->arena, "constant_%d", ++top->names);
    tensor->has_raw_data = true;
    tensor->raw_data.len = type_size(type);
    for (int i = 0; i < rank; i++)
        tensor->raw_data.len *= (size_t)dims[i];
    tensor->raw_data.data = (uint8_t *)(uintptr_t)data; /* protobuf only reads it */
    vec_push(graph->arena, &top->constants, tensor);
    return tensor->name;
}

const char *onnx_number(OnnxGraph *graph, OnnxType type, double value)
{
    union {
        float f;
        int32_t i;
        int64_t l;
        uint8_t b;
    } *number = arena_alloc(graph->arena, sizeof *number);
    switch (type) {
    case ONNX_FLOAT: number->f = (float)value; break;
    case ONNX_INT32: number->i = (int32_t)value; break;
    case ONNX_INT64: number->l = (int64_t)value; break;
    default: number->b = value != 0; break;
    }
    return onnx_constant(graph, type, 0, NULL, number);
}

const char *onnx_vector(OnnxGraph *graph, int count, const int64_t *values)
{
    const int64_t *own = arena_copy(graph->arena, values, sizeof *values * (size_t)count);
    return onnx_constant(graph, ONNX_INT64, 1, &(int64_t){count}, own);
}

/* ---- inputs and outputs ---- */

static Onnx__TensorShapeProto *shape(OnnxGraph *graph, int rank, const int64_t *dims, const char *const *names)
{
    Onnx__TensorShapeProto *shape = ARENA_NEW(graph->arena, Onnx__TensorShapeProto);
    onnx__tensor_shape_proto__init(shape);
    shape->n_dim = (size_t)rank;
    shape->dim = ARENA_ARRAY(graph->arena, Onnx__TensorShapeProto__Dimension *, rank + 1);
    for (int i = 0; i < rank; i++) {
        Onnx__TensorShapeProto__Dimension *dim = ARENA_NEW(graph->arena, Onnx__TensorShapeProto__Dimension);
        onnx__tensor_shape_proto__dimension__init(dim);
        if (names[i]) {
            dim->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
            dim->dim_param = arena_strdup(graph->arena, names[i]);
        } else {
            dim->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
            dim->dim_value = dims[i];
        }
        shape->dim[i] = dim;
    }
    return shape;
}

static Onnx__ValueInfoProto *value_info(OnnxGraph *graph, const char *name, OnnxType type)
{
    Onnx__ValueInfoProto *info = ARENA_NEW(graph->arena, Onnx__ValueInfoProto);
    onnx__value_info_proto__init(info);
    info->name = arena_strdup(graph->arena, name);
    info->type = ARENA_NEW(graph->arena, Onnx__TypeProto);
    onnx__type_proto__init(info->type);
    info->type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    info->type->tensor_type = ARENA_NEW(graph->arena, Onnx__TypeProto__Tensor);
    onnx__type_proto__tensor__init(info->type->tensor_type);
    info->type->tensor_type->has_elem_type = true;
    info->type->tensor_type->elem_type = (int32_t)type;
    return info;
}

void onnx_input(OnnxGraph *graph, const char *name, OnnxType type, int rank, const int64_t *dims,
                const char *const *names)
{
    Onnx__ValueInfoProto *info = value_info(graph, name, type);
    if (rank >= 0)
        info->type->tensor_type->shape = shape(graph, rank, dims, names);
    vec_push(graph->arena, &graph->inputs, info);
}

void onnx_result(OnnxGraph *graph, const char *name, OnnxType type)
{
    vec_push(graph->arena, &graph->outputs, value_info(graph, name, type));
}

/* ---- packing ---- */

static Onnx__GraphProto *proto(OnnxGraph *graph, const char *name)
{
    Onnx__GraphProto *proto = ARENA_NEW(graph->arena, Onnx__GraphProto);
    onnx__graph_proto__init(proto);
    proto->name = arena_strdup(graph->arena, name);
    proto->n_node = (size_t)graph->nodes.count;
    proto->node = graph->nodes.data;
    proto->n_initializer = (size_t)graph->constants.count;
    proto->initializer = graph->constants.data;
    proto->n_input = (size_t)graph->inputs.count;
    proto->input = graph->inputs.data;
    proto->n_output = (size_t)graph->outputs.count;
    proto->output = graph->outputs.data;
    return proto;
}

void onnx_body(OnnxGraph *graph, OnnxNode *node, const char *name, OnnxGraph *body)
{
    Onnx__AttributeProto *a = attribute(graph, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH);
    a->g = proto(body, "body");
}

static bool reads(const Onnx__GraphProto *graph, const char *name)
{
    for (size_t i = 0; i < graph->n_output; i++)
        if (!strcmp(graph->output[i]->name, name))
            return true;
    for (size_t i = 0; i < graph->n_node; i++) {
        const OnnxNode *node = graph->node[i];
        for (size_t j = 0; j < node->n_input; j++)
            if (!strcmp(node->input[j], name))
                return true;
        for (size_t j = 0; j < node->n_attribute; j++)
            if (node->attribute[j]->g && reads(node->attribute[j]->g, name))
                return true;
    }
    return false;
}

/* Outputs of recurrences that nobody reads need not be made; a Scan must have all of its own. */
static void drop_unread(Onnx__GraphProto *graph)
{
    static char nothing[] = "";
    for (size_t i = 0; i < graph->n_node; i++) {
        OnnxNode *node = graph->node[i];
        bool optional = node->n_output > 1 && strcmp(node->op_type, "Scan") != 0;
        for (size_t j = 0; optional && j < node->n_output; j++)
            if (!reads(graph, node->output[j]))
                node->output[j] = nothing;
    }
}

static void add_metadata(OnnxGraph *graph, Onnx__ModelProto *model, int count, const OnnxMetadata *metadata)
{
    model->n_metadata_props = (size_t)count;
    model->metadata_props = ARENA_ARRAY(graph->arena, Onnx__StringStringEntryProto *, count + 1);
    for (int i = 0; i < count; i++) {
        Onnx__StringStringEntryProto *entry = ARENA_NEW(graph->arena, Onnx__StringStringEntryProto);
        onnx__string_string_entry_proto__init(entry);
        entry->key = arena_strdup(graph->arena, metadata[i].key);
        entry->value = arena_strdup(graph->arena, metadata[i].value);
        model->metadata_props[i] = entry;
    }
}

bool onnx_pack(OnnxGraph *graph, const char *name, int metadata_count, const OnnxMetadata *metadata, void **data,
               size_t *size)
{
    static char producer[] = "nnd", domain[] = "";
    Onnx__ModelProto model = ONNX__MODEL_PROTO__INIT;
    Onnx__OperatorSetIdProto opset = ONNX__OPERATOR_SET_ID_PROTO__INIT, *opsets[] = {&opset};
    opset.domain = domain;
    opset.has_version = true;
    opset.version = OPSET;
    model.has_ir_version = true;
    model.ir_version = IR_VERSION;
    model.n_opset_import = 1;
    model.opset_import = opsets;
    model.producer_name = producer;
    model.graph = proto(graph, name);
    drop_unread(model.graph);
    add_metadata(graph, &model, metadata_count, metadata);
    *size = onnx__model_proto__get_packed_size(&model);
    *data = *size <= INT32_MAX ? malloc(*size) : NULL;
    if (*data)
        onnx__model_proto__pack(&model, *data);
    return *data;
}
