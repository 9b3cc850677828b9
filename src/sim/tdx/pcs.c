/* SPDX-License-Identifier: MIT */
#include "sim/tdx/pcs.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/time.h"
#include "sim/tdx/qe_internal.h"

enum {
	SGX_QE_PROD_ID = 1,
	QVE_PROD_ID = 2,
	RECOVERY_DAYS = 180, /* between two TCB recoveries */
	NEWEST_AGE_DAYS = 90,
};

static int make_numbers(const struct sim_qe *qe, const struct sim_collateral_options *o, bool is_sgx,
			char **ret, size_t *ret_size, struct jurat_error *err)
{
	const int64_t newest = (base_time_days(o->issued) - NEWEST_AGE_DAYS) * BASE_DAY_SECONDS;
	const struct sim_tcb_number numbers[] = {
		{ SIM_PCS_EARLY, newest },
		{ SIM_PCS_STANDARD, newest - (int64_t)RECOVERY_DAYS * BASE_DAY_SECONDS },
	};
	const struct sim_tcb_numbers list = {
		.is_sgx = is_sgx,
		.issued = o->issued,
		.next_update = o->next_update,
		.numbers = numbers,
		.n = ARRAY_SIZE(numbers),
	};

	return sim_pki_intel_tcb_numbers(qe->pki, &list, ret, ret_size, err);
}

int sim_pcs_document(const struct sim_qe *qe, const struct sim_collateral_options *o,
		     enum sim_pcs_document which, bool is_sgx, char **ret, size_t *ret_size,
		     struct jurat_error *err)
{
	switch (which) {
	case SIM_PCS_TCB_INFO:
		return qe_make_tcb_info(qe, o, is_sgx, ret, ret_size, err);
	case SIM_PCS_QE_IDENTITY:
		return is_sgx ? qe_make_identity(qe, o, "QE", SGX_QE_PROD_ID, ret, ret_size, err)
			      : qe_make_identity(qe, o, "TD_QE", SIM_QE_PROD_ID, ret, ret_size, err);
	case SIM_PCS_QVE_IDENTITY:
		return qe_make_identity(qe, o, "QVE", QVE_PROD_ID, ret, ret_size, err);
	case SIM_PCS_TCB_NUMBERS:
		return make_numbers(qe, o, is_sgx, ret, ret_size, err);
	}
	return jurat_fail(err, -EINVAL, "no document %d", (int)which);
}

int sim_pcs_crl(const struct sim_qe *qe, const struct sim_collateral_options *o, enum sim_intel_cert issuer,
		uint8_t **ret, size_t *ret_size, struct jurat_error *err)
{
	return qe_make_crl(qe, o, issuer, ret, ret_size, err);
}

int sim_pcs_chain(const struct sim_qe *qe, enum sim_intel_cert issuer, char **ret, size_t *ret_size,
		  struct jurat_error *err)
{
	return qe_make_chain(
		qe, issuer == SIM_INTEL_TCB_SIGNING ? SIM_TCB_INFO_ISSUER_CHAIN : SIM_PCK_CRL_ISSUER_CHAIN,
		issuer, ret, ret_size, err);
}
