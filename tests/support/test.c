/* SPDX-License-Identifier: MIT */
#include "support/test.h"

void test_say(const char *format, ...)
{
	auto_free char *text = NULL;
	char *rest, *line;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vasprintf(&text, format, ap);
	va_end(ap);
	if (n < 0)
		text = NULL;
	rest = text;
	while ((line = strsep(&rest, "\n")) != NULL)
		if (line[0] || rest) /* a final newline makes no line of its own */
			printf("# %s\n", line);
	fflush(stdout);
}

void test_text(char *to, size_t room, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(to, room, format, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < room)
		return;
	test_say("a text of %d characters does not fit where there is room for %zu: %s ...", n, room, to);
	abort();
}

size_t test_step(void)
{
	const char *text = getenv("JURAT_TEST_STEP");
	char *end;
	unsigned long step;

	if (!text)
		return 1;
	step = strtoul(text, &end, 10);
	if (*end || step % 2 == 0 || step > 99) {
		test_say("JURAT_TEST_STEP is '%s', and no odd number below 100", text);
		abort();
	}
	return step;
}
