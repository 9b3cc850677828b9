/* SPDX-License-Identifier: MIT */
#include "cli/demo.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "wire/snp_report.h"

struct snp {
	struct demo *demo;
	struct machine *machine;
	struct machine_guest *guest;
	struct jurat_evidence evidence;
	char blob[4096];
};

static int set_up(struct snp *s, struct jurat_error *err)
{
	const struct cli *cli = s->demo->cli;
	const char *sync = cli_get(cli, "sync"), *seed = cli_get(cli, "seed");
	const char *key = cli_get(cli, "sign-with");
	struct machine_change publish = { .kind = MACHINE_CERTS_ONLY }, vlek = { .kind = MACHINE_VLEK_LOAD };
	struct machine_options options = { .sync = SIM_SYNC_UPSTREAM,
					   .kernel = sim_linux_find(cli_get(cli, "linux")),
					   .pki_seed = seed,
					   .at = s->demo->at,
					   .order = s->demo->order,
					   .certs_path = s->blob };
	struct sim_launch launch = { .policy = 0x30000 };
	uint64_t version;
	int r;

	if (!cli_get_number(cli, "report-version", 5, 0, &version))
		return jurat_fail(err, -EINVAL, "--report-version is no number");
	if (sync)
		(void)sim_sync_find(sync, &options.sync); /* verbs.c refuses other words */
	if (snprintf(s->blob, sizeof(s->blob), "%s/host-blob.bin", s->demo->dir) >= (int)sizeof(s->blob))
		return jurat_fail(err, -ENAMETOOLONG, "'%s' is too long", s->demo->dir);
	options.psp.product = s->demo->product;
	options.psp.report_version = (uint32_t)version;
	options.psp.seed = seed;
	memset(launch.measurement, 0x6d, sizeof(launch.measurement));
	r = machine_new(&options, &s->machine, err);
	if (r == 0)
		r = machine_update(s->machine, &publish, err);
	if (r == 0 && key && !strcmp(key, "vlek"))
		r = machine_update(s->machine, &vlek, err);
	if (r == 0)
		r = machine_guest_new(s->machine, &launch, 1, &s->guest, err);
	return r > 0 ? jurat_fail(err, -EBUSY, "the certificate blob is locked") : r;
}

static int attest(struct snp *s, struct jurat_error *err)
{
	int r;

	machine_set_trace(s->machine, s->demo->trace);
	r = demo_attest(s->demo, machine_env(s->guest, 0), JURAT_TEE_SEV_SNP, JURAT_VIA_IOCTL, &s->evidence,
			err);
	machine_set_trace(s->machine, NULL);
	return r;
}

/*
 * Writes report.bin, certs.bin, crl.der, and in roots/ the test root, which verifiers trust only when it is
 * supplied.
 */
static int write_evidence(struct snp *s, uint8_t **ret_root, size_t *ret_root_size, struct jurat_error *err)
{
	const uint8_t *ark;
	uint8_t crl[SIM_CERT_MAX_BYTES];
	size_t crl_size, ark_size;
	int r = sim_pki_ca(machine_pki(s->machine), s->demo->product, SIM_ARK, &ark, &ark_size, err);

	snprintf(s->demo->roots, sizeof(s->demo->roots), "roots/ark.der");
	if (r == 0)
		r = demo_root(s->demo, false, ark, ark_size, ret_root, ret_root_size, err);
	if (r == 0)
		r = demo_write(s->demo, "report.bin", s->evidence.report, s->evidence.report_size, err);
	if (r == 0)
		r = demo_write(s->demo, "certs.bin", s->evidence.certs, s->evidence.certs_size, err);
	if (r == 0)
		r = sim_pki_crl(machine_pki(s->machine), s->demo->product, false, false, crl, &crl_size, err);
	return r == 0 && crl_size > 0 ? demo_write(s->demo, "crl.der", crl, crl_size, err) : r;
}

static int judge(struct snp *s, const uint8_t *root, size_t root_size, struct jurat_verdict **ret,
		 struct jurat_error *err)
{
	struct jurat_snp_evidence evidence = { .size = sizeof(evidence),
					       .report = s->evidence.report,
					       .report_size = s->evidence.report_size,
					       .certs = s->evidence.certs,
					       .certs_size = s->evidence.certs_size };
	struct jurat_verifier *verifier = NULL;
	struct jurat_policy *policy = NULL;
	int r = demo_verifier(s->demo, root, root_size, &verifier, &policy, err);

	if (r == 0)
		r = jurat_verify_snp(verifier, &evidence, policy, s->demo->at, ret, err);
	jurat_policy_free(policy);
	jurat_verifier_free(verifier);
	return r;
}

int demo_snp(struct demo *demo, struct jurat_verdict **ret, struct jurat_error *err)
{
	struct snp s = { .evidence.size = sizeof(s.evidence), .demo = demo };
	auto_free uint8_t *root = NULL;
	size_t root_size = 0;
	int r = set_up(&s, err);

	if (r == 0)
		r = attest(&s, err);
	if (r == 0)
		r = write_evidence(&s, &root, &root_size, err);
	if (r == 0)
		r = judge(&s, root, root_size, ret, err);
	jurat_evidence_done(&s.evidence);
	machine_free(s.machine);
	return r;
}
