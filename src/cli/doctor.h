/* SPDX-License-Identifier: MIT */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include <limits.h>

#include "base/env.h"
#include "cli/cli.h"
#include "cli/doctor_findings.h"
#include "jurat/verify.h"
#include "wire/snp_product.h"

/*
 * `jurat doctor`: the hops of a request for evidence, in order, for one or several sides. Reads, and asks
 * what changes nothing (doc/decisions/0061-doctor.md); never prints what may be secret.
 */
enum doctor_side { DOCTOR_PLATFORM, DOCTOR_GUEST, DOCTOR_HOST, DOCTOR_VERIFIER, DOCTOR_N_SIDES };
enum doctor_severity { DOCTOR_BROKEN, DOCTOR_UNKNOWN, DOCTOR_WARNING };

struct doctor_hop_row {
	const char *id, *title;
	enum doctor_side side;
};
struct doctor_finding_row {
	const char *id, *text, *remedy, *source; /* source NULL: none */
	enum doctor_hop hop;
	enum doctor_severity severity;
};
struct doctor_code_row {
	uint32_t code;
	const char *name, *text, *remedy;
};
/* doctor_table.c */
extern const struct doctor_hop_row doctor_hops[DOCTOR_N_HOPS];
extern const struct doctor_finding_row doctor_findings[DOCTOR_N_FINDINGS];
const struct doctor_code_row *doctor_code(uint32_t code); /* NULL: unknown */
const struct doctor_code_row *doctor_code_at(size_t i);   /* NULL: past the end */
const char *doctor_side_name(enum doctor_side side);
const char *doctor_severity_name(enum doctor_severity severity);

/* What is known of a hop. A hop that is not of this machine's kind has no state: it is not printed. */
enum doctor_state { DOCTOR_ABSENT, DOCTOR_OK, DOCTOR_NOT_CHECKED, DOCTOR_FOUND };

struct doctor_result {
	enum doctor_state state;
	char *text; /* what was seen, or why it was not checked; owned */
};

struct doctor_found {
	enum doctor_finding finding;
	enum doctor_hop hop; /* that of the row, or one of the same kind */
	char *detail;        /* owned */
};

enum doctor_kind { DOCTOR_NO_TEE, DOCTOR_SNP, DOCTOR_TDX };
enum { DOCTOR_RELEASE_BYTES = 66 };

struct doctor {
	struct cli *cli;
	struct base_env *env;
	const char *root; /* the files of another machine are below it; NULL: this machine */
	bool sides[DOCTOR_N_SIDES];
	bool network, failed; /* failed: out of memory */
	bool simulated;       /* this is a guest or host of `jurat run` */
	int64_t at;

	char *cpuinfo; /* NULL: there is none */
	bool is_guest; /* a hypervisor is below */
	enum doctor_kind guest, host;
	bool guest_assumed, host_assumed; /* by --tee */
	unsigned kernel;                  /* DOCTOR_KERNEL(); 0: unknown */
	char release[DOCTOR_RELEASE_BYTES];

	struct doctor_result results[DOCTOR_N_HOPS];
	struct doctor_found *found;
	size_t n_found, found_room;
	size_t requests; /* reports or quotes that were requested */
};

#define DOCTOR_KERNEL(major, minor) ((unsigned)(major) << 16 | (unsigned)(minor))

/* doctor_result.c: what a hop is like. Of several calls for one hop, findings win, and then the first. */
__attribute__((format(printf, 3, 4))) void doctor_ok(struct doctor *d, enum doctor_hop hop,
						     const char *format, ...);
__attribute__((format(printf, 3, 4))) void doctor_skip(struct doctor *d, enum doctor_hop hop,
						       const char *format, ...);
__attribute__((format(printf, 3, 4))) void doctor_find(struct doctor *d, enum doctor_finding finding,
						       const char *format, ...);
/* The same for another hop than the row's, to which the finding applies as well. */
__attribute__((format(printf, 4, 5))) void doctor_find_at(struct doctor *d, enum doctor_hop hop,
							  enum doctor_finding finding, const char *format,
							  ...);
bool doctor_is_broken(const struct doctor *d, enum doctor_hop hop);
/* The worst finding of a hop; NULL: none. */
const struct doctor_found *doctor_worst(const struct doctor *d, enum doctor_hop hop);

/* doctor_machine.c: files below d->root. */
enum { DOCTOR_FILE_BYTES = 1024 * 1024 };
/* The path below the root, without links. Returns `to`; "": too long, or too many links. */
const char *doctor_path(const struct doctor *d, const char *path, char to[PATH_MAX]);
/* The whole text without white space at its end, which the caller frees; NULL: it cannot be read. */
char *doctor_read(struct doctor *d, const char *path);
bool doctor_exists(struct doctor *d, const char *path);
/* Whether a file begins with this character, as those of /sys/module/NAME/parameters do with 'Y'. */
bool doctor_says(struct doctor *d, const char *path, char c);
/* The file at a path, not below the root. Waits for nothing. 0; -errno */
JURAT_MUST_CHECK int doctor_read_file(struct doctor *d, const char *path, size_t max, uint8_t **ret,
				      size_t *ret_size, struct jurat_error *err);
/* Opens and closes; below a root, only whether it is there. 0; -errno */
int doctor_try_open(struct doctor *d, const char *path, int flags);
bool doctor_has_flag(const struct doctor *d, const char *flag); /* of /proc/cpuinfo */
/* A field of /proc/cpuinfo such as "vendor_id"; "" when it is not there. */
const char *doctor_cpu_field(const struct doctor *d, const char *name, char *to, size_t room);
/* Of the kernel, for texts. */
const char *doctor_release(const struct doctor *d);
/* Reads what all sides need, and finds out what kind of machine this is. */
void doctor_examine(struct doctor *d);
enum snp_product doctor_product(struct doctor *d);

/* The sides. */
void doctor_platform(struct doctor *d);
void doctor_guest(struct doctor *d);
void doctor_host(struct doctor *d);
void doctor_host_certs(struct doctor *d);
const char *doctor_blob(const struct doctor *d); /* the certificate blob; NULL: it is not named */
void doctor_host_quotes(struct doctor *d);
void doctor_pccs(struct doctor *d);
void doctor_verifier(struct doctor *d);

/* doctor_certs.c */
/* A verifier with the roots to trust. NULL: a message was made already, or no memory. */
struct jurat_verifier *doctor_verifier_new(struct doctor *d);
/* The finding for a reason of a verdict. */
enum doctor_finding doctor_finding_of(const char *reason, bool host);

/* doctor_qgs.c: asks for information about the platform, which needs no TDREPORT and changes nothing. */
enum doctor_qgs {
	QGS_ANSWERS,
	QGS_CANNOT_CONNECT, /* *ret_errno */
	QGS_HUNG_UP,
	QGS_TIMED_OUT,
	QGS_OTHER_PROTOCOL,
	QGS_REPORTED, /* *ret_code */
};
enum doctor_qgs doctor_qgs_ask(struct doctor *d, const char *address, int *ret_errno, uint32_t *ret_code,
			       char *text, size_t room);

/* doctor_print.c */
int doctor_print(struct doctor *d);
int doctor_print_findings(struct cli *cli); /* --list-findings */
int doctor_print_codes(struct cli *cli);    /* --list-codes */
int doctor_print_code(struct cli *cli, const char *code);

/* The whole of it, with an environment of the caller. Returns an exit status. */
int doctor_run(struct cli *cli, struct base_env *env);

#endif
