/* SPDX-License-Identifier: MIT */
#ifndef JURAT_MEASURE_H
#define JURAT_MEASURE_H

#include <stddef.h>
#include <stdint.h>

#include <jurat/error.h>

/*
 * Launch measurements: what SEV-SNP firmware or the TDX module measures when a VMM launches a guest, computed
 * from the files that the VMM is started with, so that a policy can require it. Also ID blocks, and the event
 * logs that explain RTMRs. All files are untrusted: what is malformed is refused, with the place in `err`.
 */

#ifdef __cplusplus
extern "C" {
#endif

enum jurat_measure_vmm {
	JURAT_MEASURE_VMM_QEMU = 0,
	JURAT_MEASURE_VMM_EC2 = 1,
	JURAT_MEASURE_VMM_GCE = 2,
};

/* A range of pages of one type, and the launch digest after it. */
struct jurat_measure_step {
	size_t size;      /* set by the library; do not read beyond it */
	const char *what; /* "firmware", "VMSA of vCPU 3" ...; valid during the call */
	uint64_t gpa;     /* guest physical address of the first page */
	uint64_t n_bytes;
	uint64_t page_type; /* PAGE_TYPE of the SNP ABI */
	uint8_t digest[48];
};

struct jurat_measure_snp_options {
	size_t size; /* sizeof(struct jurat_measure_snp_options) */
	/* the firmware image (OVMF); untrusted, borrowed, as all files here */
	const void *firmware;
	size_t firmware_size;
	/* kernel that the VMM boots directly, with its measured hashes; NULL: none */
	const void *kernel;
	size_t kernel_size;
	const void *initrd; /* NULL: none */
	size_t initrd_size;
	const char *append; /* kernel command line; NULL: empty */
	const void *svsm;   /* SVSM image, which runs at VMPL0; NULL: none */
	size_t svsm_size;
	uint64_t svsm_vars_bytes; /* with it: size of the variable store, between SVSM and firmware */
	uint64_t guest_features;  /* SEV_FEATURES; 0: 1, SEV-SNP alone */
	/* CPUID Fn0000_0001 EAX of the vCPUs, see jurat_measure_vcpu_type(); QEMU needs it */
	uint32_t vcpu_signature;
	uint32_t vcpus; /* 0: 1 */
	enum jurat_measure_vmm vmm;
	uint32_t reserved; /* 0 */
	/*
	 * Called for every range of pages that is measured; NULL: not. A value other than 0 ends the
	 * measurement and is returned.
	 */
	int (*step)(void *closure, const struct jurat_measure_step *step);
	void *closure;
};

/*
 * Computes the launch digest of an SEV-SNP guest: the measurement in its reports.
 *
 * options   borrowed
 * ret       48 bytes; changes on success only
 * Returns   0; -EBADMSG an image or the kernel is malformed, or lacks what the options need: `err` says what
 *           and where; -EINVAL an option is invalid or missing, or the size of the options; -E2BIG the
 *           options are of a newer release; -ENOMEM; another value that `step` returned
 * Threads   any thread
 * Since     0.1    Spec  SEV-SNP firmware ABI, SNP_LAUNCH_UPDATE and Launch Digest
 */
JURAT_MUST_CHECK int jurat_measure_snp(const struct jurat_measure_snp_options *options, uint8_t ret[48],
				       struct jurat_error *err);

/*
 * Reads a type of vCPUs: one of QEMU's names in any case, such as "EPYC-Milan", or family, model and stepping
 * as in "25-1-1".
 *
 * ret       vcpu_signature of struct jurat_measure_snp_options; changes on success only
 * Returns   0; JURAT_NOT_FOUND an unknown name, or numbers that CPUID cannot state
 * Threads   any thread
 * Since     0.1    Spec  AMD64 APM volume 3, Fn0000_0001_EAX
 */
JURAT_MUST_CHECK int jurat_measure_vcpu_type(const char *text, uint32_t *ret);

/*
 * Returns the names that jurat_measure_vcpu_type() knows, numbered from 0.
 *
 * Returns   a constant string; NULL past the end
 * Threads   any thread
 * Since     0.1
 */
const char *jurat_measure_vcpu_type_name(size_t i);

/* How a VMM adds pages to a TD and extends MRTD with them. */
enum jurat_measure_order {
	JURAT_MEASURE_ORDER_PAGE_BY_PAGE = 0,    /* each page is added, then its content is measured */
	JURAT_MEASURE_ORDER_ALL_THEN_EXTEND = 1, /* all pages of a section first, then their contents */
};

/* Where the firmware puts the separator in front of the first boot attempt. */
enum jurat_measure_separator {
	JURAT_MEASURE_SEPARATOR_RTMR1 = 0, /* edk2 since edk2-stable202411 */
	JURAT_MEASURE_SEPARATOR_RTMR0 = 1, /* edk2 before */
};

/* Whether the VMM changes the header of a kernel that it boots. */
enum jurat_measure_kernel_header {
	JURAT_MEASURE_KERNEL_HEADER_PATCHED = 0,   /* QEMU before 10.2 */
	JURAT_MEASURE_KERNEL_HEADER_UNCHANGED = 1, /* QEMU since 10.2 */
};

/* The variable SecureBoot. */
enum jurat_measure_secure_boot {
	JURAT_MEASURE_SECURE_BOOT_AUTO = 0, /* as the configuration volume of the firmware determines it */
	JURAT_MEASURE_SECURE_BOOT_NONE = 1, /* there is no such variable */
	JURAT_MEASURE_SECURE_BOOT_OFF = 2,
	JURAT_MEASURE_SECURE_BOOT_ON = 3,
};

/* Whether the command line that the kernel measures ends with a NUL. */
enum jurat_measure_append_nul {
	JURAT_MEASURE_APPEND_NUL_AUTO = 0, /* with one if the VMM boots the kernel */
	JURAT_MEASURE_APPEND_NUL_WITH = 1,
	JURAT_MEASURE_APPEND_NUL_WITHOUT = 2,
};

/* A list of files: pointers, their sizes, and their number. */
struct jurat_measure_list {
	size_t size; /* sizeof(struct jurat_measure_list) */
	const void *const *files;
	const size_t *file_sizes;
	size_t count;
};

struct jurat_measure_tdx_options {
	size_t size; /* sizeof(struct jurat_measure_tdx_options) */
	/* the firmware image (TDVF); untrusted, borrowed, as all files here */
	const void *firmware;
	size_t firmware_size;
	uint64_t memory_bytes; /* memory of the TD; 0: unknown, no RTMR0 */
	/* ACPI tables as the VMM passes them, in the order in which TDVF measures them; NULL: no RTMR0 */
	const struct jurat_measure_list *acpi_tables;
	/* contents of the variables BootOrder and Boot####, in the order of BootOrder; NULL: OVMF's own */
	const void *boot_order;
	size_t boot_order_size;
	const struct jurat_measure_list *boot_entries;
	/* data of the events EV_EFI_VARIABLE_AUTHORITY; NULL: none */
	const struct jurat_measure_list *authorities;
	/* a kernel that the VMM boots directly; NULL: none */
	const void *kernel;
	size_t kernel_size;
	const void *initrd;
	size_t initrd_size;
	const char *append;
	/* or EFI programs in the order in which they start; without both: no RTMR1 and RTMR2 */
	const struct jurat_measure_list *efi_images;
	const void *gpt; /* first bytes of their disk, or data of EV_EFI_GPT_EVENT; NULL: none */
	size_t gpt_size;
	const struct jurat_measure_list *loader_events; /* what loaders measured into RTMR2; NULL: nothing */
	enum jurat_measure_order order;
	enum jurat_measure_vmm vmm; /* QEMU or GCE */
	enum jurat_measure_separator separator;
	enum jurat_measure_secure_boot secure_boot;
	enum jurat_measure_kernel_header kernel_header;
	enum jurat_measure_append_nul append_nul;
};

struct jurat_measure_tdx_digests {
	size_t size; /* sizeof(struct jurat_measure_tdx_digests) */
	uint8_t mrtd[48];
	uint8_t rtmr[3][48];
	const char *missing[3]; /* what else rtmr[n] requires: a constant string; NULL: it was computed */
};

/*
 * Computes MRTD of a TD, and RTMR0 to RTMR2 as far as the options allow.
 *
 * options   borrowed
 * ret       the caller sets its size; changes on success only
 * Returns   0, also if a register could not be computed; -EBADMSG, -EINVAL, -E2BIG, -ENOMEM as
 *           jurat_measure_snp
 * Threads   any thread
 * Since     0.1    Spec  Intel TDX module, TDH.MEM.PAGE.ADD and TDH.MR.EXTEND; TDVF design guide
 */
JURAT_MUST_CHECK int jurat_measure_tdx(const struct jurat_measure_tdx_options *options,
				       struct jurat_measure_tdx_digests *ret, struct jurat_error *err);

/* What the guest's owner states in an ID block; zero is the default of every member. */
struct jurat_snp_id_block {
	size_t size; /* sizeof(struct jurat_snp_id_block) */
	uint8_t measurement[48];
	uint8_t family_id[16];
	uint8_t image_id[16];
	uint64_t policy; /* the guest policy; 0: 0x30000 */
	uint32_t guest_svn;
	uint32_t reserved; /* 0 */
};

/* The digests of public keys, as reports state them. */
struct jurat_snp_id_keys {
	size_t size; /* sizeof(struct jurat_snp_id_keys) */
	uint8_t id_key_digest[48];
	uint8_t author_key_digest[48]; /* zero without an author key */
	int has_author_key;
	uint32_t reserved;
};

/*
 * Makes an ID block, signs it with an ID key, and the public ID key with an author key if there is one.
 *
 * block       borrowed
 * id_key      id_key_size bytes, borrowed: an ECDSA P-384 private key, PEM or DER, PKCS #8 or RFC 5915, not
 *             encrypted. The library wipes its own copies
 * author_key  the same; NULL: none
 * ret_block   96 bytes, for SNP_LAUNCH_FINISH
 * ret_auth    4096 bytes, the ID authentication information
 * ret_keys    the caller sets its size; may be NULL
 * Returns     0; -EBADMSG a key cannot be used; -EINVAL a policy that firmware refuses, or the size of a
 *             struct; -E2BIG a struct is of a newer release; -ENOMEM. Outputs change on success only
 * Threads     any thread
 * Since       0.1    Spec  SEV-SNP firmware ABI, SNP_LAUNCH_FINISH
 */
JURAT_MUST_CHECK int jurat_snp_id_block_make(const struct jurat_snp_id_block *block, const void *id_key,
					     size_t id_key_size, const void *author_key,
					     size_t author_key_size, uint8_t ret_block[96],
					     uint8_t ret_auth[4096], struct jurat_snp_id_keys *ret_keys,
					     struct jurat_error *err);

/*
 * Checks an ID block as firmware does when a launch finishes, except that the caller compares what it states.
 *
 * block       block_size bytes, untrusted
 * auth        auth_size bytes, untrusted
 * ret         what the ID block states; the caller sets its size
 * ret_keys    digests of the keys that signed; the caller sets its size
 * Returns     0 the signatures are valid; JURAT_REFUSED: `err` has the reasons; -EBADMSG a size or the
 *             version is wrong; -EINVAL, -E2BIG the size of a struct is invalid, or of a newer release;
 *             -ENOMEM. Outputs change on success only
 * Threads     any thread
 * Since       0.1    Spec  SEV-SNP firmware ABI, SNP_LAUNCH_FINISH
 */
JURAT_MUST_CHECK int jurat_snp_id_block_check(const void *block, size_t block_size, const void *auth,
					      size_t auth_size, struct jurat_snp_id_block *ret,
					      struct jurat_snp_id_keys *ret_keys, struct jurat_error *err);

struct jurat_event_log; /* an event log that was read */

enum jurat_event_log_form {
	JURAT_EVENT_LOG_TCG = 0,    /* TCG crypto-agile log, as in the ACPI table's area (CCEL) */
	JURAT_EVENT_LOG_DSTACK = 1, /* JSON of dstack */
	JURAT_EVENT_LOG_TRUSTEE = 2 /* JSON of Trustee */
};

/*
 * Reads an event log of a TD.
 *
 * bytes     n bytes, untrusted, copied: a TCG log, with or without the padding of its area, or JSON
 * ret       freed by the caller with jurat_event_log_free, which accepts NULL
 * Returns   0; -EBADMSG malformed: `err` has the offset and the reason; -EOVERFLOW more bytes or events than
 *           are read; -ENOMEM
 * Threads   one thread while it is read or freed; otherwise any number of threads
 * Since     0.1    Spec  TCG PC Client Platform Firmware Profile; UEFI 2.10, 38.4
 */
JURAT_MUST_CHECK int jurat_event_log_new(const void *bytes, size_t n, struct jurat_event_log **ret,
					 struct jurat_error *err);
void jurat_event_log_free(struct jurat_event_log *log);

/*
 * Return the form of a log, and the number of its events.
 *
 * Returns   form: what was read. count: 0 or more
 * Threads   any number of threads
 * Since     0.1
 */
enum jurat_event_log_form jurat_event_log_form(const struct jurat_event_log *log);
size_t jurat_event_log_count(const struct jurat_event_log *log);

/*
 * An event. Its digest is authentic once the whole log replays to the RTMRs of a verified quote. Its data is
 * authentic only as far as `measured`; its type and name are not covered by any digest.
 */
struct jurat_event {
	size_t size;   /* sizeof(struct jurat_event) */
	size_t offset; /* in a TCG log; in JSON the number of the event */
	uint32_t rtmr; /* the register that it extends, 0 to 3 */
	uint32_t type; /* EV_*, see jurat_event_type_name() */
	int extends;   /* 0: an EV_NO_ACTION, which extends no register */
	uint32_t reserved;
	const uint8_t *digest; /* 48 bytes, borrowed from the log; NULL: none */
	const uint8_t *data;   /* borrowed from the log */
	size_t data_size;
	const uint8_t *measured; /* the part of the data that the digest is of; NULL: none */
	size_t measured_size;
	const char *name; /* name of a dstack event, borrowed from the log; NULL: none */
};

/*
 * Returns an event of a log; they are numbered 0 to count - 1.
 *
 * ret       the caller sets its size; changes on success only
 * Returns   0; JURAT_NOT_FOUND past the end; -EINVAL, -E2BIG the size of *ret is invalid, or of a newer
 *           release
 * Threads   any number of threads
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_event_log_event(const struct jurat_event_log *log, size_t i,
					   struct jurat_event *ret);

/*
 * Replays the first n events of a log, or all of them, and returns RTMR0 to RTMR3 after them.
 *
 * n         (size_t)-1: all
 * Threads   any number of threads
 * Since     0.1    Spec  Intel TDX module, TDG.MR.RTMR.EXTEND
 */
void jurat_event_log_replay(const struct jurat_event_log *log, size_t n, uint8_t ret[4][48]);

/*
 * Returns the name of a type of events, such as "EV_SEPARATOR".
 *
 * Returns   a constant string; NULL for unknown types
 * Threads   any thread
 * Since     0.1    Spec  TCG PC Client Platform Firmware Profile, Event Types
 */
const char *jurat_event_type_name(uint32_t type);

#ifdef __cplusplus
}
#endif

#endif
