/* SPDX-License-Identifier: MIT */
#ifndef CLI_MEASURE_EXPLAIN_H
#define CLI_MEASURE_EXPLAIN_H

#include "cli/load.h"
#include "cli/measure.h"
#include "measure/explain.h"

/*
 * --explain: the inputs with which the measurements of evidence come out, for `jurat measure` and `jurat
 * verify`. How much is tried is bounded by options.
 */
void explanation_done(struct explanation *explanation);

/*
 * Explains the measurement of a report, or those of a quote, from what is stated to be measured.
 *
 * report    1184 bytes; quote: n bytes
 * Returns   CLI_OK; another exit status after a message
 */
JURAT_MUST_CHECK int explain_report(struct measuring *m, const struct measure_snp *what,
				    const uint8_t *report, size_t n, struct explanation *ret);
JURAT_MUST_CHECK int explain_quote(struct measuring *m, const struct measure_tdx *what, const uint8_t *quote,
				   size_t n, struct explanation *ret);

/* For `jurat measure`: the evidence that --explain names. Nothing without the option. */
JURAT_MUST_CHECK int measuring_explain_snp(struct measuring *m, const struct measure_snp *what);
JURAT_MUST_CHECK int measuring_explain_tdx(struct measuring *m, const struct measure_tdx *what);

/* Other images of the same build: those beside the firmware with its suffix, and --firmware-also. */
enum { EXPLAIN_MAX_IMAGES = 32 };
struct explain_images {
	char *paths[EXPLAIN_MAX_IMAGES];
	struct measure_bytes images[EXPLAIN_MAX_IMAGES];
	size_t n, left_out;
};
JURAT_MUST_CHECK int explain_images_load(struct measuring *m, struct explain_images *ret);
void explain_images_done(struct explain_images *images);

#endif
