# SPDX-License-Identifier: Apache-2.0
# lexicon.txt jbi.tsv: the rules with the lexicon's phrases as targets, in place of pulmonary embolism.
BEGIN { FS = OFS = "\t" }
FILENAME ~ /lexicon.txt$/ { if (!/^#/ && NF) print $0, "pulmonary_embolism", "target"; next }
$2 != "pulmonary_embolism" && $2 != "exclusion"
