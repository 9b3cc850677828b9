/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/env.h"
#include "run/vmm/session.h"
#include "run/vmm/snp_judge.h"
#include "wire/snp_report.h"

/* The certificate blob and its updater. */
enum { EXCLUSIVE_WAIT_MS = 1000 };

const char *snp_blob_path(struct check_vmm *vmm)
{
	return vmm->platform.certs_path;
}

bool check_blob_locked(struct check_vmm *vmm)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	auto_close int fd = open(snp_blob_path(vmm), O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	return fd >= 0 && fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

uint64_t snp_blob_bytes(struct check_vmm *vmm)
{
	struct stat st;

	return stat(snp_blob_path(vmm), &st) == 0 ? (uint64_t)st.st_size : 0;
}

uint64_t snp_blob_pages(struct check_vmm *vmm)
{
	uint64_t bytes = snp_blob_bytes(vmm);

	/* A VMM may have made it larger. */
	return bytes > SNP_AREA_PAGES * SNP_PAGE ? SNP_AREA_PAGES : (bytes + SNP_PAGE - 1) / SNP_PAGE;
}

/* The committed TCB, and one with older microcode, in turn. */
static bool next_tcb(struct check_vmm *vmm, uint64_t *ret)
{
	struct sim_psp *psp = machine_psp(vmm->platform.machine);
	enum snp_product product = sim_psp_product(psp);
	uint64_t committed = sim_psp_committed_tcb(psp);
	struct snp_platform_status now;
	struct snp_tcb tcb;

	if (sim_psp_platform_status(psp, &now) != SNP_SUCCESS || !snp_tcb_read(product, committed, &tcb))
		return false;
	tcb.microcode--;
	*ret = now.reported_tcb == committed ? snp_tcb_write(product, &tcb) : committed;
	return true;
}

/* The KDS signs with RSA, which takes as long as hundreds of exits. */
static const struct session_table *table_for(struct check_vmm *vmm, uint64_t tcb)
{
	struct machine *m = vmm->platform.machine;
	struct session_table *table = vmm->tables;

	if (table->bytes && table->tcb != tcb)
		table++;
	if (table->bytes && table->tcb == tcb)
		return table;
	free(table->bytes);
	table->bytes = NULL;
	table->tcb = tcb;
	if (sim_kds_table_for(machine_psp(m), machine_pki(m), tcb, NULL, &table->bytes, &table->n, NULL) < 0)
		return NULL;
	return table;
}

static bool next_change(struct check_vmm *vmm, struct machine_change *ret)
{
	const struct session_table *table;

	*ret = (struct machine_change){ .kind = MACHINE_CONFIG };
	table = next_tcb(vmm, &ret->tcb) ? table_for(vmm, ret->tcb) : NULL;
	if (!table)
		return false;
	ret->certs = table->bytes;
	ret->certs_size = table->n;
	return true;
}

bool snp_update(struct check_vmm *vmm)
{
	struct machine_change change;
	uint32_t status = 0;

	if (!next_change(vmm, &change))
		return false;
	change.no_wait = true;
	return run_platform_update(&vmm->platform, &change, &status, NULL) == 0;
}

int snp_update_firmware(struct check_vmm *vmm, const uint8_t **ret_table, size_t *ret_size)
{
	struct machine_change change;
	uint32_t status = 0;
	int r;

	if (!next_change(vmm, &change))
		return -EIO;
	change.command_only = true;
	r = run_platform_update(&vmm->platform, &change, &status, NULL);
	if (r < 0)
		return r;
	*ret_table = change.certs;
	*ret_size = change.certs_size;
	return 0;
}

int snp_lock_exclusive(struct check_vmm *vmm)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	uint64_t until = base_now_ns(base_env_real()) + EXCLUSIVE_WAIT_MS * 1000000ull;
	auto_close int fd = open(snp_blob_path(vmm), O_RDWR | O_CLOEXEC);

	while (fd >= 0 && !vmm->ended && fcntl(fd, F_OFD_SETLK, &lock) < 0) {
		if ((errno != EAGAIN && errno != EACCES) || base_now_ns(base_env_real()) >= until)
			return -1;
		session_turn(vmm);
	}
	return take_fd(fd);
}
