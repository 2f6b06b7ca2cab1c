# Puts the built bundle into the program, so that neither building nor reading a page needs node.
set(board ${CMAKE_SOURCE_DIR}/sim/report/board/dist)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
             ${board}/board.js ${board}/board.css ${board}/plot.css)
file(READ ${board}/board.js BOARD_SCRIPT)
file(READ ${board}/board.css BOARD_STYLE)
file(SHA256 ${board}/board.js BOARD_SCRIPT_SHA256)
file(SHA256 ${board}/board.css BOARD_STYLE_SHA256)
file(SHA256 ${board}/plot.css BOARD_PLOT_STYLE_SHA256)
configure_file(sim/report/board_bundle.cpp.in ${CMAKE_BINARY_DIR}/board_bundle.cpp @ONLY)
target_sources(aifsim_report PRIVATE ${CMAKE_BINARY_DIR}/board_bundle.cpp)
