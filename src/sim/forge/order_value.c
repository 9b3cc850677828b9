/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/time.h"
#include "sim/forge/order_internal.h"

/* Digits only: neither signs nor spaces, which strtoull(3) allows. */
static bool read_number(const char *text, uint64_t *ret)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *digits = hex ? text + 2 : text;
	char *end;

	if (!(hex ? isxdigit((unsigned char)*digits) : isdigit((unsigned char)*digits)))
		return false;
	errno = 0;
	*ret = strtoull(digits, &end, hex ? 16 : 10);
	return errno == 0 && *end == '\0';
}

int sim_order_number(const char *text, uint64_t max, uint64_t *ret, struct jurat_error *err)
{
	uint64_t n;

	if (!read_number(text, &n) || n > max)
		return jurat_fail(err, -EINVAL, "expected a number from 0 to %" PRIu64 ", not '%s'", max,
				  text);
	*ret = n;
	return 0;
}

int sim_order_flag(const char *text, bool *ret, struct jurat_error *err)
{
	static const char *const words[] = { "no", "yes", "0", "1", "false", "true" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(text, words[i])) {
			*ret = i % 2;
			return 0;
		}
	return jurat_fail(err, -EINVAL, "expected yes or no, not '%s'", text);
}

/* The same day and time, `years` later or earlier; 1 March where there is no 29 February. */
static bool add_years(int64_t at, int64_t years, int64_t *ret)
{
	int64_t days = base_time_days(at), seconds = at - days * BASE_DAY_SECONDS;
	unsigned y, m, d;

	if (!base_days_date(days, &y, &m, &d) || (int64_t)y + years < 0 || (int64_t)y + years > 9999)
		return false;
	y = (unsigned)((int64_t)y + years);
	if (!base_date_days(y, m, d, &days) && !base_date_days(y, 3, 1, &days))
		return false;
	*ret = days * BASE_DAY_SECONDS + seconds;
	return true;
}

/* "at", "at-1s", "at+30d". */
static bool read_relative(const char *text, int64_t at, int64_t *ret)
{
	static const struct {
		char unit;
		int64_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 60 * 60 }, { 'd', BASE_DAY_SECONDS } };
	int64_t sign;
	uint64_t n;
	char *end;

	if (strncmp(text, "at", 2) != 0)
		return false;
	*ret = at;
	if (text[2] == '\0')
		return true;
	if ((text[2] != '-' && text[2] != '+') || !isdigit((unsigned char)text[3]))
		return false;
	errno = 0;
	n = strtoull(text + 3, &end, 10);
	if (errno != 0 || n > UINT32_MAX || *end == '\0' || end[1] != '\0')
		return false;
	sign = text[2] == '-' ? -1 : 1;
	if (*end == 'y')
		return add_years(at, sign * (int64_t)n, ret);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (*end == units[i].unit) {
			*ret = at + sign * (int64_t)n * units[i].seconds;
			return true;
		}
	return false;
}

int sim_order_time(const char *text, int64_t at, int64_t *ret, struct jurat_error *err)
{
	int64_t time;

	if (!read_relative(text, at, &time) && !base_time_read(text, &time))
		return jurat_fail(err, -EINVAL,
				  "expected a time such as 2026-07-01T00:00:00Z, at, at-1s or at+30d (s, m, "
				  "h, d, y), not '%s'",
				  text);
	*ret = time;
	return 0;
}

/* "xNN": the byte; *ret_end: what follows. */
static bool read_fill(const char *text, uint8_t *ret, const char **ret_end)
{
	char digits[3] = { 0 };

	if (text[0] != 'x' || !text[1] || !text[2])
		return false;
	memcpy(digits, text + 1, 2);
	*ret_end = text + 3;
	return bytes_from_hex(digits, ret, 1);
}

int sim_order_bytes(const char *text, uint8_t *to, size_t n, struct jurat_error *err)
{
	const char *end;
	uint8_t fill;

	if (read_fill(text, &fill, &end) && *end == '\0') {
		memset(to, fill, n);
		return 0;
	}
	if (!bytes_from_hex(text, to, n))
		return jurat_fail(err, -EINVAL,
				  "expected %zu bytes as %zu hex digits, or xNN for that byte in all of "
				  "them; got %zu characters",
				  n, 2 * n, strlen(text));
	return 0;
}

int sim_order_some_bytes(const char *text, uint8_t *to, size_t room, size_t *ret_size,
			 struct jurat_error *err)
{
	const char *end;
	uint8_t fill;
	uint64_t n = 0;

	if (read_fill(text, &fill, &end) && *end == '*') {
		if (!read_number(end + 1, &n) || n > room)
			return jurat_fail(err, -EINVAL, "'%s': expected at most %zu bytes", text, room);
		memset(to, fill, n);
		*ret_size = n;
		return 0;
	}
	n = strlen(text) / 2;
	if (n > room)
		return jurat_fail(err, -EINVAL, "expected at most %zu bytes, not %" PRIu64, room, n);
	if (!bytes_from_hex(text, to, n))
		return jurat_fail(err, -EINVAL,
				  "expected bytes as hex digits, or xNN*COUNT; got %zu characters",
				  strlen(text));
	*ret_size = n;
	return 0;
}

int order_choice(const char *text, const char *const *choices, unsigned *ret, struct jurat_error *err)
{
	struct order_near near = order_near(text);

	for (unsigned i = 0; choices[i]; i++) {
		if (!strcmp(choices[i], text)) {
			*ret = i;
			return 0;
		}
		order_near_add(&near, choices[i]);
	}
	return order_near_fail(&near, err, "no value '%s'", text);
}

int order_number_check(const char *value, uint64_t max, struct jurat_error *err)
{
	uint64_t unused;

	return sim_order_number(*value == '+' || *value == '-' ? value + 1 : value, max, &unused, err);
}

int order_number_change(const char *value, uint64_t max, uint64_t *number, struct jurat_error *err)
{
	uint64_t n = 0;
	int r = sim_order_number(*value == '+' || *value == '-' ? value + 1 : value, max, &n, err);

	if (r < 0)
		return r;
	if ((*value == '+' && n > max - *number) || (*value == '-' && n > *number))
		return jurat_fail(err, -EINVAL,
				  "it is 0x%" PRIx64 ", so %s is not in the range from 0 to 0x%" PRIx64,
				  *number, value, max);
	*number = *value == '+' ? *number + n : *value == '-' ? *number - n : n;
	return 0;
}

int order_flip(uint8_t *bytes, size_t n, uint64_t byte, struct jurat_error *err)
{
	if (n == 0 || (byte != UINT64_MAX && byte >= n))
		return jurat_fail(err, -EINVAL, "it has %zu bytes, so there is no byte %" PRIu64, n,
				  byte == UINT64_MAX ? 0 : byte);
	bytes[byte == UINT64_MAX ? n - 1 : byte] ^= 1;
	return 0;
}
