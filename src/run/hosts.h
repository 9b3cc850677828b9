/* SPDX-License-Identifier: MIT */
#ifndef RUN_HOSTS_H
#define RUN_HOSTS_H

#include <stddef.h>

/*
 * How the program finds the endorsement service by the vendors' names: texts for its /etc/hosts and
 * /etc/nsswitch.conf, made from those of the machine. Pure.
 */
struct run_names {
	const char *const *names;
	size_t n;
};

/*
 * Lines for the names with this address, then the old text without these names.
 *
 * old       n bytes, of any content
 * Returns   heap text that the caller frees; NULL: out of memory
 */
char *run_hosts_text(const char *old, size_t n, const struct run_names *names, const char *address);
/*
 * Makes "files" the first source of host names, for a machine on which another one (systemd-resolved, DNS)
 * would answer before /etc/hosts is read.
 *
 * old       n bytes; 0: there is no such file, for which C libraries differ
 * ret       as above; unchanged if "files" is the first source
 * Returns   0; -ENOMEM
 */
int run_nsswitch_text(const char *old, size_t n, char **ret);

#endif
