/* SPDX-License-Identifier: MIT */
/* The files of src/crypto that choose an implementation, with a choice that can change: bench/makers.h. */
#include "bench/makers.h"

#undef CRYPTO_P256_MAKER
#undef CRYPTO_P384_MAKER
#undef CRYPTO_P256_SIGNER
#undef CRYPTO_P384_SIGNER
#undef CRYPTO_RSA_MAKER
#undef CRYPTO_AEAD_MAKER
#define CRYPTO_P256_MAKER  (*bench_makers_in_use->p256)
#define CRYPTO_P384_MAKER  (*bench_makers_in_use->p384)
#define CRYPTO_P256_SIGNER (*bench_makers_in_use->p256_signer)
#define CRYPTO_P384_SIGNER (*bench_makers_in_use->p384_signer)
#define CRYPTO_RSA_MAKER   (*bench_makers_in_use->rsa)
#define CRYPTO_AEAD_MAKER  (*bench_makers_in_use->aead)
#include "crypto/aead.c"
#include "crypto/ec.c"
#include "crypto/rsa.c"
