/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <linux/kvm.h>

#include "uapi/kvm.h"

static void same(const char *name, uint64_t ours, uint64_t header)
{
	if (ours != header)
		FAIL_BECAUSE("%s is %#llx, <linux/kvm.h> says %#llx", name, (unsigned long long)ours,
			     (unsigned long long)header);
}

static void numbers_are_those_of_the_kernels_header(void **state)
{
#define SAME(NAME) same(#NAME, UAPI_##NAME, NAME)
	SAME(KVMIO);
	SAME(KVM_GET_API_VERSION);
	SAME(KVM_CREATE_VM);
	SAME(KVM_CHECK_EXTENSION);
	SAME(KVM_GET_VCPU_MMAP_SIZE);
	SAME(KVM_CREATE_VCPU);
	SAME(KVM_SET_USER_MEMORY_REGION);
	SAME(KVM_CREATE_IRQCHIP);
	SAME(KVM_IRQ_LINE);
	SAME(KVM_SET_GSI_ROUTING);
	SAME(KVM_RUN);
	SAME(KVM_SET_SIGNAL_MASK);
	SAME(KVM_GET_MP_STATE);
	SAME(KVM_SET_MP_STATE);
	SAME(KVM_ENABLE_CAP);
	SAME(KVM_SIGNAL_MSI);
	SAME(KVM_SET_DEVICE_ATTR);
	SAME(KVM_GET_DEVICE_ATTR);
	SAME(KVM_HAS_DEVICE_ATTR);
	SAME(KVM_CAP_IRQCHIP);
	SAME(KVM_CAP_USER_MEMORY);
	SAME(KVM_CAP_SET_TSS_ADDR);
	SAME(KVM_CAP_EXT_CPUID);
	SAME(KVM_CAP_NR_VCPUS);
	SAME(KVM_CAP_NR_MEMSLOTS);
	SAME(KVM_CAP_MP_STATE);
	SAME(KVM_CAP_MAX_VCPUS);
	SAME(KVM_CAP_SIGNAL_MSI);
	SAME(KVM_CAP_READONLY_MEM);
	SAME(KVM_CAP_SPLIT_IRQCHIP);
	SAME(KVM_CAP_MAX_VCPU_ID);
	SAME(KVM_CAP_X2APIC_API);
	SAME(KVM_CAP_IMMEDIATE_EXIT);
	SAME(KVM_MEM_READONLY);
	SAME(KVM_MP_STATE_RUNNABLE);
	SAME(KVM_MP_STATE_UNINITIALIZED);
	SAME(KVM_MP_STATE_INIT_RECEIVED);
	SAME(KVM_MP_STATE_HALTED);
	SAME(KVM_EXIT_UNKNOWN);
	SAME(KVM_EXIT_HLT);
	SAME(KVM_EXIT_SHUTDOWN);
	SAME(KVM_EXIT_INTR);
	SAME(KVM_EXIT_SYSTEM_EVENT);
}

static void newer_numbers_are_those_of_a_header_that_has_them(void **state)
{
#ifdef __x86_64__
	SAME(KVM_GET_SUPPORTED_CPUID);
	SAME(KVM_SET_TSS_ADDR);
	SAME(KVM_SET_IDENTITY_MAP_ADDR);
	SAME(KVM_CREATE_PIT2);
	SAME(KVM_GET_REGS);
	SAME(KVM_SET_REGS);
	SAME(KVM_GET_SREGS);
	SAME(KVM_SET_SREGS);
	SAME(KVM_SET_CPUID2);
	SAME(KVM_MEMORY_ENCRYPT_OP);
#endif
#ifdef KVM_SET_USER_MEMORY_REGION2 /* Linux 6.8 */
	SAME(KVM_SET_USER_MEMORY_REGION2);
	SAME(KVM_SET_MEMORY_ATTRIBUTES);
	SAME(KVM_CREATE_GUEST_MEMFD);
	SAME(KVM_CAP_USER_MEMORY2);
	SAME(KVM_CAP_MEMORY_ATTRIBUTES);
	SAME(KVM_CAP_GUEST_MEMFD);
	SAME(KVM_CAP_VM_TYPES);
	SAME(KVM_MEM_GUEST_MEMFD);
	SAME(KVM_MEMORY_ATTRIBUTE_PRIVATE);
#endif
#ifdef KVM_X86_SNP_VM /* Linux 6.11 */
	SAME(KVM_X86_SNP_VM);
#endif
#ifdef KVM_X86_TDX_VM /* Linux 6.15 */
	SAME(KVM_X86_TDX_VM);
#endif
#undef SAME
}

/*
 * The numbers of newer kernels, made as the kernel makes them: the size of the argument is part of a
 * request.
 */
static void requests_carry_the_size_of_their_structure(void **state)
{
	assert_int_equal(UAPI_KVM_SET_USER_MEMORY_REGION, _IOW(KVMIO, 0x46, struct uapi_kvm_memory_region));
	assert_int_equal(UAPI_KVM_SET_USER_MEMORY_REGION2, _IOW(KVMIO, 0x49, struct uapi_kvm_memory_region2));
	assert_int_equal(UAPI_KVM_SET_MEMORY_ATTRIBUTES,
			 _IOW(KVMIO, 0xd2, struct uapi_kvm_memory_attributes));
	assert_int_equal(UAPI_KVM_CREATE_GUEST_MEMFD, _IOWR(KVMIO, 0xd4, struct uapi_kvm_create_guest_memfd));
	assert_int_equal(UAPI_KVM_SIGNAL_MSI, _IOW(KVMIO, 0xa5, struct uapi_kvm_msi));
	assert_int_equal(UAPI_KVM_HAS_DEVICE_ATTR, _IOW(KVMIO, 0xe3, struct uapi_kvm_device_attr));
}

static void members_are_where_the_kernels_header_has_them(void **state)
{
#define SAME(OURS, MEMBER, THEIRS, NAME)                                                                     \
	assert_int_equal(offsetof(struct OURS, MEMBER), offsetof(struct THEIRS, NAME))
	SAME(uapi_kvm_memory_region, slot, kvm_userspace_memory_region, slot);
	SAME(uapi_kvm_memory_region, flags, kvm_userspace_memory_region, flags);
	SAME(uapi_kvm_memory_region, guest_phys_addr, kvm_userspace_memory_region, guest_phys_addr);
	SAME(uapi_kvm_memory_region, memory_size, kvm_userspace_memory_region, memory_size);
	SAME(uapi_kvm_memory_region, userspace_addr, kvm_userspace_memory_region, userspace_addr);
	SAME(uapi_kvm_msi, address_hi, kvm_msi, address_hi);
	SAME(uapi_kvm_msi, data, kvm_msi, data);
	SAME(uapi_kvm_msi, devid, kvm_msi, devid);
	SAME(uapi_kvm_device_attr, group, kvm_device_attr, group);
	SAME(uapi_kvm_device_attr, attr, kvm_device_attr, attr);
	SAME(uapi_kvm_device_attr, addr, kvm_device_attr, addr);
#ifdef __x86_64__
	SAME(uapi_kvm_sev_cmd, data, kvm_sev_cmd, data);
	SAME(uapi_kvm_sev_cmd, error, kvm_sev_cmd, error);
	SAME(uapi_kvm_sev_cmd, sev_fd, kvm_sev_cmd, sev_fd);
#endif
#undef SAME
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_those_of_the_kernels_header),
		cmocka_unit_test(newer_numbers_are_those_of_a_header_that_has_them),
		cmocka_unit_test(requests_carry_the_size_of_their_structure),
		cmocka_unit_test(members_are_where_the_kernels_header_has_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
