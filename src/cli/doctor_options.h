/* SPDX-License-Identifier: MIT */
#ifndef CLI_DOCTOR_OPTIONS_H
#define CLI_DOCTOR_OPTIONS_H

/* The options of `jurat doctor`, for the table in verbs.c. via, output: rows that other verbs have, too. */
/* clang-format off */
#define DOCTOR_OPTIONS(via, output) \
	{ "network", NULL, "also check the PCCS, AMD's KDS and Intel's PCS, or the source of --from" }, \
	{ "tee", "TEE", "kind of guest or host", "auto|sev-snp|tdx", .fallback = "auto" }, \
	{ "guest-device", "FILE", "device of the guest", .fallback = "/dev/sev-guest or /dev/tdx_guest" }, \
	via, \
	{ "device", "FILE", "device of the AMD Secure Processor", .fallback = "/dev/sev" }, \
	{ "blob", "FILE", "certificate table that the VMMs serve", .fallback = "$JURAT_CERTS" }, \
	{ "product", "NAME", "product of the processor", "milan|genoa|turin", .any_case = true, \
	  .fallback = "$JURAT_PRODUCT, or this processor's" }, \
	{ "vmm", "FILE", "program of the VMM, which is searched for an option for certificates" }, \
	{ "quoting-service", "ADDRESS", "TDX: quoting service, such as vsock:2:4050 or unix:PATH", \
	  .fallback = "from /etc/tdx-attest.conf (guest), or where QGS and juratd listen (host)" }, \
	{ "pccs-config", "FILE", "TDX: file that names the PCCS", \
	  .fallback = "/etc/sgx_default_qcnl.conf" }, \
	{ "collateral", "FILE|DIR", "Intel's collateral, to check its age", .repeatable = true, \
	  .reads = true }, \
	{ "crl", "FILE|DIR", "AMD's CRLs, to check their age", .repeatable = true, .reads = true }, \
	{ "roots", "FILE|DIR", "trusted roots, instead of the vendors'", .repeatable = true, \
	  .reads = true }, \
	{ "from", "URL|DIR", "service in place of the vendors'", .fallback = "$JURAT_ENDORSEMENTS" }, \
	{ "ca-file", "FILE", "CA certificates for TLS, as PEM", .fallback = "the system's" }, \
	{ "at", "RFC3339", "time of the checks", .fallback = "now" }, \
	{ "root", "DIR", \
	  "check the files of another machine below DIR, such as a sosreport's, and open no device" }, \
	{ "list-findings", NULL, "list what can be found, with remedies, and exit" }, \
	{ "list-codes", NULL, "list the codes that --code explains, and exit" }, \
	{ "code", "CODE", "explain an error code of Intel's quoting service or its libraries, and exit" }, \
	output
/* clang-format on */

#endif
