/* SPDX-License-Identifier: MIT */
#include "run/vmm/check.h"

const struct check check_tdx_list[] = { { .name = NULL } };
