/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "support/fuzz.h"
#include "verify/verifier.h"

/*
 * Files that somebody gave as roots, certificates or CRLs. What is not usable as a whole leaves the
 * verifier as it was. The input is one file.
 */
static size_t count(const struct jurat_verifier *v)
{
	return v->roots.n + v->authorities.n + v->veks.n + v->leaves.n + v->crls.n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct jurat_error err = { "" };
	struct jurat_verifier *v;
	size_t before, n = SIZE_MAX;

	must(jurat_verifier_new(&v, NULL) == 0);
	if (jurat_verifier_add_roots(v, data, size, &err) == 0) {
		FUZZ_REACHED("roots are taken");
		must(v->roots.n > 0 && v->roots_given);
	} else {
		must(count(v) == 0 && !v->roots_given && err.text[0] != '\0');
	}
	before = count(v);
	if (jurat_verifier_add_certificates(v, data, size, &n, &err) == 0) {
		must(count(v) >= before && (n == 0 || count(v) > 0)); /* a VEK is kept once */
		if (v->veks.n > 0)
			FUZZ_REACHED("endorsement keys are taken");
		if (v->authorities.n > 0)
			FUZZ_REACHED("certificates of authorities are taken");
	} else {
		must(count(v) == before && n == SIZE_MAX);
	}
	before = count(v);
	if (jurat_verifier_add_crl(v, data, size, &err) == 0) {
		FUZZ_REACHED("a CRL is taken");
		must(count(v) > before);
	} else {
		must(count(v) == before);
	}
	jurat_verifier_free(v);
	return 0;
}
