/* SPDX-License-Identifier: MIT */
/* Spec: QEMU, target/i386/cpu.c, the EPYC models of builtin_x86_defs. */
#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#include "base/cleanup.h"
#include "measure/snp.h"

#define NAPLES 0x800f12 /* family 23, model 1, stepping 2 */
#define ROME   0x830f10 /* family 23, model 49, stepping 0 */
#define MILAN  0xa00f11 /* family 25, model 1, stepping 1 */
#define GENOA  0xa10f10 /* family 25, model 17, stepping 0 */
#define TURIN  0xb00f00 /* family 26, model 0, stepping 0 */

static const struct {
	const char *name;
	uint32_t signature;
} types[] = {
	{ "EPYC", NAPLES },         { "EPYC-v1", NAPLES },      { "EPYC-v2", NAPLES },
	{ "EPYC-IBPB", NAPLES },    { "EPYC-v3", NAPLES },      { "EPYC-v4", NAPLES },
	{ "EPYC-v5", NAPLES },      { "EPYC-Rome", ROME },      { "EPYC-Rome-v1", ROME },
	{ "EPYC-Rome-v2", ROME },   { "EPYC-Rome-v3", ROME },   { "EPYC-Rome-v4", ROME },
	{ "EPYC-Rome-v5", ROME },   { "EPYC-Milan", MILAN },    { "EPYC-Milan-v1", MILAN },
	{ "EPYC-Milan-v2", MILAN }, { "EPYC-Milan-v3", MILAN }, { "EPYC-Genoa", GENOA },
	{ "EPYC-Genoa-v1", GENOA }, { "EPYC-Genoa-v2", GENOA }, { "EPYC-Turin", TURIN },
	{ "EPYC-Turin-v1", TURIN }, { "EPYC-Turin-v2", TURIN },
};

const char *measure_vcpu_type_name(size_t i)
{
	return i < ARRAY_SIZE(types) ? types[i].name : NULL;
}

uint32_t measure_vcpu_signature(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strcasecmp(types[i].name, name) == 0)
			return types[i].signature;
	return 0;
}

/* "25-1-1" -> CPUID 1 EAX. Spec: AMD APM volume 3, Fn0000_0001_EAX. false: not three numbers that fit. */
static bool signature_of_numbers(const char *text, uint32_t *ret)
{
	static const unsigned long max[] = { 0xf + 0xff, 0xff, 0xf };
	unsigned long v[3];
	uint32_t base, extended;

	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		char *end;

		if (*text < '0' || *text > '9')
			return false;
		errno = 0;
		v[i] = strtoul(text, &end, 0);
		if (errno || v[i] > max[i] || *end != (i < 2 ? '-' : '\0'))
			return false;
		text = end + 1;
	}
	base = v[0] > 0xf ? 0xf : (uint32_t)v[0];
	extended = (uint32_t)v[0] - base;
	*ret = extended << 20 | (uint32_t)(v[1] >> 4) << 16 | base << 8 | (uint32_t)(v[1] & 0xf) << 4 |
	       (uint32_t)v[2];
	return true;
}

uint32_t measure_vcpu_type(const char *text)
{
	uint32_t signature = measure_vcpu_signature(text);

	return signature || signature_of_numbers(text, &signature) ? signature : 0;
}
