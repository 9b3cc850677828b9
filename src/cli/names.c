/* SPDX-License-Identifier: MIT */
#include "cli/names.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/names_directory.h"

enum { BLOCK = 65536, POLL_MS = 200, RESERVE = 64 };

/* A list of names, which is read in blocks. */
struct list {
	const char *path; /* for messages */
	int fd;
	size_t n_line;
	bool at_end;
};

struct cli_names {
	struct cli *cli;
	bool directories;
	const atomic_bool *stop;
	char separator;
	size_t next_arg, next_list, n_lists;
	struct list lists[CLI_MAX_VALUES];
	char block[BLOCK];
	size_t at, end;      /* in the block */
	char name[PATH_MAX]; /* of the list, as far as it was read */
	size_t length;       /* PATH_MAX: too long, the rest is skipped */
	struct names_walk *walk;
	bool found, counted;
	atomic_size_t count; /* 0: not known */
	int status;
};

void cli_name_done(struct cli_name *name)
{
	free(name->path);
	free(name->error);
	*name = (struct cli_name){ .path = NULL };
}

/* Bytes of the printable character at `at`; 0: there is none. Spec: RFC 3629 */
static size_t printable(const unsigned char *at)
{
	const size_t n = at[0] < 0x80 ? 1 : at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
	static const uint32_t least[] = { 0, 0x20, 0xa0, 0x800, 0x10000 };
	uint32_t c = n == 1 ? at[0] : at[0] & (0xffu >> (n + 1));

	if ((at[0] >= 0x80 && at[0] < 0xc2) || at[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (at[i] & 0x3f);
	}
	if (c < least[n] || c == 0x7f || c == '\\' || (c >= 0xd800 && c < 0xe000) || c > 0x10ffff)
		return 0;
	/* lines, and the direction of text */
	if ((c >= 0x200e && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
	    c == 0x061c)
		return 0;
	return n;
}

void cli_put_name(FILE *f, const char *name)
{
	for (const unsigned char *at = (const unsigned char *)name; *at;) {
		size_t n = printable(at);

		if (n > 0)
			fwrite(at, 1, n, f);
		else
			fprintf(f, "\\x%02x", *at);
		at += n > 0 ? n : 1;
	}
}

/* "-" is standard input, also where a directory has that name. */
static bool is_directory(const char *path)
{
	struct stat st;

	return strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* ---- Lists */

static int fail_list(struct cli *cli, const char *path, const char *what, int number)
{
	return cli_fail(cli, CLI_ENVIRONMENT, "--files-from: cannot %s '%s': %s", what, path,
			strerror(number));
}

static int open_lists(struct cli_names *names)
{
	const char *path;

	for (size_t i = 0; (path = cli_get_nth(names->cli, "files-from", i)); i++) {
		struct list *list = &names->lists[i];

		list->path = path;
		list->fd =
			!strcmp(path, "-") ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
		if (list->fd < 0)
			return fail_list(names->cli, path, "open", errno);
		names->n_lists++;
	}
	return CLI_OK;
}

static bool stops(const struct cli_names *names)
{
	return names->stop && atomic_load(names->stop);
}

/* Reads a block; false: the list has no more, or cannot be read. */
static bool read_block(struct cli_names *names, struct list *list)
{
	struct pollfd ready = { .fd = list->fd, .events = POLLIN };
	ssize_t n;

	for (;;) {
		if (stops(names))
			return false;
		if (names->stop && poll(&ready, 1, POLL_MS) <= 0)
			continue; /* whoever writes the list is slow, or there was a signal */
		n = read(list->fd, names->block, sizeof(names->block));
		if (n >= 0 || errno != EINTR)
			break;
	}
	if (n < 0)
		names->status = fail_list(names->cli, list->path, "read", errno);
	names->at = 0;
	names->end = n > 0 ? (size_t)n : 0;
	return n > 0;
}

/* Appends what the block has of a name. Whether the name is complete. */
static bool take_part(struct cli_names *names, struct list *list)
{
	const char *from = names->block + names->at;
	const size_t left = names->end - names->at;
	const char *end = memchr(from, names->separator, left);
	const size_t n = end ? (size_t)(end - from) : left;

	if (names->length < sizeof(names->name)) {
		size_t room = sizeof(names->name) - names->length;

		memcpy(names->name + names->length, from, n < room ? n : room);
		names->length += n < room ? n : room;
	}
	names->at += n + (end ? 1 : 0);
	list->n_line += end ? 1 : 0;
	return end != NULL;
}

/* Makes a name of what was read. false: there is none, see names->status. */
static bool take_line(struct cli_names *names, const struct list *list, struct cli_name *ret)
{
	const bool too_long = names->length == sizeof(names->name);
	const size_t n = names->length - (too_long ? 1 : 0);
	int made = 0;

	names->length = 0;
	if (memchr(names->name, '\0', n)) {
		names->status =
			cli_fail(names->cli, CLI_ENVIRONMENT,
				 "--files-from: '%s': expected one file name a line, found a NUL byte "
				 "(see --null)",
				 list->path);
		return false;
	}
	*ret = (struct cli_name){ .path = strndup(names->name, n), .listed = true };
	if (too_long)
		made = asprintf(&ret->error, "--files-from: '%s', line %zu: a name of more than %d bytes",
				list->path, list->n_line, PATH_MAX - 1);
	else if (n == 1 && names->name[0] == '-')
		made = asprintf(&ret->error,
				"--files-from: '%s', line %zu: '-', standard input, is for arguments",
				list->path, list->n_line);
	if (made < 0)
		ret->error = NULL;
	if (ret->path && made >= 0)
		return true;
	cli_name_done(ret);
	names->status = cli_fail_memory(names->cli);
	return false;
}

/* The next name of the lists. */
static bool next_line(struct cli_names *names, struct cli_name *ret)
{
	while (names->status == CLI_OK && names->next_list < names->n_lists) {
		struct list *list = &names->lists[names->next_list];
		bool complete = false;

		while (!complete && !list->at_end) {
			if (names->at == names->end && !read_block(names, list))
				list->at_end = true;
			else
				complete = take_part(names, list);
		}
		if (names->status != CLI_OK || stops(names))
			return false;
		if (!complete)
			names->next_list++;
		if (!complete && names->length > 0)
			list->n_line++;
		if (names->length > 0)
			return take_line(names, list, ret);
	}
	return false;
}

/* ---- */

bool cli_names_words(const struct cli *cli)
{
	static const char *const fetching[] = { "from", "ca-file", "attempts", "timeout" };
	const bool listed = cli_has(cli, "files-from");
	size_t n = 0;

	if (cli->n_args == 0 && !listed)
		return cli_misuse(cli, "expected EVIDENCE or --files-from (see jurat %s --help)",
				  cli->verb->name);
	if (cli_has(cli, "null") && !listed)
		return cli_misuse(cli, "--null is used with --files-from");
	for (size_t i = 0; i < ARRAY_SIZE(fetching); i++)
		if (cli_has(cli, fetching[i]) && !cli_has(cli, "fetch"))
			return cli_misuse(cli, "--%s is used with --fetch", fetching[i]);
	for (size_t i = 0; i < cli->n_args; i++)
		n += !strcmp(cli->args[i], "-");
	return n > 1 ? cli_misuse(cli, "'-', standard input, is named %zu times: it can be read once", n)
		     : cli_reads_stdin_once(cli, n > 0 ? "-" : NULL);
}

int cli_names_open(struct cli *cli, bool directories, const atomic_bool *stop, struct cli_names **ret)
{
	struct cli_names *names = calloc(1, sizeof(*names));
	int status;

	if (!names)
		return cli_fail_memory(cli);
	names->cli = cli;
	names->directories = directories;
	names->stop = stop;
	names->separator = cli_has(cli, "null") ? '\0' : '\n';
	status = open_lists(names);
	if (status == CLI_OK)
		*ret = names;
	else
		cli_names_close(names);
	return status;
}

enum found { FOUND, NONE, AGAIN, NO_MEMORY };

/* The next name below the directory that is walked. */
static enum found next_below(struct cli_names *names, struct cli_name *ret)
{
	const char *why = "";
	size_t more;
	int r = names_walk_next(names->walk, &ret->path, &why, &more);

	if (more > 0 && atomic_load(&names->count) > 0)
		atomic_fetch_add(&names->count, more - 1);
	if (r == NAMES_END) {
		names_walk_free(take_ptr(names->walk));
		return AGAIN;
	}
	if (r < 0)
		return NO_MEMORY;
	ret->listed = true;
	if (r == NAMES_FAULT && asprintf(&ret->error, "'%s': %s", ret->path, why) < 0) {
		ret->error = NULL;
		return NO_MEMORY;
	}
	return FOUND;
}

/* The next argument or name of a list. One of a directory that stands for others is not returned. */
static enum found next_named(struct cli_names *names, struct cli_name *ret)
{
	if (names->next_arg < names->cli->n_args)
		ret->path = strdup(names->cli->args[names->next_arg++]);
	else if (!next_line(names, ret))
		return NONE;
	if (!ret->path)
		return NO_MEMORY;
	names->found = true;
	if (!names->directories || ret->error || !is_directory(ret->path) ||
	    cli_is_evidence_directory(ret->path))
		return FOUND;
	return names_walk_new(ret->path, &names->walk) == 0 ? AGAIN : NO_MEMORY;
}

bool cli_names_next(struct cli_names *names, struct cli_name *ret)
{
	struct cli_name name = { .path = NULL };
	enum found r = AGAIN;

	while (r == AGAIN) {
		cli_name_done(&name);
		r = names->status != CLI_OK ? NONE
		    : names->walk           ? next_below(names, &name)
					    : next_named(names, &name);
	}
	if (r == FOUND) {
		*ret = name;
		return true;
	}
	cli_name_done(&name);
	if (r == NO_MEMORY)
		names->status = cli_fail_memory(names->cli);
	return false;
}

/* Counts the names of a list that can be read again; 0: it cannot. */
static size_t count_list(const struct list *list, char separator)
{
	auto_free char *block = malloc(BLOCK);
	struct stat st;
	off_t at = lseek(list->fd, 0, SEEK_CUR);
	size_t n = 0;
	ssize_t got;
	bool within = false;

	if (!block || at < 0 || fstat(list->fd, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	while ((got = pread(list->fd, block, BLOCK, at)) > 0) {
		for (ssize_t i = 0; i < got; i++) {
			n += block[i] == separator && within;
			within = block[i] != separator;
		}
		at += got;
	}
	return n + within;
}

size_t cli_names_count(struct cli_names *names)
{
	size_t n = names->cli->n_args;

	if (names->counted)
		return atomic_load(&names->count);
	for (size_t i = 0; i < names->n_lists; i++) {
		size_t more = count_list(&names->lists[i], names->separator);

		if (more == 0) {
			n = 0;
			break;
		}
		n += more;
	}
	atomic_store(&names->count, n);
	names->counted = true;
	return n;
}

int cli_names_status(const struct cli_names *names)
{
	const struct cli *cli = names->cli;

	/* An empty list of a cron job is a fault of what wrote it, not a fleet without faults. */
	if (names->status == CLI_OK && !names->found && cli_has(cli, "files-from"))
		return cli_fail(cli, CLI_ENVIRONMENT, "--files-from: '%s': expected file names, found none",
				cli_get_nth(cli, "files-from", 0));
	return names->status;
}

void cli_names_close(struct cli_names *names)
{
	if (!names)
		return;
	for (size_t i = 0; i < names->n_lists; i++)
		close(names->lists[i].fd);
	names_walk_free(names->walk);
	free(names);
}

static int add_name(struct cli *cli, struct cli_name_list *to, struct cli_name *name)
{
	if (to->n == to->room) {
		size_t room = to->room ? 2 * to->room : RESERVE;
		char **more = reallocarray(to->items, room, sizeof(*more));

		if (!more)
			return cli_fail_memory(cli);
		to->items = more;
		to->room = room;
	}
	to->items[to->n++] = take_ptr(name->path);
	return CLI_OK;
}

int cli_name_list(struct cli *cli, struct cli_name_list *ret)
{
	struct cli_name_list list = { .items = NULL };
	struct cli_names *names = NULL;
	struct cli_name name;
	int status = cli_names_open(cli, false, NULL, &names);

	while (status == CLI_OK && cli_names_next(names, &name)) {
		if (name.error)
			status = cli_fail(cli, CLI_USAGE, "%s", name.error);
		else
			status = add_name(cli, &list, &name);
		cli_name_done(&name);
	}
	if (status == CLI_OK)
		status = cli_names_status(names);
	cli_names_close(names);
	if (status == CLI_OK)
		*ret = list;
	else
		cli_name_list_done(&list);
	return status;
}

void cli_name_list_done(struct cli_name_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct cli_name_list){ .items = NULL };
}
