/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "seeds/seeds.h"

static const char *const items[] = {
	"report.policy=0xb0000\nreport.reported_tcb.snp=-1\nreport.chip_id[63]=xff",
	"report.policy.DEBUG=yes\nplatform.platform_info.SMT_EN=no\nguest.host_data=x11",
	"unsigned report.measurement=x00\ndamage report.signature\ndamage vcek:last",
	"vcek.not_after=at-1s\nask.not_before=utc:2030-01-01T00:00:00Z\nvcek.spl.snpSPL=+1",
	"crl.revoked=ask\nark.issuer=printable:ARK-Genoa\nvcek.extension.2.5.29.19=absent",
	"quote.version=5\nbody.td_attributes.DEBUG=yes\npck.sgx.fmspc=00906ed50000",
	"tcb_info.tcbLevels[0].tcbStatus=\"OutOfDate\"\nqe_identity.status=Revoked",
	"vcek-expired\nvcek-expried\nreport.polcy=1\nreport.policy\ndamage report:x",
};

static const char *const answers[] = {
	"{\"case\": \"snp-fuzzed\", \"verdict\": \"accepted\"}\n",
	"{\"case\": \"snp-fuzzed\", \"verdict\": \"refused\", \"reason\": \"\\u001b[31m expired\"}\n",
	"{\"case\": \"snp-fuzzed\", \"verdict\": \"unsupported\", \"reason\": \"no such product\"}",
	"{\"case\": \"snp-other\", \"verdict\": \"accepted\"}\n",
	"panic: of a bad certificate\nsecond line\n",
};

void seeds_forge(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(items); i++)
		seed_whole("fuzz_forge_order", items[i], strlen(items[i]), "items-%zu", i);
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++)
		seed_whole("fuzz_cases_answer", answers[i], strlen(answers[i]), "answer-%zu", i);
}
