/* SPDX-License-Identifier: MIT */
#include "cli/certs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/time.h"
#include "update/sev_device.h"
#include "wire/snp_report.h"

static int read_device(struct cli *cli, const char *path, struct certs_signer *ret)
{
	struct snp_platform_status status;
	struct jurat_error err = { "" };
	struct sev_device dev;
	uint8_t hwid[64];
	int r = sev_device_open(base_env_real(), path, false, &dev, &err);

	if (r == 0) {
		r = sev_device_status(&dev, &status, &err);
		if (r == 0)
			r = sev_device_hwid(&dev, hwid, &err);
		sev_device_close(&dev);
	}
	if (r < 0)
		return cli_fail(cli, cli_status(r), "check: %s", err.text);
	if (status.state == 0)
		return cli_fail(cli, CLI_ENVIRONMENT,
				"check: '%s': SNP is not initialised, so there are no reports", path);
	*ret = (struct certs_signer){ .whose = "platform",
				      .has_kind = true,
				      .mask_chip_id = status.flags & SNP_STATUS_MASK_CHIP_ID,
				      .unsigned_ = status.flags & SNP_STATUS_MASK_CHIP_KEY };
	ret->signer.vlek = status.flags & SNP_STATUS_VLEK_EN;
	ret->signer.reported_tcb = status.reported_tcb;
	memcpy(ret->signer.chip_id, hwid, sizeof(hwid));
	return CLI_OK;
}

/* 16 hex digits. */
static bool take_tcb(const char *text, uint64_t *ret)
{
	const char *digits = text && !strncmp(text, "0x", 2) ? text + 2 : text;
	uint8_t bytes[8];

	if (!digits || !bytes_from_hex(digits, bytes, sizeof(bytes)))
		return false;
	*ret = 0;
	for (size_t i = 0; i < sizeof(bytes); i++)
		*ret = *ret << 8 | bytes[i];
	return true;
}

/* 64 bytes, or the 8 of a Turin, whose chip_id is zeros after them. */
static bool take_chip_id(const char *hex, struct snp_signer *ret)
{
	if (hex && bytes_from_hex(hex, ret->chip_id, sizeof(ret->chip_id)))
		return true;
	if (!hex || !bytes_from_hex(hex, ret->chip_id, 8))
		return false;
	ret->product = SNP_TURIN;
	return true;
}

static const char *text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

/* What `jurat host status --output json` printed, here or on another machine. */
static int read_status(struct cli *cli, const char *path, struct certs_signer *ret)
{
	auto_free uint8_t *bytes = NULL;
	struct jurat_error err = { "" };
	const char *product, *signs_with;
	json_t *json;
	bool ok;
	size_t n;

	if (cli_read(path, &bytes, &n, &err) < 0)
		return cli_fail(cli, CLI_ENVIRONMENT, "check: %s", err.text);
	json = json_loadb((const char *)bytes, n, JSON_REJECT_DUPLICATES, NULL);
	product = text_of(json, "product");
	signs_with = text_of(json, "signs_with");
	*ret = (struct certs_signer){ .whose = "platform", .has_kind = true };
	ok = product && signs_with && take_chip_id(text_of(json, "chip_id"), &ret->signer) &&
	     take_tcb(text_of(json, "reported_tcb"), &ret->signer.reported_tcb);
	if (ok) {
		ret->signer.product = snp_product_by_name(product);
		ret->signer.vlek = !strncmp(signs_with, "VLEK", 4);
		ret->unsigned_ = strstr(signs_with, "MASK_CHIP_KEY") != NULL;
		ret->mask_chip_id = strstr(signs_with, "MASK_CHIP_ID") != NULL;
	}
	json_decref(json);
	return ok ? CLI_OK
		  : cli_fail(cli, CLI_ENVIRONMENT,
			     "check: '%s': expected the output of jurat host status --output json, with "
			     "product, chip_id, reported_tcb and signs_with",
			     path);
}

static int take_numbers(struct cli *cli, struct certs_signer *ret)
{
	const char *chip_id = cli_get(cli, "chip-id"), *tcb = cli_get(cli, "tcb");

	*ret = (struct certs_signer){ .whose = "platform" };
	if (!chip_id || !tcb)
		return cli_fail(cli, CLI_USAGE, "check: --chip-id and --tcb must be used together");
	if (!take_chip_id(chip_id, &ret->signer))
		return cli_fail(cli, CLI_USAGE, "--chip-id: expected 128 hex digits (Turin: 16), found '%s'",
				chip_id);
	if (!take_tcb(tcb, &ret->signer.reported_tcb))
		return cli_fail(cli, CLI_USAGE, "--tcb: expected a TCB_VERSION of 16 hex digits, found '%s'",
				tcb);
	return CLI_OK;
}

static int take_product(struct cli *cli, struct certs_signer *signer)
{
	const char *name = cli_get(cli, "product");
	enum snp_product product;

	if (!name && signer->signer.product == SNP_PRODUCT_UNKNOWN)
		name = cli_getenv("JURAT_PRODUCT"); /* of `jurat run --host` */
	product = name ? snp_product_by_name(name) : SNP_PRODUCT_UNKNOWN;
	if (product == SNP_PRODUCT_UNKNOWN)
		return CLI_OK;
	if (signer->signer.product != SNP_PRODUCT_UNKNOWN && signer->signer.product != product)
		return cli_fail(cli, CLI_USAGE, "--product names %s, but the product of the platform is %s",
				snp_product_name(product), snp_product_name(signer->signer.product));
	signer->signer.product = product;
	return CLI_OK;
}

int certs_signer_load(struct cli *cli, struct certs_signer *ret)
{
	const char *device = cli_get(cli, "device"), *from = cli_get(cli, "host-status");
	const char *kind = cli_get(cli, "sign-with");
	bool numbers = cli_has(cli, "chip-id") || cli_has(cli, "tcb");
	int named = !!device + !!from + numbers + cli_has(cli, "report"), status;

	*ret = (struct certs_signer){ 0 };
	if (named > 1)
		return cli_fail(cli, CLI_USAGE,
				"check: expected only one of --report, --device, --host-status, or --chip-id "
				"with --tcb");
	if (!numbers && (kind || (cli_has(cli, "product") && !device && !from)))
		return cli_fail(
			cli, CLI_USAGE,
			"check: --sign-with and --product can only be used with --chip-id and --tcb%s",
			kind ? "" : ", --device or --host-status");
	if (!device && !from && !numbers)
		return CLI_OK;
	status = device ? read_device(cli, device, ret)
		 : from ? read_status(cli, from, ret)
			: take_numbers(cli, ret);
	if (kind) {
		ret->has_kind = true;
		ret->signer.vlek = !strcmp(kind, "vlek");
	}
	return status == CLI_OK ? take_product(cli, ret) : status;
}

void certs_signer_of_report(const uint8_t *bytes, size_t n, struct certs_signer *ret)
{
	struct snp_report report;

	*ret = (struct certs_signer){ .whose = "report" };
	if (snp_report_read(bytes, n, &report, NULL) < 0)
		return; /* its verdict says why */
	ret->has_kind = true;
	ret->signer.product = snp_product_of_report(&report);
	ret->signer.vlek = snp_key_info_signing_key(report.key_info) == SNP_SIGNED_BY_VLEK;
	ret->signer.reported_tcb = report.reported_tcb;
	memcpy(ret->signer.chip_id, report.chip_id, sizeof(report.chip_id));
}

void certs_signer_complete(struct certs_signer *signer, const struct snp_certs *table)
{
	struct certs_leaf leaf;

	if (!signer->has_kind)
		signer->signer.vlek =
			!snp_certs_find(table, SNP_CERT_VCEK) && snp_certs_find(table, SNP_CERT_VLEK);
	if (signer->signer.product != SNP_PRODUCT_UNKNOWN)
		return;
	certs_leaf_read(table, signer->signer.vlek, &leaf);
	if (!leaf.is_there)
		certs_leaf_read(table, !signer->signer.vlek, &leaf);
	signer->signer.product = leaf.vek.issued_for;
}

static json_t *tcb_json(enum snp_product product, const struct snp_tcb *tcb)
{
	json_t *object = json_object();

	for (unsigned i = 0; i < SNP_TCB_COMPONENTS; i++)
		if (snp_tcb_has_component(product, i))
			json_object_set_new(object, snp_tcb_component_name(i),
					    json_integer(snp_tcb_get(tcb, i)));
	return object;
}

/* NULL for a masked chip_id: null in JSON. */
static const char *chip_text(const uint8_t chip_id[64], size_t n, char hex[BYTES_HEX_SIZE(64)])
{
	return bytes_all(chip_id, 64, 0) ? NULL : bytes_to_hex(chip_id, n, hex);
}

json_t *certs_signer_json(const struct certs_signer *signer)
{
	const struct snp_signer *s = &signer->signer;
	char raw[24], hex[BYTES_HEX_SIZE(64)];
	struct snp_tcb tcb;

	snprintf(raw, sizeof(raw), "0x%016" PRIx64, s->reported_tcb);
	return json_pack("{s:s, s:s, s:s?, s:s, s:o}", "key", s->vlek ? "vlek" : "vcek", "product",
			 snp_product_name(s->product), "chip_id",
			 chip_text(s->chip_id, snp_hwid_bytes(s->product), hex), "reported_tcb", raw, "tcb",
			 snp_tcb_read(s->product, s->reported_tcb, &tcb) ? tcb_json(s->product, &tcb)
									 : json_null());
}

char *certs_signer_format(const struct certs_signer *signer, char to[CERTS_SIGNER_BYTES])
{
	const struct snp_signer *s = &signer->signer;
	char chip[BYTES_HEX_SIZE(8)], text[96] = "";
	struct snp_tcb tcb;

	if (snp_tcb_read(s->product, s->reported_tcb, &tcb))
		snp_tcb_format(s->product, &tcb, text, sizeof(text));
	snprintf(to, CERTS_SIGNER_BYTES, "%s of %s, %s%s%s%s", s->vlek ? "VLEK" : "VCEK",
		 snp_product_name(s->product), s->vlek ? "" : "chip ",
		 s->vlek ? "" : bytes_to_hex(s->chip_id, 8, chip), s->vlek ? "" : "..., ", text);
	return to;
}

void certs_leaf_read(const struct snp_certs *table, bool vlek, struct certs_leaf *ret)
{
	const struct snp_cert_entry *e = snp_certs_find(table, vlek ? SNP_CERT_VLEK : SNP_CERT_VCEK);
	enum vek_fault fault;

	*ret = (struct certs_leaf){ 0 };
	if (!e || crypto_cert_read(e->data.data, e->data.size, &ret->cert, NULL) < 0)
		return;
	ret->is_there = true;
	vek_read(&ret->cert, &ret->vek, &fault, NULL);
}

json_t *certs_leaf_json(const struct certs_leaf *leaf)
{
	char hex[BYTES_HEX_SIZE(64)], from[BASE_TIME_BYTES], until[BASE_TIME_BYTES];
	const struct vek *vek = &leaf->vek;

	if (!leaf->is_there)
		return json_null();
	return json_pack("{s:s, s:s, s:s?, s:s?, s:o, s:s, s:s}", "key",
			 vek->kind == VEK_VLEK ? "vlek" : "vcek", "product",
			 snp_product_name(vek->issued_for), "chip_id",
			 vek->hwid_size > 0 ? chip_text(vek->hwid, vek->hwid_size, hex) : NULL, "csp_id",
			 vek->has_csp_id ? vek->csp_id : NULL, "tcb", tcb_json(vek->issued_for, &vek->tcb),
			 "not_before", base_time_text(leaf->cert.not_before, from), "not_after",
			 base_time_text(leaf->cert.not_after, until));
}
