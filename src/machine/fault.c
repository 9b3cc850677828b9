/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "machine/internal.h"
#include "wire/snp_secrets.h"

void machine_set_faults(struct machine *m, const struct machine_faults *faults)
{
	m->faults = *faults;
}

bool machine_fault_answer(struct machine *m, uint64_t *answer, uint64_t *npages)
{
	if (m->faults.busy > 0) {
		m->faults.busy--;
		*answer = EAGAIN;
		trace_say(m->trace, "VMM", "VMM", "fault: answers BUSY");
		return true;
	}
	if (m->faults.invalid_len > 0) {
		m->faults.invalid_len--;
		*answer = ENOSPC;
		++*npages;
		trace_say(m->trace, "VMM", "VMM", "fault: requires %llu pages for the certificates",
			  (unsigned long long)*npages);
		return true;
	}
	return false;
}

void machine_fault_after_copy(struct machine_vcpu *vcpu, uint64_t gpa, uint64_t npages)
{
	static const uint8_t zeros[SNP_PAGE_BYTES];
	struct machine *m = vcpu->guest->machine;

	if (!m->faults.truncate)
		return;
	trace_say(m->trace, "VMM", "VMM", "fault: copies only the first page of the certificates");
	for (uint64_t i = 1; i < npages; i++)
		(void)sim_kvm_host_write(vcpu->guest->vm, gpa + i * SNP_PAGE_BYTES, zeros, sizeof(zeros));
}

int machine_guest_wipe_key(struct machine_guest *guest)
{
	static const uint8_t zeros[SNP_VMPCK_BYTES];
	uint64_t key = MACHINE_SECRETS_GPA + SNP_SECRETS_VMPCK_OFF +
		       SNP_VMPCK_BYTES * (uint64_t)sim_sev_guest_vmpck(guest->driver);

	return sim_kvm_guest_write(guest->vm, key, zeros, sizeof(zeros));
}
