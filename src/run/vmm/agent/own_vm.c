/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __x86_64__
#include <cpuid.h>
#endif

#include "run/vmm/agent/own_state.h"
#include "vmm/vmm.h"

/* The ioctls of /dev/kvm and of a VM. Sources: Linux Documentation/virt/kvm/api.rst, virt/kvm/kvm_main.c. */

enum { PAGE = 4096 };

static int get_api_version(int fd, unsigned long arg)
{
	return 12;
}

int own_check_extension(int fd, unsigned long capability)
{
	static const struct {
		unsigned long capability;
		int value;
	} known[] = {
		{ UAPI_KVM_CAP_IRQCHIP, 1 },
		{ UAPI_KVM_CAP_USER_MEMORY, 1 },
		{ UAPI_KVM_CAP_SET_TSS_ADDR, 1 },
		{ UAPI_KVM_CAP_EXT_CPUID, 1 },
		{ UAPI_KVM_CAP_NR_VCPUS, 8 },
		{ UAPI_KVM_CAP_NR_MEMSLOTS, OWN_MAX_SLOTS },
		{ UAPI_KVM_CAP_MP_STATE, 1 },
		{ UAPI_KVM_CAP_MAX_VCPUS, OWN_MAX_VCPUS },
		{ UAPI_KVM_CAP_SIGNAL_MSI, 1 },
		{ UAPI_KVM_CAP_READONLY_MEM, 1 },
		{ UAPI_KVM_CAP_MAX_VCPU_ID, OWN_MAX_VCPU_ID },
		{ UAPI_KVM_CAP_IMMEDIATE_EXIT, 1 },
		{ UAPI_KVM_CAP_USER_MEMORY2, 1 },
		{ UAPI_KVM_CAP_MEMORY_ATTRIBUTES, UAPI_KVM_MEMORY_ATTRIBUTE_PRIVATE },
		{ UAPI_KVM_CAP_GUEST_MEMFD, 1 },
		{ UAPI_KVM_CAP_VM_TYPES,
		  1 << UAPI_KVM_X86_DEFAULT_VM | 1 << UAPI_KVM_X86_SNP_VM | 1 << UAPI_KVM_X86_TDX_VM },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].capability == capability)
			return known[i].value;
	return 0;
}

static int get_vcpu_mmap_size(int fd, unsigned long arg)
{
	return arg == 0 ? OWN_RUN_SIZE : -EINVAL;
}

/* struct kvm_cpuid2: nent, padding; entries of function, index, flags, eax, ebx, ecx, edx, padding[3]. */
static int get_supported_cpuid(int fd, unsigned long arg)
{
	static const uint32_t leaves[] = { 0, 1, 0x80000000, 0x80000001, 0x80000008 };
	enum { N = sizeof(leaves) / sizeof(leaves[0]) };
	uint32_t head[2], entries[N][10] = { 0 };
	int r = own_copy_in(fd, head, arg, sizeof(head));

	if (r != 0)
		return r;
	if (head[0] < N)
		return -E2BIG;
	for (unsigned i = 0; i < N; i++) {
		uint32_t *e = entries[i];

		e[0] = leaves[i];
#ifdef __x86_64__
		__cpuid(leaves[i], e[3], e[4], e[5], e[6]);
#endif
	}
	head[0] = N;
	r = own_copy_out(fd, arg, head, sizeof(head));
	return r ? r : own_copy_out(fd, arg + sizeof(head), entries, sizeof(entries));
}

static int create_vm(int fd, unsigned long type)
{
	struct own_vm vm = { .type = type };

	if (type != UAPI_KVM_X86_DEFAULT_VM && type != UAPI_KVM_X86_SNP_VM && type != UAPI_KVM_X86_TDX_VM)
		return -EINVAL;
	return own_new(OWN_VM, "kvm-vm", &vm, sizeof(vm));
}

static int has_device_attr(int fd, unsigned long arg)
{
	struct uapi_kvm_device_attr attr;
	int r = own_copy_in(fd, &attr, arg, sizeof(attr));

	if (r != 0)
		return r;
	if (attr.flags != 0)
		return -EINVAL;
	return attr.group == UAPI_KVM_X86_GRP_SEV && attr.attr == UAPI_KVM_X86_SEV_SNP_REQ_CERTS ? 0 : -ENXIO;
}

static int get_device_attr(int fd, unsigned long arg)
{
	struct uapi_kvm_device_attr attr;
	uint64_t value = 1;
	int r = has_device_attr(fd, arg);

	if (r == 0)
		r = own_copy_in(fd, &attr, arg, sizeof(attr));
	return r ? r : own_copy_out(fd, attr.addr, &value, sizeof(value));
}

const struct own_ioctl own_kvm_ioctls[] = {
	{ UAPI_KVM_GET_API_VERSION, get_api_version },
	{ UAPI_KVM_CREATE_VM, create_vm },
	{ UAPI_KVM_CHECK_EXTENSION, own_check_extension },
	{ UAPI_KVM_GET_VCPU_MMAP_SIZE, get_vcpu_mmap_size },
	{ UAPI_KVM_GET_SUPPORTED_CPUID, get_supported_cpuid },
	{ UAPI_KVM_HAS_DEVICE_ATTR, has_device_attr },
	{ UAPI_KVM_GET_DEVICE_ATTR, get_device_attr },
	{ 0 },
};

static int create_vcpu(int fd, unsigned long id)
{
	struct own_vcpu vcpu = { 0 };
	struct own_vm vm;
	char name[32];
	int r = own_load(fd, &vm, sizeof(vm)), vcpu_fd;

	if (r != 0)
		return r;
	if (id >= OWN_MAX_VCPU_ID || vm.n_vcpus >= OWN_MAX_VCPUS)
		return -EINVAL;
	if (vm.ids[id / 8] >> id % 8 & 1)
		return -EEXIST;
	vcpu.irqchip = vm.irqchip;
	vcpu.tdx = vm.type == UAPI_KVM_X86_TDX_VM;
	/* Only the boot processor runs before another has sent it INIT and SIPI. */
	if (vm.irqchip && id != 0)
		vcpu.mp_state = UAPI_KVM_MP_STATE_UNINITIALIZED;
	snprintf(name, sizeof(name), "kvm-vcpu:%lu", id);
	vcpu_fd = own_new(OWN_VCPU, name, &vcpu, sizeof(vcpu));
	if (vcpu_fd < 0)
		return vcpu_fd;
	vm.ids[id / 8] |= (uint8_t)(1u << id % 8);
	vm.n_vcpus++;
	r = own_store(fd, &vm, sizeof(vm));
	if (r == 0)
		return vcpu_fd;
	vmm_next()->close(vcpu_fd);
	return r;
}

static bool overlap(const struct uapi_kvm_memory_region *a, const struct uapi_kvm_memory_region *b)
{
	return a->guest_phys_addr < b->guest_phys_addr + b->memory_size &&
	       b->guest_phys_addr < a->guest_phys_addr + a->memory_size;
}

/* Source: Linux virt/kvm/kvm_main.c, __kvm_set_memory_region() */
static int set_region(struct own_vm *vm, const struct uapi_kvm_memory_region *new)
{
	struct uapi_kvm_memory_region *old;
	const uint32_t fixed = UAPI_KVM_MEM_READONLY | UAPI_KVM_MEM_GUEST_MEMFD;

	if ((new->memory_size | new->guest_phys_addr | new->userspace_addr) % PAGE != 0 ||
	    new->slot >= OWN_MAX_SLOTS || new->guest_phys_addr + new->memory_size < new->guest_phys_addr)
		return -EINVAL;
	old = &vm->slots[new->slot];
	if (new->memory_size == 0) {
		if (old->memory_size == 0)
			return -EINVAL;
		*old = *new;
		return 0;
	}
	if (old->memory_size != 0 &&
	    (new->userspace_addr != old->userspace_addr || new->memory_size != old->memory_size ||
	     (new->flags ^ old->flags) & fixed || (old->flags & UAPI_KVM_MEM_GUEST_MEMFD)))
		return -EINVAL;
	for (unsigned i = 0; i < OWN_MAX_SLOTS; i++)
		if (i != new->slot && vm->slots[i].memory_size != 0 && overlap(&vm->slots[i], new))
			return -EEXIST;
	*old = *new;
	return 0;
}

static int set_region_of(int fd, const struct uapi_kvm_memory_region *region)
{
	struct own_vm vm;
	int r = own_load(fd, &vm, sizeof(vm));

	if (r == 0 && region->flags & UAPI_KVM_MEM_GUEST_MEMFD && vm.type == UAPI_KVM_X86_DEFAULT_VM)
		r = -EINVAL;
	if (r == 0)
		r = set_region(&vm, region);
	return r ? r : own_store(fd, &vm, sizeof(vm));
}

enum { KVM_MEM_LOG_DIRTY_PAGES = 1 };

static int set_user_memory_region(int fd, unsigned long arg)
{
	struct uapi_kvm_memory_region region;
	int r = own_copy_in(fd, &region, arg, sizeof(region));

	if (r == 0 && region.flags & ~(KVM_MEM_LOG_DIRTY_PAGES | UAPI_KVM_MEM_READONLY))
		r = -EINVAL;
	return r ? r : set_region_of(fd, &region);
}

static int set_user_memory_region2(int fd, unsigned long arg)
{
	struct uapi_kvm_memory_region2 region;
	struct stat file;
	int r = own_copy_in(fd, &region, arg, sizeof(region));
	bool memfd;

	if (r != 0)
		return r;
	memfd = region.region.flags & UAPI_KVM_MEM_GUEST_MEMFD;
	if (region.region.flags &
	    ~(KVM_MEM_LOG_DIRTY_PAGES | UAPI_KVM_MEM_READONLY | UAPI_KVM_MEM_GUEST_MEMFD))
		return -EINVAL;
	if (memfd && region.region.memory_size != 0) {
		if (region.region.flags & UAPI_KVM_MEM_READONLY || region.guest_memfd_offset % PAGE != 0)
			return -EINVAL;
		if (fstat((int)region.guest_memfd, &file) != 0)
			return -EBADF;
		if (region.region.memory_size > (uint64_t)file.st_size ||
		    region.guest_memfd_offset > (uint64_t)file.st_size - region.region.memory_size)
			return -EINVAL;
	}
	return set_region_of(fd, &region.region);
}

static int create_guest_memfd(int fd, unsigned long arg)
{
	struct uapi_kvm_create_guest_memfd memfd;
	int r = own_copy_in(fd, &memfd, arg, sizeof(memfd)), ret;

	if (r != 0)
		return r;
	if (memfd.flags != 0 || memfd.size == 0 || memfd.size % PAGE != 0 || memfd.size > INT64_MAX)
		return -EINVAL;
	ret = memfd_create("kvm-gmem", MFD_CLOEXEC);
	if (ret < 0)
		return -errno;
	if (ftruncate(ret, (off_t)memfd.size) == 0)
		return ret;
	r = -errno;
	vmm_next()->close(ret);
	return r;
}

static int set_memory_attributes(int fd, unsigned long arg)
{
	struct uapi_kvm_memory_attributes a;
	struct own_vm vm;
	int r = own_copy_in(fd, &a, arg, sizeof(a));

	if (r == 0)
		r = own_load(fd, &vm, sizeof(vm));
	if (r != 0)
		return r;
	if (a.flags != 0 || a.attributes & ~UAPI_KVM_MEMORY_ATTRIBUTE_PRIVATE || a.size == 0 ||
	    a.address + a.size < a.address || (a.address | a.size) % PAGE != 0)
		return -EINVAL;
	return a.attributes && vm.type == UAPI_KVM_X86_DEFAULT_VM ? -EINVAL : 0;
}

static int set_tss_addr(int fd, unsigned long arg)
{
	return arg > UINT32_MAX - 3 * PAGE ? -EINVAL : 0;
}

static int set_identity_map_addr(int fd, unsigned long arg)
{
	struct own_vm vm;
	uint64_t address;
	int r = own_copy_in(fd, &address, arg, sizeof(address));

	if (r == 0)
		r = own_load(fd, &vm, sizeof(vm));
	if (r == 0 && vm.n_vcpus > 0)
		r = -EINVAL;
	return r;
}

static int create_irqchip(int fd, unsigned long arg)
{
	struct own_vm vm;
	int r = own_load(fd, &vm, sizeof(vm));

	if (r != 0)
		return r;
	if (vm.irqchip)
		return -EEXIST;
	if (vm.n_vcpus > 0)
		return -EINVAL;
	vm.irqchip = true;
	return own_store(fd, &vm, sizeof(vm));
}

static int create_pit2(int fd, unsigned long arg)
{
	struct own_vm vm;
	uint8_t config[64];
	int r = own_copy_in(fd, config, arg, sizeof(config));

	if (r == 0)
		r = own_load(fd, &vm, sizeof(vm));
	if (r != 0)
		return r;
	if (vm.pit)
		return -EEXIST;
	if (!vm.irqchip)
		return -ENOENT;
	vm.pit = true;
	return own_store(fd, &vm, sizeof(vm));
}

/* No guest takes the interrupt, but it arrives: 1. */
static int signal_msi(int fd, unsigned long arg)
{
	struct uapi_kvm_msi msi;
	struct own_vm vm;
	int r = own_copy_in(fd, &msi, arg, sizeof(msi));

	if (r == 0)
		r = own_load(fd, &vm, sizeof(vm));
	if (r == 0 && (!vm.irqchip || msi.flags != 0))
		r = -EINVAL;
	return r ? r : 1;
}

const struct own_ioctl own_vm_ioctls[] = {
	{ UAPI_KVM_CHECK_EXTENSION, own_check_extension },
	{ UAPI_KVM_CREATE_VCPU, create_vcpu },
	{ UAPI_KVM_SET_USER_MEMORY_REGION, set_user_memory_region },
	{ UAPI_KVM_SET_USER_MEMORY_REGION2, set_user_memory_region2 },
	{ UAPI_KVM_CREATE_GUEST_MEMFD, create_guest_memfd },
	{ UAPI_KVM_SET_MEMORY_ATTRIBUTES, set_memory_attributes },
	{ UAPI_KVM_SET_TSS_ADDR, set_tss_addr },
	{ UAPI_KVM_SET_IDENTITY_MAP_ADDR, set_identity_map_addr },
	{ UAPI_KVM_CREATE_IRQCHIP, create_irqchip },
	{ UAPI_KVM_CREATE_PIT2, create_pit2 },
	{ UAPI_KVM_SIGNAL_MSI, signal_msi },
	{ UAPI_KVM_MEMORY_ENCRYPT_OP, own_vm_encrypt },
	{ 0 },
};
