/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <linux/kvm.h>

#include "uapi/kvm.h"

/*
 * Numbers that src/uapi/kvm.h states, against those of this system's header; 0 where it is older than they
 * are.
 */
#define ROW(NAME)                                                                                            \
	{                                                                                                    \
#NAME, UAPI_##NAME, NAME                                                                     \
	}
static const struct number {
	const char *name;
	uint64_t ours, header;
} numbers[] = {
	{ "KVMIO", UAPI_KVMIO, KVMIO },
	ROW(KVM_GET_API_VERSION),
	ROW(KVM_CREATE_VM),
	ROW(KVM_CHECK_EXTENSION),
	ROW(KVM_GET_VCPU_MMAP_SIZE),
	ROW(KVM_CREATE_VCPU),
	ROW(KVM_SET_USER_MEMORY_REGION),
	ROW(KVM_CREATE_IRQCHIP),
	ROW(KVM_IRQ_LINE),
	ROW(KVM_SET_GSI_ROUTING),
	ROW(KVM_RUN),
	ROW(KVM_SET_SIGNAL_MASK),
	ROW(KVM_GET_MP_STATE),
	ROW(KVM_SET_MP_STATE),
	ROW(KVM_ENABLE_CAP),
	ROW(KVM_SIGNAL_MSI),
	ROW(KVM_SET_DEVICE_ATTR),
	ROW(KVM_GET_DEVICE_ATTR),
	ROW(KVM_HAS_DEVICE_ATTR),
	ROW(KVM_CAP_IRQCHIP),
	ROW(KVM_CAP_USER_MEMORY),
	ROW(KVM_CAP_SET_TSS_ADDR),
	ROW(KVM_CAP_EXT_CPUID),
	ROW(KVM_CAP_NR_VCPUS),
	ROW(KVM_CAP_NR_MEMSLOTS),
	ROW(KVM_CAP_MP_STATE),
	ROW(KVM_CAP_MAX_VCPUS),
	ROW(KVM_CAP_SIGNAL_MSI),
	ROW(KVM_CAP_READONLY_MEM),
	ROW(KVM_CAP_SPLIT_IRQCHIP),
	ROW(KVM_CAP_MAX_VCPU_ID),
	ROW(KVM_CAP_IMMEDIATE_EXIT),
	ROW(KVM_MEM_READONLY),
	ROW(KVM_MP_STATE_RUNNABLE),
	ROW(KVM_MP_STATE_UNINITIALIZED),
	ROW(KVM_MP_STATE_INIT_RECEIVED),
	ROW(KVM_MP_STATE_HALTED),
	ROW(KVM_EXIT_UNKNOWN),
	ROW(KVM_EXIT_HLT),
	ROW(KVM_EXIT_SHUTDOWN),
	ROW(KVM_EXIT_INTR),
	ROW(KVM_EXIT_SYSTEM_EVENT),
#ifdef __x86_64__
	ROW(KVM_GET_SUPPORTED_CPUID),
	ROW(KVM_SET_TSS_ADDR),
	ROW(KVM_SET_IDENTITY_MAP_ADDR),
	ROW(KVM_CREATE_PIT2),
	ROW(KVM_GET_REGS),
	ROW(KVM_SET_REGS),
	ROW(KVM_GET_SREGS),
	ROW(KVM_SET_SREGS),
	ROW(KVM_SET_CPUID2),
	ROW(KVM_MEMORY_ENCRYPT_OP),
#endif
#ifdef KVM_SET_USER_MEMORY_REGION2 /* Linux 6.8 */
	ROW(KVM_SET_USER_MEMORY_REGION2),
	ROW(KVM_SET_MEMORY_ATTRIBUTES),
	ROW(KVM_CREATE_GUEST_MEMFD),
	ROW(KVM_CAP_USER_MEMORY2),
	ROW(KVM_CAP_MEMORY_ATTRIBUTES),
	ROW(KVM_CAP_GUEST_MEMFD),
	ROW(KVM_CAP_VM_TYPES),
	ROW(KVM_MEM_GUEST_MEMFD),
	ROW(KVM_MEMORY_ATTRIBUTE_PRIVATE),
#endif
#ifdef KVM_X86_SNP_VM /* Linux 6.11 */
	ROW(KVM_X86_SNP_VM),
#endif
#ifdef KVM_X86_TDX_VM /* Linux 6.15 */
	ROW(KVM_X86_TDX_VM),
#endif
};
#undef ROW

static void numbers_are_those_of_the_kernels_header(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		if (numbers[i].ours != numbers[i].header)
			FAIL_BECAUSE("%s is %#llx, <linux/kvm.h> says %#llx", numbers[i].name,
				     (unsigned long long)numbers[i].ours,
				     (unsigned long long)numbers[i].header);
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
		cmocka_unit_test(requests_carry_the_size_of_their_structure),
		cmocka_unit_test(members_are_where_the_kernels_header_has_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
