/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "verify/tdx_collateral.h"

/*
 * Reads TCB info and QE identity from parsed JSON. Unknown members are ignored: Intel adds some, and they are
 * signed. Known members must be present and well-formed.
 */

/* A value and its document. */
struct node {
	const struct json_rd *json;
	json_rd_at at;
};

enum { FOUND_BYTES = 40 };

/* Describes a value for error texts: short values are quoted unchanged. */
static void describe(const struct json_rd *json, json_rd_at at, char to[FOUND_BYTES])
{
	const struct json_rd_token *t = &json->tokens[at];
	bool is_string = t->kind == JSON_RD_STRING;

	if (t->kind == JSON_RD_OBJECT || t->kind == JSON_RD_ARRAY) {
		snprintf(to, FOUND_BYTES, "an %s", t->kind == JSON_RD_OBJECT ? "object" : "array");
		return;
	}
	snprintf(to, FOUND_BYTES, "%s%.*s%s", is_string ? "'" : "", (int)t->size,
		 (const char *)json->text + t->start, is_string ? "'" : "");
	for (size_t i = 0; to[i]; i++)
		to[i] = to[i] >= 0x20 && to[i] <= 0x7e ? to[i] : '?';
}

static int missing_or(struct node object, const char *name, const char *what, struct jurat_error *err)
{
	json_rd_at at = json_rd_get(object.json, object.at, name);
	char found[FOUND_BYTES];

	if (at == JSON_RD_NONE)
		return jurat_fail(err, -EBADMSG, "%s: missing", name);
	describe(object.json, at, found);
	return jurat_fail(err, -EBADMSG, "%s: expected %s, found %s", name, what, found);
}

static bool has(struct node object, const char *name)
{
	return json_rd_get(object.json, object.at, name) != JSON_RD_NONE;
}

static int get_number(struct node object, const char *name, uint32_t max, uint32_t *ret,
		      struct jurat_error *err)
{
	if (json_rd_number(object.json, json_rd_get(object.json, object.at, name), max, ret))
		return 0;
	return missing_or(object, name, "a whole number in range", err);
}

static int get_u16(struct node object, const char *name, uint16_t *ret, struct jurat_error *err)
{
	uint32_t v = 0;
	int r = get_number(object, name, UINT16_MAX, &v, err);

	if (r == 0)
		*ret = (uint16_t)v;
	return r;
}

static int get_hex(struct node object, const char *name, uint8_t *to, size_t n, struct jurat_error *err)
{
	char what[32];

	if (json_rd_hex(object.json, json_rd_get(object.json, object.at, name), to, n))
		return 0;
	snprintf(what, sizeof(what), "%zu hex digits", 2 * n);
	return missing_or(object, name, what, err);
}

static int get_text(struct node object, const char *name, char *to, size_t size, struct jurat_error *err)
{
	char what[48];

	if (json_rd_text(object.json, json_rd_get(object.json, object.at, name), to, size))
		return 0;
	snprintf(what, sizeof(what), "text of 1 to %zu characters", size - 1);
	return missing_or(object, name, what, err);
}

static int get_time(struct node object, const char *name, int64_t *ret, struct jurat_error *err)
{
	char text[32];

	if (json_rd_text(object.json, json_rd_get(object.json, object.at, name), text, sizeof(text)) &&
	    collateral_time(text, ret))
		return 0;
	return missing_or(object, name, "a time like 2026-01-31T00:00:00Z", err);
}

static int get_kind(struct node object, const char *name, enum json_rd_kind kind, struct node *ret,
		    struct jurat_error *err)
{
	json_rd_at at = json_rd_get(object.json, object.at, name);

	if (!json_rd_is(object.json, at, kind))
		return missing_or(object, name, kind == JSON_RD_ARRAY ? "an array" : "an object", err);
	*ret = (struct node){ object.json, at };
	return 0;
}

/* Gets an array and its number of items, at most `max`. */
static int get_array(struct node object, const char *name, uint32_t max, struct node *ret, uint32_t *ret_n,
		     struct jurat_error *err)
{
	struct node array = { 0 };
	uint32_t n;
	int r = get_kind(object, name, JSON_RD_ARRAY, &array, err);

	if (r < 0)
		return r;
	n = json_rd_count(array.json, array.at);
	if (n > max)
		return jurat_fail(err, -EBADMSG, "%s: %u items, expected at most %u", name, n, max);
	*ret = array;
	*ret_n = n;
	return 0;
}

static struct node first(struct node array)
{
	return (struct node){ array.json, json_rd_first(array.json, array.at) };
}

static struct node next(struct node array, struct node item)
{
	return (struct node){ array.json, json_rd_next(array.json, array.at, item.at) };
}

static void *zeroed(size_t n, size_t size, struct jurat_error *err)
{
	void *p = calloc(n > 0 ? n : 1, size);

	if (!p)
		jurat_fail_memory(err);
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
		return jurat_fail_memory(err);
	doc->advisories = more;
	doc->room_advisories = room;
	return 0;
}

bool collateral_is_advisory(const char *id)
{
	return strlen(id) < ADVISORY_BYTES && id[strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
							    "abcdefghijklmnopqrstuvwxyz"
							    "0123456789-_.")] == '\0';
}

static int read_advisories(struct signed_document *doc, struct node level, struct advisories *ret,
			   struct jurat_error *err)
{
	struct node list, item;
	uint32_t n;
	int r;

	*ret = (struct advisories){ 0 };
	if (!has(level, "advisoryIDs"))
		return 0;
	r = get_array(level, "advisoryIDs", COLLATERAL_MAX_ADVISORIES, &list, &n, err);
	if (r == 0)
		r = reserve_advisories(doc, n, err);
	if (r < 0)
		return r;
	*ret = (struct advisories){ .first = doc->n_advisories, .n = n };
	for (item = first(list); item.at != JSON_RD_NONE; item = next(list, item)) {
		char *id = doc->advisories[doc->n_advisories];

		if (!json_rd_text(item.json, item.at, id, ADVISORY_BYTES) || !collateral_is_advisory(id))
			return jurat_fail(err, -EBADMSG,
					  "advisoryIDs: expected names such as INTEL-SA-00837");
		doc->n_advisories++;
	}
	return 0;
}

/*
 * Reads the common members of a level. An unknown status is kept as such: it matters only if the level is
 * met.
 */
static int read_level(struct signed_document *doc, struct node level, struct node *ret_tcb,
		      enum tcb_status *ret_status, int64_t *ret_date, struct advisories *ret_advisories,
		      struct jurat_error *err)
{
	char text[48];
	int r;

	r = get_kind(level, "tcb", JSON_RD_OBJECT, ret_tcb, err);
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

/* Stable, so that of two equal levels the first one as served applies. */
static void insert_svn_level(struct svn_levels *levels, const struct svn_level *level)
{
	size_t i = levels->n++;

	for (; i > 0 && levels->items[i - 1].isvsvn < level->isvsvn; i--)
		levels->items[i] = levels->items[i - 1];
	levels->items[i] = *level;
}

static int read_svn_levels(struct signed_document *doc, struct node object, struct svn_levels *levels,
			   struct jurat_error *err)
{
	struct node list, item;
	uint32_t n;
	int r = get_array(object, "tcbLevels", COLLATERAL_MAX_LEVELS, &list, &n, err);

	if (r < 0)
		return r;
	levels->items = zeroed(n, sizeof(*levels->items), err);
	if (!levels->items)
		return -ENOMEM;
	for (item = first(list); item.at != JSON_RD_NONE; item = next(list, item)) {
		struct svn_level level = { 0 };
		struct node tcb;

		r = read_level(doc, item, &tcb, &level.status, &level.date, &level.advisories, err);
		if (r == 0)
			r = get_u16(tcb, "isvsvn", &level.isvsvn, err);
		if (r < 0)
			return jurat_wrap(err, r, "tcbLevels, %zu", levels->n + 1);
		insert_svn_level(levels, &level);
	}
	return 0;
}

/* Names are for display only, so one that cannot be displayed is omitted. */
static void name_component(struct node item, component_name to)
{
	char category[24] = "", type[COMPONENT_NAME_BYTES - sizeof(category) - 2] = "";

	(void)json_rd_text(item.json, json_rd_get(item.json, item.at, "category"), category,
			   sizeof(category));
	(void)json_rd_text(item.json, json_rd_get(item.json, item.at, "type"), type, sizeof(type));
	if (category[0] || type[0])
		snprintf(to, COMPONENT_NAME_BYTES, "%s%s%s", category, category[0] && type[0] ? ", " : "",
			 type);
}

/* Exactly sixteen: with a shorter list, fewer components would be compared (V10). */
static int read_components(struct node tcb, const char *name, uint8_t to[TCB_COMPONENTS],
			   component_name *names, struct jurat_error *err)
{
	struct node list, item;
	uint32_t n, i = 0;
	int r = get_array(tcb, name, TCB_COMPONENTS, &list, &n, err);

	if (r < 0)
		return r;
	if (n != TCB_COMPONENTS)
		return jurat_fail(err, -EBADMSG, "%s: %u components, expected %d", name, n, TCB_COMPONENTS);
	for (item = first(list); item.at != JSON_RD_NONE; item = next(list, item)) {
		uint32_t svn = 0;

		r = get_number(item, "svn", UINT8_MAX, &svn, err);
		if (r < 0)
			return jurat_wrap(err, r, "%s, %u", name, i + 1);
		if (!names[i][0])
			name_component(item, names[i]);
		to[i++] = (uint8_t)svn;
	}
	return 0;
}

/* Sorts levels in descending order. Spec: Intel PCS v4, TCB Info. */
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

static int read_levels(struct node object, bool tdx, struct tcb_info *info, struct jurat_error *err)
{
	struct node list, item;
	uint32_t n;
	int r = get_array(object, "tcbLevels", COLLATERAL_MAX_LEVELS, &list, &n, err);

	if (r < 0)
		return r;
	info->levels = zeroed(n, sizeof(*info->levels), err);
	if (!info->levels)
		return -ENOMEM;
	for (item = first(list); item.at != JSON_RD_NONE; item = next(list, item)) {
		struct tcb_level level = { 0 };
		struct node tcb;

		r = read_level(&info->doc, item, &tcb, &level.status, &level.date, &level.advisories, err);
		if (r == 0)
			r = read_components(tcb, "sgxtcbcomponents", level.sgx, info->sgx_names, err);
		if (r == 0)
			r = get_u16(tcb, "pcesvn", &level.pcesvn, err);
		if (r == 0 && tdx)
			r = read_components(tcb, "tdxtcbcomponents", level.tdx, info->tdx_names, err);
		if (r < 0)
			return jurat_wrap(err, r, "tcbLevels, %zu", info->n_levels + 1);
		insert_level(info, &level);
	}
	return 0;
}

static int read_module(struct node object, struct tdx_module *module, struct jurat_error *err)
{
	int r = get_hex(object, "mrsigner", module->mrsigner, sizeof(module->mrsigner), err);

	if (r == 0)
		r = get_hex(object, "attributes", module->attributes, sizeof(module->attributes), err);
	if (r == 0)
		r = get_hex(object, "attributesMask", module->attributes_mask,
			    sizeof(module->attributes_mask), err);
	return r;
}

/* Of two identities of one module it is not said which applies. */
static int refuse_duplicate(const struct tcb_info *info, const struct tdx_module *module,
			    struct jurat_error *err)
{
	for (const struct tdx_module *m = info->modules; m < module; m++) {
		if (strcasecmp(m->id, module->id) == 0)
			return jurat_fail(err, -EBADMSG, "id: duplicate '%s'", module->id);
	}
	return 0;
}

static int read_modules(struct node object, struct tcb_info *info, struct jurat_error *err)
{
	struct node list, item;
	uint32_t n;
	int r;

	info->has_modules = has(object, "tdxModuleIdentities");
	if (!info->has_modules)
		return 0;
	r = get_array(object, "tdxModuleIdentities", COLLATERAL_MAX_MODULES, &list, &n, err);
	if (r < 0)
		return r;
	info->modules = zeroed(n, sizeof(*info->modules), err);
	if (!info->modules)
		return -ENOMEM;
	for (item = first(list); item.at != JSON_RD_NONE; item = next(list, item)) {
		struct tdx_module *module = &info->modules[info->n_modules++];

		r = get_text(item, "id", module->id, sizeof(module->id), err);
		if (r == 0)
			r = refuse_duplicate(info, module, err);
		if (r == 0)
			r = read_module(item, module, err);
		if (r == 0)
			r = read_svn_levels(&info->doc, item, &module->levels, err);
		if (r < 0)
			return jurat_wrap(err, r, "tdxModuleIdentities, %zu", info->n_modules);
	}
	return 0;
}

static int read_document(struct node object, uint32_t version, struct signed_document *doc,
			 struct jurat_error *err)
{
	uint32_t is = 0;
	int r;

	r = get_number(object, "version", UINT16_MAX, &is, err);
	if (r == 0 && is > version)
		r = jurat_fail(err, -EBADMSG,
			       "version %u is newer than this verifier, which reads version %u", is, version);
	if (r == 0 && is < version)
		r = jurat_fail(err, -EBADMSG, "version: %u, expected %u", is, version);
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

static int fill_tcb_info(struct node value, struct tcb_info *info, struct jurat_error *err)
{
	struct node module = value;
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
		r = get_kind(value, "tdxModule", JSON_RD_OBJECT, &module, err);
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

int tcb_info_read(const struct json_rd *json, json_rd_at at, struct tcb_info **ret, struct jurat_error *err)
{
	struct tcb_info *info = zeroed(1, sizeof(*info), err);
	int r;

	if (!info)
		return -ENOMEM;
	r = fill_tcb_info((struct node){ json, at }, info, err);
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

/* Hex has the most significant byte first; a report has the least significant byte first. */
static void reverse(uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		uint8_t c = p[i];

		p[i] = p[n - 1 - i];
		p[n - 1 - i] = c;
	}
}

static int fill_identity(struct node value, struct qe_identity *q, struct jurat_error *err)
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

int qe_identity_read(const struct json_rd *json, json_rd_at at, struct qe_identity **ret,
		     struct jurat_error *err)
{
	struct qe_identity *q = zeroed(1, sizeof(*q), err);
	int r;

	if (!q)
		return -ENOMEM;
	r = fill_identity((struct node){ json, at }, q, err);
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
