/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/complete.h"
#include "crypto/describe.h"
#include "daemon/endorsements_settings.h"
#include "daemon/roles.h"
#include "daemon/settings.h"

static const struct daemon_role roles[] = {
	{ "endorsements", "serves certificates, CRLs and collateral over HTTP", &endorsements_options,
	  endorsements_run },
	{ "qgs", "answers requests for TDX quotes (QGS protocol)", &qgs_options, qgs_run },
};

static void usage(FILE *to)
{
	fputs("Usage: juratd ROLE [OPTION]...\nServes attestation evidence of confidential virtual "
	      "machines.\n\n",
	      to);
	for (size_t i = 0; i < ARRAY_SIZE(roles); i++)
		fprintf(to, "  %-12s %s\n", roles[i].name, roles[i].summary);
	fputs("\n  --help     print this help and exit; juratd ROLE --help prints that of the role\n  "
	      "--version  print the version and exit\n\n`juratd help --format bash`, zsh or fish prints a "
	      "completion script.\n",
	      to);
}

static bool get_role(size_t i, struct base_complete_verb *ret)
{
	if (i == ARRAY_SIZE(roles))
		return false;
	*ret = (struct base_complete_verb){ .name = roles[i].name, .summary = roles[i].summary, .args = "" };
	return true;
}

static bool get_option(size_t role, size_t i, struct base_complete_option *ret)
{
	return options_complete(roles[role].options, i, ret);
}

/* juratd help --format SHELL */
static int print_completion(int argc, char **argv)
{
	static const struct base_complete juratd = { "juratd", get_role, get_option };
	const char *value = argc > 2 && !strncmp(argv[2], "--format=", 9) ? argv[2] + 9 : NULL;

	if (argc == 4 && !strcmp(argv[2], "--format"))
		value = argv[3];
	else if (argc != 3)
		value = NULL;
	if (!value || base_complete_print(stdout, &juratd, value) < 0) {
		fputs("juratd help: expected --format bash, zsh or fish (see juratd --help)\n", stderr);
		return DAEMON_USAGE;
	}
	return fflush(stdout) == 0 ? DAEMON_OK : DAEMON_ENVIRONMENT;
}

static int help(const struct daemon_role *role)
{
	printf("Usage: juratd %s [OPTION]...\n%c%s.\n\n", role->name, role->summary[0] & ~0x20,
	       role->summary + 1);
	options_print_help(role->options);
	return fflush(stdout) == 0 ? DAEMON_OK : DAEMON_ENVIRONMENT;
}

static const struct daemon_role *find_role(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(roles); i++)
		if (!strcmp(roles[i].name, name))
			return &roles[i];
	return NULL;
}

static int print_version(void)
{
	char signatures[CRYPTO_DESCRIPTION_BYTES];

	crypto_describe(signatures);
	printf("juratd " JURAT_VERSION "\nsignatures: %s\n", signatures);
	return fflush(stdout) == 0 ? DAEMON_OK : DAEMON_ENVIRONMENT;
}

int main(int argc, char **argv)
{
	const struct daemon_role *role;
	const char *config;

	if (argc < 2) {
		usage(stderr);
		return DAEMON_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		usage(stdout);
		return fflush(stdout) == 0 ? DAEMON_OK : DAEMON_ENVIRONMENT;
	}
	if (!strcmp(argv[1], "--version")) {
		return print_version();
	}
	if (!strcmp(argv[1], "help"))
		return print_completion(argc, argv);
	role = find_role(argv[1]);
	if (!role) {
		fprintf(stderr, "juratd: unknown role '%s' (see juratd --help)\n", argv[1]);
		return DAEMON_USAGE;
	}
	if (argc == 3 && !strcmp(argv[2], "--version")) {
		return print_version();
	}
	if (options_find_config(role->options, argc - 1, argv + 1, &config, NULL) == OPTIONS_HELP)
		return help(role);
	return role->run(argc - 1, argv + 1);
}
