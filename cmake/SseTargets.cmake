# What every target of this project has in common.

# sse_target(<target>): language level, hidden visibility, and the developer's warnings.
function(sse_target target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES
    CXX_EXTENSIONS OFF
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON)
  target_compile_options(${target} PRIVATE -pthread)
  if(SSE_DEVELOPER)
    target_compile_options(${target} PRIVATE
      -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
      -Woverloaded-virtual -Wnon-virtual-dtor -Werror
      $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>)
    target_compile_definitions(${target} PRIVATE _GLIBCXX_ASSERTIONS)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # With -O3 it warns of copies in std::string's operator+ that cannot happen (GCC's bug 105651).
    target_compile_options(${target} PRIVATE
      $<$<CONFIG:Release>:-Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread>)
  endif()
  if(SSE_SANITIZE)
    # The instrumented code makes g++ 12 see uninitialised values that are not there.
    target_compile_options(${target} PRIVATE -fsanitize=${SSE_SANITIZE} -fno-omit-frame-pointer
                           -fno-sanitize-recover=all
                           $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
    target_link_options(${target} PRIVATE -fsanitize=${SSE_SANITIZE})
  endif()
endfunction()

# Headers of the standard library that most files include. Reading them is half of the time that a
# file takes to compile, so they are precompiled: for the library, for the programs and for the tests,
# which differ in their flags. The preset `lint` does without, so that a file that lacks an include is
# found there.
set(SSE_STANDARD_HEADERS
  <algorithm> <array> <atomic> <chrono> <deque> <functional> <map> <memory> <optional> <span>
  <string> <string_view> <unordered_map> <utility> <variant> <vector>)

# sse_precompiled(<target> HEADERS...): a target whose precompiled headers others reuse
# (`target_precompile_headers(... REUSE_FROM <target>)`). It has no definitions of its own: g++ takes
# a precompiled header only where all of its definitions hold, too.
function(sse_precompiled target)
  file(CONFIGURE OUTPUT ${target}.cc CONTENT "// Has the precompiled headers of others.\n")
  add_library(${target} OBJECT ${CMAKE_CURRENT_BINARY_DIR}/${target}.cc)
  sse_target(${target})
  target_precompile_headers(${target} PRIVATE ${ARGN})
endfunction()

# sse_room(<room> SOURCES ... HEADERS ...): the files of one room of libsse.
function(sse_room room)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;HEADERS")
  target_sources(sse_objects PRIVATE ${arg_SOURCES})
  list(TRANSFORM arg_HEADERS PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  set_property(GLOBAL APPEND PROPERTY SSE_HEADERS ${arg_HEADERS})
endfunction()

# The commands, without the tests.
add_custom_target(programs)

# sse_program(<name> SOURCES ...): a command; links the shared libsse.
function(sse_program name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES")
  add_executable(${name} ${arg_SOURCES})
  add_dependencies(programs ${name})
  sse_target(${name})
  target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_precompile_headers(${name} REUSE_FROM sse_precompiled_standard)
  target_link_libraries(${name} PRIVATE sse ${arg_LIBRARIES})
  set_target_properties(${name} PROPERTIES
    INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}"
    # The same in the build tree, whose layout is that of the installed one. CMake would pad a path of
    # its own for the edit at the install, and the loader takes an empty element for the working
    # directory.
    BUILD_WITH_INSTALL_RPATH ON)
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()

# sse_test(<name> [PREFIX <ctest name>] [COST <seconds>] SOURCES ...): Catch2 tests of one room, with
# libsse's insides (linked statically). Tests with a COST start first, so that the longest does not run
# alone at the end. What is tested is optimised; the tests themselves are not, which halves their
# compiling.
function(sse_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "PREFIX;COST" "SOURCES;LIBRARIES")
  if(NOT arg_PREFIX)
    set(arg_PREFIX ${name})
  endif()
  add_executable(${name} ${arg_SOURCES})
  sse_target(${name})
  set_target_properties(${name} PROPERTIES SSE_STATIC ON)
  target_compile_options(${name} PRIVATE -O0)
  target_precompile_headers(${name} REUSE_FROM sse_precompiled_catch)
  target_link_libraries(${name} PRIVATE sse_static sse_test_support ${arg_LIBRARIES})
  if(NOT arg_COST)
    set(arg_COST 0)
  endif()
  catch_discover_tests(${name} TEST_PREFIX "${arg_PREFIX}: " DISCOVERY_MODE PRE_TEST
    PROPERTIES COST ${arg_COST})
endfunction()
