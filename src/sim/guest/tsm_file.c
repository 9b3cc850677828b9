/* SPDX-License-Identifier: MIT */
#include "sim/guest/tsm_internal.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"

enum { GUID_BYTES = 16 };

int sim_tsm_open(struct sim_tsm *tsm, uint64_t id, enum sim_tsm_attr attr, int flags,
		 struct sim_tsm_file **ret)
{
	const struct sim_tsm_attr_info *info = sim_tsm_attr_info(attr);
	int access = flags & O_ACCMODE;
	struct sim_tsm_file *file;

	if (!sim_tsm_has(tsm, id, attr))
		return -ENOENT;
	if ((access != O_WRONLY && !(info->mode & 0444)) || (access != O_RDONLY && !(info->mode & 0222)))
		return -EACCES;
	file = calloc(1, sizeof(*file));
	if (!file)
		return -ENOMEM;
	file->entry = tsm_entry(tsm, id);
	file->entry->refs++;
	file->attr = attr;
	file->can_read = access == O_RDONLY;
	file->can_write = access == O_WRONLY;
	tsm->n_files++;
	*ret = file;
	return 0;
}

int sim_tsm_close(struct sim_tsm_file *file)
{
	int r = 0;

	if (!file)
		return 0;
	assert(file->n_reads == 0);
	if (file->is_written)
		r = tsm_entry_store(file->entry, file->attr, file->data, file->size);
	file->entry->tsm->n_files--;
	tsm_entry_put(file->entry);
	free(file->data);
	free(file);
	return r;
}

/* Fills the descriptor's private copy. After an empty copy, the next read tries again, as in the kernel. */
static int fill(struct sim_tsm_file *file, const void *from, size_t n)
{
	if (file->is_filled || n == 0)
		return 0;
	file->data = malloc(n);
	if (!file->data)
		return -ENOMEM;
	memcpy(file->data, from, n);
	file->size = n;
	file->is_filled = true;
	return 0;
}

int tsm_file_fill_blob(struct sim_tsm_file *file)
{
	const struct sim_tsm_blobs *blobs = &file->entry->blobs;
	size_t max = SIM_TSM_BLOB_MAX_BYTES;
	const uint8_t *from;
	size_t n;

	if (file->is_filled)
		return 0;
	switch (file->attr) {
	case SIM_TSM_OUTBLOB:
		from = blobs->outblob;
		n = blobs->outblob_size;
		max = file->entry->outblob_max;
		break;
	case SIM_TSM_AUXBLOB:
		from = blobs->auxblob;
		n = blobs->auxblob_size;
		break;
	default:
		from = blobs->manifestblob;
		n = blobs->manifestblob_size;
		break;
	}
	return n > max ? -EFBIG : fill(file, from, n);
}

static int fill_text(struct sim_tsm_file *file)
{
	const struct sim_tsm_entry *entry = file->entry;
	const struct sim_tsm_provider *provider = entry->tsm->provider;
	char text[64];
	int n;

	if (entry->is_dead)
		return -ENOENT;
	if (!provider && file->attr != SIM_TSM_GENERATION)
		return -ENXIO;
	switch (file->attr) {
	case SIM_TSM_GENERATION:
		n = snprintf(text, sizeof(text), "%llu\n", (unsigned long long)entry->write_generation);
		break;
	case SIM_TSM_PROVIDER:
		n = snprintf(text, sizeof(text), "%s\n", provider->name);
		break;
	default:
		n = snprintf(text, sizeof(text), "%u\n", provider->privlevel_floor);
		break;
	}
	assert(n > 0 && (size_t)n < sizeof(text));
	return fill(file, text, (size_t)n);
}

void tsm_read_end(struct sim_tsm_read *read, int result)
{
	struct sim_tsm_file *file = read->file;
	size_t n = 0;

	file->n_reads--;
	if (result == 0 && file->is_filled && read->off < file->size) {
		n = file->size - (size_t)read->off;
		n = n < read->n ? n : read->n;
	}
	read->done(read, result, n > 0 ? file->data + read->off : NULL, n);
}

void sim_tsm_read(struct sim_tsm_file *file, uint64_t off, size_t n, struct sim_tsm_read *read)
{
	int r = 0;

	read->file = file;
	read->off = off;
	read->n = n;
	file->n_reads++;
	if (!file->can_read)
		r = -EBADF;
	else if (file->is_filled)
		r = 0;
	else if (!sim_tsm_attr_info(file->attr)->is_binary)
		r = fill_text(file);
	else if (file->entry->is_dead)
		r = -ENOENT;
	else {
		tsm_queue(file->entry->tsm, read);
		return;
	}
	tsm_read_end(read, r);
}

/*
 * Collects what close(2) will store: at most 64 bytes, gaps are zero. As in the kernel, close(2) stores even
 * after a failed write.
 */
static ssize_t write_blob(struct sim_tsm_file *file, uint64_t off, const void *from, size_t n)
{
	uint8_t *grown;

	file->is_written = true;
	if (off > SIM_TSM_INBLOB_MAX_BYTES || n > SIM_TSM_INBLOB_MAX_BYTES - off)
		return -EFBIG;
	if (n == 0)
		return -EFAULT;
	if (off + n > file->size) {
		grown = realloc(file->data, (size_t)off + n);
		if (!grown)
			return -ENOMEM;
		memset(grown + file->size, 0, (size_t)off + n - file->size);
		file->data = grown;
		file->size = (size_t)off + n;
	}
	memcpy(file->data + off, from, n);
	return (ssize_t)n;
}

ssize_t sim_tsm_write(struct sim_tsm_file *file, uint64_t off, const void *from, size_t n)
{
	char text[SIM_TSM_TEXT_MAX_BYTES + 1];
	int r;

	if (!file->can_write)
		return -EBADF;
	if (sim_tsm_attr_info(file->attr)->is_binary)
		return write_blob(file, off, from, n);
	if (n == 0)
		return -EFAULT;
	if (n > SIM_TSM_TEXT_MAX_BYTES)
		n = SIM_TSM_TEXT_MAX_BYTES;
	memcpy(text, from, n);
	text[n] = '\0';
	r = tsm_entry_store(file->entry, file->attr, text, n);
	return r < 0 ? r : (ssize_t)n;
}

/*
 * An unsigned number in the syntax of kstrtouint(base 0): 10, 0x1f, 017, with an optional leading + and an
 * optional trailing newline. Spec: Linux lib/kstrtox.c.
 */
static int parse_uint(const char *text, uint32_t *ret)
{
	static const char digits[] = "0123456789abcdef";
	unsigned base = 10;
	uint64_t v = 0;
	const char *first;

	if (*text == '+')
		text++;
	if (text[0] == '0' && (text[1] | 0x20) == 'x' && isxdigit((unsigned char)text[2])) {
		base = 16;
		text += 2;
	} else if (text[0] == '0') {
		base = 8;
	}
	for (first = text; *text; text++) {
		const char *digit = memchr(digits, tolower((unsigned char)*text), base);

		if (!digit)
			break;
		if (__builtin_mul_overflow(v, base, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(digit - digits), &v))
			return -ERANGE;
	}
	if (text == first)
		return -EINVAL;
	if (*text == '\n')
		text++;
	if (*text)
		return -EINVAL;
	if (v > UINT32_MAX)
		return -ERANGE;
	*ret = (uint32_t)v;
	return 0;
}

/* A GUID as text; as in Linux's guid_parse(), anything may follow it. The result is in EFI byte order. */
static int parse_guid(const char *text, uint8_t ret[GUID_BYTES])
{
	static const uint8_t order[GUID_BYTES] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
	static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	char hex[2 * GUID_BYTES + 1] = { 0 };
	uint8_t bytes[GUID_BYTES];
	size_t n = 0;

	for (size_t i = 0; shape[i]; i++) {
		if (shape[i] == 'x' && text[i])
			hex[n++] = text[i];
		else if (text[i] != '-' || shape[i] != '-')
			return -EINVAL;
	}
	if (!bytes_from_hex(hex, bytes, sizeof(bytes)))
		return -EINVAL;
	for (size_t i = 0; i < GUID_BYTES; i++)
		ret[order[i]] = bytes[i];
	return 0;
}

/* Counts a store. -EBUSY: the generation would wrap to that of the last report, which would seem current. */
static int advance(struct sim_tsm_entry *entry)
{
	if (entry->tsm->refused_stores > 0) {
		entry->tsm->refused_stores--;
		return -EBUSY;
	}
	if (entry->write_generation == entry->read_generation - 1)
		return -EBUSY;
	entry->write_generation++;
	return 0;
}

static int store_service_provider(struct sim_tsm_entry *entry, const char *text, size_t n)
{
	char *copy;
	int r = advance(entry);

	if (r < 0)
		return r;
	copy = strndup(text, text[n - 1] == '\n' ? n - 1 : n);
	if (!copy)
		return -ENOMEM;
	free(entry->request.service_provider);
	entry->request.service_provider = copy;
	return 0;
}

static int store_uint(struct sim_tsm_entry *entry, enum sim_tsm_attr attr, const char *text)
{
	const struct sim_tsm_provider *provider = entry->tsm->provider;
	uint32_t v = 0;
	int r = parse_uint(text, &v);

	if (r < 0)
		return r;
	if (attr == SIM_TSM_PRIVLEVEL && !provider)
		return -ENXIO;
	if (attr == SIM_TSM_PRIVLEVEL && (v < provider->privlevel_floor || v > SIM_TSM_PRIVLEVEL_MAX))
		return -EINVAL;
	r = advance(entry);
	if (r < 0)
		return r;
	if (attr == SIM_TSM_PRIVLEVEL)
		entry->request.privlevel = v;
	else
		entry->request.service_manifest_version = v;
	return 0;
}

int tsm_entry_store(struct sim_tsm_entry *entry, enum sim_tsm_attr attr, const void *from, size_t n)
{
	struct sim_tsm_request *request = &entry->request;
	int r;

	if (entry->is_dead)
		return -ENOENT;
	if (attr == SIM_TSM_SERVICE_PROVIDER)
		return store_service_provider(entry, from, n);
	if (attr == SIM_TSM_PRIVLEVEL || attr == SIM_TSM_SERVICE_MANIFEST_VERSION)
		return store_uint(entry, attr, from);
	r = advance(entry);
	if (r < 0)
		return r;
	if (attr == SIM_TSM_SERVICE_GUID) { /* the generation advances even if the GUID is invalid */
		memset(request->service_guid, 0, sizeof(request->service_guid));
		return parse_guid(from, request->service_guid);
	}
	assert(attr == SIM_TSM_INBLOB && n <= sizeof(request->inblob));
	request->inblob_size = n;
	if (n > 0)
		memcpy(request->inblob, from, n);
	return 0;
}
