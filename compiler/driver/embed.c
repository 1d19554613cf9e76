/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "compiler/driver/command.h"
#include "compiler/driver/progress.h"
#include "runtime/data/dataset.h"
#include "runtime/data/sentences.h"
#include "runtime/data/vectors.h"
#include "runtime/train/glove.h"

enum {
    OPT_SIZE = OPTION_OWN,
    OPT_WINDOW,
    OPT_EPOCHS,
    OPT_RATE,
    OPT_X_MAX,
    OPT_ALPHA,
    OPT_MIN_COUNT,
    OPT_MAX_VOCAB
};

static const struct option longs[] = {COMMON_LONG_OPTIONS,
                                      {"size", required_argument, NULL, OPT_SIZE},
                                      {"window", required_argument, NULL, OPT_WINDOW},
                                      {"epochs", required_argument, NULL, OPT_EPOCHS},
                                      {"rate", required_argument, NULL, OPT_RATE},
                                      {"x-max", required_argument, NULL, OPT_X_MAX},
                                      {"alpha", required_argument, NULL, OPT_ALPHA},
                                      {"min-count", required_argument, NULL, OPT_MIN_COUNT},
                                      {"max-vocab", required_argument, NULL, OPT_MAX_VOCAB},
                                      {NULL, 0, NULL, 0}};

typedef struct Settings {
    int64_t size, window, epochs, min_count, max_vocab;
    double rate, x_max, alpha;
} Settings;

typedef struct Embed {
    const Options *options;
    Settings settings;
    NndFields fields; /* what is read of a file: its texts, and labels are read over */
    NndDataset *sets;
    int set_count;
    NndVocab *vocab;
    NndPairs pairs;
    int64_t pair_count;
    NndGlove *glove;
    NndPool *pool;
    double loss; /* of the last epoch */
} Embed;

enum { TEXT = 1 }; /* behind the label */

static NndStatus describe_files(NndFields *fields, NndError *error)
{
    NndStatus status = nnd_fields_add(fields, (NndText){"label", 5}, NND_FIELD_CLASS, true, 0, error);
    return status ? status : nnd_fields_add(fields, (NndText){"text", 4}, NND_FIELD_TEXT, false, 0, error);
}

static NndStatus count_words(const NndDataset *set, NndVocabBuilder *builder, NndError *error)
{
    NndStatus status = NND_OK;
    for (int64_t i = 0; !status && i < set->count; i++) {
        NndText sentence, rest = set->columns[TEXT].texts[i];
        while (!status && nnd_sentence_next(&sentence, &rest))
            status = nnd_vocab_builder_add(builder, sentence, error);
    }
    return status;
}

/* The texts of all files, and the vocabulary of them together. */
static NndStatus read_texts(Embed *e, char **paths, int count, NndError *error)
{
    NndVocabBuilder *builder = NULL;
    e->sets = calloc((size_t)count, sizeof *e->sets);
    NndStatus status = e->sets ? nnd_vocab_builder_new(&builder, error)
                               : nnd_fail(error, NND_ENOMEM, "out of memory for texts");
    if (!status)
        status = describe_files(&e->fields, error);
    for (int i = 0; !status && i < count; i++) {
        status = nnd_dataset_load(&e->sets[i], paths[i], &e->fields, (NndDataWish){0}, error);
        e->set_count += !status;
        if (!status)
            status = count_words(&e->sets[i], builder, error);
    }
    if (!status)
        status = nnd_vocab_finish(&e->vocab, builder, e->settings.min_count,
                                  (int32_t)e->settings.max_vocab, error);
    nnd_vocab_builder_free(builder);
    return status;
}

static NndStatus count_pairs(Embed *e, NndError *error)
{
    NndPairCounter *counter = NULL;
    NndStatus status = nnd_pair_counter_new(&counter, (int32_t)e->settings.window, error);
    for (int s = 0; !status && s < e->set_count; s++) {
        NndDataset *set = &e->sets[s];
        NndColumn *text = &set->columns[TEXT];
        status = nnd_column_encode(text, set->count, e->vocab, (NndTextLimits){0}, error);
        for (int64_t i = 0; !status && i < set->count; i++)
            status = nnd_pair_counter_add(counter, text->tokens + text->offsets[i],
                                          text->offsets[i + 1] - text->offsets[i], error);
    }
    if (!status)
        status = nnd_pair_counter_finish(&e->pairs, counter, error);
    nnd_pair_counter_free(counter);
    e->pair_count = e->pairs.count;
    if (!status && !e->pair_count)
        status = nnd_fail(error, NND_EINVAL,
                          "the texts have no two words beside each other that are frequent enough");
    return status;
}

static NndStatus train(Embed *e, NndError *error)
{
    const Settings *s = &e->settings;
    NndGloveOptions options = {.size = (int32_t)s->size,
                               .x_max = s->x_max,
                               .alpha = s->alpha,
                               .rate = s->rate,
                               .seed = e->options->seed};
    NndStatus status =
        nnd_glove_new(&e->glove, &e->pairs, nnd_vocab_size(e->vocab), &options, error);
    if (!status)
        status = nnd_pool_new(&e->pool, e->options->threads, error);
    if (status)
        return status;
    Progress progress = progress_begin("vectors", s->epochs, e->options->quiet);
    for (int64_t epoch = 1; epoch <= s->epochs; epoch++) {
        char note[64];
        e->loss = nnd_glove_epoch(e->glove, e->pool);
        if (!isfinite(e->loss))
            break;
        snprintf(note, sizeof note, "loss %.5f", e->loss);
        progress_show(&progress, epoch, note);
    }
    progress_end(&progress);
    return isfinite(e->loss) ? NND_OK
                             : nnd_fail(error, NND_EINVAL,
                                        "the vectors grew beyond all bounds: try a smaller --rate");
}

static NndStatus write(const Embed *e, NndError *error)
{
    int64_t size = e->settings.size;
    int32_t words = nnd_vocab_size(e->vocab);
    float *rows = malloc((size_t)words * (size_t)size * sizeof *rows);
    if (!rows)
        return nnd_fail(error, NND_ENOMEM, "out of memory for vectors of %d words", (int)words);
    for (int32_t id = NND_FIRST_WORD; id < words; id++)
        nnd_glove_vector(e->glove, id, rows + (id - NND_FIRST_WORD) * size);
    NndStatus status = nnd_vectors_write(e->options->output, e->vocab, rows, size, error);
    free(rows);
    return status;
}

static void tell(const Embed *e)
{
    int words = (int)(nnd_vocab_size(e->vocab) - NND_FIRST_WORD);
    if (e->options->json)
        printf("{\"words\":%d,\"pairs\":%lld,\"loss\":%.9g}\n", words, (long long)e->pair_count,
               e->loss);
    else if (!e->options->quiet)
        printf("%s: vectors of %d words from %lld pairs, loss %.5f\n", e->options->output, words,
               (long long)e->pair_count, e->loss);
}

static int embed(Embed *e, char **paths, int count)
{
    NndError error;
    NndStatus status = read_texts(e, paths, count, &error);
    if (!status)
        status = count_pairs(e, &error);
    if (!status)
        status = train(e, &error);
    if (!status)
        status = write(e, &error);
    if (status)
        return command_fail("%s", error.text);
    tell(e);
    return EXIT_FINE;
}

static void clean_up(Embed *e)
{
    for (int i = 0; i < e->set_count; i++)
        nnd_dataset_free(&e->sets[i]);
    free(e->sets);
    nnd_fields_free(&e->fields);
    nnd_vocab_free(e->vocab);
    nnd_pairs_free(&e->pairs);
    nnd_glove_free(e->glove);
    nnd_pool_free(e->pool);
}

static int take_whole(const Command *command, const char *name, int64_t most, int64_t *out)
{
    if (parse_int(optarg, 1, most, out))
        return -1;
    return command_usage(command, "--%s needs a whole number from 1 to %lld, found `%s`", name,
                         (long long)most, optarg);
}

static int take_real(const Command *command, const char *name, double *out)
{
    if (parse_double(optarg, out) && *out > 0)
        return -1;
    return command_usage(command, "--%s needs a number above 0, found `%s`", name, optarg);
}

static int take_option(const Command *command, Settings *s, Options *options, int option)
{
    switch (option) {
    case OPT_SIZE: return take_whole(command, "size", 4096, &s->size);
    case OPT_WINDOW: return take_whole(command, "window", 1000, &s->window);
    case OPT_EPOCHS: return take_whole(command, "epochs", 1000000, &s->epochs);
    case OPT_MIN_COUNT: return take_whole(command, "min-count", INT64_MAX, &s->min_count);
    case OPT_MAX_VOCAB: return take_whole(command, "max-vocab", NND_MAX_VOCAB, &s->max_vocab);
    case OPT_RATE: return take_real(command, "rate", &s->rate);
    case OPT_X_MAX: return take_real(command, "x-max", &s->x_max);
    case OPT_ALPHA: return take_real(command, "alpha", &s->alpha);
    default: return option_common(command, options, option);
    }
}

static int run_embed(const Command *command, int argc, char **argv)
{
    Arena *arena = arena_new();
    Options options;
    options_init(&options, arena);
    Embed e = {.options = &options,
               .settings = {.size = 100,
                            .window = 10,
                            .epochs = 25,
                            .min_count = 1,
                            .rate = 0.05,
                            .x_max = 100,
                            .alpha = 0.75}};
    int status = -1;
    for (int option;
         status < 0 && (option = getopt_long(argc, argv, COMMON_SHORT_OPTIONS, longs, NULL)) != -1;)
        status = take_option(command, &e.settings, &options, option);
    if (status < 0 && optind == argc)
        status = command_usage(command, "at least one file of texts is needed");
    if (status < 0 && !options.output)
        status = command_usage(command, "-o VECTORS is needed");
    if (status < 0) {
        status = embed(&e, argv + optind, argc - optind);
        clean_up(&e);
    }
    arena_free(arena);
    return status;
}

const Command command_embed = {
    .name = "embed",
    .summary = "make vectors of words from texts (GloVe)",
    .help = "Usage: nnd embed TEXTS... -o VECTORS [OPTION]...\n\n"
            "Counts which words stand near each other and trains vectors on it (Pennington et al. "
            "2014). TEXTS:\n"
            "NAME.txt, a text a line, or NAME.tsv, whose labels are ignored. VECTORS: a word and "
            "its numbers\n"
            "a line, as GloVe writes it; as word2vec's binary form if the name ends in .bin. A "
            "model begins\n"
            "with them by `start = { Embedding.W: embeddings(\"VECTORS\") }`.\n\n"
            "      --size N             numbers of a vector (default 100)\n"
            "      --window N           words on either side that count as near (default 10)\n"
            "      --epochs N           passes over the counts (default 25)\n"
            "      --rate X             learning rate of AdaGrad (default 0.05)\n"
            "      --x-max X            counts from which on a pair weighs fully (default 100)\n"
            "      --alpha X            the weight of a pair below is (count / x-max)^alpha "
            "(default 0.75)\n"
            "      --min-count N        words seen less often have no vector (default 1)\n"
            "      --max-vocab N        the most words, with two for padding and unknown ones\n",
    .run = run_embed,
};
