/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_SOFTWARE_SOURCE_H
#define DAEMON_SOFTWARE_SOURCE_H

#include "daemon/software_platform.h"
#include "daemon/source.h"

/* The services of a software platform, which is borrowed, as a source. */
struct source software_source(struct software_platform *platform);

#endif
