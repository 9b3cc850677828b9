/* SPDX-License-Identifier: MIT */
#ifndef CRYPTO_DESCRIBE_H
#define CRYPTO_DESCRIBE_H

enum { CRYPTO_LIBRARY_BYTES = 64, CRYPTO_DESCRIPTION_BYTES = 256 };

/* What verifies and signs here, with versions: "OpenSSL 3.0.17 (P-256, RSA), nettle 3.8 (P-384)". */
void crypto_describe(char ret[CRYPTO_DESCRIPTION_BYTES]);

/* The same of one implementation, as the process has it: "nettle 3.8". */
void crypto_describe_nettle(char ret[CRYPTO_LIBRARY_BYTES]);
void crypto_describe_openssl(char ret[CRYPTO_LIBRARY_BYTES]);
void crypto_describe_awslc(char ret[CRYPTO_LIBRARY_BYTES]);

#endif
