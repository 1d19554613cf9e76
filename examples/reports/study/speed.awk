# SPDX-License-Identifier: Apache-2.0
# SYSTEM.jsonl...: what `nnd bench --json` measured, as one table.
BEGIN {
    OFS = "\t"
    print "system", "engine", "compile_ms", "latency_us", "latency_low_us", "latency_high_us", "batch_items", "items_per_second", \
        "gflops", "peak_gflops", "memory_mb"
}

# The spread of NAME in microseconds, as low, median, high of `spread`.
function read_spread(name, rest)
{
    rest = $0
    sub(".*\"" name "\":{", "", rest)
    sub(/}.*/, "", rest)
    split(rest, spread, /[:,]/)
}

{
    read_spread("latency_seconds")
    print stem(FILENAME), text("engine"), number("compile_seconds") * 1e3, spread[4] * 1e6, spread[2] * 1e6, spread[6] * 1e6, \
        number("batch_items"), number("items_per_second"), number("gflops"), number("peak_gflops"), number("memory_bytes") / 1e6
}
