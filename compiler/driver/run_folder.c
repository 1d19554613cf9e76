/* SPDX-License-Identifier: Apache-2.0
 *
 * The folder of a training: what people and scripts look at while it runs.
 *
 *   model.nnd       the source that is trained
 *   history.jsonl   one JSON object a validation
 *   curves.html     the same, drawn
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "compiler/driver/curves.h"
#include "compiler/driver/trainer.h"
#include "runtime/data/file.h"

static NndStatus put(const Trainer *t, const char *name, const char *text, NndError *error)
{
    return nnd_file_write(arena_printf(t->unit.arena, "%s/%s", t->run_folder, name), text, strlen(text), error);
}

NndStatus run_folder_begin(const Trainer *t, NndError *error)
{
    if (!t->run_folder)
        return NND_OK;
    if (mkdir(t->run_folder, 0777) && errno != EEXIST)
        return nnd_fail(error, NND_EIO, "%s: %s", t->run_folder, strerror(errno));
    return put(t, "model.nnd", t->source->text, error);
}

NndStatus run_folder_update(const Trainer *t, NndError *error)
{
    if (!t->run_folder)
        return NND_OK;
    NndStatus status = put(t, "history.jsonl", t->history, error);
    RunHistory run = {t->unit.program->model, t->history};
    char *page;
    if (!status)
        status = curves_html(&page, t->unit.arena, t->unit.program->model, &run, 1, error);
    return status ? status : put(t, "curves.html", page, error);
}
