/* SPDX-License-Identifier: MIT */
#ifndef FETCH_CONTENT_H
#define FETCH_CONTENT_H

#include "endorse/value.h"
#include "fetch/http.h"

/*
 * Turns an answer with status 200 into a value: its media type must be one that services and web servers use
 * for this kind, and it has no encoding. Certificates and CRLs in PEM or hex become DER, as some PCCS serve
 * them.
 *
 * answer    its body and header are moved to *ret
 * Returns   0; -EBADMSG; -ENOMEM
 */
JURAT_MUST_CHECK int fetch_take_content(const struct endorse_item *item, struct http_answer *answer,
					struct endorse_value *ret, struct jurat_error *err);

#endif
