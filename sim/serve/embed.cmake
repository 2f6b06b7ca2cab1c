# Puts the built bundle of the local page into the program.
set(page ${CMAKE_SOURCE_DIR}/sim/report/board/dist)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${page}/serve.js ${page}/serve.css)
file(READ ${page}/serve.js PAGE_SCRIPT)
file(READ ${page}/serve.css PAGE_STYLE)
file(SHA256 ${page}/serve.js PAGE_SCRIPT_SHA256)
file(SHA256 ${page}/serve.css PAGE_STYLE_SHA256)
configure_file(sim/serve/page_bundle.cpp.in ${CMAKE_BINARY_DIR}/page_bundle.cpp @ONLY)
target_sources(aifsim_serve PRIVATE ${CMAKE_BINARY_DIR}/page_bundle.cpp)
