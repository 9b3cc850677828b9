/* SPDX-License-Identifier: MIT */
#ifndef UAPI_KVM_H
#define UAPI_KVM_H

/*
 * Numbers of <linux/kvm.h> as of Linux 7.0, stated by value. KVM_EXIT_SNP_REQ_CERTS was 42 in the posted
 * patch and 40 before; the merged number is 43. A VMM that has a newer header may build with its number.
 */
#define UAPI_KVM_EXIT_UNKNOWN       0u
#define UAPI_KVM_EXIT_HLT           5u
#define UAPI_KVM_EXIT_SHUTDOWN      8u
#define UAPI_KVM_EXIT_INTR          10u
#define UAPI_KVM_EXIT_SYSTEM_EVENT  24u
#define UAPI_KVM_EXIT_SNP_REQ_CERTS 43u
/* Used by v14 and v15 of the patch series, before KVM_EXIT_SNP_REQ_CERTS existed. */
#define UAPI_KVM_EXIT_VMGEXIT             40u

#define UAPI_KVM_SEV_SNP_ENABLE_REQ_CERTS 103u

/* Types of KVM_EXIT_SYSTEM_EVENT: the guest requests its termination. */
#define UAPI_KVM_SYSTEM_EVENT_SEV_TERM  4u
#define UAPI_KVM_SYSTEM_EVENT_TDX_FATAL 5u

/* Types of KVM_EXIT_VMGEXIT in v14 and v15 of the series; wire/kvm_run.h has the fields. */
#define UAPI_KVM_VMGEXIT_V14_EXT_GUEST_REQ 3u
#define UAPI_KVM_VMGEXIT_V15_REQ_CERTS     1u

#endif
