/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "run/device.h"
#include "run/fault.h"
#include "run/user_memory.h"
#include "uapi/sev.h"

/*
 * /dev/sev-guest: passes ioctls to the simulated guest driver, which serializes them as the kernel's mutex
 * does.
 */
struct request {
	struct run_platform *platform;
	struct run_reply *reply;
	struct run_user_memory user;
};

static void done(void *ctx, int result)
{
	struct request *request = ctx;

	run_user_memory_reply(&request->user, request->reply, result);
	free(request);
}

static void sev_guest_ioctl(void *ctx, void *file, const struct run_ioctl *call, struct run_reply *reply)
{
	struct run_platform *p = ctx;
	struct request *request;
	struct trace_place before;
	int r;

	if (call->compat) { /* the driver has no compat_ioctl */
		run_reply_ioctl(reply, -ENOTTY);
		return;
	}
	request = malloc(sizeof(*request));
	if (!request) {
		run_reply_ioctl(reply, -ENOMEM);
		return;
	}
	request->platform = p;
	request->reply = reply;
	run_user_memory_of_ioctl(&request->user, call, p);
	run_faults_before_request(p);
	before = run_trace_thread(p->trace, call->pid);
	r = machine_start(p->guest, (unsigned)call->pid % run_platform_vcpus(p), &request->user.memory,
			  call->request, call->arg, done, request);
	(void)trace_go(p->trace, before);
	if (r < 0)
		done(request, r);
}

int run_sev_guest_add(struct run_fs *fs, struct run_platform *platform, void **ret_ctx,
		      struct jurat_error *err)
{
	static const struct run_node_ops ops = { .device = true, .ioctl = sev_guest_ioctl };
	int r = run_fs_add(fs, NULL, "sev-guest", S_IFREG | run_platform_mode(platform), 0, &ops, platform,
			   NULL);

	*ret_ctx = NULL;
	return r < 0 ? jurat_fail(err, r, "cannot make /dev/sev-guest") : 0;
}
