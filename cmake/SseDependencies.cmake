# What the project stands on: Debian's packages, found by CMake or pkg-config. Distributions forbid
# downloads while building, so fetching what is missing is off unless asked for.

option(SSE_FETCH_DEPENDENCIES "Download, at pinned commits, what is not installed" OFF)

# sse_dependency(<package> <repository> <commit>)
macro(sse_dependency package repository commit)
  if(SSE_FETCH_DEPENDENCIES)
    include(FetchContent)
    FetchContent_Declare(${package}
      GIT_REPOSITORY ${repository} GIT_TAG ${commit} FIND_PACKAGE_ARGS)
    FetchContent_MakeAvailable(${package})
  else()
    find_package(${package} REQUIRED)
  endif()
endmacro()

find_package(Threads REQUIRED)
sse_dependency(CLI11 https://github.com/CLIUtils/CLI11  # 2.1.2
  70f8072f9dd2292fd0b9f9e5f58e279f60483ed3)
sse_dependency(nlohmann_json https://github.com/nlohmann/json  # 3.11.2
  bc889afb4c5bf1c0d8ee29ef35eaaf4c8bef8a5d)
sse_dependency(spdlog https://github.com/gabime/spdlog  # 1.10.0
  76fb40d95455f249bd70824ecfcae7a8f0930fa3)
sse_dependency(tomlplusplus https://github.com/marzer/tomlplusplus  # 3.3.0
  c635f218c0aefc801d9748841930365e54fe3089)

# Debian's cpp-httplib is a shared library whose types change size with its macros: its flags come
# from pkg-config, through this one target.
find_package(PkgConfig REQUIRED)
pkg_check_modules(httplib IMPORTED_TARGET cpp-httplib)
add_library(sse_httplib INTERFACE)
if(httplib_FOUND)
  target_link_libraries(sse_httplib INTERFACE PkgConfig::httplib)
else()
  sse_dependency(httplib https://github.com/yhirose/cpp-httplib  # 0.11.4
    7992b148969fbf8093230b37a6a36c2f61135937)
  target_link_libraries(sse_httplib INTERFACE httplib::httplib)
endif()

# For the clients. A system library on purpose: never downloaded, and its TLS is updated with the system.
find_package(CURL 7.87 REQUIRED COMPONENTS HTTP HTTPS)

# For the digests and signatures of tokens (the room `auth`) and for TLS (`net`). Of the system on purpose: never downloaded.
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto SSL)

# For answers in gzip (the room `http`). Of the system on purpose, as OpenSSL is.
find_package(ZLIB 1.2.11 REQUIRED)

# For the frames of HTTP/2 (lib/sse/http/two). Of the system on purpose: never downloaded, and the guards against floods
# are updated with the system. It must have nghttp2_option_set_stream_reset_rate_limit(): 1.57, or Debian's 1.52.
pkg_check_modules(nghttp2 REQUIRED IMPORTED_TARGET libnghttp2>=1.52)

# For the regular expressions of sse-sub, and of nothing else. Debian's has no CMake package.
pkg_check_modules(re2 IMPORTED_TARGET re2)
add_library(sse_re2 INTERFACE)
if(re2_FOUND)
  target_link_libraries(sse_re2 INTERFACE PkgConfig::re2)
else()
  sse_dependency(re2 https://github.com/google/re2  # 2022-06-01
    5723bb8950318135ed9cf4fc76bed988a087f536)
  target_link_libraries(sse_re2 INTERFACE re2::re2)
endif()

# For the durable journal, and for nothing else (SSE_SQLITE). Of the system on purpose, as libcurl is.
add_library(sse_sqlite INTERFACE)
if(SSE_SQLITE)
  find_package(SQLite3 3.37 REQUIRED)
  target_link_libraries(sse_sqlite INTERFACE SQLite::SQLite3)
endif()

# For the journal that many hubs share, and for nothing else (SSE_REDIS): it reads and writes Redis's
# protocol, and opens no connection. Debian's has no CMake package; headers are <hiredis/...>.
add_library(sse_hiredis INTERFACE)
if(SSE_REDIS)
  find_path(SSE_HIREDIS_INCLUDE hiredis/hiredis.h REQUIRED)
  find_library(SSE_HIREDIS_LIBRARY hiredis REQUIRED)
  target_include_directories(sse_hiredis SYSTEM INTERFACE ${SSE_HIREDIS_INCLUDE})
  target_link_libraries(sse_hiredis INTERFACE ${SSE_HIREDIS_LIBRARY})
endif()

if(SSE_TESTS)
  sse_dependency(Catch2 https://github.com/catchorg/Catch2  # 2.13.10
    182c910b4b63ff587a3440e08f84f70497e49a81)
  if(Catch2_SOURCE_DIR)
    list(APPEND CMAKE_MODULE_PATH ${Catch2_SOURCE_DIR}/contrib)
  endif()
endif()
