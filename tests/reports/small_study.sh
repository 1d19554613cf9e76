#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # nnd, root: of lib.sh
# make_study FOLDER: a folder like that of examples/reports/run, small and quick: the real programs on real (synthetic)
# reports, but the predictions are labels with mistakes by chance. Sourced, behind tests/e2e/lib.sh.
bin=${nnd%/*}
make_study()
{
    mkdir -p "$1/tables" "$1/timings" "$1/curves" "$1/learning" "$1/schematics" "$1/explain" "$1/real/tables" "$1/sequences/tables"
    cd "$1" || exit 1
    printf 'name\tvalue\nquick\t1\nSEEDS\t2\nversion\tnnd\n' >settings.tsv
    {
        printf 'system\ttitle\tkind\textra\tnetwork\toptions\trecipe\n'
        printf 'pefinder\tPEFinder\trules\t0\t-\t-\t-\nsvm\tSVM\twords\t0\t-\t-\t-\n'
        printf 'cnn\tCNN <Word-GloVe>\tnetwork\t0\ttext_cnn\t-\twindow\n'
        printf 'dpa-hnn\tDPA-HNN\tnetwork\t0\tdpa_hnn\t--phrases LEXICON\trecurrent\n'
        printf 'lstm\tLSTM\tnetwork\t1\tlstm\t-\trecurrent\n'
    } >systems.tsv
    sh "$root/examples/reports/corpus/generate" "$bin/nnd-corpus" corpus || fail "no reports"
    study_predictions
    study_networks
    study_tables
    study_real
    cd ..
}

# predict LABELS SEED MISTAKES: class TAB score a line; of rules, if MISTAKES begins with r, the class alone.
study_predict()
{
    awk -F'\t' -v seed="$2" -v mistakes="${3#r}" -v rules="${3%%[0-9.]*}" 'BEGIN { srand(seed) } {
        p = ($1 ? 0.75 : 0.25) + (rand() - 0.5) * mistakes
        p = p < 0 ? 0 : p > 1 ? 1 : p
        class = p >= 0.5
        if (rules != "") print class; else printf "%d\t%.4f\n", class, p
    }' "$1"
}

study_predictions()
{
    mkdir predictions
    for task in presence acuity; do
        for system in pefinder:-:r0.9 svm:-:1.1 cnn:1:0.8 cnn:2:0.7 dpa-hnn:1:0.7 dpa-hnn:2:0.75 lstm:1:1; do
            name=${system%%:*} seed=${system#*:}
            mistakes=${seed#*:} seed=${seed%:*}
            run=predictions/$task.$name.$seed number=$((${seed#-}0 + ${#name}))
            head -n 200 corpus/stanford-like.valid.$task.tsv >$task.valid.tsv
            study_predict $task.valid.tsv $number "$mistakes" >"$run.valid"
            for site in stanford-like colorado-like; do
                head -n 300 corpus/$site.test.$task.tsv >$site.$task.tsv
                study_predict $site.$task.tsv $((number + ${#site})) "$mistakes" >"$run.$site"
                valid="$task.valid.tsv\t$run.valid"
                [ "$name" = pefinder ] && valid='-\t-'
                printf '%s\t%s\t%s\t%s\t%b\t%s\t%s\n' $task $site "$name" "$seed" "$valid" $site.$task.tsv "$run.$site"
            done
        done
    done >runs.tsv
    "$bin/nnd-evaluate" table runs.tsv >tables/results.tsv 2>/dev/null || fail "no results"
    awk -F'\t' '$4 != 2' runs.tsv >first.tsv
    "$bin/nnd-evaluate" compare first.tsv --system dpa-hnn --resamples 50 >tables/comparisons.tsv || fail "no tests"
    awk -F'\t' 'NR == 1 || $5 != "svm"' tables/comparisons.tsv >tables/hierarchical.tsv
    awk -F'\t' '$5 != "-"' first.tsv | while IFS='	' read -r task site system _ _ _ labels predictions; do
        "$bin/nnd-evaluate" curves "$labels" "$predictions" >"curves/$task.$site.$system.tsv" || fail "no curves"
    done
}

study_networks()
{
    head -n 60 corpus/stanford-like.train.presence.tsv >small.tsv
    awk -F'\t' '!seen[$1]++' corpus/stanford-like.test.presence.tsv >two.tsv
    small="--train small.tsv --valid 0.3 --epochs 2 --quiet -D size=8"
    # shellcheck disable=SC2086 # lists of words
    {
        run train "$root/examples/text_cnn.nnd" $small -D filters=4 --run learning/presence.cnn-1 -o cnn.model
        run train "$root/examples/dpa_hnn.nnd" $small -D hidden=8 --phrases "$root/examples/reports/corpus/lexicon.txt" \
            --run learning/presence.dpa-hnn-1 -o dpa-hnn.model
    }
    for model in cnn dpa-hnn; do
        "$nnd" explain $model.model --data two.tsv --json >explain/presence.$model.json || fail "no explanation"
    done
    if command -v dot >/dev/null; then
        "$nnd" graph "$root/examples/text_cnn.nnd" -o schematics/cnn.svg
        "$nnd" graph "$root/examples/dpa_hnn.nnd" -o schematics/dpa-hnn.svg
    fi
}

study_tables()
{
    {
        printf 'task\tsystem\tseed\ttexts\tdeleted\tprobability_decisive\tprobability_random\n'
        for system in cnn dpa-hnn; do
            for k in 0 1 2 3; do
                printf 'presence\t%s\t1\t40\t%s\t0.9%s\t0.9%s\n' $system $k $((70 - 20 * k)) $((80 - 5 * k))
            done
        done
    } >tables/deletion.tsv
    awk 'BEGIN { FS = OFS = "\t" } NR == 1 { print "mode", "percent", $0, "phrases", "without"; next }
        $2 == "stanford-like" { for (m = 0; m < 2; m++) for (p = 0; p <= 100; p += 50) rows[m, p] = rows[m, p] (m ? "replace" : "drop") OFS p OFS $0 OFS 3.5 - p / 40 OFS p / 200 "\n" }
        END { for (m = 0; m < 2; m++) for (p = 0; p <= 100; p += 50) printf "%s", rows[m, p] }' tables/results.tsv >tables/density.tsv
    printf 'system\tparameters\tflops\ncnn\t721200\t12345678\ndpa-hnn\t%s\tNA\n' 1234567 >tables/networks.tsv
    {
        printf 'id\tclaim\tholds\tof\tverdict\tmeasured\n'
        printf 'a\tOne is better\t3\t3\tconfirmed\t0.9 > 0.8\nb\tTwo & <three>\t0\t2\trefuted\t0.7, 0.8\n'
        printf 'c\tSome of it\t1\t2\tmixed\tF1 0.9\nd\tNobody asked\t0\t0\tnot measured\t-\n'
    } >tables/claims.tsv
    cp tables/claims.tsv timings/claims.tsv
    awk -F'\t' '$3 == "pefinder"' runs.tsv | sed 's/pefinder/impression/' >sections.runs.tsv
    "$bin/nnd-evaluate" table sections.runs.tsv >tables/sections.tsv 2>/dev/null || fail "no results of sections"
    printf 'task\tsite\tsystem\tseed\tcase\treports\tright\npresence\tstanford-like\tcnn\t1\tabsent-short\t18\t0.94\n' >tables/cases.tsv
    {
        printf 'system\tengine\tcompile_ms\tlatency_us\tlatency_low_us\tlatency_high_us\tbatch_items\titems_per_second\tgflops\tpeak_gflops\tmemory_mb\n'
        for system in cnn dpa-hnn lstm; do
            printf '%s\tinterpreter\t0\t900\t850\t1200\t32\t1500\t9.5\t90\t3.25\n' $system
            printf '%s\tJIT\t120\t90\t85\t120\t32\t25000\t40\t90\t3.25\n%s\tnative\tNA\t80\t79\t100\t32\t26000\t41\t90\t3.2\n' $system $system
        done
    } >timings/speed.tsv
    printf 'task\tsystem\tseed\tepochs\tseconds\tcpu_seconds\npresence\tcnn\t1\t10\t5.5\t5.4\npresence\tcnn\t2\t12\t6\t5.9\nacuity\tdpa-hnn\t1\t9\t60\t59\n' \
        >timings/training.tsv
}

# The same numbers under other names: what is real is not the matter here.
study_real()
{
    awk 'BEGIN { FS = OFS = "\t" } NR == 1 || ($1 == "presence" && $2 == "stanford-like") { if (NR > 1) { $1 = "order"; $2 = "made" } print }' \
        tables/results.tsv >sequences/tables/results.tsv
    printf 'set\ttitle\tpresent\ngrain\tReuters, grain\t1\nabsent\tA set that is not there\t0\n' >real/sets.tsv
    awk 'BEGIN { FS = OFS = "\t" } NR == 1 || ($1 == "presence" && $2 == "stanford-like") { if (NR > 1) { $1 = "grain"; $2 = "real" } print }' \
        tables/results.tsv >real/tables/results.tsv
    awk 'BEGIN { FS = OFS = "\t" } NR == 1 || ($1 == "presence" && $2 == "stanford-like") { if (NR > 1) { $1 = "grain"; $2 = "real" } print }' \
        tables/comparisons.tsv >real/tables/comparisons.tsv
}
