/* SPDX-License-Identifier: MIT */
#include "cli/demo.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "guest/guest.h"

/* Shared by both guests of the demonstration. */

void demo_step(void *ctx, const struct sequence_event *event)
{
	struct demo *demo = ctx;
	bool itself = event->kind != SEQUENCE_STEP || !strcmp(event->from, event->to);
	const char *result = event->result ? event->result : "";

	demo->n++;
	if (demo->steps)
		json_array_append_new(demo->steps,
				      json_pack("{s:s, s:s, s:s, s:s, s:i, s:i}", "from", event->from, "to",
						event->to, "step", event->text, "result", result, "depth",
						(int)event->depth, "count", (int)event->count));
	else
		printf("%3u  %*s%s%s%s: %s%s%s\n", demo->n, 2 * (int)event->depth, "", event->from,
		       itself ? "" : " > ", itself ? "" : event->to, event->text, *result ? " -> " : "",
		       result);
}

int demo_write(const struct demo *demo, const char *name, const void *data, size_t size,
	       struct jurat_error *err)
{
	auto_free char *path = NULL;

	if (asprintf(&path, "%s/%s", demo->dir, name) < 0) {
		path = NULL;
		return jurat_fail_memory(err);
	}
	return cli_write(path, data, size, 0644, err);
}

int demo_root(const struct demo *demo, bool tdx, const uint8_t *der, size_t n, uint8_t **ret,
	      size_t *ret_size, struct jurat_error *err)
{
	const struct sim_forge_options options = { .tdx = tdx,
						   .product = demo->product,
						   .seed = cli_get(demo->cli, "seed") };
	auto_free uint8_t *root = NULL;
	size_t size = n;
	int r = 0;

	if (demo->order) {
		r = sim_forge_root(&options, der, n, &root, &size, err);
	} else {
		root = malloc(n);
		if (!root)
			return jurat_fail_memory(err);
		memcpy(root, der, n);
	}
	if (r == 0)
		r = demo_write(demo, demo->roots, root, size, err);
	if (r < 0)
		return r;
	*ret = take_ptr(root);
	*ret_size = size;
	return 0;
}

int demo_attest(struct demo *demo, struct base_env *env, enum jurat_tee tee, enum jurat_via via,
		struct jurat_evidence *ret, struct jurat_error *err)
{
	struct jurat_guest_options options = { .size = sizeof(options), .tee = tee, .via = via };
	struct jurat_guest *guest;
	int r = guest_open(env, &options, &guest, err);

	if (r < 0)
		return r;
	r = jurat_guest_report(guest, demo->report_data, NULL, ret, err);
	jurat_guest_close(guest);
	return r;
}

int demo_verifier(const struct demo *demo, const void *root, size_t root_size,
		  struct jurat_verifier **ret_verifier, struct jurat_policy **ret_policy,
		  struct jurat_error *err)
{
	char hex[BYTES_HEX_SIZE(sizeof(demo->report_data))];
	int r = jurat_verifier_new(ret_verifier, err);

	if (r == 0)
		r = jurat_verifier_add_roots(*ret_verifier, root, root_size, err);
	if (r == 0)
		r = jurat_policy_new(ret_policy, err);
	if (r == 0)
		r = jurat_policy_set(*ret_policy, "report_data",
				     bytes_to_hex(demo->report_data, sizeof(demo->report_data), hex), err);
	return r;
}
