/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fake_kvm.h"
#include "uapi/kvm.h"
#include "vmm/objects.h"

#define PAGE 4096u

/* The VM that was made last; not static, as in test_objects.c. */
struct vmm_vm *made;

static int vm_created(struct vmm_vm *vm, int fd)
{
	made = vm;
	return 0;
}

const struct vmm_hooks vmm_hooks = { .vm_created = vm_created };

/* A VM with 16 pages of memory at `ram`; slot 1 has the first 8 of them at 1 MiB. */
struct guest {
	int fd;
	struct vmm_vm *vm;
	uint8_t *ram;
};
enum { PAGES = 16, SLOT_PAGES = 8, GPA = 0x100000 };

static int set_slot(struct guest *g, uint32_t slot, uint32_t flags, uint64_t gpa, uint64_t size, void *at)
{
	struct uapi_kvm_memory_region r = { slot, flags, gpa, size, (uint64_t)(uintptr_t)at };

	return ioctl(g->fd, UAPI_KVM_SET_USER_MEMORY_REGION, &r);
}

static uint8_t *new_ram(size_t n)
{
	uint8_t *ram = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(ram, MAP_FAILED);
	return ram;
}

static int begin(void **state)
{
	struct guest *g = calloc(1, sizeof(*g));

	fake_kvm.fails = 0;
	fake_kvm.during = NULL;
	fake_kvm.mappings_left = -1;
	g->fd = ioctl(-1, UAPI_KVM_CREATE_VM, 0);
	g->vm = made;
	g->ram = new_ram((size_t)PAGES * PAGE);
	*state = g;
	return set_slot(g, 1, 0, GPA, SLOT_PAGES * PAGE, g->ram);
}

static int end(void **state)
{
	struct guest *g = *state;

	munmap(g->ram, (size_t)PAGES * PAGE);
	close(g->fd);
	free(g);
	return 0;
}

static int write_at(struct guest *g, uint64_t gpa)
{
	return vmm_memory_write(g->vm, gpa, "guest memory", 12);
}

static int read_at(struct guest *g, uint64_t gpa)
{
	uint8_t got[12];

	return vmm_memory_read(g->vm, gpa, got, sizeof(got));
}

/* Both ways. */
static int copies(struct guest *g, uint64_t gpa)
{
	int r = read_at(g, gpa);

	assert_int_equal(write_at(g, gpa), r);
	return r;
}

static void bytes_go_where_the_slot_says(void **state)
{
	struct guest *g = *state;
	uint8_t got[PAGE];

	assert_int_equal(write_at(g, GPA + 2 * PAGE + 5), 0);
	assert_memory_equal(g->ram + 2 * PAGE + 5, "guest memory", 12);
	assert_int_equal(g->ram[2 * PAGE + 4], 0);
	assert_int_equal(vmm_memory_read(g->vm, GPA + 2 * PAGE, got, PAGE), 0);
	assert_memory_equal(got, g->ram + 2 * PAGE, PAGE);
	assert_int_equal(vmm_memory_write(g->vm, GPA + 3 * PAGE, got, PAGE), 0);
	assert_memory_equal(g->ram + 3 * PAGE, got, PAGE);
	assert_int_equal(vmm_memory_read(g->vm, 1, NULL, 0), 0);
}

static void what_is_in_no_slot_or_crosses_a_page_is_efault(void **state)
{
	struct guest *g = *state;
	static const uint64_t nowhere[] = {
		0, GPA - 12, GPA - 1, GPA + SLOT_PAGES * PAGE, UINT64_MAX - 11, UINT64_C(1) << 63
	};
	uint8_t got[PAGE + 1];

	for (size_t i = 0; i < ARRAY_SIZE(nowhere); i++)
		assert_int_equal(copies(g, nowhere[i]), -EFAULT);
	assert_int_equal(copies(g, GPA + PAGE - 11), -EFAULT);
	assert_int_equal(copies(g, GPA + PAGE - 12), 0);
	assert_int_equal(copies(g, GPA + SLOT_PAGES * PAGE - 12), 0);
	assert_int_equal(set_slot(g, 2, 0, 0, 100, g->ram), 0); /* KVM's slots are whole pages */
	assert_int_equal(copies(g, 88), 0);
	assert_int_equal(copies(g, 89), -EFAULT);
	assert_int_equal(vmm_memory_read(g->vm, GPA, got, PAGE + 1), -EFAULT);
	assert_int_equal(vmm_memory_read(g->vm, GPA, got, SIZE_MAX), -EFAULT);
	errno = ENOTTY;
	copies(g, 0);
	assert_int_equal(errno, ENOTTY);
}

static void a_slot_moves_changes_and_goes(void **state)
{
	struct guest *g = *state;

	assert_int_equal(set_slot(g, 1, 0, 0x40000000, SLOT_PAGES * PAGE, g->ram), 0);
	assert_int_equal(copies(g, GPA), -EFAULT);
	assert_int_equal(copies(g, 0x40000000), 0);
	assert_int_equal(set_slot(g, 1, UAPI_KVM_MEM_READONLY, 0x40000000, SLOT_PAGES * PAGE, g->ram), 0);
	assert_int_equal(read_at(g, 0x40000000), 0);
	assert_int_equal(write_at(g, 0x40000000), -EFAULT);
	assert_int_equal(set_slot(g, 1, 1 /* LOG_DIRTY_PAGES */, 0x40000000, SLOT_PAGES * PAGE, g->ram), 0);
	assert_int_equal(copies(g, 0x40000000), 0);
	assert_int_equal(set_slot(g, 1, 0, 0, 0, NULL), 0);
	assert_int_equal(copies(g, 0x40000000), -EFAULT);
	assert_int_equal(set_slot(g, 1, 0, 0, 0, NULL), 0); /* KVM refuses that; it would do no harm */
	assert_int_equal(set_slot(g, 9, 0, 0, PAGE, g->ram), 0);
	assert_int_equal(copies(g, 0), 0);
}

struct writer {
	struct guest *g;
	atomic_bool begun;
	int result;
};

static void *write_in_a_thread(void *arg)
{
	struct writer *w = arg;

	atomic_store(&w->begun, true);
	w->result = write_at(w->g, GPA + 2 * PAGE);
	return NULL;
}

/* Firmware changes what is ROM by deleting slots and setting their parts; a quote may end meanwhile. */
static void a_slot_that_is_deleted_to_be_split_is_waited_for(void **state)
{
	struct writer w = { .g = *state };
	pthread_t thread;

	assert_int_equal(set_slot(w.g, 1, 0, 0, 0, NULL), 0);
	assert_int_equal(pthread_create(&thread, NULL, write_in_a_thread, &w), 0);
	while (!atomic_load(&w.begun))
		sched_yield();
	(void)poll(NULL, 0, 2); /* it has to find no slot */
	assert_int_equal(set_slot(w.g, 1, UAPI_KVM_MEM_READONLY, GPA, PAGE, w.g->ram), 0);
	assert_int_equal(set_slot(w.g, 4, 0, GPA + PAGE, PAGE * 7, w.g->ram + PAGE), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(w.result, 0);
	assert_memory_equal(w.g->ram + 2 * PAGE, "guest memory", 12);
	assert_int_equal(write_at(w.g, GPA), -EFAULT);
}

struct list {
	size_t n;
	struct vmm_slot slots[8];
};

static void add(void *ctx, const struct vmm_slot *slot)
{
	struct list *l = ctx;

	l->slots[l->n++] = *slot;
}

static void slots_are_listed_by_address(void **state)
{
	struct guest *g = *state;
	struct list l = { 0 };
	struct uapi_kvm_memory_region2 r = { .region = { 5, UAPI_KVM_MEM_GUEST_MEMFD, 0xc0000000, PAGE,
							 (uint64_t)(uintptr_t)(g->ram + PAGE) },
					     .guest_memfd = 77 };

	assert_int_equal(set_slot(g, 3, UAPI_KVM_MEM_READONLY, 0xff000000, PAGE, g->ram), 0);
	assert_int_equal(set_slot(g, 2, 0, 0x1000, PAGE, g->ram), 0);
	assert_int_equal(ioctl(g->fd, UAPI_KVM_SET_USER_MEMORY_REGION2, &r), 0);
	vmm_memory_slots(g->vm, add, &l);
	assert_int_equal(l.n, 4);
	assert_int_equal(l.slots[0].slot, 2);
	assert_int_equal(l.slots[1].slot, 1);
	assert_int_equal(l.slots[1].gpa, GPA);
	assert_int_equal(l.slots[1].size, SLOT_PAGES * PAGE);
	assert_int_equal(l.slots[1].hva, (uint64_t)(uintptr_t)g->ram);
	assert_false(l.slots[1].guest_memfd);
	assert_int_equal(l.slots[2].slot, 5);
	assert_true(l.slots[2].guest_memfd);
	assert_int_equal(l.slots[3].flags, UAPI_KVM_MEM_READONLY);
}

static void what_kvm_refuses_is_no_slot(void **state)
{
	struct guest *g = *state;

	fake_kvm.fails = EEXIST; /* it overlaps another */
	assert_int_equal(set_slot(g, 2, 0, GPA + PAGE, PAGE, g->ram + 9 * PAGE), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(set_slot(g, 1, 0, 0, 0, NULL), -1);
	assert_int_equal(ioctl(g->fd, UAPI_KVM_SET_USER_MEMORY_REGION, 16), -1); /* nobody reads from there */
	assert_int_equal(ioctl(g->fd, UAPI_KVM_SET_USER_MEMORY_REGION2, 16), -1);
	assert_int_equal(ioctl(g->fd, UAPI_KVM_SET_MEMORY_ATTRIBUTES, NULL), -1);
	fake_kvm.fails = 0;
	assert_int_equal(write_at(g, GPA + PAGE), 0);
	assert_memory_equal(g->ram + PAGE, "guest memory", 12);
}

static void address_space_1_is_another(void **state)
{
	struct guest *g = *state;
	struct list l = { 0 };

	assert_int_equal(set_slot(g, 1 | 1 << 16, 0, GPA, PAGE, g->ram + 9 * PAGE), 0);
	assert_int_equal(set_slot(g, 2 | 1 << 16, 0, 0, PAGE, g->ram + 9 * PAGE), 0);
	assert_int_equal(copies(g, 0), -EFAULT);
	assert_int_equal(write_at(g, GPA), 0);
	assert_memory_equal(g->ram, "guest memory", 12);
	assert_int_equal(set_slot(g, 1 | 1 << 16, 0, 0, 0, NULL), 0);
	assert_int_equal(copies(g, GPA), 0);
	vmm_memory_slots(g->vm, add, &l);
	assert_int_equal(l.n, 1);
}

static void slots_at_the_end_of_the_address_space_do_not_wrap(void **state)
{
	struct guest *g = *state;
	uint64_t last = UINT64_MAX - 2 * PAGE + 1; /* KVM refuses a slot that ends at 2^64 */

	assert_int_equal(set_slot(g, 2, 0, last, PAGE, g->ram), 0);
	assert_int_equal(copies(g, last + PAGE - 12), 0);
	assert_int_equal(copies(g, last + PAGE), -EFAULT);
	assert_int_equal(copies(g, 0), -EFAULT);
	assert_int_equal(copies(g, last - 12), -EFAULT);
}

static int set_private(struct guest *g, uint64_t gpa, uint64_t size, uint64_t attributes)
{
	struct uapi_kvm_memory_attributes a = { gpa, size, attributes, 0 };

	return ioctl(g->fd, UAPI_KVM_SET_MEMORY_ATTRIBUTES, &a);
}

static void private_pages_are_never_touched(void **state)
{
	struct guest *g = *state;
	struct uapi_kvm_memory_region2 r = { .region = { 1, UAPI_KVM_MEM_GUEST_MEMFD, GPA, SLOT_PAGES * PAGE,
							 (uint64_t)(uintptr_t)g->ram } };

	assert_int_equal(ioctl(g->fd, UAPI_KVM_SET_USER_MEMORY_REGION2, &r), 0);
	assert_int_equal(copies(g, GPA), 0);
	assert_int_equal(set_private(g, 0, UINT64_C(1) << 40, UAPI_KVM_MEMORY_ATTRIBUTE_PRIVATE), 0);
	assert_int_equal(copies(g, GPA), -EFAULT);
	assert_int_equal(set_private(g, GPA + PAGE, 2 * PAGE, 0), 0);
	assert_int_equal(copies(g, GPA + PAGE), 0);
	assert_int_equal(copies(g, GPA + 3 * PAGE - 12), 0);
	assert_int_equal(copies(g, GPA + 3 * PAGE), -EFAULT);
	fake_kvm.fails = EINVAL;
	assert_int_equal(set_private(g, GPA, PAGE, 0), -1);
	assert_int_equal(set_private(g, GPA + PAGE, PAGE, UAPI_KVM_MEMORY_ATTRIBUTE_PRIVATE), -1);
	fake_kvm.fails = 0;
	assert_int_equal(copies(g, GPA), -EFAULT);
	assert_int_equal(copies(g, GPA + PAGE), 0);
	/* attributes are the guest's addresses', not the slot's */
	assert_int_equal(set_slot(g, 1, 0, 0, 0, NULL), 0);
	assert_int_equal(set_slot(g, 1, 0, GPA, SLOT_PAGES * PAGE, g->ram), 0);
	assert_int_equal(copies(g, GPA), -EFAULT);
}

/* What the VMM may do to its own memory below a slot, and how it ends for a copy. */
static void unmapped_pages_are_efault_until_the_slot_or_the_mapping_is_new(void **state)
{
	struct guest *g = *state;
	uint8_t *third = g->ram + 2 * PAGE;
	const int rw = PROT_READ | PROT_WRITE, fixed = MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS;

	assert_int_equal(munmap(third, PAGE), 0);
	assert_int_equal(copies(g, GPA + 2 * PAGE), -EFAULT);
	assert_int_equal(copies(g, GPA + PAGE), 0);
	assert_int_equal(copies(g, GPA + 3 * PAGE), 0);
	assert_ptr_equal(mmap(third, PAGE, rw, fixed, -1, 0), third);
	assert_int_equal(copies(g, GPA + 2 * PAGE), 0);
	assert_int_equal(mprotect(third, 1, PROT_NONE), 0); /* a byte is its page */
	assert_int_equal(copies(g, GPA + 2 * PAGE), -EFAULT);
	assert_int_equal(mprotect(third, PAGE, rw), 0);
	assert_int_equal(copies(g, GPA + 2 * PAGE), 0);
	assert_ptr_equal(mmap64(third, PAGE, PROT_READ, fixed, -1, 0), third);
	assert_int_equal(copies(g, GPA + 2 * PAGE), -EFAULT);
	assert_int_equal(pkey_mprotect(third, PAGE, rw, -1), 0);
	assert_int_equal(mprotect(third, PAGE, rw), 0);
	assert_int_equal(copies(g, GPA + 2 * PAGE), 0);
	assert_int_equal(munmap(third, PAGE), 0);
	assert_ptr_equal(mmap(third, PAGE, rw, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
			 third); /* a hint that is taken */
	assert_int_equal(copies(g, GPA + 2 * PAGE), 0);
	/*
	 * By a system call that nobody saw: the kernel says that nothing is there, or that it cannot be
	 * written.
	 */
	assert_int_equal(syscall(SYS_munmap, third, PAGE), 0);
	assert_int_equal(copies(g, GPA + 2 * PAGE), -EFAULT);
	assert_int_equal(syscall(SYS_mmap, third, PAGE, PROT_READ, fixed, -1l, 0l), (long)third);
	assert_int_equal(read_at(g, GPA + 2 * PAGE), 0);
	assert_int_equal(write_at(g, GPA + 2 * PAGE), -EFAULT);
	assert_int_equal(syscall(SYS_mprotect, third, PAGE, rw), 0);
	assert_int_equal(munmap(g->ram, SLOT_PAGES * PAGE), 0);
	assert_ptr_equal((void *)syscall(SYS_mmap, g->ram, SLOT_PAGES * PAGE, rw, fixed, -1l, 0l), g->ram);
	assert_int_equal(copies(g, GPA), -EFAULT); /* something of the VMM's own, for all that is known */
	assert_int_equal(set_slot(g, 1, 0, GPA, SLOT_PAGES * PAGE, g->ram), 0);
	assert_int_equal(copies(g, GPA), 0);
}

/* The VMM may map something there itself, by MAP_FIXED: nothing of the library's may be in its way. */
static void no_memory_is_mapped_after_memory_was_unmapped(void **state)
{
	struct guest *g = *state;

	for (unsigned i = 0; i < SLOT_PAGES; i += 2) {
		assert_int_equal(munmap(g->ram + i * PAGE, PAGE), 0);
		assert_true(fake_kvm.unmapped_last);
		assert_int_equal(copies(g, GPA + i * PAGE), -EFAULT);
	}
}

static void a_call_that_the_kernel_refuses_changes_nothing(void **state)
{
	struct guest *g = *state;
	int rom = memfd_create("rom", MFD_CLOEXEC);
	uint8_t *file;

	assert_int_equal(munmap(g->ram + 1, PAGE), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(munmap(g->ram, 0), -1);
	assert_int_equal(munmap(g->ram, SIZE_MAX), -1);
	assert_int_equal(mprotect(g->ram + 1, PAGE, PROT_NONE), -1);
	assert_int_equal(pkey_mprotect(g->ram, PAGE, PROT_NONE, 15), -1);
	assert_ptr_equal(mmap(g->ram, PAGE, PROT_NONE, MAP_FIXED | MAP_PRIVATE, -1, 0), MAP_FAILED);
	assert_int_equal(errno, EBADF);
	assert_ptr_equal(mmap(g->ram, PAGE, PROT_NONE,
			      MAP_FIXED | MAP_FIXED_NOREPLACE | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
			 MAP_FAILED);
	assert_int_equal(errno, EEXIST);
	assert_ptr_equal(mremap(g->ram, PAGE, 0, 0), MAP_FAILED);
	for (unsigned i = 0; i < SLOT_PAGES; i++)
		assert_int_equal(copies(g, GPA + i * PAGE), 0);
	/* A mapping elsewhere is nobody's business. */
	file = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, rom, 0);
	assert_ptr_not_equal(file, MAP_FAILED);
	munmap(file, PAGE);
	close(rom);
}

static void a_mapping_that_moves_takes_its_pages_along(void **state)
{
	struct guest *g = *state;
	uint8_t *other = new_ram((size_t)4 * PAGE), *moved;

	moved = mremap(g->ram + PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, other);
	assert_ptr_equal(moved, other);
	assert_int_equal(copies(g, GPA + PAGE), -EFAULT);
	assert_int_equal(copies(g, GPA), 0);
	assert_int_equal(copies(g, GPA + 2 * PAGE), 0);
	/* shortened: the end goes */
	assert_ptr_equal(mremap(g->ram + 4 * PAGE, 4 * PAGE, PAGE, 0), g->ram + 4 * PAGE);
	assert_int_equal(copies(g, GPA + 4 * PAGE), 0);
	assert_int_equal(copies(g, GPA + 5 * PAGE), -EFAULT);
	assert_int_equal(copies(g, GPA + 7 * PAGE), -EFAULT);
	/* onto a page of the slot: what is there now is not known to be the guest's */
	moved = mremap(other, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, g->ram + 3 * PAGE);
	assert_ptr_equal(moved, g->ram + 3 * PAGE);
	assert_int_equal(copies(g, GPA + 3 * PAGE), -EFAULT);
	assert_int_equal(copies(g, GPA + 2 * PAGE), 0);
	munmap(other, (size_t)4 * PAGE);
}

static void a_file_that_became_shorter_is_efault(void **state)
{
	struct guest *g = *state;
	int file = memfd_create("memory", MFD_CLOEXEC);
	uint8_t *at;

	assert_int_equal(ftruncate(file, 2 * PAGE), 0);
	at = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	assert_int_equal(set_slot(g, 2, 0, 0, 2 * PAGE, at), 0);
	assert_int_equal(copies(g, PAGE), 0);
	assert_int_equal(ftruncate(file, PAGE), 0);
	assert_int_equal(copies(g, 0), 0);
	assert_int_equal(copies(g, PAGE), -EFAULT);
	munmap(at, 2 * PAGE);
	close(file);
}

static void a_slot_that_there_is_no_memory_for_is_efault(void **state)
{
	struct guest *g = *state;
	struct list l = { 0 };
	uint64_t i;

	fake_kvm.mappings_left = 0;
	for (i = 2; i < 1000 && copies(g, GPA) == 0; i++) {
		assert_int_equal(set_slot(g, (uint32_t)i, 0, GPA * i, PAGE, g->ram), 0);
		if (copies(g, GPA * i) != 0)
			break;
	}
	assert_in_range(i, 50, 999);
	assert_int_equal(copies(g, GPA), 0);
	assert_int_equal(set_slot(g, 2, 0, 0, 0, NULL), 0); /* room again */
	assert_int_equal(set_slot(g, (uint32_t)i, 0, GPA * i, PAGE, g->ram), 0);
	assert_int_equal(copies(g, GPA * i), 0);
	fake_kvm.mappings_left = -1;
	for (i = i + 1; i < 2000; i++)
		assert_int_equal(set_slot(g, (uint32_t)i, 0, GPA * i, PAGE, g->ram), 0);
	assert_int_equal(copies(g, GPA * 1999), 0);
	assert_int_equal(copies(g, GPA * 2), -EFAULT);
	for (i = 1; i < 2000; i++)
		assert_int_equal(set_slot(g, (uint32_t)i, 0, 0, 0, NULL), 0);
	vmm_memory_slots(g->vm, add, &l);
	assert_int_equal(l.n, 0);
}

/* 4 and 8 bytes at their own alignment are one access: a thread that watches never sees half of one. */
static struct watched {
	_Atomic(uint64_t) *at;
	_Atomic(bool) over;
	unsigned halves;
	bool four;
} watched;

static void *watch(void *arg)
{
	while (!watched.over) {
		uint64_t v = *watched.at;

		if (watched.four)
			v &= UINT32_MAX;
		watched.halves += v != 0 && v != (watched.four ? UINT32_MAX : UINT64_MAX);
	}
	return NULL;
}

static void aligned_words_are_one_store(void **state)
{
	struct guest *g = *state;
	static const uint64_t values[] = { 0, UINT64_MAX };
	pthread_t thread;

	for (int four = 0; four < 2; four++) {
		watched =
			(struct watched){ .at = (_Atomic(uint64_t) *)(void *)(g->ram + PAGE), .four = four };
		pthread_create(&thread, NULL, watch, NULL);
		for (unsigned i = 0; i < 20000; i++)
			assert_int_equal(vmm_memory_write(g->vm, GPA + PAGE, &values[i % 2], four ? 4 : 8),
					 0);
		watched.over = true;
		pthread_join(thread, NULL);
		assert_int_equal(watched.halves, 0);
	}
	/* at no alignment of their own they are bytes */
	assert_int_equal(vmm_memory_write(g->vm, GPA + 2 * PAGE + 3, &values[1], 8), 0);
	assert_int_equal(g->ram[2 * PAGE + 2], 0);
	assert_int_equal(g->ram[2 * PAGE + 3], 0xff);
	assert_int_equal(g->ram[2 * PAGE + 10], 0xff);
	assert_int_equal(g->ram[2 * PAGE + 11], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define ROW(NAME) cmocka_unit_test_setup_teardown(NAME, begin, end)
		ROW(bytes_go_where_the_slot_says),
		ROW(what_is_in_no_slot_or_crosses_a_page_is_efault),
		ROW(a_slot_moves_changes_and_goes),
		ROW(a_slot_that_is_deleted_to_be_split_is_waited_for),
		ROW(slots_are_listed_by_address),
		ROW(what_kvm_refuses_is_no_slot),
		ROW(address_space_1_is_another),
		ROW(slots_at_the_end_of_the_address_space_do_not_wrap),
		ROW(private_pages_are_never_touched),
		ROW(unmapped_pages_are_efault_until_the_slot_or_the_mapping_is_new),
		ROW(no_memory_is_mapped_after_memory_was_unmapped),
		ROW(a_call_that_the_kernel_refuses_changes_nothing),
		ROW(a_mapping_that_moves_takes_its_pages_along),
		ROW(a_file_that_became_shorter_is_efault),
		ROW(a_slot_that_there_is_no_memory_for_is_efault),
		ROW(aligned_words_are_one_store),
#undef ROW
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
