/* SPDX-License-Identifier: MIT */
#include "sim/kvm/kvm_world.h"

#include <errno.h>
#include <string.h>

struct fake_psp fake_psp;

int sim_psp_launch(struct sim_psp *psp, const struct sim_launch *launch, uint32_t *ret_guest,
		   uint8_t ret_secrets[SNP_PAGE_BYTES], struct jurat_error *err)
{
	if (launch->policy == 0)
		return jurat_fail(err, -EINVAL, "policy 0");
	*ret_guest = 70 + fake_psp.launched++;
	memset(ret_secrets, 0x5e, SNP_PAGE_BYTES);
	return 0;
}

void sim_psp_decommission(struct sim_psp *psp, uint32_t guest)
{
	fake_psp.decommissioned++;
}

uint32_t sim_psp_guest_request(struct sim_psp *psp, uint32_t guest, const uint8_t request[SNP_PAGE_BYTES],
			       uint8_t response[SNP_PAGE_BYTES])
{
	fake_psp.calls++;
	memcpy(fake_psp.seen, request, SNP_PAGE_BYTES);
	if (fake_psp.status == SNP_SUCCESS)
		memset(response, FAKE_PSP_FILL(fake_psp.calls), SNP_PAGE_BYTES);
	return fake_psp.status;
}

void kvm_world_start(struct kvm_world *w, enum sim_sync sync, bool req_certs)
{
	fake_psp = (struct fake_psp){ 0 };
	kvm_world_start_over(w, NULL, sync, req_certs);
}
