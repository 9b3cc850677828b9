/* SPDX-License-Identifier: MIT */
#ifndef SIM_TSM_H
#define SIM_TSM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/*
 * configfs-tsm, the tree below /sys/kernel/config/tsm/report, as a state machine: what mkdir(2), open(2),
 * read(2), write(2) and close(2) do there, for code that serves files (FUSE in run/, tests). It is
 * independent of TEEs: a provider makes the reports asynchronously, so reads end in a callback.
 *
 * Known behavior of the kernel is reproduced: binary attributes are stored at close(2), which does not return
 * the result (B48); a descriptor reads its own copy, taken at its first read; one write(2) of a text
 * attribute is one store.
 *
 * While a report is made, the kernel blocks all callers; here only readers of reports wait. Writes, mkdir and
 * rmdir are executed at once, with the same effect as just after the report.
 *
 * Threads   one thread per tree
 * Spec      Linux Documentation/ABI/testing/configfs-tsm, drivers/virt/coco/guest/report.c,
 *           fs/configfs/file.c
 */
struct sim_tsm;

enum sim_tsm_attr {
	SIM_TSM_INBLOB,
	SIM_TSM_OUTBLOB,
	SIM_TSM_AUXBLOB,
	SIM_TSM_MANIFESTBLOB,
	SIM_TSM_PROVIDER,
	SIM_TSM_GENERATION,
	SIM_TSM_PRIVLEVEL,
	SIM_TSM_PRIVLEVEL_FLOOR,
	SIM_TSM_SERVICE_PROVIDER,
	SIM_TSM_SERVICE_GUID,
	SIM_TSM_SERVICE_MANIFEST_VERSION,
	SIM_TSM_N_ATTRS,
};

enum {
	SIM_TSM_INBLOB_MAX_BYTES = 64,
	SIM_TSM_BLOB_MAX_BYTES = 32 * 1024,
	SIM_TSM_TEXT_MAX_BYTES = 4095, /* of one write(2) */
	SIM_TSM_PRIVLEVEL_MAX = 3,
};

/* What stat(2) says of an attribute. */
struct sim_tsm_attr_info {
	const char *name;
	unsigned mode;  /* permission bits: 0444 read-only, 0200 write-only; no attribute is both */
	uint32_t size;  /* st_size: 4096 for text, 0 for binary */
	bool is_binary; /* and then has no llseek */
};
/* NULL: no such attribute. */
const struct sim_tsm_attr_info *sim_tsm_attr_info(enum sim_tsm_attr attr);

/* Input of a report. Borrowed until sim_tsm_answer(). */
struct sim_tsm_request {
	uint8_t inblob[SIM_TSM_INBLOB_MAX_BYTES];
	size_t inblob_size;     /* never 0 */
	uint32_t privlevel;     /* 0 when it was never set, also where the floor is higher (B35) */
	char *service_provider; /* NULL: never set */
	uint8_t service_guid[16];
	uint32_t service_manifest_version;
};

/* A report and what came with it: heap, of malloc(3). A size of 0 reads as an empty file. */
struct sim_tsm_blobs {
	uint8_t *outblob, *auxblob, *manifestblob;
	size_t outblob_size, auxblob_size, manifestblob_size;
};
void sim_tsm_blobs_done(struct sim_tsm_blobs *blobs);

struct sim_tsm_provider {
	const char *name;    /* "sev_guest", "tdx_guest" */
	uint32_t attributes; /* which attributes entries have: bits 1 << enum sim_tsm_attr */
	uint32_t privlevel_floor;
	size_t outblob_max; /* sim_linux's tsm_outblob_max. The other blobs keep 32 KiB. */
	/*
	 * Starts a report. The provider then calls sim_tsm_answer(tsm, ...) once: later, or from in here.
	 * Only one report is in progress at a time, over all entries.
	 */
	void (*report)(void *ctx, const struct sim_tsm_request *request, struct sim_tsm *tsm);
};

/* -ENOMEM */
JURAT_MUST_CHECK int sim_tsm_new(struct sim_tsm **ret, struct jurat_error *err);
/* All files must be closed and no report in progress: complete the provider's request first. */
void sim_tsm_free(struct sim_tsm *tsm);

/*
 * provider, ctx  borrowed until unregistered and a report under way has been answered
 * Returns        of register: 0; -EBUSY there is a provider, or there are entries
 *                of unregister: nothing. Entries stay, with what reports they have; new reports are -ENXIO.
 */
JURAT_MUST_CHECK int sim_tsm_register(struct sim_tsm *tsm, const struct sim_tsm_provider *provider,
				      void *ctx);
void sim_tsm_unregister(struct sim_tsm *tsm);
/*
 * The provider's result for the report in progress.
 *
 * result    0, or -errno, which the reader gets; nothing is kept then, and the next read tries again. A
 *           positive number, which is what sev-guest has for a GHCB error (B13), is no error to the kernel:
 *           the reader gets the end of the file, and the next read tries again (B61)
 * blobs     with result 0: ownership is taken. Otherwise ignored; may be NULL.
 */
void sim_tsm_answer(struct sim_tsm *tsm, int result, struct sim_tsm_blobs *blobs);

/*
 * Entries, the directories below report/. They are identified by an id, from 1, that is never reused, so a
 * stale id does no harm.
 *
 * mkdir     0; -EINVAL not a name ("", ".", "..", with a '/'); -ENAMETOOLONG over 255; -EEXIST; -ENXIO no
 *           provider; -ENOMEM
 * rmdir     0; -ENOENT. Open descriptors then give -ENOENT, save for what they have read already.
 * find      the id; 0: none
 * next      the smallest id above `after`; 0: none. For readdir.
 * name      NULL: gone. Borrowed until rmdir.
 * has       whether the entry is there and has the attribute
 */
JURAT_MUST_CHECK int sim_tsm_mkdir(struct sim_tsm *tsm, const char *name, uint64_t *ret_id);
JURAT_MUST_CHECK int sim_tsm_rmdir(struct sim_tsm *tsm, const char *name);
uint64_t sim_tsm_find(const struct sim_tsm *tsm, const char *name);
uint64_t sim_tsm_next(const struct sim_tsm *tsm, uint64_t after);
const char *sim_tsm_name(const struct sim_tsm *tsm, uint64_t id);
bool sim_tsm_has(const struct sim_tsm *tsm, uint64_t id, enum sim_tsm_attr attr);
/* The attribute that an entry has under this name; -ENOENT. */
int sim_tsm_lookup(const struct sim_tsm *tsm, uint64_t id, const char *name);

/* One open file description. */
struct sim_tsm_file;

/*
 * flags     of open(2): the access mode counts, O_TRUNC and O_CREAT change nothing
 * Returns   0; -ENOENT no such entry or attribute; -EACCES not in this direction; -ENOMEM
 */
JURAT_MUST_CHECK int sim_tsm_open(struct sim_tsm *tsm, uint64_t id, enum sim_tsm_attr attr, int flags,
				  struct sim_tsm_file **ret);
/*
 * The last close(2): what was written to a binary attribute is stored now. No read may be under way. Takes
 * NULL.
 *
 * Returns   what the store gave, for traces: 0 stored, or nothing to store; -EBUSY, -ENOENT ... not stored.
 *           close(2) itself is 0 whatever this says.
 */
int sim_tsm_close(struct sim_tsm_file *file);

/*
 * read(2) at an offset, in the caller's storage: set `done` and `ctx`, and leave `next` alone. `done` is
 * called exactly once, from in here or when the provider has answered, and may do anything but free the tree.
 *
 * result    0, and the bytes are `data`, `size` of them, borrowed for the call: no more than `n`, none at the
 *           end. -errno: -EBADF not open for reading; -EINVAL nothing was written to inblob; -ENXIO no
 *           provider; -ENOENT the entry is gone; -EFBIG larger than the attribute may be; -ENOMEM; what the
 *           provider gave
 */
struct sim_tsm_read {
	void (*done)(struct sim_tsm_read *read, int result, const uint8_t *data, size_t size);
	void *ctx;
	struct sim_tsm_read *next;
	struct sim_tsm_file *file; /* this and what follows: sim_tsm_read's */
	uint64_t off;
	size_t n;
};
void sim_tsm_read(struct sim_tsm_file *file, uint64_t off, size_t n, struct sim_tsm_read *read);

/*
 * write(2) at an offset, which counts for binary attributes only: text is stored whole, at most 4095 bytes of
 * it.
 *
 * Returns   how many bytes were taken; -EBADF not open for writing; -EFAULT n is 0; -EFBIG past 64 bytes;
 *           -ENOENT the entry is gone; -EINVAL, -ERANGE not a number, or none that is allowed; -EBUSY as many
 *           writes as there are generations, and no read; -ENXIO no provider; -ENOMEM
 */
JURAT_MUST_CHECK ssize_t sim_tsm_write(struct sim_tsm_file *file, uint64_t off, const void *from, size_t n);

/* Faults: the next `n` stores, whatever the entry, are -EBUSY. */
void sim_tsm_refuse_stores(struct sim_tsm *tsm, unsigned n);
/* Faults: as if `n` stores had been accepted that changed nothing. -ENOENT. */
int sim_tsm_skip_generations(struct sim_tsm *tsm, uint64_t id, uint64_t n);

#endif
