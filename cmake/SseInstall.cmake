# What `find_package(sse)` and `pkg-config sse` find. The programs install themselves (sse_program).

include(CMakePackageConfigHelpers)

set(sse_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/sse)

install(TARGETS sse EXPORT sse-targets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT sse-targets NAMESPACE sse:: DESTINATION ${sse_package_dir})

configure_package_config_file(cmake/sse-config.cmake.in ${PROJECT_BINARY_DIR}/sse-config.cmake
  INSTALL_DESTINATION ${sse_package_dir})
# Before 1.0 a minor version may break what the one before it promised.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/sse-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/sse-config.cmake ${PROJECT_BINARY_DIR}/sse-config-version.cmake
  DESTINATION ${sse_package_dir})

# Relative, so that the tree can be moved and `cmake --install --prefix` be used.
file(RELATIVE_PATH sse_prefix_from_pc /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(cmake/sse.pc.in ${PROJECT_BINARY_DIR}/sse.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/sse.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
