# The page of sse-serve, or what stands in for it (SSE_DASHBOARD). npm builds it in apps/dashboard, for all
# build trees; Node.js compresses it and turns it into a source file.

set(sse_dashboard_dir ${PROJECT_SOURCE_DIR}/apps/dashboard)

if(SSE_DASHBOARD)
  find_program(SSE_NODE node)
  find_program(SSE_NPM npm)
  set(sse_node_version 0)
  if(SSE_NODE)
    execute_process(COMMAND ${SSE_NODE} --version
      OUTPUT_VARIABLE sse_node_version OUTPUT_STRIP_TRAILING_WHITESPACE)
    string(REPLACE "v" "" sse_node_version "${sse_node_version}")
  endif()
  if(NOT SSE_NPM OR sse_node_version VERSION_LESS 18.18)
    message(FATAL_ERROR
      "The dashboard of sse-serve is built with Node.js 18.18 or newer and npm "
      "(found: node '${SSE_NODE}' ${sse_node_version}, npm '${SSE_NPM}'). Install them, on Debian with "
      "scripts/install-deps build, or build sse-serve without it: -DSSE_DASHBOARD=OFF (make: DASHBOARD=OFF)")
  endif()
endif()

# sse_dashboard_source(<variable>): the source file with the table that dashboard.h declares.
function(sse_dashboard_source variable)
  if(NOT SSE_DASHBOARD)
    set(${variable} no_dashboard.cc PARENT_SCOPE)
    return()
  endif()
  set(npm_step ${PROJECT_SOURCE_DIR}/scripts/build-dashboard)
  # npm writes this last.
  set(packages ${sse_dashboard_dir}/node_modules/.package-lock.json)
  set(page ${sse_dashboard_dir}/dist/index.html)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/dashboard_files.cc)
  set(embed ${CMAKE_CURRENT_SOURCE_DIR}/embed_page.mjs)
  # The one place that globs: the bundler follows the page's own imports, so there is no list of its files.
  file(GLOB_RECURSE page_sources CONFIGURE_DEPENDS
    ${sse_dashboard_dir}/src/* ${sse_dashboard_dir}/public/*)
  list(FILTER page_sources EXCLUDE REGEX "\\.test\\.tsx?$")

  add_custom_command(OUTPUT ${packages}
    COMMAND ${npm_step} packages
    DEPENDS ${sse_dashboard_dir}/package.json ${sse_dashboard_dir}/package-lock.json
    COMMENT "Installing the packages of the dashboard" VERBATIM)
  add_custom_command(OUTPUT ${page}
    COMMAND ${npm_step} page
    DEPENDS ${packages} ${page_sources} ${sse_dashboard_dir}/index.html
            ${sse_dashboard_dir}/vite.config.ts ${sse_dashboard_dir}/tsconfig.json
    COMMENT "Building the dashboard" VERBATIM)
  add_custom_command(OUTPUT ${source}
    COMMAND ${SSE_NODE} ${embed} ${sse_dashboard_dir}/dist ${source}
    DEPENDS ${page} ${embed}
    COMMENT "Embedding the dashboard" VERBATIM)
  # A target that waits for no library: the page is built beside them, not after them.
  add_custom_target(dashboard DEPENDS ${source})
  set(${variable} ${source} PARENT_SCOPE)
endfunction()
