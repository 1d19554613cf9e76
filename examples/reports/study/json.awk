# SPDX-License-Identifier: Apache-2.0
# number(NAME): of a line of JSON, as it is written; NA if there is none.
function number(name, rest)
{
    if (!match($0, "\"" name "\":[-+0-9.eE]+")) return "NA"
    rest = substr($0, RSTART, RLENGTH)
    sub(/.*:/, "", rest)
    return rest
}

# text(NAME): likewise.
function text(name, rest)
{
    if (!match($0, "\"" name "\":\"[^\"]*\"")) return "NA"
    rest = substr($0, RSTART + length(name) + 4, RLENGTH - length(name) - 5)
    return rest
}

# stem(FILE): its name without folders and what follows the last dot.
function stem(file)
{
    sub(/.*\//, "", file)
    sub(/\.[^.]*$/, "", file)
    return file
}
