/* SPDX-License-Identifier: MIT */
#include "kernel_facts.h"

#if __has_include(<linux/sev-guest.h>) && __has_include(<linux/psp-sev.h>)
#include <sys/ioctl.h>

#include <linux/psp-sev.h>
#include <linux/sev-guest.h>

#define SIZE(layout, type)                                                                                   \
	{                                                                                                    \
		layout, NULL, sizeof(type)                                                                   \
	}
#define FIELD(layout, type, member, field)                                                                   \
	{                                                                                                    \
		layout, field, offsetof(type, member)                                                        \
	}
#define IOCTL "guest request ioctl"
#define EXT   "extended report ioctl request"
#define CMD   "SEV command ioctl"
#define KEY   "MSG_KEY_REQ"
#define REQ   "MSG_REPORT_REQ"

const struct kernel_fact kernel_facts[] = {
	SIZE(IOCTL, struct snp_guest_request_ioctl),
	FIELD(IOCTL, struct snp_guest_request_ioctl, msg_version, "msg_version"),
	FIELD(IOCTL, struct snp_guest_request_ioctl, req_data, "req_data"),
	FIELD(IOCTL, struct snp_guest_request_ioctl, resp_data, "resp_data"),
	{ IOCTL, "exitinfo2",
	  offsetof(struct snp_guest_request_ioctl, resp_data) + 8 }, /* Linux 6.1 names it otherwise */
	SIZE(EXT, struct snp_ext_report_req),
	FIELD(EXT, struct snp_ext_report_req, data, "report_req"),
	FIELD(EXT, struct snp_ext_report_req, certs_address, "certs_address"),
	FIELD(EXT, struct snp_ext_report_req, certs_len, "certs_len"),
	SIZE(REQ, struct snp_report_req),
	FIELD(REQ, struct snp_report_req, user_data, "report_data"),
	FIELD(REQ, struct snp_report_req, vmpl, "vmpl"),
	SIZE(KEY, struct snp_derived_key_req),
	FIELD(KEY, struct snp_derived_key_req, root_key_select, "root_key_select"),
	FIELD(KEY, struct snp_derived_key_req, guest_field_select, "guest_field_select"),
	FIELD(KEY, struct snp_derived_key_req, vmpl, "vmpl"),
	FIELD(KEY, struct snp_derived_key_req, guest_svn, "guest_svn"),
	FIELD(KEY, struct snp_derived_key_req, tcb_version, "tcb_version"),
	SIZE("MSG_KEY_RSP", struct snp_derived_key_resp),
	SIZE(CMD, struct sev_issue_cmd),
	FIELD(CMD, struct sev_issue_cmd, cmd, "cmd"),
	FIELD(CMD, struct sev_issue_cmd, data, "data"),
	FIELD(CMD, struct sev_issue_cmd, error, "error"),
};
const size_t kernel_n_facts = sizeof(kernel_facts) / sizeof(kernel_facts[0]);
const unsigned long kernel_ioctls[4] = { SNP_GET_REPORT, SNP_GET_DERIVED_KEY, SNP_GET_EXT_REPORT,
					 SEV_ISSUE_CMD };
#else
const struct kernel_fact kernel_facts[] = { { NULL, NULL, 0 } };
const size_t kernel_n_facts = 0;
const unsigned long kernel_ioctls[4];
#endif
