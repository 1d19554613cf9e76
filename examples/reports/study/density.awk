# SPDX-License-Identifier: Apache-2.0
# statistics.tsv... results.tsv: the results on reports with fewer domain phrases, with the phrases that were left. Sites
# are called MODE-PERCENT, or full; statistics are in folders of these names.
BEGIN { FS = OFS = "\t" }

function split_site(name) { split(name, part, "-"); mode = part[1]; percent = part[2] }

FILENAME ~ /statistics.tsv$/ && FNR == 1 { for (i = 1; i <= NF; i++) column[$i] = i }

FILENAME ~ /statistics.tsv$/ {
    if ($1 == "stanford-like" && $2 == "test") {
        folder = FILENAME
        sub(/\/statistics.tsv$/, "", folder)
        sub(/.*\//, "", folder)
        if (folder == "corpus") folder = "full"
        phrases[folder] = $column["phrases"]
        without[folder] = $column["without_phrases"]
    }
    next
}

FNR == 1 { print "mode", "percent", $0, "phrases", "without"; next }

$2 == "full" {
    full = $2
    $2 = "stanford-like"
    print "drop", 0, $0, phrases[full], without[full]
    print "replace", 0, $0, phrases[full], without[full]
    next
}

{
    thinned = $2
    split_site(thinned)
    $2 = "stanford-like"
    print mode, percent, $0, phrases[thinned], without[thinned]
}
