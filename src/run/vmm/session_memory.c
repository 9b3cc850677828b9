/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "run/vmm/session.h"
#include "uapi/kvm.h"

/*
 * Guest memory of the VM under test, by its slots, through /proc/PID/mem: no mapping is shared with the VMM,
 * which may move, unmap or delete a slot at any time.
 */
enum { PAGE = 4096, MAX_SEARCH = 1 << 16 /* pages */ };

/* 4 GiB: below it are the devices of a PC. */
static const uint64_t below_4g = UINT64_C(1) << 32;

bool session_is_private(const struct session_vm *vm, uint64_t gpa)
{
	for (size_t i = vm->n_ranges; i > 0; i--)
		if (gpa >= vm->ranges[i - 1].gpa && gpa - vm->ranges[i - 1].gpa < vm->ranges[i - 1].size)
			return vm->ranges[i - 1].attributes & UAPI_KVM_MEMORY_ATTRIBUTE_PRIVATE;
	return false;
}

static const struct session_slot *slot_of(const struct session_vm *vm, uint64_t gpa)
{
	for (size_t i = 0; i < SESSION_MAX_SLOTS; i++)
		if (gpa >= vm->slots[i].gpa && gpa - vm->slots[i].gpa < vm->slots[i].size)
			return &vm->slots[i];
	return NULL;
}

static int copy_slot(struct check_vmm *vmm, uint64_t gpa, void *bytes, size_t n, bool write)
{
	struct session_vm *vm = session_vm(vmm);
	const struct session_slot *slot = vm ? slot_of(vm, gpa) : NULL;
	ssize_t done;
	off_t at;

	if (!slot || vm->memory < 0)
		return -EFAULT;
	at = (off_t)(slot->hva + (gpa - slot->gpa));
	done = write ? pwrite(vm->memory, bytes, n, at) : pread(vm->memory, bytes, n, at);
	return done == (ssize_t)n ? 0 : -EFAULT;
}

int session_read_host(struct check_vmm *vmm, uint64_t gpa, void *to, size_t n)
{
	return copy_slot(vmm, gpa, to, n, false);
}

static int copy_part(struct check_vmm *vmm, uint64_t gpa, void *bytes, size_t n, bool write)
{
	const struct session_vm *vm = session_vm(vmm);
	const struct session_slot *slot = vm ? slot_of(vm, gpa) : NULL;

	if (!slot || session_is_private(vm, gpa) || (write && slot->flags & UAPI_KVM_MEM_READONLY))
		return -EFAULT;
	return copy_slot(vmm, gpa, bytes, n, write);
}

static int copy(struct check_vmm *vmm, uint64_t gpa, uint8_t *bytes, size_t n, bool write)
{
	size_t part;
	int r = 0;

	for (size_t off = 0; off < n && r == 0; off += part) {
		part = PAGE - (size_t)((gpa + off) % PAGE);
		if (part > n - off)
			part = n - off;
		r = copy_part(vmm, gpa + off, bytes + off, part, write);
	}
	return r;
}

int check_read(struct check_vmm *vmm, uint64_t gpa, void *to, size_t n)
{
	return copy(vmm, gpa, to, n, false);
}

int check_write(struct check_vmm *vmm, uint64_t gpa, const void *from, size_t n)
{
	return copy(vmm, gpa, (uint8_t *)(uintptr_t)from, n, true);
}

static bool is_unused(struct check_vmm *vmm, uint64_t gpa)
{
	static const uint8_t zeros[PAGE];
	uint8_t page[PAGE];

	return check_read(vmm, gpa, page, PAGE) == 0 && !memcmp(page, zeros, PAGE);
}

/*
 * A run of pages of zeros, from the middle of a slot upwards and then from its start: firmware has its
 * code and tables at the ends of memory. 0: there is none.
 */
static uint64_t unused_run(struct check_vmm *vmm, const struct session_slot *slot, uint64_t pages,
			   unsigned *left)
{
	const uint64_t starts[] = { (slot->size / 2) & ~(uint64_t)(PAGE - 1), 0 };

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		uint64_t run = 0;

		for (uint64_t off = starts[i]; off + PAGE <= slot->size && *left > 0; off += PAGE, --*left) {
			/* A guest address of 0 is none. */
			run = slot->gpa + off != 0 && is_unused(vmm, slot->gpa + off) ? run + 1 : 0;
			if (run == pages)
				return slot->gpa + off - (pages - 1) * PAGE;
		}
	}
	return 0;
}

static uint64_t find_ram(struct check_vmm *vmm, const struct session_vm *vm, uint64_t pages)
{
	const struct session_slot *best = NULL;
	unsigned left = MAX_SEARCH;
	uint64_t found = 0;

	for (uint64_t limit = UINT64_MAX; found == 0; limit = best->size) {
		best = NULL;
		for (size_t i = 0; i < SESSION_MAX_SLOTS; i++) {
			const struct session_slot *slot = &vm->slots[i];

			if (slot->size >= pages * PAGE && slot->size < limit &&
			    !(slot->flags & UAPI_KVM_MEM_READONLY) && (!best || slot->size > best->size))
				best = slot;
		}
		if (!best)
			return 0;
		found = unused_run(vmm, best, pages, &left);
	}
	return found;
}

uint64_t check_ram(struct check_vmm *vmm, uint64_t pages)
{
	struct session_vm *vm = session_vm(vmm);

	if (!vm)
		return 0;
	if (vm->ram_pages < pages) {
		uint64_t gpa = vmm->options->gpa;

		if (gpa == 0)
			gpa = find_ram(vmm, vm, pages);
		for (uint64_t i = 0; i < pages && gpa != 0; i++)
			if (!slot_of(vm, gpa + i * PAGE))
				gpa = 0;
		if (gpa == 0) {
			vmm->no_ram = true;
			return 0;
		}
		vm->ram = gpa;
		vm->ram_pages = pages;
	}
	return vm->ram;
}

uint64_t check_rom(struct check_vmm *vmm)
{
	struct session_vm *vm = session_vm(vmm);

	for (size_t i = 0; vm && i < SESSION_MAX_SLOTS; i++)
		if (vm->slots[i].size >= PAGE && vm->slots[i].flags & UAPI_KVM_MEM_READONLY)
			return vm->slots[i].gpa;
	return 0;
}

static uint64_t end_of_slots(const struct session_vm *vm, bool writable)
{
	uint64_t end = 0;

	for (size_t i = 0; i < SESSION_MAX_SLOTS; i++)
		if (vm->slots[i].size > 0 && vm->slots[i].gpa + vm->slots[i].size > end &&
		    !(writable && vm->slots[i].flags & UAPI_KVM_MEM_READONLY))
			end = vm->slots[i].gpa + vm->slots[i].size;
	return end;
}

/* The first such address above all slots and above the devices of a PC. */
uint64_t check_hole(struct check_vmm *vmm)
{
	struct session_vm *vm = session_vm(vmm);
	uint64_t end = vm ? end_of_slots(vm, false) : 0;

	if (!vm)
		return 0;
	return (end < below_4g ? below_4g : end) + (UINT64_C(1) << 30);
}

uint64_t check_last_page(struct check_vmm *vmm)
{
	struct session_vm *vm = session_vm(vmm);
	uint64_t end = vm ? end_of_slots(vm, true) : 0;

	return end >= PAGE && !slot_of(vm, end) ? end - PAGE : 0;
}
