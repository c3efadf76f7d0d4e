# Run by CPack when the components are staged, each in a directory of its name: what Debian's policy asks of a
# package, and `make install` has no use for. Copyright, changelog, reasons for what lintian finds, manual pages
# that are compressed, programs that are stripped.

function(compress file)
  execute_process(COMMAND gzip -9nf ${file} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

foreach(component IN LISTS CPACK_COMPONENTS_ALL)
  set(usr ${CPACK_TEMPORARY_DIRECTORY}/${component}/usr)
  set(doc ${usr}/share/doc/${component})
  file(MAKE_DIRECTORY ${doc} ${usr}/share/lintian/overrides)
  file(COPY_FILE ${CPACK_SSE_DEBIAN_DIR}/copyright ${doc}/copyright)
  file(COPY_FILE ${CPACK_SSE_DEBIAN_DIR}/changelog ${doc}/changelog)
  compress(${doc}/changelog)
  file(COPY_FILE ${CPACK_SSE_DEBIAN_DIR}/${component}/lintian-overrides
       ${usr}/share/lintian/overrides/${component})
  file(GLOB pages ${usr}/share/man/man*/*.[157])
  foreach(page IN LISTS pages)
    compress(${page})
  endforeach()
  file(GLOB_RECURSE binaries ${usr}/bin/* ${usr}/lib/libsse.so.*.* ${usr}/lib/*/libsse.so.*.*)
  foreach(binary IN LISTS binaries)
    execute_process(COMMAND ${CPACK_SSE_STRIP} --strip-unneeded --remove-section=.comment ${binary}
      COMMAND_ERROR_IS_FATAL ANY)
  endforeach()
endforeach()

set(news ${CPACK_TEMPORARY_DIRECTORY}/sse/usr/share/doc/sse/NEWS.md)
file(COPY_FILE ${CPACK_SSE_NEWS} ${news})
compress(${news})
