/* SPDX-License-Identifier: MIT */
#ifndef SIM_QGS_SERVICE_H
#define SIM_QGS_SERVICE_H

#include "sim/qe.h"

/*
 * What a quote generation service says to a message, with the software quoting enclave behind it: the one
 * place for the software machine and for juratd. Knows no socket.
 *
 * collateral    what collateral is to say; NULL: requests for it get an error
 * request       one message, without its length; n bytes, untrusted
 * ret           on 0 a framed response, on the heap, that the caller frees: also when it says that there is
 *               an error
 * Returns       0; > 0 enum qgs_error when the message is so wrong that Intel's service closes the
 *               connection without an answer; -ENOMEM
 * Threads       any, when each has its own enclave
 * Spec          Intel DCAP, qgs_server.cpp, qgs_ql_logic.cpp
 */
JURAT_MUST_CHECK int sim_qgs_answer(const struct sim_qe *qe, const struct sim_collateral_wish *collateral,
				    const uint8_t *request, size_t n, uint8_t **ret, size_t *ret_size,
				    struct jurat_error *err);

#endif
