/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/data/dataset.h"
#include "tests/check.h"

#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/nnd-test-dataset-XXXXXX";
static NndError error;

static const char *write_file(const char *name, const void *data, size_t size)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    CHECK_EQ_INT(nnd_file_write(path, data, size, &error), NND_OK);
    return path;
}

static NndField one_text[] = {{.name = "label", .kind = NND_FIELD_CLASS, .target = true}, {.name = "text", .kind = NND_FIELD_TEXT}};
static NndField one_image[] = {{.name = "label", .kind = NND_FIELD_CLASS, .target = true},
                               {.name = "image", .kind = NND_FIELD_NUMBERS, .width = 2}};
static const NndFields text_fields = {one_text, 2}, image_fields = {one_image, 2};
static const NndDataWish labelled = {.targets = true}, unlabelled = {0};

static const char texts[] = "0\tthe cat sat\n1\tthe dog\n0\t...\n1\tthe cat and the dog ran\n";

static void texts_are_encoded_and_gathered(void)
{
    NndDataset set;
    NndVocab *vocab;
    const char *path = write_file("t.tsv", texts, sizeof texts - 1);
    CHECK_EQ_INT(nnd_dataset_load(&set, path, &text_fields, labelled, &error), NND_OK);
    CHECK_EQ_INT(set.count, 4);
    NndColumn *text = &set.columns[1];
    CHECK_EQ_INT(nnd_dataset_vocab(&vocab, &set, NULL, 0, 2, 0, &error), NND_OK);
    CHECK_STR_EQ(nnd_vocab_stored(vocab).data, "<pad>\n<unk>\nthe\ncat\ndog\n");
    CHECK_EQ_INT(nnd_column_encode(text, set.count, vocab, (NndTextLimits){.words = 5}, &error), NND_OK);
    const int64_t items[] = {3, 2, 0};
    int64_t lengths[3];
    int32_t tokens[8], labels[3];
    CHECK_EQ_INT(nnd_gather_lengths(lengths, text, items, 3), 8);
    CHECK(lengths[0] == 5 && lengths[1] == 0 && lengths[2] == 3);
    nnd_gather_tokens(tokens, text, items, 3);
    const int32_t expected[] = {2, 3, 1, 2, 4, 2, 3, 1};
    CHECK(memcmp(tokens, expected, sizeof expected) == 0);
    nnd_gather_labels(labels, &set.columns[0], items, 3);
    CHECK(labels[0] == 1 && labels[1] == 0 && labels[2] == 0);
    nnd_vocab_free(vocab);
    nnd_dataset_free(&set);
    unlink(path);
}

static void sentences_are_counted_and_cut(void)
{
    static const char nested[] = "0\tThe cat sat. ... The dog!\n1\t\n0\tThe cat. The dog ran. It slept.\n";
    NndDataset set;
    NndVocab *vocab;
    const char *path = write_file("t.tsv", nested, sizeof nested - 1);
    CHECK_EQ_INT(nnd_dataset_load(&set, path, &text_fields, labelled, &error), NND_OK);
    NndColumn *text = &set.columns[1];
    CHECK_EQ_INT(nnd_dataset_vocab(&vocab, &set, NULL, 0, 1, 0, &error), NND_OK);
    CHECK_EQ_INT(nnd_column_encode(text, set.count, vocab, (NndTextLimits){0}, &error), NND_OK);
    const int64_t items[] = {2, 1, 0};
    int64_t sentences[3], words[6];
    CHECK_EQ_INT(nnd_gather_sentences(sentences, text, items, 3), 5);
    CHECK(sentences[0] == 3 && sentences[1] == 0 && sentences[2] == 2);
    nnd_gather_sentence_lengths(words, text, items, 3);
    static const int64_t expected[] = {2, 3, 2, 3, 3};
    CHECK(memcmp(words, expected, sizeof expected) == 0);
    CHECK_EQ_INT(nnd_column_encode(text, set.count, vocab, (NndTextLimits){.words = 4}, &error), NND_OK);
    CHECK_EQ_INT(nnd_gather_sentences(sentences, text, items, 3), 4);
    nnd_gather_sentence_lengths(words, text, items, 3);
    CHECK(words[0] == 2 && words[1] == 2);
    CHECK_EQ_INT(text->cut_texts, 2);
    CHECK_EQ_INT(nnd_column_encode(text, set.count, vocab, (NndTextLimits){.sentences = 2, .sentence_words = 2}, &error), NND_OK);
    CHECK_EQ_INT(nnd_gather_sentences(sentences, text, items, 3), 4);
    nnd_gather_sentence_lengths(words, text, items, 3);
    CHECK(words[0] == 2 && words[1] == 2 && words[2] == 2 && words[3] == 2);
    CHECK(text->cut_texts == 1 && text->cut_sentences == 3);
    char cuts[128];
    CHECK(nnd_dataset_describe_cuts(&set, 1, cuts, sizeof cuts));
    CHECK_STR_EQ(cuts, "1 of 3 texts were cut to 2 sentences; 3 sentences were cut to 2 words");
    nnd_vocab_free(vocab);
    nnd_dataset_free(&set);
    unlink(path);
}

static void long_texts_grow_the_tokens(void)
{
    enum { WORDS = 5000 };
    char *words = malloc(2 * WORDS);
    for (int i = 0; i < WORDS; i++)
        memcpy(words + 2 * i, i % 2 ? "b " : "a ", 2);
    NndDataset set;
    NndVocab *vocab;
    const char *path = write_file("t.txt", words, 2 * WORDS);
    CHECK_EQ_INT(nnd_dataset_load(&set, path, &text_fields, unlabelled, &error), NND_OK);
    CHECK(set.columns[0].labels == NULL);
    NndColumn *text = &set.columns[1];
    CHECK_EQ_INT(nnd_dataset_vocab(&vocab, &set, NULL, 0, 1, 0, &error), NND_OK);
    CHECK_EQ_INT(nnd_column_encode(text, set.count, vocab, (NndTextLimits){0}, &error), NND_OK);
    CHECK_EQ_INT(text->offsets[1], WORDS);
    CHECK(text->tokens[0] == 2 && text->tokens[WORDS - 1] == 3);
    nnd_vocab_free(vocab);
    nnd_dataset_free(&set);
    free(words);
    unlink(path);
}

static void images_come_with_their_labels(void)
{
    static const unsigned char images[] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2,
                                           0, 255, 51, 102};
    static const unsigned char labels[] = {0, 0, 8, 1, 0, 0, 0, 2, 1, 3};
    static const unsigned char too_few[] = {0, 0, 8, 1, 0, 0, 0, 1, 1};
    char label_path[256];
    NndDataset set;
    snprintf(label_path, sizeof label_path, "%s",
             write_file("x-labels-idx1-ubyte", labels, sizeof labels));
    const char *path = write_file("x-images-idx3-ubyte", images, sizeof images);
    CHECK_EQ_INT(nnd_dataset_load(&set, path, &image_fields, labelled, &error), NND_OK);
    CHECK(set.count == 2 && set.columns[1].width == 2);
    CHECK_EQ_INT(set.columns[0].classes.count, 4);
    CHECK_EQ_INT(set.columns[0].labels[1], 3);
    float out[2];
    nnd_gather_numbers(out, &set.columns[1], (int64_t[]){1}, 1);
    CHECK_NEAR(out[0], 0.2, 1e-7);
    CHECK_NEAR(out[1], 0.4, 1e-7);
    nnd_dataset_free(&set);
    CHECK_EQ_INT(nnd_dataset_load(&set, path, &text_fields, labelled, &error), NND_EINVAL);
    CHECK_EQ_INT(nnd_file_write(label_path, too_few, sizeof too_few, &error), NND_OK);
    CHECK_EQ_INT(nnd_dataset_load(&set, path, &image_fields, labelled, &error), NND_EFORMAT);
    CHECK(strstr(error.text, "byte 4: 1 labels for 2 images") != NULL);
    unlink(label_path);
    CHECK_EQ_INT(nnd_dataset_load(&set, path, &image_fields, labelled, &error), NND_EINVAL);
    CHECK(strstr(error.text, "there are no labels") != NULL);
    CHECK_EQ_INT(nnd_dataset_load(&set, path, &image_fields, unlabelled, &error), NND_OK);
    CHECK(set.columns[0].labels == NULL);
    nnd_dataset_free(&set);
    unlink(path);
}

static void features_are_dense_items(void)
{
    NndDataset set;
    const char *path = write_file("f.tsv", "1\t5 6\n0\t7 8\n", 12);
    CHECK_EQ_INT(nnd_dataset_load(&set, path, &image_fields, labelled, &error), NND_OK);
    float out[4];
    nnd_gather_numbers(out, &set.columns[1], (int64_t[]){1, 0}, 2);
    CHECK(out[0] == 7 && out[1] == 8 && out[2] == 5 && out[3] == 6);
    nnd_dataset_free(&set);
    unlink(path);
    CHECK_EQ_INT(nnd_dataset_load(&set, "x.png", &image_fields, labelled, &error), NND_EINVAL);
}

static void every_text_counts_for_the_vocabulary(void)
{
    NndField two[] = {{.name = "a", .kind = NND_FIELD_TEXT}, {.name = "b", .kind = NND_FIELD_TEXT}};
    NndFields fields = {two, 2};
    NndDataset set;
    NndVocab *vocab;
    static const char lines[] = "red red\tblue\nred\tblue green\n";
    const char *path = write_file("t.tsv", lines, sizeof lines - 1);
    CHECK_EQ_INT(nnd_dataset_load(&set, path, &fields, unlabelled, &error), NND_OK);
    CHECK_EQ_INT(nnd_dataset_vocab(&vocab, &set, NULL, 0, 1, 0, &error), NND_OK);
    CHECK_STR_EQ(nnd_vocab_stored(vocab).data, "<pad>\n<unk>\nred\nblue\ngreen\n");
    CHECK_EQ_INT(nnd_column_encode(&set.columns[1], 2, vocab, (NndTextLimits){.words = 1}, &error), NND_OK);
    char cuts[128];
    CHECK(!nnd_dataset_describe_cuts(&set, 0, cuts, sizeof cuts));
    CHECK(nnd_dataset_describe_cuts(&set, 1, cuts, sizeof cuts));
    CHECK_STR_EQ(cuts, "`b`: 1 of 2 texts were cut to 1 words");
    CHECK(nnd_dataset_column(&set, "b") == &set.columns[1] && !nnd_dataset_column(&set, "c"));
    nnd_vocab_free(vocab);
    nnd_dataset_free(&set);
    unlink(path);
}

static void images_fill_one_input_and_a_class(void)
{
    NndField more[] = {one_image[0], one_image[1], {.name = "age", .kind = NND_FIELD_NUMBERS, .width = 1}};
    NndFields fields = {more, 3};
    NndDataset set;
    CHECK_EQ_INT(nnd_dataset_load(&set, "x-images-idx3-ubyte", &fields, unlabelled, &error), NND_EINVAL);
    CHECK(strstr(error.text, "where does `age` come from?") != NULL);
}

static void an_order_depends_on_seed_and_epoch_alone(void)
{
    enum { N = 1000 };
    int64_t a[N], b[N], c[N];
    int seen[N] = {0}, moved = 0, different = 0;
    for (int i = 0; i < N; i++)
        a[i] = b[i] = c[i] = i;
    nnd_shuffle(a, N, 7, 3);
    nnd_shuffle(b, N, 7, 3);
    nnd_shuffle(c, N, 7, 4);
    for (int i = 0; i < N; i++) {
        seen[a[i]]++;
        moved += a[i] != i;
        different += a[i] != c[i];
    }
    CHECK(memcmp(a, b, sizeof a) == 0);
    CHECK(moved > N - 20 && different > N - 20);
    for (int i = 0; i < N; i++)
        CHECK_EQ_INT(seen[i], 1);
}

static void all_orders_are_equally_likely(void)
{
    int counts[6] = {0};
    for (uint64_t epoch = 0; epoch < 6000; epoch++) {
        int64_t items[] = {0, 1, 2};
        nnd_shuffle(items, 3, 1, epoch);
        counts[items[0] * 2 + (items[1] > items[2])]++;
    }
    for (int i = 0; i < 6; i++)
        CHECK(counts[i] > 880 && counts[i] < 1120); /* four standard deviations of 1000 */
}

static void a_split_holds_out_a_share_of_each_class(void)
{
    enum { N = 106 };
    int32_t labels[N];
    for (int i = 0; i < N; i++)
        labels[i] = i < 5 ? 1 : i == 5 ? 2 : 0;
    NndColumn columns[2] = {{.labels = labels, .classes = {.count = 3}}};
    NndDataset set = {.count = N, .fields = &text_fields, .columns = columns};
    NndSplit split, again;
    CHECK_EQ_INT(nnd_dataset_split(&split, &set, 0.2, (NndFold){0}, 9, &error), NND_OK);
    CHECK_EQ_INT(split.valid_count, 21);
    CHECK_EQ_INT(split.train_count, N - 21);
    int held[3] = {0}, seen[N] = {0};
    for (int64_t i = 0; i < split.valid_count; i++) {
        held[labels[split.valid[i]]]++;
        seen[split.valid[i]]++;
    }
    for (int64_t i = 0; i < split.train_count; i++)
        seen[split.train[i]]++;
    CHECK(held[0] == 20 && held[1] == 1 && held[2] == 0);
    for (int i = 0; i < N; i++)
        CHECK_EQ_INT(seen[i], 1);
    CHECK_EQ_INT(nnd_dataset_split(&again, &set, 0.2, (NndFold){0}, 9, &error), NND_OK);
    CHECK(memcmp(split.valid, again.valid, 21 * sizeof *split.valid) == 0);
    nnd_split_free(&split);
    nnd_split_free(&again);
    CHECK_EQ_INT(nnd_dataset_split(&split, &set, 1.5, (NndFold){0}, 9, &error), NND_EINVAL);
}

static void folds_are_equal_parts_with_their_share_of_each_class(void)
{
    enum { N = 103, FOLDS = 4 };
    int32_t labels[N];
    for (int i = 0; i < N; i++)
        labels[i] = i % 10 == 3;
    NndColumn columns[2] = {{.labels = labels, .classes = {.count = 2}}};
    NndDataset set = {.count = N, .fields = &text_fields, .columns = columns};
    int tested[N] = {0};
    for (int fold = 0; fold < FOLDS; fold++) {
        NndSplit split, again;
        CHECK_EQ_INT(nnd_dataset_split(&split, &set, 0.2, (NndFold){FOLDS, fold}, 9, &error), NND_OK);
        CHECK_EQ_INT(nnd_dataset_split(&again, &set, 0.2, (NndFold){FOLDS, fold}, 9, &error), NND_OK);
        CHECK_EQ_INT(split.test_count, fold < N % FOLDS ? N / FOLDS + 1 : N / FOLDS);
        CHECK(memcmp(split.test, again.test, (size_t)split.test_count * sizeof *split.test) == 0);
        int seen[N] = {0}, rare = 0;
        for (int64_t i = 0; i < split.test_count; i++) {
            seen[split.test[i]]++;
            tested[split.test[i]]++;
            rare += labels[split.test[i]];
        }
        CHECK(rare == 2 || rare == 3); /* of ten */
        CHECK(split.valid_count == 15 || split.valid_count == 16);
        for (int64_t i = 0; i < split.valid_count; i++)
            seen[split.valid[i]]++;
        for (int64_t i = 0; i < split.train_count; i++)
            seen[split.train[i]]++;
        for (int i = 0; i < N; i++)
            CHECK_EQ_INT(seen[i], 1);
        nnd_split_free(&split);
        nnd_split_free(&again);
    }
    for (int i = 0; i < N; i++)
        CHECK_EQ_INT(tested[i], 1);
    NndSplit split;
    CHECK_EQ_INT(nnd_dataset_split(&split, &set, 0, (NndFold){N + 1, 0}, 9, &error), NND_EINVAL);
}

int main(void)
{
    if (!mkdtemp(folder))
        return 1;
    texts_are_encoded_and_gathered();
    sentences_are_counted_and_cut();
    long_texts_grow_the_tokens();
    images_come_with_their_labels();
    features_are_dense_items();
    every_text_counts_for_the_vocabulary();
    images_fill_one_input_and_a_class();
    an_order_depends_on_seed_and_epoch_alone();
    all_orders_are_equally_likely();
    a_split_holds_out_a_share_of_each_class();
    folds_are_equal_parts_with_their_share_of_each_class();
    CHECK_EQ_INT(rmdir(folder), 0);
    return test_report();
}
