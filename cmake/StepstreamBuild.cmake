# Compiler settings shared by every target: ccache, mold, warnings, hardening, sanitizers.
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Paths relative to the checkout, so that two checkouts share what they compiled.
  set(STEPSTREAM_CCACHE env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE_PROGRAM})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${STEPSTREAM_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${STEPSTREAM_CCACHE})
endif()

find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  add_link_options(-fuse-ld=mold)
endif()

set(STEPSTREAM_SANITIZE "" CACHE STRING "Sanitizers for every target, e.g. address,undefined or thread")
set(STEPSTREAM_WARNINGS -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wno-missing-field-initializers -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 takes moved-from variants for uninitialized ones.
  list(APPEND STEPSTREAM_WARNINGS -Wno-maybe-uninitialized)
endif()

# -O2 instead of CMake's -O3: faster to build, no slower here. Assertions of ours stay on in release.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
if(STEPSTREAM_SANITIZE)
  add_compile_options(-fsanitize=${STEPSTREAM_SANITIZE} -fno-omit-frame-pointer -g1)
  add_link_options(-fsanitize=${STEPSTREAM_SANITIZE})
  if(STEPSTREAM_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
else()
  add_compile_definitions($<$<CONFIG:Release>:_FORTIFY_SOURCE=2> _GLIBCXX_ASSERTIONS)
  add_compile_options(-fstack-protector-strong)
endif()

find_package(Threads REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(Catch2 REQUIRED)
find_package(OpenSSL REQUIRED)
