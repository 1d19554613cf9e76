# SPDX-License-Identifier: Apache-2.0
# Writes OUTPUT, a C file with the text of each of FILES (names in FOLDER, separated by commas) as the
# table NAME_files of lang/embedded.h.
string(REPLACE "," ";" FILES "${FILES}")
set(arrays "")
set(rows "")
set(count 0)
foreach(file ${FILES})
  get_filename_component(stem ${file} NAME_WE)
  file(READ ${FOLDER}/${file} hex HEX)
  string(LENGTH "${hex}" digits)
  math(EXPR length "${digits} / 2")
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
  string(APPEND arrays "static const unsigned char text_${stem}[] = {${bytes}0};\n")
  string(APPEND rows "    {\"${stem}\", (const char *)text_${stem}, ${length}},\n")
  math(EXPR count "${count} + 1")
endforeach()
file(WRITE ${OUTPUT} "#include \"lang/embedded.h\"\n\n${arrays}
const EmbeddedFile ${NAME}_files[] = {\n${rows}    {0, 0, 0},\n};
const int ${NAME}_file_count = ${count};\n")
