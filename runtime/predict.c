/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/predict.h"

#include <stdlib.h>
#include <string.h>

/* ---- scores ---- */

static float element(const void *data, int32_t dtype, int64_t i)
{
    switch ((NndDType)dtype) {
    case NND_I32: return (float)((const int32_t *)data)[i];
    case NND_I64: return (float)((const int64_t *)data)[i];
    case NND_F64: return (float)((const double *)data)[i];
    case NND_U8:
    case NND_BOOL: return ((const uint8_t *)data)[i];
    default: return ((const float *)data)[i];
    }
}

static bool grow(void **memory, int64_t *room, int64_t wanted, size_t size)
{
    if (*memory && wanted <= *room)
        return true;
    int64_t more = *room * 2 > wanted ? *room * 2 : wanted;
    void *grown = realloc(*memory, (size_t)(more ? more : 1) * size);
    if (!grown)
        return false;
    *memory = grown;
    *room = more;
    return true;
}

NndStatus nnd_scores_take(NndScores *scores, const NndSession *session, int index, int64_t count, NndError *error)
{
    const NndValueDesc *result = &nnd_session_function(session)->results[index];
    scores->name = result->name;
    if (!nnd_session_result_has_items(session, index))
        return nnd_fail(error, NND_EINVAL, "output `%s` is the same for all items: it has no axis `batch`", result->name);
    int64_t before = scores->count ? scores->begins[scores->count] : 0;
    int64_t more = nnd_session_result_count(session, index);
    if (!grow((void **)&scores->begins, &scores->item_room, scores->count + count + 1, sizeof *scores->begins) ||
        !grow((void **)&scores->data, &scores->room, before + more, sizeof *scores->data))
        return nnd_fail(error, NND_ENOMEM, "out of memory for the predictions");
    nnd_session_result_items(scores->begins + scores->count, session, index, count);
    for (int64_t i = 0; i <= count; i++)
        scores->begins[scores->count + i] += before;
    for (int64_t i = 0; i < more; i++)
        scores->data[before + i] = element(nnd_session_result(session, index), result->dtype, i);
    scores->count += count;
    return NND_OK;
}

void nnd_scores_free(NndScores *scores)
{
    free(scores->data);
    free(scores->begins);
    *scores = (NndScores){0};
}

/* ---- predictions ---- */

static NndStatus predict_batch(NndPrediction *out, NndSession *session, int64_t count, NndRun *run, void *engine,
                               NndPool *pool, NndError *error)
{
    NndStatus status = nnd_session_run(session, run, engine, pool, 0, 0, error);
    for (int i = 0; i < out->output_count && !status; i++)
        status = nnd_scores_take(&out->outputs[i], session, i, count, error);
    return status;
}

NndStatus nnd_predict(NndPrediction *out, NndSession *session, const NndDataset *set, int64_t batch, NndRun *run,
                      void *engine, NndPool *pool, NndError *error)
{
    int outputs = nnd_session_function(session)->result_count;
    *out = (NndPrediction){calloc((size_t)outputs + 1, sizeof *out->outputs), outputs, set->count};
    int64_t *items = malloc((size_t)batch * sizeof *items);
    NndStatus status = items && out->outputs ? NND_OK : nnd_fail(error, NND_ENOMEM, "out of memory for a batch");
    for (int64_t first = 0; !status && first < set->count; first += batch) {
        int64_t count = set->count - first < batch ? set->count - first : batch;
        for (int64_t i = 0; i < count; i++)
            items[i] = first + i;
        status = nnd_session_batch(session, set, items, count, error);
        if (!status)
            status = predict_batch(out, session, count, run, engine, pool, error);
    }
    free(items);
    if (status)
        nnd_prediction_free(out);
    return status;
}

void nnd_prediction_free(NndPrediction *prediction)
{
    for (int i = 0; prediction->outputs && i < prediction->output_count; i++)
        nnd_scores_free(&prediction->outputs[i]);
    free(prediction->outputs);
    *prediction = (NndPrediction){0};
}

int32_t nnd_predicted_class(const NndField *target, const float *scores, int64_t width)
{
    if (width == 1)
        return scores[0] >= (target->has_threshold ? target->threshold : 0.5);
    if (width == 2 && target->has_threshold)
        return scores[1] >= target->threshold;
    int32_t best = 0;
    for (int32_t i = 1; i < width; i++)
        if (scores[i] > scores[best])
            best = i;
    return best;
}

static void print_json_string(FILE *file, const char *text)
{
    fputc('"', file);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fprintf(file, "\\%c", *text);
        else if ((unsigned char)*text < 32)
            fprintf(file, "\\u%04x", (unsigned)*text);
        else
            fputc(*text, file);
    }
    fputc('"', file);
}

/* What an output says of one item. */
typedef struct Told {
    const char *output;
    const NndField *target; /* a class, or NULL */
    int32_t class;
    const float *scores;
    int64_t width;
} Told;

static Told tell(const NndFields *fields, const NndPrediction *prediction, int output, int64_t item)
{
    const NndScores *scores = &prediction->outputs[output];
    int field = nnd_fields_target(fields, output);
    Told told = {.output = scores->name,
                 .scores = scores->data + scores->begins[item],
                 .width = scores->begins[item + 1] - scores->begins[item]};
    if (field >= 0 && fields->items[field].kind == NND_FIELD_CLASS) {
        told.target = &fields->items[field];
        told.class = nnd_predicted_class(told.target, told.scores, told.width);
    }
    return told;
}

static bool has_name(const Told *told)
{
    return told->class < told->target->classes.count;
}

static void print_columns(FILE *file, const Told *told, const char *mark)
{
    if (told->target && has_name(told))
        fprintf(file, "%s%s", mark, told->target->classes.names[told->class]);
    else if (told->target)
        fprintf(file, "%s%d", mark, told->class);
    mark = told->target ? "\t" : mark;
    for (int64_t i = 0; i < told->width; i++, mark = "\t")
        fprintf(file, "%s%.6f", mark, (double)told->scores[i]);
}

static void print_line(FILE *file, const NndFields *fields, const NndPrediction *prediction, int64_t item)
{
    for (int i = 0; i < prediction->output_count; i++) {
        Told told = tell(fields, prediction, i, item);
        print_columns(file, &told, i ? "\t" : "");
    }
    fputc('\n', file);
}

static void print_object(FILE *file, const Told *told)
{
    fputc('{', file);
    if (told->target) {
        fprintf(file, "\"class\":%d,\"name\":", told->class);
        if (has_name(told))
            print_json_string(file, told->target->classes.names[told->class]);
        else
            fprintf(file, "\"%d\"", told->class);
        fputc(',', file);
    }
    fputs("\"scores\":[", file);
    for (int64_t i = 0; i < told->width; i++)
        fprintf(file, i ? ",%.9g" : "%.9g", (double)told->scores[i]);
    fputs("]}", file);
}

static void print_objects(FILE *file, const NndFields *fields, const NndPrediction *prediction, int64_t item)
{
    bool several = prediction->output_count > 1;
    for (int i = 0; i < prediction->output_count; i++) {
        Told told = tell(fields, prediction, i, item);
        if (several)
            fprintf(file, "%c\"%s\":", i ? ',' : '{', told.output);
        print_object(file, &told);
    }
    fputs(several ? "}\n" : "\n", file);
}

void nnd_print_predictions(FILE *file, const NndFields *fields, const NndPrediction *prediction, bool json)
{
    for (int64_t i = 0; i < prediction->count; i++)
        (json ? print_objects : print_line)(file, fields, prediction, i);
}
