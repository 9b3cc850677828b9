/* SPDX-License-Identifier: MIT */
#ifndef SIM_QGS_SERVICE_H
#define SIM_QGS_SERVICE_H

#include "sim/tdx/qe.h"
#include "wire/qgs.h"

/*
 * Responses of a quote generation service that uses the software quoting enclave, shared by the software
 * machine, `jurat run` and juratd. Independent of sockets.
 *
 * Threads   any, when each has its own enclave
 * Spec      Intel DCAP, qgs_server.cpp, qgs_ql_logic.cpp
 */

/*
 * Builds the response to a valid request.
 *
 * collateral  contents of the collateral; NULL: there is none
 * request     one message of this type, without its length; n bytes, untrusted
 * ret         a framed response, on the heap, that the caller frees
 * Returns     0; -EBADMSG not such a message; -ENOENT collateral of another platform or CA, or none; as
 *             sim_qe_quote(); -ENOMEM
 */
JURAT_MUST_CHECK int sim_qgs_response(const struct sim_qe *qe,
				      const struct sim_collateral_options *collateral, enum qgs_type type,
				      const uint8_t *request, size_t n, uint8_t **ret, size_t *ret_size,
				      struct jurat_error *err);

/*
 * The whole service: always builds a response; failed requests get the single error code that Intel's service
 * uses.
 *
 * Returns   0 and a framed response; > 0 enum qgs_error when the message is so wrong that Intel's service
 *           closes the connection without a response; -ENOMEM
 */
JURAT_MUST_CHECK int sim_qgs_answer(const struct sim_qe *qe, const struct sim_collateral_options *collateral,
				    const uint8_t *request, size_t n, uint8_t **ret, size_t *ret_size,
				    struct jurat_error *err);

#endif
