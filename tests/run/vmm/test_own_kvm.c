/* SPDX-License-Identifier: MIT */
#include "puppeteer.h"

#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

/* The agent's own KVM, without a supervisor: what a VMM asks of it, and the kernel's errors. */
enum { HLT = 5, SPLIT_IRQCHIP = 121 };

static struct puppet_result at(struct puppet *p, uint32_t file, uint64_t request, const void *arg, size_t n)
{
	struct puppet_call call = { .op = PUPPET_IOCTL_AT, .file = file, .request = request };

	memcpy(call.data, arg, n);
	return puppet_call(p, FIRST, &call);
}

static struct puppet_result scalar(struct puppet *p, uint32_t file, uint64_t request, uint64_t arg)
{
	return CALL(p, .op = PUPPET_IOCTL, .file = file, .request = request, .arg = arg);
}

static void create(struct puppet *p, uint32_t file, uint64_t request, uint64_t arg, uint32_t new_file)
{
	struct puppet_result r = CALL(p, .op = PUPPET_IOCTL, .file = file, .request = request, .arg = arg,
				      .new_file = new_file);

	assert_true(r.result >= 0);
}

static void start(struct puppet *p, uint64_t type)
{
	struct puppet_result r;

	puppet_start(p, &(struct puppet_setup){ .alone = true });
	r = CALL(p, .op = PUPPET_OPEN, .new_file = KVM);
	assert_true(r.result >= 0);
	create(p, KVM, UAPI_KVM_CREATE_VM, type, VM);
}

static void it_says_what_it_can_do(void **state)
{
	static const struct {
		uint64_t request, arg;
		int64_t result;
		int error;
	} rows[] = {
		{ UAPI_KVM_GET_API_VERSION, 0, 12, 0 },
		{ UAPI_KVM_GET_VCPU_MMAP_SIZE, 0, 3 * 4096, 0 },
		{ UAPI_KVM_CHECK_EXTENSION, UAPI_KVM_CAP_IMMEDIATE_EXIT, 1, 0 },
		{ UAPI_KVM_CHECK_EXTENSION, UAPI_KVM_CAP_VM_TYPES, 1 | 1 << 4 | 1 << 5, 0 },
		{ UAPI_KVM_CHECK_EXTENSION, UAPI_KVM_CAP_SIGNAL_MSI, 1, 0 },
		{ UAPI_KVM_CHECK_EXTENSION, SPLIT_IRQCHIP, 0, 0 },
		{ UAPI_KVM_CHECK_EXTENSION, 100000, 0, 0 },
		{ UAPI_KVM_CREATE_VM, 1, -1, EINVAL },
		{ UAPI_KVM_CREATE_VM, 2, -1, EINVAL },
		{ UAPI_KVM_CREATE_VM, UINT64_C(1) << 32, -1, EINVAL },
		{ UAPI_KVM_CREATE_VCPU, 0, -1, ENOTTY },
		{ UAPI_KVM_RUN, 0, -1, ENOTTY },
		{ 0xaeff, 0, -1, ENOTTY },
	};
	struct uapi_kvm_device_attr attr = { .group = UAPI_KVM_X86_GRP_SEV,
					     .attr = UAPI_KVM_X86_SEV_SNP_REQ_CERTS };
	struct puppet_result r;
	struct puppet p;

	start(&p, 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		r = scalar(&p, KVM, rows[i].request, rows[i].arg);
		if (r.result != rows[i].result || r.error != rows[i].error)
			FAIL_BECAUSE("row %zu: found %lld and errno %d", i, (long long)r.result, r.error);
	}
	r = scalar(&p, VM, UAPI_KVM_CHECK_EXTENSION, UAPI_KVM_CAP_USER_MEMORY2);
	assert_result(r, 1, 0);
	r = at(&p, KVM, UAPI_KVM_HAS_DEVICE_ATTR, &attr, sizeof(attr));
	assert_result(r, 0, 0);
	attr.addr = (uint64_t)CALL(&p, .op = PUPPET_MEMORY, .arg = 4096).result;
	r = at(&p, KVM, UAPI_KVM_GET_DEVICE_ATTR, &attr, sizeof(attr));
	assert_result(r, 0, 0);
	attr.addr = 8;
	r = at(&p, KVM, UAPI_KVM_GET_DEVICE_ATTR, &attr, sizeof(attr));
	assert_result(r, -1, EFAULT);
	attr.attr = 3;
	r = at(&p, KVM, UAPI_KVM_HAS_DEVICE_ATTR, &attr, sizeof(attr));
	assert_result(r, -1, ENXIO);
	puppet_end(&p);
}

static void pointers_that_are_not_mapped_are_faults(void **state)
{
	static const struct {
		uint32_t file;
		uint64_t request;
	} rows[] = {
		{ KVM, UAPI_KVM_GET_SUPPORTED_CPUID },
		{ KVM, UAPI_KVM_HAS_DEVICE_ATTR },
		{ VM, UAPI_KVM_SET_USER_MEMORY_REGION },
		{ VM, UAPI_KVM_SET_USER_MEMORY_REGION2 },
		{ VM, UAPI_KVM_CREATE_GUEST_MEMFD },
		{ VM, UAPI_KVM_SET_MEMORY_ATTRIBUTES },
		{ VM, UAPI_KVM_SET_IDENTITY_MAP_ADDR },
		{ VM, UAPI_KVM_CREATE_PIT2 },
		{ VM, UAPI_KVM_SIGNAL_MSI },
		{ VM, UAPI_KVM_MEMORY_ENCRYPT_OP },
		{ VCPU, UAPI_KVM_GET_REGS },
		{ VCPU, UAPI_KVM_SET_REGS },
		{ VCPU, UAPI_KVM_GET_SREGS },
		{ VCPU, UAPI_KVM_SET_SREGS },
		{ VCPU, UAPI_KVM_GET_MP_STATE },
		{ VCPU, UAPI_KVM_SET_MP_STATE },
		{ VCPU, UAPI_KVM_SET_SIGNAL_MASK },
		{ VCPU, UAPI_KVM_SET_CPUID2 },
	};
	struct puppet p;

	start(&p, 0);
	create(&p, VM, UAPI_KVM_CREATE_VCPU, 0, VCPU);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct puppet_result r =
			CALL(&p, .op = PUPPET_IOCTL_BAD, .file = rows[i].file, .request = rows[i].request);

		if (r.result != -1 || r.error != EFAULT)
			FAIL_BECAUSE("row %zu: found %lld and errno %d", i, (long long)r.result, r.error);
	}
	puppet_end(&p);
}

/* Spec: Linux Documentation/virt/kvm/api.rst, KVM_SET_USER_MEMORY_REGION */
static void memory_slots_are_refused_as_the_kernel_does(void **state)
{
	static const struct {
		struct uapi_kvm_memory_region region;
		int error;
	} rows[] = {
		{ { 0, 0, 0, 0x10000, 0x100000 }, 0 },
		{ { 1, 0, 0xf000, 0x2000, 0x200000 }, EEXIST },
		{ { 1, 0, 0x10000, 0x2000, 0x200000 }, 0 },
		{ { 0, 0, 0x20000, 0x10000, 0x100000 }, 0 }, /* moved */
		{ { 0, 1, 0x20000, 0x10000, 0x100000 }, 0 }, /* dirty log */
		{ { 0, 2, 0x20000, 0x10000, 0x100000 }, EINVAL },
		{ { 0, 0, 0x20000, 0x11000, 0x100000 }, EINVAL },
		{ { 0, 0, 0x20000, 0x10000, 0x101000 }, EINVAL },
		{ { 0, 0, 0x11000, 0x10000, 0x100000 }, EEXIST },
		{ { 2, 0, 0x40000, 0x1001, 0x100000 }, EINVAL },
		{ { 2, 0, 0x40001, 0x1000, 0x100000 }, EINVAL },
		{ { 2, 0, 0x40000, 0x1000, 0x100001 }, EINVAL },
		{ { 2, 0, UINT64_C(0xfffffffffffff000), 0x2000, 0x100000 }, EINVAL },
		{ { 2, 4, 0x40000, 0x1000, 0x100000 }, EINVAL },
		{ { 2, 8, 0x40000, 0x1000, 0x100000 }, EINVAL },
		{ { 512, 0, 0x40000, 0x1000, 0x100000 }, EINVAL },
		{ { 0x10000, 0, 0x40000, 0x1000, 0x100000 }, EINVAL },
		{ { 2, 0, 0x40000, 0, 0x100000 }, EINVAL },
		{ { 1, 0, 0x10000, 0, 0x200000 }, 0 }, /* deleted */
		{ { 1, 0, 0x10000, 0, 0x200000 }, EINVAL },
	};
	struct puppet p;

	start(&p, 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct puppet_result r =
			at(&p, VM, UAPI_KVM_SET_USER_MEMORY_REGION, &rows[i].region, sizeof(rows[i].region));

		if (r.result != (rows[i].error ? -1 : 0) || r.error != rows[i].error)
			FAIL_BECAUSE("row %zu: found %lld and errno %d", i, (long long)r.result, r.error);
	}
	puppet_end(&p);
}

static void private_memory_is_for_confidential_vms(void **state)
{
	struct uapi_kvm_create_guest_memfd memfd = { .size = 0x10000 };
	struct uapi_kvm_memory_region2 region = {
		.region = { 0, UAPI_KVM_MEM_GUEST_MEMFD, 0, 0x10000, 0x100000 },
	};
	struct uapi_kvm_memory_attributes attributes = { .size = 0x1000,
							 .attributes = UAPI_KVM_MEMORY_ATTRIBUTE_PRIVATE };
	static const uint64_t types[] = { UAPI_KVM_X86_DEFAULT_VM, UAPI_KVM_X86_SNP_VM, UAPI_KVM_X86_TDX_VM };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		bool ordinary = types[i] == UAPI_KVM_X86_DEFAULT_VM;
		struct puppet_call call = { .op = PUPPET_IOCTL_AT,
					    .file = VM,
					    .request = UAPI_KVM_CREATE_GUEST_MEMFD,
					    .new_file = MEMFD };
		struct puppet_result r;
		struct puppet p;

		start(&p, types[i]);
		memcpy(call.data, &memfd, sizeof(memfd));
		r = puppet_call(&p, FIRST, &call);
		assert_true(r.result >= 0);
		region.guest_memfd = (uint32_t)r.result;
		region.guest_memfd_offset = 0x1000;
		r = at(&p, VM, UAPI_KVM_SET_USER_MEMORY_REGION2, &region, sizeof(region));
		assert_result(r, -1, EINVAL);
		region.guest_memfd_offset = 0;
		r = at(&p, VM, UAPI_KVM_SET_USER_MEMORY_REGION2, &region, sizeof(region));
		assert_result(r, ordinary ? -1 : 0, ordinary ? EINVAL : 0);
		r = at(&p, VM, UAPI_KVM_SET_MEMORY_ATTRIBUTES, &attributes, sizeof(attributes));
		assert_result(r, ordinary ? -1 : 0, ordinary ? EINVAL : 0);
		region.region.slot = 1;
		region.region.guest_phys_addr = 0x10000;
		region.guest_memfd = 987;
		r = at(&p, VM, UAPI_KVM_SET_USER_MEMORY_REGION2, &region, sizeof(region));
		assert_result(r, -1, EBADF);
		region.region.slot = 0;
		region.region.guest_phys_addr = 0;
		puppet_end(&p);
	}
}

static int encrypt(struct puppet *p, uint32_t file, uint32_t id)
{
	uint8_t cmd[24] = { (uint8_t)id };
	struct puppet_result r = at(p, file, UAPI_KVM_MEMORY_ENCRYPT_OP, cmd, sizeof(cmd));

	return r.result < 0 ? r.error : (int)r.result;
}

/* Spec: Linux Documentation/virt/kvm/x86/amd-memory-encryption.rst, KVM_SEV_SNP_ENABLE_REQ_CERTS */
static void an_snp_vm_is_launched_in_the_kernels_order(void **state)
{
	struct puppet p;

	start(&p, UAPI_KVM_X86_DEFAULT_VM);
	assert_int_equal(encrypt(&p, VM, UAPI_KVM_SEV_INIT2), EINVAL);
	assert_int_equal(encrypt(&p, VM, UAPI_KVM_SEV_SNP_ENABLE_REQ_CERTS), EINVAL);
	puppet_end(&p);
	start(&p, UAPI_KVM_X86_SNP_VM);
	assert_int_equal(encrypt(&p, VM, UAPI_KVM_SEV_SNP_ENABLE_REQ_CERTS), EINVAL);
	assert_int_equal(encrypt(&p, VM, UAPI_KVM_SEV_LAUNCH_START), EINVAL);
	assert_int_equal(encrypt(&p, VM, UAPI_KVM_SEV_INIT2), 0);
	assert_int_equal(encrypt(&p, VM, UAPI_KVM_SEV_INIT2), EINVAL);
	assert_int_equal(encrypt(&p, VM, UAPI_KVM_SEV_SNP_LAUNCH_UPDATE), EINVAL);
	assert_int_equal(encrypt(&p, VM, UAPI_KVM_SEV_SNP_ENABLE_REQ_CERTS), 0);
	assert_int_equal(encrypt(&p, VM, UAPI_KVM_SEV_LAUNCH_START), 0);
	assert_int_equal(encrypt(&p, VM, UAPI_KVM_SEV_LAUNCH_START), EINVAL);
	assert_int_equal(encrypt(&p, VM, UAPI_KVM_SEV_SNP_ENABLE_REQ_CERTS), 0);
	assert_int_equal(encrypt(&p, VM, UAPI_KVM_SEV_SNP_LAUNCH_UPDATE), 0);
	create(&p, VM, UAPI_KVM_CREATE_VCPU, 0, VCPU);
	assert_int_equal(encrypt(&p, VM, UAPI_KVM_SEV_SNP_ENABLE_REQ_CERTS), EINVAL);
	assert_int_equal(encrypt(&p, VM, UAPI_KVM_SEV_SNP_LAUNCH_FINISH), 0);
	assert_int_equal(encrypt(&p, VM, UAPI_KVM_SEV_SNP_LAUNCH_FINISH), EINVAL);
	assert_int_equal(encrypt(&p, VM, 99), EINVAL);
	assert_int_equal(encrypt(&p, VCPU, UAPI_KVM_TDX_INIT_VCPU), ENOTTY);
	puppet_end(&p);
}

static void a_td_is_built_in_the_kernels_order(void **state)
{
	struct uapi_kvm_tdx_cmd cmd = { .id = UAPI_KVM_TDX_CAPABILITIES };
	struct puppet_result r;
	struct puppet p;

	start(&p, UAPI_KVM_X86_TDX_VM);
	cmd.data = (uint64_t)CALL(&p, .op = PUPPET_MEMORY, .arg = 8192).result;
	r = at(&p, VM, UAPI_KVM_MEMORY_ENCRYPT_OP, &cmd, sizeof(cmd));
	assert_result(r, 0, 0);
	cmd.data = 8;
	r = at(&p, VM, UAPI_KVM_MEMORY_ENCRYPT_OP, &cmd, sizeof(cmd));
	assert_result(r, -1, EFAULT);
	assert_int_equal(encrypt(&p, VM, UAPI_KVM_TDX_FINALIZE_VM), EINVAL);
	assert_int_equal(encrypt(&p, VM, UAPI_KVM_TDX_INIT_VM), 0);
	assert_int_equal(encrypt(&p, VM, UAPI_KVM_TDX_INIT_VM), EINVAL);
	create(&p, VM, UAPI_KVM_CREATE_VCPU, 0, VCPU);
	assert_int_equal(encrypt(&p, VCPU, UAPI_KVM_TDX_INIT_VCPU), 0);
	assert_int_equal(encrypt(&p, VCPU, 77), EINVAL);
	assert_int_equal(encrypt(&p, VM, UAPI_KVM_TDX_FINALIZE_VM), 0);
	assert_int_equal(encrypt(&p, VM, UAPI_KVM_TDX_FINALIZE_VM), EINVAL);
	puppet_end(&p);
}

static void a_vcpu_keeps_what_is_stored_in_it(void **state)
{
	static const uint64_t get[] = { UAPI_KVM_GET_REGS, UAPI_KVM_GET_SREGS, UAPI_KVM_GET_MP_STATE };
	static const uint64_t set[] = { UAPI_KVM_SET_REGS, UAPI_KVM_SET_SREGS, UAPI_KVM_SET_MP_STATE };
	static const size_t sizes[] = { 144, 312, 4 };
	struct puppet_result r;
	struct puppet p;

	start(&p, 0);
	create(&p, VM, UAPI_KVM_CREATE_VCPU, 0, VCPU);
	r = at(&p, VCPU, UAPI_KVM_SET_MP_STATE, "\x03\0\0", 4); /* without an interrupt controller */
	assert_result(r, -1, EINVAL);
	r = scalar(&p, VM, UAPI_KVM_CREATE_IRQCHIP, 0);
	assert_result(r, -1, EINVAL);
	create(&p, KVM, UAPI_KVM_CREATE_VM, 0, VM);
	r = scalar(&p, VM, UAPI_KVM_CREATE_IRQCHIP, 0);
	assert_result(r, 0, 0);
	r = scalar(&p, VM, UAPI_KVM_CREATE_IRQCHIP, 0);
	assert_result(r, -1, EEXIST);
	create(&p, VM, UAPI_KVM_CREATE_VCPU, 0, VCPU);
	create(&p, VM, UAPI_KVM_CREATE_VCPU, 1, VCPU_2);
	r = scalar(&p, VM, UAPI_KVM_CREATE_VCPU, 1);
	assert_result(r, -1, EEXIST);
	r = scalar(&p, VM, UAPI_KVM_CREATE_VCPU, 4096);
	assert_result(r, -1, EINVAL);
	/* The second waits to be started. */
	r = at(&p, VCPU_2, UAPI_KVM_GET_MP_STATE, "", 1);
	assert_int_equal(r.data[0], UAPI_KVM_MP_STATE_UNINITIALIZED);
	for (size_t i = 0; i < ARRAY_SIZE(get); i++) {
		uint8_t value[312];

		for (size_t k = 0; k < sizes[i]; k++)
			value[k] = i == 2 ? (k == 0 ? UAPI_KVM_MP_STATE_HALTED : 0) : (uint8_t)(k + i + 1);
		r = at(&p, VCPU, set[i], value, sizes[i]);
		assert_result(r, 0, 0);
		r = at(&p, VCPU, get[i], "", 1);
		assert_result(r, 0, 0);
		assert_memory_equal(r.data, value, sizes[i]);
	}
	r = at(&p, VCPU, UAPI_KVM_SET_MP_STATE, "\x09\0\0", 4);
	assert_result(r, -1, EINVAL);
	r = at(&p, VCPU, UAPI_KVM_SET_SIGNAL_MASK, "\x07\0\0", 4);
	assert_result(r, -1, EINVAL);
	r = at(&p, VCPU, UAPI_KVM_SET_CPUID2, "\x01\x01\0\0\0\0\0", 8);
	assert_result(r, -1, E2BIG);
	r = at(&p, VCPU, UAPI_KVM_SET_CPUID2, "\x01\0\0\0\0\0\0", 8);
	assert_result(r, 0, 0);
	puppet_end(&p);
}

static void the_cpuid_it_offers_is_the_processors(void **state)
{
	uint32_t head[2] = { 2 };
	struct puppet_result r;
	struct puppet p;

	start(&p, 0);
	r = at(&p, KVM, UAPI_KVM_GET_SUPPORTED_CPUID, head, sizeof(head));
	assert_result(r, -1, E2BIG);
	head[0] = 50;
	r = at(&p, KVM, UAPI_KVM_GET_SUPPORTED_CPUID, head, sizeof(head));
	assert_result(r, 0, 0);
	assert_int_equal(bytes_get_le(r.data, 4), 5);
	assert_int_equal(bytes_get_le(r.data + 8 + 40, 4), 1); /* leaf 1 */
	assert_true(bytes_get_le(r.data + 8 + 40 + 12, 4) != 0);
	puppet_end(&p);
}

static void expect_halt(struct puppet *p, unsigned thread)
{
	struct puppet_result r;

	puppet_run(p, thread, false);
	r = puppet_result(p, thread);
	assert_result(r, 0, 0);
	assert_int_equal(r.exit_reason, HLT);
	puppet_run(p, thread, true);
	r = puppet_result(p, thread);
	assert_result(r, -1, EINTR);
}

static void open_and_halt(struct puppet *p)
{
	struct puppet_result r = CALL(p, .op = PUPPET_OPEN, .new_file = KVM);

	assert_true(r.result >= 0);
	create(p, KVM, UAPI_KVM_CREATE_VM, 0, VM);
	create(p, VM, UAPI_KVM_CREATE_VCPU, 0, VCPU);
	r = CALL(p, .op = PUPPET_MAP, .file = VCPU);
	assert_result(r, 0, 0);
	expect_halt(p, FIRST);
}

static void there_may_be_several_vms_with_several_vcpus(void **state)
{
	struct puppet p;

	start(&p, 0);
	for (uint64_t vm = 0; vm < 20; vm++) {
		create(&p, KVM, UAPI_KVM_CREATE_VM, 0, VM);
		for (uint32_t i = 0; i < N_THREADS; i++) {
			create(&p, VM, UAPI_KVM_CREATE_VCPU, i, VCPU + i);
			assert_int_equal(CALL(&p, .op = PUPPET_MAP, .file = VCPU + i).result, 0);
		}
		puppet_run(&p, FIRST, false);
		puppet_run(&p, SECOND, false);
		assert_int_equal(puppet_result(&p, SECOND).exit_reason, HLT);
		assert_int_equal(puppet_result(&p, FIRST).exit_reason, HLT);
	}
	puppet_end(&p);
}

static void the_child_of_a_fork_has_its_own_vms_and_not_the_parents(void **state)
{
	struct puppet_result r;
	struct puppet p;

	puppet_start(&p, &(struct puppet_setup){ .alone = true });
	open_and_halt(&p);
	r = CALL(&p, .op = PUPPET_FORK);
	assert_result(r, 0, 0);
	puppet_run(&p, FIRST, false);
	r = puppet_result(&p, FIRST);
	assert_result(r, -1, EIO);
	r = scalar(&p, VM, UAPI_KVM_CREATE_IRQCHIP, 0);
	assert_result(r, -1, EIO);
	create(&p, KVM, UAPI_KVM_CREATE_VM, 0, VM);
	create(&p, VM, UAPI_KVM_CREATE_VCPU, 0, VCPU);
	assert_int_equal(CALL(&p, .op = PUPPET_MAP, .file = VCPU).result, 0);
	expect_halt(&p, FIRST);
	puppet_send(&p, FIRST, &(struct puppet_call){ .op = PUPPET_EXIT });
	r = puppet_result(&p, FIRST);
	assert_result(r, 1, 0);
	expect_halt(&p, FIRST);
	puppet_end(&p);
}

static void become_nobody(void)
{
	if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setgid(65534) != 0 || setuid(65534) != 0))
		_exit(94);
}

static void hide_dev(void)
{
	if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("none", "/dev", "tmpfs", 0, NULL) != 0)
		_exit(94);
}

/* Whether a process that has done this has no /dev/kvm. */
static bool loses_kvm(void (*enter)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		enter();
		_exit(access("/dev/kvm", R_OK | W_OK) == 0);
	}
	return waitpid(pid, &status, 0) == pid && status == 0;
}

static void it_serves_an_ordinary_user(void **state)
{
	struct puppet p;

	if (!loses_kvm(become_nobody))
		SKIP_BECAUSE("/dev/kvm is open to everybody here");
	puppet_start(&p, &(struct puppet_setup){ .alone = true, .choose = true, .enter = become_nobody });
	open_and_halt(&p);
	puppet_end(&p);
}

static void it_serves_where_there_is_no_dev(void **state)
{
	struct puppet p;

	if (!loses_kvm(hide_dev))
		SKIP_BECAUSE("no mount namespace without a /dev can be made here");
	puppet_start(&p, &(struct puppet_setup){ .alone = true, .choose = true, .enter = hide_dev });
	open_and_halt(&p);
	puppet_end(&p);
}

static int run_group(const char *name)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_says_what_it_can_do),
		cmocka_unit_test(pointers_that_are_not_mapped_are_faults),
		cmocka_unit_test(memory_slots_are_refused_as_the_kernel_does),
		cmocka_unit_test(private_memory_is_for_confidential_vms),
		cmocka_unit_test(an_snp_vm_is_launched_in_the_kernels_order),
		cmocka_unit_test(a_td_is_built_in_the_kernels_order),
		cmocka_unit_test(a_vcpu_keeps_what_is_stored_in_it),
		cmocka_unit_test(the_cpuid_it_offers_is_the_processors),
		cmocka_unit_test(there_may_be_several_vms_with_several_vcpus),
		cmocka_unit_test(the_child_of_a_fork_has_its_own_vms_and_not_the_parents),
		cmocka_unit_test(it_serves_an_ordinary_user),
		cmocka_unit_test(it_serves_where_there_is_no_dev),
	};

	return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int main(int argc, char **argv)
{
	return puppet_main(argc, argv, run_group);
}
