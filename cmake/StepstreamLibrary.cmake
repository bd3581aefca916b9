# The one way to declare libraries, programs and tests.
#
#   stepstream_library(engine_core SOURCES src/a.cpp ... DEPENDS statelang ... PRIVATE_DEPENDS ...)
#     a static library with the public headers in ./include; the folder is its only public include root,
#     so a target that does not depend on it cannot include its headers.
#   stepstream_test(engine_core_tests SOURCES ... DEPENDS ...)
#     a Catch2 program registered with CTest under its own name.
function(stepstream_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS;PRIVATE_DEPENDS" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_include_directories(${name} PUBLIC include PRIVATE src)
  target_link_libraries(${name} PUBLIC ${arg_DEPENDS} PRIVATE ${arg_PRIVATE_DEPENDS})
  target_compile_options(${name} PRIVATE ${STEPSTREAM_WARNINGS})
endfunction()

function(stepstream_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_DEPENDS})
  target_compile_options(${name} PRIVATE ${STEPSTREAM_WARNINGS})
endfunction()

# Catch2's main function is compiled once (version 2 of Debian 12 takes ten seconds for it).
if(NOT TARGET catch_main)
  file(WRITE ${CMAKE_BINARY_DIR}/catch_main.cpp.in
    "#define CATCH_CONFIG_MAIN\n#include <catch2/catch.hpp>\n")
  configure_file(${CMAKE_BINARY_DIR}/catch_main.cpp.in ${CMAKE_BINARY_DIR}/catch_main.cpp COPYONLY)
  add_library(catch_main STATIC ${CMAKE_BINARY_DIR}/catch_main.cpp)
  target_link_libraries(catch_main PUBLIC Catch2::Catch2)
endif()

function(stepstream_test name)
  cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE catch_main ${arg_DEPENDS})
  target_include_directories(${name} PRIVATE src)
  target_compile_options(${name} PRIVATE ${STEPSTREAM_WARNINGS})
  add_test(NAME ${name} COMMAND ${name})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT}
    ENVIRONMENT "STEPSTREAM_SOURCE_DIR=${CMAKE_SOURCE_DIR};STEPSTREAM_BINARY_DIR=${CMAKE_BINARY_DIR}")
endfunction()
