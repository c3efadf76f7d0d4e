# What `find_package(sse)` and `pkg-config sse` find. The programs install themselves (sse_program). A
# component is a Debian package (SsePackage.cmake); what names none is in `sse`.

include(CMakePackageConfigHelpers)

set(sse_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/sse)

install(TARGETS sse EXPORT sse-targets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT ${SSE_LIBRARY_PACKAGE} NAMELINK_COMPONENT libsse-dev
  FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT libsse-dev)
install(EXPORT sse-targets NAMESPACE sse:: DESTINATION ${sse_package_dir} COMPONENT libsse-dev)

configure_package_config_file(cmake/sse-config.cmake.in ${PROJECT_BINARY_DIR}/sse-config.cmake
  INSTALL_DESTINATION ${sse_package_dir})
# Before 1.0 a minor version may break what the one before it promised.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/sse-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/sse-config.cmake ${PROJECT_BINARY_DIR}/sse-config-version.cmake
  DESTINATION ${sse_package_dir} COMPONENT libsse-dev)

# Relative, so that the tree can be moved and `cmake --install --prefix` be used.
file(RELATIVE_PATH sse_prefix_from_pc /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(cmake/sse.pc.in ${PROJECT_BINARY_DIR}/sse.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/sse.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
  COMPONENT libsse-dev)

install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)

# Where the system looks for manual pages, completions and units.
foreach(section 1 5 7)
  file(GLOB sse_man_pages CONFIGURE_DEPENDS man/*.${section})
  install(FILES ${sse_man_pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()
install(FILES completions/_sse DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
foreach(program sse-serve sse-pub sse-sub)  # both shells load a file by the command's name
  install(FILES completions/sse.bash RENAME ${program}
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install(FILES completions/sse.fish RENAME ${program}.fish
    DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endforeach()

# For Prometheus and Grafana (docs/operations.md).
install(FILES packaging/prometheus/sse.rules.yml DESTINATION ${CMAKE_INSTALL_DATADIR}/sse/prometheus)
install(FILES packaging/grafana/sse.json DESTINATION ${CMAKE_INSTALL_DATADIR}/sse/grafana)

# A unit names its program by its whole path, which is known when it is installed: `cmake --install
# --prefix` and cpack choose it.
function(sse_install_unit template destination)
  install(CODE "
    set(SSE_BINDIR \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}\")
    configure_file(${PROJECT_SOURCE_DIR}/${template}.in
                   ${PROJECT_BINARY_DIR}/${template} @ONLY)
    file(INSTALL ${PROJECT_BINARY_DIR}/${template}
         DESTINATION \"\${CMAKE_INSTALL_PREFIX}/${destination}\")")
endfunction()
sse_install_unit(packaging/systemd/sse-serve.service lib/systemd/system)
sse_install_unit(packaging/systemd/sse-serve.socket lib/systemd/system)
sse_install_unit(packaging/systemd/user/sse-serve.service lib/systemd/user)
install(FILES packaging/sysusers.d/sse.conf DESTINATION lib/sysusers.d)
