# SPDX-License-Identifier: Apache-2.0
# systems.tsv results.tsv: the results as Markdown, a table a task. Means of the seeds with their range; the best of a
# site in bold.
BEGIN {
    FS = "\t"
    measures = split("precision recall f1 auc macro_f1 weighted_f1 accuracy threshold", measure, " ")
    best_of = 7 # a threshold is neither good nor bad
}

FILENAME ~ /systems.tsv$/ {
    if (!/^#/) { system_name[++systems] = $1; title[$1] = $2 }
    next
}

FNR == 1 {
    for (i = 1; i <= NF; i++) column[$i] = i
    next
}

# What is shown of a system: its threshold chosen on validation reports, or what it says by itself if it has none.
$5 == "oracle" { next }
{
    measured[$1, $2, $3]
    if (!(($1, $2) in known)) { known[$1, $2]; site[$1, ++sites[$1]] = $2 }
    if (!($1 in known_task)) { known_task[$1]; task[++tasks] = $1 }
    if ($5 == "natural" && (($1, $2, $3) in validated)) next
    if ($5 == "valid" && !(($1, $2, $3) in validated)) { validated[$1, $2, $3]; delete summed[$1, $2, $3] }
    kind = $4 == "min" || $4 == "max" ? $4 : "mean"
    # A single seed stands for itself until there is a mean.
    if (kind == "mean" && $4 != "mean" && (($1, $2, $3) in summed)) next
    if ($4 == "mean") summed[$1, $2, $3]
    for (i = 1; i <= measures; i++) value[$1, $2, $3, measure[i], kind] = $column[measure[i]]
}

function is_number(text) { return text != "" && text != "NA" }

function find_best(t, s, i, k, v)
{
    split("", best)
    for (i = 1; i <= best_of; i++)
        for (k = 1; k <= systems; k++) {
            v = value[t, s, system_name[k], measure[i], "mean"]
            if (is_number(v) && (!(i in best) || sprintf("%.3f", v) > best[i])) best[i] = sprintf("%.3f", v)
        }
}

function cell(t, s, name, i, v, text, low, high)
{
    v = value[t, s, name, measure[i], "mean"]
    if (!is_number(v)) return "–"
    text = sprintf("%.3f", v)
    if ((i in best) && text == best[i]) text = "**" text "**"
    low = value[t, s, name, measure[i], "min"]
    high = value[t, s, name, measure[i], "max"]
    return (i == 3 || i == 4) && is_number(low) ? text sprintf(" (%.3f–%.3f)", low, high) : text
}

END {
    for (t = 1; t <= tasks; t++) {
        printf "%s**%s**\n\n| site | system | P | R | F1 | AUC | macro F1 | weighted F1 | accuracy | threshold |\n", (t > 1 ? "\n" : ""), task[t]
        print "|---|---|---|---|---|---|---|---|---|---|"
        for (s = 1; s <= sites[task[t]]; s++) {
            find_best(task[t], site[task[t], s])
            for (k = 1; k <= systems; k++) {
                if (!((task[t], site[task[t], s], system_name[k]) in measured)) continue
                line = "| " site[task[t], s] " | " title[system_name[k]]
                for (i = 1; i <= measures; i++) line = line " | " cell(task[t], site[task[t], s], system_name[k], i)
                print line " |"
            }
        }
    }
}
