/* SPDX-License-Identifier: MIT */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * The command line: one file per verb, and one table of verbs and options (verbs.c) for parsing, help, shell
 * completion and the option lists of the manual pages. It also states which program implements a verb: all
 * programs share the table and cli_main(), so that each has help for every verb (doc/decisions/0026).
 */
enum cli_exit { CLI_OK = 0, CLI_REFUSED = 1, CLI_USAGE = 2, CLI_ENVIRONMENT = 3, CLI_INTERNAL = 4 };

struct cli_option {
	const char *name;  /* without the dashes */
	const char *value; /* placeholder for its value ("FILE"); NULL: it takes none */
	const char *help;
	const char *choices;  /* NULL, or "a|b|c": other values are refused */
	const char *items;    /* NULL, or "a|b|c": what its comma-separated list is made of */
	const char *fallback; /* default, for help texts; NULL: none to mention */
	const char *commands; /* "a|b": commands of the verb that take it; NULL: every one */
	bool any_case;        /* its choices are names, in capitals too */
	bool repeatable;
	bool reads; /* its value names a file to read, for which "-" (or "@-") is standard input */
	const char *
		program; /* program in libexec that the verb needs with this option; NULL: that of the verb */
};

struct cli;

struct cli_verb {
	/*
	 * args: for --help. With has_commands, "fetch FILE | reset": the first argument is a command, which
	 * has the arguments named after it.
	 */
	const char *name, *args, *summary;
	const char *more; /* paragraphs below the options of --help; NULL: none */
	const struct cli_option *options;
	size_t n_options;
	bool has_commands;
	size_t min_args, max_args; /* without commands */
	const char *program;       /* program in libexec that implements it; NULL: jurat itself */
	const char *many;          /* program for several arguments; NULL: the same */
};

/* Programs of their own below libexec, so that the other verbs load no FUSE, no libcurl and no OpenSSL. */
#define CLI_PLATFORM "jurat-platform"
#define CLI_NETWORK  "jurat-network"

extern const struct cli_verb cli_verbs[];
extern const size_t cli_n_verbs;

const struct cli_verb *cli_find_verb(const char *name);   /* NULL: there is none */
int cli_help_verb(const char *name, const char *command); /* command NULL: of all commands */

/* Prints the completion script of one of BASE_COMPLETE_SHELLS. An exit status. */
int cli_complete(const struct cli *cli, const char *shell);

enum { CLI_MAX_VALUES = 64 };

/*
 * Messages of a piece of work that has its failure as a result, instead of a line on standard error: its
 * last failure, owned; NULL: none. Warnings are dropped.
 */
struct cli_caught {
	char *failure;
};

/* One parsed command line. */
struct cli {
	const char *name; /* argv[0] */
	const struct cli_verb *verb;
	struct {
		const struct cli_option *option;
		const char *value; /* "" for an option without one */
	} values[CLI_MAX_VALUES];
	size_t n_values;
	char **args;
	size_t n_args;
	struct cli_caught *caught; /* NULL: messages go to standard error */
};

/* command.c */
/*
 * The i-th command of a verb; false: past the end. Its usage "run -- PROGRAM [ARGUMENT]..." is for any number
 * of arguments, from one on.
 */
enum { CLI_COMMAND_BYTES = 32 };
struct cli_command {
	char name[CLI_COMMAND_BYTES];
	size_t min_args, max_args;
};
bool cli_command(const struct cli_verb *verb, size_t i, struct cli_command *ret);
/* Whether an option belongs to a command of its verb. */
bool cli_option_belongs(const struct cli_option *option, const char *command);
/* Whether command, arguments and options of a command line belong together. false after an error message. */
bool cli_check_command(const struct cli *cli);

/* The value of a variable of the environment; NULL: it is not set, or empty. */
const char *cli_getenv(const char *name);
/* The value of an option, NULL when it was not used; with `i`, the i-th value of a repeatable one. */
const char *cli_get(const struct cli *cli, const char *name);
const char *cli_get_nth(const struct cli *cli, const char *name, size_t i);
bool cli_has(const struct cli *cli, const char *name);
bool cli_wants_json(const struct cli *cli);
bool cli_wants_page(const struct cli *cli); /* --output html */
/*
 * Gets a number, decimal or 0x; `fallback` without the option. false after an error message: exit CLI_USAGE.
 */
bool cli_get_number(const struct cli *cli, const char *name, uint64_t max, uint64_t fallback, uint64_t *ret);
/* The same, of a number that is at least `min`, as `fallback` need not be. */
bool cli_get_number_from(const struct cli *cli, const char *name, uint64_t min, uint64_t max,
			 uint64_t fallback, uint64_t *ret);

/* "jurat VERB: ..." on standard error. Returns `status`. */
__attribute__((format(printf, 3, 4))) int cli_fail(const struct cli *cli, int status, const char *format,
						   ...);
/* "jurat VERB: warning: ...": the verb goes on. */
__attribute__((format(printf, 2, 3))) void cli_warn(const struct cli *cli, const char *format, ...);
/* As cli_fail(), for errors in the command line. Returns false: exit CLI_USAGE. */
__attribute__((format(printf, 2, 3))) bool cli_misuse(const struct cli *cli, const char *format, ...);
/* As cli_fail(), for a failed allocation. Returns CLI_INTERNAL. */
int cli_fail_memory(const struct cli *cli);
/* A text for people, without control characters (base_plain_text()); the caller frees it. NULL: no memory. */
__attribute__((format(printf, 1, 0))) char *cli_text(const char *format, va_list ap);
/* Adds what a verb has found to an array of its JSON: an object of "code" and "detail". 0; -ENOMEM */
JURAT_MUST_CHECK int cli_add_finding(json_t *findings, const char *code, const char *detail);
/* The exit status for an -errno. */
int cli_status(int r);

/*
 * Whether at most one of the options that name files, and of `arg` (NULL: none), is standard input, which can
 * be read only once. false after an error message: exit CLI_USAGE.
 */
bool cli_reads_stdin_once(const struct cli *cli, const char *arg);
/* Reads a whole file, "-" is standard input; at most 16 MiB. The caller frees *ret. */
JURAT_MUST_CHECK int cli_read(const char *path, uint8_t **ret, size_t *ret_size, struct jurat_error *err);
/*
 * The same of what must be a regular file, which nobody named: never waits for a FIFO, and "-" is a name. A
 * directory is -EISDIR.
 */
JURAT_MUST_CHECK int cli_read_regular(const char *path, uint8_t **ret, size_t *ret_size,
				      struct jurat_error *err);
/* output_write() (cli/output.h), or "-", standard output. `mode` 0600 for secrets, 0644 for the rest. */
JURAT_MUST_CHECK int cli_write(const char *path, const void *data, size_t size, unsigned mode,
			       struct jurat_error *err);
/*
 * REPORT_DATA by --report-data or --report-data-sha256, -sha384 or -sha512, and --report-data-padding.
 *
 * ret_there   whether one of them was used; if not, nothing else changes
 * Returns     CLI_OK; another exit status after an error message
 */
JURAT_MUST_CHECK int cli_report_data(struct cli *cli, uint8_t ret[64], bool *ret_there);
/* As base_time_read(). */
JURAT_MUST_CHECK int cli_time(const char *text, int64_t *ret, struct jurat_error *err);
/*
 * Prints a command of jurat after `title`, quoted for a shell, as it works in any directory: with absolute
 * paths, unless jurat was found in PATH.
 *
 * words     n; NULL: none
 * below     n paths after these words, below `dir`; "" or NULL: none
 * Returns   false: no memory
 */
bool cli_print_command(const struct cli *cli, const char *title, const char *const *words, const char *dir,
		       const char *const *below, size_t n);
/* Flushes standard output. Returns `status`, or CLI_ENVIRONMENT after an error message. */
int cli_flush(const struct cli *cli, int status);

/* The verbs of one program. */
struct cli_run {
	const char *verb;
	int (*run)(struct cli *cli);
};
/*
 * A program's main(). Executes another program for a verb that is not in `runs`, or that was used with an
 * option of another program.
 *
 * program   its own name in libexec; NULL: jurat
 */
int cli_main(int argc, char **argv, const char *program, const struct cli_run *runs, size_t n_runs);
/*
 * Executes a program in libexec with the same arguments. Returns only on failure: an exit status, after an
 * error message.
 */
int cli_execute(const struct cli *cli, const char *program, char **argv);

int cli_attest(struct cli *cli);
int cli_cases(struct cli *cli);
int cli_certs(struct cli *cli);
int cli_demo(struct cli *cli);
int cli_device(struct cli *cli);
int cli_doctor(struct cli *cli);
int cli_explore(struct cli *cli);
int cli_fetch(struct cli *cli);
int cli_forge(struct cli *cli);
int cli_help(struct cli *cli);
int cli_host(struct cli *cli);
int cli_key(struct cli *cli);
int cli_measure(struct cli *cli);
int cli_policy(struct cli *cli);
int cli_run(struct cli *cli);
int cli_show(struct cli *cli);
int cli_tcb(struct cli *cli);
int cli_verify(struct cli *cli);
int cli_vmm(struct cli *cli);

#endif
