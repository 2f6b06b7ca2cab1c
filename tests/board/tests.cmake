# The pages of `aifsim compare` and `aifsim serve`: their bundles and what a browser makes of them.
set(board ${CMAKE_SOURCE_DIR}/sim/report/board)
add_test(NAME "board: the bundles name the sources beside them"
         COMMAND ${CMAKE_COMMAND} -DBOARD=${board} -P ${CMAKE_SOURCE_DIR}/tests/board/bundle_is_current.cmake)
find_program(node node)
find_program(chromium chromium)
if(node AND EXISTS ${board}/node_modules/vite)
  add_test(NAME "board: the bundles are the build of their sources"
           COMMAND ${CMAKE_SOURCE_DIR}/tests/board/bundle_is_the_build.sh ${board})
else()
  aifsim_leave_out("the pages' bundles built anew: needs node, and npm ci in sim/report/board")
endif()
function(page_test script name)
  if(node AND chromium AND EXISTS ${board}/node_modules/playwright-core)
    add_test(NAME "board: ${name}" COMMAND ${node} --test ${CMAKE_SOURCE_DIR}/tests/board/${script})
    set_tests_properties("board: ${name}" PROPERTIES LABELS slow
                         ENVIRONMENT "AIFSIM=$<TARGET_FILE:aifsim>;CHROMIUM=${chromium}")
  else()
    aifsim_leave_out("${name}: needs node, chromium, and npm ci in sim/report/board")
  endif()
endfunction()
page_test(page_test.mjs "the page of compare in a browser")
page_test(serve_test.mjs "the page of serve in a browser")
