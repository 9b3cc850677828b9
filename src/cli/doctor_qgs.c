/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/doctor.h"
#include "host/qgs_client.h"
#include "wire/qgs.h"

/* A client of a quoting service that asks for information about the platform. */

#define WAIT_NS 5000000000u

/* Runs the client to its end. As qgs_client_step(), never 0. */
static int run_client(struct base_env *env, struct qgs_client *c, struct jurat_error *err)
{
	for (;;) {
		int r = qgs_client_step(c, base_now_ns(env), err);
		uint64_t now = base_now_ns(env), wake = qgs_client_wake_ns(c);
		unsigned events = qgs_client_events(c);

		if (r != 0)
			return r;
		if (events == 0)
			base_sleep_ns(env, wake > now ? wake - now : 0);
		else
			(void)base_wait(env, c->fd, events, wake > now ? wake - now : 0);
	}
}

static enum doctor_qgs failure(const struct qgs_client *c, int r, int *ret_errno)
{
	if (!c->reached) {
		*ret_errno = c->connect_error != 0 ? -c->connect_error : -r;
		return QGS_CANNOT_CONNECT;
	}
	if (r == -ETIMEDOUT)
		return QGS_TIMED_OUT;
	return r == -EBADMSG || r == -EPROTO || r == -E2BIG ? QGS_OTHER_PROTOCOL : QGS_HUNG_UP;
}

enum doctor_qgs doctor_qgs_ask(struct doctor *d, const char *address, int *ret_errno, uint32_t *ret_code,
			       char *text, size_t room)
{
	struct qgs_message ask = qgs_message(QGS_PLATFORM_REQ), answer;
	uint8_t request[QGS_FRAME_BYTES + QGS_PLATFORM_REQ_BYTES], buf[1024];
	struct qgs_client c = { 0 };
	struct jurat_error err = { "" };
	const struct doctor_code_row *row;
	enum doctor_qgs outcome;
	size_t n = 0;
	int r = qgs_write(&ask, true, request, sizeof(request), &n, &err);

	if (r == 0) {
		qgs_client_init(&c, d->env, address, request, n, buf, sizeof(buf),
				base_now_ns(d->env) + WAIT_NS);
		r = run_client(d->env, &c, &err);
	}
	outcome = r == QGS_MESSAGE ? QGS_ANSWERS : failure(&c, r, ret_errno);
	if (outcome != QGS_ANSWERS && outcome != QGS_CANNOT_CONNECT && strstr(err.text, address)) {
		snprintf(text, room, "%s", err.text);
	} else if (outcome != QGS_ANSWERS) {
		snprintf(text, room, "'%s': %s", address,
			 outcome == QGS_CANNOT_CONNECT ? strerror(*ret_errno) : err.text);
	} else if (qgs_read(QGS_PLATFORM_RESP, buf, c.answer.want, &answer, &err) != 0) {
		outcome = QGS_OTHER_PROTOCOL;
		snprintf(text, room, "'%s': %s", address, err.text);
	} else if (answer.error_code != QGS_SUCCESS) {
		outcome = QGS_REPORTED;
		*ret_code = answer.error_code;
		row = doctor_code(answer.error_code);
		snprintf(text, room, "'%s' answers with %#" PRIx32 " (%s)", address, answer.error_code,
			 row ? row->name : "unknown");
	} else {
		snprintf(text, room, "'%s' answers: TDQE ISVSVN %u, PCE ISVSVN %u", address,
			 answer.version[0], answer.version[1]);
	}
	qgs_client_done(&c);
	return outcome;
}
