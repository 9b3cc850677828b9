/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_SOFTWARE_SOURCE_H
#define DAEMON_SOFTWARE_SOURCE_H

#include "daemon/software_platform.h"
#include "daemon/source.h"

struct software_services {
	struct software_platform *platform; /* borrowed */
	int64_t at;                         /* its time, seconds since 1970; 0: the clock */
};

/* The services of a software platform as a source. `services`: borrowed. */
struct source software_source(struct software_services *services);

#endif
