# SPDX-License-Identifier: Apache-2.0
# Lines of row TAB column TAB value as a Markdown table, in the order in which they come. -v corner=TEXT is what rows are.
BEGIN { FS = "\t" }
!($1 in row_of) { row_of[$1] = ++rows; row[rows] = $1 }
!($2 in column_of) { column_of[$2] = ++columns; column[columns] = $2 }
{ value[$1, $2] = $3 }
END {
    line = "| " corner
    rule = "|---"
    for (c = 1; c <= columns; c++) { line = line " | " column[c]; rule = rule "|---" }
    print line " |"
    print rule "|"
    for (r = 1; r <= rows; r++) {
        line = "| " row[r]
        for (c = 1; c <= columns; c++) line = line " | " ((row[r], column[c]) in value && value[row[r], column[c]] != "NA" ? value[row[r], column[c]] : "–")
        print line " |"
    }
}
