/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "support/fuzz.h"
#include "verify/snp_minimum.h"

/* An input is a table of minimum TCBs, jurat-snp-tcb-table(5). */

static void compare(const struct snp_minimum *minimum)
{
	struct snp_minimum_subject subject = { .product = minimum->product, .tcb = minimum->tcb };

	must(minimum->bulletin[0] && memchr(minimum->bulletin, '\0', sizeof(minimum->bulletin)));
	must(memchr(minimum->title, '\0', sizeof(minimum->title)));
	must(minimum->has_cpuid || !minimum->has_stepping);
	for (unsigned has_cpuid = 0; has_cpuid < 2; has_cpuid++) {
		subject.has_cpuid = has_cpuid;
		subject.family = minimum->family;
		subject.model = minimum->model;
		subject.stepping = minimum->stepping;
		must(snp_minimum_state(minimum, &subject, INT64_MAX) == SNP_MINIMUM_MET);
	}
	if (snp_minimum_state(minimum, &subject, INT64_MIN) == SNP_MINIMUM_OTHER)
		FUZZ_REACHED("a row that is not in force yet");
	memset(&subject.tcb, 0, sizeof(subject.tcb));
	for (unsigned has_cpuid = 0; has_cpuid < 2; has_cpuid++) {
		subject.has_cpuid = has_cpuid;
		if (snp_minimum_state(minimum, &subject, INT64_MAX) == SNP_MINIMUM_SHORT)
			FUZZ_REACHED("a TCB that is too low");
		else if (snp_minimum_state(minimum, &subject, INT64_MAX) == SNP_MINIMUM_UNDECIDED)
			FUZZ_REACHED("a processor that the row may be for");
	}
	subject.family++;
	if (snp_minimum_state(minimum, &subject, INT64_MAX) == SNP_MINIMUM_OTHER)
		FUZZ_REACHED("another processor");
	subject.product = minimum->product == SNP_MILAN ? SNP_GENOA : SNP_MILAN;
	must(snp_minimum_state(minimum, &subject, INT64_MAX) == SNP_MINIMUM_OTHER);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_bytes copy = fuzz_copy(data, size);
	struct snp_minimums table = { 0 };
	struct jurat_error err = { "" };
	int r = snp_minimums_read((const char *)copy.p, copy.n, &table, &err);

	must(r == 0 || (r == -EBADMSG && err.text[0] && !table.rows));
	must(table.n <= SNP_MINIMUM_MAX_ROWS);
	for (size_t i = 0; r == 0 && i < table.n; i++)
		compare(&table.rows[i]);
	if (r == 0 && table.n > 0)
		FUZZ_REACHED("a table");
	snp_minimums_done(&table);
	return 0;
}
