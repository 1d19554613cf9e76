# SPDX-License-Identifier: Apache-2.0
# timings/training/TASK.SYSTEM-SEED.tsv...: how long trainings took; learning/*/history.jsonl tells their epochs.
BEGIN { OFS = "\t"; print "task", "system", "seed", "epochs", "seconds", "cpu_seconds" }
{
    run = stem(FILENAME)
    task = system_name = run
    sub(/\..*/, "", task)
    sub(/^[^.]*\./, "", system_name)
    seed = system_name
    sub(/.*-/, "", seed)
    sub(/-[0-9]*$/, "", system_name)
    seconds = $1
    cpu = $2
    epochs = "NA"
    while ((getline < ("learning/" run "/history.jsonl")) > 0) epochs = number("epoch")
    print task, system_name, seed, epochs, seconds, cpu
}
