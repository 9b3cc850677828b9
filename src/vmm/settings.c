/* SPDX-License-Identifier: MIT */
#include "vmm/settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "base/address.h"
#include "base/cleanup.h"
#include "jurat/host.h"

static int keep(const char *value, char **ret, struct jurat_error *err)
{
	*ret = strdup(value);
	return *ret ? 0 : jurat_fail_memory(err);
}

static int read_path(const char *name, char **ret, struct jurat_error *err)
{
	const char *value = secure_getenv(name);

	if (!value)
		return 0;
	if (*value != '/')
		return jurat_fail(err, -EINVAL, "%s: expected an absolute path, found '%s'", name, value);
	return keep(value, ret, err);
}

static int read_address(const char *name, char **ret, struct jurat_error *err)
{
	const char *value = secure_getenv(name);
	struct base_address address;
	int r;

	if (!value)
		return 0;
	r = base_address_read(value, &address, err);
	if (r < 0)
		return jurat_wrap(err, r, "%s", name);
	if (address.sockaddr.any.sa_family == AF_UNIX && address.sockaddr.un.sun_path[0] != '/')
		return jurat_fail(err, -EINVAL, "%s: expected unix: and an absolute path, found '%s'", name,
				  value);
	return keep(value, ret, err);
}

/* Digits only; *ret is unchanged when the variable is not set. */
static int read_number(const char *name, uint32_t min, uint32_t max, uint32_t *ret, struct jurat_error *err)
{
	const char *value = secure_getenv(name);
	uint64_t v = 0;
	size_t n;

	if (!value)
		return 0;
	n = strspn(value, "0123456789");
	for (size_t i = 0; i < n && v <= max; i++)
		v = 10 * v + (uint64_t)(value[i] - '0');
	if (n == 0 || value[n] != '\0' || v < min || v > max)
		return jurat_fail(err, -EINVAL, "%s: expected a number from %u to %u, found '%s'", name, min,
				  max, value);
	*ret = (uint32_t)v;
	return 0;
}

static int check_names(struct jurat_error *err)
{
	static const char prefix[] = "JURAT_VMM_";
	static const char *const known[] = {
		VMM_ENV_CERTS, VMM_ENV_QUOTING_SERVICE, VMM_ENV_GRACE_MS, VMM_ENV_LOCK_WAIT_MS,
		VMM_ENV_LOG,   VMM_ENV_DEFER,           VMM_ENV_CHECK,    VMM_ENV_OWN_KVM,
	};

	if (getauxval(AT_SECURE)) /* as secure_getenv(3): the environment is another user's */
		return 0;
	for (char **at = environ; at && *at; at++) {
		size_t n = strcspn(*at, "="), i = 0;

		if (strncmp(*at, prefix, sizeof(prefix) - 1) != 0)
			continue;
		while (i < ARRAY_SIZE(known) && (strlen(known[i]) != n || strncmp(*at, known[i], n) != 0))
			i++;
		if (i == ARRAY_SIZE(known))
			return jurat_fail(err, -EINVAL, "%.*s: no such variable", (int)(n < 64 ? n : 64),
					  *at);
	}
	return 0;
}

int vmm_settings_read(struct vmm_settings *ret, struct jurat_error *err)
{
	struct vmm_settings s = { 0 };
	const uint32_t unset = UINT32_MAX;
	uint32_t grace = unset, defer = 0;
	int r;

	*ret = s;
	r = read_path(VMM_ENV_LOG, &s.log, err);
	if (r < 0)
		return r;
	ret->log = s.log;
	r = check_names(err);
	if (r == 0)
		r = read_path(VMM_ENV_CERTS, &s.certs, err);
	if (r == 0)
		r = read_address(VMM_ENV_QUOTING_SERVICE, &s.quoting_service, err);
	if (r == 0)
		r = read_number(VMM_ENV_GRACE_MS, 0, VMM_GRACE_MAX_MS, &grace, err);
	if (r == 0)
		r = read_number(VMM_ENV_LOCK_WAIT_MS, 1, VMM_LOCK_WAIT_MAX_MS, &s.lock_wait_ms, err);
	if (r == 0)
		r = read_number(VMM_ENV_DEFER, 0, 1, &defer, err);
	if (r < 0) {
		s.log = NULL; /* the caller's */
		vmm_settings_done(&s);
		return r;
	}
	s.grace_ms = grace == unset ? 0 : grace == 0 ? JURAT_TDX_QUOTES_NONE : grace;
	s.defer = defer == 1;
	*ret = s;
	return 0;
}

void vmm_settings_done(struct vmm_settings *settings)
{
	free(settings->certs);
	free(settings->quoting_service);
	free(settings->log);
	*settings = (struct vmm_settings){ 0 };
}
