# `make deb`: one Debian package with programs, library, headers, manual pages, completions and units, and with
# the user that the unit runs as.

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME sse)
set(CPACK_PACKAGE_VENDOR "the sse authors")
set(CPACK_PACKAGE_CONTACT "the sse authors <sse@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${CMAKE_LIBRARY_OUTPUT_DIRECTORY})
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)  # with the trigger that makes ldconfig run
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/packaging/debian/postinst
    ${PROJECT_SOURCE_DIR}/packaging/debian/postrm ${PROJECT_SOURCE_DIR}/packaging/debian/prerm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
# systemd-sysusers or useradd makes the unit's user.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "systemd | passwd")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "bash-completion, systemd")
include(CPack)
