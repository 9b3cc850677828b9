/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_REBUILD_H
#define VERIFY_REBUILD_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * Reassembles evidence that was written field by field into the bytes that were signed. With a wrong or
 * missing field, the signature does not verify.
 */

/*
 * object    member names as in AMD's specification, the sev crate or go-sev-guest; for a quote, as in
 *           go-tdx-guest. Bytes as hex, base64 or integers
 * Returns   0: heap bytes that the caller frees; JURAT_NOT_FOUND it lacks the required members; -EBADMSG a
 *           member is malformed: `err` names it; -ENOMEM
 */
JURAT_MUST_CHECK int rebuild_report(json_t *object, uint8_t **ret, size_t *ret_n, struct jurat_error *err);
JURAT_MUST_CHECK int rebuild_quote(json_t *object, uint8_t **ret, size_t *ret_n, struct jurat_error *err);

#endif
