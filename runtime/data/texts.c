/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/data/texts.h"

#include "runtime/data/tsv.h"

#include <stdlib.h>

enum { LABEL, TEXT };

NndStatus nnd_texts_parse(NndTexts *out, NndFile *file, const char *name, bool labelled, NndError *error)
{
    char label[] = "label", text[] = "text";
    NndField items[] = {[LABEL] = {.name = label, .kind = NND_FIELD_CLASS, .target = true},
                        [TEXT] = {.name = text, .kind = NND_FIELD_TEXT}};
    NndFields fields = {items, 2};
    NndDataset set;
    *out = (NndTexts){0};
    NndLayoutWish wish = {.labelled = labelled, .targets = labelled};
    NndStatus status = nnd_tsv_parse(&set, file, name, &fields, &wish, error);
    if (status)
        return status;
    *out = (NndTexts){set.count, set.columns[TEXT].texts, set.columns[LABEL].labels, set.columns[LABEL].classes, set.file};
    free(set.columns);
    return NND_OK;
}

NndStatus nnd_texts_load(NndTexts *out, const char *path, bool labelled, NndError *error)
{
    *out = (NndTexts){0};
    NndFile file;
    NndStatus status = nnd_file_read_gzip(&file, path, NND_MAX_FILE, error);
    return status ? status : nnd_texts_parse(out, &file, path, labelled, error);
}

void nnd_texts_free(NndTexts *texts)
{
    free(texts->texts);
    free(texts->labels);
    nnd_classes_free(&texts->classes);
    nnd_file_free(&texts->file);
    *texts = (NndTexts){0};
}
