/* SPDX-License-Identifier: MIT */
#include "host/snp_world.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "wire/snp_certs.h"

static int write_guest(void *context, uint64_t gpa, const void *from, size_t n)
{
	struct world *w = context;
	uint64_t page = gpa / PAGE - RAM_GPA / PAGE;

	assert_true(n > 0 && gpa % PAGE + n <= PAGE); /* what host.h promises */
	w->writes++;
	if (gpa < RAM_GPA || page >= RAM_PAGES || w->is_private[page])
		return -EFAULT;
	memcpy(w->ram + (gpa - RAM_GPA), from, n);
	return 0;
}

void put_table(struct world *w, size_t size)
{
	int fd = open(w->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(size <= sizeof(w->blob));
	memset(w->blob, 0xc5, sizeof(w->blob));
	if (size > 2 * SNP_CERTS_ENTRY_BYTES) {
		struct bytes_wr wr = bytes_wr(w->blob, size);

		bytes_wr_copy(&wr, snp_cert_guid(SNP_CERT_VCEK), 16);
		bytes_wr_le32(&wr, 2 * SNP_CERTS_ENTRY_BYTES);
		bytes_wr_le32(&wr, (uint32_t)size - 2 * SNP_CERTS_ENTRY_BYTES);
		bytes_wr_zero(&wr, SNP_CERTS_ENTRY_BYTES);
	}
	w->blob_size = size;
	assert_true(fd >= 0 && write(fd, w->blob, size) == (ssize_t)size);
	close(fd);
}

bool updater_could_lock(struct world *w)
{
	int fd = open(w->path, O_RDWR | O_CLOEXEC);
	bool could = base_lock(base_env_real(), fd, BASE_LOCK_EXCLUSIVE, 0) == 0;

	close(fd);
	return could;
}

uint64_t serve_at(struct world *w, uint64_t gpa, uint64_t npages, uint64_t *ret_npages)
{
	struct jurat_error err = { "" };
	uint64_t answer = 99, n;

	assert_int_equal(jurat_snp_request_serve(w->request, gpa, npages, &w->memory, &answer, &n, &err), 0);
	if (answer != 0)
		assert_true(err.text[0] != '\0');
	if (ret_npages)
		*ret_npages = n;
	else
		assert_true(n == npages);
	return answer;
}

uint64_t serve(struct world *w, uint64_t npages)
{
	return serve_at(w, RAM_GPA, npages, NULL);
}

void assert_guest_has_blob(struct world *w)
{
	size_t end = (w->blob_size + PAGE - 1) / PAGE * PAGE;

	assert_memory_equal(w->ram, w->blob, w->blob_size);
	assert_true(bytes_all(w->ram + w->blob_size, end - w->blob_size, 0));
	assert_true(bytes_all(w->ram + end, sizeof(w->ram) - end, 0xee));
}

void assert_guest_has_nothing(struct world *w)
{
	assert_true(bytes_all(w->ram, sizeof(w->ram), 0xee));
}

void wipe(struct world *w)
{
	memset(w->ram, 0xee, sizeof(w->ram));
}

void set_exit(struct world *w, uint32_t reason, uint64_t npages)
{
	memset(w->run, 0, sizeof(w->run));
	bytes_put_le(w->run + KVM_RUN_exit_reason, reason, 4);
	bytes_put_le(w->run + KVM_RUN_SNP_REQ_CERTS_gpa, RAM_GPA, 8);
	bytes_put_le(w->run + KVM_RUN_SNP_REQ_CERTS_npages, npages, 8);
	bytes_put_le(w->run + KVM_RUN_SNP_REQ_CERTS_ret, 0x77, 8);
}

uint64_t run_u64(struct world *w, unsigned off)
{
	return bytes_get_le(w->run + off, 8);
}

int snp_world_set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	if (!w)
		return -1;
	strcpy(w->dir, "/tmp/jurat-host-XXXXXX");
	if (!mkdtemp(w->dir))
		return -1;
	TEXT(w->path, "%s/blob", w->dir);
	w->memory =
		(struct jurat_guest_memory){ .size = sizeof(w->memory), .write = write_guest, .context = w };
	wipe(w);
	if (jurat_snp_certs_new(w->path, NULL, &w->certs, NULL) != 0 ||
	    jurat_snp_request_new(w->certs, &w->request, NULL) != 0)
		return -1;
	*state = w;
	return 0;
}

int snp_world_tear_down(void **state)
{
	struct world *w = *state;
	int e;

	jurat_snp_request_free(w->request);
	jurat_snp_certs_free(w->certs);
	unlink(w->path);
	e = rmdir(w->dir);
	free(w);
	return e;
}
