/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/env.h"
#include "cli/device.h"
#include "jurat/guest.h"

int cli_device_open(struct cli *cli, struct jurat_guest **ret)
{
	struct jurat_guest_options options = { .size = sizeof(options) };
	const char *tee = cli_get(cli, "tee"), *via = cli_get(cli, "via");
	struct jurat_error err = { "" };
	int r;

	if (tee && !strcmp(tee, "sev-snp"))
		options.tee = JURAT_TEE_SEV_SNP;
	else if (tee && !strcmp(tee, "tdx"))
		options.tee = JURAT_TEE_TDX;
	if (via && !strcmp(via, "configfs"))
		options.via = JURAT_VIA_CONFIGFS;
	else if (via && !strcmp(via, "ioctl"))
		options.via = JURAT_VIA_IOCTL;
	options.quoting_service = cli_get(cli, "quoting-service");
	r = jurat_guest_open(&options, ret, &err);
	return r < 0 ? cli_fail(cli, r == -ENOMEM ? CLI_INTERNAL : CLI_ENVIRONMENT, "%s", err.text) : CLI_OK;
}

static int report_options(struct cli *cli, struct jurat_guest_report_options *o, uint8_t report_data[64])
{
	const char *key = cli_get(cli, "key-sel");
	uint64_t vmpl;
	bool there;
	int status;

	if (!cli_get_number(cli, "vmpl", 3, 0, &vmpl))
		return CLI_USAGE;
	*o = (struct jurat_guest_report_options){ .size = sizeof(*o),
						  .has_vmpl = cli_has(cli, "vmpl"),
						  .vmpl = (uint32_t)vmpl };
	o->key_sel = key && !strcmp(key, "vcek") ? 1 : key && !strcmp(key, "vlek") ? 2 : 0;
	o->no_certificates = !cli_has(cli, "certs-out") && !cli_has(cli, "extended");
	status = cli_report_data(cli, report_data, &there);
	if (status != CLI_OK)
		return status;
	if (!there && base_random(base_env_real(), report_data, 64) < 0)
		return cli_fail(cli, CLI_ENVIRONMENT, "cannot get random numbers");
	return CLI_OK;
}

/* Writes the report, followed by the certificate table with --extended. */
static int write_report(const char *path, const struct jurat_evidence *e, bool extended,
			struct jurat_error *err)
{
	size_t certs = extended ? e->certs_size : 0;
	auto_free uint8_t *all = malloc(e->report_size + certs);

	if (!all)
		return jurat_fail_memory(err);
	memcpy(all, e->report, e->report_size);
	if (certs > 0)
		memcpy(all + e->report_size, e->certs, certs);
	return cli_write(path, all, e->report_size + certs, 0644, err);
}

/* Reports what became of the host's certificates; their number is unknown if they were not requested. */
static void tell_certs(const struct jurat_evidence *e, bool asked)
{
	if (!asked)
		puts("certificates of the host: not requested (see --certs-out and --extended)");
	else if (e->certs_size == 0)
		puts("certificates of the host: it supplied none");
	else
		printf("certificates of the host: %zu bytes\n", e->certs_size);
}

static void tell_json(const struct jurat_guest *guest, const struct jurat_evidence *e, const char *via,
		      const char *report_data, bool asked_certs)
{
	char certs[24] = "null";

	if (jurat_guest_tee(guest) == JURAT_TEE_TDX) {
		printf("{\"tee\": \"tdx\", \"via\": \"%s\", \"quote_bytes\": %zu, \"report_data\": \"%s\"}\n",
		       via, e->report_size, report_data);
		return;
	}
	if (asked_certs)
		snprintf(certs, sizeof(certs), "%zu", e->certs_size);
	printf("{\"tee\": \"sev-snp\", \"via\": \"%s\", \"report_bytes\": %zu, \"certs_bytes\": %s, "
	       "\"report_data\": \"%s\"}\n",
	       via, e->report_size, certs, report_data);
}

static void tell(const struct cli *cli, const struct jurat_guest *guest, const struct jurat_evidence *e,
		 const char *out, const uint8_t report_data[64], bool asked_certs)
{
	const char *via = jurat_guest_via(guest) == JURAT_VIA_CONFIGFS ? "configfs" : "ioctl";
	const bool tdx = jurat_guest_tee(guest) == JURAT_TEE_TDX;
	char hex[BYTES_HEX_SIZE(64)];

	bytes_to_hex(report_data, 64, hex);
	if (cli_wants_json(cli)) {
		tell_json(guest, e, via, hex, asked_certs);
		return;
	}
	printf("%s by way of %s: %zu bytes in %s\n", tdx ? "TDX quote" : "SEV-SNP report", via,
	       e->report_size, out);
	if (!tdx)
		tell_certs(e, asked_certs);
	printf("over report data %s\n", hex);
}

/* The log as firmware and boot loader wrote it, with the padding of its area. Spec: ACPI 6.5, CCEL. */
static int write_event_log(const char *path, struct jurat_error *err)
{
	auto_free uint8_t *log = NULL;
	size_t n;
	int r = cli_read("/sys/firmware/acpi/tables/data/CCEL", &log, &n, err);

	return r < 0 ? r : cli_write(path, log, n, 0644, err);
}

int cli_attest(struct cli *cli)
{
	const char *out = cli_get(cli, "out"), *certs_out = cli_get(cli, "certs-out");
	const char *log_out = cli_get(cli, "event-log-out");
	struct jurat_guest_report_options options;
	struct jurat_evidence evidence = { .size = sizeof(evidence) };
	struct jurat_guest *guest = NULL;
	struct jurat_error err = { "" };
	uint8_t report_data[64];
	bool out_is_stdout = out && !strcmp(out, "-"), certs_are = certs_out && !strcmp(certs_out, "-");
	int status = report_options(cli, &options, report_data), r;

	if (out_is_stdout && certs_are)
		return cli_fail(cli, CLI_USAGE, "--out and --certs-out cannot both be standard output");
	if (status == CLI_OK)
		status = cli_device_open(cli, &guest);
	if (status != CLI_OK)
		return status;
	if (log_out && jurat_guest_tee(guest) != JURAT_TEE_TDX) {
		jurat_guest_close(guest);
		return cli_fail(cli, CLI_USAGE, "--event-log-out: an SEV-SNP guest has no event log");
	}
	if (!out)
		out = jurat_guest_tee(guest) == JURAT_TEE_TDX ? "quote.bin" : "report.bin";
	r = jurat_guest_report(guest, report_data, &options, &evidence, &err);
	if (r == 0)
		r = write_report(out, &evidence, cli_has(cli, "extended"), &err);
	if (r == 0 && certs_out && evidence.certs_size == 0)
		cli_warn(cli, "the host supplied no certificates: '%s' was not written", certs_out);
	else if (r == 0 && certs_out)
		r = cli_write(certs_out, evidence.certs, evidence.certs_size, 0644, &err);
	if (r == 0 && log_out)
		r = write_event_log(log_out, &err);
	if (r < 0)
		status = cli_fail(cli, r == -ENOMEM ? CLI_INTERNAL : CLI_ENVIRONMENT, "%s", err.text);
	else if (!out_is_stdout && !certs_are)
		tell(cli, guest, &evidence, out, report_data, !options.no_certificates);
	jurat_evidence_done(&evidence);
	jurat_guest_close(guest);
	return status;
}
