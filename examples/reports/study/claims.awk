# SPDX-License-Identifier: Apache-2.0
# Tables of the study (results, hierarchical, density, deletion, cases, networks, sequences; or speed and training): what its paper claims,
# and what was measured here. A claim is a list of statements that hold or do not; it is confirmed if all hold, refuted if
# none does, else mixed. Results are means over the seeds.
BEGIN {
    FS = OFS = "\t"
    seven = split("pefinder svm adaboost cnn hnn a-hnn dpa-hnn", system_name, " ")
    neural = split("cnn hnn a-hnn dpa-hnn", network, " ")
    recurrent = split("hnn a-hnn dpa-hnn lstm gru elman", rnn, " ")
    sites = split("stanford-like upmc-like duke-like colorado-like", site, " ")
    tasks = split("presence acuity", task, " ")
    measures = split("precision recall f1 auc", measure, " ")
    small = 0.01 # changes of F1 up to it are none
    print "id", "claim", "holds", "of", "verdict", "measured"
}

FNR == 1 {
    table_name = FILENAME
    sub(/.*\//, "", table_name)
    sub(/\.tsv$/, "", table_name)
    if (FILENAME ~ /^sequences/) table_name = "sequences"
    split("", column)
    for (i = 1; i <= NF; i++) column[$i] = i
    seen[table_name]
    next
}

function of(name) { return $column[name] }

# The row that stands for a system: the mean of its seeds, or its only run, at the threshold that it would use.
function stands(rest, key)
{
    key = of("task") SUBSEP of("site") SUBSEP of("system") rest
    if (of("cut") == "oracle" || of("seed") == "min" || of("seed") == "max") return 0
    rank = (of("cut") == "valid") * 2 + (of("seed") == "mean")
    if ((key in rank_of) && rank_of[key] >= rank) return 0
    rank_of[key] = rank
    return 1
}

table_name == "results" && stands("") { for (i = 1; i <= measures; i++) result[of("task"), of("site"), of("system"), measure[i]] = of(measure[i]) }
table_name == "sequences" && stands("") { sequence[of("task"), of("system")] = of("auc") }
table_name == "density" && stands(SUBSEP of("mode") SUBSEP of("percent")) { density[of("task"), of("mode"), of("percent"), of("system")] = of("f1") }
table_name == "hierarchical" { tests++; for (i = 1; i <= NF; i++) test[tests, i] = $i; for (name in column) test_column[name] = column[name] }
table_name == "deletion" { k = of("deleted"); decisive[of("task"), of("system"), k] = of("probability_decisive"); by_chance[of("task"), of("system"), k] = of("probability_random"); if (k > most) most = k }
table_name == "cases" { right[of("task"), of("system")] += of("case") ~ /swap/ ? of("reports") * of("right") : 0; swaps[of("task"), of("system")] += of("case") ~ /swap/ ? of("reports") : 0 }
table_name == "networks" { flops[of("system")] = of("flops") }
table_name == "speed" { latency[of("engine"), of("system")] = of("latency_us"); rate[of("engine"), of("system")] = of("items_per_second") }
table_name == "training" { seconds[of("system")] += of("cpu_seconds"); epochs[of("system")] += of("epochs") }

# ---- telling ----

function begin() { holds = all = 0; told = "" }
function state(true) { all++; holds += true }
function tell(text) { told = told (told == "" ? "" : "; ") text }
function end(id, claim)
{
    print id, claim, holds + 0, all + 0, !all ? "not measured" : holds == all ? "confirmed" : holds ? "mixed" : "refuted", told
}

function has(t, s, name, m) { return ((t, s, name, m) in result) && result[t, s, name, m] != "NA" }

# Is the system's measure the largest of the seven, ties included?
function is_best(t, s, name, m, k, v, best)
{
    best = name
    for (k = 1; k <= seven; k++)
        if (has(t, s, system_name[k], m) && result[t, s, system_name[k], m] + 0 > result[t, s, best, m] + 0) best = system_name[k]
    tell(sprintf("%s %s: %s %.3f%s", t, m, name, result[t, s, name, m], best == name ? "" : sprintf(", %s %.3f", best, result[t, s, best, m])))
    return best == name
}

function claim_best(id, claim, s, name, on, what, t, m, names, parts, i, j)
{
    begin()
    parts = split(on, t, " ")
    names = split(what, m, " ")
    for (i = 1; i <= parts; i++)
        for (j = 1; j <= names; j++) state(is_best(t[i], s, name, m[j]))
    end(id, claim)
}

function mean_of(t, m, s, k, sum, count)
{
    for (s = 1; s <= sites; s++)
        for (k = 1; k <= seven; k++)
            if (has(t, site[s], system_name[k], m)) { sum += result[t, site[s], system_name[k], m]; count++ }
    return sum / count
}

function claim_acuity_is_lower(i, a, b)
{
    begin()
    for (i = 1; i <= measures; i++) {
        a = mean_of("presence", measure[i])
        b = mean_of("acuity", measure[i])
        state(b < a)
        tell(sprintf("%s %.3f and %.3f", measure[i], a, b))
    }
    end("acuity-lower", "Over all sites and systems, acute against chronic scores lower than present against absent")
}

function claim_neural_is_better(t, i, k, m, n)
{
    begin()
    for (t = 1; t <= tasks; t++)
        for (i = 1; i <= neural; i++)
            for (k = 1; k <= 3; k++)
                for (m = 3; m <= 4; m++)
                    if (has(task[t], site[1], system_name[k], measure[m])) {
                        n = result[task[t], site[1], network[i], measure[m]] > result[task[t], site[1], system_name[k], measure[m]] + 0
                        state(n)
                        if (!n) tell(sprintf("%s %s: %s %.3f, %s %.3f", task[t], measure[m], network[i], result[task[t], site[1], network[i], measure[m]], system_name[k], result[task[t], site[1], system_name[k], measure[m]]))
                    }
    end("neural-better", "At the site of training each neural network beats PEFinder, SVM and AdaBoost in F1 and AUC")
}

function claim_transfer(t, s, k, a, b)
{
    begin()
    for (t = 1; t <= tasks; t++)
        for (k = 1; k <= seven; k++)
            for (s = 2; s <= sites; s++) {
                a = result[task[t], site[1], system_name[k], "f1"]
                b = result[task[t], site[s], system_name[k], "f1"]
                state(b < a)
                if (s == sites) tell(sprintf("%s %s: F1 %.3f, %.3f at %s", task[t], system_name[k], a, b, site[s]))
            }
    end("transfer", "At other sites systems have a lower F1 than at the site of training")
}

function claim_significant(p, title, favour, i, better)
{
    begin()
    for (i = 1; i <= tests; i++) {
        if (test[i, test_column[p]] == "NA") continue
        better = test[i, test_column[favour]] > 0 && test[i, test_column[p]] < 0.05
        state(better)
        tell(sprintf("%s seed %s, %s: %.2g%s", test[i, test_column["task"]], test[i, test_column["seed"]], test[i, test_column["b"]], test[i, test_column[p]], test[i, test_column[favour]] > 0 ? "" : " (worse)"))
    }
    end("dpa-significant-" title, "At the site of training DPA-HNN is better than HNN and A-HNN, p < 0.05 after Holm (" title ")")
}

function claim_phrases(mode, t, a, b)
{
    begin()
    for (t = 1; t <= tasks; t++) {
        a = density[task[t], mode, 0, "dpa-hnn"] - density[task[t], mode, 100, "dpa-hnn"]
        b = density[task[t], mode, 0, "hnn"] - density[task[t], mode, 100, "hnn"]
        state(a > small && a > b)
        state(b <= small)
        tell(sprintf("%s: F1 of DPA-HNN falls by %.3f, of HNN by %.3f, of A-HNN by %.3f", task[t], a, b, density[task[t], mode, 0, "a-hnn"] - density[task[t], mode, 100, "a-hnn"]))
    }
    end("phrases-" mode, "Reports without domain phrases (" mode ") hurt DPA-HNN more than HNN, and HNN not at all")
}

function claim_deletion(t, i, k)
{
    begin()
    for (t = 1; t <= tasks; t++)
        for (i = 1; i <= neural; i++) {
            for (k = 1; k <= most; k++) state(decisive[task[t], network[i], k] < by_chance[task[t], network[i], k])
            tell(sprintf("%s %s: %.3f, %.3f by chance", task[t], network[i], decisive[task[t], network[i], most], by_chance[task[t], network[i], most]))
        }
    end("deletion", "Deleting the words that the sensitivity marks lowers the true class's probability more than deleting words by chance (1 to " most " words)")
}

function claim_order(t, i)
{
    begin()
    for (t = 1; t <= tasks; t++)
        for (i = 1; i <= recurrent; i++) {
            state(right[task[t], "cnn"] / swaps[task[t], "cnn"] < right[task[t], rnn[i]] / swaps[task[t], rnn[i]])
            tell(sprintf("%s: CNN %.3f, %s %.3f", task[t], right[task[t], "cnn"] / swaps[task[t], "cnn"], rnn[i], right[task[t], rnn[i]] / swaps[task[t], rnn[i]]))
        }
    end("order", "A CNN gets fewer reports right than recurrent networks where only the order of words tells")
}

function claim_sequences(i)
{
    begin()
    state(sequence["phrase", "cnn"] > 0.95)
    tell(sprintf("AUC: CNN %.3f, SVM %.3f, LSTM %.3f, GRU %.3f, Elman %.3f", sequence["phrase", "cnn"], sequence["phrase", "svm"], sequence["phrase", "lstm"], sequence["phrase", "gru"], sequence["phrase", "elman"]))
    end("sequence-phrase", "A CNN finds a phrase wherever it stands (AUC above 0.95)")
    begin()
    state(sequence["order", "cnn"] < 0.6)
    state(sequence["order", "lstm"] > 0.9)
    state(sequence["order", "gru"] > 0.9)
    tell(sprintf("AUC: CNN %.3f, SVM %.3f, LSTM %.3f, GRU %.3f, Elman %.3f", sequence["order", "cnn"], sequence["order", "svm"], sequence["order", "lstm"], sequence["order", "gru"], sequence["order", "elman"]))
    end("sequence-order", "Where only the order of two words far from each other tells, a CNN fails (AUC below 0.6) and LSTM and GRU succeed (above 0.9)")
}

# A number of the CNN against that of each recurrent network; `cnn_is_less`: or more.
function compare_rnns(values, prefix, format, cnn_is_less, i, a, b)
{
    a = values[prefix "cnn"]
    for (i = 1; i <= recurrent; i++) {
        b = values[prefix rnn[i]]
        state(cnn_is_less ? a < b : a > b)
        tell(sprintf("CNN " format ", %s " format, a, rnn[i], b))
    }
}

function claim_speed(name, i, engines, engine)
{
    engines = split("interpreter JIT native", engine, " ")
    for (i = 1; i <= engines; i++) {
        name = engine[i]
        begin()
        compare_rnns(latency, name SUBSEP, "%.0f us", 1)
        end("cnn-latency-" name, "A CNN answers faster than recurrent networks: one report, " name)
        begin()
        compare_rnns(rate, name SUBSEP, "%.0f/s", 0)
        end("cnn-throughput-" name, "A CNN answers faster than recurrent networks: batches of 32, " name)
    }
}

function claim_training(name)
{
    begin()
    for (name in seconds) an_epoch[name] = seconds[name] / epochs[name]
    compare_rnns(an_epoch, "", "%.2f s", 1)
    end("cnn-training", "An epoch of training takes less processor time with a CNN than with recurrent networks")
}

END {
    if ("results" in seen) {
        claim_acuity_is_lower()
        claim_neural_is_better()
        claim_best("dpa-best", "At the site of training DPA-HNN is the best of the seven in F1 and AUC", site[1], "dpa-hnn", "presence acuity", "f1 auc")
        claim_significant("mcnemar_holm", "mcnemar", "f1_difference")
        claim_significant("bootstrap_holm", "bootstrap", "f1_difference")
        claim_significant("delong_holm", "delong", "auc_difference")
        claim_best("dpa-upmc", "At the UPMC-like site DPA-HNN has the best precision", site[2], "dpa-hnn", "presence acuity", "precision")
        claim_best("dpa-duke", "At the Duke-like site DPA-HNN has the best AUC", site[3], "dpa-hnn", "presence acuity", "auc")
        claim_best("cnn-duke", "At the Duke-like site the CNN has the best precision and F1", site[3], "cnn", "presence acuity", "precision f1")
        claim_best("hnn-colorado", "At the paediatric site HNN is the best at presence", site[4], "hnn", "presence", "precision recall f1 auc")
        claim_transfer()
        claim_phrases("replace")
        claim_phrases("drop")
        claim_deletion()
        claim_order()
        claim_sequences()
        begin()
        compare_rnns(flops, "", "%.3g", 1)
        end("cnn-flops", "Recurrent networks need more arithmetic for a report than a CNN")
    }
    if ("speed" in seen) {
        claim_speed()
        claim_training()
    }
}
