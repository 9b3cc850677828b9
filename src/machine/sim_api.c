/* SPDX-License-Identifier: MIT */
#include "jurat/sim.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/struct.h"
#include "machine/machine.h"
#include "machine/sim_api_order.h"

/* The public interface of the software platform: a machine and its guests. */
struct jurat_snp_sim {
	struct machine *machine;
	struct sim_order *order; /* NULL: nothing is different */
	uint8_t *root;           /* what a verifier trusts, with an order; NULL: not asked for */
	size_t root_size;
	char *seed;
	uint8_t crl[SIM_CERT_MAX_BYTES];
};

struct jurat_snp_sim_guest {
	struct machine_guest *guest;
};

static void free_sim(struct jurat_snp_sim **sim)
{
	jurat_snp_sim_free(*sim);
}

/* What words and names of the options mean. */
static int read_options(const struct jurat_snp_sim_options *o, struct machine_options *to,
			struct jurat_error *err)
{
	if (o->sync && !sim_sync_find(o->sync, &to->sync))
		return jurat_fail(err, -EINVAL, "unknown synchronisation scheme '%s'", o->sync);
	to->kernel = sim_linux_find(o->linux_release);
	if (!to->kernel)
		return jurat_fail(err, -EINVAL, "Linux '%s' is not simulated", o->linux_release);
	to->psp.product = snp_product_by_name(o->product ? o->product : "milan");
	if (to->psp.product == SNP_PRODUCT_UNKNOWN)
		return jurat_fail(err, -EINVAL, "unknown product '%s'", o->product);
	to->psp.report_version = o->report_version;
	to->psp.seed = o->seed;
	to->pki_seed = o->seed;
	to->certs_path = o->certs_path;
	return sim_api_at(o->at, &to->at, err);
}

/* The order of the options, after it was tried. */
static int make_order(const struct jurat_snp_sim_options *o, const struct machine_options *like,
		      struct sim_order **ret, struct jurat_error *err)
{
	const struct sim_api_items items = { like->at, o->evidence, o->evidence_count };
	const struct sim_forge_options options = { .product = like->psp.product,
						   .report_version = o->report_version };
	int r = sim_api_order_try(&items, &options, err);

	if (r == 0)
		r = sim_api_order(&items, false, ret, err);
	if (r == 0 && *ret && !o->certs_path && sim_order_has(*ret, SIM_PART_TABLE))
		r = jurat_fail(err, -EINVAL,
			       "'table' cannot be set without certs_path: there is no certificate table");
	return r;
}

int jurat_snp_sim_new(const struct jurat_snp_sim_options *options, struct jurat_snp_sim **ret,
		      struct jurat_error *err)
{
	struct jurat_snp_sim_options o;
	struct machine_options to = { .sync = SIM_SYNC_UPSTREAM };
	struct machine_change publish = { .kind = MACHINE_CERTS_ONLY };
	auto_call(free_sim) struct jurat_snp_sim *sim = calloc(1, sizeof(*sim));
	int r;

	if (!sim)
		return jurat_fail_memory(err);
	r = base_struct_take(&o, options, size, "jurat_snp_sim_options", err);
	if (r == 0)
		r = read_options(&o, &to, err);
	if (r < 0)
		return r;
	if (o.seed && !(sim->seed = strdup(o.seed)))
		return jurat_fail_memory(err);
	r = make_order(&o, &to, &sim->order, err);
	to.order = sim->order;
	if (r == 0)
		r = machine_new(&to, &sim->machine, err);
	if (r == 0 && o.certs_path)
		r = machine_update(sim->machine, &publish, err);
	if (r != 0)
		return r > 0 ? jurat_fail(err, -EBUSY, "'%s' is locked", o.certs_path) : r;
	*ret = take_ptr(sim);
	return 0;
}

void jurat_snp_sim_free(struct jurat_snp_sim *sim)
{
	if (!sim)
		return;
	machine_free(sim->machine);
	sim_order_free(sim->order);
	free(sim->root);
	free(sim->seed);
	free(sim);
}

static int ordered_root(struct jurat_snp_sim *sim, const uint8_t *ordered, size_t n, struct jurat_error *err)
{
	const struct sim_forge_options like = { .product = sim_psp_product(machine_psp(sim->machine)),
						.seed = sim->seed };

	return sim->root ? 0 : sim_forge_root(&like, ordered, n, &sim->root, &sim->root_size, err);
}

int jurat_snp_sim_root(struct jurat_snp_sim *sim, const uint8_t **ret, size_t *ret_size,
		       struct jurat_error *err)
{
	const uint8_t *root = NULL;
	size_t n = 0;
	int r = sim_pki_ca(machine_pki(sim->machine), sim_psp_product(machine_psp(sim->machine)), SIM_ARK,
			   &root, &n, err);

	if (r == 0 && sim->order) {
		r = ordered_root(sim, root, n, err);
		root = sim->root;
		n = sim->root_size;
	}
	if (r < 0)
		return r;
	*ret = root;
	*ret_size = n;
	return 0;
}

int jurat_snp_sim_crl(struct jurat_snp_sim *sim, const uint8_t **ret, size_t *ret_size,
		      struct jurat_error *err)
{
	size_t n = 0;
	int r = sim_pki_crl(machine_pki(sim->machine), sim_psp_product(machine_psp(sim->machine)), false,
			    false, sim->crl, &n, err);

	if (r < 0)
		return r;
	if (n == 0)
		return JURAT_NOT_FOUND;
	*ret = sim->crl; /* the same bytes every time */
	*ret_size = n;
	return 0;
}

int jurat_snp_sim_update(struct jurat_snp_sim *sim, enum jurat_snp_sim_change change, uint64_t tcb,
			 struct jurat_error *err)
{
	static const enum machine_change_kind kinds[] = {
		[JURAT_SNP_SIM_RENEW] = MACHINE_CERTS_ONLY,  [JURAT_SNP_SIM_CONFIG] = MACHINE_CONFIG,
		[JURAT_SNP_SIM_COMMIT] = MACHINE_COMMIT,     [JURAT_SNP_SIM_VLEK_LOAD] = MACHINE_VLEK_LOAD,
		[JURAT_SNP_SIM_DOWNLOAD] = MACHINE_DOWNLOAD,
	};
	struct machine_change to = { .tcb = tcb };

	if ((size_t)change >= ARRAY_SIZE(kinds))
		return jurat_fail(err, -EINVAL, "unknown change %d", (int)change);
	to.kind = kinds[change];
	return machine_update(sim->machine, &to, err);
}

int jurat_snp_sim_guest_new(struct jurat_snp_sim *sim, const struct jurat_snp_sim_launch *launch,
			    struct jurat_snp_sim_guest **ret, struct jurat_error *err)
{
	auto_free struct jurat_snp_sim_guest *guest = calloc(1, sizeof(*guest));
	struct jurat_snp_sim_launch o;
	struct sim_launch to = { 0 };
	int r;

	if (!guest)
		return jurat_fail_memory(err);
	r = base_struct_take(&o, launch, size, "jurat_snp_sim_launch", err);
	if (r < 0)
		return r;
	to.policy = o.policy ? o.policy : 0x30000;
	to.guest_svn = o.guest_svn;
	memcpy(to.family_id, o.family_id, sizeof(to.family_id));
	memcpy(to.image_id, o.image_id, sizeof(to.image_id));
	memcpy(to.measurement, o.measurement, sizeof(to.measurement));
	memcpy(to.host_data, o.host_data, sizeof(to.host_data));
	memcpy(to.id_key_digest, o.id_key_digest, sizeof(to.id_key_digest));
	memcpy(to.author_key_digest, o.author_key_digest, sizeof(to.author_key_digest));
	to.author_key_en = !bytes_all(o.author_key_digest, sizeof(o.author_key_digest), 0);
	r = machine_guest_new(sim->machine, &to, o.vcpu_count ? o.vcpu_count : 1, &guest->guest, err);
	if (r == 0)
		*ret = take_ptr(guest);
	return r;
}

void jurat_snp_sim_guest_free(struct jurat_snp_sim_guest *guest)
{
	if (guest)
		machine_guest_free(guest->guest);
	free(guest);
}

int jurat_snp_sim_guest_ioctl(struct jurat_snp_sim_guest *guest, unsigned vcpu, unsigned long request,
			      void *arg)
{
	return machine_ioctl(guest->guest, vcpu, request, arg);
}
