/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "crypto/x509.h"
#include "sim/forge/forge.h"

bool sim_forge_is_root(const uint8_t *der, size_t n, const uint8_t *root, size_t root_size)
{
	struct crypto_public key = { 0 };
	struct crypto_cert cert, own;
	bool ret;

	if (n == 0 || crypto_cert_read(der, n, &cert, NULL) < 0 ||
	    crypto_cert_read(root, root_size, &own, NULL) < 0 || cert.spki.size != own.spki.size ||
	    memcmp(cert.spki.data, own.spki.data, own.spki.size) != 0 ||
	    crypto_public_init(&key, &cert, NULL) < 0)
		return false;
	ret = crypto_cert_check_signature(&cert, &key) == 0;
	crypto_public_done(&key);
	return ret;
}

static int copy(const uint8_t *from, size_t n, uint8_t **ret, size_t *ret_size, struct jurat_error *err)
{
	uint8_t *bytes = malloc(n);

	if (!bytes)
		return jurat_fail_memory(err);
	memcpy(bytes, from, n);
	*ret = bytes;
	*ret_size = n;
	return 0;
}

int sim_forge_root(const struct sim_forge_options *options, const uint8_t *ordered, size_t n, uint8_t **ret,
		   size_t *ret_size, struct jurat_error *err)
{
	const char *seed = options->seed ? options->seed : SIM_PKI_DEFAULT_SEED;
	enum snp_product product = options->product ? options->product : SNP_MILAN;
	struct sim_pki_intel *intel = NULL;
	struct sim_pki *amd = NULL;
	const uint8_t *root = NULL;
	size_t size = 0;
	int r;

	r = options->tdx ? sim_pki_intel_new(seed, &intel, err) : sim_pki_new(seed, &amd, err);
	if (r == 0 && options->tdx)
		root = sim_pki_intel_cert(intel, SIM_INTEL_ROOT, &size);
	else if (r == 0)
		r = sim_pki_ca(amd, product, SIM_ARK, &root, &size, err);
	if (r == 0 && sim_forge_is_root(ordered, n, root, size))
		r = copy(ordered, n, ret, ret_size, err);
	else if (r == 0)
		r = copy(root, size, ret, ret_size, err);
	sim_pki_free(amd);
	sim_pki_intel_free(intel);
	return r;
}
