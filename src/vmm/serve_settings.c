/* SPDX-License-Identifier: MIT */
#include "vmm/serve.h"

#include <pthread.h>

#include "vmm/env.h"
#include "vmm/log.h"

static struct vmm_settings settings;
static bool valid;

static void read_settings(void)
{
	struct jurat_error err;

	pthread_atfork(vmm_env_before_fork, vmm_env_after_fork, NULL);
	valid = vmm_settings_read(&settings, &err) == 0;
	vmm_log_to(settings.log);
	if (!valid)
		vmm_log(VMM_LOG_VMM, "%s; nothing is served", err.text);
	else if (!settings.certs && !settings.quoting_service)
		vmm_log(VMM_LOG_VMM, "neither %s nor %s is set; nothing is served", VMM_ENV_CERTS,
			VMM_ENV_QUOTING_SERVICE);
}

const struct vmm_settings *serve_settings(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, read_settings);
	return valid ? &settings : NULL;
}
