# SPDX-License-Identifier: MIT
"""What include/jurat declares, for ctypes. Written by `declarations`: do not edit."""
# The names are those of the C headers.
from ctypes import c_char, c_char_p, c_int, c_int64, c_size_t, c_uint, c_uint32, c_uint64, c_uint8, c_ulong, c_void_p, CFUNCTYPE, Structure
from typing import Any, Dict, List, Optional, Tuple

VERSION = "0.1.0"

JURAT_VERSION_MAJOR = 0
JURAT_VERSION_MINOR = 1
JURAT_VERSION_PATCH = 0
JURAT_ERROR_TEXT_BYTES = 320

# enum jurat_outcome
JURAT_REFUSED = 1
JURAT_TOO_SMALL = 2
JURAT_BUSY = 3
JURAT_NOT_FOUND = 4

# enum jurat_tee
JURAT_TEE_AUTO = 0
JURAT_TEE_SEV_SNP = 1
JURAT_TEE_TDX = 2

# enum jurat_via
JURAT_VIA_AUTO = 0
JURAT_VIA_CONFIGFS = 1
JURAT_VIA_IOCTL = 2

# enum jurat_snp_key_root
JURAT_SNP_KEY_ROOT_VCEK = 0
JURAT_SNP_KEY_ROOT_VMRK = 1

# enum jurat_snp_key_fields
JURAT_SNP_KEY_POLICY = 1 << 0
JURAT_SNP_KEY_IMAGE_ID = 1 << 1
JURAT_SNP_KEY_FAMILY_ID = 1 << 2
JURAT_SNP_KEY_MEASUREMENT = 1 << 3
JURAT_SNP_KEY_GUEST_SVN = 1 << 4
JURAT_SNP_KEY_TCB_VERSION = 1 << 5

# enum jurat_signer
JURAT_SIGNER_NONE = 0
JURAT_SIGNER_VCEK = 1
JURAT_SIGNER_VLEK = 2
JURAT_SIGNER_PCK = 3

# enum jurat_snp_tcb_kind
JURAT_SNP_TCB_REPORTED = 0
JURAT_SNP_TCB_COMMITTED = 1
JURAT_SNP_TCB_CURRENT = 2
JURAT_SNP_TCB_LAUNCH = 3

# enum jurat_secure_boot
JURAT_SECURE_BOOT_UNKNOWN = 0
JURAT_SECURE_BOOT_DISABLED = 1
JURAT_SECURE_BOOT_ENABLED = 2

# enum jurat_tdx_tcb_status
JURAT_TDX_TCB_NONE = 0
JURAT_TDX_TCB_UP_TO_DATE = 1
JURAT_TDX_TCB_SW_HARDENING_NEEDED = 2
JURAT_TDX_TCB_CONFIGURATION_NEEDED = 3
JURAT_TDX_TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED = 4
JURAT_TDX_TCB_OUT_OF_DATE = 5
JURAT_TDX_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED = 6
JURAT_TDX_TCB_REVOKED = 7
JURAT_TDX_TCB_TD_RELAUNCH_ADVISED = 8
JURAT_TDX_TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED = 9
JURAT_TDX_TCB_NOT_SUPPORTED = 10
JURAT_TDX_TCB_UNRECOGNIZED = 11

# enum jurat_tdx_tcb_part
JURAT_TDX_TCB_PART_ALL = 0
JURAT_TDX_TCB_PART_PLATFORM = 1
JURAT_TDX_TCB_PART_MODULE = 2
JURAT_TDX_TCB_PART_QE = 3
JURAT_TDX_TCB_PART_THIS_PLATFORM = 4

# enum jurat_measure_vmm
JURAT_MEASURE_VMM_QEMU = 0
JURAT_MEASURE_VMM_EC2 = 1
JURAT_MEASURE_VMM_GCE = 2

# enum jurat_measure_order
JURAT_MEASURE_ORDER_PAGE_BY_PAGE = 0
JURAT_MEASURE_ORDER_ALL_THEN_EXTEND = 1

# enum jurat_measure_separator
JURAT_MEASURE_SEPARATOR_RTMR1 = 0
JURAT_MEASURE_SEPARATOR_RTMR0 = 1

# enum jurat_measure_kernel_header
JURAT_MEASURE_KERNEL_HEADER_PATCHED = 0
JURAT_MEASURE_KERNEL_HEADER_UNCHANGED = 1

# enum jurat_measure_secure_boot
JURAT_MEASURE_SECURE_BOOT_AUTO = 0
JURAT_MEASURE_SECURE_BOOT_NONE = 1
JURAT_MEASURE_SECURE_BOOT_OFF = 2
JURAT_MEASURE_SECURE_BOOT_ON = 3

# enum jurat_measure_append_nul
JURAT_MEASURE_APPEND_NUL_AUTO = 0
JURAT_MEASURE_APPEND_NUL_WITH = 1
JURAT_MEASURE_APPEND_NUL_WITHOUT = 2

# enum jurat_event_log_form
JURAT_EVENT_LOG_TCG = 0
JURAT_EVENT_LOG_DSTACK = 1
JURAT_EVENT_LOG_TRUSTEE = 2

# enum jurat_snp_sim_change
JURAT_SNP_SIM_RENEW = 0
JURAT_SNP_SIM_CONFIG = 1
JURAT_SNP_SIM_COMMIT = 2
JURAT_SNP_SIM_VLEK_LOAD = 3
JURAT_SNP_SIM_DOWNLOAD = 4

# enum jurat_tdx_sim_module
JURAT_TDX_SIM_MODULE_1_5 = 0
JURAT_TDX_SIM_MODULE_1_0 = 1
JURAT_TDX_SIM_MODULE_1_5_EX = 2


class jurat_error(Structure):
    _fields_ = [
        ("text", c_char * JURAT_ERROR_TEXT_BYTES),
    ]
    text: Any


class jurat_guest_options(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("tee", c_uint),
        ("via", c_uint),
        ("device", c_char_p),
        ("configfs", c_char_p),
        ("quoting_service", c_char_p),
        ("measurements", c_char_p),
    ]
    size: int
    tee: int
    via: int
    device: Optional[bytes]
    configfs: Optional[bytes]
    quoting_service: Optional[bytes]
    measurements: Optional[bytes]


class jurat_guest_report_options(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("has_vmpl", c_int),
        ("vmpl", c_uint32),
        ("key_sel", c_uint32),
        ("no_certificates", c_int),
    ]
    size: int
    has_vmpl: int
    vmpl: int
    key_sel: int
    no_certificates: int


class jurat_evidence(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("report", c_void_p),
        ("report_size", c_size_t),
        ("certs", c_void_p),
        ("certs_size", c_size_t),
    ]
    size: int
    report: Optional[int]
    report_size: int
    certs: Optional[int]
    certs_size: int


class jurat_snp_key_options(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("fields", c_uint64),
        ("tcb_version", c_uint64),
        ("root", c_uint),
        ("has_vmpl", c_int),
        ("vmpl", c_uint32),
        ("guest_svn", c_uint32),
    ]
    size: int
    fields: int
    tcb_version: int
    root: int
    has_vmpl: int
    vmpl: int
    guest_svn: int


class jurat_snp_evidence(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("report", c_void_p),
        ("report_size", c_size_t),
        ("certs", c_void_p),
        ("certs_size", c_size_t),
    ]
    size: int
    report: Optional[int]
    report_size: int
    certs: Optional[int]
    certs_size: int


class jurat_tdx_evidence(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("quote", c_void_p),
        ("quote_size", c_size_t),
        ("event_log", c_void_p),
        ("event_log_size", c_size_t),
    ]
    size: int
    quote: Optional[int]
    quote_size: int
    event_log: Optional[int]
    event_log_size: int


class jurat_snp_tcb(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("raw", c_uint64),
        ("has_parts", c_int),
        ("fmc", c_uint32),
        ("boot_loader", c_uint32),
        ("tee", c_uint32),
        ("snp", c_uint32),
        ("microcode", c_uint32),
    ]
    size: int
    raw: int
    has_parts: int
    fmc: int
    boot_loader: int
    tee: int
    snp: int
    microcode: int


class jurat_tdx_event_log(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("event_count", c_size_t),
        ("explained", c_uint32),
        ("secure_boot", c_uint),
        ("kernel_cmdline_count", c_size_t),
    ]
    size: int
    event_count: int
    explained: int
    secure_boot: int
    kernel_cmdline_count: int


class jurat_tdx_tcb(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("status", c_uint),
        ("launch_status", c_uint),
        ("current_status", c_uint),
        ("has_date", c_int),
        ("date", c_int64),
        ("decided_by", c_char_p),
    ]
    size: int
    status: int
    launch_status: int
    current_status: int
    has_date: int
    date: int
    decided_by: Optional[bytes]


class jurat_shortfall(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("part", c_char_p),
        ("component", c_char_p),
        ("is", c_uint64),
        ("wanted", c_uint64),
        ("status", c_uint),
        ("has_date", c_int),
        ("date", c_int64),
        ("advisory_count", c_size_t),
        ("name", c_char_p),
    ]
    size: int
    part: Optional[bytes]
    component: Optional[bytes]
    wanted: int
    status: int
    has_date: int
    date: int
    advisory_count: int
    name: Optional[bytes]


class jurat_measure_step(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("what", c_char_p),
        ("gpa", c_uint64),
        ("n_bytes", c_uint64),
        ("page_type", c_uint64),
        ("digest", c_uint8 * 48),
    ]
    size: int
    what: Optional[bytes]
    gpa: int
    n_bytes: int
    page_type: int
    digest: Any


class jurat_measure_snp_options(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("firmware", c_void_p),
        ("firmware_size", c_size_t),
        ("kernel", c_void_p),
        ("kernel_size", c_size_t),
        ("initrd", c_void_p),
        ("initrd_size", c_size_t),
        ("append", c_char_p),
        ("svsm", c_void_p),
        ("svsm_size", c_size_t),
        ("svsm_vars_bytes", c_uint64),
        ("guest_features", c_uint64),
        ("vcpu_signature", c_uint32),
        ("vcpus", c_uint32),
        ("vmm", c_uint),
        ("reserved", c_uint32),
        ("step", CFUNCTYPE(c_int, c_void_p, c_void_p)),
        ("closure", c_void_p),
    ]
    size: int
    firmware: Optional[int]
    firmware_size: int
    kernel: Optional[int]
    kernel_size: int
    initrd: Optional[int]
    initrd_size: int
    append: Optional[bytes]
    svsm: Optional[int]
    svsm_size: int
    svsm_vars_bytes: int
    guest_features: int
    vcpu_signature: int
    vcpus: int
    vmm: int
    reserved: int
    step: Any
    closure: Optional[int]


class jurat_measure_list(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("files", c_void_p),
        ("file_sizes", c_void_p),
        ("count", c_size_t),
    ]
    size: int
    files: Optional[int]
    file_sizes: Optional[int]
    count: int


class jurat_measure_tdx_options(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("firmware", c_void_p),
        ("firmware_size", c_size_t),
        ("memory_bytes", c_uint64),
        ("acpi_tables", c_void_p),
        ("boot_order", c_void_p),
        ("boot_order_size", c_size_t),
        ("boot_entries", c_void_p),
        ("authorities", c_void_p),
        ("kernel", c_void_p),
        ("kernel_size", c_size_t),
        ("initrd", c_void_p),
        ("initrd_size", c_size_t),
        ("append", c_char_p),
        ("efi_images", c_void_p),
        ("gpt", c_void_p),
        ("gpt_size", c_size_t),
        ("loader_events", c_void_p),
        ("order", c_uint),
        ("vmm", c_uint),
        ("separator", c_uint),
        ("secure_boot", c_uint),
        ("kernel_header", c_uint),
        ("append_nul", c_uint),
    ]
    size: int
    firmware: Optional[int]
    firmware_size: int
    memory_bytes: int
    acpi_tables: Optional[int]
    boot_order: Optional[int]
    boot_order_size: int
    boot_entries: Optional[int]
    authorities: Optional[int]
    kernel: Optional[int]
    kernel_size: int
    initrd: Optional[int]
    initrd_size: int
    append: Optional[bytes]
    efi_images: Optional[int]
    gpt: Optional[int]
    gpt_size: int
    loader_events: Optional[int]
    order: int
    vmm: int
    separator: int
    secure_boot: int
    kernel_header: int
    append_nul: int


class jurat_measure_tdx_digests(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("mrtd", c_uint8 * 48),
        ("rtmr", (c_uint8 * 48) * 3),
        ("missing", c_char_p * 3),
    ]
    size: int
    mrtd: Any
    rtmr: Any
    missing: Any


class jurat_snp_id_block(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("measurement", c_uint8 * 48),
        ("family_id", c_uint8 * 16),
        ("image_id", c_uint8 * 16),
        ("policy", c_uint64),
        ("guest_svn", c_uint32),
        ("reserved", c_uint32),
    ]
    size: int
    measurement: Any
    family_id: Any
    image_id: Any
    policy: int
    guest_svn: int
    reserved: int


class jurat_snp_id_keys(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("id_key_digest", c_uint8 * 48),
        ("author_key_digest", c_uint8 * 48),
        ("has_author_key", c_int),
        ("reserved", c_uint32),
    ]
    size: int
    id_key_digest: Any
    author_key_digest: Any
    has_author_key: int
    reserved: int


class jurat_event(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("offset", c_size_t),
        ("rtmr", c_uint32),
        ("type", c_uint32),
        ("extends", c_int),
        ("reserved", c_uint32),
        ("digest", c_void_p),
        ("data", c_void_p),
        ("data_size", c_size_t),
        ("measured", c_void_p),
        ("measured_size", c_size_t),
        ("name", c_char_p),
    ]
    size: int
    offset: int
    rtmr: int
    type: int
    extends: int
    reserved: int
    digest: Optional[int]
    data: Optional[int]
    data_size: int
    measured: Optional[int]
    measured_size: int
    name: Optional[bytes]


class jurat_snp_sim_options(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("product", c_char_p),
        ("report_version", c_uint32),
        ("seed", c_char_p),
        ("sync", c_char_p),
        ("certs_path", c_char_p),
        ("linux_release", c_char_p),
        ("at", c_int64),
        ("evidence", c_void_p),
        ("evidence_count", c_size_t),
    ]
    size: int
    product: Optional[bytes]
    report_version: int
    seed: Optional[bytes]
    sync: Optional[bytes]
    certs_path: Optional[bytes]
    linux_release: Optional[bytes]
    at: int
    evidence: Optional[int]
    evidence_count: int


class jurat_snp_sim_launch(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("policy", c_uint64),
        ("guest_svn", c_uint32),
        ("vcpu_count", c_uint32),
        ("family_id", c_uint8 * 16),
        ("image_id", c_uint8 * 16),
        ("measurement", c_uint8 * 48),
        ("host_data", c_uint8 * 32),
        ("id_key_digest", c_uint8 * 48),
        ("author_key_digest", c_uint8 * 48),
    ]
    size: int
    policy: int
    guest_svn: int
    vcpu_count: int
    family_id: Any
    image_id: Any
    measurement: Any
    host_data: Any
    id_key_digest: Any
    author_key_digest: Any


class jurat_tdx_sim_options(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("seed", c_char_p),
        ("module", c_uint32),
        ("linux_release", c_char_p),
        ("at", c_int64),
        ("evidence", c_void_p),
        ("evidence_count", c_size_t),
    ]
    size: int
    seed: Optional[bytes]
    module: int
    linux_release: Optional[bytes]
    at: int
    evidence: Optional[int]
    evidence_count: int


class jurat_tdx_sim_launch(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("attributes", c_uint64),
        ("xfam", c_uint64),
        ("mrtd", c_uint8 * 48),
        ("mrconfigid", c_uint8 * 48),
        ("mrowner", c_uint8 * 48),
        ("mrownerconfig", c_uint8 * 48),
    ]
    size: int
    attributes: int
    xfam: int
    mrtd: Any
    mrconfigid: Any
    mrowner: Any
    mrownerconfig: Any


LIBJURAT: Dict[str, Tuple[Any, List[Any]]] = {
    "jurat_version": (c_char_p, []),
    "jurat_guest_open": (c_int, [c_void_p, c_void_p, c_void_p]),
    "jurat_guest_close": (None, [c_void_p]),
    "jurat_guest_tee": (c_uint, [c_void_p]),
    "jurat_guest_via": (c_uint, [c_void_p]),
    "jurat_guest_report": (c_int, [c_void_p, c_void_p, c_void_p, c_void_p, c_void_p]),
    "jurat_evidence_done": (None, [c_void_p]),
    "jurat_guest_snp_derive_key": (c_int, [c_void_p, c_void_p, c_void_p, c_void_p]),
    "jurat_guest_tdx_rtmr_read": (c_int, [c_void_p, c_uint, c_void_p, c_void_p]),
    "jurat_guest_tdx_rtmr_extend": (c_int, [c_void_p, c_uint, c_void_p, c_void_p]),
    "jurat_verifier_new": (c_int, [c_void_p, c_void_p]),
    "jurat_verifier_free": (None, [c_void_p]),
    "jurat_verifier_add_roots": (c_int, [c_void_p, c_void_p, c_size_t, c_void_p]),
    "jurat_verifier_add_certificates": (c_int, [c_void_p, c_void_p, c_size_t, c_void_p, c_void_p]),
    "jurat_verifier_add_crl": (c_int, [c_void_p, c_void_p, c_size_t, c_void_p]),
    "jurat_policy_new": (c_int, [c_void_p, c_void_p]),
    "jurat_policy_free": (None, [c_void_p]),
    "jurat_policy_read_json": (c_int, [c_void_p, c_char_p, c_size_t, c_void_p]),
    "jurat_policy_set": (c_int, [c_void_p, c_char_p, c_char_p, c_void_p]),
    "jurat_policy_warning": (c_char_p, [c_void_p, c_size_t]),
    "jurat_verify_snp": (c_int, [c_void_p, c_void_p, c_void_p, c_int64, c_void_p, c_void_p]),
    "jurat_tdx_collateral_new": (c_int, [c_void_p, c_void_p]),
    "jurat_tdx_collateral_free": (None, [c_void_p]),
    "jurat_tdx_collateral_add": (c_int, [c_void_p, c_void_p, c_size_t, c_void_p]),
    "jurat_verify_tdx": (c_int, [c_void_p, c_void_p, c_void_p, c_void_p, c_int64, c_void_p, c_void_p]),
    "jurat_verdict_free": (None, [c_void_p]),
    "jurat_verdict_accepted": (c_int, [c_void_p]),
    "jurat_verdict_tee": (c_uint, [c_void_p]),
    "jurat_verdict_time": (c_int64, [c_void_p]),
    "jurat_verdict_roots_supplied": (c_int, [c_void_p]),
    "jurat_verdict_reason_count": (c_size_t, [c_void_p]),
    "jurat_verdict_reason_code": (c_char_p, [c_void_p, c_size_t]),
    "jurat_verdict_reason_detail": (c_char_p, [c_void_p, c_size_t]),
    "jurat_verdict_has_reason": (c_int, [c_void_p, c_char_p]),
    "jurat_verdict_not_judged_count": (c_size_t, [c_void_p]),
    "jurat_verdict_not_judged_code": (c_char_p, [c_void_p, c_size_t]),
    "jurat_verdict_not_judged_detail": (c_char_p, [c_void_p, c_size_t]),
    "jurat_verdict_report_data": (c_void_p, [c_void_p]),
    "jurat_verdict_measurement": (c_void_p, [c_void_p]),
    "jurat_verdict_signer": (c_uint, [c_void_p]),
    "jurat_verdict_field_number": (c_int, [c_void_p, c_char_p, c_void_p]),
    "jurat_verdict_field_bytes": (c_int, [c_void_p, c_char_p, c_void_p, c_void_p]),
    "jurat_verdict_snp_product": (c_char_p, [c_void_p]),
    "jurat_verdict_snp_chip_id": (c_void_p, [c_void_p]),
    "jurat_verdict_snp_tcb": (c_int, [c_void_p, c_uint, c_void_p]),
    "jurat_verdict_tdx_rtmr": (c_void_p, [c_void_p, c_uint]),
    "jurat_verdict_tdx_fmspc": (c_void_p, [c_void_p]),
    "jurat_verdict_tdx_event_log": (c_int, [c_void_p, c_void_p]),
    "jurat_verdict_tdx_kernel_cmdline": (c_char_p, [c_void_p, c_size_t]),
    "jurat_verdict_tdx_tcb": (c_int, [c_void_p, c_uint, c_void_p]),
    "jurat_tdx_tcb_status_name": (c_char_p, [c_uint]),
    "jurat_verdict_tdx_advisory_count": (c_size_t, [c_void_p]),
    "jurat_verdict_tdx_advisory": (c_char_p, [c_void_p, c_size_t]),
    "jurat_verdict_shortfall_count": (c_size_t, [c_void_p]),
    "jurat_verdict_shortfall": (c_int, [c_void_p, c_size_t, c_void_p]),
    "jurat_verdict_shortfall_advisory": (c_char_p, [c_void_p, c_size_t, c_size_t]),
    "jurat_verdict_json": (c_void_p, [c_void_p]),
    "jurat_verdict_text": (c_void_p, [c_void_p]),
    "jurat_measure_snp": (c_int, [c_void_p, c_void_p, c_void_p]),
    "jurat_measure_vcpu_type": (c_int, [c_char_p, c_void_p]),
    "jurat_measure_vcpu_type_name": (c_char_p, [c_size_t]),
    "jurat_measure_tdx": (c_int, [c_void_p, c_void_p, c_void_p]),
    "jurat_snp_id_block_make": (c_int, [c_void_p, c_void_p, c_size_t, c_void_p, c_size_t, c_void_p, c_void_p, c_void_p, c_void_p]),
    "jurat_snp_id_block_check": (c_int, [c_void_p, c_size_t, c_void_p, c_size_t, c_void_p, c_void_p, c_void_p]),
    "jurat_event_log_new": (c_int, [c_void_p, c_size_t, c_void_p, c_void_p]),
    "jurat_event_log_free": (None, [c_void_p]),
    "jurat_event_log_form": (c_uint, [c_void_p]),
    "jurat_event_log_count": (c_size_t, [c_void_p]),
    "jurat_event_log_event": (c_int, [c_void_p, c_size_t, c_void_p]),
    "jurat_event_log_replay": (None, [c_void_p, c_size_t, c_void_p]),
    "jurat_event_type_name": (c_char_p, [c_uint32]),
}


LIBJURAT_SIM: Dict[str, Tuple[Any, List[Any]]] = {
    "jurat_sim_version": (c_char_p, []),
    "jurat_snp_sim_new": (c_int, [c_void_p, c_void_p, c_void_p]),
    "jurat_snp_sim_free": (None, [c_void_p]),
    "jurat_snp_sim_root": (c_int, [c_void_p, c_void_p, c_void_p, c_void_p]),
    "jurat_snp_sim_crl": (c_int, [c_void_p, c_void_p, c_void_p, c_void_p]),
    "jurat_snp_sim_update": (c_int, [c_void_p, c_uint, c_uint64, c_void_p]),
    "jurat_snp_sim_guest_new": (c_int, [c_void_p, c_void_p, c_void_p, c_void_p]),
    "jurat_snp_sim_guest_free": (None, [c_void_p]),
    "jurat_snp_sim_guest_ioctl": (c_int, [c_void_p, c_uint, c_ulong, c_void_p]),
    "jurat_tdx_sim_new": (c_int, [c_void_p, c_void_p, c_void_p]),
    "jurat_tdx_sim_free": (None, [c_void_p]),
    "jurat_tdx_sim_root": (c_int, [c_void_p, c_void_p, c_void_p, c_void_p]),
    "jurat_tdx_sim_collateral": (c_int, [c_void_p, c_size_t, c_void_p, c_void_p, c_void_p, c_void_p]),
    "jurat_tdx_sim_td_new": (c_int, [c_void_p, c_void_p, c_void_p, c_void_p]),
    "jurat_tdx_sim_td_free": (None, [c_void_p]),
    "jurat_tdx_sim_td_extend": (c_int, [c_void_p, c_uint, c_void_p, c_void_p]),
    "jurat_tdx_sim_td_ioctl": (c_int, [c_void_p, c_ulong, c_void_p]),
    "jurat_tdx_sim_td_quote": (c_int, [c_void_p, c_void_p, c_void_p, c_void_p, c_void_p]),
}
