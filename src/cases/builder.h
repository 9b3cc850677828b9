/* SPDX-License-Identifier: MIT */
#ifndef CASES_BUILDER_H
#define CASES_BUILDER_H

#include "cases/cases.h"

/* A table while rows are added to it. */
struct cases_builder {
	struct cases_table table;
	size_t rows_room, owned_room;
	bool failed;
};

#endif
