/* SPDX-License-Identifier: Apache-2.0
 *
 * Pieces are the tokens and comments of a source in order. Three steps lay them out: how much
 * space each wants in front of it in its line, then how columns are aligned (both do not depend
 * on indentation), then the indentation of each line from the brackets that are open.
 */
#include "lang/format.h"

#include "lang/format_layout.h"

static int characters(const char *text, int length)
{
    int count = 0;
    for (int i = 0; i < length; i++)
        count += ((unsigned char)text[i] & 0xC0) != 0x80;
    return count;
}

int piece_width(const Piece *piece)
{
    return characters(piece->text, piece->length);
}

/* ---- pieces ---- */

typedef struct Reader {
    Arena *arena;
    const Source *source;
    Pieces pieces;
    int newlines; /* since the last piece */
    int at;       /* bytes read */
    int line;     /* where the line at hand begins */
} Reader;

static void add_piece(Reader *r, int kind, int start, int end)
{
    const char *text = r->source->text;
    while (kind == PIECE_COMMENT && end > start && strchr(" \t\r\f", text[end - 1]))
        end--;
    Piece piece = {.kind = kind,
                   .text = text + start,
                   .length = end - start,
                   .column = characters(text + r->line, start - r->line),
                   .first = r->newlines > 0 || r->pieces.count == 0,
                   .blank = r->newlines > 1 && r->pieces.count > 0,
                   .spaced = start > 0 && strchr(" \t\r\f", text[start - 1])};
    vec_push(r->arena, &r->pieces, piece);
    r->newlines = 0;
}

/* What stands between two tokens: blanks, ends of lines, comments. */
static void read_gap(Reader *r, int end)
{
    const char *text = r->source->text;
    while (r->at < end) {
        if (text[r->at] == '\n') {
            r->newlines++;
            r->line = ++r->at;
        } else if (text[r->at] == '/') {
            int start = r->at;
            while (r->at < end && text[r->at] != '\n')
                r->at++;
            add_piece(r, PIECE_COMMENT, start, r->at);
        } else {
            r->at++;
        }
    }
}

static Pieces read_pieces(Arena *arena, const Source *source)
{
    Reader r = {.arena = arena, .source = source};
    Tokens tokens = scan_source(arena, source);
    for (int i = 0; i < tokens.count; i++) {
        const Token *token = &tokens.data[i];
        read_gap(&r, token->span.start);
        add_piece(&r, token->kind, token->span.start, token->span.end);
        r.at = token->span.end;
    }
    read_gap(&r, source->length);
    return r.pieces;
}

/* ---- text ---- */

static Source *write_pieces(Arena *arena, const Pieces *pieces, const char *path)
{
    VEC(char) out = {0};
    for (int i = 0; i < pieces->count; i++) {
        const Piece *piece = &pieces->data[i];
        for (int n = piece->first && i > 0 ? 1 + piece->blank : 0; n > 0; n--)
            vec_push(arena, &out, '\n');
        for (int n = piece->space; n > 0; n--)
            vec_push(arena, &out, ' ');
        for (int n = 0; n < piece->length; n++)
            vec_push(arena, &out, piece->text[n]);
    }
    if (pieces->count)
        vec_push(arena, &out, '\n');
    return source_new(arena, path, out.count ? out.data : "", (size_t)out.count);
}

static bool same_pieces(const Pieces *a, const Pieces *b)
{
    bool same = a->count == b->count;
    for (int i = 0; same && i < a->count; i++) {
        const Piece *x = &a->data[i], *y = &b->data[i];
        same = x->kind == y->kind && x->length == y->length && !memcmp(x->text, y->text, (size_t)x->length);
    }
    return same;
}

Source *format_source(Arena *arena, const Source *source, Diags *diags)
{
    int errors = diags->error_count;
    parse_source(arena, source, diags);
    if (diags->error_count > errors)
        return NULL;
    Pieces pieces = read_pieces(arena, source);
    layout_spaces(&pieces);
    layout_columns(arena, &pieces);
    layout_lines(arena, &pieces);
    Source *formatted = write_pieces(arena, &pieces, source->path);
    Pieces again = read_pieces(arena, formatted);
    return same_pieces(&pieces, &again) ? formatted : NULL;
}
