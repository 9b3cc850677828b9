/* SPDX-License-Identifier: MIT */
#include "measure/tdx.h"

#include <errno.h>

#include "measure/mrtd.h"
#include "measure/rtmr.h"
#include "measure/tdvf.h"

int measure_tdx(const struct measure_tdx *what, struct measure_tdx_digests *ret, struct jurat_error *err)
{
	struct measure_tdx_digests digests = { 0 };
	struct tdvf tdvf;
	int r;

	if (!what->firmware.bytes)
		return jurat_fail(err, -EINVAL, "a TD needs a firmware image");
	r = tdvf_read(what->firmware, &tdvf, err);
	if (r < 0)
		return r;
	r = measure_mrtd(&tdvf, what, digests.mrtd);
	if (r == 0)
		r = rtmr_measure(&tdvf, what, &digests, err);
	if (r != 0)
		return r;
	*ret = digests;
	return 0;
}
