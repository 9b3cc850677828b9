/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/address.h"
#include "base/env.h"

static void the_three_forms_are_read(void **state)
{
	struct base_address a;

	assert_int_equal(base_address_read("unix:/run/qgs.socket", &a, NULL), 0);
	assert_int_equal(a.sockaddr.any.sa_family, AF_UNIX);
	assert_string_equal(a.sockaddr.un.sun_path, "/run/qgs.socket");
	assert_int_equal(a.size, sizeof(struct sockaddr_un));
	assert_int_equal(base_address_read("vsock:2:4050", &a, NULL), 0);
	assert_int_equal(a.sockaddr.any.sa_family, AF_VSOCK);
	assert_int_equal(a.sockaddr.vm.svm_cid, 2);
	assert_int_equal(a.sockaddr.vm.svm_port, 4050);
	assert_int_equal(base_address_read("vsock:1:0", &a, NULL), 0); /* port 0 is one of vsock's */
	assert_int_equal(base_address_read("tcp:127.0.0.1:65535", &a, NULL), 0);
	assert_int_equal(a.sockaddr.any.sa_family, AF_INET);
	assert_int_equal(a.sockaddr.in.sin_port, htons(65535));
	assert_int_equal(a.sockaddr.in.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
}

static void everything_else_is_refused_and_changes_nothing(void **state)
{
	static const char *const bad[] = {
		"",
		"unix",
		"unix:",
		"/run/qgs.socket",
		"UNIX:/x",
		"vsock:",
		"vsock:2",
		"vsock:2:",
		"vsock::4050",
		"vsock:2:4050:",
		"vsock:2:4050 ",
		"vsock:-1:4050",
		"vsock:2:0x10",
		"vsock:4294967295:1",
		"vsock:2:4294967295",
		"vsock:2:99999999999999999999999",
		"tcp:127.0.0.1",
		"tcp:127.0.0.1:",
		"tcp:127.0.0.1:0",
		"tcp:127.0.0.1:65536",
		"tcp:127.0.0.1:80a",
		"tcp:0.0.0.0:80",
		"tcp:10.0.0.1:80",
		"tcp:128.0.0.1:80",
		"tcp:localhost:80",
		"tcp::80",
		"tcp:127.0.0.1.1.1.1.1.1.1:80",
		"tcp:127.1:80",
	};
	char path[5 + 120];
	struct base_address a, before;

	memset(&a, 0x5a, sizeof(a));
	before = a;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (base_address_read(bad[i], &a, NULL) != -EINVAL)
			FAIL_BECAUSE("'%s' was taken", bad[i]);
	TEXT(path, "unix:%0*d", 107, 0);
	assert_int_equal(base_address_read(path, &a, NULL), 0);
	a = before;
	TEXT(path, "unix:%0*d", 108, 0);
	assert_int_equal(base_address_read(path, &a, NULL), -EINVAL);
	assert_memory_equal(&a, &before, sizeof(a));
}

struct server {
	char dir[32], path[64], address[72];
	int fd;
};

static void server_start(struct server *s, int backlog)
{
	struct base_address a;

	strcpy(s->dir, "/tmp/jurat-address-XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	TEXT(s->path, "%s/socket", s->dir);
	TEXT(s->address, "unix:%s", s->path);
	assert_int_equal(base_address_read(s->address, &a, NULL), 0);
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(s->fd >= 0 && bind(s->fd, &a.sockaddr.any, a.size) == 0 && listen(s->fd, backlog) == 0);
}

static void server_stop(struct server *s)
{
	close(s->fd);
	unlink(s->path);
	rmdir(s->dir);
}

static void a_real_socket_connects_carries_bytes_and_ends(void **state)
{
	struct base_env *env = base_env_real();
	struct server s;
	char buf[8];
	int fd, peer;

	server_start(&s, 4);
	fd = base_connect(env, s.address);
	assert_true(fd >= 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(base_wait(env, fd, BASE_WRITE, 0), 1);
	assert_int_equal(base_connected(env, fd), 0);
	peer = accept(s.fd, NULL, NULL);
	assert_int_equal(base_recv(env, fd, buf, sizeof(buf)), -EAGAIN);
	assert_int_equal(base_wait(env, fd, BASE_READ, 0), 0);
	assert_int_equal(base_send(env, fd, "ask", 3), 3);
	assert_int_equal(read(peer, buf, sizeof(buf)), 3);
	assert_int_equal(write(peer, "told", 4), 4);
	assert_int_equal(base_wait(env, fd, BASE_READ, BASE_NEVER), 1);
	assert_int_equal(base_recv(env, fd, buf, sizeof(buf)), 4);
	close(peer);
	assert_int_equal(base_recv(env, fd, buf, sizeof(buf)), 0);
	assert_int_equal(base_send(env, fd, "ask", 3), -EPIPE); /* and no SIGPIPE */
	base_close(env, fd);
	server_stop(&s);
}

static void nobody_listening_is_an_error_and_no_descriptor(void **state)
{
	struct base_env *env = base_env_real();
	struct server s;

	server_start(&s, 4);
	close(s.fd);
	s.fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(base_connect(env, s.address), -ECONNREFUSED);
	unlink(s.path);
	assert_int_equal(base_connect(env, s.address), -ENOENT);
	assert_int_equal(base_connect(env, "tcp:8.8.8.8:53"), -EINVAL);
	server_stop(&s);
}

static void a_poll_descriptor_tells_of_its_sockets_and_its_timer(void **state)
{
	struct base_env *env = base_env_real();
	int pair[2], timer = base_timer_open(env), poll_fd = base_poll_open(env);

	assert_true(timer >= 0 && poll_fd >= 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(base_poll_set(env, poll_fd, pair[0], BASE_READ), 0);
	assert_int_equal(base_poll_set(env, poll_fd, timer, BASE_READ), 0);
	assert_int_equal(base_wait(env, poll_fd, BASE_READ, 0), 0);
	assert_int_equal(base_poll_set(env, poll_fd, pair[0], BASE_WRITE), 0); /* instead */
	assert_int_equal(base_wait(env, poll_fd, BASE_READ, 0), 1);
	assert_int_equal(base_poll_set(env, poll_fd, pair[0], 0), 0);
	assert_int_equal(base_wait(env, poll_fd, BASE_READ, 0), 0);
	assert_int_equal(base_timer_set(env, timer, 0), 0); /* long ago */
	assert_int_equal(base_wait(env, poll_fd, BASE_READ, BASE_NEVER), 1);
	assert_int_equal(base_timer_set(env, timer, base_now_ns(env) + 3600 * 1000000000ull), 0);
	assert_int_equal(base_wait(env, poll_fd, BASE_READ, 0), 0);
	assert_int_equal(base_timer_set(env, timer, base_now_ns(env)), 0);
	assert_int_equal(base_wait(env, poll_fd, BASE_READ, BASE_NEVER), 1);
	assert_int_equal(base_timer_set(env, timer, BASE_NEVER), 0);
	assert_int_equal(base_wait(env, poll_fd, BASE_READ, 0), 0);
	assert_int_equal(base_poll_set(env, poll_fd, pair[0], 0), -ENOENT);
	base_close(env, pair[0]);
	base_close(env, pair[1]);
	base_close(env, timer);
	base_close(env, poll_fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_three_forms_are_read),
		cmocka_unit_test(everything_else_is_refused_and_changes_nothing),
		cmocka_unit_test(a_real_socket_connects_carries_bytes_and_ends),
		cmocka_unit_test(nobody_listening_is_an_error_and_no_descriptor),
		cmocka_unit_test(a_poll_descriptor_tells_of_its_sockets_and_its_timer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
