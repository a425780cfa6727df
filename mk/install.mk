# `make install DESTDIR=`: programs, units, configuration, BIRD templates, man pages, completion.
# An existing configuration stays as it is.

BINDIR     ?= $(PREFIX)/bin
SYSCONFDIR ?= /etc
SHAREDIR   ?= $(PREFIX)/share
UNITDIR    ?= $(PREFIX)/lib/systemd/system
DOCDIR     := $(SHAREDIR)/doc/skein
EXAMPLEDIR := $(DOCDIR)/examples

MAN_PAGES  := $(patsubst docs/man/%.in,$(BUILD)/man/%,$(wildcard docs/man/*.in))
UNITS      := $(patsubst packaging/systemd/%,$(BUILD)/systemd/%,$(wildcard packaging/systemd/*.service))
# Every option with its range and default, from the programs' own tables.
REFERENCES := $(BUILD)/examples/controller.conf.reference $(BUILD)/examples/agent.conf.reference

# A page's program is its name.
.SECONDEXPANSION:
$(MAN_PAGES): $(BUILD)/man/%: docs/man/%.in packaging/man-page lib/base/error.h $$(BUILD)/$$(basename %)
	@mkdir -p $(@D)
	$(call say,MAN,$@)
	$(Q)packaging/man-page $< $(BUILD)/$(basename $*) > $@

$(REFERENCES): $(BUILD)/examples/%.conf.reference: $(BUILD)/skein-%
	@mkdir -p $(@D)
	$(call say,EXAMPLE,$@)
	$(Q)$< config-example > $@

$(UNITS): $(BUILD)/systemd/%: packaging/systemd/%
	@mkdir -p $(@D)
	$(Q)sed 's|^ExecStart=/usr/bin/|ExecStart=$(BINDIR)/|' $< > $@

.PHONY: man install check-install
man: $(MAN_PAGES) ## man pages, into build/man

install: all $(MAN_PAGES) $(REFERENCES) $(UNITS) ## install below DESTDIR
	$(Q)install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(SYSCONFDIR)/skein/bird-templates \
		$(DESTDIR)$(UNITDIR) $(DESTDIR)$(PREFIX)/lib/sysusers.d $(DESTDIR)$(PREFIX)/lib/tmpfiles.d \
		$(DESTDIR)$(SHAREDIR)/skein/bird-templates $(DESTDIR)$(EXAMPLEDIR) $(DESTDIR)$(DOCDIR)/json \
		$(DESTDIR)$(SHAREDIR)/man/man1 $(DESTDIR)$(SHAREDIR)/man/man8 \
		$(DESTDIR)$(SHAREDIR)/bash-completion/completions
	$(Q)install $(PROGRAMS) $(DESTDIR)$(BINDIR)
	$(Q)install -m 644 $(UNITS) $(DESTDIR)$(UNITDIR)
	$(Q)install -m 644 packaging/systemd/skein.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/skein.conf
	$(Q)install -m 644 packaging/systemd/skein.tmpfiles $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/skein.conf
	$(Q)install -m 644 bird-templates/*.conf $(DESTDIR)$(SHAREDIR)/skein/bird-templates
	$(Q)install -m 644 $(filter %.1,$(MAN_PAGES)) $(DESTDIR)$(SHAREDIR)/man/man1
	$(Q)install -m 644 $(filter %.8,$(MAN_PAGES)) $(DESTDIR)$(SHAREDIR)/man/man8
	$(Q)install -m 644 $(wildcard examples/*.*) $(REFERENCES) $(DESTDIR)$(EXAMPLEDIR)
	$(Q)install -D -m 644 -t $(DESTDIR)$(EXAMPLEDIR)/appliance $(wildcard examples/appliance/*)
	$(Q)install -m 644 docs/openapi.yaml $(DESTDIR)$(DOCDIR)
	$(Q)install -m 644 $(wildcard docs/json/*.json) $(DESTDIR)$(DOCDIR)/json
	$(Q)install -m 644 packaging/completion/skein.bash $(DESTDIR)$(SHAREDIR)/bash-completion/completions/skein
	$(Q)for program in skein-agent skein-controller skein-lab; do \
		ln -sf skein $(DESTDIR)$(SHAREDIR)/bash-completion/completions/$$program; done
	$(Q)for name in agent controller; do \
		to=$(DESTDIR)$(SYSCONFDIR)/skein/$$name.conf; \
		[ -e $$to ] || install -m 644 $(BUILD)/examples/$$name.conf.reference $$to; done
ifeq ($(DESTDIR),)
	$(Q)systemd-sysusers $(PREFIX)/lib/sysusers.d/skein.conf
	$(Q)systemd-tmpfiles --create $(PREFIX)/lib/tmpfiles.d/skein.conf
	$(Q)[ ! -d /run/systemd/system ] || systemctl daemon-reload
endif

check-install: all ## install into build/, and look at what came of it
	$(Q)test/run install $(SUMMARY) test/install $(BUILD)
