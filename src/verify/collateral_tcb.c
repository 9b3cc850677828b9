/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "verify/collateral.h"

/*
 * TCB info and QE identity out of parsed JSON. Members that are not known are let through: Intel adds some,
 * and what they say is signed; those that count must be there and be exactly what they must be.
 */
static const json_t *get(const json_t *object, const char *name, struct jurat_error *err)
{
	const json_t *value = json_object_get(object, name);

	if (!value)
		jurat_fail(err, -EBADMSG, "%s: missing", name);
	return value;
}

static int get_number(const json_t *object, const char *name, uint32_t max, uint32_t *ret,
		      struct jurat_error *err)
{
	const json_t *value = get(object, name, err);
	json_int_t v = json_integer_value(value);

	if (!value)
		return -EBADMSG;
	if (!json_is_integer(value) || v < 0 || v > max)
		return jurat_fail(err, -EBADMSG, "%s: not a whole number from 0 to %u", name, max);
	*ret = (uint32_t)v;
	return 0;
}

static int get_u16(const json_t *object, const char *name, uint16_t *ret, struct jurat_error *err)
{
	uint32_t v = 0;
	int r = get_number(object, name, UINT16_MAX, &v, err);

	if (r == 0)
		*ret = (uint16_t)v;
	return r;
}

static int get_hex(const json_t *object, const char *name, uint8_t *to, size_t n, struct jurat_error *err)
{
	const json_t *value = get(object, name, err);
	const char *hex = json_string_value(value);

	if (!value)
		return -EBADMSG;
	if (!hex || !bytes_from_hex(hex, to, n))
		return jurat_fail(err, -EBADMSG, "%s: not %zu hex digits", name, 2 * n);
	return 0;
}

static int get_time(const json_t *object, const char *name, int64_t *ret, struct jurat_error *err)
{
	const json_t *value = get(object, name, err);
	const char *text = json_string_value(value);

	if (!value)
		return -EBADMSG;
	if (!text || !collateral_time(text, ret))
		return jurat_fail(err, -EBADMSG, "%s: not a time like 2026-01-31T00:00:00Z", name);
	return 0;
}

/* Printable and short, for it will be shown. */
static int get_text(const json_t *object, const char *name, char *to, size_t size, struct jurat_error *err)
{
	const json_t *value = get(object, name, err);
	const char *text = json_string_value(value);
	size_t n = text ? strlen(text) : 0;

	if (!value)
		return -EBADMSG;
	for (size_t i = 0; i < n; i++) {
		if (text[i] < 0x20 || text[i] > 0x7e)
			n = size;
	}
	if (n == 0 || n >= size)
		return jurat_fail(err, -EBADMSG, "%s: not printable text of 1 to %zu letters", name,
				  size - 1);
	memcpy(to, text, n + 1);
	return 0;
}

static int get_array(const json_t *object, const char *name, size_t max, const json_t **ret,
		     struct jurat_error *err)
{
	const json_t *value = get(object, name, err);

	if (!value)
		return -EBADMSG;
	if (!json_is_array(value) || json_array_size(value) > max)
		return jurat_fail(err, -EBADMSG, "%s: not an array of at most %zu", name, max);
	*ret = value;
	return 0;
}

static int get_object(const json_t *object, const char *name, const json_t **ret, struct jurat_error *err)
{
	const json_t *value = get(object, name, err);

	if (!value)
		return -EBADMSG;
	if (!json_is_object(value))
		return jurat_fail(err, -EBADMSG, "%s: not an object", name);
	*ret = value;
	return 0;
}

static void *zeroed(size_t n, size_t size, struct jurat_error *err)
{
	void *p = calloc(n > 0 ? n : 1, size);

	if (!p)
		jurat_fail(err, -ENOMEM, "out of memory");
	return p;
}

static int reserve_advisories(struct signed_document *doc, size_t extra, struct jurat_error *err)
{
	size_t room = doc->n_advisories + extra;
	advisory_id *more;

	if (room <= doc->room_advisories)
		return 0;
	room *= 2;
	more = reallocarray(doc->advisories, room, sizeof(*more));
	if (!more)
		return jurat_fail(err, -ENOMEM, "out of memory");
	doc->advisories = more;
	doc->room_advisories = room;
	return 0;
}

static int read_advisories(struct signed_document *doc, const json_t *level, struct advisories *ret,
			   struct jurat_error *err)
{
	const json_t *list;
	size_t n;
	int r;

	*ret = (struct advisories){ 0 };
	if (!json_object_get(level, "advisoryIDs"))
		return 0;
	r = get_array(level, "advisoryIDs", COLLATERAL_MAX_ADVISORIES, &list, err);
	if (r < 0)
		return r;
	n = json_array_size(list);
	r = reserve_advisories(doc, n, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		const char *id = json_string_value(json_array_get(list, i));
		size_t length = id ? strlen(id) : 0;

		if (length == 0 || length >= ADVISORY_BYTES ||
		    strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			       "abcdefghijklmnopqrstuvwxyz"
			       "0123456789-_.") != length)
			return jurat_fail(err, -EBADMSG, "advisoryIDs: %zu is no name of an advisory", i);
		memcpy(doc->advisories[doc->n_advisories + i], id, length + 1);
	}
	*ret = (struct advisories){ .first = doc->n_advisories, .n = n };
	doc->n_advisories += n;
	return 0;
}

/* What every level says. A status that nobody knows is kept as such: it counts only when the level is met. */
static int read_level(struct signed_document *doc, const json_t *level, const json_t **ret_tcb,
		      enum tcb_status *ret_status, int64_t *ret_date, struct advisories *ret_advisories,
		      struct jurat_error *err)
{
	char text[48];
	int r;

	if (!json_is_object(level))
		return jurat_fail(err, -EBADMSG, "not an object");
	r = get_object(level, "tcb", ret_tcb, err);
	if (r == 0)
		r = get_time(level, "tcbDate", ret_date, err);
	if (r == 0)
		r = get_text(level, "tcbStatus", text, sizeof(text), err);
	if (r < 0)
		return r;
	*ret_status = tcb_status_by_name(text);
	if (*ret_status == TCB_STATUS_NONE || *ret_status > TCB_REVOKED)
		*ret_status = TCB_UNRECOGNIZED;
	return read_advisories(doc, level, ret_advisories, err);
}

/* Stable, so that of two levels that say the same the one served first counts. */
static void insert_svn_level(struct svn_levels *levels, const struct svn_level *level)
{
	size_t i = levels->n++;

	for (; i > 0 && levels->items[i - 1].isvsvn < level->isvsvn; i--)
		levels->items[i] = levels->items[i - 1];
	levels->items[i] = *level;
}

static int read_svn_levels(struct signed_document *doc, const json_t *object, struct svn_levels *levels,
			   struct jurat_error *err)
{
	const json_t *list;
	int r = get_array(object, "tcbLevels", COLLATERAL_MAX_LEVELS, &list, err);

	if (r < 0)
		return r;
	levels->items = zeroed(json_array_size(list), sizeof(*levels->items), err);
	if (!levels->items)
		return -ENOMEM;
	for (size_t i = 0; i < json_array_size(list); i++) {
		struct svn_level level = { 0 };
		const json_t *tcb;

		r = read_level(doc, json_array_get(list, i), &tcb, &level.status, &level.date,
			       &level.advisories, err);
		if (r == 0)
			r = get_u16(tcb, "isvsvn", &level.isvsvn, err);
		if (r < 0)
			return jurat_wrap(err, r, "tcbLevels[%zu]", i);
		insert_svn_level(levels, &level);
	}
	return 0;
}

/* Exactly sixteen: a shorter list must never mean that fewer are compared (V10). */
static int read_components(const json_t *tcb, const char *name, uint8_t to[TCB_COMPONENTS],
			   struct jurat_error *err)
{
	const json_t *list;
	int r = get_array(tcb, name, TCB_COMPONENTS, &list, err);

	if (r < 0)
		return r;
	if (json_array_size(list) != TCB_COMPONENTS)
		return jurat_fail(err, -EBADMSG, "%s: %zu components, wanted %d", name, json_array_size(list),
				  TCB_COMPONENTS);
	for (size_t i = 0; i < TCB_COMPONENTS; i++) {
		uint32_t svn = 0;

		r = get_number(json_array_get(list, i), "svn", UINT8_MAX, &svn, err);
		if (r < 0)
			return jurat_wrap(err, r, "%s[%zu]", name, i);
		to[i] = (uint8_t)svn;
	}
	return 0;
}

/* Order of levels, the higher first. Spec: 8.4 step 1 of the TDX facts. */
static int compare_levels(const struct tcb_level *a, const struct tcb_level *b)
{
	int c = memcmp(a->sgx, b->sgx, sizeof(a->sgx));

	if (c == 0)
		c = (a->pcesvn > b->pcesvn) - (a->pcesvn < b->pcesvn);
	return c != 0 ? c : memcmp(a->tdx, b->tdx, sizeof(a->tdx));
}

static void insert_level(struct tcb_info *info, const struct tcb_level *level)
{
	size_t i = info->n_levels++;

	for (; i > 0 && compare_levels(&info->levels[i - 1], level) < 0; i--)
		info->levels[i] = info->levels[i - 1];
	info->levels[i] = *level;
}

static int read_levels(const json_t *object, bool tdx, struct tcb_info *info, struct jurat_error *err)
{
	const json_t *list;
	int r = get_array(object, "tcbLevels", COLLATERAL_MAX_LEVELS, &list, err);

	if (r < 0)
		return r;
	info->levels = zeroed(json_array_size(list), sizeof(*info->levels), err);
	if (!info->levels)
		return -ENOMEM;
	for (size_t i = 0; i < json_array_size(list); i++) {
		struct tcb_level level = { 0 };
		const json_t *tcb;

		r = read_level(&info->doc, json_array_get(list, i), &tcb, &level.status, &level.date,
			       &level.advisories, err);
		if (r == 0)
			r = read_components(tcb, "sgxtcbcomponents", level.sgx, err);
		if (r == 0)
			r = get_u16(tcb, "pcesvn", &level.pcesvn, err);
		if (r == 0 && tdx)
			r = read_components(tcb, "tdxtcbcomponents", level.tdx, err);
		if (r < 0)
			return jurat_wrap(err, r, "tcbLevels[%zu]", i);
		insert_level(info, &level);
	}
	return 0;
}

static int read_module(const json_t *object, struct tdx_module *module, struct jurat_error *err)
{
	int r = get_hex(object, "mrsigner", module->mrsigner, sizeof(module->mrsigner), err);

	if (r == 0)
		r = get_hex(object, "attributes", module->attributes, sizeof(module->attributes), err);
	if (r == 0)
		r = get_hex(object, "attributesMask", module->attributes_mask,
			    sizeof(module->attributes_mask), err);
	return r;
}

static int read_modules(const json_t *object, struct tcb_info *info, struct jurat_error *err)
{
	const json_t *list;
	int r;

	info->has_modules = json_object_get(object, "tdxModuleIdentities") != NULL;
	if (!info->has_modules)
		return 0;
	r = get_array(object, "tdxModuleIdentities", COLLATERAL_MAX_MODULES, &list, err);
	if (r < 0)
		return r;
	info->modules = zeroed(json_array_size(list), sizeof(*info->modules), err);
	if (!info->modules)
		return -ENOMEM;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *item = json_array_get(list, i);
		struct tdx_module *module = &info->modules[info->n_modules++];

		r = json_is_object(item) ? get_text(item, "id", module->id, sizeof(module->id), err)
					 : jurat_fail(err, -EBADMSG, "not an object");
		if (r == 0)
			r = read_module(item, module, err);
		if (r == 0)
			r = read_svn_levels(&info->doc, item, &module->levels, err);
		if (r < 0)
			return jurat_wrap(err, r, "tdxModuleIdentities[%zu]", i);
	}
	return 0;
}

static int read_document(const json_t *object, uint32_t version, struct signed_document *doc,
			 struct jurat_error *err)
{
	uint32_t is = 0;
	int r;

	if (!json_is_object(object))
		return jurat_fail(err, -EBADMSG, "not an object");
	r = get_number(object, "version", UINT16_MAX, &is, err);
	if (r == 0 && is != version)
		r = jurat_fail(err, -EBADMSG, "version: %u, wanted %u", is, version);
	if (r == 0)
		r = get_text(object, "id", doc->id, sizeof(doc->id), err);
	if (r == 0)
		r = get_time(object, "issueDate", &doc->issue_date, err);
	if (r == 0)
		r = get_time(object, "nextUpdate", &doc->next_update, err);
	if (r == 0)
		r = get_number(object, "tcbEvaluationDataNumber", UINT32_MAX, &doc->evaluation_data_number,
			       err);
	return r;
}

enum { TCB_INFO_VERSION = 3, QE_IDENTITY_VERSION = 2 };

static int fill_tcb_info(const json_t *value, struct tcb_info *info, struct jurat_error *err)
{
	const json_t *module = NULL;
	bool tdx;
	int r = read_document(value, TCB_INFO_VERSION, &info->doc, err);

	if (r == 0)
		r = get_hex(value, "fmspc", info->fmspc, sizeof(info->fmspc), err);
	if (r == 0)
		r = get_hex(value, "pceId", info->pceid, sizeof(info->pceid), err);
	if (r == 0)
		r = get_number(value, "tcbType", UINT32_MAX, &info->tcb_type, err);
	if (r < 0)
		return r;
	tdx = strcmp(info->doc.id, "TDX") == 0;
	if (tdx) {
		r = get_object(value, "tdxModule", &module, err);
		if (r == 0)
			r = read_module(module, &info->module, err);
		if (r < 0)
			return jurat_wrap(err, r, "tdxModule");
		r = read_modules(value, info, err);
		if (r < 0)
			return r;
	}
	return read_levels(value, tdx, info, err);
}

int tcb_info_read(const json_t *value, struct tcb_info **ret, struct jurat_error *err)
{
	struct tcb_info *info = zeroed(1, sizeof(*info), err);
	int r;

	if (!info)
		return -ENOMEM;
	r = fill_tcb_info(value, info, err);
	if (r < 0) {
		tcb_info_free(info);
		return jurat_wrap(err, r, "TCB info");
	}
	*ret = info;
	return 0;
}

void tcb_info_free(struct tcb_info *info)
{
	if (!info)
		return;
	for (size_t i = 0; i < info->n_modules; i++)
		free(info->modules[i].levels.items);
	free(info->modules);
	free(info->levels);
	free(info->doc.advisories);
	free(info);
}

/* Hex is written with the highest byte first; a report has the lowest first. */
static void reverse(uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		uint8_t c = p[i];

		p[i] = p[n - 1 - i];
		p[n - 1 - i] = c;
	}
}

static int fill_identity(const json_t *value, struct qe_identity *q, struct jurat_error *err)
{
	int r = read_document(value, QE_IDENTITY_VERSION, &q->doc, err);

	if (r == 0)
		r = get_hex(value, "miscselect", q->miscselect, sizeof(q->miscselect), err);
	if (r == 0)
		r = get_hex(value, "miscselectMask", q->miscselect_mask, sizeof(q->miscselect_mask), err);
	if (r == 0)
		r = get_hex(value, "attributes", q->attributes, sizeof(q->attributes), err);
	if (r == 0)
		r = get_hex(value, "attributesMask", q->attributes_mask, sizeof(q->attributes_mask), err);
	if (r == 0)
		r = get_hex(value, "mrsigner", q->mrsigner, sizeof(q->mrsigner), err);
	if (r == 0)
		r = get_u16(value, "isvprodid", &q->isvprodid, err);
	if (r == 0)
		r = read_svn_levels(&q->doc, value, &q->levels, err);
	if (r < 0)
		return r;
	reverse(q->miscselect, sizeof(q->miscselect));
	reverse(q->miscselect_mask, sizeof(q->miscselect_mask));
	return 0;
}

int qe_identity_read(const json_t *value, struct qe_identity **ret, struct jurat_error *err)
{
	struct qe_identity *q = zeroed(1, sizeof(*q), err);
	int r;

	if (!q)
		return -ENOMEM;
	r = fill_identity(value, q, err);
	if (r < 0) {
		qe_identity_free(q);
		return jurat_wrap(err, r, "QE identity");
	}
	*ret = q;
	return 0;
}

void qe_identity_free(struct qe_identity *identity)
{
	if (!identity)
		return;
	free(identity->levels.items);
	free(identity->doc.advisories);
	free(identity);
}
