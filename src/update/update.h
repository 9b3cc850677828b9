/* SPDX-License-Identifier: MIT */
#ifndef UPDATE_UPDATE_H
#define UPDATE_UPDATE_H

#include "store/store.h"
#include "update/table.h"

/*
 * The operator's changes of an SNP host: firmware configuration and certificates change together, so that no
 * guest gets a report that its certificates do not verify (doc/decisions/0003, 0032). The order:
 *
 *	1  read the platform status, and foresee what the firmware signs with after the command
 *	2  get the endorsements of that key, check them, and check the table that they make as a guest would
 *	3  store_replace(): new readers wait, those in flight end, the old table is emptied
 *	4  read the status again (another updater may have been first), issue the command, read it back
 *	5  publish the new table, or restore the old one if the firmware did not change
 *
 * When the firmware reports another state than was foreseen, the empty table stays until the table of that
 * state is published, which this tries at once.
 */
enum update_phase {
	UPDATE_STATUS,  /* the platform status was read */
	UPDATE_PLANNED, /* what will follow from the command */
	UPDATE_NOTE,    /* what the operator should know about that */
	UPDATE_CHECKED, /* the new table is ready and checked */
	UPDATE_STORE,   /* a step of the store: `step` */
	UPDATE_COMMAND, /* a command was issued: `result` as of sev_device_commit() */
	UPDATE_READ_BACK,
	UPDATE_AGAIN, /* starts over, and why */
};

struct update_event {
	enum update_phase phase;
	enum store_step step; /* of UPDATE_STORE */
	uint64_t at_ns;       /* since the start */
	const char *text;     /* one line; valid during the call */
};

struct update_options { /* zero is the default of every member but `device`, `blob` and `product` */
	struct base_env *env;
	const char *device, *blob;
	enum snp_product product;
	struct update_source source;
	struct store_options store; /* its `reached` is not used */
	bool dry_run;               /* nothing is changed: the plan ends after step 2 */
	void (*event)(void *ctx, const struct update_event *event);
	void *event_ctx;
};

/* What is at the path at the end: guests get it. */
enum update_table {
	UPDATE_TABLE_OLD, /* certificates, the same as before */
	UPDATE_TABLE_EMPTY,
	UPDATE_TABLE_NEW,
	UPDATE_TABLE_NONE,   /* no file */
	UPDATE_TABLE_UNKNOWN /* it cannot be read, and was not changed */
};

/* What became of the command, by the status that was read after it. */
enum update_executed { UPDATE_NOT_EXECUTED, UPDATE_EXECUTED, UPDATE_EXECUTED_UNKNOWN };

struct update_result {
	struct update_signing before, after; /* as read; `after`: as planned in a dry run */
	bool has_before, has_after, issued;  /* issued: a command was sent */
	enum update_executed executed;
	uint64_t command_ns; /* of the firmware command alone */
	/*
	 * From the exchange of the tables, when new readers begin to wait, until they get certificates: also
	 * while the empty table is in place and not locked, to the end of this run at most.
	 */
	uint64_t pause_ns;
	struct store_result store;
	enum update_table table;
};

/*
 * ret       always set
 * Returns   0; JURAT_REFUSED a check failed or the firmware refused, and nothing was changed; JURAT_BUSY
 *           readers or another updater kept their locks: nothing was changed; JURAT_NOT_FOUND the source has
 *           no such endorsement; -EINPROGRESS the firmware's state is not known: the empty table is at the
 *           path; -ENODATA the table in place was of another key, and the empty one replaces it;
 *           -ENODEV SNP is not initialised; another -errno. `err` says whether anything was changed and what
 *           is at the path, if it is not the same table with certificates as before, then what failed.
 */
JURAT_MUST_CHECK int update_run(const struct update_options *options, const struct update_request *request,
				struct update_result *ret, struct jurat_error *err);

#endif
