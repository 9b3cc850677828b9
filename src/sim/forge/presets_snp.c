/* SPDX-License-Identifier: MIT */
#include "sim/forge/order_internal.h"

#define ITEMS(...)                                                                                           \
	(const char *const[])                                                                                \
	{                                                                                                    \
		__VA_ARGS__, NULL                                                                            \
	}
/* clang-format off */
#define SNP(name_, what_, ...) { .name = name_, .what = what_, .snp = true, .items = ITEMS(__VA_ARGS__) }

const struct sim_preset order_presets_snp[] = {
	/* validity */
	SNP("vcek-expired", "The VCEK expired a day ago.", "vcek.not_before=at-7y", "vcek.not_after=at-1d"),
	SNP("vcek-not-yet-valid", "The VCEK is valid from tomorrow on.", "vcek.not_before=at+1d"),
	SNP("vlek-expired", "The VLEK expired a day ago.", "vlek.not_before=at-1y", "vlek.not_after=at-1d"),
	SNP("vlek-not-yet-valid", "The VLEK is valid from tomorrow on.", "vlek.not_before=at+1d"),
	SNP("ask-expired", "The ASK expired a day ago.", "ask.not_after=at-1d"),
	SNP("ask-not-yet-valid", "The ASK is valid from tomorrow on.", "ask.not_before=at+1d"),
	SNP("asvk-expired", "The ASVK expired a day ago.", "asvk.not_after=at-1d"),
	SNP("asvk-not-yet-valid", "The ASVK is valid from tomorrow on.", "asvk.not_before=at+1d"),
	SNP("ark-expired", "The ARK expired a day ago.", "ark.not_after=at-1d"),
	SNP("ark-not-yet-valid", "The ARK is valid from tomorrow on.", "ark.not_before=at+1d"),

	/* revocation */
	SNP("ask-revoked", "The CRL of the ARK lists the ASK.", "crl.revoked=ask"),
	SNP("asvk-revoked", "The CRL of the ARK lists the ASVK.", "crl.revoked=asvk"),
	SNP("ark-revoked", "The CRL of the ARK lists the ARK itself.", "crl.revoked=ark"),
	SNP("vcek-revoked",
	    "The CRL of the ARK lists the serial number of the VCEK, which all VCEKs share.",
	    "crl.revoked=vcek"),
	SNP("crl-stale", "The CRL: nextUpdate was a day ago.",
	    "crl.this_update=at-31d", "crl.next_update=at-1d"),
	SNP("crl-not-yet-valid", "The CRL: thisUpdate is tomorrow.", "crl.this_update=at+1d"),
	SNP("crl-missing", "There is no CRL.", "crl.missing=yes"),
	SNP("crl-other-issuer",
	    "The CRL names the ARK as its issuer, and another key signed it.", "crl.signed_by=other"),
	SNP("crl-damaged", "One bit of the CRL's signature was changed.", "damage crl.signature"),

	/* binding */
	SNP("wrong-chip", "The VCEK is that of another chip.", "vcek.for_chip=another"),
	SNP("wrong-hwid", "The VCEK has the right key and the HWID of another chip.", "vcek.hwid=x5a"),
	SNP("wrong-tcb", "The VCEK is of a higher TCB than the reported one.", "vcek.for_tcb.microcode=+1"),
	SNP("wrong-spl", "The VCEK has the right key and states another TCB.", "vcek.spl.snpSPL=1"),
	SNP("vcek-of-current-tcb",
	    "The reported TCB is behind the current one, and the VCEK is that of the current TCB.",
	    "platform.reported_tcb.snp=-1", "vcek.for_tcb=current"),
	SNP("vlek-of-current-tcb",
	    "The reported TCB is behind the current one, and the VLEK is that of the current TCB.",
	    "platform.reported_tcb.snp=-1", "vlek.for_tcb=current"),
	SNP("vlek-other-provider", "The VLEK is that of another cloud provider.",
	    "vlek.for_csp=CN=other.jurat.invalid"),
	SNP("other-provider", "The VLEK is valid and belongs to another cloud provider.",
	    "platform.csp_id=CN=other.jurat.invalid"),
	SNP("signed-by-vlek",
	    "The report says that the VCEK signed it, and the VLEK did.", "report.signed_by=vlek"),
	SNP("masked-chip",
	    "The chip ID is masked, so that no VCEK can be compared with it.", "platform.mask_chip_id=yes"),
	SNP("masked-key", "The chip key is masked: the report is not signed.", "platform.mask_chip_key=yes"),

	/* state of guest and platform */
	SNP("debug", "The guest policy allows debugging.", "guest.policy.DEBUG=yes"),
	SNP("migratable", "The guest policy allows a migration agent.", "guest.policy.MIGRATE_MA=yes"),
	SNP("rollback", "The firmware that runs is not committed, and the host can go back to an older one.",
	    "platform.committed_tcb.snp=-1"),
	SNP("old-tcb", "The platform reports the oldest SNP firmware and microcode.",
	    "platform.tcb.snp=1", "platform.tcb.microcode=1"),
	SNP("alias-unchecked", "The platform has not checked memory for aliases (CVE-2024-21944).",
	    "platform.platform_info.ALIAS_CHECK_COMPLETE=no"),
	SNP("other-vmpl", "VMPL 3 requested the report.", "report.vmpl=3"),

	/* signature and format of the report */
	SNP("wrong-key", "The report is signed by a key that no certificate has.", "report.signed_by=other"),
	SNP("not-signed",
	    "The report says that the VCEK signed it, and its signature is zero.", "report.signed_by=none"),
	SNP("signature-damaged", "One bit of the report's signature was changed.", "damage report.signature"),
	SNP("measurement-changed", "The measurement was replaced after the report was signed.",
	    "unsigned report.measurement=x00"),
	SNP("debug-hidden",
	    "The guest policy allows debugging, and DEBUG was cleared after the report was signed.",
	    "guest.policy.DEBUG=yes", "unsigned report.policy.DEBUG=no"),
	SNP("report-data-changed", "The report data was replaced after the report was signed.",
	    "unsigned report.report_data=xff"),
	SNP("signature-big-endian", "The numbers of the signature are big-endian, as X.509 has them.",
	    "report.signature_r=big-endian", "report.signature_s=big-endian"),
	SNP("report-version-6",
	    "The report has version 6, which is newer than any specification.", "report.version=6"),
	SNP("report-reserved", "A reserved byte of the report is not zero.", "report.reserved_208[151]=1"),
	SNP("report-truncated", "The report lacks its last byte.", "report.size=1183"),
	SNP("other-algorithm",
	    "The signature algorithm is 2, which is not defined.", "report.signature_algo=2"),

	/* the chain */
	SNP("untrusted-root", "The chain is complete, and its root has the ARK's name and another key.",
	    "ark.key=other", "ark.signed_by=other", "ask.signed_by=other"),
	SNP("chain-other-product",
	    "The ASK and ARK are those of another product.", "ask.product=other", "ark.product=other"),
	SNP("vcek-not-by-ask", "The VCEK names the ASK as its issuer, and another key signed it.",
	    "vcek.signed_by=other"),
	SNP("vcek-by-ark",
	    "The VCEK names the ASK as its issuer, and the ARK signed it.", "vcek.signed_by=ark"),
	SNP("ask-not-by-ark", "The ASK names the ARK as its issuer, and another key signed it.",
	    "ask.signed_by=other"),
	SNP("ask-no-ca", "The ASK is not a CA by its basic constraints.", "ask.ca=no", "ask.path_len=absent"),
	SNP("vcek-missing", "There is no VCEK.", "vcek.missing=yes"),
	SNP("ask-missing", "There is no ASK.", "ask.missing=yes"),
	SNP("ark-missing", "There is no ARK.", "ark.missing=yes"),
	SNP("vcek-damaged", "One bit of the VCEK's signature was changed.", "damage vcek.signature"),
	SNP("ask-damaged", "One bit of the ASK's signature was changed.", "damage ask.signature"),

	/* the certificate table */
	SNP("no-table", "The host has no certificate table.", "table.missing=yes"),
	SNP("table-pem", "The certificates of the table are PEM.", "table.pem=all"),
	SNP("table-reordered", "The root is the first entry of the table.", "table.entries=ark,ask,vcek"),
	SNP("table-twice", "The table has two VCEKs.", "table.entries=vcek,vcek,ask,ark"),
	SNP("table-unknown-entry",
	    "The table has an entry with an unknown GUID.", "table.entries=unknown,vcek,ask,ark"),
	SNP("table-leaf-only", "The table has the VCEK alone.", "table.entries=vcek"),
	SNP("table-ask-of-vlek", "The table has an ASK in place of the ASVK.", "table.entries=vlek,ask,ark"),
	SNP("table-mixed-endian",
	    "The GUIDs of the table are in the byte order of EFI.", "table.guids=mixed-endian"),
	SNP("table-overlapping",
	    "Two entries of the table overlap.", "table.offset.1=-1"),
	SNP("table-outside", "An entry of the table points outside of it.", "table.offset.2=0xffffff00"),
	SNP("table-open", "The table has no entry of zeros at its end.", "table.terminator=no"),
	SNP("table-trailing", "Bytes that are not zero follow the table.", "table.trailing=xff*64"),
	SNP("table-truncated", "The table ends inside its last certificate.", "table.size=4096"),
	{ .name = NULL },
};
