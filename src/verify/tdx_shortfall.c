/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify/tdx_judge.h"

/* Compares the parts of a TCB with the next better level of the collateral. Spec: Intel PCS v4, TCB info. */

/* A level that requires more, of any part. */
struct asking {
	const char *part;
	const struct signed_document *doc;
	enum tcb_status status;
	int64_t date;
	struct advisories advisories;
};

static int add_advisories(struct verdict_shortfall *to, const struct asking *level)
{
	size_t n = level->advisories.n;

	if (n == 0)
		return 0;
	to->advisories = calloc(n, sizeof(*to->advisories));
	if (!to->advisories)
		return -ENOMEM;
	for (; to->n_advisories < n; to->n_advisories++) {
		char *id = strdup(level->doc->advisories[level->advisories.first + to->n_advisories]);

		if (!id)
			return -ENOMEM;
		to->advisories[to->n_advisories] = id;
	}
	return 0;
}

static int note(struct tdx_judge *j, const struct asking *level, const char *component, const char *name,
		unsigned is, unsigned wanted)
{
	struct verdict_shortfall *s;

	if (is >= wanted)
		return 0;
	s = verdict_short(j->out, level->part, component, is, wanted);
	snprintf(s->name, sizeof(s->name), "%s", name);
	s->status = level->status;
	s->date = level->date;
	return add_advisories(s, level);
}

/* Components are counted from 1, as in Intel's documents and in the PCK certificate. */
static int note_components(struct tdx_judge *j, const struct asking *level, const char *kind,
			   const component_name *names, const uint8_t *is, const uint8_t *wanted,
			   size_t first)
{
	char component[VERDICT_COMPONENT_BYTES];
	int r = 0;

	for (size_t i = first; r == 0 && i < TCB_COMPONENTS; i++) {
		snprintf(component, sizeof(component), "%s_component_%zu", kind, i + 1);
		r = note(j, level, component, names[i], is[i], wanted[i]);
	}
	return r;
}

static int note_platform(struct tdx_judge *j, const struct tcb_subject *subject, enum tcb_part_id part)
{
	const uint8_t *svn = part == TCB_PART_PLATFORM ? subject->tee_tcb_svn : subject->tee_tcb_svn2;
	const struct tcb_level *better = tcb_better_level(j->info, subject, svn);
	struct asking level;
	int r;

	if (!better)
		return 0;
	level = (struct asking){ tcb_part_name(part), &j->info->doc, better->status, better->date,
				 better->advisories };
	r = note_components(j, &level, "sgx", j->info->sgx_names, subject->sgx, better->sgx, 0);
	if (r == 0)
		r = note(j, &level, "pcesvn", "", subject->pcesvn, better->pcesvn);
	if (r == 0)
		r = note_components(j, &level, "tdx", j->info->tdx_names, svn, better->tdx,
				    tcb_first_tdx_component(svn));
	return r;
}

static int note_svn(struct tdx_judge *j, enum tcb_part_id part, const struct signed_document *doc,
		    const struct svn_levels *levels, unsigned isvsvn)
{
	const struct svn_level *better = tcb_better_svn_level(levels, isvsvn);
	struct asking level;

	if (!better)
		return 0;
	level = (struct asking){ tcb_part_name(part), doc, better->status, better->date, better->advisories };
	return note(j, &level, "isvsvn", "", isvsvn, better->isvsvn);
}

static int note_module(struct tdx_judge *j, enum tcb_part_id part, const uint8_t *svn)
{
	const struct tdx_module *module = tcb_module(j->info, svn[TEE_TCB_SVN_MODULE_VERSION]);

	if (svn[TEE_TCB_SVN_MODULE_VERSION] == 0 || !module)
		return 0;
	return note_svn(j, part, &j->info->doc, &module->levels, svn[TEE_TCB_SVN_MODULE_ISVSVN]);
}

int tdx_note_shortfall(struct tdx_judge *j, const struct tcb_subject *subject)
{
	int r = note_platform(j, subject, TCB_PART_PLATFORM);

	if (r == 0)
		r = note_module(j, TCB_PART_MODULE, subject->tee_tcb_svn);
	if (r == 0)
		r = note_svn(j, TCB_PART_QE, &j->identity->doc, &j->identity->levels, subject->qe_isvsvn);
	if (!subject->has_svn2 ||
	    memcmp(subject->tee_tcb_svn, subject->tee_tcb_svn2, sizeof(subject->tee_tcb_svn)) == 0)
		return r;
	if (r == 0)
		r = note_platform(j, subject, TCB_PART_CURRENT_PLATFORM);
	if (r == 0)
		r = note_module(j, TCB_PART_CURRENT_MODULE, subject->tee_tcb_svn2);
	return r;
}

char *tdx_shortfall_text(const struct jurat_verdict *verdict, const char *part, char *buf, size_t room)
{
	const struct verdict_shortfall *first = NULL;
	char date[VERDICT_TIME_BYTES], more[48] = "";
	size_t n = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < verdict->n_shortfalls; i++) {
		if (strcmp(verdict->shortfalls[i].part, part) != 0)
			continue;
		first = first ? first : &verdict->shortfalls[i];
		n++;
	}
	if (!first)
		return buf;
	if (n > 1)
		snprintf(more, sizeof(more), " (and %zu more)", n - 1);
	snprintf(buf, room, "; %s%s%s%s is %llu, wanted %llu%s for %s of %s", first->component,
		 first->name[0] ? " (" : "", first->name, first->name[0] ? ")" : "",
		 (unsigned long long)first->is, (unsigned long long)first->wanted, more,
		 tcb_status_name(first->status), verdict_time(first->date, date));
	return buf;
}
