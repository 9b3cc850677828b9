/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/doctor.h"

enum { MAX_LINKS = 40 }; /* as Linux has it */

static bool put_path(char to[PATH_MAX], const char *front, const char *back)
{
	int n = snprintf(to, PATH_MAX, "%s%s", front, back);

	return n >= 0 && n < PATH_MAX;
}

/* Cuts the last name off, down to the root. */
static void cut_name(const struct doctor *d, char at[PATH_MAX])
{
	char *slash = strrchr(at + strlen(d->root), '/');

	if (slash)
		*slash = '\0';
}

/* If `at` is a link, goes to where it leads; `rest` is what is to be walked. Returns whether it is one. */
static bool follow(const struct doctor *d, char at[PATH_MAX], char rest[PATH_MAX])
{
	char target[PATH_MAX], behind[PATH_MAX];
	ssize_t n = readlink(at, target, sizeof(target) - 1);

	if (n < 0)
		return false;
	target[n] = '\0';
	cut_name(d, at);
	if (target[0] == '/')
		(void)put_path(at, d->root, "");
	if (!put_path(behind, "/", rest) || !put_path(rest, target, behind))
		at[0] = '\0';
	return true;
}

/* Below a root, links lead to files below it, as if it were "/": never to those of this machine. */
const char *doctor_path(const struct doctor *d, const char *path, char to[PATH_MAX])
{
	char rest[PATH_MAX], name[PATH_MAX], longer[PATH_MAX];
	unsigned links = 0;

	if (!put_path(to, d->root ? d->root : path, "") || !put_path(rest, path, ""))
		to[0] = '\0';
	while (d->root && to[0] && rest[strspn(rest, "/")]) {
		char *begin = rest + strspn(rest, "/"), *end = begin + strcspn(begin, "/");

		snprintf(name, sizeof(name), "/%.*s", (int)(end - begin), begin);
		memmove(rest, end, strlen(end) + 1);
		if (!strcmp(name, "/.."))
			cut_name(d, to);
		if (!strcmp(name, "/.") || !strcmp(name, "/.."))
			continue;
		(void)put_path(to, put_path(longer, to, name) ? longer : "", "");
		if (to[0] && follow(d, to, rest) && ++links > MAX_LINKS)
			to[0] = '\0';
	}
	return to;
}

/*
 * A tree of another machine may have a FIFO or a device anywhere: neither is opened, which may begin
 * something, such as a watchdog's time.
 */
int doctor_read_file(struct doctor *d, const char *path, size_t max, uint8_t **ret, size_t *ret_size,
		     struct jurat_error *err)
{
	struct base_stat st;
	int fd, r;

	if (base_stat(d->env, path, &st) == 0 && !S_ISREG(st.mode))
		return jurat_fail(err, -EINVAL, "'%s' is not a regular file", path);
	fd = base_open(d->env, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	if (fd < 0)
		return jurat_fail(err, fd, "cannot open '%s': %s", path, strerror(-fd));
	r = base_fstat(d->env, fd, &st);
	if (r < 0)
		r = jurat_fail(err, r, "cannot examine '%s': %s", path, strerror(-r));
	else if (!S_ISREG(st.mode))
		r = jurat_fail(err, -EINVAL, "'%s' is not a regular file", path);
	else
		r = base_read_fd(d->env, fd, path, max, ret, ret_size, err);
	base_close(d->env, fd);
	if (r == -ENOMEM)
		d->failed = true;
	return r;
}

char *doctor_read(struct doctor *d, const char *path)
{
	auto_free uint8_t *text = NULL;
	char at[PATH_MAX];
	size_t n = 0;

	if (doctor_read_file(d, doctor_path(d, path, at), DOCTOR_FILE_BYTES, &text, &n, NULL) < 0)
		return NULL;
	while (n > 0 && strchr(" \t\r\n", text[n - 1]))
		text[--n] = '\0';
	return (char *)take_ptr(text);
}

bool doctor_exists(struct doctor *d, const char *path)
{
	struct base_stat st;
	char at[PATH_MAX];

	return base_stat(d->env, doctor_path(d, path, at), &st) == 0;
}

bool doctor_says(struct doctor *d, const char *path, char c)
{
	auto_free char *text = doctor_read(d, path);

	return text && text[0] == c;
}

int doctor_try_open(struct doctor *d, const char *path, int flags)
{
	char at[PATH_MAX];
	int fd;

	if (d->root) /* a device of another machine would be one of this machine */
		return doctor_exists(d, path) ? 0 : -ENOENT;
	fd = base_open(d->env, doctor_path(d, path, at), flags | O_NOCTTY | O_NONBLOCK, 0);

	if (fd < 0)
		return fd;
	base_close(d->env, fd);
	return 0;
}

/* The text after "NAME\t: " of the first line of that name; NULL: there is none. */
static const char *cpu_line(const struct doctor *d, const char *name)
{
	size_t n = strlen(name);

	for (const char *line = d->cpuinfo; line; line = strchr(line, '\n')) {
		const char *colon;

		line += *line == '\n';
		if (strncmp(line, name, n) != 0)
			continue;
		colon = line + n + strspn(line + n, " \t");
		if (*colon == ':')
			return colon + 1 + strspn(colon + 1, " \t");
	}
	return NULL;
}

bool doctor_has_flag(const struct doctor *d, const char *flag)
{
	const char *at = cpu_line(d, "flags");
	size_t n = strlen(flag);

	while (at && *at && *at != '\n') {
		size_t word = strcspn(at, " \n");

		if (word == n && !strncmp(at, flag, n))
			return true;
		at += word;
		at += strspn(at, " ");
	}
	return false;
}

const char *doctor_cpu_field(const struct doctor *d, const char *name, char *to, size_t room)
{
	const char *at = cpu_line(d, name);

	snprintf(to, room, "%.*s", at ? (int)strcspn(at, "\n") : 0, at ? at : "");
	return to;
}

const char *doctor_release(const struct doctor *d)
{
	return d->release[0] ? d->release : "(unknown)";
}

static void read_kernel(struct doctor *d)
{
	auto_free char *text = doctor_read(d, "/proc/sys/kernel/osrelease");
	unsigned major = 0, minor = 0;

	if (!text || sscanf(text, "%3u.%3u", &major, &minor) != 2)
		return;
	d->kernel = DOCTOR_KERNEL(major, minor);
	/* as uname(2) has it, and no more than that */
	snprintf(d->release, sizeof(d->release), "%.*s",
		 (int)strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-+_~"),
		 text);
}

static bool is_device(struct doctor *d, const char *option, const char *path)
{
	const char *named = cli_get(d->cli, option);

	return doctor_exists(d, named ? named : path);
}

/* What only such a guest has, whichever of them this kernel shows. */
static enum doctor_kind guest_kind(struct doctor *d)
{
	bool tdx = doctor_has_flag(d, "tdx_guest") || doctor_exists(d, "/sys/module/tdx_guest") ||
		   doctor_exists(d, "/dev/tdx_guest");
	bool snp = doctor_exists(d, "/sys/devices/system/cpu/sev/vmpl") ||
		   doctor_exists(d, "/sys/module/sev_guest") ||
		   is_device(d, "guest-device", "/dev/sev-guest") ||
		   (d->is_guest && doctor_has_flag(d, "sev_snp"));
	const char *tee = cli_get(d->cli, "tee");

	d->guest_assumed =
		tee && strcmp(tee, "auto") != 0 && (d->sides[DOCTOR_GUEST] || !d->sides[DOCTOR_HOST]);
	if (d->guest_assumed)
		return !strcmp(tee, "tdx") ? DOCTOR_TDX : DOCTOR_SNP;
	return tdx && !doctor_exists(d, "/dev/sev-guest") ? DOCTOR_TDX : snp ? DOCTOR_SNP : DOCTOR_NO_TEE;
}

static enum doctor_kind host_kind(struct doctor *d)
{
	const char *tee = cli_get(d->cli, "tee");

	d->host_assumed = tee && strcmp(tee, "auto") != 0 && d->sides[DOCTOR_HOST];
	if (d->host_assumed)
		return !strcmp(tee, "tdx") ? DOCTOR_TDX : DOCTOR_SNP;
	if (is_device(d, "device", "/dev/sev") ||
	    doctor_says(d, "/sys/module/kvm_amd/parameters/sev_snp", 'Y'))
		return DOCTOR_SNP;
	if (doctor_says(d, "/sys/module/kvm_intel/parameters/tdx", 'Y'))
		return DOCTOR_TDX;
	if (d->is_guest)
		return DOCTOR_NO_TEE;
	if (doctor_has_flag(d, "sev") || doctor_has_flag(d, "sev_snp"))
		return DOCTOR_SNP;
	return doctor_has_flag(d, "tdx_host_platform") ? DOCTOR_TDX : DOCTOR_NO_TEE;
}

void doctor_examine(struct doctor *d)
{
	d->cpuinfo = doctor_read(d, "/proc/cpuinfo");
	d->is_guest = doctor_has_flag(d, "hypervisor");
	d->simulated = !d->root && cli_getenv("JURAT_ROOTS") != NULL;
	read_kernel(d);
	d->guest = guest_kind(d);
	d->host = host_kind(d);
}

enum snp_product doctor_product(struct doctor *d)
{
	const char *name = cli_get(d->cli, "product");
	char family[16], model[16];

	if (!name && !d->root)
		name = cli_getenv("JURAT_PRODUCT");
	if (name)
		return snp_product_by_name(name);
	doctor_cpu_field(d, "cpu family", family, sizeof(family));
	doctor_cpu_field(d, "model", model, sizeof(model));
	return snp_product_by_cpuid((unsigned)strtoul(family, NULL, 10), (unsigned)strtoul(model, NULL, 10));
}
