# Trạm Ký. One plain GNU Makefile; everything that is built lands in build/ (build/san/ for sanitizers).
#   make            programs                  make run     the counter on demonstration data
#   make check      every test                make deps    Debian packages that are missing (apt)
#   make check-ROOM unit tests of one room    make install DESTDIR=
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:

CC      ?= cc
ifeq ($(origin CC),default)
CC      := gcc
endif
SAN     ?=
B       ?= build$(if $(SAN),/san)
PREFIX  ?= /usr/local
V       ?=
Q       := $(if $(V),,@)

ROOMS := base screen ui catalogue dossier wizard kiosk net store pdf trust verify sign identity portal sandbox

# Libraries of a room: only the rooms that own a library may name its package (see src/README.md).
PKGS_base      := jansson libfyaml libutf8proc libqrencode libcrypto libpng libjpeg libseccomp
PKGS_ui        := ncursesw
PKGS_net       := libcurl
PKGS_store     := sqlite3
PKGS_pdf       := libqpdf harfbuzz harfbuzz-subset zlib
PKGS_trust     := libcrypto
PKGS_sandbox   := libmicrohttpd libcrypto jansson
PKGS_walk      := vterm freetype2 jansson libpng
ALL_PKGS       := $(sort $(foreach r,$(ROOMS) walk,$(PKGS_$(r))))
LIBS_pdf       := -lhpdf

# Rooms that a room stands on (the arrows of src/README.md, closed under "uses"; order matters to the linker).
NEED_base      :=
NEED_screen    := base
NEED_ui        := screen base
NEED_catalogue := base
NEED_dossier   := base
NEED_wizard    := screen catalogue dossier base
NEED_kiosk     := wizard ui screen catalogue dossier base
NEED_net       := base
NEED_store     := base
NEED_pdf       := base
NEED_trust     := net base
NEED_verify    := pdf trust net base
NEED_sign      := verify pdf trust net base
NEED_identity  := sign verify pdf trust net base
NEED_portal    := dossier net base
NEED_sandbox   := base

# Programs: main/NAME.c (and main/NAME_*.c), the rooms it links.
PROGRAMS       := tramky tramky-doc tramky-net tramky-store tramky-sandbox
ROOMS_tramky         := kiosk wizard ui screen catalogue dossier base
ROOMS_tramky-doc     := verify pdf trust net base
ROOMS_tramky-net     := portal identity sign trust dossier net base
ROOMS_tramky-store   := store base
ROOMS_tramky-sandbox := sandbox base
DIR_tramky           := $(B)
DIR_tramky-sandbox   := $(B)
DIR_tramky-doc       := $(B)/libexec
DIR_tramky-net       := $(B)/libexec
DIR_tramky-store     := $(B)/libexec

WARN    := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Werror
CFLAGS  ?= -O2 -g
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=undefined -O1)
HARDEN  := $(if $(SAN),,-D_FORTIFY_SOURCE=2) -fstack-protector-strong -fPIE
LDHARD  := -pie -Wl,-z,relro,-z,now -Wl,--as-needed
PKGC     = $(shell pkg-config --cflags $(ALL_PKGS) 2>/dev/null)
BASEFLAGS = -std=c17 -D_GNU_SOURCE -Isrc $(WARN) $(HARDEN) $(SANFLAGS) $(if $(SAN),-DTRAMKY_SAN)

PROGS    := $(foreach p,$(PROGRAMS),$(DIR_$(p))/$(p))
WALK     := $(B)/tramky-walk
SHARE    := $(B)/share
MO       := $(SHARE)/locale/vi/LC_MESSAGES/tramky.mo $(SHARE)/locale/en/LC_MESSAGES/tramky.mo
PROVINCE_PO := $(wildcard screens/provinces/*/*.po)

.PHONY: all run check check-unit deps deps-extra install clean share arrows
all: $(PROGS) $(WALK) $(B)/tramky-screens share

# --- objects and room archives -------------------------------------------------------------
define room_rules
OBJ_$(1) := $$(patsubst src/%.c,$$(B)/obj/%.o,$$(wildcard src/$(1)/*.c))
$$(B)/lib/$(1).a: $$(OBJ_$(1))
	@mkdir -p $$(@D)
	$$(Q)rm -f $$@ && ar rcs $$@ $$^
LINK_$(1) := $$(B)/lib/$(1).a
endef
$(foreach r,$(ROOMS),$(eval $(call room_rules,$(r))))

pkgs_of   = $(sort $(foreach r,$(1),$(PKGS_$(r))))
libs_of   = $(shell pkg-config --libs $(call pkgs_of,$(1)) 2>/dev/null) $(foreach r,$(1),$(LIBS_$(r)))
arch_of   = $(foreach r,$(1),$(LINK_$(r)))

$(B)/obj/%.o: src/%.c Makefile
	@mkdir -p $(@D)
	$(if $(V),,@echo "  CC  $<")
	$(Q)$(CC) $(BASEFLAGS) $(CFLAGS) $(PKGC) -MMD -MP -c $< -o $@

define prog_rules
$$(DIR_$(1))/$(1): $$(patsubst src/%.c,$$(B)/obj/%.o,$$(wildcard src/main/$(1).c src/main/$(1)_*.c)) $$(call arch_of,$$(ROOMS_$(1)))
	@mkdir -p $$(@D)
	$$(if $$(V),,@echo "  LD  $$@")
	$$(Q)$$(CC) $$(BASEFLAGS) $$(CFLAGS) $$(LDHARD) -o $$@ $$(filter %.o,$$^) -Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group $$(call libs_of,$$(ROOMS_$(1))) -lpthread -lm
endef
$(foreach p,$(PROGRAMS),$(eval $(call prog_rules,$(p))))

# --- what people see, as data ---------------------------------------------------------------
share: $(SHARE)/screens $(SHARE)/trust $(MO) $(patsubst screens/provinces/%.po,$(SHARE)/po-stamps/%.stamp,$(PROVINCE_PO))
$(SHARE)/screens:
	@mkdir -p $(@D)
	$(Q)ln -sfn $(abspath screens) $@
$(SHARE)/trust:
	@mkdir -p $(@D)
	$(Q)ln -sfn $(abspath src/trust/anchors) $@
$(SHARE)/locale/%/LC_MESSAGES/tramky.mo: locale/%.po
	@mkdir -p $(@D)
	$(Q)msgfmt --check-format -o $@ $<
# screens/provinces/ID/LANG.po overrides ids of the common catalogue: text domain tramky-ID
$(SHARE)/po-stamps/%.stamp: screens/provinces/%.po
	@mkdir -p $(@D) $(SHARE)/locale/$(notdir $*)/LC_MESSAGES
	$(Q)msgfmt -o $(SHARE)/locale/$(notdir $*)/LC_MESSAGES/tramky-$(patsubst %/,%,$(dir $*)).mo $< && touch $@

# --- tests ------------------------------------------------------------------------------------
# tests/unit/ROOM_*.c: one cmocka program a file, linked with ROOM and what it stands on.
UNIT_SRC  := $(wildcard tests/unit/*.c)
UNIT_BIN  := $(patsubst tests/unit/%.c,$(B)/tests/%,$(UNIT_SRC))
unit_room  = $(firstword $(subst _, ,$(notdir $(1))))
unit_rooms = $(call unit_room,$(1)) $(NEED_$(call unit_room,$(1)))
define unit_rules
$$(B)/tests/$(1): tests/unit/$(1).c $$(call arch_of,$$(call unit_rooms,$(1)))
	@mkdir -p $$(@D)
	$$(if $$(V),,@echo "  LD  $$@")
	$$(Q)$$(CC) $$(BASEFLAGS) -Itests $$(CFLAGS) $$(PKGC) -MMD -MP $$(LDHARD) -o $$@ $$< -Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group $$(call libs_of,$$(call unit_rooms,$(1))) $$(shell pkg-config --libs cmocka $$(if $$(filter ui_%,$(1)),vterm)) $$(if $$(filter ui_%,$(1)),-lutil) -lssl -lcrypto -lpthread -lm
endef
$(foreach t,$(patsubst tests/unit/%.c,%,$(UNIT_SRC)),$(eval $(call unit_rules,$(t))))

$(WALK): $(patsubst tests/walk/%.c,$(B)/obj/walk/%.o,$(wildcard tests/walk/*.c)) $(call arch_of,base)
	@mkdir -p $(@D)
	$(if $(V),,@echo "  LD  $@")
	$(Q)$(CC) $(BASEFLAGS) $(CFLAGS) $(LDHARD) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(call libs_of,base) $(shell pkg-config --libs $(PKGS_walk)) -lutil -lpthread -lm
$(B)/obj/walk/%.o: tests/walk/%.c Makefile
	@mkdir -p $(@D)
	$(if $(V),,@echo "  CC  $<")
	$(Q)$(CC) $(BASEFLAGS) -Itests $(CFLAGS) $(PKGC) -MMD -MP -c $< -o $@

# tests/screen: every screen with sample data, compared by tests/checks/golden.sh
SCREENS := $(B)/tramky-screens
$(SCREENS): $(patsubst tests/screen/%.c,$(B)/obj/screen-tests/%.o,$(wildcard tests/screen/*.c)) $(B)/obj/walk/term.o $(B)/obj/walk/shot.o $(call arch_of,wizard ui screen catalogue dossier base)
	@mkdir -p $(@D)
	$(if $(V),,@echo "  LD  $@")
	$(Q)$(CC) $(BASEFLAGS) $(CFLAGS) $(LDHARD) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(call libs_of,ui base) $(shell pkg-config --libs $(PKGS_walk)) -lutil -lpthread -lm
$(B)/obj/screen-tests/%.o: tests/screen/%.c Makefile
	@mkdir -p $(@D)
	$(if $(V),,@echo "  CC  $<")
	$(Q)$(CC) $(BASEFLAGS) -Itests $(CFLAGS) $(PKGC) -MMD -MP -c $< -o $@
$(filter $(B)/tests/wizard_% $(B)/tests/kiosk_%,$(UNIT_BIN)): | share

check-unit: $(UNIT_BIN)
	$(Q)B=$(B) tests/run unit
# make check-base, check-pdf, ...: the unit tests of one room while working on it
$(foreach r,$(ROOMS),$(eval .PHONY: check-$(r))$(eval check-$(r): $(filter $(B)/tests/$(r)_%,$(UNIT_BIN)); $$(Q)B=$$(B) tests/run unit $(r)))

check: deps-quiet
	$(Q)$(MAKE) --no-print-directory -j$$(nproc) all $(UNIT_BIN) B=$(B) SAN=$(SAN)
	$(Q)B=$(B) SAN=$(SAN) tests/run all

# make check-corpus CORPUS=DIR: verdicts over a folder of other people's files (DIR/MANIFEST.tsv or DIR/pdf/MANIFEST.tsv), by class;
# then those of class sign_or_refuse signed, and judged by pdfsig
.PHONY: check-corpus
CORPUS ?= ../shared/corpus/pdf
check-corpus: $(B)/libexec/tramky-doc
	$(Q)B=$(B) tests/corpus $(CORPUS) && B=$(B) tests/corpus $(CORPUS) --own-roots --integrity && B=$(B) tests/corpus $(CORPUS) --sign

run: deps-quiet
	$(Q)$(MAKE) --no-print-directory -j$$(nproc) all
	$(Q)B=$(B) tests/demo

# --- bench: ratios to the floor and to peers; nothing of it is passed or failed in `make check` -----------------
BENCH := $(B)/bench/tramky-bench
BENCH_ROOMS := catalogue base
.PHONY: bench
bench: all $(BENCH)
	$(Q)B=$(B) tests/bench/run $(BENCH_ARGS)
$(B)/obj/bench/%.o: tests/bench/%.c Makefile
	@mkdir -p $(@D)
	$(if $(V),,@echo "  CC  $<")
	$(Q)$(CC) $(BASEFLAGS) -Itests $(CFLAGS) $(PKGC) -MMD -MP -c $< -o $@
$(BENCH): $(patsubst tests/bench/%.c,$(B)/obj/bench/%.o,$(wildcard tests/bench/*.c)) $(call arch_of,$(BENCH_ROOMS))
	@mkdir -p $(@D)
	$(if $(V),,@echo "  LD  $@")
	$(Q)$(CC) $(BASEFLAGS) $(CFLAGS) $(LDHARD) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(call libs_of,$(BENCH_ROOMS)) -lutil -lpthread -lm

# --- fuzzing (clang): every parser of bytes from outside -----------------------------------------
# tests/fuzz/ROOM_*.c has LLVMFuzzerTestOneInput; tests/fuzz/ROOM_*/ keeps seeds and past offenders.
FUZZ_SECONDS ?= 30
FUZZ_BIN := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/*.c))
.PHONY: fuzz fuzz-run
fuzz:
	$(Q)$(MAKE) --no-print-directory fuzz-run CC=clang SAN=address,undefined,fuzzer-no-link B=$(if $(filter build,$(B)),build/fuzz,$(B))
define fuzz_rules
$$(B)/fuzz/$(1): tests/fuzz/$(1).c $$(call arch_of,$$(call unit_rooms,$(1)))
	@mkdir -p $$(@D)
	$$(if $$(V),,@echo "  LD  $$@")
	$$(Q)$$(CC) $$(BASEFLAGS) -Wno-missing-prototypes -fsanitize=fuzzer -Itests $$(CFLAGS) $$(PKGC) $$(LDHARD) -o $$@ $$< -Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group $$(call libs_of,$$(call unit_rooms,$(1))) -lssl -lcrypto -lpthread -lm
endef
$(foreach t,$(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*.c)),$(eval $(call fuzz_rules,$(t))))
# Two at a time: FUZZ_SECONDS each, so all of them take about half that many seconds times their number.
fuzz-run: $(FUZZ_BIN)
	$(Q)printf '%s\n' $(notdir $^) | B=$(B) FUZZ_SECONDS=$(FUZZ_SECONDS) xargs -P 2 -I{} tests/fuzz/one {}

# --- packages -----------------------------------------------------------------------------------
.PHONY: deps-quiet
deps-quiet:
	$(Q).ci/deps --if-missing
deps:
	$(Q).ci/deps
deps-extra:
	$(Q).ci/deps --extra

# What is installed is named here and not looked up: a folder listing may be older than what was just built.
MANDIR := $(PREFIX)/share/man
install: all
	install -d $(addprefix $(DESTDIR)$(PREFIX)/,bin libexec/tramky share/tramky) $(DESTDIR)$(MANDIR)/man1 $(DESTDIR)$(MANDIR)/man5
	install -m 755 $(foreach p,$(PROGRAMS),$(if $(filter $(B),$(DIR_$(p))),$(DIR_$(p))/$(p))) $(DESTDIR)$(PREFIX)/bin/
	install -m 755 $(foreach p,$(PROGRAMS),$(if $(filter $(B)/libexec,$(DIR_$(p))),$(DIR_$(p))/$(p))) $(DESTDIR)$(PREFIX)/libexec/tramky/
	cp -r screens $(SHARE)/locale $(DESTDIR)$(PREFIX)/share/tramky/
	cp -rT src/trust/anchors $(DESTDIR)$(PREFIX)/share/tramky/trust
	install -m 644 $(filter-out %-walk.1,$(wildcard src/man/*.1)) $(DESTDIR)$(MANDIR)/man1/
	install -m 644 $(wildcard src/man/*.5) $(DESTDIR)$(MANDIR)/man5/

clean:
	rm -rf build

-include $(shell find $(B) -name '*.d' 2>/dev/null)
