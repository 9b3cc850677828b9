/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "sim/kvm/kvm.h"
#include "support/env.h"
#include "support/fuzz.h"
#include "uapi/kvm.h"
#include "wire/kvm_run.h"

/*
 * A hostile guest above a hostile VMM: both write what they like where they may, in any order. KVM keeps
 * private memory as it is, fails KVM_RUN only in the ways it may, and sends nobody back to try again once
 * firmware was asked (B5).
 */
enum { PAGES = 24, GHCB_PAGE = 1, SECRET_PAGE = 23, PAGE = 4096 };

struct fuzz {
	struct sim_kvm_host *host;
	struct sim_kvm_vm *vm;
	struct sim_kvm_vcpu *vcpu;
	uint64_t msr;
	bool vmgexit, asked;
};

static void event(void *ctx, const struct sim_kvm_event *event)
{
	struct fuzz *f = ctx;

	if (event->step == SIM_KVM_CALL && strcmp(event->to, "firmware") == 0) {
		FUZZ_REACHED("firmware is asked");
		f->asked = true;
	}
	if (strcmp(event->to, "guest driver") == 0 &&
	    (strstr(event->text, "(BUSY)") || strstr(event->text, "(INVALID_LEN)")))
		must(!f->asked);
}

static enum sim_guest_wants enter(void *ctx, uint64_t *ret_ghcb_gpa)
{
	struct fuzz *f = ctx;

	if (!f->vmgexit)
		return SIM_GUEST_HALT;
	f->vmgexit = false;
	f->asked = false;
	*ret_ghcb_gpa = f->msr;
	return SIM_GUEST_VMGEXIT;
}

static void good_ghcb(struct fuzz *f, uint64_t code, uint64_t rax, uint64_t rbx)
{
	uint8_t page[GHCB_BYTES] = { 0 };

	ghcb_put(page, GHCB_SW_EXIT_CODE, code);
	ghcb_put(page, GHCB_SW_EXIT_INFO_1, UINT64_C(2) * PAGE);
	ghcb_put(page, GHCB_SW_EXIT_INFO_2, UINT64_C(3) * PAGE);
	ghcb_put(page, GHCB_RAX, rax);
	ghcb_put(page, GHCB_RBX, rbx);
	must(sim_kvm_guest_write(f->vm, GHCB_PAGE * PAGE, page, sizeof(page)) == 0);
	must(sim_kvm_guest_write(f->vm, 2 * PAGE + SNP_MSG_TYPE_OFF, &(uint8_t){ SNP_MSG_REPORT_REQ }, 1) ==
	     0);
}

static void step(struct fuzz *f, struct bytes_rd *r)
{
	uint8_t op = bytes_rd_u8(r), page = bytes_rd_u8(r) % SECRET_PAGE, bytes[16];
	uint8_t *run = sim_kvm_vcpu_run(f->vcpu);
	uint64_t off = bytes_rd_le16(r) % PAGE, value;
	int got;

	bytes_rd_copy(r, bytes, sizeof(bytes));
	value = bytes_get_le(bytes, 8);
	switch (op % 8) {
	case 0:
		(void)sim_kvm_guest_write(f->vm, (uint64_t)page * PAGE + off % (PAGE - 16), bytes, 16);
		break;
	case 1:
		(void)sim_kvm_host_write(f->vm, value, bytes, 16);
		break;
	case 2:
		(void)sim_kvm_set_shared(f->vm, (uint64_t)page * PAGE, bytes[0] % (SECRET_PAGE - page),
					 bytes[1] & 1);
		break;
	case 3:
		memcpy(run + off % 80, bytes, sizeof(bytes));
		break;
	case 4:
		good_ghcb(f, off & 1 ? GHCB_EXIT_GUEST_REQUEST : GHCB_EXIT_EXT_GUEST_REQUEST,
			  (uint64_t)page * PAGE, value);
		f->msr = UINT64_C(1) * GHCB_PAGE * PAGE;
		f->vmgexit = true;
		break;
	case 5:
		f->msr = value;
		f->vmgexit = true;
		break;
	case 6:
		(void)(off & 1 ? sim_kvm_pause_attestation : sim_kvm_resume_attestation)(f->host, &value);
		sim_kvm_vcpu_set_uninitialized(f->vcpu, bytes[0] > 200);
		break;
	default:
		f->vmgexit = f->vmgexit || bytes[0] & 1;
		got = sim_kvm_run(f->vcpu);
		must(got == 0 || got == -EINTR || got == -EINVAL || got == -EIO || got == -EAGAIN);
		if (got == 0 && bytes_get_le(run + KVM_RUN_exit_reason, 4) == UAPI_KVM_EXIT_SNP_REQ_CERTS)
			FUZZ_REACHED("the VMM is asked for certificates");
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sim_kvm_guest_ops ops = { .enter = enter };
	static const struct sim_launch launch = { .policy = 0x30000 };
	static struct sim_psp *psp;
	struct bytes_rd r = bytes_rd(data, size);
	enum sim_sync sync = bytes_rd_u8(&r) % 4;
	uint8_t secret[PAGE], got[PAGE], secrets[SNP_PAGE_BYTES];
	struct fuzz f = { 0 };
	struct sim_kvm_trace trace = { .event = event, .ctx = &f };

	if (!psp)
		must(sim_psp_new(&(struct sim_psp_options){ .env = fuzz_env() }, &psp, NULL) == 0);
	must(sim_kvm_host_new(psp, sync, NULL, &f.host, NULL) == 0);
	sim_kvm_set_trace(f.host, &trace);
	must(sim_kvm_vm_new(f.host, &launch, PAGES, &f.vm, secrets, NULL) == 0);
	must(sim_kvm_enable_req_certs(f.vm) == 0);
	must(sim_kvm_vcpu_new(f.vm, &ops, &f, &f.vcpu, NULL) == 0);
	must(sim_kvm_register_ghcb(f.vcpu, GHCB_PAGE * PAGE) == 0);
	must(sim_kvm_set_shared(f.vm, PAGE, 8, true) == 0);
	memset(secret, 0x5e, sizeof(secret));
	must(sim_kvm_guest_write(f.vm, SECRET_PAGE * PAGE, secret, sizeof(secret)) == 0);
	while (bytes_rd_left(&r) > 0)
		step(&f, &r);
	must(sim_kvm_guest_read(f.vm, SECRET_PAGE * PAGE, got, sizeof(got)) == 0);
	must(memcmp(got, secret, sizeof(got)) == 0);
	sim_kvm_vcpu_free(f.vcpu);
	sim_kvm_vm_free(f.vm);
	sim_kvm_host_free(f.host);
	return 0;
}
