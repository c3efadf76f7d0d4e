# What the project stands on: Debian's packages, found by CMake or pkg-config.

find_package(Threads REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(spdlog REQUIRED)

# Debian's cpp-httplib is a shared library whose types change size with its macros: its flags come
# from pkg-config, through this one target.
find_package(PkgConfig REQUIRED)
pkg_check_modules(httplib REQUIRED IMPORTED_TARGET cpp-httplib)
add_library(sse_httplib INTERFACE)
target_link_libraries(sse_httplib INTERFACE PkgConfig::httplib)

if(SSE_TESTS)
  find_package(Catch2 REQUIRED)
endif()
