/* SPDX-License-Identifier: MIT */
#include "run/vmm/snp_answer.h"

#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"

const char *snp_ret_name(uint64_t ret, char to[64])
{
	static const struct {
		int number;
		const char *name;
	} names[] = { { ENOSPC, "ENOSPC" }, { EAGAIN, "EAGAIN" }, { EIO, "EIO" },     { EINVAL, "EINVAL" },
		      { EFAULT, "EFAULT" }, { ENOENT, "ENOENT" }, { EPERM, "EPERM" }, { EACCES, "EACCES" } };
	const char *name = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (ret == (uint64_t)names[i].number || -ret == (uint64_t)names[i].number)
			name = names[i].name;
	if (name)
		snprintf(to, 64, "ret %lld (%s%s)", (long long)ret, (int64_t)ret < 0 ? "-" : "", name);
	else
		snprintf(to, 64, "ret %lld", (long long)ret);
	return to;
}
