/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/predict.h"

#include <stdlib.h>
#include <string.h>

static NndStatus take_batch(NndScores *scores, const NndSession *session, int output, int64_t total, int64_t first,
                            int64_t count, NndError *error)
{
    int64_t width = nnd_session_result_count(session, output) / count;
    if (!scores->data) {
        scores->width = width;
        scores->data = malloc((size_t)(total * width + 1) * sizeof *scores->data);
    }
    if (!scores->data)
        return nnd_fail(error, NND_ENOMEM, "out of memory for the predictions");
    memcpy(scores->data + first * width, nnd_session_result(session, output), (size_t)(count * width) * sizeof(float));
    return NND_OK;
}

NndStatus nnd_predict(NndScores *out, NndSession *session, int output, const NndDataset *set, int64_t batch, NndRun *run,
                      void *engine, NndPool *pool, NndError *error)
{
    *out = (NndScores){.count = set->count};
    int64_t *items = malloc((size_t)batch * sizeof *items);
    NndStatus status = items ? NND_OK : nnd_fail(error, NND_ENOMEM, "out of memory for a batch");
    for (int64_t first = 0; !status && first < set->count; first += batch) {
        int64_t count = set->count - first < batch ? set->count - first : batch;
        for (int64_t i = 0; i < count; i++)
            items[i] = first + i;
        status = nnd_session_batch(session, set, items, count, error);
        if (!status)
            status = nnd_session_run(session, run, engine, pool, 0, 0, error);
        if (!status)
            status = take_batch(out, session, output, set->count, first, count, error);
    }
    free(items);
    if (status)
        nnd_scores_free(out);
    return status;
}

void nnd_scores_free(NndScores *scores)
{
    free(scores->data);
    *scores = (NndScores){0};
}

int32_t nnd_predicted_class(const NndModel *model, const float *scores, int64_t width)
{
    if (width == 1)
        return scores[0] >= (model->has_threshold ? model->threshold : 0.5);
    if (width == 2 && model->has_threshold)
        return scores[1] >= model->threshold;
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

static void print_line(FILE *file, const NndModel *model, int32_t class, const float *scores, int64_t width)
{
    const char *mark = "\t";
    if (class < model->classes.count)
        fputs(model->classes.names[class], file);
    else if (model->classes.count)
        fprintf(file, "%d", class);
    else
        mark = "";
    for (int64_t i = 0; i < width; i++, mark = "\t")
        fprintf(file, "%s%.6f", mark, (double)scores[i]);
    fputc('\n', file);
}

static void print_object(FILE *file, const NndModel *model, int32_t class, const float *scores, int64_t width)
{
    fputc('{', file);
    if (model->classes.count)
        fprintf(file, "\"class\":%d,\"name\":", class);
    if (class < model->classes.count)
        print_json_string(file, model->classes.names[class]);
    else if (model->classes.count)
        fprintf(file, "\"%d\"", class);
    fprintf(file, "%s\"scores\":[", model->classes.count ? "," : "");
    for (int64_t i = 0; i < width; i++)
        fprintf(file, i ? ",%.9g" : "%.9g", (double)scores[i]);
    fputs("]}\n", file);
}

void nnd_print_predictions(FILE *file, const NndModel *model, const NndScores *scores, bool json)
{
    for (int64_t i = 0; i < scores->count; i++) {
        const float *row = scores->data + i * scores->width;
        int32_t class = nnd_predicted_class(model, row, scores->width);
        (json ? print_object : print_line)(file, model, class, row, scores->width);
    }
}
