/* SPDX-License-Identifier: MIT */
#include "sim/kvm/kvm_world.h"

#include <errno.h>

#include "crypto/aead.h"
#include "wire/snp_secrets.h"

/* KVM over the real software firmware: what the message counter says after each way through it. */

enum { VMPCK = 1 };

struct over_psp {
	struct kvm_world w;
	struct sim_psp *psp;
	uint64_t seqno; /* of the guest's last message that was answered */
	uint8_t key[SNP_VMPCK_BYTES];
};

static void start(struct over_psp *o, enum sim_sync sync)
{
	*o = (struct over_psp){ 0 };
	assert_int_equal(sim_psp_new(&(struct sim_psp_options){ 0 }, &o->psp, NULL), 0);
	kvm_world_start_over(&o->w, o->psp, sync, true);
	memcpy(o->key, o->w.secrets + SNP_SECRETS_VMPCK_OFF + VMPCK * SNP_VMPCK_BYTES, sizeof(o->key));
}

static void end(struct over_psp *o)
{
	kvm_world_end(&o->w);
	sim_psp_free(o->psp);
}

static void make_iv(uint64_t seqno, uint8_t iv[CRYPTO_AEAD_IV_BYTES])
{
	memset(iv, 0, CRYPTO_AEAD_IV_BYTES);
	bytes_put_le(iv, seqno, 8);
}

/* A report request, sealed, in the request page. */
static void send_report_request(struct over_psp *o)
{
	struct snp_msg_hdr h = { .msg_seqno = o->seqno + 1,
				 .algo = SNP_MSG_ALGO_AES_256_GCM,
				 .hdr_version = SNP_MSG_HDR_VERSION,
				 .hdr_sz = SNP_MSG_HDR_BYTES,
				 .msg_type = SNP_MSG_REPORT_REQ,
				 .msg_version = 1,
				 .msg_sz = SNP_MSG_REPORT_REQ_BYTES,
				 .msg_vmpck = VMPCK };
	struct snp_msg_report_req request = { .report_data = "jurat", .vmpl = VMPCK };
	uint8_t page[SNP_PAGE_BYTES] = { 0 }, payload[SNP_MSG_REPORT_REQ_BYTES], iv[CRYPTO_AEAD_IV_BYTES];

	wire_write(&snp_msg_hdr_layout, &h, page);
	wire_write(&snp_msg_report_req_layout, &request, payload);
	make_iv(h.msg_seqno, iv);
	assert_int_equal(crypto_aead_seal(o->key, iv, page + SNP_MSG_AAD_OFF, SNP_MSG_AAD_BYTES, payload,
					  sizeof(payload), page + SNP_MSG_HDR_BYTES, page),
			 0);
	assert_int_equal(sim_kvm_guest_write(o->w.vm, REQ_GPA, page, sizeof(page)), 0);
}

/* The response page holds the answer to the last message: a report over our data. */
static void assert_report(struct over_psp *o)
{
	uint8_t page[SNP_PAGE_BYTES], iv[CRYPTO_AEAD_IV_BYTES], plain[SNP_MSG_REPORT_RSP_BYTES];
	struct snp_msg_hdr h;

	assert_int_equal(sim_kvm_guest_read(o->w.vm, RSP_GPA, page, sizeof(page)), 0);
	assert_int_equal(wire_read(&snp_msg_hdr_layout, page, sizeof(page), &h, NULL), 0);
	assert_int_equal(h.msg_type, SNP_MSG_REPORT_RSP);
	assert_int_equal(h.msg_seqno, o->seqno + 2);
	assert_int_equal(h.msg_sz, sizeof(plain));
	make_iv(h.msg_seqno, iv);
	assert_int_equal(crypto_aead_open(o->key, iv, page + SNP_MSG_AAD_OFF, SNP_MSG_AAD_BYTES,
					  page + SNP_MSG_HDR_BYTES, sizeof(plain), plain, page),
			 0);
	assert_int_equal(bytes_get_le(plain, 4), 0);
	assert_memory_equal(plain + 0x20 + 0x50, "jurat", 5); /* report_data */
	o->seqno += 2;
}

static uint64_t count(struct over_psp *o)
{
	return sim_psp_message_count(o->psp, sim_kvm_vm_psp_guest(o->w.vm), VMPCK);
}

static const struct kvm_ask ext = EXT_ASK, plain = PLAIN_ASK;

static void a_report_comes_back_under_every_scheme(void **state)
{
	static const enum sim_sync syncs[] = { SIM_SYNC_UPSTREAM, SIM_SYNC_V15, SIM_SYNC_V15_FIXED,
					       SIM_SYNC_V14, SIM_SYNC_NONE };

	for (size_t i = 0; i < ARRAY_SIZE(syncs); i++) {
		struct over_psp o;

		start(&o, syncs[i]);
		for (unsigned n = 1; n <= 3; n++) {
			send_report_request(&o);
			assert_int_equal(kvm_world_ask(&o.w, n == 2 ? &plain : &ext), 0);
			if (n != 2)
				assert_int_equal(sim_kvm_run(o.w.vcpu), 0);
			assert_exit(&o.w, UAPI_KVM_EXIT_HLT);
			assert_info(&o.w, 0, 0);
			assert_report(&o);
			assert_int_equal(count(&o), 2 * n);
		}
		end(&o);
	}
}

/* B5: after each of them the identical message is still good. */
static void what_the_vmm_refuses_the_firmware_has_not_seen(void **state)
{
	static const uint64_t rets[] = { ENOSPC, EAGAIN, EIO, EINVAL, 0 };
	struct over_psp o;

	start(&o, SIM_SYNC_UPSTREAM);
	send_report_request(&o);
	for (size_t i = 0; i < ARRAY_SIZE(rets); i++) {
		assert_int_equal(count(&o), 0);
		assert_int_equal(kvm_world_ask(&o.w, &ext), 0);
		kvm_world_run_put(&o.w, KVM_RUN_SNP_REQ_CERTS_ret, 8, rets[i]);
		assert_int_equal(sim_kvm_run(o.w.vcpu), rets[i] == EINVAL ? -EINVAL : 0);
	}
	assert_report(&o);
	assert_int_equal(count(&o), 2);
	end(&o);
}

static void a_stale_transaction_of_v14_has_not_reached_the_firmware(void **state)
{
	struct over_psp o;
	uint64_t id;

	start(&o, SIM_SYNC_V14);
	send_report_request(&o);
	assert_int_equal(kvm_world_ask(&o.w, &ext), 0);
	assert_int_equal(sim_kvm_pause_attestation(o.w.host, &id), 0);
	assert_int_equal(sim_kvm_resume_attestation(o.w.host, &id), 0);
	assert_int_equal(sim_kvm_run(o.w.vcpu), 0);
	assert_info(&o.w, 0, SNP_EXITINFO2(SNP_VMM_BUSY, 0));
	assert_int_equal(count(&o), 0);
	assert_int_equal(kvm_world_ask(&o.w, &ext), 0);
	assert_int_equal(sim_kvm_run(o.w.vcpu), 0);
	assert_report(&o);
	end(&o);
}

/* B47: the answer to a replay is the old response page, under an error. */
static void a_replayed_message_is_refused_and_moves_no_counter(void **state)
{
	struct over_psp o;
	uint8_t before[SNP_PAGE_BYTES], after[SNP_PAGE_BYTES];

	start(&o, SIM_SYNC_UPSTREAM);
	send_report_request(&o);
	assert_int_equal(kvm_world_ask(&o.w, &plain), 0);
	assert_int_equal(sim_kvm_guest_read(o.w.vm, RSP_GPA, before, sizeof(before)), 0);
	assert_int_equal(sim_kvm_guest_write(o.w.vm, RSP_GPA, (uint8_t[SNP_PAGE_BYTES]){ 0 }, SNP_PAGE_BYTES),
			 0);
	assert_int_equal(kvm_world_ask(&o.w, &plain), 0);
	assert_info(&o.w, 0, SNP_AEAD_OFLOW);
	assert_int_equal(sim_kvm_guest_read(o.w.vm, RSP_GPA, after, sizeof(after)), 0);
	assert_memory_equal(before, after, sizeof(after));
	assert_int_equal(count(&o), 2);
	end(&o);
}

/* B26: the type is under the tag, so the guest that changes it gets certificates and no answer. */
static void a_type_changed_during_the_exit_is_refused_by_firmware(void **state)
{
	struct over_psp o;

	start(&o, SIM_SYNC_UPSTREAM);
	send_report_request(&o);
	assert_int_equal(kvm_world_ask(&o.w, &ext), 0);
	assert_exit(&o.w, UAPI_KVM_EXIT_SNP_REQ_CERTS);
	assert_int_equal(
		sim_kvm_guest_write(o.w.vm, REQ_GPA + SNP_MSG_TYPE_OFF, &(uint8_t){ SNP_MSG_KEY_REQ }, 1), 0);
	assert_int_equal(sim_kvm_run(o.w.vcpu), 0);
	assert_info(&o.w, 0, SNP_INVALID_PARAM);
	assert_int_equal(count(&o), 0);
	end(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_report_comes_back_under_every_scheme),
		cmocka_unit_test(what_the_vmm_refuses_the_firmware_has_not_seen),
		cmocka_unit_test(a_stale_transaction_of_v14_has_not_reached_the_firmware),
		cmocka_unit_test(a_replayed_message_is_refused_and_moves_no_counter),
		cmocka_unit_test(a_type_changed_during_the_exit_is_refused_by_firmware),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
