/* SPDX-License-Identifier: Apache-2.0 */
#include "markup/page.h"

#include "markup/chart.h"
#include "markup/heat.h"
#include "markup/text.h"

/* Text in #222 on white is 16 : 1, in #e4e6e9 on #16181c 14 : 1; what is muted stays above 5 : 1.
 */
static const char *const style[] = {
    ":root{--text:#222;--ground:#fff;--muted:#5a5e63;--line:#d5d8dc;--soft:#f4f5f7;--link:#0b5c99}",
    "@media screen and (prefers-color-scheme:dark){:root{--text:#e4e6e9;--ground:#16181c;"
    "--muted:#a9adb3;--line:#3a3e45;--soft:#20242a;--link:#7cc0f5;color-scheme:dark}}",
    "*{box-sizing:border-box}",
    "body{font:16px/1.55 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;"
    "color:var(--text);background:var(--ground);overflow-wrap:break-word}",
    "h1{font-size:1.7rem;line-height:1.25;margin:0 0 .6rem}",
    "h2{font-size:1.25rem;line-height:1.3;margin:2.6rem 0 .5rem;border-top:1px solid var(--line);"
    "padding-top:1rem}",
    "h3{font-size:1.02rem;margin:1.4rem 0 .3rem}h4{font-size:.88rem;margin:.6rem 0 .1rem;"
    "color:var(--muted)}p{margin:.5rem 0}a{color:var(--link)}",
    ".contents{columns:2 14rem;padding-left:1.6rem;margin:.6rem 0}",
    ".n{color:var(--muted)}code,pre{font:.88em/1.5 ui-monospace,monospace}",
    "pre{background:var(--soft);padding:.7rem .9rem;border-radius:.4rem;overflow-x:auto}",
    ".note{border-left:4px solid var(--muted);background:var(--soft);padding:.5rem .9rem}",
    ".kind{display:inline-block;font-size:.75rem;font-weight:600;letter-spacing:.03em;"
    "border:1px solid currentColor;border-radius:1rem;padding:0 .6rem;color:var(--muted)}",
    /* tables */
    ".wide{overflow-x:auto;margin:.7rem 0}",
    "@media(min-width:60rem){.wide{width:max-content;max-width:calc(50vw + 21rem)}}",
    "table{border-collapse:collapse;font-size:.88rem;font-variant-numeric:tabular-nums}",
    "caption{text-align:left;padding:.3rem 0;font-weight:600}",
    "caption span.c{display:inline-block;position:sticky;left:0;max-width:calc(100vw - 2rem)}",
    "th,td{text-align:left;padding:.24rem .7rem .24rem 0;vertical-align:top;"
    "border-bottom:1px solid var(--line)}",
    "thead th{border-bottom:2px solid var(--muted);vertical-align:bottom}",
    "th{font-weight:600}tbody th[scope=row]{font-weight:400}"
    "th[scope=row]{min-width:6.5rem}tbody th[scope=rowgroup]{padding-top:.9rem}",
    "@media(min-width:40rem){th[scope=row]{min-width:8.5rem;max-width:18rem}td{max-width:26rem}}",
    ".r{text-align:right}td.r{white-space:nowrap}td small{color:var(--muted);display:block}",
    /* charts */
    "svg.chart{width:100%;height:auto;display:block}",
    ".legend{margin:.3rem 0;font-size:.88rem}.legend span{margin-right:.9rem;display:inline-block;max-width:100%}"
    ".legend svg.chart{width:auto;height:10px;display:inline}",
    ".charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,18rem),1fr));"
    "gap:.4rem 1.6rem}.charts>*{min-width:0}",
    ".charts .wide{width:auto;max-width:100%}",
    ".schematics{display:flex;flex-wrap:wrap;gap:.4rem 1.6rem}",
    ".schematics img{max-width:100%;max-height:40rem;background:#fff;border-radius:.4rem;"
    "padding:.4rem;display:block}",
    "figure{margin:.8rem 0;break-inside:avoid}figcaption{font-weight:600;font-size:.92rem}",
    "details{margin:.5rem 0}td details{margin:0}summary{cursor:pointer;color:var(--link)}",
    "@media print{body{max-width:none;margin:0;font-size:10.5pt}.wide{overflow:visible;width:auto;"
    "max-width:none}table{font-size:8pt}th,td{padding-right:.4rem}th[scope=row]{min-width:0}"
    "caption{font-size:9.5pt}h2,h3,figcaption,caption{break-after:avoid}tr,figure{break-inside:"
    "avoid}"
    "summary{display:none}details::details-content{content-visibility:visible;block-size:auto}"
    "a{color:inherit}}",
};

void page_begin(FILE *out, const char *title)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>"
          "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"/>\n<title>",
          out);
    markup_text(out, title);
    fputs("</title>\n<style>\n", out);
    for (size_t i = 0; i < sizeof style / sizeof *style; i++)
        fprintf(out, "%s\n", style[i]);
    chart_style(out);
    heat_style(out);
    fputs("</style></head>\n<body><main><h1>", out);
    markup_text(out, title);
    fputs("</h1>\n", out);
}

void page_end(FILE *out)
{
    fputs("</main></body></html>\n", out);
}
