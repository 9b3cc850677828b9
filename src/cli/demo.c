/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "guest/guest.h"
#include "jurat/verify.h"
#include "machine/machine.h"
#include "wire/snp_report.h"

/*
 * One SEV-SNP guest asks for an extended report on the software machine, through the same guest half, host
 * half, store and verifier that run on hardware. The machine's trace is what is printed.
 */
struct demo {
	struct cli *cli;
	const char *dir;
	struct machine *machine;
	struct machine_guest *guest;
	struct jurat_evidence evidence;
	uint8_t report_data[64];
	json_t *steps; /* NULL: text as it passes */
	unsigned n;
};

static void step(void *ctx, const struct machine_event *event)
{
	struct demo *demo = ctx;
	bool itself = !strcmp(event->from, event->to);

	demo->n++;
	if (demo->steps)
		json_array_append_new(demo->steps, json_pack("{s:s, s:s, s:s}", "from", event->from, "to",
							     event->to, "step", event->text));
	else
		printf("%3u  %-13s %s %-13s %s\n", demo->n, event->from, itself ? " " : ">",
		       itself ? "" : event->to, event->text);
}

static void say(struct demo *demo, const char *from, const char *to, const char *text)
{
	struct machine_event event = { .from = from, .to = to, .text = text };

	step(demo, &event);
}

static int path_in(const struct demo *demo, const char *name, char *path, size_t room)
{
	return snprintf(path, room, "%s/%s", demo->dir, name) < (int)room ? 0 : -ENAMETOOLONG;
}

static int set_up(struct demo *demo, struct jurat_error *err)
{
	static const char *const schemes[] = { "upstream", "v15", "v14", "none" };
	const char *product = cli_get(demo->cli, "product"), *sync = cli_get(demo->cli, "sync");
	const char *key = cli_get(demo->cli, "sign-with"), *seed = cli_get(demo->cli, "seed");
	struct machine_change publish = { .kind = MACHINE_CERTS_ONLY }, vlek = { .kind = MACHINE_VLEK_LOAD };
	struct machine_options options = { .sync = SIM_SYNC_UPSTREAM, .pki_seed = seed };
	struct sim_launch launch = { .policy = 0x30000 };
	char blob[4096];
	uint64_t version;
	int r;

	if (!cli_get_number(demo->cli, "report-version", 5, 0, &version))
		return -EINVAL;
	for (unsigned i = 0; sync && i < ARRAY_SIZE(schemes); i++)
		if (!strcmp(sync, schemes[i]))
			options.sync = (enum sim_sync)i;
	r = path_in(demo, "host-blob.bin", blob, sizeof(blob));
	if (r < 0)
		return jurat_fail(err, r, "'%s' is too long", demo->dir);
	options.psp.product = snp_product_by_name(product ? product : "milan");
	options.psp.report_version = (uint32_t)version;
	options.psp.seed = seed;
	options.certs_path = blob;
	memset(launch.measurement, 0x6d, sizeof(launch.measurement));
	r = machine_new(&options, &demo->machine, err);
	if (r == 0)
		r = machine_update(demo->machine, &publish, err);
	if (r == 0 && key && !strcmp(key, "vlek"))
		r = machine_update(demo->machine, &vlek, err);
	if (r == 0)
		r = machine_guest_new(demo->machine, &launch, 1, &demo->guest, err);
	return r > 0 ? jurat_fail(err, -EBUSY, "the certificate blob is locked") : r;
}

static int attest(struct demo *demo, struct jurat_error *err)
{
	struct jurat_guest_options options = { .size = sizeof(options),
					       .tee = JURAT_TEE_SEV_SNP,
					       .via = JURAT_VIA_IOCTL };
	struct jurat_guest *guest;
	int r;

	machine_set_trace(demo->machine, step, demo);
	r = guest_open(machine_env(demo->guest, 0), &options, &guest, err);
	if (r == 0) {
		say(demo, "guest program", "guest driver",
		    "ioctl(/dev/sev-guest, SNP_GET_EXT_REPORT) over 64 bytes of its own");
		r = jurat_guest_report(guest, demo->report_data, NULL, &demo->evidence, err);
		if (r == 0)
			say(demo, "guest driver", "guest program", "report and certificates");
		jurat_guest_close(guest);
	}
	machine_set_trace(demo->machine, NULL, NULL);
	return r;
}

static int write_ca(struct demo *demo, enum sim_ca ca, const char *name, struct jurat_error *err)
{
	const uint8_t *der;
	char path[4096];
	size_t n;
	int r = sim_pki_ca(machine_pki(demo->machine), sim_psp_product(machine_psp(demo->machine)), ca, &der,
			   &n, err);

	if (r == 0)
		r = path_in(demo, name, path, sizeof(path));
	return r == 0 ? cli_write(path, der, n, 0644, err) : r;
}

/* report.bin, certs.bin, and in roots/ the test root that no verifier trusts unless it is told to. */
static int write_evidence(struct demo *demo, struct jurat_error *err)
{
	char path[4096];
	int r = path_in(demo, "roots", path, sizeof(path));

	if (r == 0 && mkdir(path, 0777) < 0 && errno != EEXIST)
		return jurat_fail(err, -errno, "cannot make '%s': %s", path, strerror(errno));
	if (r == 0)
		r = write_ca(demo, SIM_ARK, "roots/ark.der", err);
	if (r == 0)
		r = path_in(demo, "report.bin", path, sizeof(path));
	if (r == 0)
		r = cli_write(path, demo->evidence.report, demo->evidence.report_size, 0644, err);
	if (r == 0)
		r = path_in(demo, "certs.bin", path, sizeof(path));
	return r == 0 ? cli_write(path, demo->evidence.certs, demo->evidence.certs_size, 0644, err) : r;
}

static int judge(struct demo *demo, struct jurat_verdict **ret, struct jurat_error *err)
{
	struct jurat_snp_evidence evidence = { .size = sizeof(evidence),
					       .report = demo->evidence.report,
					       .report_size = demo->evidence.report_size,
					       .certs = demo->evidence.certs,
					       .certs_size = demo->evidence.certs_size };
	char hex[BYTES_HEX_SIZE(sizeof(demo->report_data))];
	struct jurat_verifier *verifier = NULL;
	struct jurat_policy *policy = NULL;
	const uint8_t *ark;
	size_t n;
	int r = jurat_verifier_new(&verifier, err);

	if (r == 0)
		r = jurat_policy_new(&policy, err);
	if (r == 0)
		r = jurat_policy_set(policy, "report_data",
				     bytes_to_hex(demo->report_data, sizeof(demo->report_data), hex), err);
	if (r == 0)
		r = sim_pki_ca(machine_pki(demo->machine), sim_psp_product(machine_psp(demo->machine)),
			       SIM_ARK, &ark, &n, err);
	if (r == 0)
		r = jurat_verifier_add_roots(verifier, ark, n, err);
	if (r == 0)
		r = jurat_verify_snp(verifier, &evidence, policy, time(NULL), ret, err);
	jurat_policy_free(policy);
	jurat_verifier_free(verifier);
	return r;
}

static int print(struct demo *demo, const struct jurat_verdict *verdict)
{
	auto_free char *text = demo->steps ? jurat_verdict_json(verdict) : jurat_verdict_text(verdict);
	json_t *root;

	if (!text)
		return cli_fail(demo->cli, CLI_INTERNAL, "out of memory");
	if (!demo->steps) {
		printf("\n%s\nEvidence: %s\nTry:      jurat verify --roots %s/roots %s\n", text, demo->dir,
		       demo->dir, demo->dir);
		return jurat_verdict_accepted(verdict) ? CLI_OK : CLI_REFUSED;
	}
	root = json_pack("{s:O, s:o?, s:s}", "steps", demo->steps, "verdict", json_loads(text, 0, NULL),
			 "dir", demo->dir);
	json_dumpf(root, stdout, JSON_INDENT(2));
	puts("");
	json_decref(root);
	return jurat_verdict_accepted(verdict) ? CLI_OK : CLI_REFUSED;
}

int cli_demo(struct cli *cli)
{
	char temporary[] = "/tmp/jurat-demo-XXXXXX";
	struct demo demo = { .cli = cli, .dir = cli_get(cli, "dir") };
	struct jurat_verdict *verdict = NULL;
	struct jurat_error err = { "" };
	int r, status;

	if (demo.dir && mkdir(demo.dir, 0777) < 0 && errno != EEXIST)
		return cli_fail(cli, CLI_ENVIRONMENT, "cannot make '%s': %s", demo.dir, strerror(errno));
	if (!demo.dir)
		demo.dir = mkdtemp(temporary);
	if (!demo.dir)
		return cli_fail(cli, CLI_ENVIRONMENT, "cannot make a directory in /tmp: %s", strerror(errno));
	demo.steps = cli_wants_json(cli) ? json_array() : NULL;
	r = base_random(base_env_real(), demo.report_data, sizeof(demo.report_data));
	if (r == 0)
		r = set_up(&demo, &err);
	if (r == 0)
		r = attest(&demo, &err);
	if (r == 0)
		r = write_evidence(&demo, &err);
	if (r == 0)
		r = judge(&demo, &verdict, &err);
	status = r < 0 ? cli_fail(cli, CLI_INTERNAL, "%s", err.text) : print(&demo, verdict);
	jurat_verdict_free(verdict);
	jurat_evidence_done(&demo.evidence);
	machine_free(demo.machine);
	json_decref(demo.steps);
	return status;
}
