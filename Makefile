# SPDX-License-Identifier: MIT
# A thin front of Meson. `make run` and `make test` are all a newcomer needs: they install what is missing.
BUILD ?= build

.PHONY: all run test test-vm vectors evidence bench peers fleet check hooks coverage mutants measure dist deb rpm corpus fuzz tsan e2e doc install uninstall \
	clean setup

all: $(BUILD)/build.ninja
	@ninja -C $(BUILD) --quiet

setup:
	@scripts/setup

$(BUILD)/build.ninja: | setup
	@meson setup $(BUILD) >$(BUILD).log 2>&1 || { cat $(BUILD).log; exit 1; }
	@rm -f $(BUILD).log

# One SEV-SNP guest attested end to end in software, every step printed.
run: all
	@$(BUILD)/src/cli/jurat demo

test: all
	@scripts/test $(BUILD)

# jurat device in a real Linux, which runs in QEMU.
test-vm: all
	@tests/e2e/test_vm $(BUILD)

# Real evidence out of published packages, for tests: into a cache outside the tree. See tests/data/README.md.
evidence:
	@scripts/evidence

# Golden vectors of tests/data, made again. See tests/data/README.md.
vectors: all
	@ninja -C $(BUILD) --quiet vectors

bench: all
	@$(BUILD)/bench/jurat-bench

# Beside other verifiers, which are built first: make peers ARGS="--only snp-warm". See bench/README.md and doc/performance.md.
peers: all
	@scripts/setup-peers $(BUILD)
	@bench/peers/run --build $(BUILD) $(ARGS)

# A TCB change of 10,000 chips, simulated: make fleet ARGS="CHIPS [SEED]". See doc/fleet.md.
fleet: all
	@$(BUILD)/tests/fleet/fleet-table $(ARGS)

check:
	@scripts/setup check || echo "make check: goes on with what is here"
	@scripts/check

# From now on, git commit runs the same over what is staged.
hooks:
	@scripts/pre-commit --install

# What of src/ the tests run; doc/coverage.md.
coverage:
	@scripts/setup fuzz
	@scripts/coverage

# Small changes of src/ that no test notices, for a night: make mutants ARGS="--count 100 --minutes 60 src/verify".
mutants: | setup
	@scripts/mutants $(ARGS)

# Lengths, comments, tests and circles, beside other trees: make measure ARGS="../crun ../libfido2".
measure: all
	@scripts/setup measure
	@scripts/measure $(ARGS)

# The source archive of the last commit.
dist:
	@scripts/dist

# Debian packages of this tree, into build-deb/: doc/packaging.md. With the tests: make deb ARGS=--check.
deb:
	@scripts/deb $(ARGS)

# RPM packages, into build-rpm/.
rpm:
	@scripts/rpm $(ARGS)

# The corpus of evidence that a verifier must accept or refuse, as an archive.
corpus: all
	@scripts/corpus $(BUILD)

fuzz:
	@scripts/setup fuzz
	@scripts/fuzz
	@scripts/fuzz --coverage

# What has threads, under ThreadSanitizer.
tsan:
	@scripts/setup fuzz
	@scripts/tsan

# Web pages of README, manual pages, doc/ and the C interface: build/doc/html/index.html. They need no network.
doc: all
	@scripts/setup doc
	@scripts/doc $(BUILD)

e2e: all
	@scripts/e2e $(BUILD)

# PREFIX=DIR installs below it, and it stays that of the build folder (/usr/local at first); STATIC=1 installs static libraries, too;
# DESTDIR=DIR is put before every path.
install: all
	@scripts/install $(BUILD)

uninstall:
	@ninja -C $(BUILD) --quiet uninstall

clean:
	rm -rf build build-*
