/* SPDX-License-Identifier: Apache-2.0
 *
 * The grammar. Actions only build the tree; what the tree means is settled by
 * the checker. No conflicts. The grammar accepts any expression where a
 * dimension is wanted, so that the checker can say what is wrong with it.
 */
%require "3.8"
%define api.pure full
%define api.prefix {nnd_parse_}
%define api.location.type {Span}
%define parse.error custom
%define parse.lac full
%locations
%expect 0
%param {void *scanner}
%parse-param {struct Parser *p}

%code requires {
#include "lang/parser.h"
#define YYLLOC_DEFAULT(current, rhs, n)                                                            \
    do {                                                                                           \
        if (n)                                                                                     \
            (current) = span_join(YYRHSLOC(rhs, 1), YYRHSLOC(rhs, n));                             \
        else                                                                                       \
            (current) = (Span){YYRHSLOC(rhs, 0).source, YYRHSLOC(rhs, 0).end, YYRHSLOC(rhs, 0).end}; \
    } while (0)
}

%union {
    const char *name;
    double number;
    Node *node;
    Nodes nodes;
}

%code {
int nnd_lex_lex(YYSTYPE *value, YYLTYPE *location, void *scanner);
#define nnd_parse_lex nnd_lex_lex
static void nnd_parse_error(const YYLTYPE *span, void *scanner, Parser *p, const char *message);

#define LIST(target, item)                                                                         \
    do {                                                                                           \
        (target) = (Nodes){0};                                                                     \
        if (item)                                                                                  \
            vec_push(p->arena, &(target), (item));                                                 \
    } while (0)
#define APPEND(target, list, item)                                                                 \
    do {                                                                                           \
        (target) = (list);                                                                         \
        if (item)                                                                                  \
            vec_push(p->arena, &(target), (item));                                                 \
    } while (0)
}

%token TOK_USE "`use`" TOK_TRAIN "`train`"
%token <name> TOK_LAYER "`layer`" TOK_FUNCTION "`function`" TOK_CONST "`const`" TOK_MODEL "`model`" /* their value: the doc comment in front */
%token TOK_LET "`let`" TOK_PARAM "`param`" TOK_STATISTIC "`statistic`" TOK_INPUT "`input`" TOK_TARGET "`target`"
%token TOK_OUTPUT "`output`" TOK_METRIC "`metric`" TOK_RETURN "`return`" TOK_EMIT "`emit`" TOK_SCAN "`scan`"
%token TOK_OVER "`over`" TOK_FROM "`from`" TOK_IF "`if`" TOK_IF_AFTER "`if` " TOK_ELSE "`else`" TOK_FOR "`for`" TOK_IN "`in`"
%token TOK_TRUE "`true`" TOK_FALSE "`false`"
%token TOK_ELLIPSIS "`...`" TOK_PIPE "`|>`" TOK_ARROW "`->`" TOK_AND "`&&`" TOK_OR "`||`"
%token TOK_EQ "`==`" TOK_NE "`!=`" TOK_LE "`<=`" TOK_GE "`>=`" TOK_DOT "`·`"
%token TOK_PAREN "`(`" TOK_LIST "`[`" TOK_MINUS "`-`" /* where a value begins, not where one goes on */
%token '(' "`(` " ')' "`)`" '[' "`[` " ']' "`]`" '{' "`{`" '}' "`}`"
%token '+' "`+`" '-' "`-` " '*' "`*`" '/' "`/`" '=' "`=`" '<' "`<`" '>' "`>`" '!' "`!`"
%token ',' "`,`" ':' "`:`" '~' "`~`" '.' "`.`"
%token <name> TOK_NAME "a name" TOK_STRING "a string"
%token <number> TOK_INTEGER "an integer" TOK_REAL "a number"

%type <name> name dotted
%type <nodes> items params decls axes statements exprs call_args call_arg_list
%type <nodes> map_entries options named_list over_names train_entries uses targets scan_from
%type <node> item layer function constant model train decl type result axis block statement binding weight
%type <node> expr condition otherwise call_arg named every key if_expr list_expr

%left TOK_PIPE
%left TOK_OR
%left TOK_AND
%nonassoc TOK_EQ TOK_NE '<' '>' TOK_LE TOK_GE
%left '+' '-'
%left '*' '/'
%left TOK_DOT
%precedence UNARY
%precedence '('

%%

file:
    items { node_add_all(p, p->file, &$items); }

items:
    %empty { $$ = (Nodes){0}; }
  | items[list] item { APPEND($$, $list, $item); }
  | items[list] TOK_USE uses {
        $$ = $list;
        for (int i = 0; i < $uses.count; i++)
            vec_push(p->arena, &$$, $uses.data[i]);
    }

uses:
    dotted { LIST($$, node_named(p, N_USE, @$, @dotted, $dotted)); }
  | uses[list] ',' dotted { APPEND($$, $list, node_named(p, N_USE, @dotted, @dotted, $dotted)); }

item:
    layer
  | function
  | constant
  | model
  | train
  | error { $$ = NULL; }

layer:
    TOK_LAYER name[id] params[options] params[args] result block {
        $$ = node_layer(p, @$, @id, $id, $TOK_LAYER);
        node_add(p, $$, node_params(p, @options, &$options));
        node_add(p, $$, node_args(p, @args, &$args));
        node_add(p, $$, $result);
        node_add(p, $$, $block);
    }
  | TOK_LAYER name[id] params[args] result block {
        $$ = node_layer(p, @$, @id, $id, $TOK_LAYER);
        node_add(p, $$, node_params(p, @id, &(Nodes){0}));
        node_add(p, $$, node_args(p, @args, &$args));
        node_add(p, $$, $result);
        node_add(p, $$, $block);
    }

function:
    TOK_FUNCTION name[id] params[args] result block {
        $$ = node_function(p, @$, @id, $id, $TOK_FUNCTION, node_operands(p, @args, &$args));
        node_add(p, $$, $result);
        node_add(p, $$, $block);
    }
  | TOK_FUNCTION name[id] params[args] result '=' expr[value] {
        $$ = node_function(p, @$, @id, $id, $TOK_FUNCTION, node_operands(p, @args, &$args));
        node_add(p, $$, $result);
        node_add(p, $$, node_with(p, N_BLOCK, @value, 1, node_with(p, N_EXPR, @value, 1, $value)));
    }

constant:
    TOK_CONST name[id] '=' expr {
        $$ = node_named(p, N_CONST, @$, @id, $id);
        $$->doc = $TOK_CONST;
        node_add(p, $$, $expr);
    }

model:
    TOK_MODEL name[id] params block {
        $$ = node_named(p, N_MODEL, @$, @id, $id);
        $$->doc = $TOK_MODEL;
        node_add(p, $$, node_params(p, @params, &$params));
        node_add(p, $$, $block);
    }
  | TOK_MODEL name[id] block {
        $$ = node_named(p, N_MODEL, @$, @id, $id);
        $$->doc = $TOK_MODEL;
        node_add(p, $$, node_params(p, @id, &(Nodes){0}));
        node_add(p, $$, $block);
    }

train:
    TOK_TRAIN name[id] '{' train_entries '}' {
        $$ = node_named(p, N_TRAIN, @$, @id, $id);
        node_add_all(p, $$, &$train_entries);
    }

train_entries:
    %empty { $$ = (Nodes){0}; }
  | train_entries[list] binding { APPEND($$, $list, $binding); }
  | train_entries[list] error { $$ = $list; }

params:
    open ')' { $$ = (Nodes){0}; }
  | open decls ')' { $$ = $decls; }
  | open error ')' { $$ = (Nodes){0}; }

open:
    '('
  | TOK_PAREN

decls:
    decl { LIST($$, $decl); }
  | decls[list] ',' decl { APPEND($$, $list, $decl); }

/* kids: the default or NULL, the type; node_params, node_args and node_operands keep what they need */
decl:
    name[id] ':' type {
        $$ = node_named(p, N_PARAM, @$, @id, $id);
        node_add(p, $$, NULL);
        node_add(p, $$, $type);
    }
  | name[id] ':' type '=' expr {
        $$ = node_named(p, N_PARAM, @$, @id, $id);
        node_add(p, $$, $expr);
        node_add(p, $$, $type);
    }

result:
    %empty { $$ = NULL; }
  | TOK_ARROW type { $$ = $type; }

type:
    name[id] { $$ = node_named(p, N_TYPE, @$, @id, $id); }
  | TOK_FUNCTION { $$ = node_named(p, N_TYPE, @$, @$, parser_intern(p, "function", 8)); }
  | name[id] '[' axes ']' {
        $$ = node_named(p, N_TYPE, @$, @id, $id);
        $$->flag = true;
        node_add_all(p, $$, &$axes);
    }
  | name[id] '[' ']' { $$ = node_named(p, N_TYPE, @$, @id, $id); $$->flag = true; }

axes:
    axis { LIST($$, $axis); }
  | axes[list] ',' axis { APPEND($$, $list, $axis); }

axis:
    TOK_ELLIPSIS { $$ = node_new(p, N_ELLIPSIS, @$); }
  | name[id] '~' { $$ = node_named(p, N_RAGGED, @$, @id, $id); node_add(p, $$, NULL); }
  | name[id] '~' TOK_LE expr { $$ = node_named(p, N_RAGGED, @$, @id, $id); node_add(p, $$, $expr); }
  | expr

block:
    '{' statements '}' { $$ = node_list(p, N_BLOCK, @$, &$statements); }

statements:
    %empty { $$ = (Nodes){0}; }
  | statements[list] statement { APPEND($$, $list, $statement); }
  | statements[list] error { $$ = $list; }

statement:
    binding
  | weight
  | TOK_INPUT name[id] ':' type { $$ = node_named(p, N_INPUT, @$, @id, $id); node_add(p, $$, $type); }
  | TOK_INPUT name[id] ':' type '=' expr[otherwise] {
        $$ = node_named(p, N_INPUT, @$, @id, $id);
        node_add(p, $$, $type);
        node_add(p, $$, $otherwise);
    }
  | TOK_TARGET name[id] ':' type { $$ = node_named(p, N_TARGET, @$, @id, $id); node_add(p, $$, $type); }
  | TOK_OUTPUT name[id] '=' expr { $$ = node_named(p, N_OUTPUT, @$, @id, $id); node_add(p, $$, $expr); }
  | TOK_METRIC name[id] '=' expr { $$ = node_named(p, N_METRIC, @$, @id, $id); node_add(p, $$, $expr); }
  | TOK_RETURN expr { $$ = node_with(p, N_RETURN, @$, 1, $expr); }
  | TOK_EMIT exprs { $$ = node_list(p, N_EMIT, @$, &$exprs); }
  | expr { $$ = node_with(p, N_EXPR, @$, 1, $expr); }

binding:
    targets '=' expr {
        $$ = node_list(p, N_BIND, @$, &$targets);
        node_add(p, $$, $expr);
    }
  | TOK_LET targets '=' expr {
        $$ = node_list(p, N_BIND, @$, &$targets);
        $$->flag = true;
        node_add(p, $$, $expr);
    }

targets:
    name { LIST($$, node_named(p, N_NAME, @$, @$, $name)); }
  | targets[list] ',' name { APPEND($$, $list, node_named(p, N_NAME, @name, @name, $name)); }

weight:
    TOK_PARAM name[id] ':' type '=' expr condition {
        $$ = node_named(p, N_WEIGHT, @$, @id, $id);
        node_add(p, $$, $type);
        node_add(p, $$, $expr);
        node_add(p, $$, $condition);
    }
  | TOK_STATISTIC name[id] ':' type '=' expr {
        $$ = node_named(p, N_WEIGHT, @$, @id, $id);
        $$->flag = true;
        node_add(p, $$, $type);
        node_add(p, $$, $expr);
        node_add(p, $$, NULL);
    }

condition:
    %empty { $$ = NULL; }
  | TOK_IF_AFTER expr { $$ = $expr; }

exprs:
    expr { LIST($$, $expr); }
  | exprs[list] ',' expr { APPEND($$, $list, $expr); }

expr:
    TOK_INTEGER { $$ = node_new(p, N_NUMBER, @$); $$->number = $1; $$->flag = true; }
  | TOK_REAL { $$ = node_new(p, N_NUMBER, @$); $$->number = $1; }
  | TOK_STRING { $$ = node_new(p, N_STRING, @$); $$->text = $1; }
  | TOK_TRUE { $$ = node_new(p, N_BOOL, @$); $$->flag = true; }
  | TOK_FALSE { $$ = node_new(p, N_BOOL, @$); }
  | dotted { $$ = node_named(p, N_NAME, @$, @$, $dotted); }
  | TOK_PAREN expr[x] ')' { $$ = $x; $$->span = @$; }
  | list_expr
  | '{' map_entries '}' { $$ = node_list(p, N_MAP, @$, &$map_entries); }
  | expr[f] '(' call_args ')' {
        $$ = node_with(p, N_CALL, @$, 1, $f);
        node_add_all(p, $$, &$call_args);
    }
  | TOK_MINUS expr[x] %prec UNARY { $$ = node_unary(p, O_NEG, @$, @1, $x); }
  | '!' expr[x] %prec UNARY { $$ = node_unary(p, O_NOT, @$, @1, $x); }
  | expr[x] TOK_DOT expr[y] { $$ = node_binary(p, O_DOT, @2, $x, $y); }
  | expr[x] '*' expr[y] { $$ = node_binary(p, O_MUL, @2, $x, $y); }
  | expr[x] '/' expr[y] { $$ = node_binary(p, O_DIV, @2, $x, $y); }
  | expr[x] '+' expr[y] { $$ = node_binary(p, O_ADD, @2, $x, $y); }
  | expr[x] '-' expr[y] { $$ = node_binary(p, O_SUB, @2, $x, $y); }
  | expr[x] TOK_EQ expr[y] { $$ = node_binary(p, O_EQ, @2, $x, $y); }
  | expr[x] TOK_NE expr[y] { $$ = node_binary(p, O_NE, @2, $x, $y); }
  | expr[x] '<' expr[y] { $$ = node_binary(p, O_LT, @2, $x, $y); }
  | expr[x] '>' expr[y] { $$ = node_binary(p, O_GT, @2, $x, $y); }
  | expr[x] TOK_LE expr[y] { $$ = node_binary(p, O_LE, @2, $x, $y); }
  | expr[x] TOK_GE expr[y] { $$ = node_binary(p, O_GE, @2, $x, $y); }
  | expr[x] TOK_AND expr[y] { $$ = node_binary(p, O_AND, @2, $x, $y); }
  | expr[x] TOK_OR expr[y] { $$ = node_binary(p, O_OR, @2, $x, $y); }
  | expr[x] TOK_PIPE expr[y] {
        $$ = node_with(p, N_PIPE, @$, 2, $x, $y);
        $$->name_span = @2;
    }
  | if_expr
  | TOK_FOR name[id] TOK_IN expr[list] block {
        $$ = node_named(p, N_FOR, @$, @id, $id);
        node_add(p, $$, $list);
        node_add(p, $$, $block);
    }
  | TOK_SCAN exprs TOK_OVER name[id] options scan_from block {
        $$ = node_named(p, N_SCAN, @$, @id, $id);
        node_add(p, $$, node_list(p, N_LIST, @exprs, &$exprs));
        node_add(p, $$, node_list(p, N_LIST, @options, &$options));
        node_add(p, $$, node_list(p, N_LIST, @scan_from, &$scan_from));
        node_add(p, $$, $block);
    }

list_expr:
    TOK_LIST ']' { $$ = node_new(p, N_LIST, @$); }
  | TOK_LIST exprs ']' { $$ = node_list(p, N_LIST, @$, &$exprs); }

if_expr:
    TOK_IF expr block otherwise { $$ = node_with(p, N_IF, @$, 3, $expr, $block, $otherwise); }

otherwise:
    %empty { $$ = NULL; }
  | TOK_ELSE block { $$ = $block; }
  | TOK_ELSE if_expr { $$ = $if_expr; }

map_entries:
    key ':' expr { LIST($$, $key); vec_push(p->arena, &$$, $expr); }
  | map_entries[list] ',' key ':' expr {
        APPEND($$, $list, $key);
        vec_push(p->arena, &$$, $expr);
    }

key:
    dotted { $$ = node_named(p, N_NAME, @$, @$, $dotted); }
  | TOK_STRING { $$ = node_new(p, N_STRING, @$); $$->text = $1; }

call_args:
    %empty { $$ = (Nodes){0}; }
  | call_arg_list
  | error { $$ = (Nodes){0}; }

call_arg_list:
    call_arg { LIST($$, $call_arg); }
  | call_arg_list[list] ',' call_arg { APPEND($$, $list, $call_arg); }

call_arg:
    expr
  | named
  | TOK_ELLIPSIS { $$ = node_new(p, N_ELLIPSIS, @$); }
  | TOK_OVER name[id] { $$ = node_with(p, N_OVER, @$, 1, node_named(p, N_NAME, @id, @id, $id)); }
  | TOK_OVER TOK_ELLIPSIS[front] { $$ = node_with(p, N_OVER, @$, 1, node_new(p, N_ELLIPSIS, @front)); }
  | TOK_OVER open over_names ')' { $$ = node_list(p, N_OVER, @$, &$over_names); }

over_names:
    name[id] { LIST($$, node_named(p, N_NAME, @$, @$, $id)); }
  | TOK_ELLIPSIS { LIST($$, node_new(p, N_ELLIPSIS, @$)); }
  | over_names[list] ',' name[id] { APPEND($$, $list, node_named(p, N_NAME, @id, @id, $id)); }

named:
    name[id] '=' expr {
        $$ = node_named(p, N_NAMED, @$, @id, $id);
        node_add(p, $$, $expr);
    }

named_list:
    named { LIST($$, $named); }
  | named_list[list] ',' named { APPEND($$, $list, $named); }

options:
    %empty { $$ = (Nodes){0}; }
  | options[list] ',' named { APPEND($$, $list, $named); }
  | options[list] ',' every { APPEND($$, $list, $every); }

every:
    name[id] name[word] expr condition {
        $$ = node_named(p, N_EVERY, @$, @id, $id);
        $$->text = $word;
        node_add(p, $$, $expr);
        node_add(p, $$, $condition);
    }

scan_from:
    %empty { $$ = (Nodes){0}; }
  | TOK_FROM named_list { $$ = $named_list; }
  | ',' TOK_FROM named_list { $$ = $named_list; }

name:
    TOK_NAME

dotted:
    name
  | dotted[list] '.' name { $$ = parser_intern_dotted(p, $list, $name); }

%%

static void report(Parser *p, Span span, const char *expected, const char *found)
{
    int line = source_place(p->source, span.start).line;
    if (line == p->last_error_line)
        return;
    p->last_error_line = line;
    diag_report(p->diags, span, E_SYNTAX, expected, found);
}

/* Memory for the parser's stack, the only error that bison itself words. */
static void nnd_parse_error(const YYLTYPE *span, void *scanner, Parser *p, const char *message)
{
    (void)scanner;
    (void)message;
    diag_report(p->diags, *span, E_TOO_DEEP);
}

/* "`,` or `)`"; NULL if the list would be too long to help. */
static const char *expected_text(const yypcontext_t *context, Parser *p)
{
    enum { MOST = 6 };
    yysymbol_kind_t expected[MOST];
    int count = yypcontext_expected_tokens(context, expected, MOST);
    if (count <= 0)
        return NULL;
    const char *text = yysymbol_name(expected[0]);
    for (int i = 1; i < count; i++)
        text = arena_printf(p->arena, "%s%s%s", text, i + 1 < count ? ", " : " or ",
                            yysymbol_name(expected[i]));
    return text;
}

static int yyreport_syntax_error(const yypcontext_t *context, void *scanner, Parser *p)
{
    (void)scanner;
    Span span = *yypcontext_location(context);
    yysymbol_kind_t token = yypcontext_token(context);
    const char *expected = expected_text(context, p);
    const char *found = "the end of the file";
    if (token != YYSYMBOL_YYEOF && token != YYSYMBOL_YYEMPTY)
        found = arena_printf(p->arena, "`%.*s`", span.end - span.start > 40 ? 40 : span.end - span.start,
                             p->source->text + span.start);
    report(p, span, expected ? expected : "a statement, an expression or `}`", found);
    return 0;
}
