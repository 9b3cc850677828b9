/* SPDX-License-Identifier: MIT */
#ifndef CLI_DEMO_H
#define CLI_DEMO_H

#include <jansson.h>

#include "cli/cli.h"
#include "jurat/guest.h"
#include "jurat/verify.h"
#include "cli/order.h"
#include "machine/machine.h"

/* One part of `jurat demo`: a guest of one TEE on the software platform. */
struct demo {
	struct cli *cli;
	const char *dir; /* where the evidence goes */
	json_t *steps;   /* of this part; NULL: print text immediately */
	unsigned n;
	bool has_report_data; /* else each part generates random bytes */
	uint8_t report_data[64];
	int64_t at;              /* current time, for dates and for the verification */
	char roots[64];          /* the root for a verifier, below `dir` */
	struct sim_order *order; /* NULL: nothing is ordered */
	enum snp_product product;
	struct trace *trace; /* its events are printed */
};

/* Sink of the trace that outputs each step; ctx is the struct demo. */
void demo_step(void *ctx, const struct sequence_event *event);
/* Writes a file below the directory. */
JURAT_MUST_CHECK int demo_write(const struct demo *demo, const char *name, const void *data, size_t size,
				struct jurat_error *err);
/*
 * Writes the root as a verifier trusts it to `demo->roots`: heap bytes of it in *ret, too.
 *
 * der       n bytes: the root as the platform issues it
 */
JURAT_MUST_CHECK int demo_root(const struct demo *demo, bool tdx, const uint8_t *der, size_t n, uint8_t **ret,
			       size_t *ret_size, struct jurat_error *err);
/* The guest program's request, with the guest library over the machine's environment. */
JURAT_MUST_CHECK int demo_attest(struct demo *demo, struct base_env *env, enum jurat_tee tee,
				 enum jurat_via via, struct jurat_evidence *ret, struct jurat_error *err);
/* Creates a verifier that trusts only `root`, and a policy that requires the report data. */
JURAT_MUST_CHECK int demo_verifier(const struct demo *demo, const void *root, size_t root_size,
				   struct jurat_verifier **ret_verifier, struct jurat_policy **ret_policy,
				   struct jurat_error *err);

/* The parts: attest, write the evidence, verify it. 0 or JURAT_REFUSED with *ret, or -errno. */
JURAT_MUST_CHECK int demo_snp(struct demo *demo, struct jurat_verdict **ret, struct jurat_error *err);
JURAT_MUST_CHECK int demo_tdx(struct demo *demo, struct jurat_verdict **ret, struct jurat_error *err);

#endif
