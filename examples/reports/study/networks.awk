# SPDX-License-Identifier: Apache-2.0
# networks/SYSTEM.json... timings/speed/SYSTEM.jsonl...: how large the networks are, and FLOPs of a report.
BEGIN { OFS = "\t" }

FILENAME ~ /^networks/ { names[++count] = stem(FILENAME); weights[stem(FILENAME)] = number("weights"); next }

FNR == 1 { flops[stem(FILENAME)] = number("flops") / number("batch_items") }

END {
    print "system", "parameters", "flops"
    for (i = 1; i <= count; i++) printf "%s\t%d\t%.0f\n", names[i], weights[names[i]], flops[names[i]]
}
