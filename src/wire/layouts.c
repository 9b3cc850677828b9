/* SPDX-License-Identifier: MIT */
#include "wire/ghcb.h"
#include "wire/kvm_run.h"
#include "wire/qgs.h"
#include "wire/sev_uapi.h"
#include "wire/sgx_report.h"
#include "wire/snp_launch.h"
#include "wire/snp_msg.h"
#include "wire/snp_report.h"
#include "wire/snp_secrets.h"
#include "wire/tdx_getquote.h"
#include "wire/tdx_quote.h"
#include "wire/tdx_report.h"
#include "wire/tdx_uapi.h"

const struct wire_layout *const wire_layouts[] = {
	&snp_report_layout,
	&snp_msg_hdr_layout,
	&snp_msg_report_req_layout,
	&snp_msg_report_rsp_layout,
	&snp_msg_key_req_layout,
	&snp_msg_key_rsp_layout,
	&snp_msg_tsc_info_rsp_layout,
	&snp_secrets_layout,
	&snp_page_info_layout,
	&snp_id_block_layout,
	&snp_id_auth_layout,
	&snp_public_key_layout,
	&ghcb_layout,
	&snp_guest_request_ioctl_layout,
	&snp_ext_report_req_layout,
	&sev_issue_cmd_layout,
	&snp_platform_status_layout,
	&snp_config_layout,
	&snp_vlek_load_layout,
	&snp_vlek_hashstick_layout,
	&kvm_run_snp_req_certs_layout,
	&kvm_run_vmgexit_layout,
	&kvm_run_system_event_layout,
	&tdx_report_mac_layout,
	&tdx_tcb_info_layout,
	&tdx_td_info_layout,
	&tdx_quote_hdr_layout,
	&tdx_body_10_layout,
	&tdx_body_15_layout,
	&tdx_body_layout,
	&sgx_report_layout,
	&tdx_getquote_hdr_layout,
	&qgs_hdr_layout,
	&qgs_quote_req_layout,
	&qgs_quote_resp_layout,
	&qgs_collateral_req_layout,
	&qgs_collateral_resp_layout,
	&qgs_platform_resp_layout,
	&kvm_run_tdx_get_quote_layout,
	&kvm_run_tdx_get_tdvmcall_info_layout,
	&kvm_run_tdx_setup_event_notify_layout,
	&kvm_run_tdx_unknown_layout,
	&tdx_report_req_layout,
	&tdx_quote_req_layout,
	&tdx_extend_rtmr_req_layout,
};
const size_t wire_n_layouts = sizeof(wire_layouts) / sizeof(wire_layouts[0]);
