/* SPDX-License-Identifier: MIT */
#include "run/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "sim/guest/tsm.h"
#include "wire/snp_certs.h"
#include "wire/tdx_getquote.h"

enum { MAX_COUNT = 1000000 };

/* A decimal number of at least 1 that fills the text. */
static bool count_of(const char *text, unsigned *ret)
{
	char *end;
	unsigned long v;

	if (!text || text[0] < '0' || text[0] > '9')
		return false;
	v = strtoul(text, &end, 10);
	if (*end || v == 0 || v > MAX_COUNT)
		return false;
	*ret = (unsigned)v;
	return true;
}

static bool parse_busy(const char *arg, struct run_faults *to)
{
	return count_of(arg, &to->vmm.busy);
}

static bool parse_invalid_len(const char *arg, struct run_faults *to)
{
	to->vmm.invalid_len = 1;
	return !arg || count_of(arg, &to->vmm.invalid_len);
}

static bool parse_fw_error(const char *arg, struct run_faults *to)
{
	unsigned long code;
	char *end;

	if (!arg || arg[0] < '0' || arg[0] > '9')
		return false;
	code = strtoul(arg, &end, 0);
	if (code == 0 || code > UINT32_MAX)
		return false;
	to->fw_status = (uint32_t)code;
	to->fw_at = 1;
	return !*end || (*end == '@' && count_of(end + 1, &to->fw_at));
}

static bool parse_vmpck_wipe(const char *arg, struct run_faults *to)
{
	to->vmpck_wipe = true;
	return !arg;
}

static bool parse_certs(const char *arg, struct run_faults *to)
{
	static const char *const names[] = {
		[RUN_CERTS_TRUNCATED] = "truncated",
		[RUN_CERTS_OVERSIZED] = "oversized",
		[RUN_CERTS_NONE] = "none",
		[RUN_CERTS_STALE] = "stale",
	};

	for (unsigned i = RUN_CERTS_GOOD + 1; arg && i < ARRAY_SIZE(names); i++)
		if (!strcmp(arg, names[i])) {
			to->certs = (enum run_certs_fault)i;
			return true;
		}
	return false;
}

static bool parse_tcb_flip(const char *arg, struct run_faults *to)
{
	return count_of(arg, &to->tcb_flip_at);
}

static bool parse_qgs_down(const char *arg, struct run_faults *to)
{
	to->qgs_down = true;
	return !arg;
}

static bool parse_tdx_status(const char *arg, struct run_faults *to)
{
	unsigned long long code;
	char *end;

	if (!arg || arg[0] < '0' || arg[0] > '9')
		return false;
	errno = 0;
	code = strtoull(arg, &end, 0);
	if (*end || errno != 0 || code == TDX_GETQUOTE_SUCCESS || code == TDX_GETQUOTE_IN_FLIGHT)
		return false;
	to->tdx_fixed = true;
	to->tdx_status = code;
	return true;
}

static bool parse_tdx_hang(const char *arg, struct run_faults *to)
{
	to->tdx_fixed = true;
	to->tdx_status = TDX_GETQUOTE_IN_FLIGHT;
	return !arg;
}

static bool parse_tdx_empty(const char *arg, struct run_faults *to)
{
	to->tdx_fixed = true;
	to->tdx_status = TDX_GETQUOTE_SUCCESS;
	return !arg;
}

static bool parse_tdx_oversized(const char *arg, struct run_faults *to)
{
	to->tdx_fixed = true;
	to->tdx_status = TDX_GETQUOTE_SUCCESS;
	to->tdx_out_len = UINT32_MAX;
	return !arg;
}

static bool parse_qgs_half_close(const char *arg, struct run_faults *to)
{
	to->qgs_half_close = true;
	return !arg;
}

static bool parse_configfs_ebusy(const char *arg, struct run_faults *to)
{
	return count_of(arg, &to->configfs_ebusy);
}

/* `argument` is what follows the name: empty, or beginning with ':' or '@'. */
static const struct {
	const char *name;
	char separator;
	bool (*parse)(const char *arg, struct run_faults *to);
	struct run_fault row;
} faults[] = {
	{ "busy",
	  ':',
	  parse_busy,
	  { "busy:N",
	    "The host answers BUSY to the next N certificate requests. The driver sleeps two seconds after "
	    "each, in virtual time",
	    "Nothing: the driver resends the message. From N = 32 on it gives up with ETIMEDOUT and wipes "
	    "its key: start a new VM" } },
	{ "invalid-len",
	  ':',
	  parse_invalid_len,
	  { "invalid-len[:N]",
	    "The host requires one page more for the certificates than the guest offers, for the next N "
	    "requests (default 1)",
	    "EIO with exitinfo2 0x100000000: repeat the request with the returned certs_len, up to 16384 "
	    "bytes; beyond that, request no certificates. Through configfs-tsm the error is EIO and cannot "
	    "be avoided" } },
	{ "fw-error",
	  ':',
	  parse_fw_error,
	  { "fw-error:CODE[@N]",
	    "Firmware answers request N (default 1) with status CODE, for example 0x16, without processing "
	    "it",
	    "EIO with the status in the low half of exitinfo2, then ENOTTY for every request, because the "
	    "driver wiped its key: report both, do not retry" } },
	{ "vmpck-wipe",
	  '\0',
	  parse_vmpck_wipe,
	  { "vmpck-wipe", "The driver has no key, as after a failed message",
	    "ENOTTY for every request: report that this VM cannot attest until it is restarted" } },
	{ "certs",
	  ':',
	  parse_certs,
	  { "certs:truncated|oversized|none|stale",
	    "The certificates of the host: only the first page is copied, the table takes 5 pages, there are "
	    "none, or they are for the TCB before the reported one",
	    "Check that every entry lies within the buffer and parses. Fetch the certificates elsewhere if "
	    "there are none, or none match TCB and chip of the report" } },
	{ "tcb-flip",
	  '@',
	  parse_tcb_flip,
	  { "tcb-flip@N", "Before request N, the host commits new firmware and serves certificates for it",
	    "Use the certificates returned with each report; do not cache one VCEK for all" } },
	{ "qgs-down",
	  '\0',
	  parse_qgs_down,
	  { "qgs-down",
	    "TDX: nothing listens at the address of the quoting service, for the host and for --qgs",
	    "A quote fails with EIO, a connection with ECONNREFUSED (vsock: ECONNRESET): retry a few times, "
	    "seconds apart; the host operator has to fix it" } },
	{ "qgs-half-close",
	  '\0',
	  parse_qgs_half_close,
	  { "qgs-half-close", "TDX: the quoting service closes its connection in the middle of each response",
	    "A quote fails with EIO, never with part of a quote. A client of the service treats the early "
	    "end of the stream as an error" } },
	{ "tdx-status",
	  ':',
	  parse_tdx_status,
	  { "tdx-status:CODE", "TDX: every GetQuote ends with status CODE (64 bits) and no quote",
	    "EIO. TDX_CMD_GET_QUOTE succeeds with CODE in the buffer: check the status before using the "
	    "quote" } },
	{ "tdx-hang",
	  '\0',
	  parse_tdx_hang,
	  { "tdx-hang", "TDX: the host never completes the first GetQuote",
	    "EIO after thirty seconds of virtual time (Linux 7.0 reports its time-out as an answer), then "
	    "EBUSY for every request, because the driver has a single buffer: this VM cannot attest until "
	    "the host answers" } },
	{ "tdx-empty",
	  '\0',
	  parse_tdx_empty,
	  { "tdx-empty", "TDX: every GetQuote succeeds with a quote of 0 bytes",
	    "The driver returns the empty quote: check the length of a quote against its header" } },
	{ "tdx-oversized",
	  '\0',
	  parse_tdx_oversized,
	  { "tdx-oversized", "TDX: every GetQuote succeeds with an out_len larger than the buffer",
	    "EFBIG (before March 2026 Linux returned memory from behind its buffer). TDX_CMD_GET_QUOTE "
	    "succeeds: "
	    "compare out_len with the length of the buffer before using the quote" } },
	{ "configfs-ebusy",
	  ':',
	  parse_configfs_ebusy,
	  { "configfs-ebusy:N",
	    "The next N writes to configfs-tsm attributes fail with EBUSY and are not stored",
	    "Write again, in an entry of your own. close(2) of inblob does not report the error: compare "
	    "generation" } },
};

const struct run_fault *run_fault_row(size_t i)
{
	return i < ARRAY_SIZE(faults) ? &faults[i].row : NULL;
}

int run_fault_parse(const char *spec, struct run_faults *to, struct jurat_error *err)
{
	struct run_faults parsed = *to;

	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		size_t n = strlen(faults[i].name);
		bool has_argument = spec[0] && !strncmp(spec, faults[i].name, n) && spec[n];

		if (strncmp(spec, faults[i].name, n) != 0 || (spec[n] && spec[n] != faults[i].separator))
			continue;
		if (!faults[i].parse(has_argument ? spec + n + 1 : NULL, &parsed))
			return jurat_fail(err, -EINVAL, "invalid fault '%s'; expected %s", spec,
					  faults[i].row.syntax);
		*to = parsed;
		return 0;
	}
	return jurat_fail(err, -EINVAL, "unknown fault '%s' (see --list-faults)", spec);
}

/* Loads and commits firmware with a higher SVN. */
static uint64_t next_tcb(const struct run_platform *p)
{
	struct sim_psp *psp = machine_psp(p->machine);
	struct snp_platform_status now = { 0 };
	struct snp_tcb tcb = { 0 };

	(void)sim_psp_platform_status(psp, &now);
	(void)snp_tcb_read(sim_psp_product(psp), now.current_tcb, &tcb);
	tcb.snp++;
	return snp_tcb_write(sim_psp_product(psp), &tcb);
}

/* A table of 5 pages: the valid one and an entry with an unknown GUID. */
static int oversize(struct run_platform *p, struct jurat_error *err)
{
	enum { PAGES = 5, ROOM = PAGES * SNP_PAGE_BYTES, BYTES = ROOM - SNP_PAGE_BYTES / 2 };
	auto_free uint8_t *old = NULL, *to = calloc(1, ROOM), *filler = calloc(1, ROOM);
	struct snp_certs table;
	size_t n, size;
	auto_close int fd = -1;
	int r = base_read_file(base_env_real(), p->certs_path, ROOM, &old, &n, err);

	if (r < 0)
		return r;
	if (!to || !filler)
		return jurat_fail_memory(err);
	r = snp_certs_read(old, n, &table, err);
	if (r < 0)
		return r;
	table.entries[table.n].kind = SNP_CERT_OTHER;
	memset(table.entries[table.n].guid, 0x5a, sizeof(table.entries[table.n].guid));
	table.entries[table.n++].data = bytes_rd(filler, BYTES - n);
	r = snp_certs_write(&table, to, ROOM, &size, err);
	if (r != 0)
		return r < 0 ? r : jurat_fail(err, -EFBIG, "the table needs %zu bytes", size);
	fd = open(p->certs_path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0 || write(fd, to, size) != (ssize_t)size)
		return jurat_fail(err, -EIO, "cannot write '%s'", p->certs_path);
	return 0;
}

static int spoil_certs(struct run_platform *p, struct jurat_error *err)
{
	struct sim_psp *psp = machine_psp(p->machine);

	if (p->faults.certs == RUN_CERTS_GOOD)
		return 0;
	switch (p->faults.certs) {
	case RUN_CERTS_OVERSIZED:
		return oversize(p, err);
	case RUN_CERTS_NONE:
		return truncate(p->certs_path, 0) < 0
			       ? jurat_fail(err, -errno, "cannot empty the certificates")
			       : 0;
	case RUN_CERTS_STALE: /* as on a host that changes its firmware without the certificates */
		return sim_psp_download_firmware(psp, next_tcb(p), true) == SNP_SUCCESS
			       ? 0
			       : jurat_fail(err, -EIO, "the firmware did not accept a new version");
	default: /* RUN_CERTS_TRUNCATED is a fault of the VMM */
		return 0;
	}
}

/* Whether this platform supports the faults. */
static int check(const struct run_platform *p, const struct run_faults *wanted, struct jurat_error *err)
{
	if (wanted->certs != RUN_CERTS_GOOD && (!p->certs_path || p->state))
		return jurat_fail(err, -EINVAL,
				  "certificate faults need a platform with certificates that is not shared "
				  "(no --no-certs, no --state)");
	if (p->options->legacy_quote && wanted->tdx_fixed && wanted->tdx_status == TDX_GETQUOTE_IN_FLIGHT)
		return jurat_fail(
			err, -EINVAL,
			"tdx-hang cannot be used with --legacy-quote-ioctl: that driver waits without limit");
	return 0;
}

int run_faults_apply(struct run_platform *p, struct jurat_error *err)
{
	struct machine_faults vmm = p->faults.vmm;
	int r = check(p, &p->faults, err);

	if (r == 0)
		r = spoil_certs(p, err);
	if (r < 0)
		return r;
	vmm.truncate = p->faults.certs == RUN_CERTS_TRUNCATED;
	machine_set_faults(p->machine, &vmm);
	sim_kvm_inject(machine_kvm(p->machine), SIM_KVM_FAULT_FW_STATUS, p->faults.fw_at,
		       p->faults.fw_status);
	if (p->faults.vmpck_wipe && p->guest)
		r = machine_guest_wipe_key(p->guest);
	return r < 0 ? jurat_fail(err, r, "cannot wipe the guest's key") : 0;
}

int run_faults_replace(struct run_platform *p, const struct run_faults *wanted, struct jurat_error *err)
{
	struct machine_change publish = { .kind = MACHINE_CERTS_ONLY };
	struct machine_td_options td = {
		.no_service = wanted->qgs_down,
		.half_close = wanted->qgs_half_close,
		.fixed_status = wanted->tdx_fixed,
		.status = wanted->tdx_status,
	};
	uint32_t status = SNP_SUCCESS;
	int r = check(p, wanted, err);

	if (r == 0 && p->faults.certs != RUN_CERTS_GOOD)
		r = run_platform_update(p, &publish, &status, err);
	if (r < 0)
		return r;
	p->faults = *wanted;
	if (p->faults.tcb_flip_at != 0)
		p->faults.tcb_flip_at += p->n_requests;
	if (p->td)
		machine_td_set_faults(p->td, &td);
	if (p->tsm)
		sim_tsm_refuse_stores(p->tsm, wanted->configfs_ebusy);
	return run_faults_apply(p, err);
}

void run_faults_before_request(struct run_platform *p)
{
	struct machine_change download = { .kind = MACHINE_DOWNLOAD }, commit = { .kind = MACHINE_COMMIT };
	uint32_t status = SNP_SUCCESS;

	p->n_requests++;
	/*
	 * Not while another request is in progress: its VMM holds the lock of the certificates and does not
	 * run meanwhile.
	 */
	if (p->faults.tcb_flip_at == 0 || p->n_requests < p->faults.tcb_flip_at ||
	    machine_runnable(p->machine) > 0)
		return;
	p->faults.tcb_flip_at = 0;
	download.tcb = next_tcb(p);
	if (run_platform_update(p, &download, &status, NULL) == 0)
		(void)!run_platform_update(p, &commit, &status, NULL);
}
