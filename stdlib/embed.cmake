# SPDX-License-Identifier: Apache-2.0
# Writes OUTPUT, a C file with the text of each of FILES (names in FOLDER, separated by commas), as
# lang/stdlib_embedded.h declares it.
string(REPLACE "," ";" FILES "${FILES}")
set(arrays "")
set(rows "")
set(count 0)
foreach(file ${FILES})
  get_filename_component(name ${file} NAME_WE)
  file(READ ${FOLDER}/${file} hex HEX)
  string(LENGTH "${hex}" digits)
  math(EXPR length "${digits} / 2")
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
  string(APPEND arrays "static const unsigned char text_${name}[] = {${bytes}0};\n")
  string(APPEND rows "    {\"${name}\", (const char *)text_${name}, ${length}},\n")
  math(EXPR count "${count} + 1")
endforeach()
file(WRITE ${OUTPUT} "#include \"lang/stdlib_embedded.h\"\n\n${arrays}
const StdlibFile stdlib_files[] = {\n${rows}    {0, 0, 0},\n};
const int stdlib_file_count = ${count};\n")
