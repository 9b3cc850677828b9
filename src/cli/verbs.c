/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include "base/cleanup.h"

/* The contract of the command line. Every option is stated once, here. */
#define OUTPUT                                                                                               \
	{                                                                                                    \
		"output", "FORMAT", "text or json", "text|json", false                                       \
	}
#define VIA                                                                                                  \
	{                                                                                                    \
		"via", "WAY", "how to reach the TEE", "auto|configfs|ioctl", false                           \
	}

static const struct cli_option demo_options[] = {
	{ "tee", "TEE", "this guest alone: sev-snp or tdx (default: one of each)", "sev-snp|tdx", false },
	{ "product", "NAME", "milan, genoa or turin (default milan)", "milan|genoa|turin", false },
	{ "report-version", "N", "2, 3 or 5 (default: the product's)", "2|3|5", false },
	{ "sign-with", "KEY", "vcek or vlek (default vcek)", "vcek|vlek", false },
	{ "sync", "SCHEME", "upstream, v15, v14 or none (default upstream)", "upstream|v15|v14|none", false },
	{ "seed", "TEXT", "what chip, keys and roots follow from (default jurat)", NULL, false },
	{ "dir", "DIR", "where to write the evidence (default: a fresh temporary directory)", NULL, false },
	OUTPUT,
};

static const struct cli_option show_options[] = {
	{ "list-bits", NULL, "print the names of bits, which policies and verdicts use, too, and stop", NULL,
	  false },
	OUTPUT,
};

static const struct cli_option verify_options[] = {
	{ "certs", "FILE|DIR", "endorsements: certificate table, PEM, DER, or a directory of them", NULL,
	  true, true },
	{ "crl", "FILE|DIR", "certificate revocation lists, DER or PEM", NULL, true, true },
	{ "collateral", "FILE|DIR", "Intel's collateral for a quote: one JSON file, or a directory", NULL,
	  true, true },
	{ "allow-no-collateral", NULL, "accept a quote although its TCB was not judged", NULL, false },
	{ "roots", "FILE|DIR", "trust these roots instead of the vendors'", NULL, true, true },
	{ "policy", "FILE", "what to demand, as JSON: see jurat-policy(5)", NULL, false, true },
	{ "require", "NAME=VALUE", "one member of a policy, as in jurat-policy(5)", NULL, true },
	{ "report-data", "HEX|@FILE", "the 64 bytes that the evidence must be over", NULL, false, true },
	{ "measurement", "HEX", "the launch digest that the evidence must carry; of a TD: MRTD", NULL,
	  false },
	{ "at", "RFC3339", "judge at this time (default: now)", NULL, false },
	{ "list-reasons", NULL, "print the codes that a refusal can have, and stop", NULL, false },
	OUTPUT,
};

static const struct cli_option certs_options[] = {
	{ "report", "FILE", "check: the report that the certificates must suit", NULL, false, true },
	{ "at", "RFC3339", "check: judge at this time (default: now)", NULL, false },
	{ "roots", "FILE|DIR", "check: trust these roots instead of the vendors'", NULL, true, true },
	{ "crl", "FILE", "build: put this revocation list in, too (some clients cannot read it)", NULL, false,
	  true },
	{ "output", "FORMAT", "check, split: text or json", "text|json", false },
};

static const struct cli_option attest_options[] = {
	{ "tee", "TEE", "which TEE", "auto|sev-snp|tdx", false },
	{ "report-data", "HEX|@FILE", "64 bytes to put into the report (default: random)", NULL, false,
	  true },
	{ "vmpl", "N", "privilege level to ask for (default: the lowest allowed)", "0|1|2|3", false },
	{ "key-sel", "KEY", "which key is to sign", "auto|vcek|vlek", false },
	VIA,
	{ "quoting-service", "ADDRESS",
	  "TDX without configfs: who makes the quote, vsock:2:4050 (default: what /etc/tdx-attest.conf says)",
	  NULL, false },
	{ "out", "FILE", "where the report or quote goes (default: report.bin, quote.bin)", NULL, false },
	{ "certs-out", "FILE", "where the host's certificates go (default: not written)", NULL, false },
	{ "extended", NULL, "append the certificate table to the report", NULL, false },
	OUTPUT,
};

static const struct cli_option key_options[] = {
	{ "root", "KEY", "root key: vcek or vmrk (default vcek)", "vcek|vmrk", false },
	{ "fields", "LIST",
	  "what to mix in, comma-separated: policy, image_id, family_id, measurement, guest_svn, tcb_version",
	  NULL, false },
	{ "vmpl", "N", "privilege level to mix in (default: the lowest allowed)", "0|1|2|3", false },
	{ "guest-svn", "N", "guest security version to mix in", NULL, false },
	{ "tcb", "HEX", "TCB version to mix in, 16 digits", NULL, false },
	{ "out", "FILE", "where the 32 bytes go (default: standard output as hex)", NULL, false },
	VIA,
	OUTPUT,
};

/* What the software platform of run and device is. */
#define PLATFORM                                                                                             \
	{ "tee", "TEE",                                                                                      \
	  "which TEEs there are (default both); configfs-tsm reports of the first (default sev-snp)",        \
	  "sev-snp|tdx", true },                                                                             \
		{ "product", "NAME", "milan, genoa or turin (default milan)", "milan|genoa|turin", false },  \
		{ "report-version", "N", "2, 3 or 5 (default: the product's)", "2|3|5", false },             \
		{ "sign-with", "KEY", "vcek or vlek (default vcek)", "vcek|vlek", false },                   \
		{ "sync", "SCHEME", "upstream, v15, v14 or none (default upstream)",                         \
		  "upstream|v15|v14|none", false },                                                          \
		{ "seed", "TEXT", "what chip, keys and roots follow from (default jurat)", NULL, false },    \
		{ "state", "DIR", "keep the platform in DIR; runs with the same one share it", NULL,         \
		  false },                                                                                   \
		{ "firmware", "HEX",                                                                         \
		  "firmware of this TCB version, 16 digits, runs and waits to be committed", NULL, false },  \
	{                                                                                                    \
		"no-certs", NULL, "the host serves no certificates", NULL, false                             \
	}
#define FAULTS                                                                                               \
	{ "fault", "SPEC", "something goes wrong, as jurat run --list-faults describes", NULL, true },       \
	{                                                                                                    \
		"trace", "FILE", "write every step: .json Chrome trace events, .mmd Mermaid, .txt", NULL,    \
			false                                                                                \
	}

static const struct cli_option run_options[] = {
	PLATFORM,
	{ "host", NULL, "run PROGRAM as the host: it sees /dev/sev, not the guests' devices", NULL, false },
	FAULTS,
	{ "list-faults", NULL, "print the faults, what they do and what a program should, and stop", NULL,
	  false },
	{ "legacy-quote-ioctl", NULL, "TDX: the driver posted in 2023, with TDX_CMD_GET_QUOTE", NULL, false },
	{ "qgs", "unix:PATH|vsock:PORT",
	  "TDX: the quoting service is there, too: on a socket, or on a port of the guest's host", NULL,
	  false },
	{ "force", NULL, "hide this machine's real TEE devices", NULL, false },
};

static const struct cli_option device_options[] = {
	PLATFORM,
	{ "host", NULL, "the host's /dev/sev rather than the guests' devices", NULL, false },
	FAULTS,
	{ "legacy-quote-ioctl", NULL, "TDX: the driver posted in 2023, with TDX_CMD_GET_QUOTE", NULL, false },
	{ "force", NULL, "hide this machine's real TEE devices", NULL, false },
};

static const struct cli_option help_options[] = {
	{ "format", "FORMAT", "text, scdoc (the option list of a manual page) or bash (completion)",
	  "text|scdoc|bash", false },
};

#define OPTIONS(table) .options = table, .n_options = ARRAY_SIZE(table)

const struct cli_verb cli_verbs[] = {
	{ .name = "attest",
	  .args = "",
	  .summary = "fetch evidence from the TEE this runs in",
	  OPTIONS(attest_options),
	  .run = cli_attest },
	{ .name = "certs",
	  .args = "build DIR BLOB | split BLOB DIR | check BLOB",
	  .summary = "make, take apart or check a certificate table",
	  .more = "build takes ark, ask or asvk, vcek or vlek with any ending, DER or PEM, from "
		  "DIR.\n",
	  OPTIONS(certs_options),
	  .min_args = 2,
	  .max_args = 3,
	  .run = cli_certs },
	{ .name = "demo",
	  .args = "",
	  .summary = "attest a guest end to end on the software platform",
	  OPTIONS(demo_options),
	  .run = cli_demo },
	{ .name = "device",
	  .args = "",
	  .summary = "serve the devices of a software platform to the whole machine, as root",
	  .more = "Prints where they are, and serves them until SIGHUP, SIGINT, SIGQUIT or SIGTERM.\n",
	  OPTIONS(device_options),
	  .run = cli_device },
	{ .name = "help",
	  .args = "[VERB]",
	  .summary = "help on a verb",
	  OPTIONS(help_options),
	  .max_args = 1,
	  .run = cli_help },
	{ .name = "key",
	  .args = "",
	  .summary = "derive a key from SEV-SNP firmware",
	  OPTIONS(key_options),
	  .run = cli_key },
	{ .name = "run",
	  .args = "-- PROGRAM [ARGUMENT]...",
	  .summary = "run a program, unmodified, as the guest or host of a software platform",
	  .more = "Exit status: the program's; 126 or 127 it could not be executed; 2 usage, 3 this machine "
		  "lacks something, 4 internal.\n",
	  OPTIONS(run_options),
	  .max_args = SIZE_MAX,
	  .run = cli_run },
	{ .name = "show",
	  .args = "FILE",
	  .summary = "decode a report, quote, TDREPORT, certificate, CRL, table, collateral or hashstick",
	  OPTIONS(show_options),
	  .max_args = 1,
	  .run = cli_show },
	{ .name = "verify",
	  .args = "EVIDENCE",
	  .summary = "judge evidence: accepted, or refused with reasons",
	  .more = "EVIDENCE is an SEV-SNP report, with or without its certificate table, a TD quote, or a "
		  "directory as demo writes it: then all evidence in it is judged, as JSON in one array.\n"
		  "Exit status: 0 accepted, 1 refused, 2 usage, 3 a file could not be read or is not what it "
		  "was named for, 4 internal.\n",
	  OPTIONS(verify_options),
	  .max_args = 1,
	  .run = cli_verify },
};
const size_t cli_n_verbs = ARRAY_SIZE(cli_verbs);
