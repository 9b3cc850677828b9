/* SPDX-License-Identifier: MIT */
#include "cli/doctor.h"

#include "base/cleanup.h"

#define HOP(name, id, side, title) [DOCTOR_HOP_##name] = { id, title, DOCTOR_##side },
const struct doctor_hop_row doctor_hops[DOCTOR_N_HOPS] = { DOCTOR_HOPS(HOP) };

#define FINDING(name, id, hop, severity, text, remedy, source)                                               \
	[DOCTOR_##name] = { id, text, remedy, source, DOCTOR_HOP_##hop, DOCTOR_##severity },
const struct doctor_finding_row doctor_findings[DOCTOR_N_FINDINGS] = { DOCTOR_FINDINGS(FINDING) };

#define CODE(code, name, text, remedy) { code, name, text, remedy },
static const struct doctor_code_row codes[] = { DOCTOR_CODES(CODE) };

const struct doctor_code_row *doctor_code_at(size_t i)
{
	return i < ARRAY_SIZE(codes) ? &codes[i] : NULL;
}

const struct doctor_code_row *doctor_code(uint32_t code)
{
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (codes[i].code == code)
			return &codes[i];
	return NULL;
}

const char *doctor_side_name(enum doctor_side side)
{
	static const char *const names[] = { "platform", "guest", "host", "verifier" };

	return names[side];
}

const char *doctor_severity_name(enum doctor_severity severity)
{
	static const char *const names[] = { "broken", "unknown", "warning" };

	return names[severity];
}
