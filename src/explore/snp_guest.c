/* SPDX-License-Identifier: MIT */
#include "explore/snp.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/snp_certs.h"
#include "wire/snp_secrets.h"

/*
 * What the guest does on one vCPU: requests for reports with certificates, one after the other, and the
 * judgement of what each of them ends with.
 *
 * Time is the driver's only, and its 60 s are never over: a request that was answered BUSY is sent again
 * until it is not. A guest that slept is in the state that it was in before, so that going round is seen.
 */
enum { MAX_MESSAGES = 16, REPORT_TCB_OFF = 0x180, MAX_TEXT = 160 };

enum sleep { AWAKE, ASLEEP, RISES };

struct snp_task {
	struct sim_sev_request request;
	unsigned pages;    /* for certificates, that it offers */
	uint8_t n_started; /* requests so far: each asks for another report */
	enum sleep sleep;
	uint64_t until_ns;
	bool was_busy;                      /* while nobody else could have changed that */
	struct base_mix sent[MAX_MESSAGES]; /* by sequence number: the page that was sent */
	uint8_t payload[SNP_MSG_REPORT_REQ_BYTES];
	uint8_t response[SNP_MSG_REPORT_RSP_BYTES];
	uint8_t certs[SIM_SEV_GUEST_CERTS_PAGES * SNP_PAGE_BYTES];
};

static uint64_t page_gpa(const struct snp_vcpu *v, unsigned page)
{
	return (SNP_FIRST_PAGE + v->index * (uint64_t)SNP_PAGES_PER_VCPU + page) * SNP_PAGE_BYTES;
}

struct sim_sev_guest_layout snp_guest_layout(const struct snp_vcpu *v)
{
	return (struct sim_sev_guest_layout){ .secrets_gpa = SNP_SECRETS_GPA,
					      .request_gpa = page_gpa(v, 0),
					      .response_gpa = page_gpa(v, 1),
					      .ghcb_gpa = page_gpa(v, 2),
					      .certs_gpa = page_gpa(v, 3) };
}

int snp_task_begin(struct snp_vcpu *v)
{
	struct snp_task *t = v->task;
	bool small = v->vmm == v->machine->vmms && v->machine->world.setup.small_buffer >> v->index & 1;

	if (!t)
		t = malloc(sizeof(*t));
	if (!t)
		return -ENOMEM;
	/* What is in the buffers is not used before it is written. */
	memset(t, 0, offsetof(struct snp_task, response));
	t->pages = small ? 1 : SIM_SEV_GUEST_CERTS_PAGES;
	v->task = t;
	v->in_guest = false;
	return 0;
}

void snp_task_mix(const struct snp_vcpu *v, struct base_mix *to)
{
	const struct snp_task *t = v->task;

	base_mix_u64(to, (uint64_t)v->requests << 1 | v->in_guest);
	base_mix_u64(to, (uint64_t)t->n_started << 32 | t->pages);
	base_mix_u64(to, (uint64_t)t->sleep << 1 | t->was_busy);
	base_mix_u64(to, t->until_ns);
	base_mix_bytes(to, t->sent, sizeof(t->sent));
}

bool snp_task_sleeps(const struct snp_vcpu *v)
{
	return v->task->sleep == ASLEEP;
}

void snp_task_wake(struct snp_vcpu *v)
{
	v->task->sleep = RISES;
}

__attribute__((format(printf, 2, 3))) static void violate(struct snp_vcpu *v, const char *format, ...)
{
	char text[MAX_TEXT];
	va_list ap;

	va_start(ap, format);
	(void)!vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	sched_violate(v->env, text);
}

static const char *name_of(const struct snp_vcpu *v)
{
	return v->machine->world.actors[v->actor].name;
}

static void start(struct snp_vcpu *v)
{
	struct snp_msg_report_req ask = { .vmpl = v->index };
	struct snp_task *t = v->task;

	ask.report_data[0] = ++t->n_started;
	ask.report_data[1] = (uint8_t)v->actor;
	wire_write(&snp_msg_report_req_layout, &ask, t->payload);
	t->request = (struct sim_sev_request){ .msg_type = SNP_MSG_REPORT_REQ,
					       .msg_version = 1,
					       .payload = t->payload,
					       .payload_size = sizeof(t->payload),
					       .response = t->response,
					       .response_size = sizeof(t->response),
					       .certs = t->certs,
					       .certs_pages = t->pages,
					       .extended = true };
	v->in_guest = sim_sev_guest_start_request(v->driver, &t->request) == 0;
}

/* The page that the driver has put into shared memory: each number seals one message only. */
static void check_nonce(struct snp_vcpu *v)
{
	struct snp_task *t = v->task;
	uint8_t page[SNP_PAGE_BYTES];
	struct base_mix is = { 0 }, *was;
	struct snp_msg_hdr hdr;
	uint64_t seqno;
	size_t n;

	if (sim_kvm_guest_read(v->vmm->vm, page_gpa(v, 0), page, sizeof(page)) < 0)
		return;
	if (wire_read(&snp_msg_hdr_layout, page, sizeof(page), &hdr, NULL) < 0)
		return;
	seqno = hdr.msg_seqno;
	n = hdr.msg_sz < SNP_MSG_MAX_PAYLOAD_BYTES ? hdr.msg_sz : SNP_MSG_MAX_PAYLOAD_BYTES;
	base_mix_bytes(&is, page, SNP_MSG_HDR_BYTES + n);
	was = &t->sent[seqno / 2 % MAX_MESSAGES]; /* requests have odd numbers */
	if ((was->a || was->b) && (was->a != is.a || was->b != is.b))
		violate(v, "I6: the guest of %s encrypts two messages with sequence number %llu", name_of(v),
			(unsigned long long)seqno);
	*was = is;
}

/* Has everybody else ended, or is in the same place? */
static bool is_alone(const struct snp_vcpu *v)
{
	struct explore_snp *m = v->machine;

	for (unsigned i = 0; i < m->world.sched.n_actors; i++) {
		const struct snp_vcpu *other = snp_vcpu_of(m, i);

		if (i != v->actor && !m->ended[i] && !(other && other->task->sleep != AWAKE))
			return false;
	}
	return true;
}

static void be_busy(struct snp_vcpu *v, uint64_t until_ns)
{
	struct explore_snp *m = v->machine;
	struct snp_task *t = v->task;
	bool alone = is_alone(v);

	t->sleep = ASLEEP;
	t->until_ns = until_ns;
	sched_say(v->env, name_of(v), "", "the guest gets BUSY and sleeps 2 s");
	if (alone && t->was_busy)
		violate(v, "I3: the guest of %s gets BUSY forever", name_of(v));
	t->was_busy = alone;
	if (m->world.setup.sync == SIM_SYNC_V14 || explore_has(&m->world.setup, EXPLORE_BUSY_LATE))
		return;
	m->busy = true;
	if (!m->world.setup.timeouts)
		violate(v, "I3: the guest of %s gets BUSY although no wait for a lock timed out", name_of(v));
}

/* Certificates as the guest copied them: without what follows the last one. */
static size_t size_of_table(const struct snp_task *t)
{
	size_t n = (size_t)t->request.certs_pages * SNP_PAGE_BYTES;
	struct snp_certs certs;

	return snp_certs_read(t->certs, n, &certs, NULL) == 0 ? certs.size : n;
}

/* A report and certificates: the guest verifies the one with the other, if there are certificates. */
static void check_agreement(struct snp_vcpu *v)
{
	struct explore_snp *m = v->machine;
	struct snp_task *t = v->task;
	const uint8_t *report = t->response + SNP_MSG_REPORT_RSP_HDR_BYTES;
	unsigned long long tcb = bytes_get_le(report + REPORT_TCB_OFF, 8);
	size_t n = size_of_table(t);
	int state = snp_tables_state(m, t->certs, n), r;
	const char *why = "";

	if (m->saw_result)
		m->saw_result(m->saw_ctx, v, 0, tcb, state);
	if (state == SNP_EMPTY_TABLE) {
		sched_say(v->env, name_of(v), "", "the guest has a report of TCB %llx and no certificates",
			  tcb);
		return;
	}
	r = snp_tables_verify(m, report, t->certs, n, &why);
	if (r == 0)
		sched_say(v->env, name_of(v), "", "the guest has a report of TCB %llx; it verifies", tcb);
	else if (r < 0)
		violate(v, "cannot verify the report of %s: %s", name_of(v), strerror(-r));
	else if (state >= 0)
		violate(v, "I1: %s has a report of TCB %llx with certificates of TCB %llx", name_of(v), tcb,
			(unsigned long long)m->states[state].tcb);
	else
		violate(v, "I1: %s has a report of TCB %llx with a torn table: %s", name_of(v), tcb, why);
}

/* Guest and firmware count the same messages, and the guest has its key. */
static void check_counts(struct snp_vcpu *v)
{
	uint64_t firmware =
		sim_psp_message_count(v->machine->psp, sim_kvm_vm_psp_guest(v->vmm->vm), v->index);
	uint8_t count[4];

	if (sim_sev_guest_key_wiped(v->driver)) {
		violate(v, "I2: the guest of %s has lost its VMPCK", name_of(v));
		return;
	}
	if (sim_kvm_guest_read(v->vmm->vm, SNP_SECRETS_GPA + SNP_SECRETS_SEQNO_OFF + 4 * v->index, count,
			       sizeof(count)) < 0 ||
	    bytes_get_le(count, sizeof(count)) != firmware)
		violate(v, "I2: the guest of %s counts %llu messages, the firmware %llu", name_of(v),
			(unsigned long long)bytes_get_le(count, sizeof(count)), (unsigned long long)firmware);
}

/* A request has ended: is that how it may end? */
static void judge(struct snp_vcpu *v, int r)
{
	struct snp_task *t = v->task;
	bool small = r == -EIO && t->request.exitinfo2 == SNP_EXITINFO2(SNP_VMM_INVALID_LEN, 0) &&
		     t->request.certs_pages > t->pages;
	/* The firmware fails this request, as it was set up to. */
	bool failed = v->machine->world.setup.firmware_error > 0 && (uint32_t)t->request.exitinfo2 != 0;

	v->in_guest = t->was_busy = false;
	if (sim_kvm_vm_lost_pages(v->vmm->vm))
		violate(v, "I7: a page of the guest of %s still belongs to the firmware", name_of(v));
	if (small) { /* it asks again, for another report, with pages enough */
		sched_say(v->env, name_of(v), "", "the guest now offers %u certificate pages",
			  t->request.certs_pages);
		t->pages = t->request.certs_pages;
	} else if (r != 0) {
		if (v->machine->saw_result)
			v->machine->saw_result(v->machine->saw_ctx, v, r, 0, 0);
		if (!failed)
			violate(v,
				"I2: a request of %s fails with %s (SW_EXITINFO2 %#llx) although its host is "
				"honest",
				name_of(v), r < 0 ? strerror(-r) : "a GHCB error",
				(unsigned long long)t->request.exitinfo2);
		v->requests = 0;
		return;
	} else {
		v->requests--;
		check_agreement(v);
	}
	check_counts(v);
}

enum sim_guest_wants snp_guest_enter(void *ctx, uint64_t *ret_ghcb_gpa)
{
	struct snp_vcpu *v = ctx;
	struct snp_task *t = v->task;
	struct sim_step_result step;
	uint64_t now_ns;

	while (t->sleep != ASLEEP && (v->in_guest || v->requests > 0)) {
		if (!v->in_guest)
			start(v);
		now_ns = t->sleep == RISES ? t->until_ns : 0;
		t->sleep = AWAKE;
		sim_sev_guest_step(v->driver, now_ns, &step);
		switch (step.step) {
		case SIM_STEP_VMGEXIT:
			check_nonce(v);
			*ret_ghcb_gpa = page_gpa(v, 2);
			return SIM_GUEST_VMGEXIT;
		case SIM_STEP_SLEEP:
			be_busy(v, step.until_ns);
			break;
		case SIM_STEP_DONE:
			judge(v, step.result);
			break;
		}
	}
	return SIM_GUEST_HALT;
}
