/* SPDX-License-Identifier: MIT */
#include "host/vmm.h"

#include <errno.h>

static bool reachable(struct vmm *v, uint64_t gpa, size_t n)
{
	uint64_t page = gpa / PAGE - RAM_GPA / PAGE;

	assert_true(n > 0 && gpa % PAGE + n <= PAGE); /* what host.h promises */
	v->accesses++;
	return v->accesses != v->fail_access && gpa >= RAM_GPA && page < RAM_PAGES && !v->is_private[page];
}

static int write_guest(void *context, uint64_t gpa, const void *from, size_t n)
{
	struct vmm *v = context;

	if (!reachable(v, gpa, n))
		return -EFAULT;
	memcpy(v->ram + (gpa - RAM_GPA), from, n);
	assert_true(v->n_stores < MAX_STORES);
	v->stores[v->n_stores++] = (struct store){ gpa, n, n <= 8 ? bytes_get_le(from, (unsigned)n) : 0 };
	return 0;
}

static int read_guest(void *context, uint64_t gpa, void *to, size_t n)
{
	struct vmm *v = context;

	if (!reachable(v, gpa, n))
		return -EFAULT;
	memcpy(to, v->ram + (gpa - RAM_GPA), n);
	return 0;
}

static void interrupt(void *context, uint32_t vcpu, uint8_t vector)
{
	struct vmm *v = context;

	v->n_interrupts++;
	v->vcpu = vcpu;
	v->vector = vector;
}

static void note_end(void *context, const struct jurat_tdx_quote_outcome *outcome)
{
	struct vmm *v = context;

	assert_true(v->n_ends < MAX_ENDS);
	TEXT(v->why[v->n_ends], "%s", outcome->text);
	v->ends[v->n_ends++] = *outcome;
}

struct vmm *vmm_new(void)
{
	struct vmm *v = calloc(1, sizeof(*v));

	assert_non_null(v);
	v->w = qgs_world_new();
	v->ram = calloc(RAM_PAGES, PAGE);
	assert_non_null(v->ram);
	v->memory = (struct jurat_guest_memory){ sizeof(v->memory), read_guest, write_guest, v };
	v->options = (struct jurat_tdx_quotes_options){
		.size = sizeof(v->options),
		.service = W_ADDRESS,
		.notify = interrupt,
		.log = note_end,
		.context = v,
		.user_tdvmcallinfo_1_r11 = 2,
	};
	return v;
}

void vmm_open_in(struct vmm *v, struct base_env *env)
{
	assert_int_equal(host_tdx_quotes_open(env, &v->options, &v->memory, &v->quotes, &v->err), 0);
	assert_int_equal(jurat_tdx_quotes_setup_notify(v->quotes, VECTOR, 7), UAPI_TDVMCALL_SUCCESS);
}

struct vmm *vmm_open(struct vmm *v)
{
	vmm_open_in(v, &v->w->base);
	return v;
}

void vmm_free(struct vmm *v)
{
	jurat_tdx_quotes_close(v->quotes);
	qgs_world_free(v->w);
	free(v->ram);
	free(v);
}

uint64_t buf_gpa(unsigned i)
{
	return RAM_GPA + (uint64_t)i * BUF_BYTES;
}

uint8_t *at(struct vmm *v, uint64_t gpa)
{
	return v->ram + (gpa - RAM_GPA);
}

uint64_t status_of(struct vmm *v, uint64_t gpa)
{
	return bytes_get_le(at(v, gpa) + TDX_GETQUOTE_STATUS_OFF, 8);
}

uint32_t out_len_of(struct vmm *v, uint64_t gpa)
{
	return (uint32_t)bytes_get_le(at(v, gpa) + TDX_GETQUOTE_OUT_LEN_OFF, 4);
}

void prepare(struct vmm *v, uint64_t gpa, size_t size)
{
	uint8_t report[TDX_REPORT_BYTES];

	qgs_world_tdreport(report, (const uint8_t[64]){ 9, 8, 7 });
	assert_int_equal(tdx_getquote_write(report, sizeof(report), at(v, gpa), size, NULL), 0);
}

uint64_t get_quote(struct vmm *v, uint64_t gpa, uint64_t size)
{
	uint64_t answer = 0x1234;

	v->err.text[0] = '\0';
	assert_int_equal(jurat_tdx_quotes_serve(v->quotes, gpa, size, &answer, &v->err), 0);
	assert_true((answer == UAPI_TDVMCALL_SUCCESS) == (v->err.text[0] == '\0'));
	return answer;
}

uint64_t ask_quote(struct vmm *v, unsigned i)
{
	prepare(v, buf_gpa(i), BUF_BYTES);
	return get_quote(v, buf_gpa(i), BUF_BYTES);
}

void dispatch(struct vmm *v)
{
	assert_int_equal(jurat_tdx_quotes_dispatch(v->quotes, &v->err), 0);
}

void run_until_idle(struct vmm *v)
{
	unsigned idle = 0;
	int r;

	while (jurat_tdx_quotes_outstanding_count(v->quotes) > 0) {
		uint64_t next = qgs_world_next(v->w);
		size_t before = jurat_tdx_quotes_outstanding_count(v->quotes);

		assert_true(next != BASE_NEVER); /* nobody would ever look again: a lost request */
		v->w->now = next > v->w->now ? next : v->w->now;
		r = jurat_tdx_quotes_dispatch(v->quotes, NULL);
		assert_true(r == 0 || r == -EIO); /* the timer could not be set */
		idle = jurat_tdx_quotes_outstanding_count(v->quotes) < before ? 0 : idle + 1;
		assert_true(idle < 10000);
	}
	dispatch(v);
	assert_true(qgs_world_next(v->w) == BASE_NEVER); /* and the descriptor is quiet then */
}

void assert_quote_at(struct vmm *v, uint64_t gpa, size_t n)
{
	assert_int_equal(status_of(v, gpa), TDX_GETQUOTE_SUCCESS);
	assert_int_equal(out_len_of(v, gpa), n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(at(v, gpa)[TDX_GETQUOTE_DATA_OFF + i], qgs_world_quote_byte(i));
}

void assert_failed_at(struct vmm *v, uint64_t gpa, uint64_t status)
{
	if (status_of(v, gpa) != status)
		FAIL_BECAUSE("status %#llx, not %#llx", (unsigned long long)status_of(v, gpa),
			     (unsigned long long)status);
	assert_int_equal(out_len_of(v, gpa), 0); /* Q8, K2 */
}
