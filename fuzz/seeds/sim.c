/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "crypto/hash.h"
#include "seeds/seeds.h"
#include "support/env.h"
#include "support/snp.h"
#include "support/tdx.h"
#include "uapi/sev.h"
#include "wire/qgs.h"

/* As fuzz_sim_psp.c has them: a page, a hashstick, a configuration, or a message to be sealed. */
static void message(uint8_t type, uint8_t version, uint8_t vmpck, const void *payload, size_t n)
{
	seed_begin("fuzz_sim_psp", "message-%u-%u-%u", type, version, vmpck);
	seed_u8(3);
	seed_u8(type);
	seed_u8(version);
	seed_u8(vmpck);
	seed_bytes(payload, n);
	seed_end();
}

static void psp(void)
{
	struct sim_psp_options options = { .report_version = 5, .env = fuzz_env() };
	struct snp_config config = { 0 };
	uint8_t hashstick[SNP_VLEK_HASHSTICK_BYTES], bytes[SNP_CONFIG_BYTES], payload[128] = { 0 };
	struct sim_psp *made;

	must(sim_psp_new(&options, &made, NULL) == 0);
	must(sim_kds_hashstick(made, SIM_CSP_ID, made->reported_tcb, hashstick, NULL) == 0);
	seed_begin("fuzz_sim_psp", "hashstick");
	seed_u8(1);
	seed_bytes(hashstick, sizeof(hashstick));
	seed_end();
	seed_whole("fuzz_input", hashstick, sizeof(hashstick), "hashstick");
	config.reported_tcb = made->reported_tcb;
	wire_write(&snp_config_layout, &config, bytes);
	for (uint8_t flags = 0; flags < 4; flags++) {
		bytes[8] = flags;
		seed_begin("fuzz_sim_psp", "config-%u", flags);
		seed_u8(2);
		seed_bytes(bytes, sizeof(bytes));
		seed_end();
	}
	for (uint8_t vmpck = 0; vmpck < 2; vmpck++) {
		payload[0x40] = vmpck;
		message(SNP_MSG_REPORT_REQ, 1, vmpck, payload, SNP_MSG_REPORT_REQ_BYTES);
		payload[0x40] = 0;
		payload[0x10] = vmpck;
		message(SNP_MSG_KEY_REQ, 1, vmpck, payload, SNP_MSG_KEY_REQ_BYTES);
		message(SNP_MSG_KEY_REQ, 2, vmpck, payload, SNP_MSG_KEY_REQ_V2_BYTES);
		payload[0x10] = 0;
		message(SNP_MSG_TSC_INFO_REQ, 1, vmpck, payload, SNP_MSG_TSC_INFO_BYTES);
		message(SNP_MSG_CPUID_REQ, 1, vmpck, payload, 64);
	}
	sim_psp_free(made);
}

static void states(void)
{
	static const struct sim_psp_options platforms[] = { { .product = SNP_MILAN, .report_version = 3 },
							    { .product = SNP_GENOA, .report_version = 5 },
							    { .product = SNP_TURIN, .report_version = 5 } };

	for (unsigned i = 0; i < ARRAY_SIZE(platforms); i++) {
		uint8_t state[SIM_PSP_STATE_BYTES], hashstick[SNP_VLEK_HASHSTICK_BYTES];
		struct sim_psp *made;

		must(sim_psp_new(&platforms[i], &made, NULL) == 0);
		for (unsigned vlek = 0; vlek < 2; vlek++) {
			sim_psp_save(made, state);
			for (uint8_t into = 0; into < 3; into++) {
				seed_begin("fuzz_sim_psp_state", "state-%u-%u-%u", i, vlek, into);
				seed_u8(into);
				seed_bytes(state, sizeof(state));
				seed_end();
			}
			seed_begin("fuzz_sim_psp_state", "hashed-%u-%u", i, vlek);
			seed_u8((uint8_t)(0x80 | i));
			seed_bytes(state, sizeof(state));
			seed_end();
			must(sim_kds_hashstick(made, SIM_CSP_ID, made->reported_tcb, hashstick, NULL) == 0);
			must(sim_psp_vlek_load(made, hashstick) == SNP_SUCCESS);
		}
		sim_psp_free(made);
	}
}

static void qe(void)
{
	for (unsigned m = 0; m < FUZZ_TDX_MACHINES; m++)
		for (uint8_t flags = 0; flags < 4; flags++) {
			seed_begin("fuzz_sim_qe", "machine-%u-%u", m, flags);
			seed_u8(flags);
			seed_bytes(fuzz_tdx(m)->tdreport, TDX_REPORT_BYTES);
			seed_end();
		}
}

/* Requests to the software quoting service. */
static void qgs(void)
{
	const struct sim_tdx_identity *identity = sim_tdx_identity(fuzz_tdx(0)->platform);

	for (unsigned type = 0; type < QGS_N_TYPES; type++)
		for (uint8_t flags = 0; flags < 16; flags++) {
			struct qgs_message m = qgs_message((enum qgs_type)type);
			uint8_t message[4096];
			size_t n;

			if (type == QGS_QUOTE_REQ)
				m.parts[QGS_PART_REPORT] =
					bytes_rd(fuzz_tdx(flags & 3)->tdreport, TDX_REPORT_BYTES);
			if (type == QGS_COLLATERAL_REQ) {
				m.parts[QGS_PART_FMSPC] = bytes_rd(identity->fmspc, sizeof(identity->fmspc));
				m.parts[QGS_PART_PCK_CA] = bytes_rd("platform", 9);
			}
			if (!qgs_is_request(type))
				m.error_code = QGS_E_UNEXPECTED;
			must(qgs_write(&m, false, message, sizeof(message), &n, NULL) == 0);
			seed_begin("fuzz_sim_qgs", "type-%u-%u", type, flags);
			seed_u8(flags);
			seed_bytes(message, n);
			seed_end();
		}
}

/* An op, a page, an offset, 16 bytes: as step() of fuzz_sim_kvm.c has them. */
static void kvm_step(uint8_t what, uint8_t page, uint16_t off, uint64_t value)
{
	seed_u8(what);
	seed_u8(page);
	seed_u16(off);
	seed_u64(value);
	seed_u64(0);
}

static void kvm(void)
{
	for (uint8_t sync = 0; sync < 4; sync++) {
		seed_begin("fuzz_sim_kvm", "sync-%u", sync);
		seed_u8(sync);
		kvm_step(4, 4, 0, 4); /* an extended request, 4 pages from page 4 on */
		kvm_step(7, 0, 0, 0);
		kvm_step(3, 0, 48, 0); /* the VMM says: done */
		kvm_step(7, 0, 0, 0);
		kvm_step(4, 4, 1, 4); /* a plain one */
		kvm_step(7, 0, 0, 0);
		kvm_step(5, 0, 0, 2); /* an MSR request */
		kvm_step(7, 0, 0, 1);
		seed_end();
	}
}

static void guests(void)
{
	seed_begin("fuzz_sim_sev_guest", "answers");
	seed_u8(1);
	seed_zeros(16);
	seed_u8(1);
	for (uint8_t ioctl = 0; ioctl < 3; ioctl++) {
		seed_u8(ioctl);
		seed_u8(0);
		for (unsigned i = 0; i < 4; i++) { /* BUSY */
			seed_u8(1);
			seed_u16(0x40);
			seed_zeros(17);
		}
		seed_u8(0);
		seed_u16(0x40);
		seed_zeros(17);
	}
	seed_end();
	for (uint8_t flavour = 0; flavour < 2; flavour++) {
		seed_begin("fuzz_sim_tdx_guest", "answers-%u", flavour);
		seed_u8(flavour);
		for (unsigned i = 0; i < 32; i++) {
			seed_u8(2 | 8 | 16 | 32);
			seed_u16(0);
			seed_u32(100);
			if (flavour) {
				seed_u16(0x100);
				seed_u16(0x1000);
			}
		}
		seed_end();
	}
}

/* Steps of fuzz_sim_tsm.c on its first descriptor. */
enum {
	TSM_MKDIR = 0,
	TSM_OPEN_OR_CLOSE = 66,
	TSM_READ = 96,
	TSM_WRITE = 162,
	TSM_ANSWER = 192,
	TSM_WRITING = 0x20
};

static void tsm_step(uint8_t what, uint8_t arg)
{
	seed_u8(what);
	seed_u8(arg);
}

static void tsm_write(uint8_t open, const char *text)
{
	tsm_step(TSM_OPEN_OR_CLOSE, open);
	tsm_step(TSM_WRITE, (uint8_t)strlen(text));
	seed_text(text);
	tsm_step(TSM_OPEN_OR_CLOSE, 0);
}

/* configfs-tsm as programs use it: every attribute once, and the blobs of a report. */
static void tsm(void)
{
	static const char inblob[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

	seed_begin("fuzz_sim_tsm", "report");
	tsm_step(TSM_MKDIR, 0);
	tsm_write(36, inblob); /* 36 % 12: attribute 0, for writing */
	for (uint8_t attr = 1; attr < 12; attr++) {
		tsm_step(TSM_OPEN_OR_CLOSE, attr);
		tsm_step(TSM_READ, 0);
		if (attr == 1) { /* the provider is asked, and answers later */
			seed_u8(0);
			tsm_step(TSM_ANSWER, 0x90);
		}
		tsm_step(TSM_READ, 1);
		tsm_step(TSM_OPEN_OR_CLOSE, 0);
	}
	seed_end();
	seed_begin("fuzz_sim_tsm", "texts");
	tsm_step(TSM_MKDIR, 0);
	tsm_write(42, "2"); /* 42 % 12: privlevel */
	tsm_write(44, "svsm");
	tsm_write(45, "00112233-4455-6677-8899-aabbccddeeff");
	tsm_write(46, "1");
	tsm_write(36, inblob);
	seed_end();
}

/* As fuzz_run_devices.c has them. */
enum { RD_OPEN, RD_RELEASE, RD_IOCTL, RD_READ, RD_WRITE, RD_MKDIR, RD_RMDIR, RD_MEMORY, RD_STEP };
enum { RD_HOST = 1, RD_TDX = 2, RD_LEGACY = 4, RD_TURIN = 16, RD_MEMORY_AT = 0x10000 };

static void rd_memory(uint16_t off, const void *bytes, size_t n)
{
	seed_u8(RD_MEMORY);
	seed_u16(off);
	seed_part(bytes, n);
}

static void rd_open(uint8_t file, uint8_t node, uint8_t flags)
{
	seed_u8(RD_OPEN);
	seed_u8(file);
	seed_u8(node);
	seed_u8(flags);
}

static void rd_ioctl(uint8_t file, uint8_t which, uint16_t at)
{
	seed_u8(RD_IOCTL);
	seed_u8(file);
	seed_u8(which);
	seed_u16(at);
	seed_u8(RD_STEP);
}

static void rd_read(uint8_t file, uint16_t size)
{
	seed_u8(RD_READ);
	seed_u8(file);
	seed_u16(size);
	seed_u16(0);
	seed_u8(RD_STEP);
}

/* /dev/sev: every command, with a structure at its end that may be changed. */
static void host_devices(void)
{
	for (uint32_t command = 0; command < SEV_CMD_MAX + 1; command++) {
		struct sev_issue_cmd issue = { .cmd = command, .data = RD_MEMORY_AT + 0x100 };
		struct snp_vlek_load load = { .len = 16, .vlek_wrapped_address = RD_MEMORY_AT + 0x1000 };
		uint8_t bytes[SEV_ISSUE_CMD_BYTES], data[SNP_VLEK_LOAD_BYTES],
			hashstick[SNP_VLEK_HASHSTICK_BYTES];
		struct sim_psp_options options = { .env = fuzz_env() };
		struct sim_psp *made;

		must(sim_psp_new(&options, &made, NULL) == 0);
		must(sim_kds_hashstick(made, SIM_CSP_ID, made->reported_tcb, hashstick, NULL) == 0);
		sim_psp_free(made);
		wire_write(&sev_issue_cmd_layout, &issue, bytes);
		wire_write(&snp_vlek_load_layout, &load, data);
		seed_begin("fuzz_run_devices", "sev-%u", command);
		seed_u8(RD_HOST);
		rd_open(0, 0, 2);
		rd_memory(0, bytes, sizeof(bytes));
		if (command == SEV_CMD_SNP_VLEK_LOAD)
			rd_memory(0x100, data, sizeof(data));
		if (command == SEV_CMD_GET_ID2)
			rd_memory(0x100, "\0\x20\1\0\0\0\0\0\x40\0\0\0", 12);
		rd_memory(0x1000, hashstick, sizeof(hashstick));
		rd_ioctl(0, 3, 0);
		seed_end();
	}
}

static void devices(void)
{
	struct snp_guest_request_ioctl io = { .msg_version = 1,
					      .req_data = RD_MEMORY_AT + 0x100,
					      .resp_data = RD_MEMORY_AT + 0x1000 };
	struct snp_ext_report_req ext = { .certs_address = RD_MEMORY_AT + 0x3000, .certs_len = 0x4000 };
	uint8_t bytes[SNP_IOCTL_BYTES], request[SNP_EXT_REPORT_REQ_BYTES];

	host_devices();
	wire_write(&snp_guest_request_ioctl_layout, &io, bytes);
	wire_write(&snp_ext_report_req_layout, &ext, request);
	for (uint8_t flags = 0; flags < 32; flags += 2)
		for (uint8_t which = 0; which < 8; which++) {
			seed_begin("fuzz_run_devices", "ioctl-%u-%u", flags, which);
			seed_u8(flags);
			rd_open(0, 0, 2);
			rd_memory(0, bytes, sizeof(bytes));
			rd_memory(0x100, request, sizeof(request));
			rd_ioctl(0, which, 0);
			seed_end();
		}
	for (uint8_t flags = 0; flags < 4; flags += 2)
		for (uint8_t node = 0; node < 24; node++) { /* an entry, its inblob, and each file there is */
			seed_begin("fuzz_run_devices", "configfs-%u-%u", flags, node);
			seed_u8(flags);
			seed_u8(RD_MKDIR);
			seed_u8(0);
			for (uint8_t inblob = 2; inblob < 16; inblob++) { /* whichever node it is */
				rd_open(1, inblob, 1);
				seed_u8(RD_WRITE);
				seed_u8(1);
				seed_part("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
					  64);
				seed_u8(0);
				seed_u8(RD_RELEASE);
				seed_u8(1);
			}
			rd_open(0, node, 0);
			rd_read(0, 4096);
			seed_u8(RD_RMDIR);
			seed_u8(0);
			rd_read(0, 64); /* of an entry that is gone */
			rd_open(1, node, 1);
			seed_u8(RD_MKDIR);
			seed_u8(0);
			rd_open(1, node, 1);
			seed_u8(RD_RMDIR);
			seed_u8(0);
			seed_u8(RD_WRITE);
			seed_u8(1);
			seed_part("1", 1);
			seed_u8(0);
			seed_end();
		}
}

void seeds_sim(void)
{
	tsm();
	psp();
	states();
	qe();
	qgs();
	devices();
	kvm();
	guests();
}
