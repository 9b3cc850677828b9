/* SPDX-License-Identifier: MIT */
#ifndef UAPI_SEV_H
#define UAPI_SEV_H

/* Request numbers, by value: distributions' headers lack some. Source: Linux sev-guest.h, psp-sev.h. */
#define UAPI_SNP_GET_REPORT      0xc0205300u
#define UAPI_SNP_GET_DERIVED_KEY 0xc0205301u
#define UAPI_SNP_GET_EXT_REPORT  0xc0205302u
#define UAPI_SEV_ISSUE_CMD       0xc0105300u

#endif
