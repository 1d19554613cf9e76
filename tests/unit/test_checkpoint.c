/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/driver/trainer.h"
#include "tests/check.h"

#include <dirent.h>
#include <math.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static char folder[] = "/tmp/nnd-test-checkpoint-XXXXXX", out_path[64], saved_path[80];
static NndError error;

/* ---- a training that never runs: two weights and the states of one ---- */

enum { ROWS = 3, COLUMNS = 2, TRAIN = 25, BATCH = 10, PER_EPOCH = 3 };

static const NndDimDesc dims[] = {{.name = "rows", .kind = NND_DIM_CONST, .parent = -1, .source = -1, .size = ROWS},
                                  {.name = "columns", .kind = NND_DIM_CONST, .parent = -1, .source = -1, .size = COLUMNS}};
static const NndValueDesc values[] = {{.name = "dense.W", .kind = NND_ARG_PARAM, .dtype = NND_F32, .rank = 2, .dims = {0, 1}},
                                      {.name = "dense.b", .kind = NND_ARG_PARAM, .dtype = NND_F32, .rank = 1, .dims = {1}},
                                      {.name = "momentum/dense.W", .kind = NND_ARG_STATE, .dtype = NND_F32, .rank = 2, .dims = {0, 1}},
                                      {.name = "dense.W.touched", .kind = NND_ARG_STATE, .dtype = NND_F32, .rank = 1, .dims = {0}}};
static const NndFunctionDesc step = {.name = "step", .arg_count = 4, .result_count = 4, .args = values, .results = values};
static NndModuleDesc module = {.name = "M", .dim_count = 2, .function_count = 1, .dims = dims, .functions = &step};

static double thresholds[] = {NAN, 0.375};
static const TrainState state = {.iteration = 4 * PER_EPOCH + 2, .validated = 4 * PER_EPOCH, .stale = 1, .loss_sum = 1.25,
                                 .best_metric = 0.1, .best_iteration = 3 * PER_EPOCH, .thresholds = thresholds};
static const char history[] = "{\"epoch\":1}\n{\"epoch\":2}\n";

typedef struct Training {
    Trainer trainer;
    Program program;
    Recipe recipe;
    Options options;
} Training;

static float number(int slot, int64_t i, float base)
{
    return base + (float)slot * 0.5f + (float)i / 64;
}

static void fill_slots(Slots *slots, float base)
{
    for (int s = 0; s < slots->count; s++)
        for (int64_t i = 0; i < slots->items[s].count; i++) {
            slots->items[s].now[i] = number(s, i, base);
            if (slots->items[s].is_weight)
                slots->items[s].best[i] = number(s, i, base + 100);
        }
}

static int wrong_numbers(const Slots *slots, float base)
{
    int wrong = 0;
    for (int s = 0; s < slots->count; s++)
        for (int64_t i = 0; i < slots->items[s].count; i++) {
            wrong += slots->items[s].now[i] != number(s, i, base);
            wrong += slots->items[s].is_weight && slots->items[s].best[i] != number(s, i, base + 100);
        }
    return wrong;
}

static void training_begin(Training *t, const char *source)
{
    *t = (Training){.recipe = {.batch = BATCH, .optimiser = OPTIMISER_SGD}, .options = {.seed = 7}};
    Arena *arena = arena_new();
    t->program.model = "M";
    vec_push(arena, &t->program.params, ((ModelParam){.name = "size", .kind = "dim", .value = 3}));
    t->trainer = (Trainer){.unit = {.arena = arena, .program = &t->program, .desc = &module}, .options = &t->options,
                           .recipe = &t->recipe, .history = "", .out_path = out_path, .state = {.best_iteration = -1},
                           .split = {.train_count = TRAIN, .valid_count = 5}};
    t->trainer.source = source_new(arena, "m.nnd", source, strlen(source));
    CHECK_EQ_INT(slots_new(&t->trainer.slots, &module, &step, NULL, &error), NND_OK);
    NndFields *fields = &t->trainer.fields;
    CHECK_EQ_INT(nnd_fields_add(fields, (NndText){"x", 1}, NND_FIELD_NUMBERS, false, ROWS, &error), NND_OK);
    CHECK_EQ_INT(nnd_fields_add(fields, (NndText){"label", 5}, NND_FIELD_CLASS, true, 0, &error), NND_OK);
    CHECK_EQ_INT(nnd_classes_add(&fields->items[1].classes, (NndText){"no", 2}, &error), NND_OK);
    CHECK_EQ_INT(nnd_classes_add(&fields->items[1].classes, (NndText){"yes", 3}, &error), NND_OK);
    t->trainer.state.thresholds = ARENA_ARRAY(arena, double, fields->count);
}

static void training_end(Training *t)
{
    slots_free(&t->trainer.slots);
    nnd_fields_free(&t->trainer.fields);
    arena_free(t->trainer.unit.arena);
}

static void save(float base)
{
    Training t;
    training_begin(&t, "model M {}\n");
    fill_slots(&t.trainer.slots, base);
    t.trainer.state = state;
    t.trainer.history = history;
    CHECK_EQ_INT(checkpoint_save(&t.trainer, &error), NND_OK);
    training_end(&t);
}

static NndFile saved_file(void)
{
    NndFile file;
    CHECK_EQ_INT(nnd_file_read(&file, saved_path, 1 << 20, &error), NND_OK);
    return file;
}

static void put_file(const void *data, size_t size)
{
    FILE *file = fopen(saved_path, "wb");
    CHECK(file && fwrite(data, 1, size, file) == size && !fclose(file));
}

static int files_in_folder(void)
{
    int count = 0;
    DIR *dir = opendir(folder);
    for (struct dirent *entry; (entry = readdir(dir));)
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

/* ---- what is whole ---- */

static void a_checkpoint_brings_everything_back(void)
{
    Training t;
    save(1);
    training_begin(&t, "model M {}\n");
    CHECK_EQ_INT(checkpoint_load(&t.trainer, &error), NND_OK);
    CHECK_EQ_INT(wrong_numbers(&t.trainer.slots, 1), 0);
    const TrainState *s = &t.trainer.state;
    CHECK(s->iteration == state.iteration && s->validated == state.validated && s->stale == state.stale);
    CHECK_NEAR(s->loss_sum, state.loss_sum, 0);
    CHECK_NEAR(s->best_metric, state.best_metric, 0);
    CHECK_EQ_INT(s->best_iteration, state.best_iteration);
    CHECK(isnan(s->thresholds[0]) && s->thresholds[1] == 0.375);
    CHECK_STR_EQ(t.trainer.history, history);
    training_end(&t);
}

static void a_checkpoint_is_a_model_too(void)
{
    NndModel model;
    save(1);
    CHECK_EQ_INT(nnd_model_open(&model, saved_path, &error), NND_OK);
    CHECK_EQ_INT(model.fields.count, 2);
    CHECK(model.fields.items[0].width == ROWS && model.fields.items[1].threshold == 0.375);
    CHECK_EQ_INT(model.fields.items[1].classes.count, 2);
    CHECK_STR_EQ(model.fields.items[1].classes.names[1], "yes");
    CHECK_STR_EQ(nnd_safetensors_metadata(model.file, "nnd.args"), "size 3\n");
    const NndTensor *tensor = nnd_safetensors_find(model.file, "dense.W");
    CHECK(tensor && tensor->rank == 2 && tensor->dims[0] == ROWS && tensor->dims[1] == COLUMNS);
    nnd_model_free(&model);
}

/* ---- what is of another training ---- */

static void check_refused(Training *t, const char *because)
{
    CHECK_EQ_INT(checkpoint_load(&t->trainer, &error), NND_EINVAL);
    CHECK(strstr(error.text, because));
    training_end(t);
}

static void another_training_is_refused(void)
{
    Training t;
    save(1);
    training_begin(&t, "model N {}\n");
    check_refused(&t, "the model file has changed");
    training_begin(&t, "model M {}\n");
    t.options.seed = 8;
    check_refused(&t, "of another training (seed 7 train 25 valid 5 batch 10 optimiser 0; now seed 8 ");
    training_begin(&t, "model M {}\n");
    t.recipe.batch = 11;
    check_refused(&t, "of another training");
    training_begin(&t, "model M {}\n");
    t.recipe.optimiser = OPTIMISER_ADAM;
    check_refused(&t, "of another training");
    training_begin(&t, "model M {}\n");
    t.trainer.split.train_count++;
    check_refused(&t, "of another training");
}

static NndStatus load_with_state(const TrainState *other)
{
    Training t;
    training_begin(&t, "model M {}\n");
    fill_slots(&t.trainer.slots, 1);
    t.trainer.state = *other;
    CHECK_EQ_INT(checkpoint_save(&t.trainer, &error), NND_OK);
    NndStatus status = checkpoint_load(&t.trainer, &error);
    training_end(&t);
    return status;
}

static void a_place_that_training_cannot_be_at_is_refused(void)
{
    TrainState wrong[10];
    for (int i = 0; i < 10; i++)
        wrong[i] = state;
    CHECK_EQ_INT(load_with_state(&state), NND_OK);
    wrong[0].iteration = -1;
    wrong[1].iteration = INT64_MAX;
    wrong[2].validated = -1;
    wrong[3].validated = state.iteration + 1;
    wrong[4].validated = INT64_MIN;
    wrong[5].stale = -1;
    wrong[6].stale = state.validated + 1;
    wrong[7].best_iteration = -2;
    wrong[8].best_iteration = INT64_MIN;
    wrong[9].best_iteration = state.validated + 1;
    for (int i = 0; i < 10; i++) {
        CHECK_EQ_INT(load_with_state(&wrong[i]), NND_EFORMAT);
        CHECK(strstr(error.text, "no place in this training"));
    }
}

/* As of a training that changes touched rows, which this one does not. */
static void states_that_are_not_kept_are_refused(void)
{
    Training t;
    save(1);
    training_begin(&t, "model M {}\n");
    t.trainer.slots.count--;
    check_refused(&t, "keeps no tensor `train/dense.W.touched`");
}

/* A checkpoint whose rows are right up to the last step, but for the last row. */
static NndStatus load_with_last_row(float last)
{
    Training t;
    training_begin(&t, "model M {}\n");
    fill_slots(&t.trainer.slots, 1);
    t.trainer.state = state;
    float *touched = slots_find(&t.trainer.slots, "dense.W.touched")->now;
    for (int i = 0; i < ROWS; i++)
        touched[i] = i < ROWS - 1 ? (float)state.iteration : last;
    CHECK_EQ_INT(checkpoint_save(&t.trainer, &error), NND_OK);
    NndStatus status = checkpoint_load(&t.trainer, &error);
    CHECK(!status || strstr(error.text, "`train/dense.W.touched`: row 2 is right up to step"));
    training_end(&t);
    return status;
}

static void rows_that_are_right_up_to_no_step_are_refused(void)
{
    const float wrong[] = {-1, (float)(4 * PER_EPOCH + 3), 1e30f, NAN, -INFINITY};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK_EQ_INT(load_with_last_row(wrong[i]), NND_EFORMAT);
    CHECK_EQ_INT(load_with_last_row(3), NND_OK);
}

static void rows_that_were_not_settled_are_refused(void)
{
    const NndFunctionDesc both[] = {step, {.name = "settle"}};
    NndModuleDesc before = module;
    module.functions = both;
    module.function_count = 2;
    CHECK_EQ_INT(load_with_last_row(3), NND_EFORMAT);
    CHECK_EQ_INT(load_with_last_row((float)state.iteration), NND_OK);
    module = before;
}

/* ---- what is broken ---- */

static NndStatus load(int *wrong)
{
    Training t;
    training_begin(&t, "model M {}\n");
    *error.text = '\0';
    NndStatus status = checkpoint_load(&t.trainer, &error);
    *wrong = wrong_numbers(&t.trainer.slots, 1);
    training_end(&t);
    return status;
}

static void a_missing_checkpoint_is_an_error(void)
{
    int wrong;
    unlink(saved_path);
    CHECK_EQ_INT(load(&wrong), NND_EIO);
    CHECK(strstr(error.text, saved_path));
}

static void a_checkpoint_cut_short_anywhere_is_an_error(void)
{
    save(1);
    NndFile file = saved_file();
    for (size_t size = 0; size < file.size; size++) {
        int wrong;
        put_file(file.data, size);
        CHECK_EQ_INT(load(&wrong), NND_EFORMAT);
        CHECK(strstr(error.text, saved_path) == error.text);
    }
    nnd_file_free(&file);
}

static size_t data_at(const NndFile *file)
{
    size_t size = 0;
    for (int i = 7; i >= 0; i--)
        size = size << 8 | (unsigned char)file->data[i];
    return 8 + size;
}

/* A number that another bit makes another number; of a step there may be no such. */
static bool is_another_number(NndStatus status, int wrong)
{
    return status == NND_OK ? wrong == 1 : strstr(error.text, "dense.W.touched") != NULL;
}

/* Text may still make sense with a letter changed, so the header may be accepted; a number is taken
 * as it is. */
static void a_flipped_bit_is_an_error_or_changes_what_it_says(void)
{
    save(1);
    NndFile file = saved_file();
    size_t data = data_at(&file), errors = 0;
    CHECK(data < file.size);
    for (size_t at = 0; at < file.size; at++)
        for (int bit = 0; bit < 8; bit++) {
            int wrong;
            file.data[at] ^= (char)(1 << bit);
            put_file(file.data, file.size);
            file.data[at] ^= (char)(1 << bit);
            NndStatus status = load(&wrong);
            errors += status != NND_OK;
            CHECK(status == NND_OK || *error.text);
            CHECK(at < 8 ? status == NND_EFORMAT : at < data || is_another_number(status, wrong));
        }
    CHECK(errors > data * 4);
    nnd_file_free(&file);
}

static void a_file_of_something_else_is_refused(void)
{
    static const char empty[] = "\2\0\0\0\0\0\0\0{}", text[] = "this is a text, and longer than a header\n";
    int wrong;
    put_file(empty, sizeof empty - 1);
    CHECK_EQ_INT(load(&wrong), NND_EFORMAT);
    CHECK(strstr(error.text, "not a model of nnd"));
    put_file(text, sizeof text - 1);
    CHECK_EQ_INT(load(&wrong), NND_EFORMAT);
}

/* ---- what cannot be written ---- */

static void check_old_file_is_kept(const NndFile *old)
{
    NndFile now = saved_file();
    CHECK(now.size == old->size && !memcmp(now.data, old->data, now.size));
    CHECK_EQ_INT(files_in_folder(), 1);
    nnd_file_free(&now);
}

/* A limit on the size of files is a disk that is full after so many bytes. */
static void a_failed_write_leaves_the_old_checkpoint(void)
{
    struct rlimit before, limit;
    Training t;
    save(1);
    NndFile old = saved_file();
    training_begin(&t, "model M {}\n");
    fill_slots(&t.trainer.slots, 2);
    CHECK(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    CHECK_EQ_INT(getrlimit(RLIMIT_FSIZE, &before), 0);
    for (size_t room = 0; room < old.size / 2; room += 64) {
        limit = (struct rlimit){.rlim_cur = room, .rlim_max = before.rlim_max};
        CHECK_EQ_INT(setrlimit(RLIMIT_FSIZE, &limit), 0);
        CHECK_EQ_INT(checkpoint_save(&t.trainer, &error), NND_EIO);
        CHECK_EQ_INT(setrlimit(RLIMIT_FSIZE, &before), 0);
        CHECK(strstr(error.text, "cannot write"));
        check_old_file_is_kept(&old);
    }
    t.trainer.history = "\xff";
    CHECK_EQ_INT(checkpoint_save(&t.trainer, &error), NND_EINVAL);
    check_old_file_is_kept(&old);
    training_end(&t);
    nnd_file_free(&old);
}

static void a_later_checkpoint_replaces_the_old_one(void)
{
    Training t;
    save(1);
    save(2);
    training_begin(&t, "model M {}\n");
    CHECK_EQ_INT(checkpoint_load(&t.trainer, &error), NND_OK);
    CHECK_EQ_INT(wrong_numbers(&t.trainer.slots, 2), 0);
    CHECK_EQ_INT(files_in_folder(), 1);
    training_end(&t);
}

int main(void)
{
    if (!mkdtemp(folder))
        return 1;
    snprintf(out_path, sizeof out_path, "%s/m", folder);
    snprintf(saved_path, sizeof saved_path, "%s.checkpoint", out_path);
    a_checkpoint_brings_everything_back();
    a_checkpoint_is_a_model_too();
    another_training_is_refused();
    a_place_that_training_cannot_be_at_is_refused();
    states_that_are_not_kept_are_refused();
    rows_that_are_right_up_to_no_step_are_refused();
    rows_that_were_not_settled_are_refused();
    a_missing_checkpoint_is_an_error();
    a_checkpoint_cut_short_anywhere_is_an_error();
    a_flipped_bit_is_an_error_or_changes_what_it_says();
    a_file_of_something_else_is_refused();
    a_failed_write_leaves_the_old_checkpoint();
    a_later_checkpoint_replaces_the_old_one();
    unlink(saved_path);
    CHECK_EQ_INT(rmdir(folder), 0);
    return test_report();
}
