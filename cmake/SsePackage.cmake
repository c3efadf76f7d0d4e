# `make deb`: the Debian packages `sse` (programs, manual pages, completions, units and the user that they run
# as), `libsse1` and `libsse-dev`. A component of the install is a package (docs/decisions/0060-*.md).

set(sse_debian_dir ${PROJECT_SOURCE_DIR}/packaging/debian)
set(sse_version_of_library "${SSE_LIBRARY_PACKAGE} (= ${PROJECT_VERSION})")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME sse)
set(CPACK_PACKAGE_VENDOR "the sse authors")
set(CPACK_PACKAGE_CONTACT "the sse authors <sse@localhost>" CACHE STRING "The packages' maintainer")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")  # each has its own
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL sse ${SSE_LIBRARY_PACKAGE} libsse-dev)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SOURCE sse)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
# Changelog, copyright, overrides and compression, which the install tree has not.
set(CPACK_SSE_DEBIAN_DIR ${sse_debian_dir})
set(CPACK_SSE_NEWS ${PROJECT_SOURCE_DIR}/CHANGELOG.md)
set(CPACK_SSE_STRIP ${CMAKE_STRIP})
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/SseDebianFiles.cmake)

# sse_debian_package(<component> SECTION <section> SUMMARY <line> DESCRIPTION <text>): its names are those of CPack.
function(sse_debian_package component)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "SECTION;SUMMARY;DESCRIPTION;DEPENDS;SUGGESTS" "")
  string(TOUPPER ${component} key)
  set(CPACK_DEBIAN_${key}_PACKAGE_NAME ${component} PARENT_SCOPE)
  set(CPACK_DEBIAN_${key}_PACKAGE_SECTION ${arg_SECTION} PARENT_SCOPE)
  set(CPACK_DEBIAN_${key}_PACKAGE_DEPENDS "${arg_DEPENDS}" PARENT_SCOPE)
  set(CPACK_DEBIAN_${key}_PACKAGE_SUGGESTS "${arg_SUGGESTS}" PARENT_SCOPE)
  set(CPACK_DEBIAN_${key}_DESCRIPTION "${arg_SUMMARY}\n${arg_DESCRIPTION}" PARENT_SCOPE)
endfunction()

# systemd-sysusers or useradd makes the unit's user.
sse_debian_package(sse SECTION net
  SUMMARY "Server-Sent Events hub, publisher and subscriber"
  DESCRIPTION [[
sse-serve keeps a log of events and streams it to many subscribers,
which resume where they stopped. sse-pub publishes events and readings,
sse-sub subscribes, from the shell and in scripts.]]
  DEPENDS "${sse_version_of_library}, systemd | passwd"
  SUGGESTS "bash-completion, prometheus, systemd")
sse_debian_package(${SSE_LIBRARY_PACKAGE} SECTION libs
  SUMMARY "Server-Sent Events hub for C++ programs (shared library)"
  DESCRIPTION [[
The library under sse-serve, sse-pub and sse-sub: a log of events,
streams of it over HTTP, and clients.]])
sse_debian_package(libsse-dev SECTION libdevel
  SUMMARY "Server-Sent Events hub for C++ programs (development files)"
  DESCRIPTION [[
Headers of libsse, and what find_package(sse) of CMake and pkg-config
find, for programs that have a hub or a client of their own.]]
  DEPENDS "${sse_version_of_library}"
  SUGGESTS "libcpp-httplib-dev")

foreach(key SSE LIBSSE${SSE_ABI})
  set(CPACK_DEBIAN_${key}_PACKAGE_SHLIBDEPS ON)
endforeach()
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${CMAKE_LIBRARY_OUTPUT_DIRECTORY})
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=")
set(CPACK_DEBIAN_SSE_PACKAGE_CONTROL_EXTRA
    ${sse_debian_dir}/sse/postinst ${sse_debian_dir}/sse/postrm ${sse_debian_dir}/sse/prerm)
set(CPACK_DEBIAN_LIBSSE${SSE_ABI}_PACKAGE_CONTROL_EXTRA ${sse_debian_dir}/${SSE_LIBRARY_PACKAGE}/triggers
    ${sse_debian_dir}/${SSE_LIBRARY_PACKAGE}/postinst ${sse_debian_dir}/${SSE_LIBRARY_PACKAGE}/postrm)
include(CPack)
