/* SPDX-License-Identifier: MIT */
#include "verify/tdx_pck.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "crypto/der.h"

/* 1.2.840.113741.1.13.1 */
static const uint8_t sgx_oid[] = { 0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01 };

enum part {
	PART_PPID = 1,
	PART_TCB,
	PART_PCEID,
	PART_FMSPC,
	PART_SGX_TYPE,
	PART_INSTANCE,
	PART_CONFIGURATION
};
enum { TCB_PCESVN = 17, TCB_CPUSVN = 18, N_CONFIGURATION = 3 };

static const char *const part_names[] = {
	[PART_PPID] = "PPID",
	[PART_TCB] = "TCB",
	[PART_PCEID] = "PCEID",
	[PART_FMSPC] = "FMSPC",
	[PART_SGX_TYPE] = "SGX type",
	[PART_INSTANCE] = "platform instance id",
	[PART_CONFIGURATION] = "configuration",
};

/*
 * Reads one SEQUENCE { OID, value }. Returns the last arc of the OID, and a reader at the value; 0 when
 * malformed.
 */
static unsigned next_pair(struct bytes_rd *list, const uint8_t *prefix, size_t prefix_size,
			  struct bytes_rd *ret)
{
	struct bytes_rd pair = der_enter(list, DER_SEQUENCE);
	struct bytes_rd oid = der_enter(&pair, DER_OID);

	*ret = pair;
	if (pair.bad || oid.size != prefix_size + 1 || memcmp(oid.data, prefix, prefix_size) != 0)
		return 0;
	return oid.data[prefix_size];
}

static bool at_end(const struct bytes_rd *r)
{
	return !r->bad && bytes_rd_left(r) == 0;
}

static bool read_octets(struct bytes_rd *value, uint8_t *to, size_t n)
{
	struct bytes_rd octets = der_enter(value, DER_OCTET_STRING);

	if (!at_end(value) || octets.size != n)
		return false;
	bytes_rd_copy(&octets, to, n);
	return true;
}

static bool read_number(struct bytes_rd *value, uint64_t max, uint64_t *ret)
{
	*ret = der_uint(value);
	return at_end(value) && *ret <= max;
}

static bool read_tcb_part(unsigned which, struct bytes_rd *value, struct pck *pck)
{
	uint64_t n = 0;

	if (which == TCB_CPUSVN)
		return read_octets(value, pck->cpusvn, sizeof(pck->cpusvn));
	if (!read_number(value, which == TCB_PCESVN ? UINT16_MAX : UINT8_MAX, &n))
		return false;
	if (which == TCB_PCESVN)
		pck->pcesvn = (uint16_t)n;
	else
		pck->components[which - 1] = (uint8_t)n;
	return true;
}

/* Requires all eighteen elements, each once. */
static bool read_tcb(struct bytes_rd *value, struct pck *pck)
{
	struct bytes_rd list = der_enter(value, DER_SEQUENCE);
	uint8_t prefix[sizeof(sgx_oid) + 1];
	uint32_t seen = 0;

	memcpy(prefix, sgx_oid, sizeof(sgx_oid));
	prefix[sizeof(sgx_oid)] = PART_TCB;
	while (bytes_rd_left(&list) > 0) {
		struct bytes_rd item;
		unsigned which = next_pair(&list, prefix, sizeof(prefix), &item);

		if (which < 1 || which > TCB_CPUSVN || seen >> which & 1 || !read_tcb_part(which, &item, pck))
			return false;
		seen |= 1u << which;
	}
	return !list.bad && at_end(value) && seen == ((1u << TCB_CPUSVN) - 1) << 1;
}

static bool read_sgx_type(struct bytes_rd *value, struct pck *pck)
{
	struct bytes_rd content = der_enter(value, DER_ENUMERATED);

	if (!at_end(value) || content.size != 1 || content.data[0] > 0x7f)
		return false;
	pck->sgx_type = content.data[0];
	return true;
}

static bool read_configuration(struct bytes_rd *value, struct pck *pck)
{
	struct bytes_rd list = der_enter(value, DER_SEQUENCE);
	bool *const flags[N_CONFIGURATION] = { &pck->dynamic_platform, &pck->cached_keys, &pck->smt_enabled };
	uint8_t prefix[sizeof(sgx_oid) + 1];
	unsigned seen = 0;

	memcpy(prefix, sgx_oid, sizeof(sgx_oid));
	prefix[sizeof(sgx_oid)] = PART_CONFIGURATION;
	while (bytes_rd_left(&list) > 0) {
		struct bytes_rd item;
		unsigned which = next_pair(&list, prefix, sizeof(prefix), &item);

		if (which < 1 || which > N_CONFIGURATION || seen >> which & 1)
			return false;
		seen |= 1u << which;
		*flags[which - 1] = der_bool(&item);
		if (!at_end(&item))
			return false;
	}
	pck->has_configuration = true;
	return !list.bad && at_end(value);
}

static bool read_part(enum part which, struct bytes_rd *value, struct pck *pck)
{
	switch (which) {
	case PART_PPID:
		return read_octets(value, pck->ppid, sizeof(pck->ppid));
	case PART_TCB:
		return read_tcb(value, pck);
	case PART_PCEID:
		return read_octets(value, pck->pceid, sizeof(pck->pceid));
	case PART_FMSPC:
		return read_octets(value, pck->fmspc, sizeof(pck->fmspc));
	case PART_SGX_TYPE:
		return read_sgx_type(value, pck);
	case PART_INSTANCE:
		pck->has_platform_instance_id = true;
		return read_octets(value, pck->platform_instance_id, sizeof(pck->platform_instance_id));
	case PART_CONFIGURATION:
		return read_configuration(value, pck);
	}
	return false;
}

int pck_read(const struct crypto_cert *cert, struct pck *ret, struct jurat_error *err)
{
	struct bytes_rd value, list;
	struct pck pck = { 0 };
	unsigned seen = 0;

	if (crypto_cert_extension(cert, sgx_oid, sizeof(sgx_oid), &value, NULL) != 0)
		return JURAT_NOT_FOUND;
	list = der_enter(&value, DER_SEQUENCE);
	while (bytes_rd_left(&list) > 0) {
		struct bytes_rd item;
		unsigned which = next_pair(&list, sgx_oid, sizeof(sgx_oid), &item);

		if (item.bad)
			return jurat_fail(err, -EBADMSG, "not pairs of OID and value");
		if (which < PART_PPID || which > PART_CONFIGURATION)
			continue; /* Intel may add elements */
		if (seen >> which & 1)
			return jurat_fail(err, -EBADMSG, "%s: duplicate", part_names[which]);
		seen |= 1u << which;
		if (!read_part((enum part)which, &item, &pck))
			return jurat_fail(err, -EBADMSG, "%s: malformed", part_names[which]);
	}
	if (list.bad || !at_end(&value))
		return jurat_fail(err, -EBADMSG, "not one SEQUENCE");
	for (unsigned i = PART_PPID; i <= PART_SGX_TYPE; i++) {
		if (!(seen >> i & 1))
			return jurat_fail(err, -EBADMSG, "%s: missing", part_names[i]);
	}
	*ret = pck;
	return 0;
}
