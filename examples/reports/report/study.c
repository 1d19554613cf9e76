/* SPDX-License-Identifier: Apache-2.0 */
#include "examples/reports/report/study.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "markup/text.h"

typedef enum BlockKind { BLOCK_MEMORY, BLOCK_RECORDS, BLOCK_FILE, BLOCK_JSON } BlockKind;

struct StudyBlock {
    StudyBlock *next;
    BlockKind kind;
    union {
        void *memory;
        Records records;
        NndFile file;
        json_t *json;
    };
};

/* ---- what lives as long as the study ---- */

static StudyBlock *add_block(Study *study, BlockKind kind)
{
    StudyBlock *block = study->status ? NULL : calloc(1, sizeof *block);
    if (!block) {
        study_fail(study, "out of memory");
        return NULL;
    }
    block->kind = kind;
    block->next = study->blocks;
    study->blocks = block;
    return block;
}

static void free_block(StudyBlock *block)
{
    switch (block->kind) {
    case BLOCK_MEMORY: free(block->memory); break;
    case BLOCK_RECORDS: records_free(&block->records); break;
    case BLOCK_FILE: nnd_file_free(&block->file); break;
    case BLOCK_JSON: json_decref(block->json); break;
    }
    free(block);
}

void study_close(Study *study)
{
    for (StudyBlock *block = study->blocks, *next; block; block = next) {
        next = block->next;
        free_block(block);
    }
    study->blocks = NULL;
}

void *study_alloc(Study *study, size_t count, size_t size)
{
    StudyBlock *block = add_block(study, BLOCK_MEMORY);
    if (block && !(block->memory = calloc(count ? count : 1, size)))
        study_fail(study, "out of memory");
    return block ? block->memory : NULL;
}

char *study_print(Study *study, const char *format, ...)
{
    va_list args;
    char *text = NULL;
    va_start(args, format);
    int size = vasprintf(&text, format, args);
    va_end(args);
    StudyBlock *block = size < 0 ? NULL : add_block(study, BLOCK_MEMORY);
    if (!block) {
        study_fail(study, "out of memory");
        if (size >= 0)
            free(text);
        return NULL;
    }
    return block->memory = text;
}

void study_fail(Study *study, const char *format, ...)
{
    if (study->status)
        return;
    va_list args;
    char text[sizeof study->error->text];
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    study->status = nnd_fail(study->error, NND_EFORMAT, "%s", text);
}

/* ---- files ---- */

bool study_has(const Study *study, const char *path)
{
    char full[4096];
    int size = snprintf(full, sizeof full, "%s/%s", study->folder, path);
    return size < (int)sizeof full && !access(full, F_OK);
}

void study_missing(Study *study, const char *path)
{
    fputs("<p class=\"note\">Not measured yet: there is no <code>", study->out);
    markup_text(study->out, path);
    fputs("</code> in the folder of the study.</p>\n", study->out);
}

/* The file's name as errors call it; NULL if there is nothing to read. */
static const char *find_file(Study *study, const char *path)
{
    if (study->status)
        return NULL;
    if (study_has(study, path))
        return study_print(study, "%s/%s", study->folder, path);
    study_missing(study, path);
    return NULL;
}

static bool read_file(Study *study, NndFile *file, const char *name)
{
    study->status = nnd_file_read(file, name, RECORDS_MAX_FILE, study->error);
    return !study->status;
}

const NndFile *study_text(Study *study, const char *path)
{
    const char *name = find_file(study, path);
    StudyBlock *block = name ? add_block(study, BLOCK_FILE) : NULL;
    return block && read_file(study, &block->file, name) ? &block->file : NULL;
}

const Records *study_records(Study *study, const char *path, const char *const *wishes,
                             int wish_count)
{
    NndFile file;
    const char *name = find_file(study, path);
    StudyBlock *block = name ? add_block(study, BLOCK_RECORDS) : NULL;
    if (!block || !read_file(study, &file, name))
        return NULL;
    study->status = records_parse(&block->records, &file, name, wishes, wish_count, study->error);
    return study->status ? NULL : &block->records;
}

json_t *study_json_line(Study *study, const char *path, const char *data, size_t size, int line)
{
    json_error_t error;
    StudyBlock *block = add_block(study, BLOCK_JSON);
    if (block && !(block->json = json_loadb(data, size, 0, &error)))
        study_fail(study, "%s/%s:%d: %s", study->folder, path, line + error.line - 1, error.text);
    return block ? block->json : NULL;
}

json_t *study_json(Study *study, const char *path)
{
    const NndFile *file = study_text(study, path);
    return file ? study_json_line(study, path, file->data, file->size, 1) : NULL;
}

/* ---- systems ---- */

enum { SYSTEM_NAME, SYSTEM_TITLE, SYSTEM_KIND, SYSTEM_EXTRA, SYSTEM_NETWORK, SYSTEM_OPTIONS };
static const char *const system_columns[] = {"system", "title",   "kind",
                                             "#extra", "network", "options"};

NndStatus study_open(Study *out, const char *folder, FILE *page, NndError *error)
{
    *out = (Study){.folder = folder, .out = page, .error = error};
    if (!study_has(out, "systems.tsv"))
        return out->status = nnd_fail(error, NND_EFORMAT,
                                      "%s: there is no systems.tsv in it, so it is no folder of "
                                      "the study",
                                      folder);
    const Records *r = study_records(out, "systems.tsv", system_columns, 6);
    if (r && r->count > STUDY_MAX_SYSTEMS)
        study_fail(out, "%s/systems.tsv: more than %d systems", folder, STUDY_MAX_SYSTEMS);
    for (int i = 0; !out->status && i < r->count; i++)
        out->systems[out->system_count++] =
            (System){.name = records_text(r, i, SYSTEM_NAME),
                     .title = records_text(r, i, SYSTEM_TITLE),
                     .kind = records_text(r, i, SYSTEM_KIND),
                     .network = records_text(r, i, SYSTEM_NETWORK),
                     .options = records_text(r, i, SYSTEM_OPTIONS),
                     .extra = records_number(r, i, SYSTEM_EXTRA) != 0};
    return out->status;
}

int study_system(const Study *study, const char *name)
{
    for (int i = 0; i < study->system_count; i++)
        if (!strcmp(study->systems[i].name, name))
            return i;
    return -1;
}

const char *study_title(const Study *study, const char *name)
{
    int system = study_system(study, name);
    return system < 0 ? name : study->systems[system].title;
}

Look study_look(const Study *study, int system)
{
    return (Look){.number = system, .dashed = study->systems[system].extra};
}

const char *study_task(const char *task)
{
    if (!strcmp(task, "presence"))
        return "Embolism present or absent";
    if (!strcmp(task, "acuity"))
        return "Embolism acute or not";
    return task;
}
