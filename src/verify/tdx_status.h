/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_TDX_STATUS_H
#define VERIFY_TDX_STATUS_H

#include <stdbool.h>

/*
 * TCB statuses: S(NAME, "Intel's name"). The first seven occur in collateral; the others result from
 * evaluation only.
 */
/* clang-format off */
#define TCB_STATUSES(S) \
	S(UP_TO_DATE, "UpToDate") \
	S(SW_HARDENING_NEEDED, "SWHardeningNeeded") \
	S(CONFIGURATION_NEEDED, "ConfigurationNeeded") \
	S(CONFIGURATION_AND_SW_HARDENING_NEEDED, "ConfigurationAndSWHardeningNeeded") \
	S(OUT_OF_DATE, "OutOfDate") \
	S(OUT_OF_DATE_CONFIGURATION_NEEDED, "OutOfDateConfigurationNeeded") \
	S(REVOKED, "Revoked") \
	S(TD_RELAUNCH_ADVISED, "TDRelaunchAdvised") \
	S(TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED, "TDRelaunchAdvisedConfigurationNeeded") \
	S(NOT_SUPPORTED, "NotSupported") \
	S(UNRECOGNIZED, "Unrecognized")
/* clang-format on */

#define TCB_STATUS_ENUM(name, text) TCB_##name,
enum tcb_status { TCB_STATUS_NONE, TCB_STATUSES(TCB_STATUS_ENUM) TCB_N_STATUSES };

/* NULL for TCB_STATUS_NONE. */
const char *tcb_status_name(enum tcb_status status);
/* Finds a status by its exact name, as in collateral; TCB_STATUS_NONE when there is none. */
enum tcb_status tcb_status_by_name(const char *name);
/* The same for policies, ignoring case. */
enum tcb_status tcb_status_by_word(const char *word);

#endif
