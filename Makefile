# oomguard: build, test, install.  `make` builds the guard, `make check` proves it.
VERSION  = 0.1.0
PREFIX  ?= /usr/local
CC      ?= cc
BUILD   ?= build

WARN     = -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
           -Wwrite-strings -Wformat=2 -Wvla -Wundef -Wpointer-arith -Wcast-align
ifdef WERROR
WARN    += -Werror
endif
CFLAGS  ?= -O2 -g
CPPFLAGS += -D_GNU_SOURCE -D_FORTIFY_SOURCE=2 -DOOMGUARD_VERSION='"$(VERSION)"'
ALL_CFLAGS = -std=gnu17 -fstack-protector-strong -fPIE $(WARN) $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now $(LDFLAGS)
LDLIBS   = -linih -pthread

# Text and numbers in, numbers out: no clock, no file, no floating point (see tests/gates).
PURE  = text psi meminfo vmstat swaps procstat decide blame victim watch
# What the loop runs once memory is locked, beside the pure ones.
LOOP  = sampler procfs roster kill ring guard
# What may block: set-up and the errand thread.
EDGE  = census identity rules config message trace errand report harden host

OBJ   = $(patsubst %,$(BUILD)/%.o,$(PURE) $(LOOP) $(EDGE))
LIB   = $(BUILD)/liboomguard.a
UNIT  = $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.c))

all: oomguard

oomguard: $(BUILD)/oomguard.o $(LIB)
	@echo "  LINK  $@"
	@$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

$(LIB): $(OBJ)
	@rm -f $@
	@$(AR) rcs $@ $^

$(BUILD)/%.o: %.c | $(BUILD)
	@echo "  CC    $<"
	@$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD) $(BUILD)/unit:
	mkdir -p $@

$(BUILD)/unit/%: tests/unit/%.c $(LIB) | $(BUILD)/unit
	@echo "  TEST  $<"
	@$(CC) $(CPPFLAGS) -I. $(ALL_CFLAGS) $(ALL_LDFLAGS) -MMD -MP -MF $@.d -o $@ $< $(LIB) $(LDLIBS) -lcmocka

unit: $(UNIT)

clean:
	rm -rf $(BUILD) oomguard

.PHONY: all unit clean
.SECONDARY:
-include $(wildcard $(BUILD)/*.d $(BUILD)/unit/*.d)
