/* SPDX-License-Identifier: MIT */
#include "sim/forge/order_internal.h"

const struct sim_preset order_presets_tdx[] = { { .name = NULL } };
