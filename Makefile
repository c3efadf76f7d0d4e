# The front door. CMakePresets.json and scripts/ do the work; `make` alone says what there is.

PREFIX ?= /usr/local
DESTDIR ?=
JOBS ?= $(shell nproc)
# OFF: no web page in sse-serve, and no npm, Node.js or browser to build and test it.
DASHBOARD ?= ON
export DASHBOARD
# Words for bench/run.
BENCH ?=

.PHONY: help build run test check tidy bench install deb image tarball clean
.NOTPARALLEL:

help:
	@echo 'make run      start a hub and its dashboard on port 8089, fed with the figures of this machine'
	@echo 'make build    the programs, into build/bin/'
	@echo 'make test     build everything and run the tests'
	@echo 'make check    what is slower: sanitizers, thread-safety analysis, clang-tidy of what changed, many runs'
	@echo 'make tidy     clang-tidy of everything'
	@echo 'make bench    measure, beside nginx with nchan and the raw limit (30 minutes; BENCH=ROW... picks, BENCH=--help tells)'
	@echo 'make install  programs, library, headers, manual pages, completions and units, to PREFIX ($(PREFIX)) under DESTDIR'
	@echo 'make deb      the same as Debian packages, in build/package/'
	@echo 'make image    an OCI image layout of them, in build/image/'
	@echo 'make clean    remove build/ and the built dashboard'
	@echo 'make tarball  the programs with all libraries that they need, for other systems, in build/tarball/'
	@echo
	@echo 'The first time, on two cores: build 5 minutes, test 25, check 50, tidy 15; later, what changed.'

build:
	@scripts/install-deps build
	@cmake --preset dev -DSSE_DASHBOARD=$(DASHBOARD) >/dev/null
	cmake --build --preset dev --target programs

run: build
	@TLS=$(TLS) scripts/run

test:
	@scripts/install-deps test
	@cmake --preset dev -DSSE_DASHBOARD=$(DASHBOARD) >/dev/null
	cmake --build --preset dev
	scripts/test dev --parallel $(JOBS)

check:
	@scripts/install-deps check
	scripts/check

tidy:
	@scripts/install-deps check
	scripts/check lint tidy_tree

# The dashboard is not measured, and needs npm.
bench: export DASHBOARD = OFF
bench:
	@scripts/install-deps bench
	@cmake --preset release -DSSE_BENCH=ON -DSSE_DASHBOARD=OFF >/dev/null
	cmake --build --preset release
	bench/run $(BENCH)

install:
	@scripts/install-deps build
	@cmake --preset release -DSSE_DASHBOARD=$(DASHBOARD) -DCMAKE_INSTALL_PREFIX='$(PREFIX)' >/dev/null
	cmake --build --preset release
	DESTDIR='$(DESTDIR)' cmake --install build/release

deb:
	@scripts/install-deps build
	@cmake --preset package -DSSE_DASHBOARD=$(DASHBOARD) >/dev/null
	cmake --build --preset package --target programs
	@rm -f build/package/*.deb
	cpack --config build/package/CPackConfig.cmake -B build/package

image: deb
	@scripts/install-deps package
	packaging/image/build build/package build/image

tarball: deb
	@scripts/install-deps package
	packaging/tarball/build build/package build/tarball

clean:
	rm -rf build apps/dashboard/dist
