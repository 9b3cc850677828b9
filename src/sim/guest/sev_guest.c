/* SPDX-License-Identifier: MIT */
#include "sim/guest/sev_guest_internal.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "crypto/aead.h"
#include "wire/ghcb.h"
#include "wire/snp_secrets.h"

#define NS_PER_S          1000000000ull
#define RETRY_DELAY_NS    (2 * NS_PER_S)
#define RETRY_DURATION_NS (60 * NS_PER_S)
#define KILLED_DELAY_NS   (NS_PER_S / 1000)

#define INVALID_LEN       SNP_EXITINFO2(SNP_VMM_INVALID_LEN, 0)
#define BUSY              SNP_EXITINFO2(SNP_VMM_BUSY, 0)

enum { /* enum es_result of the kernel: the ioctl returns it as a positive result (B13) */
       ES_VMM_ERROR = 2,
       ES_EXCEPTION = 4,
};

enum outcome { SEND, SLEEP, OVER }; /* what the driver does next: VMGEXIT, sleep, or complete the request */

static const uint8_t zero_page[SNP_PAGE_BYTES];

static uint64_t vmpck_gpa(const struct sim_sev_guest *g)
{
	return g->layout.secrets_gpa + SNP_SECRETS_VMPCK_OFF + SNP_VMPCK_BYTES * g->vmpck;
}

static uint64_t seqno_gpa(const struct sim_sev_guest *g)
{
	return g->layout.secrets_gpa + SNP_SECRETS_SEQNO_OFF + sizeof(uint32_t) * g->vmpck;
}

static int guest_read(const struct sim_sev_guest *g, uint64_t gpa, void *to, size_t n)
{
	return g->memory.read(g->memory.ctx, gpa, to, n) < 0 ? -EFAULT : 0;
}

static int guest_write(const struct sim_sev_guest *g, uint64_t gpa, const void *from, size_t n)
{
	return g->memory.write(g->memory.ctx, gpa, from, n) < 0 ? -EFAULT : 0;
}

int sim_sev_read_certs_page(const struct sim_sev_guest *g, uint32_t i, uint8_t *to)
{
	return guest_read(g, g->layout.certs_gpa + (uint64_t)i * SNP_PAGE_BYTES, to, SNP_PAGE_BYTES);
}

static bool aligned(uint64_t gpa)
{
	return gpa % SNP_PAGE_BYTES == 0;
}

int sim_sev_guest_new(const struct sim_guest_memory *memory, const struct sim_sev_guest_layout *layout,
		      unsigned vmpck, unsigned quirks, const struct sim_linux *kernel,
		      struct sim_sev_guest **ret, struct jurat_error *err)
{
	auto_free struct sim_sev_guest *g = NULL;
	uint8_t key[SNP_VMPCK_BYTES];
	bool empty;

	if (vmpck >= SNP_N_VMPCKS)
		return jurat_fail(err, -EINVAL, "sev_guest: VMPCK %u: expected 0 to 3", vmpck);
	if (!aligned(layout->ghcb_gpa) || !aligned(layout->request_gpa) || !aligned(layout->response_gpa) ||
	    !aligned(layout->certs_gpa) || !aligned(layout->secrets_gpa))
		return jurat_fail(err, -EINVAL, "sev_guest: its pages must be aligned to %d bytes",
				  SNP_PAGE_BYTES);
	g = calloc(1, sizeof(*g));
	if (!g)
		return jurat_fail_memory(err);
	g->memory = *memory;
	g->layout = *layout;
	g->vmpck = vmpck;
	g->quirks = quirks;
	g->kernel = sim_linux_or_newest(kernel);
	if (guest_read(g, vmpck_gpa(g), key, sizeof(key)) < 0)
		return jurat_fail(err, -EFAULT, "sev_guest: no secrets page at %#llx",
				  (unsigned long long)layout->secrets_gpa);
	empty = bytes_all(key, sizeof(key), 0);
	bytes_wipe(key, sizeof(key));
	if (empty)
		return jurat_fail(err, -EINVAL, "sev_guest: VMPCK %u is empty", vmpck);
	*ret = take_ptr(g);
	return 0;
}

void sim_sev_guest_free(struct sim_sev_guest *g)
{
	if (!g)
		return;
	bytes_wipe(g->page, sizeof(g->page));
	free(g);
}

unsigned sim_sev_guest_vmpck(const struct sim_sev_guest *g)
{
	return g->vmpck;
}

uint64_t sim_sev_guest_seqno(const struct sim_sev_guest *g)
{
	return g->call.seqno;
}

void sim_sev_guest_on_cpu(struct sim_sev_guest *g, uint64_t ghcb_gpa)
{
	g->layout.ghcb_gpa = ghcb_gpa;
}

bool sim_sev_guest_key_wiped(const struct sim_sev_guest *g)
{
	uint8_t key[SNP_VMPCK_BYTES];
	bool empty;

	if (g->disabled)
		return true;
	if (guest_read(g, vmpck_gpa(g), key, sizeof(key)) < 0)
		return true;
	empty = bytes_all(key, sizeof(key), 0);
	bytes_wipe(key, sizeof(key));
	return empty;
}

static void wipe_key(struct sim_sev_guest *g)
{
	g->disabled = true; /* even if the page cannot be written */
	(void)!guest_write(g, vmpck_gpa(g), zero_page, SNP_VMPCK_BYTES);
}

/* Sequence number of the next message. -EIO: the 32-bit counter in the secrets page is exhausted (B31). */
static int next_seqno(const struct sim_sev_guest *g, uint64_t *ret)
{
	uint8_t count[sizeof(uint32_t)];
	uint64_t seqno;

	if (guest_read(g, seqno_gpa(g), count, sizeof(count)) < 0)
		return -EFAULT;
	seqno = bytes_get_le(count, sizeof(count)) + 1;
	if (seqno >= UINT32_MAX)
		return -EIO;
	*ret = seqno;
	return 0;
}

static int advance_seqno(struct sim_sev_guest *g)
{
	uint8_t count[sizeof(uint32_t)];

	bytes_put_le(count, g->call.seqno + 1, sizeof(count)); /* it was seqno - 1; a response has one, too */
	return guest_write(g, seqno_gpa(g), count, sizeof(count));
}

static void iv_of(uint64_t seqno, uint8_t iv[CRYPTO_AEAD_IV_BYTES])
{
	memset(iv, 0, CRYPTO_AEAD_IV_BYTES);
	bytes_put_le(iv, seqno, sizeof(seqno));
}

/* Encrypts the request into g->page, which is private memory: the host cannot change it (B3). */
static int seal(struct sim_sev_guest *g, const uint8_t *payload)
{
	const struct sim_sev_call *call = &g->call;
	struct snp_msg_hdr hdr = {
		.msg_seqno = call->seqno,
		.algo = SNP_MSG_ALGO_AES_256_GCM,
		.hdr_version = SNP_MSG_HDR_VERSION,
		.hdr_sz = SNP_MSG_HDR_BYTES,
		.msg_type = call->msg_type,
		.msg_version = call->msg_version,
		.msg_sz = (uint16_t)call->payload_size,
		.msg_vmpck = (uint8_t)g->vmpck,
	};
	uint8_t key[SNP_VMPCK_BYTES], iv[CRYPTO_AEAD_IV_BYTES];
	int r;

	memset(g->page, 0, sizeof(g->page));
	wire_write(&snp_msg_hdr_layout, &hdr, g->page);
	iv_of(call->seqno, iv);
	r = guest_read(g, vmpck_gpa(g), key, sizeof(key));
	if (r == 0)
		r = crypto_aead_seal(key, iv, g->page + SNP_MSG_AAD_OFF, SNP_MSG_AAD_BYTES, payload,
				     call->payload_size, g->page + SNP_MSG_HDR_BYTES, g->page);
	bytes_wipe(key, sizeof(key));
	return r;
}

/* Copies the response from shared memory once, then checks and decrypts the copy. Spec: Linux sev-guest.c. */
static int open_response(struct sim_sev_guest *g)
{
	const struct sim_sev_call *call = &g->call;
	uint8_t *payload = g->page + SNP_MSG_HDR_BYTES;
	uint8_t key[SNP_VMPCK_BYTES], iv[CRYPTO_AEAD_IV_BYTES];
	struct snp_msg_hdr hdr;
	int r;

	r = guest_read(g, g->layout.response_gpa, g->page, sizeof(g->page));
	if (r < 0)
		return r;
	r = wire_read(&snp_msg_hdr_layout, g->page, sizeof(g->page), &hdr, NULL);
	if (r < 0)
		return r;
	if (hdr.msg_seqno != call->seqno + 1 || hdr.msg_type != call->msg_type + 1 ||
	    hdr.msg_version != call->msg_version || hdr.msg_sz > call->response_size)
		return -EBADMSG;
	r = guest_read(g, vmpck_gpa(g), key, sizeof(key));
	if (r < 0)
		return r;
	iv_of(hdr.msg_seqno, iv);
	r = crypto_aead_open(key, iv, g->page + SNP_MSG_AAD_OFF, SNP_MSG_AAD_BYTES, payload, hdr.msg_sz,
			     payload, g->page);
	bytes_wipe(key, sizeof(key));
	if (r < 0)
		return r;
	memset(payload + hdr.msg_sz, 0, SNP_MSG_MAX_PAYLOAD_BYTES - hdr.msg_sz);
	return 0;
}

static bool asks_for_certs(const struct sim_sev_call *call)
{
	return call->extended && !call->resending_plain;
}

/*
 * Writes the request to the GHCB. Only the fields that the driver sets are written; the rest of the page is
 * unchanged.
 * Spec: GHCB 4.1.7, 4.1.8; Linux sev_es_ghcb_hv_call().
 */
static int fill_ghcb(struct sim_sev_guest *g)
{
	static const struct {
		unsigned off, size;
		bool certs;
	} parts[] = {
		{ GHCB_RAX, 8, true },
		{ GHCB_RBX, 8, true },
		{ GHCB_SW_EXIT_CODE, 24, false }, /* and SW_EXITINFO1, SW_EXITINFO2 */
		{ GHCB_VALID_BITMAP, GHCB_VALID_BITMAP_BYTES, false },
		{ GHCB_PROTOCOL_VERSION_OFF, 6, false }, /* and the GHCB usage */
	};
	bool certs = asks_for_certs(&g->call);
	uint8_t ghcb[GHCB_BYTES] = { 0 };
	int r = 0;

	if (certs) {
		if (g->call.certs_pages > 0 || g->kernel->sev_names_certs_pages_always)
			ghcb_put(ghcb, GHCB_RAX, g->layout.certs_gpa);
		else
			ghcb_put(ghcb, GHCB_RAX, 0);
		ghcb_put(ghcb, GHCB_RBX, g->call.certs_pages);
	}
	ghcb_put(ghcb, GHCB_SW_EXIT_CODE, certs ? GHCB_EXIT_EXT_GUEST_REQUEST : GHCB_EXIT_GUEST_REQUEST);
	ghcb_put(ghcb, GHCB_SW_EXIT_INFO_1, g->layout.request_gpa);
	ghcb_put(ghcb, GHCB_SW_EXIT_INFO_2, g->layout.response_gpa);
	bytes_put_le(ghcb + GHCB_PROTOCOL_VERSION_OFF, GHCB_PROTOCOL_VERSION, 2);
	bytes_put_le(ghcb + GHCB_USAGE_OFF, GHCB_USAGE_STANDARD, 4);
	for (size_t i = 0; i < ARRAY_SIZE(parts) && r == 0; i++)
		if (certs || !parts[i].certs)
			r = guest_write(g, g->layout.ghcb_gpa + parts[i].off, ghcb + parts[i].off,
					parts[i].size);
	return r;
}

/* Shares the certificate pages with the host, in releases that allocate them for each request. */
static int share_certs(struct sim_sev_guest *g)
{
	uint32_t n = g->call.certs_pages;

	if (n == 0 || !g->kernel->sev_shares_certs_per_request || !g->memory.set_shared)
		return 0;
	if (g->memory.set_shared(g->memory.ctx, g->layout.certs_gpa, n, true) < 0)
		return -ENOMEM;
	g->shared_pages = n;
	return 0;
}

/* Pages that cannot be made private again stay shared and are not reused: Linux leaks them, too. */
static void unshare_certs(struct sim_sev_guest *g)
{
	if (g->shared_pages > 0)
		(void)!g->memory.set_shared(g->memory.ctx, g->layout.certs_gpa, g->shared_pages, false);
	g->shared_pages = 0;
}

/* Copies the encrypted request to shared memory. From then on, its sequence number is never reused (B1). */
static int prepare(struct sim_sev_guest *g)
{
	int r;

	if (sim_sev_guest_key_wiped(g))
		return -ENOTTY;
	r = next_seqno(g, &g->call.seqno);
	if (r < 0)
		return r;
	for (uint32_t i = 0; i < g->call.certs_pages && r == 0; i++)
		r = guest_write(g, g->layout.certs_gpa + (uint64_t)i * SNP_PAGE_BYTES, zero_page,
				SNP_PAGE_BYTES);
	if (r == 0)
		r = guest_write(g, g->layout.response_gpa, zero_page, SNP_PAGE_BYTES);
	if (r == 0)
		r = seal(g, g->call.payload);
	if (r == 0)
		r = guest_write(g, g->layout.request_gpa, g->page, SNP_PAGE_BYTES);
	return r;
}

/* SIM_QUIRK_RESEND_ANOTHER: the same number seals a message that differs in its first byte. */
static int seal_another(struct sim_sev_guest *g)
{
	uint8_t payload[SNP_MSG_MAX_PAYLOAD_BYTES] = { 0 };
	int r;

	memcpy(payload, g->call.payload, g->call.payload_size);
	payload[0] ^= 0xff;
	r = seal(g, payload);
	return r == 0 ? guest_write(g, g->layout.request_gpa, g->page, SNP_PAGE_BYTES) : r;
}

static enum outcome send_message(struct sim_sev_guest *g, int *ret_r)
{
	g->call.exitinfo2 = SNP_EXITINFO2(UINT32_MAX, SNP_NO_FW_CALL);
	*ret_r = fill_ghcb(g);
	return *ret_r < 0 ? OVER : SEND;
}

static enum outcome resend_message(struct sim_sev_guest *g, int *ret_r)
{
	*ret_r = g->quirks & SIM_QUIRK_RESEND_ANOTHER ? seal_another(g) : 0;
	return *ret_r < 0 ? OVER : send_message(g, ret_r);
}

/* Whether the VMGEXIT itself failed: SW_EXITINFO1. Spec: GHCB 4.1; Linux verify_exception_info(). */
static int ghcb_error(uint64_t info_1, uint64_t info_2)
{
	enum { VALID = 1u << 31, EXCEPTION = 3u << 8, TYPE_MASK = 7u << 8, GP = 13, UD = 6 };
	uint8_t vector = info_2 & 0xff;

	if ((uint32_t)info_1 == 0)
		return 0;
	if ((uint32_t)info_1 == 1 && info_2 & VALID && (info_2 & TYPE_MASK) == EXCEPTION &&
	    (vector == GP || vector == UD))
		return ES_EXCEPTION;
	return ES_VMM_ERROR;
}

/* After the VMGEXIT. Each field of the GHCB is read once. */
static enum outcome take_answer(struct sim_sev_guest *g, uint64_t now_ns, int *ret_r)
{
	struct sim_sev_call *call = &g->call;
	uint8_t info[16], rbx[8];
	uint64_t info_2;

	*ret_r = guest_read(g, g->layout.ghcb_gpa + GHCB_SW_EXIT_INFO_1, info, sizeof(info));
	if (*ret_r < 0)
		return OVER;
	info_2 = bytes_get_le(info + 8, 8);
	*ret_r = ghcb_error(bytes_get_le(info, 8), info_2);
	if (*ret_r > 0)
		return OVER;
	call->exitinfo2 = info_2;
	if (info_2 == INVALID_LEN && asks_for_certs(call)) {
		*ret_r = guest_read(g, g->layout.ghcb_gpa + GHCB_RBX, rbx, sizeof(rbx));
		if (*ret_r < 0)
			return OVER;
		call->needed_pages = (uint32_t)bytes_get_le(rbx, sizeof(rbx));
		if (g->quirks & SIM_QUIRK_REUSE_SEQNO) {
			*ret_r = -EIO;
			return OVER;
		}
		call->resending_plain = true; /* the identical message: no number is used twice (B1) */
		return resend_message(g, ret_r);
	}
	if (info_2 == BUSY && now_ns - g->started_ns > RETRY_DURATION_NS) {
		*ret_r = -ETIMEDOUT;
		return OVER;
	}
	if (info_2 == BUSY) { /* retry here: returning would reuse the number for another message (B2) */
		g->until_ns = now_ns + (g->killed ? KILLED_DELAY_NS : RETRY_DELAY_NS);
		return SLEEP;
	}
	*ret_r = info_2 ? -EIO : 0;
	return OVER;
}

/*
 * The host has seen the message, and it is not sent again: advance the sequence number, then decrypt the
 * response or wipe the key. `r` is the result of the last VMGEXIT. Returns the result of the request.
 */
static int conclude(struct sim_sev_guest *g, int r)
{
	struct sim_sev_call *call = &g->call;
	bool keep;

	if (g->quirks & SIM_QUIRK_REUSE_SEQNO && r == -EIO && call->exitinfo2 == INVALID_LEN) {
		call->certs_pages = call->needed_pages;
		return r;
	}
	if (advance_seqno(g) < 0)
		r = -EFAULT;
	if (!call->resending_plain && r == 0) {
		r = open_response(g);
		keep = r == 0;
	} else if (!call->resending_plain) {
		keep = r == -EIO && call->exitinfo2 == INVALID_LEN &&
		       g->quirks & SIM_QUIRK_KEEP_KEY_ON_PLAIN_INVALID_LEN; /* B30 */
	} else {
		call->certs_pages = call->needed_pages; /* may be 0: the program then reads a length of 0 */
		keep = r == 0;
		if (r == 0 || g->quirks & SIM_QUIRK_MASK_FAILED_RESEND) {
			call->exitinfo2 = INVALID_LEN;
			r = r ? r : -EIO;
			keep = r == -EIO; /* with the quirk, even if the resend failed (B57) */
		}
	}
	if (!keep)
		wipe_key(g);
	return r;
}

static int deliver(struct sim_sev_guest *g, int r)
{
	struct sim_sev_request *request = g->request;

	if (g->user)
		return sim_sev_ioctl_end(g, r);
	request->exitinfo2 = g->call.exitinfo2;
	if (g->call.exitinfo2 >> 32 == SNP_VMM_INVALID_LEN)
		request->certs_pages = g->call.certs_pages;
	if (r != 0)
		return r;
	for (uint32_t i = 0; i < g->call.certs_pages && r == 0; i++)
		r = sim_sev_read_certs_page(g, i, request->certs + (size_t)i * SNP_PAGE_BYTES);
	if (r == 0)
		memcpy(request->response, sim_sev_response(g), request->response_size);
	return r;
}

static void begin_request(struct sim_sev_guest *g)
{
	const struct sim_sev_request *request = g->request;

	g->call = (struct sim_sev_call){
		.msg_type = request->msg_type,
		.msg_version = request->msg_version,
		.payload = request->payload,
		.payload_size = request->payload_size,
		.response_size = request->response_size,
		.extended = request->extended,
		.certs_pages = request->extended && request->certs ? request->certs_pages : 0,
		.exitinfo2 = 0xff,
	};
}

/* The first step: everything up to the VMGEXIT. */
static enum outcome begin(struct sim_sev_guest *g, uint64_t now_ns, int *ret_r)
{
	bool copy_back = false;
	enum outcome next;

	g->started_ns = now_ns;
	if (g->user) {
		*ret_r = sim_sev_ioctl_begin(g, &copy_back);
		if (*ret_r != 0) {
			if (copy_back)
				*ret_r = sim_sev_ioctl_copy_back(g, *ret_r);
			return OVER;
		}
	} else {
		begin_request(g);
	}
	*ret_r = share_certs(g);
	if (*ret_r == 0) {
		*ret_r = prepare(g);
		if (*ret_r < 0 && !g->kernel->sev_presets_exitinfo2_of_unsent)
			g->call.exitinfo2 = 0;
	}
	if (*ret_r < 0) { /* the host has not seen the message: its number can be used again */
		*ret_r = deliver(g, *ret_r);
		return OVER;
	}
	next = send_message(g, ret_r);
	if (next == OVER)
		*ret_r = deliver(g, conclude(g, *ret_r));
	return next;
}

static void finish(struct sim_sev_guest *g)
{
	unshare_certs(g);
	bytes_wipe(g->page, sizeof(g->page)); /* it may hold a derived key */
	bytes_wipe(g->user_request, sizeof(g->user_request));
	g->call = (struct sim_sev_call){ 0 };
	g->user = NULL;
	g->request = NULL;
	g->state = SIM_SEV_IDLE;
}

void sim_sev_guest_step(struct sim_sev_guest *g, uint64_t now_ns, struct sim_step_result *ret)
{
	enum outcome next = OVER;
	int r = 0;

	switch (g->state) {
	case SIM_SEV_IDLE:
		*ret = (struct sim_step_result){ .step = SIM_STEP_DONE, .result = -EINVAL };
		return;
	case SIM_SEV_STARTED:
		next = begin(g, now_ns, &r);
		break;
	case SIM_SEV_EXITED:
		next = take_answer(g, now_ns, &r);
		if (next == OVER)
			r = deliver(g, conclude(g, r));
		break;
	case SIM_SEV_ASLEEP:
		next = now_ns < g->until_ns ? SLEEP : resend_message(g, &r);
		if (next == OVER)
			r = deliver(g, conclude(g, r));
		break;
	}
	*ret = (struct sim_step_result){ 0 };
	switch (next) {
	case SEND:
		g->state = SIM_SEV_EXITED;
		ret->step = SIM_STEP_VMGEXIT;
		break;
	case SLEEP:
		g->state = SIM_SEV_ASLEEP;
		ret->step = SIM_STEP_SLEEP;
		ret->until_ns = g->until_ns;
		break;
	case OVER:
		finish(g);
		ret->step = SIM_STEP_DONE;
		ret->result = r;
		break;
	}
}

void sim_sev_guest_kill(struct sim_sev_guest *g)
{
	g->killed = g->state != SIM_SEV_IDLE;
	if (g->state == SIM_SEV_ASLEEP)
		g->until_ns = 0;
}

int sim_sev_guest_start(struct sim_sev_guest *g, const struct sim_user_memory *user, unsigned long request,
			uint64_t arg)
{
	if (g->state != SIM_SEV_IDLE)
		return -EBUSY;
	g->user = user;
	g->ioctl_number = request;
	g->ioctl_arg = arg;
	g->killed = false;
	g->state = SIM_SEV_STARTED;
	return 0;
}

int sim_sev_guest_start_request(struct sim_sev_guest *g, struct sim_sev_request *request)
{
	if (g->state != SIM_SEV_IDLE)
		return -EBUSY;
	if (request->payload_size > SNP_MSG_MAX_PAYLOAD_BYTES ||
	    request->response_size > SNP_MSG_MAX_PAYLOAD_BYTES ||
	    request->certs_pages > SIM_SEV_GUEST_CERTS_PAGES)
		return -EINVAL;
	g->user = NULL;
	g->request = request;
	g->killed = false;
	g->state = SIM_SEV_STARTED;
	return 0;
}

void sim_sev_guest_mix(const struct sim_sev_guest *g, struct base_mix *to)
{
	const struct sim_sev_call *call = &g->call;

	base_mix_u64(to, (uint64_t)g->state << 2 | (uint64_t)g->disabled << 1 | g->killed);
	base_mix_u64(to, g->layout.ghcb_gpa);
	base_mix_u64(to, g->shared_pages);
	if (g->state == SIM_SEV_IDLE)
		return;
	base_mix_u64(to, g->started_ns);
	base_mix_u64(to, g->until_ns);
	base_mix_u64(to, (uint64_t)call->msg_type << 16 | (uint64_t)call->msg_version << 8 | call->extended);
	base_mix_u64(to, call->payload_size);
	base_mix_u64(to, call->response_size);
	base_mix_u64(to, (uint64_t)call->certs_pages << 32 | call->needed_pages);
	base_mix_u64(to, call->exitinfo2);
	base_mix_u64(to, call->seqno << 1 | call->resending_plain);
	if (g->user) {
		base_mix_bytes(to, g->input, sizeof(g->input));
		base_mix_bytes(to, g->user_request, sizeof(g->user_request));
	}
}
