#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""pytorch_step.py MODEL DATA BATCH THREADS STEPS: seconds of a training step in PyTorch.

The networks of tests/bench/models as one would write them in PyTorch, on the same data (texts in TSV, images in
IDX), trained by the same rule: Adadelta, dropout in front of the last layer, embeddings too. Prints a JSON object:
how many weights there are, how many different words a batch has (0: images) and the mean seconds of a step, from
taking the items of the batch to the changed weights, after as many steps that are not timed.
"""
import json
import sys
import time

import numpy
import torch
from torch import nn
from torch.nn import functional

VOCABULARY, FIRST_WORD = 20002, 2  # with the two words that stand for nothing and for any other
SIZE, TEXT_CLASSES, IMAGE_CLASSES = 300, 2, 10


def lstm(inputs, hidden, bidirectional=False):
    """Time comes first: no copy. Of its two biases, which are only ever added, one is zero and stays so."""
    layer = nn.LSTM(inputs, hidden, bidirectional=bidirectional)
    for name, weight in layer.named_parameters():
        if name.startswith("bias_hh"):
            nn.init.zeros_(weight)
            weight.requires_grad_(False)
    return layer


class TextCnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, SIZE)
        self.convolutions = nn.ModuleList(nn.Conv1d(SIZE, 100, width) for width in (3, 4, 5))
        self.classes = nn.Linear(300, TEXT_CLASSES)

    def forward(self, words):
        x = self.embedding(words).transpose(1, 2)
        found = [functional.relu(convolve(x)).amax(2) for convolve in self.convolutions]
        return self.classes(functional.dropout(torch.cat(found, 1), 0.5, self.training))


class Lstm(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, SIZE)
        self.lstm = lstm(SIZE, 300)
        self.classes = nn.Linear(300, TEXT_CLASSES)

    def forward(self, words):
        _, (state, _) = self.lstm(self.embedding(words.t()))
        return self.classes(functional.dropout(state[0], 0.5, self.training))


class BiLstm(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, SIZE)
        self.lstm = lstm(SIZE, 300, bidirectional=True)
        self.classes = nn.Linear(600, TEXT_CLASSES)

    def forward(self, words):
        state = self.lstm(self.embedding(words.t()))[0].amax(0)
        return self.classes(functional.dropout(state, 0.5, self.training))


class Maximum(nn.Module):
    def forward(self, states):
        return states.amax(0)


class Attention(nn.Module):
    """Of Yang et al. 2016."""

    def __init__(self, size):
        super().__init__()
        self.hidden = nn.Linear(size, size)
        self.query = nn.Parameter(torch.randn(size) / size)

    def forward(self, states):
        attention = torch.softmax(torch.tanh(self.hidden(states)) @ self.query, 0)
        return (attention.unsqueeze(2) * states).sum(0)


class Hnn(nn.Module):
    def __init__(self, pool):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, SIZE)
        self.words, self.word_pool = lstm(SIZE, 150, bidirectional=True), pool()
        self.sentences, self.sentence_pool = lstm(300, 150, bidirectional=True), pool()
        self.classes = nn.Linear(300, TEXT_CLASSES)

    def forward(self, words):
        items, sentences, length = words.shape
        # As [word, sentence, item]: the pooled sentences are in the order that the second level reads.
        x = self.embedding(words.permute(2, 1, 0).reshape(length, sentences * items))
        x = self.word_pool(self.words(x)[0]).view(sentences, items, 300)
        document = self.sentence_pool(self.sentences(x)[0])
        return self.classes(functional.dropout(document, 0.5, self.training))


def lenet_cifar():
    return nn.Sequential(
        nn.Conv2d(3, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(64 * 8 * 8, 256), nn.ReLU(), nn.Dropout(0.5), nn.Linear(256, IMAGE_CLASSES))


def vgg_small():
    layers, channels = [], 3
    for filters in (64, 128, 256):
        layers += [nn.Conv2d(channels, filters, 3, padding=1), nn.ReLU(),
                   nn.Conv2d(filters, filters, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
        channels = filters
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(256 * 4 * 4, 512), nn.ReLU(), nn.Dropout(0.5),
                         nn.Linear(512, IMAGE_CLASSES))


MODELS = {
    "text_cnn": TextCnn, "lstm": Lstm, "bilstm": BiLstm, "lenet_cifar": lenet_cifar, "vgg_small": vgg_small,
    "hnn": lambda: Hnn(Maximum), "a_hnn": lambda: Hnn(lambda: Attention(300)),
}


def read_texts(path, in_sentences, numbers):
    """The numbers of the words; texts are equally long, and so are their sentences. New words get new numbers."""
    labels, texts = [], []
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            label, text = line.rstrip("\n").split("\t")
            labels.append(int(label))
            sentences = [[numbers.setdefault(word, FIRST_WORD + len(numbers)) for word in sentence.lower().split()]
                         for sentence in text.split(".") if sentence.strip()]
            texts.append(sentences if in_sentences else sum(sentences, []))
    return torch.tensor(texts), torch.tensor(labels)


def read_images(path):
    images = numpy.fromfile(path, numpy.uint8)[20:].reshape(-1, 3, 32, 32).astype(numpy.float32) / 255
    labels = numpy.fromfile(path.replace("images-idx4", "labels-idx1"), numpy.uint8)[8:].astype(numpy.int64)
    return torch.from_numpy(images), torch.from_numpy(labels)


def read_items(model, path, numbers):
    return read_images(path) if path.endswith("-ubyte") else read_texts(path, "hnn" in model, numbers)


def make_network(model):
    """Channels last is faster for the small network of images and slower for the large one."""
    net = MODELS[model]()
    return net.to(memory_format=torch.channels_last) if model == "lenet_cifar" else net


def train_step(net, optimiser, items, labels):
    optimiser.zero_grad(set_to_none=True)
    loss = functional.cross_entropy(net(items), labels)
    loss.backward()
    optimiser.step()
    if not numpy.isfinite(loss.item()):
        sys.exit("training has diverged")


def measure(net, items, labels, batch, steps):
    """Steps of an epoch in random order, as often as it takes; the first half of them warms up."""
    optimiser = torch.optim.Adadelta([w for w in net.parameters() if w.requires_grad], lr=1, rho=0.95, eps=1e-6)
    seconds, order = 0, []
    for step in range(2 * steps):
        if len(order) < batch:
            order = torch.randperm(len(items))
        start = time.perf_counter()
        chosen, order = order[:batch], order[batch:]
        train_step(net, optimiser, items[chosen], labels[chosen])
        seconds += time.perf_counter() - start if step >= steps else 0
    return seconds / steps


def main():
    model, path = sys.argv[1:3]
    batch, threads, steps = map(int, sys.argv[3:])
    torch.manual_seed(1)
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    numbers = {}
    items, labels = read_items(model, path, numbers)
    net = make_network(model)
    print(json.dumps({
        "version": torch.__version__,
        "weights": sum(weight.numel() for weight in net.parameters() if weight.requires_grad),
        "different_words": len(items[:batch].unique()) if numbers else 0,
        "step_seconds": measure(net, items, labels, batch, steps),
    }))


if __name__ == "__main__":
    main()
