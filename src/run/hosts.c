/* SPDX-License-Identifier: MIT */
#include "run/hosts.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text_stream.h"

#define BLANK " \t\r\v\f"

/* A part of a line; not terminated. */
struct word {
	const char *at;
	size_t n;
};

/* The next word of a line of `n` characters from *off; of length 0 at its end or at a comment. */
static struct word next_word(const char *line, size_t n, size_t *off)
{
	struct word word;

	while (*off < n && line[*off] != '\0' && strchr(BLANK, line[*off]))
		++*off;
	word = (struct word){ .at = line + *off };
	while (*off < n && (line[*off] == '\0' || !strchr(BLANK "#", line[*off])))
		++*off;
	word.n = (size_t)(line + *off - word.at);
	return word;
}

static bool is_one_of(const struct run_names *names, struct word word)
{
	if (word.n > 0 && word.at[word.n - 1] == '.')
		word.n--;
	for (size_t i = 0; i < names->n; i++)
		if (strlen(names->names[i]) == word.n && !strncasecmp(names->names[i], word.at, word.n))
			return true;
	return false;
}

/* A line of /etc/hosts: address and names. Other lines are written as they are. */
static void put_host(FILE *to, const char *line, size_t n, const struct run_names *names)
{
	struct word address, word;
	size_t off = 0, kept = 0;
	bool has_one = false;

	address = next_word(line, n, &off);
	while ((word = next_word(line, n, &off)).n > 0)
		has_one |= is_one_of(names, word);
	if (!has_one) {
		fwrite(line, 1, n, to);
		fputc('\n', to);
		return;
	}
	off = (size_t)(address.at - line) + address.n;
	while ((word = next_word(line, n, &off)).n > 0)
		if (!is_one_of(names, word)) {
			if (kept++ == 0)
				fwrite(address.at, 1, address.n, to);
			fputc(' ', to);
			fwrite(word.at, 1, word.n, to);
		}
	if (kept > 0)
		fputc('\n', to);
}

/* Calls `put` for each line, without its end. */
static void each_line(const char *text, size_t n, void (*put)(void *ctx, const char *line, size_t n),
		      void *ctx)
{
	for (size_t off = 0; off < n;) {
		const char *end = memchr(text + off, '\n', n - off);
		size_t length = end ? (size_t)(end - text) - off : n - off;

		put(ctx, text + off, length);
		off += length + 1;
	}
}

struct hosts {
	FILE *to;
	const struct run_names *names;
};

static void put_host_line(void *ctx, const char *line, size_t n)
{
	struct hosts *hosts = ctx;

	put_host(hosts->to, line, n, hosts->names);
}

char *run_hosts_text(const char *old, size_t n, const struct run_names *names, const char *address)
{
	struct hosts hosts = { .names = names };
	struct text_stream stream;
	char *text = NULL;

	if (text_stream_open(&stream) < 0)
		return NULL;
	hosts.to = stream.to;
	for (size_t i = 0; i < names->n; i++)
		fprintf(hosts.to, "%s %s\n", address, names->names[i]);
	each_line(old, n, put_host_line, &hosts);
	return text_stream_close(&stream, &text, NULL) == 0 ? text : NULL;
}

struct nsswitch {
	FILE *to;
	bool has_hosts, is_changed;
};

/* Spec: nsswitch.conf(5). */
static void put_database(void *ctx, const char *line, size_t n)
{
	static const char name[] = "hosts:";
	struct nsswitch *nss = ctx;
	size_t off = 0, after;
	struct word word = next_word(line, n, &off), source;

	if (word.n < sizeof(name) - 1 || strncmp(word.at, name, sizeof(name) - 1) != 0) {
		fwrite(line, 1, n, nss->to);
		fputc('\n', nss->to);
		return;
	}
	nss->has_hosts = true;
	off = after = (size_t)(word.at - line) + sizeof(name) - 1;
	source = next_word(line, n, &off);
	if (source.n == 5 && !memcmp(source.at, "files", 5)) {
		fwrite(line, 1, n, nss->to);
	} else {
		nss->is_changed = true;
		fprintf(nss->to, "%s files%s", name, after < n && !strchr(BLANK, line[after]) ? " " : "");
		fwrite(line + after, 1, n - after, nss->to);
	}
	fputc('\n', nss->to);
}

int run_nsswitch_text(const char *old, size_t n, char **ret)
{
	struct nsswitch nss = { .to = NULL };
	struct text_stream stream;
	char *text = NULL;

	if (text_stream_open(&stream) < 0)
		return -ENOMEM;
	nss.to = stream.to;
	each_line(old, n, put_database, &nss);
	if (!nss.has_hosts)
		fputs("hosts: files dns\n", nss.to);
	if (text_stream_close(&stream, &text, NULL) < 0)
		return -ENOMEM;
	if (nss.has_hosts && !nss.is_changed)
		free(text);
	else
		*ret = text;
	return 0;
}
