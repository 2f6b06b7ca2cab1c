# A folder that runs wherever it is put, on any x86_64 Linux that is not older than the one that built it:
#   cmake --install build --prefix FOLDER [--strip]
#   ./aifsim archive                      the same as aifsim-VERSION-linux-x86_64.tar.gz
# bin/aifsim finds lib/ and share/aifsim/ from where it stands. The C and C++ libraries are the system's, which must not
# be older than the compiler's; all others come along.

# RPATH, not RUNPATH: it holds for what the libraries load too.
set_target_properties(aifsim PROPERTIES INSTALL_RPATH "$ORIGIN/../lib")
target_link_options(aifsim PRIVATE -Wl,--disable-new-dtags)
install(TARGETS aifsim RUNTIME DESTINATION bin)

install(DIRECTORY platforms gpu_models workloads scenarios docs schemas DESTINATION share/aifsim
        PATTERN "docs/site" EXCLUDE)
install(DIRECTORY sim/python/aifsim DESTINATION share/aifsim/python PATTERN "__pycache__" EXCLUDE)
install(FILES README.md CHANGELOG.md LICENSE DESTINATION share/aifsim)

# A library is often a link to a link, through /etc/alternatives: what it comes to is copied under the name that is loaded.
install(CODE [[
  file(GET_RUNTIME_DEPENDENCIES EXECUTABLES "$<TARGET_FILE:aifsim>"
       RESOLVED_DEPENDENCIES_VAR libraries UNRESOLVED_DEPENDENCIES_VAR missing
       PRE_EXCLUDE_REGEXES "^ld-linux" "^lib(c|m|dl|rt|pthread|resolv|util|stdc\\+\\+|gcc_s)\\.so")
  if(missing)
    message(FATAL_ERROR "these libraries are not here: ${missing}")
  endif()
  set(target "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}")
  file(MAKE_DIRECTORY "${target}/lib")
  find_program(dpkg_query dpkg-query)
  foreach(library IN LISTS libraries)
    get_filename_component(name "${library}" NAME)
    file(REAL_PATH "${library}" real)
    file(COPY_FILE "${real}" "${target}/lib/${name}" ONLY_IF_DIFFERENT)
    if(dpkg_query)  # whose it is, and on what terms it is passed on; /lib and /usr/lib are one
      string(REGEX REPLACE "^/usr" "" other "${real}")
      execute_process(COMMAND ${dpkg_query} --search "${real}" "${other}" OUTPUT_VARIABLE owners ERROR_QUIET)
      if(owners MATCHES "^([a-z0-9.+-]+)(:[a-z0-9]+)?:" AND EXISTS "/usr/share/doc/${CMAKE_MATCH_1}/copyright")
        configure_file("/usr/share/doc/${CMAKE_MATCH_1}/copyright"
                       "${target}/share/aifsim/licenses/${CMAKE_MATCH_1}" COPYONLY)
      endif()
    endif()
  endforeach()
  list(LENGTH libraries count)
  message(STATUS "Installed ${count} libraries: ${target}/lib")
]])

set(CPACK_GENERATOR TGZ)
set(CPACK_PACKAGE_NAME aifsim)
set(CPACK_PACKAGE_FILE_NAME "aifsim-${PROJECT_VERSION}-linux-${CMAKE_SYSTEM_PROCESSOR}")
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
include(CPack)
