# SPDX-License-Identifier: MIT
# A thin front of Meson. `make run` and `make test` are all a newcomer needs: they install what is missing.
BUILD ?= build
PREFIX ?= /usr/local

.PHONY: all run test test-vm bench check fuzz e2e install clean setup

all: $(BUILD)/build.ninja
	@ninja -C $(BUILD) --quiet

setup:
	@scripts/setup

$(BUILD)/build.ninja: | setup
	@meson setup $(BUILD) --prefix $(PREFIX) >$(BUILD).log 2>&1 || { cat $(BUILD).log; exit 1; }
	@rm -f $(BUILD).log

# One SEV-SNP guest attested end to end in software, every step printed.
run: all
	@$(BUILD)/src/cli/jurat demo

test: all
	@scripts/test $(BUILD)

# jurat device in a real Linux, which runs in QEMU.
test-vm: all
	@tests/e2e/test_vm $(BUILD)

bench: all
	@$(BUILD)/bench/jurat-bench

check: | setup
	@scripts/check

fuzz:
	@scripts/setup fuzz
	@scripts/fuzz

e2e: all
	@scripts/e2e $(BUILD)

install: all
	@meson install -C $(BUILD)

clean:
	rm -rf build build-*
