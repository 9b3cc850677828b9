/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_REBUILD_H
#define VERIFY_REBUILD_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * Evidence that was written field by field, put together as it was signed. A field that is wrong or missing
 * makes bytes that no signature fits.
 */

/*
 * object    by the names of AMD's specification, of the sev crate or of go-sev-guest; for a quote, those of
 *           go-tdx-guest. Bytes as hex, base64 or integers
 * Returns   0: heap bytes that the caller frees; JURAT_NOT_FOUND it has not the members of that; -EBADMSG one
 *           of them is not what it must be: `err` names it; -ENOMEM
 */
JURAT_MUST_CHECK int rebuild_report(json_t *object, uint8_t **ret, size_t *ret_n, struct jurat_error *err);
JURAT_MUST_CHECK int rebuild_quote(json_t *object, uint8_t **ret, size_t *ret_n, struct jurat_error *err);

#endif
