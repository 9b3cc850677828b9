/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include "base/cleanup.h"
#include "base/complete.h"
#include "cli/doctor_options.h"

/* The interface of the command line. Every option is defined once, here. */
#define OUTPUT                                                                                               \
	{                                                                                                    \
		"output", "FORMAT", "output format", "text|json", .fallback = "text"                         \
	}
#define OUTPUT_PAGE                                                                                          \
	{                                                                                                    \
		"output", "FORMAT", "output format; html: a page that needs no other file",                  \
			"text|json|html", .fallback = "text"                                                 \
	}
#define VIA                                                                                                  \
	{                                                                                                    \
		"via", "WAY", "interface to use", "auto|configfs|ioctl", .fallback = "auto"                  \
	}
#define PRODUCT                                                                                              \
	{                                                                                                    \
		"product", "NAME", "simulated processor", "milan|genoa|turin", .any_case = true,             \
									       .fallback = "milan"           \
	}
#define REPORT_VERSION                                                                                       \
	{                                                                                                    \
		"report-version", "N", "version of SEV-SNP reports", "2|3|4|5",                              \
			.fallback = "that of the product"                                                    \
	}
#define SIGN_WITH                                                                                            \
	{                                                                                                    \
		"sign-with", "KEY", "endorsement key that signs SEV-SNP reports", "vcek|vlek",               \
			.fallback = "vcek"                                                                   \
	}
#define SYNC                                                                                                 \
	{                                                                                                    \
		"sync", "SCHEME", "how certificates and firmware are kept consistent",                       \
			"upstream|v15|v15-fixed|v14|none", .fallback = "upstream"                            \
	}
#define LINUX_RELEASE                                                                                        \
	{                                                                                                    \
		"linux", "RELEASE", "Linux release whose guest drivers and KVM are simulated", "6.12|7.3",   \
			.fallback = "7.3"                                                                    \
	}
#define SEED                                                                                                 \
	{                                                                                                    \
		"seed", "TEXT", "seed of chip, keys and test roots", .fallback = "jurat"                     \
	}

/* Shared: the value of REPORT_DATA. */
#define REPORT_DATA(what, without)                                                                           \
	{ "report-data", "HEX|BASE64|@FILE",                                                                 \
	  what " (1 to 64 bytes); 0xHEX and base64:BASE64 are never ambiguous", .reads = true,               \
	  .fallback = without },                                                                             \
		{ "report-data-sha256", "VALUE|@FILE",                                                       \
		  "the same, as the SHA-256 of VALUE: a challenge or key", .reads = true },                  \
		{ "report-data-sha384", "VALUE|@FILE", "the same, as the SHA-384 of VALUE", .reads = true }, \
		{ "report-data-sha512", "VALUE|@FILE", "the same, as the SHA-512 of VALUE", .reads = true }, \
	{                                                                                                    \
		"report-data-padding", "WHERE",                                                              \
			"where zeros pad a shorter value: after it (zero) or before it (left)", "zero|left", \
			.fallback = "zero"                                                                   \
	}

#define PLATFORM_AT                                                                                          \
	{                                                                                                    \
		"at", "RFC3339", "time that the dates of certificates and collateral follow",                \
			.fallback = "now"                                                                    \
	}

static const struct cli_option cases_options[] = {
	{ "only", "PATTERN", "only the cases whose id matches this pattern", .repeatable = true },
	{ "corpus", "DIR", "directory of the corpus", .commands = "run", .fallback = "a temporary corpus" },
	{ "index", "FILE", "index of the corpus", .commands = "run",
	  .fallback = "index.json in the directory of --corpus" },
	{ "lines", NULL, "start the adapter once for each job, with --lines: one case a line",
	  .commands = "run" },
	{ "jobs", "N", "number of adapters at a time", .fallback = "usable cores", .commands = "run" },
	{ "time-limit", "SECONDS", "time for each answer", .fallback = "10", .commands = "run" },
	{ "expect", "FILE", "answers that are known to differ", .commands = "run", .reads = true },
	{ "write-expect", "FILE", "write the answers that differ, for --expect", .commands = "run" },
	{ "output", "FORMAT", "output format", "text|json|junit", .fallback = "text",
	  .commands = "list|run" },
};

/* Evidence to order, for the verbs of the software platform. */
#define SET                                                                                                  \
	{                                                                                                    \
		"set", "PART.FIELD=VALUE", "set a field of the evidence, see jurat-forge(1)",                \
			.repeatable = true                                                                   \
	}
#define ORDER                                                                                                \
	{ "evidence", "ITEM", "what is different about the evidence: a preset or field, see jurat-forge(1)", \
	  .repeatable = true },                                                                              \
		SET

#define TRACE                                                                                                \
	{                                                                                                    \
		"trace", "FILE",                                                                             \
			"write every step: .html a page, .json Chrome trace events, .mmd Mermaid, .txt text" \
	}

static const struct cli_option demo_options[] = {
	{ "tee", "TEE", "guest to attest", "sev-snp|tdx", .fallback = "one of each" },
	PRODUCT,
	REPORT_VERSION,
	SIGN_WITH,
	SYNC,
	LINUX_RELEASE,
	SEED,
	PLATFORM_AT,
	REPORT_DATA("REPORT_DATA to put into the evidence", "random"),
	SET,
	{ "dir", "DIR", "directory for the evidence", .fallback = "a new temporary directory" },
	TRACE,
	OUTPUT,
};

static const struct cli_option forge_options[] = {
	{ "tee", "TEE", "TEE of the evidence", "sev-snp|tdx", .fallback = "sev-snp" },
	PRODUCT,
	REPORT_VERSION,
	SIGN_WITH,
	{ "tdx-module", "VERSION", "TDX: TDREPORTs as this version of the TDX module makes them",
	  "1.0|1.5|1.5ex", .fallback = "1.5" },
	SET,
	{ "unsigned", "PART.FIELD", "the --set of this field happens after signing", .repeatable = true },
	{ "damage", "PART[.FIELD][:BYTE]", "flip a bit after signing", .repeatable = true },
	SEED,
	PLATFORM_AT,
	REPORT_DATA("REPORT_DATA to put into the evidence", "zeros"),
	{ "out", "DIR", "directory for the evidence: a new one, or an empty one" },
	{ "list", NULL, "list the presets and the fields of each part, of one TEE with --tee, and exit" },
	OUTPUT,
};

static const struct cli_option show_options[] = {
	{ "list-bits", NULL, "list the names of all bits, as in policies and verdicts, and exit" },
	OUTPUT_PAGE,
};

/* Where endorsements come from, for the verbs that fetch them. */
#define FETCHES                                                                                              \
	{ "from", "URL|DIR", "a PCCS, juratd endorsements or another service; or a directory or file",       \
	  .fallback = "$JURAT_ENDORSEMENTS, or the services of AMD and Intel" },                             \
		{ "ca-file", "FILE", "CA certificates for TLS, as PEM",                                      \
		  .fallback = "$CURL_CA_BUNDLE, $SSL_CERT_FILE, or the system's" },                          \
		{ "attempts", "N", "maximum number of requests for one item", .fallback = "6" },             \
	{                                                                                                    \
		"timeout", "SECONDS", "time limit for one item, including all attempts", .fallback = "120"   \
	}

/*
 * What a guest is launched from, beside the firmware image: any guest, and one of each TEE. The first
 * argument is the command of that TEE; NULL for a verb without one, whose help has the name of the TEE.
 */
#define LAUNCHED                                                                                             \
	{ "kernel", "FILE", "kernel that the VMM boots directly", .reads = true },                           \
		{ "initrd", "FILE", "initrd for that kernel", .reads = true },                               \
	{                                                                                                    \
		"append", "TEXT", "command line for that kernel", .fallback = "empty"                        \
	}

#define LAUNCHED_SNP(snp, of_snp)                                                                            \
	{ "vcpus", "N", of_snp "number of vCPUs", .commands = snp, .fallback = "1" },                        \
		{ "vcpu-type", "NAME|FAMILY-MODEL-STEPPING",                                                 \
		  of_snp "QEMU's name of the vCPUs, or the numbers of CPUID", .commands = snp },             \
		{ "guest-features", "HEX", of_snp "SEV_FEATURES of the vCPUs", .commands = snp,              \
		  .fallback = "0x1" },                                                                       \
		{ "svsm", "FILE", of_snp "SVSM image, which runs at VMPL0", .commands = snp,                 \
		  .reads = true },                                                                           \
	{                                                                                                    \
		"vars-size", "N",                                                                            \
			of_snp                                                                               \
			"with --svsm: bytes of the variable store, which is between SVSM and firmware",      \
			.commands = snp, .fallback = "0"                                                     \
	}

#define LAUNCHED_TDX(tdx, of_tdx)                                                                            \
	{ "order",                                                                                           \
	  "ORDER",                                                                                           \
	  of_tdx "how the VMM adds and measures pages",                                                      \
	  "page-by-page|all-then-extend",                                                                    \
	  .commands = tdx,                                                                                   \
	  .fallback = "page-by-page" },                                                                      \
		{ "memory", "SIZE", of_tdx "memory of the TD in bytes, or with K, M, G or T",                \
		  .commands = tdx },                                                                         \
		{ "acpi-table",                                                                              \
		  "FILE",                                                                                    \
		  of_tdx "ACPI table as the VMM passes it, in the order of measurement",                     \
		  .commands = tdx,                                                                           \
		  .repeatable = true,                                                                        \
		  .reads = true },                                                                           \
		{ "boot-order", "FILE", of_tdx "content of the variable BootOrder", .commands = tdx,         \
		  .reads = true },                                                                           \
		{ "boot-entry",                                                                              \
		  "FILE",                                                                                    \
		  of_tdx "content of a variable Boot####, in the order of BootOrder",                        \
		  .commands = tdx,                                                                           \
		  .repeatable = true,                                                                        \
		  .reads = true },                                                                           \
		{ "efi-image",                                                                               \
		  "FILE",                                                                                    \
		  of_tdx "EFI program instead of a kernel, in the order in which they start",                \
		  .commands = tdx,                                                                           \
		  .repeatable = true,                                                                        \
		  .reads = true },                                                                           \
		{ "gpt", "FILE",                                                                             \
		  of_tdx "disk of the EFI programs, its first bytes, or data of EV_EFI_GPT_EVENT",           \
		  .commands = tdx, .reads = true },                                                          \
		{ "loader-event",                                                                            \
		  "FILE",                                                                                    \
		  of_tdx "what a loader (shim, GRUB) measures into RTMR2, in order",                         \
		  .commands = tdx,                                                                           \
		  .repeatable = true,                                                                        \
		  .reads = true },                                                                           \
		{ "authority",                                                                               \
		  "FILE",                                                                                    \
		  of_tdx "data of an event EV_EFI_VARIABLE_AUTHORITY, in order",                             \
		  .commands = tdx,                                                                           \
		  .repeatable = true,                                                                        \
		  .reads = true },                                                                           \
		{ "secure-boot",                                                                             \
		  "STATE",                                                                                   \
		  of_tdx "variable SecureBoot: from the configuration volume, missing, 0 or 1",              \
		  "auto|none|off|on",                                                                        \
		  .commands = tdx,                                                                           \
		  .fallback = "auto" },                                                                      \
		{ "separator",                                                                               \
		  "REGISTER",                                                                                \
		  of_tdx "where the firmware puts the separator before the first boot attempt",              \
		  "rtmr1|rtmr0",                                                                             \
		  .commands = tdx,                                                                           \
		  .fallback = "rtmr1, as edk2 since edk2-stable202411" },                                    \
		{ "kernel-header",                                                                           \
		  "HEADER",                                                                                  \
		  of_tdx "whether the VMM changes the header of the kernel, as QEMU before 10.2",            \
		  "patched|unchanged",                                                                       \
		  .commands = tdx,                                                                           \
		  .fallback = "patched" },                                                                   \
	{                                                                                                    \
		"append-nul", "CHOICE", of_tdx "whether the measured command line ends with a NUL",          \
			"auto|with|without", .commands = tdx,                                                \
					     .fallback = "auto: with one if the VMM boots the kernel"        \
	}

/* Bounds of --explain. */
#define EXPLAINS(what, value)                                                                                \
	{ "explain", value, what, .reads = true },                                                           \
		{ "firmware-also", "FILE",                                                                   \
		  "with --explain, another firmware image to try, besides those of the same suffix in the "  \
		  "directory of --firmware",                                                                 \
		  .repeatable = true, .reads = true },                                                       \
		{ "max-vcpus", "N", "with --explain, largest number of vCPUs to try", .fallback = "512" },   \
		{ "max-differences", "N", "with --explain, largest number of inputs that differ at once",    \
		  .fallback = "4" },                                                                         \
	{                                                                                                    \
		"explain-timeout", "SECONDS", "with --explain, time limit", .fallback = "60"                 \
	}

#define FILES_FROM                                                                                           \
	{ "files-from",       "FILE",        "names of evidence, one a line",                                \
	  .repeatable = true, .reads = true, .program = CLI_NETWORK },                                       \
	{                                                                                                    \
		"null", NULL, "with --files-from, names end with a NUL byte, not a newline"                  \
	}

static const struct cli_option verify_options[] = {
	{ "certs", "FILE|DIR", "endorsements: certificate table, PEM or DER, or a directory of them",
	  .repeatable = true, .reads = true },
	{ "crl", "FILE|DIR", "certificate revocation lists, DER or PEM", .repeatable = true, .reads = true },
	{ "collateral", "FILE|DIR", "Intel's collateral for a quote: a JSON file or a directory",
	  .repeatable = true, .reads = true },
	{ "event-log", "FILE", "event log of the TD: RTMR0 to RTMR2 of the quote must be explained by it",
	  .fallback = "that of the evidence, if it has one", .reads = true },
	{ "allow-no-collateral", NULL, "accept a quote although its TCB is not verified" },
	{ "roots", "FILE|DIR", "trusted roots, instead of the vendors'", .repeatable = true, .reads = true },
	{ "policy", "FILE", "requirements as JSON, see jurat-policy(5)", .reads = true },
	{ "require", "NAME=VALUE", "one member of a policy, see jurat-policy(5)", .repeatable = true },
	REPORT_DATA("expected REPORT_DATA", NULL),
	{ "measurement", "HEX", "expected launch digest (TDX: MRTD)" },
	{ "at", "RFC3339", "time of the verification", .fallback = "now" },
	{ "fetch", NULL, "fetch certificates and collateral that are missing from the evidence",
	  .program = CLI_NETWORK },
	FETCHES,
	FILES_FROM,
	{ "jobs", "N", "number of threads", .fallback = "one for each usable core" },
	{ "list-reasons", NULL, "list the codes of all reasons for a refusal, and exit" },
	EXPLAINS("if a measurement is refused, print which of the inputs below would have it", NULL),
	{ "firmware", "FILE", "with --explain, firmware image: OVMF, or TDVF for a TD", .reads = true },
	LAUNCHED,
	LAUNCHED_SNP(NULL, "SEV-SNP: "),
	LAUNCHED_TDX(NULL, "TDX: "),
	{ "vmm", "VMM", "the VMM that launches the guest (ec2: SEV-SNP only)", "qemu|ec2|gce",
	  .any_case = true, .fallback = "qemu" },
	OUTPUT_PAGE,
};

static const struct cli_option tcb_options[] = {
	{ "collateral", "FILE|DIR", "Intel's collateral of the standard TCB recovery", .repeatable = true,
	  .reads = true, .fallback = "that beside or inside a quote" },
	{ "early-collateral", "FILE|DIR",
	  "Intel's collateral of the early TCB recovery, which the standard one will follow",
	  .repeatable = true, .reads = true },
	{ "snp-table", "FILE", "minimum TCBs of SEV-SNP, see jurat-snp-tcb-table(5)", .reads = true },
	{ "accept", "STATUS", "TCB status of Intel's collateral that counts as current beside UpToDate",
	  .repeatable = true },
	{ "allow-unsigned", NULL, "trust what a platform says about itself (see jurat host status)" },
	{ "certs", "FILE|DIR", "endorsements: certificate table, PEM or DER, or a directory of them",
	  .repeatable = true },
	{ "crl", "FILE|DIR", "certificate revocation lists, DER or PEM", .repeatable = true },
	{ "roots", "FILE|DIR", "trusted roots, instead of the vendors'", .repeatable = true },
	{ "at", "RFC3339", "time of the verification", .fallback = "now" },
	{ "fetch", NULL, "fetch both sets of Intel's collateral for the platforms of the quotes" },
	FETCHES,
	FILES_FROM,
	{ "policy-out", "FILE", "write what the table requires now to FILE, as a policy" },
	{ "policy", "FILE", "policy to add it to; with --policy-out", .reads = true },
	{ "jobs", "N", "number of threads", .fallback = "one for each usable core" },
	{ "output", "FORMAT", "output format", "text|json|csv", .fallback = "text" },
};

/* Of `jurat fetch`: what is of SEV-SNP. */
#define SNP_FETCHES "vcek|ca|crl|vlek-ca"

static const struct cli_option fetch_options[] = {
	{ "report", "FILE", "SEV-SNP report that names chip, TCB and product", .commands = SNP_FETCHES,
	  .reads = true },
	{ "chip-id", "HEX", "chip_id instead of a report", .commands = "vcek" },
	{ "tcb", "HEX", "reported TCB_VERSION instead of a report (16 hex digits); default of --chips",
	  .commands = "vcek" },
	{ "product", "NAME", "product instead of a report, or for a report of version 2", "milan|genoa|turin",
	  .any_case = true, .commands = SNP_FETCHES },
	{ "chips", "FILE",
	  "list of chips, one line CHIP_ID [PRODUCT [TCB]] each; fetch VCEKs that are missing from the stock "
	  "at --out",
	  .commands = "vcek", .reads = true },
	{ "quote", "FILE", "TD quote that names the platform", .commands = "collateral", .reads = true },
	{ "fmspc", "HEX", "FMSPC instead of a quote (12 hex digits)", .commands = "collateral" },
	{ "ca", "CA", "with --fmspc, CA of the PCK certificates", "platform|processor",
	  .commands = "collateral", .fallback = "platform" },
	{ "early", NULL, "fetch for the early TCB recovery, not the standard one", .commands = "collateral" },
	FETCHES,
	{ "out", "DIR|FILE",
	  "directory for the files, created if missing; a name with .der, .pem, .crt, .cer or .json is a "
	  "file",
	  .fallback = "the current directory" },
	{ "roots", "FILE|DIR", "trusted roots, instead of the vendors'", .repeatable = true, .reads = true },
	{ "at", "RFC3339", "time of the checks", .fallback = "now" },
	OUTPUT,
};

static const struct cli_option certs_options[] = {
	{ "report", "FILE", "report that the certificates must verify", .commands = "check", .reads = true },
	{ "device", "PATH", "SNP host whose reports the certificates must verify, such as /dev/sev",
	  .commands = "check" },
	{ "host-status", "FILE", "the same, from the output of jurat host status --output json",
	  .commands = "check", .reads = true },
	{ "chip-id", "HEX", "the same, identified by its HWID; with --tcb", .commands = "check" },
	{ "tcb", "HEX", "TCB_VERSION that the platform reports; with --chip-id", .commands = "check" },
	{ "sign-with", "KEY", "key of the platform that --chip-id names", "vcek|vlek", .commands = "check",
	  .fallback = "that of the table" },
	{ "product", "NAME", "processor of the platform", "milan|genoa|turin", .any_case = true,
	  .commands = "check", .fallback = "that of the table" },
	{ "at", "RFC3339", "time of the verification", .commands = "check", .fallback = "now" },
	{ "roots", "FILE|DIR", "trusted roots, instead of the vendors'", .commands = "check",
	  .repeatable = true, .reads = true },
	{ "crl", "FILE", "add this CRL to the table (some clients cannot read it)", .commands = "build",
	  .reads = true },
	{ "output", "FORMAT", "output format", "text|json", .commands = "split|check", .fallback = "text" },
};

/* Of `jurat host`: every command that changes something. */
#define CHANGES "set-config|commit|load-vlek|refresh|recover"

static const struct cli_option host_options[] = {
	{ "device", "FILE", "device of the AMD Secure Processor", .fallback = "/dev/sev" },
	{ "blob", "FILE", "certificate table that VMMs serve", .fallback = "$JURAT_CERTS" },
	{ "endorsements", "DIR|URL", "source of the certificates: a directory or a service",
	  .commands = CHANGES, .fallback = "$JURAT_ENDORSEMENTS, or AMD" },
	{ "ca-file", "FILE", "CA certificates for TLS to the service, as PEM", .commands = CHANGES,
	  .fallback = "the system's" },
	{ "product", "NAME", "product of the processor", "milan|genoa|turin", .any_case = true,
	  .fallback = "$JURAT_PRODUCT, or this processor's" },
	{ "roots", "FILE|DIR", "trusted roots, instead of AMD's", .repeatable = true, .reads = true },
	{ "at", "RFC3339", "time of the checks", .fallback = "now" },
	{ "dry-run", NULL,
	  "check the firmware's state, the certificates and permissions, print the plan and possible "
	  "obstacles, but change nothing",
	  .commands = CHANGES },
	{ "reported-tcb", "HEX|NAME=N,...", "TCB_VERSION to report (16 hex digits), or components of it",
	  .commands = "set-config" },
	{ "mask-chip-id", "CHOICE", "set chip_id in reports to zero", "yes|no", .commands = "set-config" },
	{ "mask-chip-key", "CHOICE", "leave reports unsigned", "yes|no", .commands = "set-config" },
	{ "reset", NULL, "report the committed TCB, without masks", .commands = "set-config" },
	{ "committed", "HEX", "the committed TCB, which the platform status does not include",
	  .commands = "set-config" },
	{ "report", "FILE", "a recent report from this host, to take its committed TCB",
	  .commands = "set-config", .reads = true },
	{ "vlek", "FILE", "certificate of the VLEK that is or will be loaded, DER or PEM",
	  .commands = CHANGES, .fallback = "that of the present table", .reads = true },
	{ "with-crl", NULL, "add the CRL to the table (some clients cannot read it)", .commands = CHANGES },
	{ "wait", "MS", "how long to wait for readers and for other updaters, in milliseconds",
	  .commands = CHANGES, .fallback = "1000" },
	{ "undrained", "CHOICE", "what to do if readers still hold the old table after that time",
	  "put-back|empty|proceed", .commands = CHANGES, .fallback = "put-back" },
	OUTPUT,
};

static const struct cli_option attest_options[] = {
	{ "tee", "TEE", "TEE to use", "auto|sev-snp|tdx", .fallback = "auto" },
	REPORT_DATA("REPORT_DATA to put into the report", "random"),
	{ "vmpl", "N", "SEV-SNP: privilege level of the report", "0|1|2|3",
	  .fallback = "the lowest allowed" },
	{ "key-sel", "KEY", "SEV-SNP: key to sign with", "auto|vcek|vlek", .fallback = "auto" },
	VIA,
	{ "quoting-service", "ADDRESS", "TDX without configfs: quoting service, such as vsock:2:4050",
	  .fallback = "from /etc/tdx-attest.conf" },
	{ "out", "FILE", "file for the report or quote", .fallback = "report.bin or quote.bin" },
	{ "certs-out", "FILE", "file for the host's certificate table", .fallback = "not written" },
	{ "extended", NULL, "append the certificate table to the report" },
	{ "event-log-out", "FILE", "TDX: file for the event log of the firmware (CCEL)",
	  .fallback = "not written" },
	OUTPUT,
};

static const struct cli_option key_options[] = {
	{ "root", "KEY", "root key", "vcek|vmrk", .fallback = "vcek" },
	{ "fields", "LIST", "fields to mix in, comma-separated",
	  .items = "policy|image_id|family_id|measurement|guest_svn|tcb_version", .fallback = "none" },
	{ "vmpl", "N", "privilege level to mix in", "0|1|2|3", .fallback = "the lowest allowed" },
	{ "guest-svn", "N", "guest SVN to mix in", .fallback = "0" },
	{ "tcb", "HEX", "TCB_VERSION to mix in (16 hex digits)", .fallback = "0" },
	{ "out", "FILE", "file for the 32 bytes of the key", .fallback = "standard output, as hex" },
	VIA,
	OUTPUT,
};

/* The software platform of run and device. */
#define PLATFORM                                                                                             \
	{ "tee", "TEE", "TEE to simulate", "sev-snp|tdx|both", .fallback = "sev-snp" }, PRODUCT,             \
		REPORT_VERSION, SIGN_WITH, SYNC, LINUX_RELEASE, SEED, PLATFORM_AT,                           \
		{ "state", "DIR", "keep the platform in DIR; runs with the same DIR share it",               \
		  .fallback = "discarded at the end" },                                                      \
		{ "firmware", "HEX",                                                                         \
		  "TCB_VERSION (16 hex digits) of firmware that runs and is not committed yet" },            \
	{                                                                                                    \
		"no-certs", NULL, "the host provides no certificates"                                        \
	}
#define FAULTS { "fault", "SPEC", "inject a fault (see jurat run --list-faults)", .repeatable = true }, TRACE
#define SUITE                                                                                                \
	{ "device-mode", "OCTAL", "permissions of the devices", .fallback = "0600" },                        \
		{ "ready-fd", "N", "descriptor that gets a line when everything is ready" },                 \
	{                                                                                                    \
		"control", "PATH", "socket for changing the faults while it runs"                            \
	}
#define LEGACY_QUOTE_IOCTL                                                                                   \
	{                                                                                                    \
		"legacy-quote-ioctl", NULL,                                                                  \
			"TDX: simulate the driver posted in 2023, which has TDX_CMD_GET_QUOTE"               \
	}
#define FORCE                                                                                                \
	{                                                                                                    \
		"force", NULL, "hide real TEE devices of this machine"                                       \
	}

/* The guest of a software platform. --firmware and --vmm are something else there. */
#define LAUNCH                                                                                               \
	{ "firmware-image", "FILE", "launch the guest from this image: OVMF, or TDVF for a TD",              \
	  .reads = true },                                                                                   \
		LAUNCHED, LAUNCHED_SNP(NULL, "SEV-SNP: "), LAUNCHED_TDX(NULL, "TDX: "),                      \
		{ "vmm-flavour",                                                                             \
		  "VMM",                                                                                     \
		  "the VMM that launches the guest (ec2: SEV-SNP only)",                                     \
		  "qemu|ec2|gce",                                                                            \
		  .any_case = true,                                                                          \
		  .fallback = "qemu" },                                                                      \
		{ "guest-policy", "HEX", "SEV-SNP: policy of the guest", .fallback = "0x30000" },            \
		{ "id-block", "FILE", "SEV-SNP: ID block, which the firmware checks; with --id-auth",        \
		  .reads = true },                                                                           \
	{                                                                                                    \
		"id-auth", "FILE", "SEV-SNP: ID authentication information", .reads = true                   \
	}

static const struct cli_option run_options[] = {
	PLATFORM,
	ORDER,
	LAUNCH,
	{ "host", NULL, "run PROGRAM as a host tool: with /dev/sev, without the guest devices" },
	FAULTS,
	SUITE,
	{ "user-map", "MAP",
	  "without root: IDs of PROGRAM are this user's, root alone, or root and subordinate IDs",
	  "self|root|auto", .fallback = "self" },
	{ "list-faults", NULL, "list the faults, their effect and what a program should do, and exit" },
	LEGACY_QUOTE_IOCTL,
	{ "qgs", "unix:PATH|vsock:PORT",
	  "TDX: also provide the quoting service, at a socket or a vsock port of the host" },
	{ "endorsements", NULL,
	  "serve the platform's endorsements under the host names of AMD's KDS and Intel's PCS" },
	{ "endorsements-fault", "SPEC", "inject a fault into that service (see juratd(8))",
	  .repeatable = true },
	FORCE,
	{ "vmm", NULL, "test PROGRAM, a VMM: how it answers KVM's exits for certificates and quotes" },
	{ "list-checks", NULL, "list the checks of --vmm and what each requires, and exit" },
	{ "only", "CHECK", "with --vmm, run this check and no others", .repeatable = true },
	{ "gpa", "HEX", "with --vmm, guest physical address of memory that the checks may overwrite",
	  .fallback = "RAM that the firmware does not use" },
	{ "exits", "N", "with --vmm, number of exits of checks under load", .fallback = "2000" },
	{ "kvm", "WHICH", "with --vmm, KVM to run on: /dev/kvm (real) or a simulated one (own)",
	  "auto|real|own", .fallback = "auto: real where /dev/kvm can be opened" },
	OUTPUT,
};

static const struct cli_option device_options[] = {
	PLATFORM,
	ORDER,
	LAUNCH,
	{ "host", NULL, "provide the host's /dev/sev instead of the guest devices" },
	FAULTS,
	SUITE,
	LEGACY_QUOTE_IOCTL,
	FORCE,
};

static const struct cli_option vmm_options[] = {
	{ "certs", "BLOB", "SEV-SNP: certificate table of this host, served to guests",
	  .fallback = "$JURAT_VMM_CERTS, or $JURAT_CERTS" },
	{ "quoting-service", "ADDRESS",
	  "TDX: service for quotes: unix:PATH, vsock:CID:PORT or tcp:127.0.0.1:PORT",
	  .fallback = "$JURAT_VMM_QUOTING_SERVICE" },
	{ "grace-ms", "N", "TDX: how long GetQuote may wait for its quote, in milliseconds",
	  .fallback = "20" },
	{ "lock-wait-ms", "N",
	  "SEV-SNP: how long a request may wait for an update of the table, in milliseconds",
	  .fallback = "100" },
	{ "log", "FILE", "append log lines to FILE", .fallback = "standard error" },
	{ "defer", NULL, "leave the exits that the VMM handles itself to it (see jurat-vmm(1))" },
};

/* Of `jurat explore`. */
static const struct cli_option explore_options[] = {
	SYNC,
	{ "break", "NAME", "explore a machine in which one thing is broken on purpose (see --list)" },
	{ "scenario", "NAME", "explore a machine that tests a claim from a mailing list (see --list)" },
	{ "list", NULL, "list the invariants and the names for --break and --scenario, and exit" },
	{ "vcpus", "N", "number of vCPUs of the guest, 1 to 3; each requests reports with certificates" },
	{ "requests", "N", "requests of each vCPU, 1 to 5" },
	{ "readers", "KIND",
	  "add a second VMM, which reads the certificates with libjurat-host, as QEMU would, or without "
	  "comparing inodes",
	  "none|jurat|qemu|naive" },
	{ "updaters", "N", "updaters of TCB and certificates, 0 to 3" },
	{ "updates", "N", "updates of each updater, 1 to 5" },
	{ "crashes", "N", "processes that may crash at any step, 0 to 3" },
	{ "power-loss", NULL, "a crash may also be a loss of power" },
	{ "depth", "N", "maximum number of decisions in one order", .fallback = "4096" },
	{ "switches", "N", "maximum number of times that a party is preempted in one order",
	  .fallback = "no limit" },
	{ "steps", "N", "try random orders, N steps in all, instead of every order",
	  .fallback = "1000000 with --seed" },
	{ "seed", "N", "seed of random orders", .fallback = "1" },
	{ "max-states", "N", "stop after this number of distinct states", .fallback = "no limit" },
	{ "timeout", "SECONDS", "stop after this time", .fallback = "no limit" },
	{ "trace", "FILE",
	  "write the history that breaks an invariant to FILE: a page (.html), text (.txt), Mermaid diagram "
	  "(.mmd) or Chrome trace events (.json)" },
	OUTPUT,
};

static const struct cli_option policy_options[] = {
	{ "certs", "FILE|DIR", "endorsements: certificate table, PEM or DER, or a directory of them",
	  .commands = "from", .repeatable = true, .reads = true },
	{ "crl", "FILE|DIR", "certificate revocation lists, DER or PEM", .commands = "from",
	  .repeatable = true, .reads = true },
	{ "collateral", "FILE|DIR", "Intel's collateral for a quote: a JSON file or a directory",
	  .commands = "from", .repeatable = true, .reads = true },
	{ "event-log", "FILE", "event log of the TD", .commands = "from", .reads = true },
	{ "allow-no-collateral", NULL, "use a quote although its TCB is not verified", .commands = "from" },
	{ "roots", "FILE|DIR", "trusted roots, instead of the vendors'", .commands = "from",
	  .repeatable = true, .reads = true },
	{ "at", "RFC3339", "time of the verification", .commands = "from", .fallback = "now" },
	{ "policy", "FILE",
	  "policy that the evidence must meet; its members that are not pinned are written as well",
	  .commands = "from", .reads = true },
	{ "require", "NAME=VALUE", "one member of such a policy", .commands = "from", .repeatable = true },
	{ "pin", "FIELDS", "members to take from the evidence, comma-separated: names, all or default",
	  .commands = "from", .fallback = "default", .repeatable = true },
	{ "allow-unverified", NULL, "use evidence that is refused; the policy says so in its comment",
	  .commands = "from" },
	{ "out", "FILE", "file for the policy", .commands = "from", .fallback = "standard output" },
};

/* Of `jurat measure`. */
static const struct cli_option measure_options[] = {
	{ "firmware", "FILE", "firmware image: OVMF, or TDVF for a TD", .reads = true },
	LAUNCHED,
	{ "vmm", "VMM", "the VMM that launches the guest (ec2: SEV-SNP only)", "qemu|ec2|gce",
	  .any_case = true, .fallback = "qemu" },
	LAUNCHED_SNP("snp", ""),
	{ "steps", NULL, "print every range of pages and the digest after it", .commands = "snp" },
	{ "id-block", "FILE", "write the ID block to FILE; with --id-auth and --id-key", .commands = "snp" },
	{ "id-auth", "FILE", "write the ID authentication information to FILE", .commands = "snp" },
	{ "id-key", "FILE", "private key that signs the ID block (P-384, PEM or DER)", .commands = "snp",
	  .reads = true },
	{ "author-key", "FILE", "private key that signs the public ID key", .commands = "snp",
	  .reads = true },
	{ "family-id", "HEX", "FAMILY_ID of the ID block (32 hex digits)", .commands = "snp",
	  .fallback = "zero" },
	{ "image-id", "HEX", "IMAGE_ID of the ID block (32 hex digits)", .commands = "snp",
	  .fallback = "zero" },
	{ "guest-svn", "N", "GUEST_SVN of the ID block", .commands = "snp", .fallback = "0" },
	{ "guest-policy", "HEX", "POLICY of the ID block: that of the guest", .commands = "snp",
	  .fallback = "0x30000" },
	{ "check-id-block", "FILE", "check this ID block instead of writing one; with --check-id-auth",
	  .commands = "snp", .reads = true },
	{ "check-id-auth", "FILE", "ID authentication information to check", .commands = "snp",
	  .reads = true },
	LAUNCHED_TDX("tdx", ""),
	EXPLAINS("also print which inputs would have the measurements of EVIDENCE", "EVIDENCE"),
	{ "policy-out", "FILE", "write a policy that requires the results to FILE" },
	{ "policy", "FILE", "policy to add them to; with --policy-out", .reads = true },
	OUTPUT,
};

static const struct cli_option help_options[] = {
	{ "format", "FORMAT", "text, the option list of a manual page (scdoc) or completion for a shell",
	  "text|scdoc|" BASE_COMPLETE_SHELLS, .fallback = "text" },
};

/* Of `jurat doctor`. */
static const struct cli_option doctor_options[] = { DOCTOR_OPTIONS(VIA, OUTPUT) };

#define OPTIONS(table) .options = table, .n_options = ARRAY_SIZE(table)

const struct cli_verb cli_verbs[] = {
	{ .name = "attest",
	  .args = "",
	  .summary = "fetch evidence from the TEE of this machine",
	  OPTIONS(attest_options) },
	{ .name = "cases",
	  .args = "make DIR | list | run -- ADAPTER [ARGUMENT]...",
	  .has_commands = true,
	  .summary = "make evidence that a verifier must accept or refuse, and run a verifier on it",
	  .more = "ADAPTER is a program that verifies one case; jurat-cases(1) describes it. list prints the "
		  "cases that make writes.\n"
		  "Exit status of run: 0 all answers are as expected, 1 some are not, 2 usage error, 3 the "
		  "adapter failed in some cases, or a file could not be read or written, 4 internal error.\n",
	  OPTIONS(cases_options),
	  .program = CLI_PLATFORM },
	{ .name = "certs",
	  .args = "build DIR BLOB | split BLOB DIR | check BLOB",
	  .has_commands = true,
	  .summary = "build, split or check a certificate table",
	  .more = "build reads ark, ask or asvk, and vcek or vlek from DIR, with any file name extension, as "
		  "DER or PEM.\n",
	  OPTIONS(certs_options) },
	{ .name = "demo",
	  .args = "",
	  .summary = "attest two guests end to end on the software platform",
	  OPTIONS(demo_options),
	  .program = CLI_PLATFORM },
	{ .name = "device",
	  .args = "",
	  .summary = "provide the devices of a software platform to the whole machine (root only)",
	  .more = "Prints their paths and runs until SIGHUP, SIGINT, SIGQUIT or SIGTERM.\n",
	  OPTIONS(device_options),
	  .program = CLI_PLATFORM },
	{ .name = "doctor",
	  .args = "[guest | host | verifier | platform]...",
	  .summary = "find the first broken hop on the way of a report or quote, and what to do",
	  .more = "Without a side, jurat checks those that this machine has. Changes nothing, and "
		  "requests at most one report or quote.\n"
		  "Exit status: 0 nothing is broken, 1 a hop is broken, 2 usage error, 3 something is "
		  "unknown, 4 internal error.\n",
	  OPTIONS(doctor_options),
	  .max_args = 4,
	  .program = CLI_NETWORK },
	{ .name = "explore",
	  .args = "",
	  .summary = "try every order of steps of guests, VMMs, KVM, updaters and firmware",
	  .more = "--sync, --break or --scenario selects a machine; --vcpus to --power-loss change it. These "
		  "are bounds: --depth, --switches, --max-states, --timeout.\nExit status: 0 no invariant "
		  "was broken within the bounds, 1 one was broken, 2 usage error, 3 the trace or the output "
		  "cannot be written, 4 internal error or lack of memory, 130 or 143 stopped by Ctrl-C or "
		  "SIGTERM, after printing what was covered.\n",
	  OPTIONS(explore_options),
	  .program = CLI_PLATFORM },
	{ .name = "fetch",
	  .args = "vcek | ca | crl | vlek-ca | collateral",
	  .has_commands = true,
	  .summary = "fetch and verify certificates, CRLs and collateral from the vendors or another source",
	  .more = "Files: vcek writes vcek.der; ca ask.pem and ark.pem; vlek-ca asvk.pem and ark.pem; crl "
		  "crl.der; collateral a directory that verify --collateral reads, or one .json file.\nExit "
		  "status: 0 all files are there, 1 the source does not have an item or is not trusted, or "
		  "the "
		  "item failed a check, 2 usage error, including files that cannot be read, 3 the source "
		  "could "
		  "not be reached or is busy, or a file could not be written: try again later, 4 internal "
		  "error.\n",
	  OPTIONS(fetch_options),
	  .program = CLI_NETWORK },
	{ .name = "forge",
	  .args = "[PRESET]...",
	  .summary = "make evidence to order, signed and wrong, for tests of verifiers",
	  .more = "Prints the files and the command of jurat verify that verifies them.\n",
	  OPTIONS(forge_options),
	  .max_args = SIZE_MAX,
	  .program = CLI_PLATFORM },
	{ .name = "help",
	  .args = "[VERB [COMMAND]]",
	  .summary = "print help for a verb",
	  OPTIONS(help_options),
	  .max_args = 2 },
	{ .name = "host",
	  .args = "status | set-config | commit | load-vlek FILE | refresh | recover",
	  .has_commands = true,
	  .summary = "change the firmware configuration and certificates of an SNP host together",
	  .more = "commit cannot be undone: see commit --dry-run.\n"
		  "Exit status: 0 done (status: the table matches), 1 refused by a check or by the firmware, "
		  "with nothing changed (status: there is a problem), 2 usage error, 3 a device, file, lock "
		  "or service failed, 4 internal error.\n",
	  OPTIONS(host_options),
	  .program = CLI_NETWORK },
	{ .name = "key", .args = "", .summary = "derive a key from SEV-SNP firmware", OPTIONS(key_options) },
	{ .name = "measure",
	  .args = "snp | tdx",
	  .has_commands = true,
	  .summary = "compute the launch measurement of a guest from what a VMM launches it with",
	  .more = "snp prints the launch digest, tdx MRTD and RTMR0 to 2, one a line.\n"
		  "Exit status: 0 done, 1 an image is malformed or lacks what the options need, or the ID "
		  "block failed a check, 2 usage error, 3 a file could not be read or written, 4 internal "
		  "error.\n",
	  OPTIONS(measure_options) },
	{ .name = "policy",
	  .args = "from EVIDENCE | pins",
	  .has_commands = true,
	  .summary = "write a policy that accepts what known-good evidence states",
	  .more = "from verifies the evidence first. pins lists the members that can be pinned, which are "
		  "the "
		  "default, and how tight each is.\n"
		  "Exit status: 0 written, 1 the evidence is refused or lacks a field that --pin names, 2 "
		  "usage "
		  "error, 3 a file could not be read or written, 4 internal error.\n",
	  OPTIONS(policy_options) },
	{ .name = "run",
	  .args = "-- PROGRAM [ARGUMENT]...",
	  .summary = "run an unmodified program as a guest or host of a software platform",
	  .more = "Exit status: that of the program; 126 or 127 if it could not be executed; 2 usage error, "
		  "3 a requirement of this machine is not met, 4 internal error. With --vmm: 0 no check "
		  "failed, 1 a check failed.\n",
	  OPTIONS(run_options),
	  .max_args = SIZE_MAX,
	  .program = CLI_PLATFORM },
	{ .name = "show",
	  .args = "FILE",
	  .summary = "decode reports, quotes, event logs, certificates, collateral and related files",
	  OPTIONS(show_options),
	  .max_args = 1 },
	{ .name = "tcb",
	  .args = "EVIDENCE...",
	  .summary = "report which evidence has an outdated TCB, and which update raises it",
	  .more = "EVIDENCE is a TD quote, an SEV-SNP report, a directory as for verify, the output of "
		  "jurat host status --output json, or a TDX platform as in jurat-tcb(1). JSON: one object a "
		  "line for each.\n"
		  "Exit status: 0 all are current, 1 some are not, or are not verified, 2 usage error, 3 a "
		  "file "
		  "could not be read or is not of the expected kind, 4 internal error.\n",
	  OPTIONS(tcb_options),
	  .max_args = SIZE_MAX,
	  .program = CLI_NETWORK }, /* whose OpenSSL verifies P-256 twice as fast as hogweed */
	{ .name = "verify",
	  .args = "EVIDENCE...",
	  .summary = "verify evidence: accepted, or refused with reasons",
	  .more = "EVIDENCE is an SEV-SNP report, with or without its certificate table, a TD quote, or a "
		  "directory as written by demo, of which all evidence is verified (JSON: one array). Any "
		  "other directory stands for all files below it. Several pieces of evidence have a line "
		  "each, and a summary follows (JSON: one object a line).\n"
		  "Exit status: 0 all accepted, 1 some refused, 2 usage error, 3 a file could not be read "
		  "or is not of the expected kind, 4 internal error.\n",
	  OPTIONS(verify_options),
	  .max_args = SIZE_MAX,
	  .many = CLI_NETWORK }, /* as for tcb */
	{ .name = "vmm",
	  .args = "-- VMM [ARGUMENT]...",
	  .summary = "run an unmodified VMM and serve certificates and quotes to its guests",
	  .more = "Exit status: that of the VMM; 126 or 127 if it could not be executed with the library; 2 "
		  "usage "
		  "error, 3 certificates, log or library cannot be used, 4 internal error.\n",
	  OPTIONS(vmm_options),
	  .max_args = SIZE_MAX },
};
const size_t cli_n_verbs = ARRAY_SIZE(cli_verbs);
