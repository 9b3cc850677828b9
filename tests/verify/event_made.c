/* SPDX-License-Identifier: MIT */
#include "verify/event_made.h"

#include "base/cleanup.h"
#include "crypto/hash.h"
#include "measure/tdx.h"

static const struct event usual[] = {
	{ 1, MEASURE_EV_EFI_HANDOFF_TABLES2, DATA("TdxTable"), DATA("hand-off") },
	{ 1, MEASURE_EV_EFI_VARIABLE_DRIVER_CONFIG, DATA(SB("\1")) },
	{ 1, MEASURE_EV_SEPARATOR, DATA("\0\0\0\0") },
	{ 1, MEASURE_EV_PLATFORM_CONFIG_FLAGS, DATA("ACPI DATA"), DATA("tables") },
	{ 2, MEASURE_EV_EFI_ACTION, DATA("Calling EFI Application from Boot Option") },
	{ 2, MEASURE_EV_SEPARATOR, DATA("\0\0\0\0") },
	{ 2, MEASURE_EV_EFI_BOOT_SERVICES_APPLICATION, DATA("path"), DATA("image") },
	{ 3, MEASURE_EV_IPL, DATA("kernel_cmdline: " CMDLINE "\0"), DATA(CMDLINE) },
	{ 3, MEASURE_EV_IPL, DATA("/boot/initrd\0"), DATA("initrd") },
	{ 2, MEASURE_EV_EFI_ACTION, DATA("Exit Boot Services Returned with Success") },
};

struct events events_usual(void)
{
	struct events e = { .n = ARRAY_SIZE(usual) };

	memcpy(e.items, usual, sizeof(usual));
	return e;
}

void events_insert(struct events *e, size_t at, struct event event)
{
	assert_true(e->n < MAX_EVENTS && at <= e->n);
	memmove(&e->items[at + 1], &e->items[at], (e->n - at) * sizeof(event));
	e->items[at] = event;
	e->n++;
}

void events_drop(struct events *e, size_t at)
{
	memmove(&e->items[at], &e->items[at + 1], (e->n - at - 1) * sizeof(e->items[0]));
	e->n--;
}

void events_write(const struct events *e, struct log_made *log)
{
	log_made_begin(log);
	for (size_t i = 0; i < e->n; i++) {
		const struct event *event = &e->items[i];

		log_made_event_of(log, event->index, event->type,
				  event->measured ? event->measured : event->data,
				  event->measured ? event->n_measured : event->n, event->data, event->n);
	}
}

void event_world_sign(struct event_world *w, const struct events *e)
{
	uint8_t *rtmr[] = { w->made.quote.body.rtmr0, w->made.quote.body.rtmr1, w->made.quote.body.rtmr2,
			    w->made.quote.body.rtmr3 };

	for (size_t i = 0; i < ARRAY_SIZE(rtmr); i++)
		memset(rtmr[i], i == 3 ? w->rtmr3 : 0, 48);
	for (size_t i = 0; i < e->n; i++) {
		const struct event *event = &e->items[i];
		uint8_t digest[48];

		crypto_sha384(event->measured ? event->measured : event->data,
			      event->measured ? event->n_measured : event->n, digest);
		measure_extend(rtmr[event->index - 1], digest);
	}
	tdx_made_sign(&w->made);
}

int event_world_make(void **state)
{
	struct event_world *w = calloc(1, sizeof(*w));
	struct events e = events_usual();

	assert_non_null(w);
	tdx_made_init(&w->made, TDX_BODY_10);
	event_world_sign(w, &e);
	tdx_made_documents(&w->made);
	w->verifier = tdx_made_verifier(&w->made);
	w->collateral = tdx_made_collateral(&w->made);
	*state = w;
	return 0;
}

int event_world_end(void **state)
{
	struct event_world *w = *state;

	jurat_tdx_collateral_free(w->collateral);
	jurat_verifier_free(w->verifier);
	tdx_made_done(&w->made);
	free(w);
	return 0;
}

struct jurat_verdict *event_world_judge_bytes(const struct event_world *w, const void *log, size_t n,
					      const char *policy)
{
	auto_free uint8_t *copy = log ? heap_copy(log, n) : NULL;
	struct jurat_tdx_evidence e = { sizeof(e), w->made.bytes, w->made.size, copy, n };
	struct jurat_policy *p = NULL;
	struct jurat_verdict *v = NULL;
	struct jurat_error err = { "" };
	int r;

	assert_int_equal(jurat_policy_new(&p, NULL), 0);
	if (policy && jurat_policy_read_json(p, policy, strlen(policy), &err) != 0)
		FAIL_BECAUSE("%s: %s", policy, err.text);
	r = jurat_verify_tdx(w->verifier, &e, w->collateral, p, w->made.at, &v, &err);
	assert_non_null(v);
	assert_int_equal(r, jurat_verdict_accepted(v) ? 0 : JURAT_REFUSED);
	jurat_policy_free(p);
	return v;
}

struct jurat_verdict *event_world_judge(const struct event_world *w, const struct events *e,
					const char *policy)
{
	struct log_made log;

	events_write(e, &log);
	return event_world_judge_bytes(w, log.bytes, log.w.off, policy);
}

void event_assert_reasons(struct jurat_verdict *v, const char *what, const char *wanted)
{
	char is[2048] = "";

	for (size_t i = 0; i < jurat_verdict_reason_count(v); i++) {
		size_t used = strlen(is);

		test_text(is + used, sizeof(is) - used, "%s%s: %s", i > 0 ? "\n" : "",
			  jurat_verdict_reason_code(v, i), jurat_verdict_reason_detail(v, i));
	}
	if (strcmp(is, wanted) != 0)
		FAIL_BECAUSE("%s: '%s', expected '%s'", what, is, wanted);
	jurat_verdict_free(v);
}

void event_no_image(struct events *e)
{
	events_drop(e, 6);
}

void event_another_image(struct events *e)
{
	e->items[6].measured = "another image";
	e->items[6].n_measured = 13;
}

void event_another_digest_of_secure_boot(struct events *e)
{
	e->items[1].measured = "other";
	e->items[1].n_measured = 5;
}

void event_another_digest_of_the_command_line(struct events *e)
{
	e->items[7].measured = "other";
	e->items[7].n_measured = 5;
}

void event_another_value_of_secure_boot(struct events *e)
{
	e->items[1] = (struct event){ 1, MEASURE_EV_EFI_VARIABLE_DRIVER_CONFIG, DATA(SB("\0")) };
}
