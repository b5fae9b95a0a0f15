# SPDX-License-Identifier: Apache-2.0
#
# The only build file. Everything made goes under $(BUILD).
#
#   make            the program and the library
#   make deps       install what is missing (apt-get), and only then
#   make demo       alerts from the trace that comes with besra
#   make check      all tests that need neither root nor a network
#   make test-NAME  the tests of one module

BUILD  ?= build
PREFIX ?= /usr/local
CC     := gcc
CXX    := g++
AR     := gcc-ar
JOBS   := $(shell nproc)

include tests/lint/layers

# ---- Dependencies ---------------------------------------------------------------------------

DEPS_BUILD := gcc g++ make libc6-dev zlib1g-dev libyaml-dev libjansson-dev libre2-dev libxxhash-dev \
	      libbpf-dev libelf-dev clang llvm
DEPS_TEST  := libcmocka-dev python3 libclang-rt-14-dev clang-format cppcheck sysdig git
DEPS_VM    := qemu-system-x86 busybox-static strace runc
DEPS_ALL   := $(DEPS_BUILD) $(DEPS_TEST)

# ---- Flags ----------------------------------------------------------------------------------

WARN := -Wall -Wextra -Wshadow -Wswitch-enum -Wvla -Werror
WARN_C := $(WARN) -Wstrict-prototypes -Wmissing-prototypes -Wconversion
CPPFLAGS := -Iinclude -D_GNU_SOURCE
CFLAGS   ?= -O2 -g
CXXFLAGS ?= -O2 -g
LDLIBS   := -lbpf -lelf -lyaml -ljansson -lre2 -lz -lpthread -lm -lstdc++

ifeq ($(SAN),1)
# gcc's sanitizers: any report ends the program, so a test that triggers one fails.
SANFLAGS := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
endif

COMPILE_C   = $(CC) -std=gnu17 $(CPPFLAGS) $(CFLAGS) $(WARN_C) $(SANFLAGS) -MMD -MP
COMPILE_CXX = $(CXX) -std=c++17 $(CPPFLAGS) $(CXXFLAGS) $(WARN) $(SANFLAGS) -MMD -MP
LINK        = $(CC) $(CFLAGS) $(SANFLAGS)

# ---- Objects --------------------------------------------------------------------------------

sources = $(wildcard src/$(1)/*.c src/$(1)/*.cc src/$(1)/*/*.c)
objects = $(patsubst %,$(BUILD)/%.o,$(basename $(call sources,$(1))))
# A module and all it may include, lowest first, each once.
closure = $(foreach m,$(MODULES),$(if $(filter $(m),$(1) $(LAYER_$(1))),$(m)))
stack   = $(foreach m,$(call closure,$(1)),$(call objects,$(m))) \
	  $(if $(filter source,$(call closure,$(1))),$(BUILD)/bpf/embedded.o)

# ---- Kernel side ----------------------------------------------------------------------------

# One object with the maps; one that includes every program, and once more without the function
# that lets programs load kernel memory: see bpf/read.bpf.h. Put into the library as bytes. What a
# compiler finds needless the verifier may miss: with clang 14, 16 and 19 all load.
BPF_CC     ?= clang
LLVM_STRIP ?= llvm-strip
BPF_CFLAGS  := -target bpf -D__TARGET_ARCH_x86 -O2 -g -Wall -Werror \
	       -Wno-initializer-overrides -Wno-unused-function -Ibpf -Iinclude

$(BUILD)/bpf/%.bpf.o: bpf/%.bpf.c
	@mkdir -p $(@D)
	$(BPF_CC) $(BPF_CFLAGS) -MMD -MP -c -o $@ $<
	$(LLVM_STRIP) -g $@

$(BUILD)/bpf/besra_helpers.bpf.o: bpf/besra.bpf.c
	@mkdir -p $(@D)
	$(BPF_CC) $(BPF_CFLAGS) -DREAD_BY_HELPERS -MMD -MP -c -o $@ $<
	$(LLVM_STRIP) -g $@

# An empty program, to compare with.
EMPTY := $(BUILD)/tests/bench/live_empty.bpf.o

$(BUILD)/tests/%.bpf.o: tests/%.bpf.c
	@mkdir -p $(@D)
	$(BPF_CC) $(BPF_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/bpf/embedded.S: $(BUILD)/bpf/maps.bpf.o $(BUILD)/bpf/besra.bpf.o \
			  $(BUILD)/bpf/besra_helpers.bpf.o
	@for o in $(^F:.bpf.o=); do \
		printf '\t.section .rodata\n\t.balign 8\n\t.global bpf_%s_begin, bpf_%s_end\n' $$o $$o; \
		printf 'bpf_%s_begin:\n\t.incbin "%s/%s.bpf.o"\nbpf_%s_end:\n' $$o $(@D) $$o $$o; \
	done > $@
	@printf '\t.section .note.GNU-stack,"",@progbits\n' >> $@

$(BUILD)/bpf/embedded.o: $(BUILD)/bpf/embedded.S
	$(CC) -c -o $@ $<

LIB_MODULES := $(filter-out cli,$(MODULES))
LIB_OBJECTS := $(foreach m,$(LIB_MODULES),$(call objects,$(m))) $(BUILD)/bpf/embedded.o

.PHONY: all
all: $(BUILD)/besra $(BUILD)/libbesra.a

$(BUILD)/besra: $(call objects,cli) $(BUILD)/libbesra.a
	$(LINK) -o $@ $(call objects,cli) $(BUILD)/libbesra.a $(LDLIBS)

$(BUILD)/libbesra.a: $(LIB_OBJECTS)
	rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(COMPILE_C) -c -o $@ $<

$(BUILD)/%.o: %.cc
	@mkdir -p $(@D)
	$(COMPILE_CXX) -c -o $@ $<

# ---- Tests ----------------------------------------------------------------------------------

TEST_PROGRAMS :=

# Random conditions serve the comparison on whole traces, too.
EXTRA_SUPPORT_engine := $(BUILD)/tests/filter/support.o $(BUILD)/tests/filter/support_random.o

# Every tests/MODULE/test_NAME.c is a cmocka program that links that module and those below.
# tests/MODULE/support*.c is linked into each of them.
define module_tests
TEST_SOURCES_$(1) := $$(wildcard tests/$(1)/test_*.c)
TEST_SUPPORT_$(1) := $$(patsubst %.c,$(BUILD)/%.o,$$(wildcard tests/$(1)/support*.c)) \
		     $(EXTRA_SUPPORT_$(1))
TEST_BINARIES_$(1) := $$(patsubst %.c,$(BUILD)/%,$$(TEST_SOURCES_$(1)))
TEST_PROGRAMS += $$(TEST_BINARIES_$(1))

$$(TEST_BINARIES_$(1)): $(BUILD)/tests/$(1)/%: $(BUILD)/tests/$(1)/%.o $$(TEST_SUPPORT_$(1)) $(call stack,$(1))
	$$(LINK) -o $$@ $$^ -lcmocka $$(LDLIBS)

.PHONY: test-$(1)
test-$(1): $$(TEST_BINARIES_$(1))
	@set -e; for t in $$^; do echo "== $$$$t"; $$$$t; done
endef
$(foreach m,$(MODULES),$(eval $(call module_tests,$(m))))


# ---- Tools for tests and benchmarks -----------------------------------------------------------

# Each of these is a program linked with the whole library.
TOOL_SOURCES := $(wildcard tests/oracle/*.c tests/bench/*.c tests/embed/*.c tests/live/*.c tests/memory/*.c \
			  tests/work/*.c \
			  tests/startup/*.c)
TOOLS := $(patsubst %.c,$(BUILD)/%,$(filter-out %.bpf.c,$(TOOL_SOURCES)))

$(TOOLS): $(BUILD)/%: $(BUILD)/%.o $(BUILD)/libbesra.a
	$(LINK) -o $@ $^ $(LDLIBS)

# Every system call and what its event says.
CALLS := $(BUILD)/tests/bpf/calls

$(CALLS): $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/bpf/*.c)) $(BUILD)/libbesra.a
	$(LINK) -o $@ $^ $(LDLIBS)

# Attempts not to be seen.
ATTACK := $(BUILD)/tests/evasion/attack

$(ATTACK): $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/evasion/*.c))
	$(LINK) -o $@ $^ -lpthread

# Records traces/intrusion.scap anew, in a virtual machine made for it.
.PHONY: recording
recording: DEPS_ALL += $(DEPS_VM)
recording: deps
	@$(MAKE) --no-print-directory -j$(JOBS) all
	tests/scenario/record $(BUILD) traces/intrusion.scap

# Data-driven and whole-program suites: executables under tests/SUITE/run that get the build
# directory as their argument. Those beside a file named `live` need a kernel that lets them look.
LIVE_SUITES := $(patsubst %/live,%/run,$(wildcard tests/*/live))
SUITES := $(filter-out tests/bench/run tests/vm/run $(LIVE_SUITES),$(wildcard tests/*/run))

.PHONY: check check-run check-asan check-oracle
check: deps
	@$(MAKE) --no-print-directory -j$(JOBS) check-programs
	@$(MAKE) --no-print-directory check-run

.PHONY: check-programs
check-programs: all $(TEST_PROGRAMS) $(TOOLS) $(EMPTY) $(CALLS) $(ATTACK)

check-run: check-programs
	@tests/run $(BUILD) $(sort $(TEST_PROGRAMS)) $(SUITES)

# The same tests under AddressSanitizer and UBSan; any report fails the test.
check-asan: deps
	@$(MAKE) --no-print-directory -j$(JOBS) SAN=1 BUILD=$(BUILD)/asan check-programs
	@$(MAKE) --no-print-directory SAN=1 BUILD=$(BUILD)/asan check-run

# What needs root and a kernel with BTF: each suite says so and skips where it has not got them.
# All of it is scoped to processes the tests start themselves.
.PHONY: check-live check-vm
check-live: deps
	@$(MAKE) --no-print-directory -j$(JOBS) check-programs
	@tests/run $(BUILD) $(LIVE_SUITES)

# The same on Debian's own kernel, in a virtual machine made of software. The kernel's package is
# downloaded, not installed. SUITES_VM="bpf live/check_uring": only these.
check-vm: DEPS_ALL += $(DEPS_VM)
check-vm: deps
	@$(MAKE) --no-print-directory -j$(JOBS) check-programs
	@tests/vm/run $(BUILD) $(SUITES_VM)

# Only the comparisons with Falco's own results (BESRA_SHARED, default ../shared).
check-oracle: deps
	@$(MAKE) --no-print-directory -j$(JOBS) check-programs
	@tests/run $(BUILD) tests/oracle/run

# ---- Fuzzing --------------------------------------------------------------------------------

# tests/fuzz/fuzz_NAME.c with libFuzzer; crashers found become fixed cases of the module's tests.
FUZZ_SECONDS ?= 60
FUZZ_SOURCES := $(wildcard tests/fuzz/fuzz_*.c)
FUZZERS := $(patsubst %.c,$(BUILD)/%,$(FUZZ_SOURCES))

.PHONY: fuzz fuzz-programs
fuzz: deps
	@$(MAKE) --no-print-directory -j$(JOBS) BUILD=$(BUILD)/fuzz fuzz-programs CC=clang \
		CXX=clang++ AR=llvm-ar WARN=-w WARN_C=-w CFLAGS="-O1 -g" CXXFLAGS="-O1 -g" \
		SANFLAGS="-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize=function,vptr -fno-sanitize-recover=all"
	@tests/fuzz/run_all $(BUILD)/fuzz $(FUZZ_SECONDS)

fuzz-programs: $(FUZZERS)

$(FUZZERS): $(BUILD)/%: $(BUILD)/%.o $(BUILD)/libbesra.a
	$(LINK) -fsanitize=fuzzer -o $@ $^ $(LDLIBS)

# ---- Style ----------------------------------------------------------------------------------

FORMATTED = $(shell git ls-files '*.c' '*.h' '*.cc')

.PHONY: lint fmt
lint: deps
	@tests/lint/check_layers
	@tests/lint/check_text
	@tests/lint/check_docs
	@clang-format --dry-run -Werror $(FORMATTED) && echo "format: as the tool says"
	@mkdir -p $(BUILD)/cppcheck
	@cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr -j $(JOBS) -Iinclude \
		-D_GNU_SOURCE '-DDECLARE_LIBBPF_OPTS(type, name, ...)=struct type name = { __VA_ARGS__ }' \
		--max-configs=1 --cppcheck-build-dir=$(BUILD)/cppcheck --enable=warning,portability,performance \
		--suppress=missingInclude --suppress=nullPointerRedundantCheck \
		--suppress=comparePointers:src/source/live_load.c src && echo "cppcheck: no errors"

fmt:
	clang-format -i $(FORMATTED)

# ---- Demo and benchmark ---------------------------------------------------------------------

.PHONY: demo bench bench-live
demo: deps
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@echo
	@echo "A recording of a break-in, checked against the rules; traces/README.md tells the story."
	@echo "\$$ besra -r rules/besra_rules.yaml -e traces/intrusion.scap"
	@echo
	@$(BUILD)/besra -r rules/besra_rules.yaml -e traces/intrusion.scap
	@tests/demo/show $(BUILD)

bench: deps
	@$(MAKE) --no-print-directory -j$(JOBS) all $(TOOLS)
	@tests/bench/run $(BUILD)

# Needs root and a kernel with BTF; two to three minutes.
bench-live: deps
	@$(MAKE) --no-print-directory -j$(JOBS) all $(TOOLS) $(EMPTY)
	@tests/bench/live_run $(BUILD)

# ---- Dependencies, installation, cleaning -----------------------------------------------------

# Installs what is missing, and asks apt-get only then.
.PHONY: deps
deps:
	@missing=""; \
	command -v dpkg-query >/dev/null || { echo "deps: no dpkg here; needed are: $(DEPS_ALL)"; exit 0; }; \
	for p in $(DEPS_ALL); do \
		dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; \
	done; \
	[ -z "$$missing" ] && exit 0; \
	echo "deps: installing$$missing"; \
	sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	$$sudo apt-get update -qq && \
	DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends $$missing >/dev/null

.PHONY: install
install: all
	install -D -m 755 $(BUILD)/besra $(DESTDIR)$(PREFIX)/bin/besra
	install -D -m 644 $(BUILD)/libbesra.a $(DESTDIR)$(PREFIX)/lib/libbesra.a
	install -d $(DESTDIR)$(PREFIX)/include/besra $(DESTDIR)/etc/besra/rules.d
	install -m 644 include/besra/*.h $(DESTDIR)$(PREFIX)/include/besra/
	install -m 644 rules/besra_rules.yaml config/besra.yaml $(DESTDIR)/etc/besra/
	install -D -m 644 packaging/besra.service $(DESTDIR)$(PREFIX)/lib/systemd/system/besra.service
	sed -i 's|/usr/local/bin/besra|$(PREFIX)/bin/besra|' \
		$(DESTDIR)$(PREFIX)/lib/systemd/system/besra.service

.PHONY: clean
clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' -not -path '$(BUILD)/asan/*' -not -path '$(BUILD)/fuzz/*' 2>/dev/null)

.DELETE_ON_ERROR:
.SECONDARY:
