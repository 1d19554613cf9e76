/* SPDX-License-Identifier: Apache-2.0
 *
 * The binary files of CIFAR-10 and CIFAR-100
 * (https://www.cs.toronto.edu/~kriz/cifar.html): records of fixed size, a label
 * (CIFAR-100: the superclass, then the class) and 3 planes of 32x32 bytes.
 */
#ifndef NND_RUNTIME_DATA_CIFAR_H
#define NND_RUNTIME_DATA_CIFAR_H

#include "runtime/data/pictures.h"
#include "runtime/data/text.h"

/* How many classes the labels that are kept tell apart. */
typedef enum NndCifar {
    NND_CIFAR_10 = 10,
    NND_CIFAR_100 = 100,
    NND_CIFAR_100_SUPERCLASSES = 20
} NndCifar;

/* Both append to `pictures`. Gzip is decompressed. */
NndStatus nnd_cifar_load(NndPictures *pictures, NndCifar kind, const char *path, NndError *error);
NndStatus nnd_cifar_parse(NndPictures *pictures, NndCifar kind, NndText source, const char *name,
                          NndError *error);

#endif
