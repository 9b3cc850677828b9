/* SPDX-License-Identifier: MIT */
#include "sim/kvm/kvm_memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

struct kvm_chunk {
	uint64_t number; /* first page / KVM_CHUNK_PAGES */
	uint64_t shared; /* bit i: page i */
	uint64_t lost;   /* to the firmware */
	uint8_t *pages[KVM_CHUNK_PAGES];
	uint8_t **behind; /* what the host accesses in place of private pages; NULL: nothing yet */
	/* Digests of the pages whose bit is in `known`; all of these are in kvm_memory.sum. NULL: none. */
	struct base_mix *digests;
	uint64_t known;
};
_Static_assert(KVM_CHUNK_PAGES == 64, "one bit of kvm_chunk.shared for each page");

void kvm_memory_init(struct kvm_memory *memory, uint64_t n_pages)
{
	*memory = (struct kvm_memory){ .n_pages = n_pages };
}

void kvm_memory_done(struct kvm_memory *memory)
{
	for (size_t i = 0; i < memory->n_chunks; i++) {
		struct kvm_chunk *chunk = memory->chunks[i];

		for (unsigned p = 0; p < KVM_CHUNK_PAGES; p++) {
			free(chunk->pages[p]);
			if (chunk->behind)
				free(chunk->behind[p]);
		}
		free(chunk->behind);
		free(chunk->digests);
		free(chunk);
	}
	free(memory->chunks);
	*memory = (struct kvm_memory){ 0 };
}

/* The index of the chunk, or where to insert it. */
static size_t place(const struct kvm_memory *memory, uint64_t number)
{
	size_t low = 0, high = memory->n_chunks;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memory->chunks[middle]->number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct kvm_chunk *find(const struct kvm_memory *memory, uint64_t number)
{
	size_t at = place(memory, number);

	return at < memory->n_chunks && memory->chunks[at]->number == number ? memory->chunks[at] : NULL;
}

static struct kvm_chunk *find_or_add(struct kvm_memory *memory, uint64_t number)
{
	struct kvm_chunk *chunk = find(memory, number);
	size_t at = place(memory, number);

	if (chunk)
		return chunk;
	if (memory->n_chunks == memory->room) {
		size_t room = memory->room ? 2 * memory->room : 2;
		struct kvm_chunk **more = reallocarray(memory->chunks, room, sizeof(struct kvm_chunk *));

		if (!more)
			return NULL;
		memory->chunks = more;
		memory->room = room;
	}
	chunk = calloc(1, sizeof(*chunk));
	if (!chunk)
		return NULL;
	chunk->number = number;
	memmove(&memory->chunks[at + 1], &memory->chunks[at],
		(memory->n_chunks - at) * sizeof(struct kvm_chunk *));
	memory->chunks[at] = chunk;
	memory->n_chunks++;
	return chunk;
}

/* The bits of `chunk number` that lie in [first, first + npages). */
static uint64_t chunk_bits(uint64_t number, uint64_t first, uint64_t npages)
{
	uint64_t start = number * KVM_CHUNK_PAGES;
	uint64_t low = first > start ? first - start : 0;
	uint64_t left = first + npages - start; /* pages from here to the end of the range */
	uint64_t below_end = left >= KVM_CHUNK_PAGES ? UINT64_MAX : (UINT64_C(1) << left) - 1;

	return below_end & UINT64_MAX << low;
}

/* Digests, see kvm_memory_mix(). */

enum { BLOCK_BYTES = 128 };

static bool is_zero_block(const uint8_t *p)
{
	uint64_t word, any = 0;

	for (unsigned i = 0; i < BLOCK_BYTES; i += sizeof(word)) {
		memcpy(&word, p + i, sizeof(word));
		any |= word;
	}
	return any == 0;
}

/* Most pages are short messages, or fields at both ends of a page: zeros are only looked at. */
static void mix_page(const uint8_t *page, struct base_mix *to)
{
	size_t start = 0;

	for (size_t at = 0; at <= KVM_PAGE_BYTES; at += BLOCK_BYTES) {
		if (at < KVM_PAGE_BYTES && !is_zero_block(page + at))
			continue;
		if (at > start) {
			base_mix_u64(to, start);
			base_mix_bytes(to, page + start, at - start);
		}
		start = at + BLOCK_BYTES;
	}
}

/* Nothing, where the page is as it was at the beginning: private, and zero. */
static struct base_mix digest_of(const struct kvm_chunk *chunk, unsigned p)
{
	const uint8_t *page = chunk->pages[p], *behind = chunk->behind ? chunk->behind[p] : NULL;
	uint64_t state = (chunk->shared >> p & 1) | (chunk->lost >> p & 1) << 1;
	struct base_mix content = { 0 }, mix = { 0 };

	if (page)
		mix_page(page, &content);
	if (behind) {
		base_mix_u64(&content, KVM_PAGE_BYTES);
		mix_page(behind, &content);
	}
	if (content.a == 0 && content.b == 0 && state == 0)
		return mix;
	base_mix_u64(&mix, (chunk->number * KVM_CHUNK_PAGES + p) << 2 | state);
	base_mix_u64(&mix, content.a);
	base_mix_u64(&mix, content.b);
	return mix;
}

static void add(struct base_mix *sum, struct base_mix digest)
{
	sum->a += digest.a;
	sum->b += digest.b;
}

static void subtract(struct base_mix *sum, struct base_mix digest)
{
	sum->a -= digest.a;
	sum->b -= digest.b;
}

/* `bits` of the chunk's pages are about to change. */
static void will_change(struct kvm_memory *memory, struct kvm_chunk *chunk, uint64_t bits)
{
	uint64_t known = chunk->known & bits;

	chunk->known &= ~bits;
	for (; known != 0; known &= known - 1)
		subtract(&memory->sum, chunk->digests[__builtin_ctzll(known)]);
}

/* The page has a chunk. Costs nothing where nobody wants digests. */
static void page_will_change(struct kvm_memory *memory, uint64_t gpa)
{
	uint64_t page = gpa / KVM_PAGE_BYTES;

	if (!memory->is_mixed)
		return;
	will_change(memory, find(memory, page / KVM_CHUNK_PAGES), UINT64_C(1) << page % KVM_CHUNK_PAGES);
}

static void drop_page(uint8_t **page)
{
	if (*page)
		bytes_wipe(*page, KVM_PAGE_BYTES);
	free(*page);
	*page = NULL;
}

static void change_state(struct kvm_memory *memory, struct kvm_chunk *chunk, uint64_t bits, bool shared)
{
	uint64_t changed = bits & (shared ? ~chunk->shared : chunk->shared);

	will_change(memory, chunk, changed);
	chunk->shared ^= changed;
	for (unsigned p = 0; p < KVM_CHUNK_PAGES; p++) {
		if (!(changed >> p & 1))
			continue;
		drop_page(&chunk->pages[p]);
		if (chunk->behind)
			drop_page(&chunk->behind[p]);
	}
}

static bool has_lost(const struct kvm_memory *memory, uint64_t first, uint64_t npages)
{
	for (size_t i = 0; memory->n_lost > 0 && i < memory->n_chunks; i++) {
		const struct kvm_chunk *chunk = memory->chunks[i];
		uint64_t start = chunk->number * KVM_CHUNK_PAGES;

		if (start < first + npages && first < start + KVM_CHUNK_PAGES &&
		    chunk->lost & chunk_bits(chunk->number, first, npages))
			return true;
	}
	return false;
}

/* A shared page has a chunk. */
void kvm_memory_lose(struct kvm_memory *memory, uint64_t gpa)
{
	uint64_t page = gpa / KVM_PAGE_BYTES;

	page_will_change(memory, gpa);
	find(memory, page / KVM_CHUNK_PAGES)->lost |= UINT64_C(1) << page % KVM_CHUNK_PAGES;
	memory->n_lost++;
}

int kvm_memory_set_shared(struct kvm_memory *memory, uint64_t gpa, uint64_t npages, bool shared)
{
	uint64_t first = gpa / KVM_PAGE_BYTES, last_chunk;

	if (gpa % KVM_PAGE_BYTES)
		return -EINVAL;
	if (first >= memory->n_pages || npages > memory->n_pages - first || has_lost(memory, first, npages))
		return -EFAULT;
	if (npages == 0)
		return 0;
	last_chunk = (first + npages - 1) / KVM_CHUNK_PAGES;
	for (uint64_t c = first / KVM_CHUNK_PAGES; shared && c <= last_chunk; c++) {
		if (!find_or_add(memory, c))
			return -ENOMEM;
	}
	for (uint64_t c = first / KVM_CHUNK_PAGES; c <= last_chunk; c++) {
		struct kvm_chunk *chunk = find(memory, c);

		if (chunk) /* without a chunk, all pages are private */
			change_state(memory, chunk, chunk_bits(c, first, npages), shared);
	}
	return 0;
}

int kvm_memory_check(const struct kvm_memory *memory, enum kvm_view view, uint64_t gpa, size_t n)
{
	uint64_t size = memory->n_pages * KVM_PAGE_BYTES;

	if (n == 0)
		return 0;
	if (gpa >= size || n > size - gpa)
		return -EFAULT;
	if (has_lost(memory, gpa / KVM_PAGE_BYTES, (gpa + n - 1) / KVM_PAGE_BYTES - gpa / KVM_PAGE_BYTES + 1))
		return -EFAULT;
	if (view != KVM_VIEW_HOST)
		return 0;
	for (uint64_t page = gpa / KVM_PAGE_BYTES; page <= (gpa + n - 1) / KVM_PAGE_BYTES; page++) {
		const struct kvm_chunk *chunk = find(memory, page / KVM_CHUNK_PAGES);

		if (!chunk || !(chunk->shared >> page % KVM_CHUNK_PAGES & 1))
			return -EFAULT;
	}
	return 0;
}

/* How many of `n` bytes at `gpa` are in the same page. */
static size_t slice(uint64_t gpa, size_t n)
{
	size_t in_page = KVM_PAGE_BYTES - gpa % KVM_PAGE_BYTES;

	return n < in_page ? n : in_page;
}

/* Whether the access goes to the slot's userspace mapping instead of the guest's page. */
static bool is_behind(const struct kvm_chunk *chunk, enum kvm_view view, unsigned p)
{
	return view == KVM_VIEW_SLOT && !(chunk->shared >> p & 1);
}

static uint8_t *page_or_null(const struct kvm_memory *memory, enum kvm_view view, uint64_t gpa)
{
	uint64_t page = gpa / KVM_PAGE_BYTES;
	const struct kvm_chunk *chunk = find(memory, page / KVM_CHUNK_PAGES);
	unsigned p = page % KVM_CHUNK_PAGES;

	if (!chunk)
		return NULL;
	if (is_behind(chunk, view, p))
		return chunk->behind ? chunk->behind[p] : NULL;
	return chunk->pages[p];
}

static uint8_t *page_or_add(struct kvm_memory *memory, enum kvm_view view, uint64_t gpa)
{
	uint64_t page = gpa / KVM_PAGE_BYTES;
	struct kvm_chunk *chunk = find_or_add(memory, page / KVM_CHUNK_PAGES);
	unsigned p = page % KVM_CHUNK_PAGES;
	uint8_t **at;

	if (!chunk)
		return NULL;
	at = &chunk->pages[p];
	if (is_behind(chunk, view, p)) {
		if (!chunk->behind)
			chunk->behind = calloc(KVM_CHUNK_PAGES, sizeof(*chunk->behind));
		if (!chunk->behind)
			return NULL;
		at = &chunk->behind[p];
	}
	if (!*at)
		*at = calloc(1, KVM_PAGE_BYTES);
	return *at;
}

int kvm_memory_read(const struct kvm_memory *memory, enum kvm_view view, uint64_t gpa, void *to, size_t n)
{
	uint8_t *out = to;
	int r = kvm_memory_check(memory, view, gpa, n);

	if (r < 0)
		return r;
	while (n > 0) {
		size_t part = slice(gpa, n);
		const uint8_t *page = page_or_null(memory, view, gpa);

		if (page)
			memcpy(out, page + gpa % KVM_PAGE_BYTES, part);
		else
			memset(out, 0, part);
		out += part;
		gpa += part;
		n -= part;
	}
	return 0;
}

int kvm_memory_write(struct kvm_memory *memory, enum kvm_view view, uint64_t gpa, const void *from, size_t n)
{
	const uint8_t *in = from;
	size_t part;
	int r = kvm_memory_check(memory, view, gpa, n);

	if (r < 0)
		return r;
	/* Allocate all pages first: if that fails, nothing is written. Zeros need no page. */
	for (size_t done = 0; done < n; done += part) {
		part = slice(gpa + done, n - done);
		if (!bytes_all(in + done, part, 0) && !page_or_add(memory, view, gpa + done))
			return -ENOMEM;
	}
	for (size_t done = 0; done < n; done += part) {
		uint8_t *page = page_or_null(memory, view, gpa + done);

		part = slice(gpa + done, n - done);
		if (!page)
			continue;
		page_will_change(memory, gpa + done);
		memcpy(page + (gpa + done) % KVM_PAGE_BYTES, in + done, part);
	}
	return 0;
}

uint8_t *kvm_memory_map(struct kvm_memory *memory, uint64_t gpa)
{
	uint8_t *page;

	if (gpa % KVM_PAGE_BYTES || kvm_memory_check(memory, KVM_VIEW_SLOT, gpa, KVM_PAGE_BYTES) < 0)
		return NULL;
	page = page_or_add(memory, KVM_VIEW_SLOT, gpa);
	if (page)
		page_will_change(memory, gpa);
	return page;
}

void kvm_memory_mix(struct kvm_memory *memory, struct base_mix *to)
{
	struct base_mix unkept = { 0 };

	memory->is_mixed = true;
	for (size_t i = 0; i < memory->n_chunks; i++) {
		struct kvm_chunk *chunk = memory->chunks[i];
		uint64_t unknown = ~chunk->known;

		if (unknown && !chunk->digests) /* without memory for them, all are computed each time */
			chunk->digests = malloc(KVM_CHUNK_PAGES * sizeof(*chunk->digests));
		for (; unknown != 0; unknown &= unknown - 1) {
			unsigned p = (unsigned)__builtin_ctzll(unknown);
			struct base_mix digest = digest_of(chunk, p);

			add(chunk->digests ? &memory->sum : &unkept, digest);
			if (chunk->digests)
				chunk->digests[p] = digest;
		}
		if (chunk->digests)
			chunk->known = UINT64_MAX;
	}
	base_mix_u64(to, memory->sum.a + unkept.a);
	base_mix_u64(to, memory->sum.b + unkept.b);
}
