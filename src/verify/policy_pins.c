/* SPDX-License-Identifier: MIT */
#include "verify/policy_pins.h"

#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "verify/input.h"
#include "verify/policy_bits.h"
#include "verify/policy_events.h"
#include "verify/tdx_judge.h"
#include "verify/tdx_verdict.h"
#include "wire/tdx_report.h"

static json_t *hex(const uint8_t *bytes, size_t n)
{
	char text[BYTES_HEX_SIZE(64)];

	return json_string(bytes_to_hex(bytes, n, text));
}

/* A field of the same name. */
static json_t *field(const struct jurat_verdict *v, const char *member, const char **ret_lacks)
{
	const uint8_t *bytes;
	size_t n;

	if (jurat_verdict_field_bytes(v, member, &bytes, &n) == 0)
		return hex(bytes, n);
	*ret_lacks = "not in evidence of this version";
	return NULL;
}

static json_t *measurement(const struct jurat_verdict *v, const char *member, const char **ret_lacks)
{
	return hex(jurat_verdict_measurement(v), 48);
}

static json_t *chip_id(const struct jurat_verdict *v, const char *member, const char **ret_lacks)
{
	if (!bytes_all(v->report.chip_id, sizeof(v->report.chip_id), 0))
		return hex(v->report.chip_id, sizeof(v->report.chip_id));
	*ret_lacks = "masked by the firmware";
	return NULL;
}

static json_t *tees(const struct jurat_verdict *v, const char *member, const char **ret_lacks)
{
	return json_string(v->tdx ? "tdx" : "sev-snp");
}

/* ---- SEV-SNP */

static json_t *guest_bit(const struct jurat_verdict *v, const char *member, const char **ret_lacks)
{
	static const struct {
		const char *member;
		unsigned bit;
	} bits[] = {
#define BIT_ROW(member, scope, value, bit, wrong, reason) { #member, bit },
		POLICY_GUEST_BITS(BIT_ROW)
	};

	if (v->tdx) /* allow_debug: the only one that applies to TDs */
		return json_boolean(v->tdx->body.td_attributes >> TDX_ATTR_DEBUG_BIT & 1);
	for (size_t i = 0; i < ARRAY_SIZE(bits); i++)
		if (strcmp(bits[i].member, member) == 0)
			return json_boolean(v->report.policy >> bits[i].bit & 1);
	return NULL;
}

enum { MAX_VMPL = 3 }; /* that a policy can have; a report of firmware has no other */

static json_t *vmpl(const struct jurat_verdict *v, const char *member, const char **ret_lacks)
{
	if (v->report.vmpl <= MAX_VMPL)
		return json_integer(v->report.vmpl);
	*ret_lacks = "not a privilege level";
	return NULL;
}

static json_t *guest_svn(const struct jurat_verdict *v, const char *member, const char **ret_lacks)
{
	return json_integer(v->report.guest_svn);
}

static json_t *policy_abi(const struct jurat_verdict *v, const char *member, const char **ret_lacks)
{
	return json_sprintf("%u.%u", snp_policy_abi_major(v->report.policy),
			    snp_policy_abi_minor(v->report.policy));
}

static json_t *firmware(const struct jurat_verdict *v, const char *member, const char **ret_lacks)
{
	const struct snp_report *r = &v->report;

	if (strcmp(member, "minimum_firmware") == 0)
		return json_sprintf("%u.%u.%u", r->current_major, r->current_minor, r->current_build);
	return json_sprintf("%u.%u.%u", r->committed_major, r->committed_minor, r->committed_build);
}

/* By product, because other products have other components. */
static json_t *tcb(const struct jurat_verdict *v, const char *member, const char **ret_lacks)
{
	const struct snp_report *r = &v->report;
	uint64_t raw = strcmp(member, "minimum_tcb") == 0             ? r->reported_tcb
		       : strcmp(member, "minimum_committed_tcb") == 0 ? r->committed_tcb
		       : strcmp(member, "minimum_current_tcb") == 0   ? r->current_tcb
								      : r->launch_tcb;
	json_t *parts, *ret = NULL;
	struct snp_tcb is;

	if (!snp_tcb_read(v->product, raw, &is)) {
		*ret_lacks = "not readable without the product";
		return NULL;
	}
	parts = json_object();
	for (unsigned i = 0; parts && i < SNP_TCB_COMPONENTS; i++) {
		if (!snp_tcb_has_component(v->product, i) ||
		    json_object_set_new(parts, snp_tcb_component_name(i),
					json_integer(snp_tcb_get(&is, i))) == 0)
			continue;
		json_decref(parts);
		return NULL;
	}
	ret = parts ? json_object() : NULL;
	if (ret && json_object_set(ret, snp_product_name(v->product), parts) < 0) {
		json_decref(ret);
		ret = NULL;
	}
	json_decref(parts);
	return ret;
}

static json_t *mit_vector(const struct jurat_verdict *v, const char *member, const char **ret_lacks)
{
	const bool launch = strcmp(member, "minimum_launch_mit_vector") == 0;

	if (v->report.version < snp_report_field_since("launch_mit_vector")) {
		*ret_lacks = "not in reports of this version";
		return NULL;
	}
	return json_sprintf("0x%" PRIx64,
			    launch ? v->report.launch_mit_vector : v->report.current_mit_vector);
}

static json_t *launch_mitigations(const struct jurat_verdict *v, const char *member, const char **ret_lacks)
{
	if (v->report.version < snp_report_field_since("launch_mit_vector")) {
		*ret_lacks = "not in reports of this version";
		return NULL;
	}
	return json_boolean((v->report.launch_mit_vector & ~v->report.current_mit_vector) == 0);
}

static json_t *provisional_firmware(const struct jurat_verdict *v, const char *member, const char **ret_lacks)
{
	const struct snp_report *r = &v->report;
	const bool same = r->current_major == r->committed_major && r->current_minor == r->committed_minor &&
			  r->current_build == r->committed_build && r->current_tcb == r->committed_tcb;

	return json_boolean(!same);
}

/* SMT is a risk when it is on, TIO is neither a risk nor a protection; all other bits protect when set. */
#define EXPOSING (UINT64_C(1) << SNP_PLATFORM_SMT_EN_BIT)
#define NEUTRAL  (UINT64_C(1) << SNP_PLATFORM_TIO_EN_BIT)

static json_t *platform_info(const struct jurat_verdict *v, const char *member, const char **ret_lacks)
{
	const uint64_t is = v->report.platform_info, known = wire_bits_mask(&snp_platform_info_bits);

	if (strcmp(member, "required_platform_info") == 0)
		return policy_write_bits(is & known & ~(EXPOSING | NEUTRAL), POLICY_PLATFORM_INFO);
	return policy_write_bits(~is & known & EXPOSING, POLICY_PLATFORM_INFO);
}

static json_t *products(const struct jurat_verdict *v, const char *member, const char **ret_lacks)
{
	if (v->product != SNP_PRODUCT_UNKNOWN)
		return json_string(snp_product_name(v->product));
	*ret_lacks = "not known";
	return NULL;
}

static json_t *signer(const struct jurat_verdict *v, const char *member, const char **ret_lacks)
{
	const enum jurat_signer is = jurat_verdict_signer(v);

	if (is == JURAT_SIGNER_NONE) {
		*ret_lacks = "not signed";
		return NULL;
	}
	return json_boolean(is ==
			    (strcmp(member, "allow_vcek") == 0 ? JURAT_SIGNER_VCEK : JURAT_SIGNER_VLEK));
}

static json_t *csp_id(const struct jurat_verdict *v, const char *member, const char **ret_lacks)
{
	if (jurat_verdict_signer(v) == JURAT_SIGNER_VLEK && v->leaf && v->leaf_says.csp_id[0])
		return json_string(v->leaf_says.csp_id);
	*ret_lacks = "no VLEK certificate";
	return NULL;
}

/* ---- TDX */

static json_t *service_td(const struct jurat_verdict *v, const char *member, const char **ret_lacks)
{
	const uint8_t *bytes;
	size_t n;

	if (jurat_verdict_field_bytes(v, member, &bytes, &n) == 0 && bytes_all(bytes, n, 0)) {
		*ret_lacks = "no service TD"; /* which the default policy requires */
		return NULL;
	}
	return field(v, member, ret_lacks);
}

static json_t *attributes(const struct jurat_verdict *v, const char *member, const char **ret_lacks)
{
	const uint64_t debug = UINT64_C(1) << TDX_ATTR_DEBUG_BIT;

	return policy_write_bits(v->tdx->body.td_attributes & wire_bits_mask(&tdx_attr_bits) & ~debug,
				 POLICY_TD_ATTRIBUTES);
}

static json_t *xfam(const struct jurat_verdict *v, const char *member, const char **ret_lacks)
{
	return policy_write_bits(v->tdx->body.xfam & wire_bits_mask(&tdx_xfam_bits), POLICY_XFAM);
}

/* What all TCBs of the quote have. */
static json_t *tee_tcb_svn(const struct jurat_verdict *v, const char *member, const char **ret_lacks)
{
	const struct tdx_body *body = &v->tdx->body;
	json_t *svns = json_array();

	for (size_t i = 0; svns && i < sizeof(body->tee_tcb_svn); i++) {
		uint8_t least = body->tee_tcb_svn[i];

		if (v->tdx->has_15 && body->tee_tcb_svn2[i] < least)
			least = body->tee_tcb_svn2[i];
		if (v->tdx->has_15ex && v->tdx->launched_elsewhere && body->init_tee_tcb_svn[i] < least)
			least = body->init_tee_tcb_svn[i];
		if (json_array_append_new(svns, json_integer(least)) < 0) {
			json_decref(svns);
			svns = NULL;
		}
	}
	return svns;
}

static json_t *pck(const struct jurat_verdict *v, const char *member, const char **ret_lacks)
{
	const struct pck *p = &v->tdx->pck;

	if (!v->tdx->has_pck)
		*ret_lacks = "no PCK certificate";
	else if (strcmp(member, "platform_instance_id") == 0 && !p->has_platform_instance_id)
		*ret_lacks = "not in this PCK certificate";
	else if (strcmp(member, "fmspc") == 0)
		return hex(p->fmspc, sizeof(p->fmspc));
	else if (strcmp(member, "ppid") == 0)
		return hex(p->ppid, sizeof(p->ppid));
	else if (strcmp(member, "platform_instance_id") == 0)
		return hex(p->platform_instance_id, sizeof(p->platform_instance_id));
	else if (p->sgx_type > 31)
		*ret_lacks = "of a type that this version does not know";
	else
		return json_integer(p->sgx_type);
	return NULL;
}

static json_t *up_to_date_and(enum tcb_status status, const char **ret_lacks)
{
	switch (status) {
	case TCB_STATUS_NONE:
		*ret_lacks = "not evaluated";
		return NULL;
	case TCB_REVOKED:
	case TCB_NOT_SUPPORTED:
	case TCB_UNRECOGNIZED:
		*ret_lacks = "not acceptable under any policy";
		return NULL;
	case TCB_UP_TO_DATE:
		return json_string(tcb_status_name(status));
	default:
		return json_pack("[s, s]", tcb_status_name(TCB_UP_TO_DATE), tcb_status_name(status));
	}
}

static json_t *tcb_status(const struct jurat_verdict *v, const char *member, const char **ret_lacks)
{
	const struct tcb_evaluation *e = &v->tdx->evaluation;

	if (!v->tdx->has_evaluation)
		return up_to_date_and(TCB_STATUS_NONE, ret_lacks);
	if (strcmp(member, "accepted_current_tcb_statuses") == 0)
		return up_to_date_and(e->current != TCB_STATUS_NONE ? e->current : e->launch, ret_lacks);
	return up_to_date_and(verdict_tdx_has_status(v->tdx) ? e->status : e->here, ret_lacks);
}

static json_t *advisories(const struct jurat_verdict *v, const char *member, const char **ret_lacks)
{
	json_t *ids;

	if (v->tdx->n_advisories == 0) {
		*ret_lacks = v->tdx->has_evaluation ? "none applies" : "not evaluated";
		return NULL;
	}
	ids = json_array();
	for (size_t i = 0; ids && i < v->tdx->n_advisories; i++)
		if (json_array_append_new(ids, json_string(v->tdx->advisories[i])) < 0) {
			json_decref(ids);
			ids = NULL;
		}
	return ids;
}

static json_t *evaluation_data_number(const struct jurat_verdict *v, const char *member,
				      const char **ret_lacks)
{
	const struct verdict_document *info = &v->tdx->tcb_info, *identity = &v->tdx->qe_identity;

	if (!v->tdx->has_evaluation || !info->there || !identity->there) {
		*ret_lacks = "not evaluated";
		return NULL;
	}
	return json_integer(info->evaluation_data_number < identity->evaluation_data_number
				    ? info->evaluation_data_number
				    : identity->evaluation_data_number);
}

/* ---- event logs */

static json_t *event_log(const struct jurat_verdict *v, const char *member, const char **ret_lacks)
{
	struct jurat_tdx_event_log log = { .size = sizeof(log) };
	const uint32_t wanted = 1u << 0 | 1u << 1 | 1u << 2; /* RTMR0 to RTMR2 */

	if (jurat_verdict_tdx_event_log(v, &log) != 0)
		*ret_lacks = "no event log";
	else if ((log.explained & wanted) != wanted)
		*ret_lacks = "the event log does not explain it";
	else
		return json_boolean(strcmp(member, "require_event_log") == 0 ||
				    log.secure_boot == JURAT_SECURE_BOOT_ENABLED);
	return NULL;
}

/*
 * An object with a list for each type of which RTMR1 or RTMR2 has an event, other than those that firmware
 * always measures. NULL: no memory
 */
static json_t *types_of_boot(const struct verdict_events *events)
{
	json_t *types = json_object();

	for (size_t i = 0; types && i < events->n_list; i++) {
		const struct verdict_event *e = &events->list[i];
		char name[POLICY_EVENT_TYPE_BYTES];

		if ((e->rtmr != 1 && e->rtmr != 2) || tdx_event_is_usual(e->digest) ||
		    json_object_get(types, policy_event_type(e->type, name)))
			continue;
		if (json_object_set_new(types, name, json_array()) < 0) {
			json_decref(types);
			return NULL;
		}
	}
	return types;
}

/* Adds a digest that is not there yet, and takes it; 0 or -1. */
static int add_digest(json_t *digests, json_t *digest)
{
	const json_t *other;
	size_t i;

	json_array_foreach(digests, i, other) if (json_equal(digest, other))
	{
		json_decref(digest);
		return 0;
	}
	return json_array_append_new(digests, digest);
}

static json_t *event_digests(const struct jurat_verdict *v, const char *member, const char **ret_lacks)
{
	enum { MAX_EVENTS = 4096 };
	json_t *const explained = event_log(v, "require_event_log", ret_lacks);
	const struct verdict_events *events = v->tdx->events;
	json_t *types;

	json_decref(explained);
	if (!explained)
		return NULL;
	types = types_of_boot(events);
	if (types && json_object_size(types) == 0)
		*ret_lacks = "no event of boot loader or kernel";
	else if (types && events->n_list > MAX_EVENTS)
		*ret_lacks = "too many events";
	for (size_t i = 0; types && !*ret_lacks && i < events->n_list; i++) {
		const struct verdict_event *e = &events->list[i];
		char name[POLICY_EVENT_TYPE_BYTES];
		json_t *digests = json_object_get(types, policy_event_type(e->type, name));

		if (!digests || add_digest(digests, hex(e->digest, sizeof(e->digest))) == 0)
			continue;
		json_decref(types);
		return NULL;
	}
	if (!*ret_lacks)
		return types;
	json_decref(types);
	return NULL;
}

static json_t *kernel_cmdline(const struct jurat_verdict *v, const char *member, const char **ret_lacks)
{
	const char *line;
	json_t *lines;

	if (!jurat_verdict_tdx_kernel_cmdline(v, 0)) {
		*ret_lacks = "no event log with a command line";
		return NULL;
	}
	for (size_t i = 0; (line = jurat_verdict_tdx_kernel_cmdline(v, i)); i++)
		if (!input_is_printable((const uint8_t *)line, strlen(line))) {
			*ret_lacks = "not printable";
			return NULL;
		}
	lines = json_array();
	for (size_t i = 0; lines && (line = jurat_verdict_tdx_kernel_cmdline(v, i)); i++)
		if (json_array_append_new(lines, json_string(line)) < 0) {
			json_decref(lines);
			lines = NULL;
		}
	return lines;
}

#define EXACT     "Exact: any other value is refused."
#define AT_LEAST  "At least this: lower is refused."
#define BY_PART   "At least this in each component; a product that is not named is refused."
#define NAME_ONLY POLICY_PIN_BY_NAME
#define SNP       POLICY_PIN_SNP
#define TDX       POLICY_PIN_TDX
#define BOTH      POLICY_PIN_BOTH

/* In the order of the members of a policy. */
const struct policy_pin_row policy_pin_rows[] = {
	{ { "report_data", NAME_ONLY, "Data that the guest put into the evidence.",
	    "Exact: only this evidence, or other evidence with the same data, is accepted." },
	  field },
	{ { "measurement", SNP,
	    "Launch digest: firmware and vCPUs as launched, and a kernel that the VMM boots.", EXACT },
	  measurement },
	{ { "host_data", SNP, "Data that the host set at launch.", EXACT }, field },
	{ { "id_key_digest", SNP, "Digest of the key that signed the ID block; zeros without an ID block.",
	    EXACT },
	  field },
	{ { "author_key_digest", SNP, "Digest of the key that signed the ID key; zeros without one.", EXACT },
	  field },
	{ { "family_id", SNP, "Family of the guest, from the ID block.", EXACT }, field },
	{ { "image_id", SNP, "Image of the guest, from the ID block.", EXACT }, field },
	{ { "report_id", NAME_ONLY, "Identifies one running guest.",
	    "Exact: any other guest, and this one after a restart, is refused." },
	  field },
	{ { "chip_id", NAME_ONLY, "Identifies the processor.", "Exact: any other machine is refused." },
	  chip_id },
	{ { "allow_debug", BOTH, "Debugging, with which the host can read the memory of the guest.", NULL },
	  guest_bit },
	{ { "allow_migrate_ma", SNP, "Migration agent, which can see the memory of the guest.", NULL },
	  guest_bit },
	{ { "allow_smt", SNP, "SMT.", NULL }, guest_bit },
	{ { "allow_cxl", SNP, "CXL devices.", NULL }, guest_bit },
	{ { "require_single_socket", SNP, "Single socket.", NULL }, guest_bit },
	{ { "require_mem_aes_256_xts", SNP, "AES-256-XTS for memory.", NULL }, guest_bit },
	{ { "require_rapl_dis", SNP, "RAPL disabled.", NULL }, guest_bit },
	{ { "require_ciphertext_hiding_dram", SNP, "Ciphertext hiding in DRAM.", NULL }, guest_bit },
	{ { "require_page_swap_disable", SNP, "Page swapping disabled.", NULL }, guest_bit },
	{ { "vmpl", SNP, "Privilege level that requested the report.", EXACT }, vmpl },
	{ { "maximum_vmpl", NAME_ONLY, "Privilege level that requested the report.",
	    "At most this: less privileged levels are refused." },
	  vmpl },
	{ { "minimum_guest_svn", SNP, "Security version of the guest, from the ID block.", AT_LEAST },
	  guest_svn },
	{ { "minimum_policy_abi", SNP, "ABI version of the firmware that the guest policy requires.",
	    AT_LEAST },
	  policy_abi },
	{ { "minimum_firmware", NAME_ONLY, "Version of the firmware that runs.", AT_LEAST }, firmware },
	{ { "minimum_committed_firmware", NAME_ONLY, "Version of the firmware that cannot be rolled back.",
	    AT_LEAST },
	  firmware },
	{ { "minimum_tcb", SNP, "Reported TCB, which the signing key is derived from.", BY_PART }, tcb },
	{ { "minimum_committed_tcb", NAME_ONLY, "Committed TCB, which cannot be rolled back.", BY_PART },
	  tcb },
	{ { "minimum_current_tcb", NAME_ONLY, "Current TCB.", BY_PART }, tcb },
	{ { "minimum_launch_tcb", SNP, "Current TCB when the guest was launched.", BY_PART }, tcb },
	{ { "minimum_launch_mit_vector", SNP, "Mitigations when the guest was launched.",
	    "At least these: a report without one of the bits, or of a version before 5, is refused, unless "
	    "the "
	    "value is 0." },
	  mit_vector },
	{ { "minimum_current_mit_vector", SNP, "Mitigations now.",
	    "At least these: a report without one of the bits, or of a version before 5, is refused, unless "
	    "the "
	    "value is 0." },
	  mit_vector },
	{ { "require_launch_mitigations", NAME_ONLY, "Every mitigation at launch, also now.", NULL },
	  launch_mitigations },
	{ { "allow_provisional_firmware", NAME_ONLY, "Firmware that runs but is not committed.", NULL },
	  provisional_firmware },
	{ { "required_platform_info", SNP, "Protections that the platform has switched on.",
	    "At least these: a platform without one of them is refused." },
	  platform_info },
	{ { "forbidden_platform_info", SNP, "SMT, when the platform has switched it off.",
	    "A platform that has one of these switched on is refused." },
	  platform_info },
	{ { "products", SNP, "Processor product.", "Exact: any other product is refused." }, products },
	{ { "allow_vcek", SNP, "Reports signed by the key of the chip (VCEK).", NULL }, signer },
	{ { "allow_vlek", SNP, "Reports signed by the key of a cloud provider (VLEK).", NULL }, signer },
	{ { "csp_id", SNP, "Cloud provider whose key (VLEK) signed.",
	    "Exact: any other provider is refused." },
	  csp_id },
	{ { "tees", BOTH, "Kind of TEE.", "Exact: evidence of any other TEE is refused." }, tees },
	{ { "mrtd", TDX, "Measurement of the TD as it was built: its firmware.", EXACT }, field },
	{ { "mrseam", NAME_ONLY, "Measurement of the TDX module.",
	    "Exact: any other module is refused, newer ones too." },
	  field },
	{ { "mrconfigid", TDX, "Configuration that the host set at launch.", EXACT }, field },
	{ { "mrowner", TDX, "Owner that the host set at launch.", EXACT }, field },
	{ { "mrownerconfig", TDX, "Configuration of the owner that the host set at launch.", EXACT }, field },
	{ { "rtmr0", TDX,
	    "Firmware's measurements: its configuration, and virtual hardware such as memory size.", EXACT },
	  field },
	{ { "rtmr1", TDX, "Firmware's measurements: boot loader or kernel.", EXACT }, field },
	{ { "rtmr2", TDX, "Measurements of boot loader or kernel: command line, initrd.", EXACT }, field },
	{ { "rtmr3", NAME_ONLY, "Measurements of applications; may differ for each start.", EXACT }, field },
	{ { "mrservicetd", TDX, "Service TDs that were bound to the TD.", EXACT }, service_td },
	{ { "td_id", NAME_ONLY, "Identifies the TD.", "Exact: any other TD is refused." }, field },
	{ { "devinfo_hash", TDX, "Devices that are assigned to the TD.", EXACT }, field },
	{ { "init_servtd_hash", TDX, "Service TDs on the platform of launch.", EXACT }, service_td },
	{ { "curr_servtd_hash", TDX, "Service TDs that are bound to the TD now.", EXACT }, service_td },
	{ { "fmspc", NAME_ONLY, "Model of the platform.", "Exact: any other model is refused." }, pck },
	{ { "ppid", NAME_ONLY, "Identifies the processor.", "Exact: any other machine is refused." }, pck },
	{ { "platform_instance_id", NAME_ONLY, "Identifies the platform.",
	    "Exact: any other machine is refused, and this one after a change of its processors." },
	  pck },
	{ { "sgx_type", TDX, "Protection of memory: 0 standard, 1 scalable, 2 scalable with integrity.",
	    EXACT },
	  pck },
	{ { "minimum_tee_tcb_svn", TDX, "Security versions of TDX module and loader, at launch and now.",
	    "At least this in each component." },
	  tee_tcb_svn },
	{ { "allowed_td_attributes", TDX, "Attributes of the TD.",
	    "No others: a TD with any other attribute is refused." },
	  attributes },
	{ { "required_td_attributes", TDX, "Attributes of the TD.",
	    "At least these: a TD without one of them is refused." },
	  attributes },
	{ { "allowed_xfam", TDX, "Extended processor features that the TD may use.",
	    "No others: a TD with any other feature is refused." },
	  xfam },
	{ { "required_xfam", NAME_ONLY, "Extended processor features that the TD may use.",
	    "At least these: a TD without one of them is refused." },
	  xfam },
	{ { "accepted_tcb_statuses", TDX, "Status of the TCB by Intel's collateral.",
	    "UpToDate, and the status of this evidence: any other status is refused." },
	  tcb_status },
	{ { "accepted_current_tcb_statuses", TDX, "Status of the TCB that runs now.",
	    "UpToDate, and the status of this evidence: any other status is refused." },
	  tcb_status },
	{ { "accepted_advisories", TDX, "Security advisories that apply to the TCB.",
	    "No others: evidence to which any other advisory applies is refused." },
	  advisories },
	{ { "minimum_tcb_evaluation_data_number", TDX, "Edition of Intel's collateral.",
	    "At least this: older collateral is refused." },
	  evaluation_data_number },
	{ { "require_event_log", NAME_ONLY, "Event log that explains RTMR0 to RTMR2.", NULL }, event_log },
	{ { "event_digests", NAME_ONLY, "What boot loader and kernel measured, by the event log.",
	    "Exact: any other event of these types is refused, and evidence without an event log." },
	  event_digests },
	{ { "kernel_cmdline", NAME_ONLY, "Command lines of the kernel, by the event log.",
	    "Exact: any other command line is refused, and evidence without an event log." },
	  kernel_cmdline },
	{ { "require_secure_boot", NAME_ONLY, "Secure Boot, by the event log.", NULL }, event_log },
};
const size_t policy_n_pin_rows = ARRAY_SIZE(policy_pin_rows);
_Static_assert(ARRAY_SIZE(policy_pin_rows) <= POLICY_MAX_PINS, "a set of pins has room for each");
