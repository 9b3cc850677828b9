/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "daemon/log.h"
#include "daemon/log_id.h"
#include "daemon/metrics_http.h"
#include "daemon/pool.h"
#include "daemon/server.h"
#include "support/tdx.h"

/*
 * juratd between hostile clients and a hostile service, over real sockets in one loop: accepting,
 * connections, turns, the pool and its attempts. Clients get only messages that answer their requests, and
 * when everybody has gone juratd holds nothing. Sockets have no names in the file system, and no timeout
 * is ever due.
 *
 * Input: a byte of flags, then a byte OP_*, who, and what it needs.
 */
enum {
	OP_CONNECT,
	OP_REQUEST, /* + REQUEST_* */
	OP_READ,
	OP_LEAVE, /* + how */
	OP_ACCEPT,
	OP_REPLY, /* + REPLY_* */
	OP_HANG_UP,
	OP_OPERATOR, /* + what */
	OP_SCRAPE,   /* of the metrics: + SCRAPE_* */
	N_OPS
};
enum { REQUEST_QUOTE, REQUEST_COLLATERAL, REQUEST_PLATFORM, REQUEST_BARE, REQUEST_PART, N_REQUESTS };
enum { REPLY_GOOD, REPLY_LARGE, REPLY_ERROR, REPLY_UNEXPECTED, REPLY_PART, REPLY_OTHER_TYPE, N_REPLIES };
enum { SCRAPE_GOOD, SCRAPE_PART, SCRAPE_READ, SCRAPE_LEAVE, N_SCRAPES };
enum { RAW_TOO = 1, ONE_REQUEST = 2, DEAD_SERVICE = 4, IMPATIENT = 8 /* every time is over at once */ };
enum {
	N_CLIENTS = 4,
	N_EXCHANGES = 4,
	MAX_OPS = 64,
	ROOM = 600 * 1024,
	LARGE_BYTES = 400 * 1000,
	TURNS_AT_END = 2000
};

struct client {
	int fd;       /* -1: none */
	bool strange; /* it sent something else than requests: what comes is not checked */
	struct qgs_assembler assembler;
	uint8_t *message;
};

struct exchange {
	int fd;
	struct qgs_assembler assembler;
	uint8_t message[QGS_MAX_REQUEST_BYTES];
	enum qgs_type type; /* of the last request */
};

struct world {
	struct bytes_rd in;
	uint8_t flags;
	uv_loop_t loop;
	struct server *server;
	struct metrics_http *http;
	struct listener clients_come, service, scrapers_come;
	int scrapers[N_CLIENTS];
	struct client clients[N_CLIENTS];
	struct exchange exchanges[N_EXCHANGES];
	unsigned pools;
	bool drained;
};

static uint8_t buffer[ROOM];

/* A listening socket with a name that only the kernel knows. */
static struct listener new_listener(void)
{
	struct sockaddr_un any = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct listener l;

	must(fd >= 0 && bind(fd, (struct sockaddr *)&any, sizeof(any.sun_family)) == 0 &&
	     listen(fd, 16) == 0);
	must(listener_adopt(fd, false, &l, NULL) == 0);
	return l;
}

static void on_freed(struct backend *b, void *context)
{
	((struct world *)context)->pools--;
}

static uint64_t patience(const struct world *w)
{
	return w->flags & IMPATIENT ? 0 : 3600000;
}

static struct backend *new_pool(struct world *w)
{
	struct pool_options options = {
		.n_services = 1, .timeout_ms = patience(w), .probe_ms = 3600000, .max_requests = 2
	};
	struct backend *b;

	options.services[0] = w->service.address;
	if (w->flags & DEAD_SERVICE) { /* one that is never there */
		options.services[1] = w->service.address;
		options.services[1].sockaddr.un.sun_path[1] ^= 0x40;
		options.n_services = 2;
	}
	must(pool_new(&w->loop, &options, &b) == 0);
	b->freed = on_freed;
	b->freed_context = w;
	w->pools++;
	return b;
}

static void run_loop(struct world *w)
{
	(void)uv_run(&w->loop, UV_RUN_NOWAIT);
	(void)uv_run(&w->loop, UV_RUN_NOWAIT);
}

/* ---- clients */

static void connect_client(struct world *w, struct client *c)
{
	const struct base_address *to = &w->clients_come.address;

	if (c->fd >= 0)
		return;
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	must(c->fd >= 0);
	if (connect(c->fd, &to->sockaddr.any, to->size) < 0) {
		must(errno == EAGAIN || errno == ECONNREFUSED);
		close(c->fd);
		c->fd = -1;
		return;
	}
	c->strange = false;
	qgs_assembler_init(&c->assembler, c->message, ROOM, false);
}

static size_t write_request(uint8_t kind, uint8_t *to, size_t room)
{
	static const enum qgs_type types[] = { QGS_QUOTE_REQ, QGS_COLLATERAL_REQ, QGS_PLATFORM_REQ };
	struct qgs_message m = qgs_message(types[kind]);
	size_t n;

	for (unsigned i = 0; i < qgs_n_parts(m.type); i++)
		m.parts[i] = bytes_rd("123456", 6);
	if (m.type == QGS_QUOTE_REQ)
		m.parts[QGS_PART_REPORT] = bytes_rd(fuzz_tdx(0)->tdreport, TDX_REPORT_BYTES);
	must(qgs_write(&m, true, to, room, &n, NULL) == 0);
	return n;
}

static void request(struct world *w, struct client *c)
{
	uint8_t kind = fuzz_u8(&w->in) % N_REQUESTS, message[4096];
	auto_bytes part = { 0 };

	if (kind == REQUEST_PART)
		part = fuzz_part(&w->in);
	else if (kind == REQUEST_BARE)
		part = fuzz_copy(fuzz_tdx(0)->tdreport, TDX_REPORT_BYTES);
	else
		part = fuzz_copy(message, write_request(kind, message, sizeof(message)));
	if (c->fd < 0)
		return;
	c->strange = c->strange || kind >= REQUEST_BARE;
	(void)!send(c->fd, part.p, part.n, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void check_message(const struct client *c)
{
	struct qgs_message m;
	enum qgs_type type;

	must(qgs_read_type(c->message, c->assembler.want, &type, NULL) == 0 && !qgs_is_request(type));
	must(qgs_read(type, c->message, c->assembler.want, &m, NULL) == 0);
	if (m.error_code == QGS_SUCCESS)
		FUZZ_REACHED("a client gets what a service said");
	else
		FUZZ_REACHED("a client gets an error code");
}

static void read_answers(struct client *c)
{
	size_t off = 0, taken;
	ssize_t n = c->fd < 0 ? -1 : recv(c->fd, buffer, sizeof(buffer), MSG_DONTWAIT);

	if (n > 0 && c->strange)
		FUZZ_REACHED("an answer to something strange");
	while (n > 0 && !c->strange && off < (size_t)n) {
		int r = qgs_assembler_feed(&c->assembler, buffer + off, (size_t)n - off, &taken, NULL);

		must(r >= 0);
		off += taken;
		if (r == QGS_MESSAGE)
			check_message(c);
	}
	if (n > LARGE_BYTES / 4)
		FUZZ_REACHED("a large answer");
}

static void leave(struct client *c, bool half)
{
	if (c->fd < 0)
		return;
	if (half) {
		(void)shutdown(c->fd, SHUT_WR);
		return;
	}
	close(c->fd);
	c->fd = -1;
}

/* ---- the service */

static void accept_exchange(struct world *w, struct exchange *x)
{
	if (x->fd >= 0)
		return;
	x->fd = accept4(w->service.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	x->type = QGS_QUOTE_REQ;
	qgs_assembler_init(&x->assembler, x->message, sizeof(x->message), false);
}

/* juratd sends nothing but requests that read, whatever its clients do. */
static void read_request(struct exchange *x)
{
	ssize_t n = recv(x->fd, buffer, sizeof(buffer), MSG_DONTWAIT);
	struct qgs_message m;
	size_t taken;

	if (n <= 0)
		return;
	must(qgs_assembler_feed(&x->assembler, buffer, (size_t)n, &taken, NULL) >= 0);
	if (x->assembler.n_buf < x->assembler.want || x->assembler.want == 0)
		return;
	must(qgs_read_type(x->message, x->assembler.want, &x->type, NULL) == 0 && qgs_is_request(x->type));
	must(qgs_read(x->type, x->message, x->assembler.want, &m, NULL) == 0);
	FUZZ_REACHED("a service gets a request");
}

static void reply(struct world *w, struct exchange *x)
{
	uint8_t kind = fuzz_u8(&w->in) % N_REPLIES;
	struct qgs_message m = qgs_message(QGS_QUOTE_RESP);
	auto_bytes part = { 0 };
	size_t n = 0;

	if (kind == REPLY_PART)
		part = fuzz_part(&w->in);
	if (x->fd < 0)
		return;
	read_request(x);
	m.type = (enum qgs_type)((x->type + (kind == REPLY_OTHER_TYPE ? 3 : 1)) % QGS_N_TYPES);
	m.error_code = kind == REPLY_ERROR        ? QGS_E_INVALID_PARAMETER
		       : kind == REPLY_UNEXPECTED ? QGS_E_UNEXPECTED
						  : 0;
	for (unsigned i = 0; m.error_code == 0 && i < qgs_n_parts(m.type); i++)
		m.parts[i] = bytes_rd(buffer, kind == REPLY_LARGE && i == 1 ? LARGE_BYTES : 16);
	if (kind == REPLY_PART) {
		(void)!send(x->fd, part.p, part.n, MSG_DONTWAIT | MSG_NOSIGNAL);
		return;
	}
	auto_bytes whole = { malloc(ROOM), 0 };

	must(whole.p && qgs_write(&m, true, whole.p, ROOM, &n, NULL) == 0);
	for (size_t off = 0; off < n;) { /* the loop reads meanwhile, or has closed */
		ssize_t sent = send(x->fd, whole.p + off, n - off, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent < 0 && errno != EAGAIN)
			break;
		off += sent > 0 ? (size_t)sent : 0;
		run_loop(w);
	}
}

static void hang_up(struct exchange *x)
{
	if (x->fd >= 0)
		close(x->fd);
	x->fd = -1;
}

/* ---- */

static struct server_limits limits(const struct world *w)
{
	return (struct server_limits){
		.conn = { .timeout_ms = patience(w),
			  .drain_ms = 3600000,
			  .max_requests = w->flags & ONE_REQUEST ? 1 : 0,
			  .raw_too = w->flags & RAW_TOO },
		.max_connections = 3,
		.max_per_guest = 2,
		.max_unsent_bytes = 100000,
	};
}

static void operate(struct world *w, uint8_t what)
{
	struct server_limits l = limits(w);

	if (what & 1)
		server_set_backend(w->server, new_pool(w));
	else
		server_set_limits(w->server, &l);
}

static void describe(void *context, struct metrics_text *to)
{
	server_describe(((struct world *)context)->server, to);
}

static void scrape(struct world *w, int *fd)
{
	static const char get[] = "GET /metrics HTTP/1.1\r\nHost: fuzz\r\n\r\n";
	uint8_t kind = fuzz_u8(&w->in) % N_SCRAPES;
	const struct base_address *to = &w->scrapers_come.address;
	auto_bytes part = { 0 };
	ssize_t n;

	if (kind == SCRAPE_PART)
		part = fuzz_part(&w->in);
	if (*fd < 0) {
		*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		must(*fd >= 0 && connect(*fd, &to->sockaddr.any, to->size) == 0);
	}
	if (kind == SCRAPE_GOOD)
		(void)!send(*fd, get, sizeof(get) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (kind == SCRAPE_PART)
		(void)!send(*fd, part.p, part.n, MSG_DONTWAIT | MSG_NOSIGNAL);
	n = kind == SCRAPE_READ ? recv(*fd, buffer, sizeof(buffer) - 1, MSG_DONTWAIT) : 0;
	if (n > 0) {
		must((size_t)n > 12 && memcmp(buffer, "HTTP/1.", 7) == 0);
		if (memcmp(buffer + 8, " 200", 4) == 0 && n > 1000)
			FUZZ_REACHED("the metrics");
	}
	if (kind == SCRAPE_LEAVE) {
		close(*fd);
		*fd = -1;
	}
}

static void step(struct world *w)
{
	uint8_t op = fuzz_u8(&w->in) % N_OPS, who = fuzz_u8(&w->in);
	struct client *c = &w->clients[who % N_CLIENTS];
	struct exchange *x = &w->exchanges[who % N_EXCHANGES];

	switch (op) {
	case OP_CONNECT:
		connect_client(w, c);
		if (who & 0x80) /* the loop sees it together with what comes next */
			return;
		break;
	case OP_REQUEST:
		request(w, c);
		break;
	case OP_READ:
		read_answers(c);
		break;
	case OP_LEAVE:
		leave(c, fuzz_u8(&w->in) & 1);
		break;
	case OP_ACCEPT:
		accept_exchange(w, x);
		break;
	case OP_REPLY:
		reply(w, x);
		break;
	case OP_HANG_UP:
		hang_up(x);
		break;
	case OP_SCRAPE:
		scrape(w, &w->scrapers[who % N_CLIENTS]);
		break;
	default:
		operate(w, fuzz_u8(&w->in));
	}
	run_loop(w);
}

static void on_drained(void *context)
{
	((struct world *)context)->drained = true;
}

/* Everybody leaves; nothing is due later, so the loop ends by itself. */
static void end(struct world *w)
{
	int fd;

	server_drain(w->server, on_drained, w);
	for (unsigned i = 0; i < N_CLIENTS; i++)
		leave(&w->clients[i], false);
	for (unsigned i = 0; i < N_EXCHANGES; i++)
		hang_up(&w->exchanges[i]);
	for (unsigned i = 0; i < N_CLIENTS; i++)
		if (w->scrapers[i] >= 0)
			close(w->scrapers[i]);
	metrics_http_free(w->http);
	close(w->clients_come.fd);
	close(w->scrapers_come.fd);
	for (unsigned i = 0; uv_loop_alive(&w->loop); i++) {
		must(i < TURNS_AT_END);
		fd = accept4(w->service.fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0)
			close(fd);
		run_loop(w);
	}
	must(w->drained && w->pools == 0);
	server_free(w->server);
	must(uv_loop_close(&w->loop) == 0);
	close(w->service.fd);
}

/* A client's own id, from the input and well-formed: a line of the log stays one, and within its length. */
static void take_ids(const uint8_t *data, size_t size)
{
	static const char trace[] = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01";
	char *text = strndup((const char *)data, size), line[LOG_ID_BYTES];
	struct log_id id = log_id_new();

	must(text != NULL);
	for (unsigned i = 0; i < 4; i++) {
		log_id_take(&id, i & 1 ? text : NULL, i & 2 ? text : trace);
		must(strlen(log_id_text(&id, line)) < LOG_ID_BYTES && !strpbrk(line, " \n\"="));
		must(strlen(log_id_answer(&id, line)) < LOG_ID_BYTES && !strpbrk(line, " \n\"="));
	}
	log_id_take(&id, "a-b_c.1", NULL);
	must(strcmp(id.peer, "a-b_c.1") == 0);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world *w = calloc(1, sizeof(*w));
	struct server_limits l;

	must(w != NULL);
	log_init(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
	take_ids(data, size);
	w->in = bytes_rd(data, size);
	w->flags = fuzz_u8(&w->in);
	w->service = new_listener();
	w->clients_come = new_listener();
	w->scrapers_come = new_listener();
	for (unsigned i = 0; i < N_CLIENTS; i++) {
		w->clients[i] = (struct client){ .fd = -1, .message = malloc(ROOM) };
		must(w->clients[i].message != NULL);
		w->scrapers[i] = -1;
	}
	for (unsigned i = 0; i < N_EXCHANGES; i++)
		w->exchanges[i].fd = -1;
	l = limits(w);
	must(uv_loop_init(&w->loop) == 0 && server_new(&w->loop, &l, new_pool(w), &w->server) == 0);
	must(server_listen(w->server, &w->clients_come) == 0);
	must(metrics_http_new(&w->loop, w->scrapers_come.fd, patience(w), describe, w, &w->http) == 0);
	for (unsigned i = 0; i < MAX_OPS && bytes_rd_left(&w->in) > 0; i++)
		step(w);
	end(w);
	for (unsigned i = 0; i < N_CLIENTS; i++)
		free(w->clients[i].message);
	free(w);
	return 0;
}
