/* SPDX-License-Identifier: MIT */
#include <jansson.h>
#include <string.h>

#include "support/fuzz.h"
#include "verify/tdx_tcb.h"

/* What the strict reader takes jansson takes too, and both say the same of it. */
static void compare(const struct json_rd *json, json_rd_at at, const json_t *value)
{
	const struct json_rd_token *t = &json->tokens[at];

	must(t->next > at && t->next <= json->n);
	switch ((enum json_rd_kind)t->kind) {
	case JSON_RD_OBJECT:
		must(json_is_object(value));
		for (json_rd_at i = at + 1; i < t->next; i = json->tokens[i + 1].next) {
			char name[256];

			if (!json_rd_text(json, i, name, sizeof(name)))
				continue;
			must(json_rd_get(json, at, name) == i + 1);
			compare(json, i + 1, json_object_get(value, name));
		}
		break;
	case JSON_RD_ARRAY:
		must(json_is_array(value) && json_array_size(value) == json_rd_count(json, at));
		break;
	case JSON_RD_STRING: {
		uint8_t *text;
		size_t n;

		must(json_is_string(value));
		if (json_rd_string(json, at, &text, &n) == 0) {
			must(n == json_string_length(value) &&
			     memcmp(text, json_string_value(value), n) == 0);
			free(text);
		}
		break;
	}
	case JSON_RD_NUMBER: {
		uint32_t v = 0;

		must(json_is_number(value));
		if (json_rd_number(json, at, UINT32_MAX, &v))
			must(json_is_integer(value) && json_integer_value(value) == v);
		break;
	}
	case JSON_RD_WORD:
		must(json_is_boolean(value) || json_is_null(value));
		break;
	}
}

static void differential(const uint8_t *data, size_t size)
{
	struct json_rd json;
	json_error_t bad;
	json_t *root;

	if (json_rd_open(data, size, &json, NULL) != 0)
		return;
	root = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL,
			  &bad);
	/* Numbers beyond 64 bits, and surrogates without their other half, are more than jansson takes. */
	if (root)
		FUZZ_REACHED("JSON that both readers take");
	if (root)
		compare(&json, 0, root);
	json_decref(root);
	json_rd_done(&json);
}

static void evaluate(const struct jurat_tdx_collateral *c, const uint8_t *data, size_t size)
{
	struct tcb_subject subject = { .pcesvn = 11, .qe_isvsvn = 6, .has_svn2 = true };
	struct tcb_evaluation e;

	memset(subject.sgx, 5, sizeof(subject.sgx));
	for (size_t i = 0; i < 16 && i < size; i++) {
		subject.tee_tcb_svn[i] = data[size - 1 - i];
		subject.tee_tcb_svn2[i] = data[i];
	}
	tcb_evaluate(c->tcb_infos[0], c->identities[0], &subject, &e);
	must(e.status > TCB_STATUS_NONE && e.status < TCB_N_STATUSES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char identity[] =
		"{\"enclaveIdentity\":{\"id\":\"TD_QE\",\"version\":2,\"issueDate\":\"2026-02-01T00:00:00Z\","
		"\"nextUpdate\":\"2026-03-01T00:00:00Z\",\"tcbEvaluationDataNumber\":1,\"miscselect\":"
		"\"00000000\","
		"\"miscselectMask\":\"FFFFFFFF\",\"attributes\":\"11000000000000000000000000000000\","
		"\"attributesMask\":\"FBFFFFFFFFFFFFFF0000000000000000\",\"mrsigner\":"
		"\"0000000000000000000000000000000000000000000000000000000000000000\",\"isvprodid\":2,"
		"\"tcbLevels\":[{\"tcb\":{\"isvsvn\":4},\"tcbDate\":\"2024-01-01T00:00:00Z\","
		"\"tcbStatus\":\"UpToDate\"}]},\"signature\":"
		"\"00000000000000000000000000000000000000000000000000"
		"00000000000000000000000000000000000000000000000000000000000000000000000000000000\"}";
	struct jurat_tdx_collateral *c = NULL;
	struct jurat_error err;

	differential(data, size);
	must(jurat_tdx_collateral_new(&c, &err) == 0);
	if (jurat_tdx_collateral_add(c, data, size, &err) == 0) {
		must(c->n_certs + c->n_crls + c->n_tcb_infos + c->n_identities > 0 || size > 0);
		if (c->n_tcb_infos > 0)
			FUZZ_REACHED("TCB info");
		if (c->n_identities > 0)
			FUZZ_REACHED("QE identity");
		if (c->n_crls > 0 && c->n_tcb_infos > 0)
			FUZZ_REACHED("a bundle");
		if (c->n_certs > 1)
			FUZZ_REACHED("a chain of certificates");
		if (c->n_tcb_infos > 0 &&
		    jurat_tdx_collateral_add(c, identity, sizeof(identity) - 1, NULL) == 0)
			evaluate(c, data, size);
	} else {
		/* of a bundle with a document that cannot be used, the rest stays */
		must(c->n_certs + c->n_crls + c->n_tcb_infos + c->n_identities == 0 ||
		     collateral_has_unusable(c, &err));
	}
	jurat_tdx_collateral_free(c);
	return 0;
}
