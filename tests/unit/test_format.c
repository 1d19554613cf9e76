/* SPDX-License-Identifier: Apache-2.0
 *
 * The formatter on every program of the repository as it is, and on those and a thousand generated
 * programs laid out anew by chance: other indentation, spaces, empty lines and comments.
 */
#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "compiler/ir/lower.h"
#include "lang/format.h"
#include "lang/program.h"
#include "tests/check.h"
#include "tests/diff/generate_source.h"

enum { GENERATED = 1000 };

static uint64_t state = 1;

static unsigned draw(unsigned below)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33) % below;
}

static glob_t programs(void)
{
    glob_t files = {0};
    glob("stdlib/*.nnd", 0, NULL, &files);
    glob("examples/*.nnd", GLOB_APPEND, NULL, &files);
    glob("tests/lang/*.nnd", GLOB_APPEND, NULL, &files);
    glob("tests/errors/*.nnd", GLOB_APPEND, NULL, &files);
    return files;
}

static const char *format(Arena *arena, const char *path, const char *text)
{
    const Source *formatted = format_source(arena, source_new(arena, path, text, strlen(text)), diags_new(arena));
    return formatted ? formatted->text : NULL;
}

/* The IR of a file with one model, without line numbers; "" if there is none. */
static const char *ir_of(Arena *arena, const char *path, const char *text)
{
    Diags *diags = diags_new(arena);
    Program *program = program_check(arena, source_new(arena, path, text, strlen(text)), NULL, NULL, 0, 50, diags);
    IrModule *module = program ? lower_program(arena, program, NND_F32, diags) : NULL;
    if (!module)
        return "";
    char *ir = ir_module_text(arena, module), *to = ir;
    for (const char *from = ir; *from; from++) {
        if (!strncmp(from, " ; line ", 8))
            from += strcspn(from, "\n");
        *to++ = *from;
    }
    *to = '\0';
    return ir;
}

static void is_formatted_once(Arena *arena, const char *path, const char *text)
{
    const char *once = format(arena, path, text);
    if (!once)
        return;
    const char *twice = format(arena, path, once);
    CHECK(twice != NULL);
    if (!twice || strcmp(once, twice))
        printf("%s: formatting it again changes it:\n%s----\n%s", path, once, twice ? twice : "(refused)");
    CHECK(twice && !strcmp(once, twice));
    CHECK_STR_EQ(ir_of(arena, path, once), ir_of(arena, path, text));
}

static void formatting_again_changes_nothing(void)
{
    glob_t files = programs();
    CHECK(files.gl_pathc > 100);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        Arena *arena = arena_new();
        const char *why;
        Source *source = source_read(arena, files.gl_pathv[i], &why);
        if (source && !memchr(source->text, 0, (size_t)source->length))
            is_formatted_once(arena, files.gl_pathv[i], source->text);
        arena_free(arena);
    }
    globfree(&files);
}

static void library_and_examples_are_formatted(void)
{
    glob_t files = {0};
    glob("stdlib/*.nnd", 0, NULL, &files);
    glob("examples/*.nnd", GLOB_APPEND, NULL, &files);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        Arena *arena = arena_new();
        const char *why;
        Source *source = source_read(arena, files.gl_pathv[i], &why);
        const char *text = source ? format(arena, files.gl_pathv[i], source->text) : NULL;
        CHECK(text != NULL);
        if (text && strcmp(text, source->text))
            printf("%s is not formatted: run `nnd fmt %s`\n", files.gl_pathv[i], files.gl_pathv[i]);
        CHECK(text && !strcmp(text, source->text));
        arena_free(arena);
    }
    globfree(&files);
}

/* ---- programs laid out by chance ---- */

typedef struct Text {
    char data[1 << 16];
    size_t size;
} Text;

static void put(Text *text, const char *word)
{
    size_t length = strlen(word);
    if (text->size + length < sizeof text->data) {
        memcpy(text->data + text->size, word, length + 1);
        text->size += length;
    }
}

static void put_blanks(Text *text, unsigned most)
{
    for (unsigned n = draw(most); n > 0; n--)
        put(text, draw(8) ? " " : "\t");
}

static void put_line_end(Text *text)
{
    put_blanks(text, 4);
    if (draw(6) == 0)
        put(text, draw(2) ? "// said, by chance: { [ (" : "//");
    put(text, draw(20) ? "\n" : "\r\n");
    while (draw(6) == 0)
        put(text, draw(2) ? "\n" : "  \t\n");
    if (draw(10) == 0)
        put(text, "   // on a line of its own  \n");
}

/* Blanks where there are some become others; comments and lines stay, as they end statements. */
static const char *laid_out(const char *source, Text *out)
{
    bool begins = true, quoted = false;
    out->size = 0;
    for (const char *at = source; *at; at++) {
        if (!quoted && at[0] == '/' && at[1] == '/') {
            char comment[512];
            int length = (int)strcspn(at, "\n");
            snprintf(comment, sizeof comment, "%.*s", length, at);
            put(out, comment);
            at += length - 1;
        } else if (*at == '\n') {
            put_line_end(out);
            begins = true;
        } else if (*at == ' ' && !quoted) {
            if (!begins)
                put(out, " ");
            put_blanks(out, begins ? 3 : 4);
        } else {
            quoted ^= *at == '"';
            put(out, (char[]){*at, 0});
            begins = false;
        }
    }
    return out->data;
}

static void layout_does_not_matter(void)
{
    static Text text;
    glob_t files = programs();
    for (int i = 0; i < GENERATED; i++) {
        Arena *arena = arena_new();
        const char *why, *path = files.gl_pathv[(size_t)i % files.gl_pathc];
        Source *source = source_read(arena, path, &why);
        if (source && (size_t)source->length < sizeof text.data / 4 && !memchr(source->text, 0, (size_t)source->length))
            is_formatted_once(arena, path, laid_out(source->text, &text));
        arena_free(arena);
    }
    globfree(&files);
}

static void generated_programs_keep_their_ir(void)
{
    static Text text;
    for (uint64_t seed = 1; seed <= GENERATED; seed++) {
        Arena *arena = arena_new();
        const char *label = arena_printf(arena, "generated program %d", (int)seed);
        const char *program = generate_source(arena, seed);
        CHECK(*ir_of(arena, label, program));
        CHECK(strlen(program) < sizeof text.data / 4);
        is_formatted_once(arena, label, laid_out(program, &text));
        arena_free(arena);
    }
}

/* ---- the rules, one by one ---- */

static void becomes(const char *text, const char *expected)
{
    Arena *arena = arena_new();
    const char *formatted = format(arena, "text", text);
    CHECK_STR_EQ(formatted ? formatted : "(refused)", expected);
    arena_free(arena);
}

static void statements_are_indented_by_their_blocks(void)
{
    becomes("model  M{input x:f32[batch ,4]\n output p=if true{x}\nelse{ x+1 } }\n\n\n",
            "model M { input x : f32[batch, 4]\n    output p = if true { x }\n               else { x + 1 } }\n");
    becomes("layer L(a: dim)\n(x: f32[..., n]) -> f32[..., n] {\ny = f(x,\n1)\nx\n|> y\n}",
            "layer L(a: dim)\n       (x: f32[..., n]) -> f32[..., n] {\n    y = f(x,\n          1)\n    x\n        |> y\n}\n");
}

static void aligned_columns_stay_aligned(void)
{
    becomes("train T {\n  a    = 1\n  long = 2\n  b = 3\n}\n", "train T {\n    a    = 1\n    long = 2\n    b = 3\n}\n");
    becomes("model M {\n  input  x : f32[batch]\n  target label : class[batch]\n}\n",
            "model M {\n    input  x : f32[batch]\n    target label : class[batch]\n}\n");
}

static void comments_stay_where_they_are_said(void)
{
    becomes("// first\n\n\n\n// second\ntrain T {   // third\n// fourth\na = 1 // fifth\n}\n// last",
            "// first\n\n// second\ntrain T {   // third\n    // fourth\n    a = 1  // fifth\n}\n// last\n");
}

static void syntax_errors_are_not_formatted(void)
{
    Arena *arena = arena_new();
    CHECK(format(arena, "text", "model M { input }") == NULL);
    arena_free(arena);
}

int main(void)
{
    statements_are_indented_by_their_blocks();
    aligned_columns_stay_aligned();
    comments_stay_where_they_are_said();
    syntax_errors_are_not_formatted();
    formatting_again_changes_nothing();
    library_and_examples_are_formatted();
    layout_does_not_matter();
    generated_programs_keep_their_ir();
    return test_report();
}
