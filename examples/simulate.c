/* SPDX-License-Identifier: MIT */
/*
 * A test of another project, without a TEE: a software guest makes a report over the test's own bytes, and
 * the verifier accepts it against the machine's test root, and against nothing else.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <jurat/sim.h>
#include <jurat/verify.h>

#define SNP_GET_REPORT 0xc0205300ul /* <linux/sev-guest.h> */

struct snp_report_req {
	uint8_t user_data[64];
	uint32_t vmpl;
	uint8_t rsvd[28];
};

struct snp_guest_request_ioctl {
	uint8_t msg_version;
	uint64_t req_data, resp_data, exitinfo2;
};

static int judge(struct jurat_verifier *verifier, const struct jurat_snp_evidence *evidence)
{
	return jurat_verify_snp(verifier, evidence, NULL, time(NULL), NULL, NULL);
}

int main(int argc, char **argv)
{
	static uint8_t resp[4000], certs[16384];
	struct jurat_snp_sim_options options = { .size = sizeof(options),
						 .certs_path = argc > 1 ? argv[1] : "certs.bin" };
	struct snp_report_req req = { "a nonce of this test" };
	struct snp_guest_request_ioctl arg = { 1, (uintptr_t)&req, (uintptr_t)resp, 0 };
	struct jurat_snp_evidence evidence = { sizeof(evidence), resp + 32, 1184, certs, 0 };
	struct jurat_snp_sim *sim = NULL;
	struct jurat_snp_sim_guest *guest = NULL;
	struct jurat_verifier *verifier = NULL;
	struct jurat_error err = { "the report is not over the nonce" };
	int without_root = -1, with_root = -1;
	const uint8_t *root;
	size_t root_size;
	FILE *blob;

	if (jurat_snp_sim_new(&options, &sim, &err) == 0 &&
	    jurat_snp_sim_guest_new(sim, NULL, &guest, &err) == 0 &&
	    jurat_snp_sim_guest_ioctl(guest, 0, SNP_GET_REPORT, &arg) == 0 &&
	    !memcmp(resp + 32 + 0x50, req.user_data, 64) &&
	    jurat_snp_sim_root(sim, &root, &root_size, &err) == 0 &&
	    jurat_verifier_new(&verifier, &err) == 0 && (blob = fopen(options.certs_path, "rb"))) {
		evidence.certs_size =
			fread(certs, 1, sizeof(certs), blob); /* what this host serves to its guests */
		fclose(blob);
		without_root = judge(verifier, &evidence);
		if (jurat_verifier_add_roots(verifier, root, root_size, &err) == 0)
			with_root = judge(verifier, &evidence);
		printf("against the vendor's roots: %s; against the test root: %s\n",
		       without_root == 0 ? "accepted" : "refused", with_root == 0 ? "accepted" : "refused");
	} else {
		fprintf(stderr, "%s\n", err.text);
	}
	remove(options.certs_path);
	jurat_verifier_free(verifier);
	jurat_snp_sim_guest_free(guest);
	jurat_snp_sim_free(sim);
	return without_root == JURAT_REFUSED && with_root == 0 ? 0 : 1;
}
