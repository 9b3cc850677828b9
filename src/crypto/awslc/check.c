/* SPDX-License-Identifier: MIT */
/* What src/crypto/ needs of AWS-LC; meson setup compiles and links it. */
#include <openssl/aead.h>
#include <openssl/crypto.h>
#include <openssl/ec_key.h>
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>

int main(void)
{
	return !OpenSSL_version(OPENSSL_VERSION) || !EVP_aead_aes_256_gcm() || !EC_KEY_new() || !RSA_new() ||
	       ECDSA_do_verify(0, 0, 0, 0) || ECDSA_do_sign(0, 0, 0) ||
	       EVP_AEAD_CTX_seal_scatter(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) ||
	       RSA_verify_pss_mgf1(RSA_new_public_key(0, 0), 0, 0, 0, 0, 0, 0, 0) ||
	       ECDSA_sign_with_nonce_and_leak_private_key_for_testing(0, 0, 0, 0, 0);
}
