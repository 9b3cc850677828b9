/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "cli/tcb.h"
#include "verify/tdx_stated.h"

/* Platforms that state their TCB themselves, as JSON. */

json_t *tcb_platform_load(const uint8_t *bytes, size_t n)
{
	json_t *json = NULL;
	const char *tee;

	if (n > 0 && bytes[0] == '{') /* as it is written */
		json = json_loadb((const char *)bytes, n, JSON_REJECT_DUPLICATES, NULL);
	tee = json_string_value(json_object_get(json, "tee"));
	if (json && ((tee && !strcmp(tee, "tdx") && json_object_get(json, "sgx_components")) ||
		     (json_object_get(json, "reported_tcb") && json_object_get(json, "signs_with"))))
		return json;
	json_decref(json);
	return NULL;
}

static int read_number(const json_t *json, const char *name, uint64_t max, uint64_t *ret,
		       struct jurat_error *err)
{
	const json_t *value = json_object_get(json, name);

	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    (uint64_t)json_integer_value(value) > max)
		return jurat_fail(err, -EBADMSG, "%s: expected a number from 0 to %llu", name,
				  (unsigned long long)max);
	*ret = (uint64_t)json_integer_value(value);
	return 0;
}

static int read_hex(const json_t *json, const char *name, uint8_t *to, size_t n, struct jurat_error *err)
{
	const char *hex = json_string_value(json_object_get(json, name));

	if (!hex || !bytes_from_hex(hex, to, n))
		return jurat_fail(err, -EBADMSG, "%s: expected %zu hex digits", name, 2 * n);
	return 0;
}

static int read_components(const json_t *json, uint8_t to[TCB_COMPONENTS], struct jurat_error *err)
{
	const json_t *list = json_object_get(json, "sgx_components");
	bool good = json_array_size(list) == TCB_COMPONENTS;

	for (size_t i = 0; good && i < TCB_COMPONENTS; i++) {
		const json_t *svn = json_array_get(list, i);

		good = json_is_integer(svn) && json_integer_value(svn) >= 0 &&
		       json_integer_value(svn) <= UINT8_MAX;
		to[i] = good ? (uint8_t)json_integer_value(svn) : 0;
	}
	return good ? 0
		    : jurat_fail(err, -EBADMSG,
				 "sgx_components: expected an array of %d numbers from 0 to 255",
				 TCB_COMPONENTS);
}

int tcb_platform_tdx(json_t *json, struct tdx_stated *ret, struct jurat_error *err)
{
	static const char *const members[] = { "tee",    "name",        "fmspc",    "pceid", "sgx_components",
					       "pcesvn", "tee_tcb_svn", "qe_isvsvn" };
	struct tdx_stated stated = { .fmspc = { 0 } };
	uint64_t pcesvn = 0, qe = 0;
	const char *key;
	json_t *value;
	int r;

	if (!json_object_get(json, "sgx_components"))
		return JURAT_NOT_FOUND;
	json_object_foreach(json, key, value)
	{
		size_t i = 0;

		while (i < ARRAY_SIZE(members) && strcmp(members[i], key) != 0)
			i++;
		if (i == ARRAY_SIZE(members))
			return jurat_fail(err, -EBADMSG, "%.40s: unknown member", key);
	}
	r = read_hex(json, "fmspc", stated.fmspc, sizeof(stated.fmspc), err);
	if (r == 0)
		r = read_hex(json, "pceid", stated.pceid, sizeof(stated.pceid), err);
	if (r == 0)
		r = read_components(json, stated.tcb.sgx, err);
	if (r == 0)
		r = read_number(json, "pcesvn", UINT16_MAX, &pcesvn, err);
	if (r == 0)
		r = read_hex(json, "tee_tcb_svn", stated.tcb.tee_tcb_svn, sizeof(stated.tcb.tee_tcb_svn),
			     err);
	if (r == 0)
		r = read_number(json, "qe_isvsvn", UINT16_MAX, &qe, err);
	if (r < 0)
		return r;
	stated.tcb.pcesvn = (uint16_t)pcesvn;
	stated.tcb.qe_isvsvn = (uint16_t)qe;
	*ret = stated;
	return 0;
}

int tcb_platform(const struct tcb_survey *s, struct jurat_verifier *verifier, json_t *json,
		 struct tcb_row *row, struct jurat_error *err)
{
	struct tdx_stated stated;
	int r = tcb_platform_tdx(json, &stated, err);

	if (r == JURAT_NOT_FOUND)
		return tcb_snp_platform(s, json, row, err);
	return r < 0 ? r : tcb_stated(s, verifier, &stated, row, err);
}
