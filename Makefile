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

DEPS_BUILD := gcc g++ make libc6-dev zlib1g-dev libyaml-dev libjansson-dev libre2-dev libxxhash-dev
DEPS_TEST  := libcmocka-dev python3 clang llvm libclang-rt-14-dev clang-format cppcheck sysdig git
DEPS_ALL   := $(DEPS_BUILD) $(DEPS_TEST)

# ---- Flags ----------------------------------------------------------------------------------

WARN := -Wall -Wextra -Wshadow -Wswitch-enum -Wvla -Werror
WARN_C := $(WARN) -Wstrict-prototypes -Wmissing-prototypes -Wconversion
CPPFLAGS := -Iinclude -D_GNU_SOURCE
CFLAGS   ?= -O2 -g
CXXFLAGS ?= -O2 -g
LDLIBS   := -lyaml -ljansson -lre2 -lz -lpthread -lm -lstdc++

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
stack   = $(foreach m,$(call closure,$(1)),$(call objects,$(m)))

LIB_MODULES := $(filter-out cli,$(MODULES))
LIB_OBJECTS := $(foreach m,$(LIB_MODULES),$(call objects,$(m)))

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

# Every tests/MODULE/test_NAME.c is a cmocka program that links that module and those below.
# tests/MODULE/support*.c is linked into each of them.
define module_tests
TEST_SOURCES_$(1) := $$(wildcard tests/$(1)/test_*.c)
TEST_SUPPORT_$(1) := $$(patsubst %.c,$(BUILD)/%.o,$$(wildcard tests/$(1)/support*.c))
TEST_BINARIES_$(1) := $$(patsubst %.c,$(BUILD)/%,$$(TEST_SOURCES_$(1)))
TEST_PROGRAMS += $$(TEST_BINARIES_$(1))

$$(TEST_BINARIES_$(1)): $(BUILD)/tests/$(1)/%: $(BUILD)/tests/$(1)/%.o $$(TEST_SUPPORT_$(1)) $(call stack,$(1))
	$$(LINK) -o $$@ $$^ -lcmocka $$(LDLIBS)

.PHONY: test-$(1)
test-$(1): $$(TEST_BINARIES_$(1))
	@set -e; for t in $$^; do echo "== $$$$t"; $$$$t; done
endef
$(foreach m,$(MODULES),$(eval $(call module_tests,$(m))))

.PHONY: clean
clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

.DELETE_ON_ERROR:
.SECONDARY:
