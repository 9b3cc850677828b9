/* SPDX-License-Identifier: MIT */
#ifndef SIM_TSM_INTERNAL_H
#define SIM_TSM_INTERNAL_H

#include "sim/guest/tsm.h"

/* Shared by tsm.c (entries and their reports) and tsm_file.c (descriptors). */
struct sim_tsm_entry {
	struct sim_tsm_entry *next;
	struct sim_tsm *tsm;
	uint64_t id;
	char *name;
	unsigned refs;       /* one of the directory, one of each open file */
	bool is_dead;        /* rmdir */
	uint32_t attributes; /* this and the next: the provider's at mkdir */
	size_t outblob_max;
	struct sim_tsm_request request;
	uint64_t write_generation, read_generation;
	bool has_report; /* an empty report is one, too */
	struct sim_tsm_blobs blobs;
};

struct sim_tsm {
	const struct sim_tsm_provider *provider; /* NULL: none */
	void *provider_ctx;
	struct sim_tsm_entry *entries; /* by id, ascending */
	uint64_t last_id;
	unsigned n_files;
	unsigned refused_stores;

	struct sim_tsm_read *waiting; /* for their turn, in order */
	struct sim_tsm_read *served;  /* whose report is under way; NULL: none is */
	struct sim_tsm_request request;
	uint64_t generation; /* of the report under way: the entry's write_generation when it began */
	bool is_pumping;
};

struct sim_tsm_file {
	struct sim_tsm_entry *entry;
	enum sim_tsm_attr attr;
	bool can_read, can_write;
	bool is_written; /* a write(2) came, so close(2) stores */
	bool is_filled;
	uint8_t *data; /* read: the private copy; write: what close(2) stores */
	size_t size;
	unsigned n_reads; /* under way */
};

struct sim_tsm_entry *tsm_entry(const struct sim_tsm *tsm, uint64_t id);
void tsm_entry_put(struct sim_tsm_entry *entry);
/* Queues a read for its report, and serves the queue. */
void tsm_queue(struct sim_tsm *tsm, struct sim_tsm_read *read);
/* The descriptor's copy of its blob, of a report that is up to date. 0 or -errno. */
int tsm_file_fill_blob(struct sim_tsm_file *file);
/* Ends a read: with its bytes when result is 0. */
void tsm_read_end(struct sim_tsm_read *read, int result);
/* One store of an attribute: 0 or -errno. Of text, `from` is followed by a NUL. */
int tsm_entry_store(struct sim_tsm_entry *entry, enum sim_tsm_attr attr, const void *from, size_t n);

#endif
