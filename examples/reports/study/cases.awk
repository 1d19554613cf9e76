# SPDX-License-Identifier: Apache-2.0
# results.tsv SITE.test.facts.tsv runs.tsv: of each kind of report the share that each system gets right.
BEGIN { FS = OFS = "\t" }

FILENAME ~ /results.tsv$/ {
    if ($5 == "valid" && ($4 == 1 || $4 == "-")) threshold[$1, $2, $3] = $6
    next
}

FILENAME ~ /facts.tsv$/ {
    gsub(/[{}]/, "", $1)
    if (!($1 in size)) kind[++kinds] = $1
    size[$1]++
    case_of[FNR] = $1
    label["presence", FNR] = $5
    label["acuity", FNR] = $6
    reports = FNR
    next
}

FNR == 1 { print "task", "site", "system", "seed", "case", "reports", "right" }

{
    split("", right)
    file = $8
    for (i = 1; i <= reports; i++) {
        if ((getline line < file) <= 0) { print "cases.awk: " file ": too short" > "/dev/stderr"; exit 1 }
        fields = split(line, field, "\t")
        decided = ($1, $2, $3) in threshold ? field[fields] >= threshold[$1, $2, $3] : field[1]
        right[case_of[i]] += decided == label[$1, i]
    }
    close(file)
    for (k = 1; k <= kinds; k++) printf "%s\t%s\t%s\t%s\t%s\t%d\t%.6f\n", $1, $2, $3, $4, kind[k], size[kind[k]], right[kind[k]] / size[kind[k]]
}
