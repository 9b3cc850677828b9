/* SPDX-License-Identifier: MIT */
#include "wire/ghcb.h"
#include "wire/sev_uapi.h"
#include "wire/snp_msg.h"
#include "wire/snp_report.h"
#include "wire/snp_secrets.h"

const struct wire_layout *const wire_layouts[] = {
	&snp_report_layout,
	&snp_msg_hdr_layout,
	&snp_msg_report_req_layout,
	&snp_msg_report_rsp_layout,
	&snp_msg_key_req_layout,
	&snp_msg_key_rsp_layout,
	&snp_msg_tsc_info_rsp_layout,
	&snp_secrets_layout,
	&ghcb_layout,
	&snp_guest_request_ioctl_layout,
	&snp_ext_report_req_layout,
	&sev_issue_cmd_layout,
	&snp_platform_status_layout,
	&snp_config_layout,
	&snp_vlek_load_layout,
	&snp_vlek_hashstick_layout,
	&kvm_run_snp_req_certs_layout,
};
const size_t wire_n_layouts = sizeof(wire_layouts) / sizeof(wire_layouts[0]);
