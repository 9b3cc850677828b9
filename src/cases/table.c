/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "cases/builder.h"

int cases_table_new(struct cases_table *ret, struct jurat_error *err)
{
	struct cases_builder b = { 0 };
	int r = cases_add_snp(&b);

	if (r == 0)
		r = cases_add_tdx(&b);
	if (r < 0 || b.failed) {
		cases_table_done(&b.table);
		return r < 0 && r != -ENOMEM ? jurat_fail(err, r, "the table of cases is malformed")
					     : jurat_fail_memory(err);
	}
	*ret = b.table;
	return 0;
}

void cases_table_done(struct cases_table *table)
{
	for (size_t i = 0; i < table->n_owned; i++)
		free(table->owned[i]);
	free(table->owned);
	free(table->rows);
	*table = (struct cases_table){ 0 };
}
