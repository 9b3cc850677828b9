/* SPDX-License-Identifier: MIT */
#include "sim/guest/tsm_internal.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static const struct sim_tsm_attr_info infos[SIM_TSM_N_ATTRS] = {
	[SIM_TSM_INBLOB] = { "inblob", 0200, 0, true },
	[SIM_TSM_OUTBLOB] = { "outblob", 0444, 0, true },
	[SIM_TSM_AUXBLOB] = { "auxblob", 0444, 0, true },
	[SIM_TSM_MANIFESTBLOB] = { "manifestblob", 0444, 0, true },
	[SIM_TSM_PROVIDER] = { "provider", 0444, 4096, false },
	[SIM_TSM_GENERATION] = { "generation", 0444, 4096, false },
	[SIM_TSM_PRIVLEVEL] = { "privlevel", 0200, 4096, false },
	[SIM_TSM_PRIVLEVEL_FLOOR] = { "privlevel_floor", 0444, 4096, false },
	[SIM_TSM_SERVICE_PROVIDER] = { "service_provider", 0200, 4096, false },
	[SIM_TSM_SERVICE_GUID] = { "service_guid", 0200, 4096, false },
	[SIM_TSM_SERVICE_MANIFEST_VERSION] = { "service_manifest_version", 0200, 4096, false },
};

const struct sim_tsm_attr_info *sim_tsm_attr_info(enum sim_tsm_attr attr)
{
	return (unsigned)attr < SIM_TSM_N_ATTRS ? &infos[attr] : NULL;
}

void sim_tsm_blobs_done(struct sim_tsm_blobs *blobs)
{
	free(blobs->outblob);
	free(blobs->auxblob);
	free(blobs->manifestblob);
	*blobs = (struct sim_tsm_blobs){ 0 };
}

int sim_tsm_new(struct sim_tsm **ret, struct jurat_error *err)
{
	struct sim_tsm *tsm = calloc(1, sizeof(*tsm));

	if (!tsm)
		return jurat_fail_memory(err);
	*ret = tsm;
	return 0;
}

void sim_tsm_free(struct sim_tsm *tsm)
{
	if (!tsm)
		return;
	assert(!tsm->served && !tsm->waiting && tsm->n_files == 0);
	while (tsm->entries) {
		struct sim_tsm_entry *entry = tsm->entries;

		tsm->entries = entry->next;
		tsm_entry_put(entry);
	}
	free(tsm);
}

int sim_tsm_register(struct sim_tsm *tsm, const struct sim_tsm_provider *provider, void *ctx)
{
	if (tsm->provider || tsm->entries)
		return -EBUSY;
	tsm->provider = provider;
	tsm->provider_ctx = ctx;
	return 0;
}

void sim_tsm_unregister(struct sim_tsm *tsm)
{
	tsm->provider = NULL;
	tsm->provider_ctx = NULL;
}

struct sim_tsm_entry *tsm_entry(const struct sim_tsm *tsm, uint64_t id)
{
	struct sim_tsm_entry *entry = tsm->entries;

	while (entry && entry->id < id)
		entry = entry->next;
	return entry && entry->id == id ? entry : NULL;
}

void tsm_entry_put(struct sim_tsm_entry *entry)
{
	if (--entry->refs > 0)
		return;
	sim_tsm_blobs_done(&entry->blobs);
	free(entry->request.service_provider);
	free(entry->name);
	free(entry);
}

static struct sim_tsm_entry *find_name(const struct sim_tsm *tsm, const char *name)
{
	struct sim_tsm_entry *entry = tsm->entries;

	while (entry && strcmp(entry->name, name) != 0)
		entry = entry->next;
	return entry;
}

int sim_tsm_mkdir(struct sim_tsm *tsm, const char *name, uint64_t *ret_id)
{
	struct sim_tsm_entry *entry, **tail = &tsm->entries;

	if (name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strchr(name, '/'))
		return -EINVAL;
	if (strlen(name) > NAME_MAX)
		return -ENAMETOOLONG;
	if (find_name(tsm, name))
		return -EEXIST;
	if (!tsm->provider)
		return -ENXIO;
	entry = calloc(1, sizeof(*entry));
	if (entry)
		entry->name = strdup(name);
	if (!entry || !entry->name) {
		free(entry);
		return -ENOMEM;
	}
	entry->tsm = tsm;
	entry->id = ++tsm->last_id;
	entry->refs = 1;
	entry->attributes = tsm->provider->attributes;
	entry->outblob_max = tsm->provider->outblob_max;
	while (*tail)
		tail = &(*tail)->next;
	*tail = entry;
	*ret_id = entry->id;
	return 0;
}

int sim_tsm_rmdir(struct sim_tsm *tsm, const char *name)
{
	struct sim_tsm_entry *entry = find_name(tsm, name), **at = &tsm->entries;

	if (!entry)
		return -ENOENT;
	while (*at != entry)
		at = &(*at)->next;
	*at = entry->next;
	entry->next = NULL;
	entry->is_dead = true;
	tsm_entry_put(entry);
	return 0;
}

uint64_t sim_tsm_find(const struct sim_tsm *tsm, const char *name)
{
	const struct sim_tsm_entry *entry = find_name(tsm, name);

	return entry ? entry->id : 0;
}

uint64_t sim_tsm_next(const struct sim_tsm *tsm, uint64_t after)
{
	const struct sim_tsm_entry *entry = tsm->entries;

	while (entry && entry->id <= after)
		entry = entry->next;
	return entry ? entry->id : 0;
}

const char *sim_tsm_name(const struct sim_tsm *tsm, uint64_t id)
{
	const struct sim_tsm_entry *entry = tsm_entry(tsm, id);

	return entry ? entry->name : NULL;
}

bool sim_tsm_has(const struct sim_tsm *tsm, uint64_t id, enum sim_tsm_attr attr)
{
	const struct sim_tsm_entry *entry = tsm_entry(tsm, id);

	return entry && (unsigned)attr < SIM_TSM_N_ATTRS && entry->attributes >> attr & 1;
}

int sim_tsm_lookup(const struct sim_tsm *tsm, uint64_t id, const char *name)
{
	for (unsigned attr = 0; attr < SIM_TSM_N_ATTRS; attr++)
		if (strcmp(infos[attr].name, name) == 0)
			return sim_tsm_has(tsm, id, attr) ? (int)attr : -ENOENT;
	return -ENOENT;
}

/* 0: the report is current; -EAGAIN: a new report is needed; -EINVAL: there is no inblob */
static int judge_report(const struct sim_tsm_entry *entry)
{
	if (entry->request.inblob_size == 0)
		return -EINVAL;
	return entry->has_report && entry->read_generation == entry->write_generation ? 0 : -EAGAIN;
}

/* Requests a report for this read, whose descriptor holds a reference to the entry. */
static void start_report(struct sim_tsm *tsm, struct sim_tsm_read *read)
{
	struct sim_tsm_entry *entry = read->file->entry;

	tsm->request = entry->request;
	if (entry->request.service_provider) {
		tsm->request.service_provider = strdup(entry->request.service_provider);
		if (!tsm->request.service_provider) {
			tsm_read_end(read, -ENOMEM);
			return;
		}
	}
	sim_tsm_blobs_done(&entry->blobs);
	entry->has_report = false;
	tsm->generation = entry->write_generation;
	tsm->served = read;
	tsm->provider->report(tsm->provider_ctx, &tsm->request, tsm);
}

static void serve(struct sim_tsm *tsm, struct sim_tsm_read *read)
{
	int r = read->file->is_filled ? 0 : judge_report(read->file->entry);

	if (r == -EAGAIN && tsm->provider) {
		start_report(tsm, read);
		return;
	}
	if (r == 0)
		r = tsm_file_fill_blob(read->file);
	tsm_read_end(read, r == -EAGAIN ? -ENXIO : r);
}

/*
 * Serves reads in order until one waits for a report. Not reentrant: the functions called may queue a read or
 * complete a report at once.
 */
static void pump(struct sim_tsm *tsm)
{
	if (tsm->is_pumping)
		return;
	tsm->is_pumping = true;
	while (tsm->waiting && !tsm->served) {
		struct sim_tsm_read *read = tsm->waiting;

		tsm->waiting = read->next;
		serve(tsm, read);
	}
	tsm->is_pumping = false;
}

void tsm_queue(struct sim_tsm *tsm, struct sim_tsm_read *read)
{
	struct sim_tsm_read **tail = &tsm->waiting;

	while (*tail)
		tail = &(*tail)->next;
	read->next = NULL;
	*tail = read;
	pump(tsm);
}

void sim_tsm_answer(struct sim_tsm *tsm, int result, struct sim_tsm_blobs *blobs)
{
	struct sim_tsm_read *read = tsm->served;
	struct sim_tsm_entry *entry;

	assert(read);
	entry = read->file->entry;
	tsm->served = NULL;
	free(tsm->request.service_provider);
	tsm->request = (struct sim_tsm_request){ 0 };
	if (result == 0) {
		entry->blobs = *blobs;
		*blobs = (struct sim_tsm_blobs){ 0 };
		entry->has_report = true;
		entry->read_generation = tsm->generation;
		result = tsm_file_fill_blob(read->file);
	} else if (result > 0) { /* not an error to the kernel, although there is no report (B61) */
		entry->read_generation = tsm->generation;
		result = 0;
	}
	tsm_read_end(read, result);
	pump(tsm);
}

void sim_tsm_refuse_stores(struct sim_tsm *tsm, unsigned n)
{
	tsm->refused_stores = n;
}

int sim_tsm_skip_generations(struct sim_tsm *tsm, uint64_t id, uint64_t n)
{
	struct sim_tsm_entry *entry = tsm_entry(tsm, id);

	if (!entry)
		return -ENOENT;
	entry->write_generation += n;
	return 0;
}
