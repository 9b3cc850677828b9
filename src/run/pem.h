/* SPDX-License-Identifier: MIT */
#ifndef RUN_PEM_H
#define RUN_PEM_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* One certificate, n bytes of DER, as RFC 7468 text. The caller looks at ferror(3). */
void run_pem_write(FILE *to, const uint8_t *der, size_t n);

#endif
