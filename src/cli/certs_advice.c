/* SPDX-License-Identifier: MIT */
#include "cli/certs.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/time.h"

/* What happened to host and blob, by how they differ. Reasons have the codes of jurat-verify(1). */
struct advice {
	const struct certs_signer *signer;
	const struct snp_certs *table;
	struct certs_leaf leaf; /* of the kind that signs */
	char *to;
};

#define say(a, ...) snprintf((a)->to, CERTS_ADVICE_BYTES, __VA_ARGS__)

static const char *kind_of(const struct advice *a)
{
	return a->signer->signer.vlek ? "VLEK" : "VCEK";
}

/* A VLEK comes from the provider, so a refresh needs it as a file. */
static const char *refresh_of(const struct advice *a)
{
	return a->signer->signer.vlek ? "run jurat host refresh --vlek FILE with the provider's certificate"
				      : "run jurat host refresh";
}

/* "boot_loader 3, microcode 209": the components that differ. */
static void put_components(const struct snp_tcb *tcb, const struct snp_tcb *other, char *to, size_t room)
{
	size_t n = 0;

	to[0] = '\0';
	for (unsigned i = 0; i < SNP_TCB_COMPONENTS && n < room; i++)
		if (snp_tcb_get(tcb, i) != snp_tcb_get(other, i))
			n += (size_t)snprintf(to + n, room - n, "%s%s %u", n > 0 ? ", " : "",
					      snp_tcb_component_name(i), snp_tcb_get(tcb, i));
}

static void tcb_differs(struct advice *a)
{
	const struct snp_tcb *is = &a->leaf.vek.tcb;
	char certified[96], reported[96];
	const char *why;
	struct snp_tcb now;

	if (!a->leaf.is_there ||
	    !snp_tcb_read(a->signer->signer.product, a->signer->signer.reported_tcb, &now))
		return;
	put_components(is, &now, certified, sizeof(certified));
	put_components(&now, is, reported, sizeof(reported));
	if (snp_tcb_at_least(&now, is))
		why = "the TCB was raised (SNP_COMMIT, SNP_SET_CONFIG or new firmware) without a refresh";
	else if (snp_tcb_at_least(is, &now))
		why = "the reported TCB was lowered (SNP_SET_CONFIG or a reset) without a refresh, or the "
		      "certificates are for an update that was never made";
	else
		why = "the certificates are for another TCB of this chip, neither older nor newer";
	say(a, "%s is for %s, the %s reports %s: %s; %s", kind_of(a), certified, a->signer->whose, reported,
	    why, refresh_of(a));
}

static void chip_differs(struct advice *a)
{
	char certified[BYTES_HEX_SIZE(8)], chip[BYTES_HEX_SIZE(8)];

	if (!a->leaf.is_there || a->leaf.vek.hwid_size == 0)
		return;
	say(a,
	    "VCEK is for chip %s..., the %s has chip_id %s...: the table is from another host, or the "
	    "processor was replaced; run jurat host refresh on this host",
	    bytes_to_hex(a->leaf.vek.hwid, 8, certified), a->signer->whose,
	    bytes_to_hex(a->signer->signer.chip_id, 8, chip));
}

static void issuer_differs(struct advice *a)
{
	enum snp_product is = a->leaf.vek.issued_for, wanted = a->signer->signer.product;

	if (!a->leaf.is_there || is == wanted || is == SNP_PRODUCT_UNKNOWN || wanted == SNP_PRODUCT_UNKNOWN)
		return;
	say(a,
	    "%s is for %s, the product of the %s is %s: the table is from another host; run jurat host "
	    "refresh on this host",
	    kind_of(a), snp_product_name(is), a->signer->whose, snp_product_name(wanted));
}

static void leaf_missing(struct advice *a)
{
	bool vlek = a->signer->signer.vlek;

	if (!snp_certs_find(a->table, vlek ? SNP_CERT_VCEK : SNP_CERT_VLEK))
		say(a, "the table has no certificate of the signing key; %s", refresh_of(a));
	else if (vlek)
		say(a,
		    "the table has a VCEK, but the %s uses a VLEK: a VLEK was loaded (SNP_VLEK_LOAD) without "
		    "a refresh; %s",
		    a->signer->whose, refresh_of(a));
	else
		say(a,
		    "the table has a VLEK, but the %s uses a VCEK: the VLEK was lost (a change of the "
		    "reported TCB or a restart of SNP discards it); run jurat host load-vlek, or jurat host "
		    "refresh to continue without it",
		    a->signer->whose);
}

static void expired(struct advice *a)
{
	if (a->leaf.is_there && !a->signer->signer.vlek)
		say(a, "AMD reissues certificates for the same key; run jurat host refresh");
	else
		say(a, "%s", refresh_of(a));
}

static void not_yet_valid(struct advice *a)
{
	say(a, "the clock of this machine may be wrong (see --at)");
}

static void chain_missing(struct advice *a)
{
	say(a,
	    "guests that verify without a network need it; %s, or add ask or asvk and ark to the "
	    "directory and "
	    "run jurat certs build",
	    refresh_of(a));
}

static void intermediate_differs(struct advice *a)
{
	say(a, "the ASK entry must have the %s of the same product as the %s; %s",
	    a->signer->signer.vlek ? "ASVK" : "ASK", kind_of(a), refresh_of(a));
}

static void not_trusted(struct advice *a)
{
	say(a, "expected a chain to AMD's roots, or to those of --roots: the table may be from a software "
	       "platform, or from a different one");
}

static void not_its_key(struct advice *a)
{
	say(a,
	    "another key signed the report, even if chip and TCB are the same, or the report was modified");
}

char *certs_advice(const char *code, const struct certs_signer *signer, const struct snp_certs *table,
		   char to[CERTS_ADVICE_BYTES])
{
	static const struct {
		const char *code;
		void (*advise)(struct advice *a);
	} rows[] = {
		{ "leaf-tcb-mismatch", tcb_differs },
		{ "leaf-chip-mismatch", chip_differs },
		{ "leaf-issuer", issuer_differs },
		{ "leaf-product", issuer_differs },
		{ "leaf-missing", leaf_missing },
		{ "leaf-expired", expired },
		{ "intermediate-expired", expired },
		{ "root-expired", expired },
		{ "leaf-not-yet-valid", not_yet_valid },
		{ "intermediate-not-yet-valid", not_yet_valid },
		{ "intermediate-missing", chain_missing },
		{ "root-missing", chain_missing },
		{ "intermediate-name", intermediate_differs },
		{ "root-not-trusted", not_trusted },
		{ "intermediate-signature", not_trusted },
		{ "report-signature", not_its_key },
	};
	struct advice a = { .signer = signer, .table = table, .to = to };

	to[0] = '\0';
	certs_leaf_read(table, signer->signer.vlek, &a.leaf);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(rows[i].code, code))
			rows[i].advise(&a);
	return to;
}
