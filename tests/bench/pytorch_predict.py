#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""pytorch_predict.py MODEL DATA FILE.model: what the network of pytorch_step.py predicts with the weights of nnd.

Prints the scores of every class, a line an item, so that they can be compared with those of `nnd predict`: both sides
of the benchmark are the same function of the same weights. Both list their weights in the order of the network.
"""
import json
import sys

import numpy
import torch

import pytorch_step


def read_model(path):
    """Its weights, in the order of the file, and the words of its vocabulary: safetensors."""
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = file.read()
    words = header.pop("__metadata__").get("nnd.vocab", "").splitlines()
    weights = {}
    for name, tensor in header.items():
        begin, end = tensor["data_offsets"]
        weights[name] = torch.from_numpy(numpy.frombuffer(data[begin:end], numpy.float32).reshape(tensor["shape"]).copy())
    return weights, words


def as_in_pytorch(name, weight):
    """There outputs come first, and of a cell the gates are one axis."""
    if "Embedding" in name:
        return weight
    if "Lstm" in name and not name.endswith("b"):
        return weight.flatten(1).t()
    if "Conv2d" in name and name.endswith("W"):
        return weight.permute(3, 0, 1, 2)
    return weight.flatten() if name.endswith("b") else weight.permute(*reversed(range(weight.dim())))


def load(net, weights):
    own = [weight for weight in net.parameters() if weight.requires_grad]
    if len(own) != len(weights):
        sys.exit(f"PyTorch's network has {len(own)} tensors of weights, the model {len(weights)}")
    for weight, (name, value) in zip(own, weights.items()):
        value = as_in_pytorch(name, value)
        if weight.shape != value.shape:
            sys.exit(f"{name} is {list(value.shape)} here and {list(weight.shape)} in PyTorch")
        weight.data.copy_(value)


def main():
    model, path, file = sys.argv[1:]
    weights, words = read_model(file)
    net = pytorch_step.make_network(model).eval()
    load(net, weights)
    items, _ = pytorch_step.read_items(model, path, {word: i for i, word in enumerate(words)})
    with torch.no_grad():
        for scores in torch.softmax(net(items), 1).tolist():
            print("\t".join(f"{score:.6f}" for score in scores))


if __name__ == "__main__":
    main()
