/* SPDX-License-Identifier: MIT */
/* Spec: QEMU, target/i386/cpu.c, the EPYC models of builtin_x86_defs. */
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
	{ "EPYC-Turin-v1", TURIN },
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
