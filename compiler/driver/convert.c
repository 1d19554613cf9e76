/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/driver/command.h"
#include "runtime/data/arff.h"
#include "runtime/data/cifar.h"
#include "runtime/data/idx.h"
#include "runtime/data/picture_list.h"

#include <stdio.h>

enum { OPTION_CIFAR = OPTION_OWN, OPTION_CLASSES };

typedef struct ConvertOptions {
    Options common;
    int64_t cifar;       /* 0: not given */
    const char *classes; /* a file of names, or NULL */
    char **from;         /* [count] */
    int count;
    const char *to;
} ConvertOptions;

static const struct option longs[] = {COMMON_LONG_OPTIONS,
                                      {"cifar", required_argument, NULL, OPTION_CIFAR},
                                      {"classes", required_argument, NULL, OPTION_CLASSES},
                                      {NULL, 0, NULL, 0}};

static NndStatus convert_cifar(const ConvertOptions *o, NndError *error)
{
    NndPictures pictures = {0};
    NndStatus status = NND_OK;
    for (int i = 0; i < o->count && !status; i++)
        status = nnd_cifar_load(&pictures, (NndCifar)o->cifar, o->from[i], error);
    if (!status)
        status = nnd_pictures_write(&pictures, o->to, error);
    nnd_pictures_free(&pictures);
    return status;
}

/* In the order of their numbers, as --classes reads them. */
static void print_classes(const NndClasses *classes)
{
    for (int32_t i = 0; i < classes->count; i++)
        puts(classes->names[i]);
}

static NndStatus convert_pictures(const ConvertOptions *o, NndError *error)
{
    NndClasses given = {0}, classes = {0};
    NndPictures pictures = {0};
    NndStatus status = o->classes ? nnd_classes_load(&given, o->classes, error) : NND_OK;
    if (!status)
        status = nnd_pictures_load(&pictures, &classes, o->from[0], o->classes ? &given : NULL, error);
    if (!status)
        status = nnd_pictures_write(&pictures, o->to, error);
    if (!status && !o->common.quiet)
        print_classes(&classes);
    nnd_pictures_free(&pictures);
    nnd_classes_free(&classes);
    nnd_classes_free(&given);
    return status;
}

static int parse_option(const Command *command, ConvertOptions *o, int option)
{
    switch (option) {
    case OPTION_CIFAR:
        if (parse_int(optarg, 10, 100, &o->cifar) &&
            (o->cifar == NND_CIFAR_10 || o->cifar == NND_CIFAR_100 || o->cifar == NND_CIFAR_100_SUPERCLASSES))
            return -1;
        return command_usage(command, "--cifar needs 10, 100 or 20");
    case OPTION_CLASSES: o->classes = optarg; return -1;
    default: return option_common(command, &o->common, option);
    }
}

static int check_options(const Command *command, const ConvertOptions *o)
{
    bool images = nnd_idx_find_images(o->to);
    if (o->count > 1 && !o->cifar)
        return command_usage(command, "two files are needed: FROM and TO");
    if (!images && (o->cifar || o->classes))
        return command_usage(command, "pictures are written to NAME-images-idx3-ubyte or NAME-images-idx4-ubyte");
    if (o->cifar && o->classes)
        return command_usage(command, "--classes is for pictures; the labels of CIFAR are numbers");
    return -1;
}

static int run_convert(const Command *command, int argc, char **argv)
{
    Arena *arena = arena_new();
    ConvertOptions o = {0};
    options_init(&o.common, arena);
    int status = -1;
    for (int option; status < 0 && (option = getopt_long(argc, argv, COMMON_SHORT_OPTIONS, longs, NULL)) != -1;)
        status = parse_option(command, &o, option);
    if (status < 0 && argc - optind < 2)
        status = command_usage(command, "two files are needed: FROM and TO");
    if (status < 0) {
        o.from = argv + optind;
        o.count = argc - optind - 1;
        o.to = argv[argc - 1];
        status = check_options(command, &o);
    }
    if (status < 0) {
        NndError error;
        NndStatus result = o.cifar                       ? convert_cifar(&o, &error)
                           : nnd_idx_find_images(o.to) ? convert_pictures(&o, &error)
                                                         : nnd_arff_to_tsv(o.from[0], o.to, &error);
        status = result ? command_fail("%s", error.text) : EXIT_FINE;
    }
    arena_free(arena);
    return status;
}

const Command command_convert = {
    .name = "convert",
    .summary = "convert data files: ARFF to TSV; PGM, PPM and CIFAR to IDX",
    .help = "Usage: nnd convert FROM.arff TO.tsv\n"
            "       nnd convert [--classes FILE] FOLDER|LIST.tsv NAME-images-idx3-ubyte\n"
            "       nnd convert --cifar 10|100|20 FROM.bin... NAME-images-idx4-ubyte\n\n"
            "Writes `label TAB text` lines from an ARFF file with one string attribute and a class; or images\n"
            "(idx3: grey, idx4: coloured) and, beside them, NAME-labels-idx1-ubyte from\n"
            "  - binary PGM and PPM pictures of one size: those of a folder with a folder for each class, or\n"
            "    those of a list of lines `label TAB file`; the names of the classes are printed in their order\n"
            "  - records of CIFAR-10 or CIFAR-100.\n\n"
            "      --classes FILE       the classes in their order, a name a line (default: numbers are class\n"
            "                           numbers; else folders by name, labels of a list as they first occur)\n"
            "      --cifar 10|100|20    the classes of CIFAR-10, those of CIFAR-100, or its superclasses\n",
    .run = run_convert,
};
