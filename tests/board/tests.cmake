# The page of `aifsim compare`: its bundle and what a browser makes of it.
set(board ${CMAKE_SOURCE_DIR}/sim/report/board)
add_test(NAME "board: the bundle names the sources beside it"
         COMMAND ${CMAKE_COMMAND} -DBOARD=${board} -P ${CMAKE_SOURCE_DIR}/tests/board/bundle_is_current.cmake)
find_program(node node)
find_program(chromium chromium)
if(node AND EXISTS ${board}/node_modules/vite)
  add_test(NAME "board: the bundle is the build of its sources"
           COMMAND ${CMAKE_SOURCE_DIR}/tests/board/bundle_is_the_build.sh ${board})
else()
  aifsim_leave_out("the page's bundle built anew: needs node, and npm ci in sim/report/board")
endif()
if(node AND chromium AND EXISTS ${board}/node_modules/playwright-core)
  add_test(NAME "board: the page in a browser"
           COMMAND ${node} --test ${CMAKE_SOURCE_DIR}/tests/board/page_test.mjs)
  set_tests_properties("board: the page in a browser" PROPERTIES LABELS slow
                       ENVIRONMENT "AIFSIM=$<TARGET_FILE:aifsim>;CHROMIUM=${chromium}")
else()
  aifsim_leave_out("the page of compare in a browser: needs node, chromium, and npm ci in sim/report/board")
endif()
