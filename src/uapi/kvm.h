/* SPDX-License-Identifier: MIT */
#ifndef UAPI_KVM_H
#define UAPI_KVM_H

#include <stdint.h>

/*
 * Numbers of <linux/kvm.h> as of Linux 7.0, stated by value. KVM_EXIT_SNP_REQ_CERTS was 42 in the posted
 * patch and 40 before; the merged number is 43. A VMM that has a newer header may build with its number.
 */
#define UAPI_KVM_EXIT_UNKNOWN       0u
#define UAPI_KVM_EXIT_HLT           5u
#define UAPI_KVM_EXIT_SHUTDOWN      8u
#define UAPI_KVM_EXIT_INTR          10u
#define UAPI_KVM_EXIT_SYSTEM_EVENT  24u
#define UAPI_KVM_EXIT_SNP_REQ_CERTS 43u
/* Used by v14 and v15 of the patch series, before KVM_EXIT_SNP_REQ_CERTS existed. */
#define UAPI_KVM_EXIT_VMGEXIT             40u

#define UAPI_KVM_SEV_SNP_ENABLE_REQ_CERTS 103u

/* Types of KVM_EXIT_SYSTEM_EVENT: the guest requests its termination. */
#define UAPI_KVM_SYSTEM_EVENT_SEV_TERM  4u
#define UAPI_KVM_SYSTEM_EVENT_TDX_FATAL 5u

/* Types of KVM_EXIT_VMGEXIT in v14 and v15 of the series; wire/kvm_run.h has the fields. */
#define UAPI_KVM_VMGEXIT_V14_EXT_GUEST_REQ 3u
#define UAPI_KVM_VMGEXIT_V15_REQ_CERTS     1u

/*
 * Requests of ioctl(2), by value, as a 64-bit VMM makes them. Source: Linux Documentation/virt/kvm/api.rst
 * and <linux/kvm.h>; tests/vmm/test_uapi.c compares with that header.
 */
#define UAPI_KVMIO                       0xaeu
#define UAPI_KVM_GET_API_VERSION         0xae00u
#define UAPI_KVM_CREATE_VM               0xae01u
#define UAPI_KVM_CHECK_EXTENSION         0xae03u
#define UAPI_KVM_GET_VCPU_MMAP_SIZE      0xae04u
#define UAPI_KVM_GET_SUPPORTED_CPUID     0xc008ae05u
#define UAPI_KVM_CREATE_VCPU             0xae41u
#define UAPI_KVM_SET_USER_MEMORY_REGION  0x4020ae46u
#define UAPI_KVM_SET_TSS_ADDR            0xae47u
#define UAPI_KVM_SET_IDENTITY_MAP_ADDR   0x4008ae48u
#define UAPI_KVM_SET_USER_MEMORY_REGION2 0x40a0ae49u
#define UAPI_KVM_CREATE_IRQCHIP          0xae60u
#define UAPI_KVM_IRQ_LINE                0x4008ae61u
#define UAPI_KVM_SET_GSI_ROUTING         0x4008ae6au
#define UAPI_KVM_CREATE_PIT2             0x4040ae77u
#define UAPI_KVM_RUN                     0xae80u
#define UAPI_KVM_GET_REGS                0x8090ae81u
#define UAPI_KVM_SET_REGS                0x4090ae82u
#define UAPI_KVM_GET_SREGS               0x8138ae83u
#define UAPI_KVM_SET_SREGS               0x4138ae84u
#define UAPI_KVM_SET_SIGNAL_MASK         0x4004ae8bu
#define UAPI_KVM_SET_CPUID2              0x4008ae90u
#define UAPI_KVM_GET_MP_STATE            0x8004ae98u
#define UAPI_KVM_SET_MP_STATE            0x4004ae99u
#define UAPI_KVM_ENABLE_CAP              0x4068aea3u
#define UAPI_KVM_SIGNAL_MSI              0x4020aea5u
#define UAPI_KVM_MEMORY_ENCRYPT_OP       0xc008aebau
#define UAPI_KVM_SET_MEMORY_ATTRIBUTES   0x4020aed2u
#define UAPI_KVM_CREATE_GUEST_MEMFD      0xc040aed4u
#define UAPI_KVM_SET_DEVICE_ATTR         0x4018aee1u
#define UAPI_KVM_GET_DEVICE_ATTR         0x4018aee2u
#define UAPI_KVM_HAS_DEVICE_ATTR         0x4018aee3u

/* Arguments of KVM_CREATE_VM. */
#define UAPI_KVM_X86_DEFAULT_VM 0ul
#define UAPI_KVM_X86_SNP_VM     4ul
#define UAPI_KVM_X86_TDX_VM     5ul

/* Arguments of KVM_CHECK_EXTENSION. */
#define UAPI_KVM_CAP_IRQCHIP           0ul
#define UAPI_KVM_CAP_USER_MEMORY       3ul
#define UAPI_KVM_CAP_SET_TSS_ADDR      4ul
#define UAPI_KVM_CAP_EXT_CPUID         7ul
#define UAPI_KVM_CAP_NR_VCPUS          9ul
#define UAPI_KVM_CAP_NR_MEMSLOTS       10ul
#define UAPI_KVM_CAP_MP_STATE          14ul
#define UAPI_KVM_CAP_MAX_VCPUS         66ul
#define UAPI_KVM_CAP_SIGNAL_MSI        77ul
#define UAPI_KVM_CAP_READONLY_MEM      81ul
#define UAPI_KVM_CAP_SPLIT_IRQCHIP     121ul
#define UAPI_KVM_CAP_MAX_VCPU_ID       128ul
#define UAPI_KVM_CAP_X2APIC_API        129ul
#define UAPI_KVM_CAP_IMMEDIATE_EXIT    136ul
#define UAPI_KVM_CAP_USER_MEMORY2      231ul
#define UAPI_KVM_CAP_MEMORY_ATTRIBUTES 233ul
#define UAPI_KVM_CAP_GUEST_MEMFD       234ul
#define UAPI_KVM_CAP_VM_TYPES          235ul

/* args[0] of KVM_CAP_X2APIC_API. */
#define UAPI_KVM_X2APIC_API_USE_32BIT_IDS           1u
#define UAPI_KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK 2u

/* struct kvm_device_attr on /dev/kvm: whether KVM_SEV_SNP_ENABLE_REQ_CERTS can be used. */
#define UAPI_KVM_X86_GRP_SEV           1u
#define UAPI_KVM_X86_SEV_SNP_REQ_CERTS 2u

/* `id` of struct kvm_sev_cmd and of struct kvm_tdx_cmd. */
#define UAPI_KVM_SEV_INIT2                22u
#define UAPI_KVM_SEV_LAUNCH_START         100u /* KVM_SEV_SNP_LAUNCH_START, and so on */
#define UAPI_KVM_SEV_SNP_LAUNCH_UPDATE    101u
#define UAPI_KVM_SEV_SNP_LAUNCH_FINISH    102u
#define UAPI_KVM_TDX_CAPABILITIES         0u
#define UAPI_KVM_TDX_INIT_VM              1u
#define UAPI_KVM_TDX_INIT_VCPU            2u
#define UAPI_KVM_TDX_INIT_MEM             3u
#define UAPI_KVM_TDX_FINALIZE_VM          4u

#define UAPI_KVM_MEM_READONLY             2u
#define UAPI_KVM_MEM_GUEST_MEMFD          4u
#define UAPI_KVM_MEMORY_ATTRIBUTE_PRIVATE 8ull

#define UAPI_KVM_MP_STATE_RUNNABLE        0u
#define UAPI_KVM_MP_STATE_UNINITIALIZED   1u
#define UAPI_KVM_MP_STATE_INIT_RECEIVED   2u
#define UAPI_KVM_MP_STATE_HALTED          3u

/* What the arguments above point to. No padding but what is named. */
struct uapi_kvm_memory_region { /* and the first 32 bytes of _REGION2's */
	uint32_t slot, flags;
	uint64_t guest_phys_addr, memory_size, userspace_addr;
};

struct uapi_kvm_memory_region2 {
	struct uapi_kvm_memory_region region;
	uint64_t guest_memfd_offset;
	uint32_t guest_memfd, pad1;
	uint64_t pad2[14];
};

struct uapi_kvm_memory_attributes {
	uint64_t address, size, attributes, flags;
};

struct uapi_kvm_create_guest_memfd {
	uint64_t size, flags, reserved[6];
};

struct uapi_kvm_msi {
	uint32_t address_lo, address_hi, data, flags, devid;
	uint8_t pad[12];
};

struct uapi_kvm_device_attr {
	uint32_t flags, group;
	uint64_t attr, addr;
};

struct uapi_kvm_sev_cmd {
	uint32_t id, pad0;
	uint64_t data;
	uint32_t error, sev_fd;
};

struct uapi_kvm_tdx_cmd {
	uint32_t id, flags;
	uint64_t data, hw_error;
};

/* Followed by a struct kvm_cpuid2. */
struct uapi_kvm_tdx_capabilities {
	uint64_t supported_attrs, supported_xfam;
	uint64_t kernel_tdvmcallinfo_1_r11, user_tdvmcallinfo_1_r11;
	uint64_t kernel_tdvmcallinfo_1_r12, user_tdvmcallinfo_1_r12;
	uint64_t reserved[250];
};

_Static_assert(sizeof(struct uapi_kvm_memory_region) == 32, "KVM_SET_USER_MEMORY_REGION");
_Static_assert(sizeof(struct uapi_kvm_memory_region2) == 160, "KVM_SET_USER_MEMORY_REGION2");
_Static_assert(sizeof(struct uapi_kvm_memory_attributes) == 32, "KVM_SET_MEMORY_ATTRIBUTES");
_Static_assert(sizeof(struct uapi_kvm_create_guest_memfd) == 64, "KVM_CREATE_GUEST_MEMFD");
_Static_assert(sizeof(struct uapi_kvm_msi) == 32, "KVM_SIGNAL_MSI");
_Static_assert(sizeof(struct uapi_kvm_device_attr) == 24, "KVM_HAS_DEVICE_ATTR");
_Static_assert(sizeof(struct uapi_kvm_sev_cmd) == 24, "KVM_MEMORY_ENCRYPT_OP of SEV");
_Static_assert(sizeof(struct uapi_kvm_tdx_cmd) == 24, "KVM_MEMORY_ENCRYPT_OP of TDX");
_Static_assert(sizeof(struct uapi_kvm_tdx_capabilities) == 2048, "KVM_TDX_CAPABILITIES");

#endif
