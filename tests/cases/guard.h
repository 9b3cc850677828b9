/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CASES_GUARD_H
#define TESTS_CASES_GUARD_H

/*
 * What scripts/cases-guard compiles src/verify/ with (gcc -include): each place that refuses evidence is in a
 * list, and can be taken away while the program runs.
 */
#include "verify/verdict.h"

struct guard_place {
	const char *file;
	unsigned line;
};
/* Whether the place refuses nothing for this reason. Notes that it was reached. */
bool guard_skips(const struct guard_place *place, enum verify_reason reason);

#define verdict_refuse(verdict, reason, ...)                                                                 \
	__extension__({                                                                                      \
		static const struct guard_place guard_here                                                   \
			__attribute__((section("guard_places"), used)) = { __FILE__, __LINE__ };             \
		const enum verify_reason guard_reason = (reason);                                            \
		if (!guard_skips(&guard_here, guard_reason))                                                 \
			(verdict_refuse)((verdict), guard_reason, __VA_ARGS__);                              \
	})

#endif
