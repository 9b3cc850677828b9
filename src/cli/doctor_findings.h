/* SPDX-License-Identifier: MIT */
#ifndef CLI_DOCTOR_FINDINGS_H
#define CLI_DOCTOR_FINDINGS_H

/*
 * What `jurat doctor` checks and what it can find, as data. Ids are an interface: they are never renamed or
 * reused. tests/cli/test_doctor.py provokes every finding, and fails for one that it does not provoke.
 */

/* H(NAME, "id", SIDE, "what it is"): in the order in which a request passes them. */
/* clang-format off */
#define DOCTOR_HOPS(H) \
	H(PLATFORM_NAMESPACES, "platform-namespaces", PLATFORM, "user and mount namespaces") \
	H(PLATFORM_FUSE, "platform-fuse", PLATFORM, "/dev/fuse") \
	H(PLATFORM_SECCOMP, "platform-seccomp", PLATFORM, "seccomp notifications, for vsock") \
	H(GUEST_CPU, "guest-cpu", GUEST, "CPU: a confidential VM") \
	H(GUEST_KERNEL, "guest-kernel", GUEST, "kernel and driver of the guest") \
	H(GUEST_DEVICE, "guest-device", GUEST, "device of the guest") \
	H(GUEST_CONFIGFS, "guest-configfs", GUEST, "configfs-tsm and its provider") \
	H(GUEST_PRIVILEGE, "guest-privilege", GUEST, "privilege level (VMPL)") \
	H(GUEST_REPORT, "guest-report", GUEST, "a report or quote") \
	H(GUEST_CERTS, "guest-certs", GUEST, "the host's certificates against the report") \
	H(GUEST_QGS, "guest-qgs", GUEST, "quoting service, as the guest reaches it") \
	H(HOST_CPU, "host-cpu", HOST, "CPU and firmware setup of the host") \
	H(HOST_KERNEL, "host-kernel", HOST, "kernel of the host, and KVM") \
	H(HOST_DEVICE, "host-device", HOST, "/dev/sev") \
	H(HOST_FIRMWARE, "host-firmware", HOST, "firmware: initialised, and what it signs with") \
	H(HOST_REQ_CERTS, "host-req-certs", HOST, "KVM_EXIT_SNP_REQ_CERTS of this kernel") \
	H(HOST_VMM, "host-vmm", HOST, "a VMM that serves certificates or quotes") \
	H(HOST_BLOB, "host-blob", HOST, "certificate blob: content, owner, mode") \
	H(HOST_LOCK, "host-lock", HOST, "lock on the certificate blob") \
	H(HOST_CERTS, "host-certs", HOST, "certificates against the reported TCB") \
	H(HOST_SGX, "host-sgx", HOST, "SGX devices, for the quoting enclave") \
	H(HOST_QGS, "host-qgs", HOST, "quoting service (QGS)") \
	H(HOST_PCCS, "host-pccs", HOST, "configuration of the PCCS client") \
	H(HOST_PCCS_NETWORK, "host-pccs-network", HOST, "PCCS") \
	H(VERIFIER_CLOCK, "verifier-clock", VERIFIER, "clock") \
	H(VERIFIER_ROOTS, "verifier-roots", VERIFIER, "trusted roots") \
	H(VERIFIER_COLLATERAL, "verifier-collateral", VERIFIER, "age of Intel's collateral") \
	H(VERIFIER_CRL, "verifier-crl", VERIFIER, "age of AMD's CRLs") \
	H(VERIFIER_KDS, "verifier-kds", VERIFIER, "AMD's KDS") \
	H(VERIFIER_PCS, "verifier-pcs", VERIFIER, "Intel's PCS")

#define DOC_SEV_GUEST "Linux Documentation/virt/coco/sev-guest.rst"
#define DOC_TSM       "Linux Documentation/ABI/testing/configfs-tsm-report"
#define DOC_SNP_HOST  "Linux Documentation/virt/kvm/x86/amd-memory-encryption.rst"
#define DOC_KVM       "Linux Documentation/virt/kvm/api.rst"
#define DOC_TDX       "Linux Documentation/arch/x86/tdx.rst"
#define DOC_GHCI      "Intel GHCI 1.5, TDG.VP.VMCALL<GetQuote>"
#define DOC_QGS       "Intel DCAP, quote_wrapper/qgs"
#define DOC_PCCS      "Intel DCAP, pccs/README.md"
#define DOC_GHCB      "GHCB Specification (AMD 56421), SNP Extended Guest Request"
#define DOC_SNP_ABI   "SEV-SNP Firmware ABI (AMD 56860)"
#define DOC_KDS       "VCEK Certificate and KDS Interface Specification (AMD 57230)"
#define DOC_PCS       "Intel PCS API v4"
#define DOC_JURAT(n)  "decisions/" n

/*
 * F(NAME, "id", HOP, SEVERITY, "what is wrong", "what to do", "public document", or NULL)
 *
 * BROKEN    attestation fails here: exit status 1
 * UNKNOWN   it could not be found out: exit status 3, unless something is broken
 * WARNING   it works, and may fail or surprise later
 */
#define DOCTOR_FINDINGS(F) \
	/* the software platform */ \
	F(USERNS_APPARMOR, "userns-apparmor", PLATFORM_NAMESPACES, BROKEN, \
	  "AppArmor restricts user namespaces of ordinary users (the default of Ubuntu since 24.04)", \
	  "load the AppArmor profile that jurat installs (copy share/jurat/apparmor/jurat to " \
	  "/etc/apparmor.d, apparmor_parser -r), set sysctl " \
	  "kernel.apparmor_restrict_unprivileged_userns=0, or run as root", \
	  "Linux Documentation/admin-guide/LSM/apparmor.rst") \
	F(USERNS_DISABLED, "userns-disabled", PLATFORM_NAMESPACES, BROKEN, \
	  "the kernel is set to allow no user namespaces to this user", \
	  "set the named sysctl, or run as root", \
	  "user_namespaces(7)") \
	F(USERNS_FORBIDDEN, "userns-forbidden", PLATFORM_NAMESPACES, BROKEN, \
	  "this container or sandbox forbids user and mount namespaces", \
	  "start it with --cap-add SYS_ADMIN, or with --security-opt seccomp=unconfined " \
	  "--security-opt apparmor=unconfined (see jurat-run(1), REQUIREMENTS)", \
	  "user_namespaces(7)") \
	F(FUSE_MISSING, "fuse-missing", PLATFORM_FUSE, BROKEN, \
	  "there is no /dev/fuse", \
	  "load the module fuse; in a container, start it with --device /dev/fuse", \
	  "fuse(4)") \
	F(FUSE_PERMISSION, "fuse-permission", PLATFORM_FUSE, BROKEN, \
	  "this user may not open /dev/fuse", \
	  "chmod 0666 /dev/fuse, as distributions have it; in a container, start it with --device " \
	  "/dev/fuse", \
	  "fuse(4)") \
	F(SECCOMP_NOTIFY, "seccomp-notify", PLATFORM_SECCOMP, WARNING, \
	  "this kernel has no seccomp notifications, so jurat run cannot provide the vsock port of " \
	  "a quoting service", \
	  "use a kernel since 5.9 with CONFIG_SECCOMP_FILTER, or --qgs unix:PATH", \
	  "seccomp_unotify(2)") \
	/* guest: CPU, kernel, device */ \
	F(GUEST_NOT_CONFIDENTIAL, "guest-not-confidential", GUEST_CPU, BROKEN, \
	  "this machine is no SEV-SNP guest and no TD", \
	  "start the VM as a confidential one (QEMU: -object sev-snp-guest or tdx-guest, with " \
	  "-machine confidential-guest-support); without such hardware use `jurat run`", \
	  DOC_SNP_HOST) \
	F(GUEST_SEV_ONLY, "guest-sev-only", GUEST_CPU, BROKEN, \
	  "this guest has SEV or SEV-ES, but not SEV-SNP: it has no reports, and `modprobe " \
	  "sev-guest` fails with ENODEV", \
	  "start it with SEV-SNP (QEMU: -object sev-snp-guest in place of sev-guest)", \
	  DOC_SEV_GUEST) \
	F(GUEST_PARAVISOR, "guest-paravisor", GUEST_CPU, BROKEN, \
	  "a paravisor of Hyper-V runs below this guest and keeps the TEE's interfaces to itself", \
	  "get the report or quote from the vTPM, by the cloud's own tools; jurat verifies what " \
	  "they return, and cannot fetch it", \
	  "Linux Documentation/virt/hyperv/coco.rst") \
	F(GUEST_KERNEL_OLD, "guest-kernel-old", GUEST_KERNEL, BROKEN, \
	  "this kernel is older than the guest driver, and has no such driver", \
	  "SEV-SNP: Linux 5.19 or later; TDX: Linux 6.2, with quotes since 6.7", \
	  DOC_SEV_GUEST) \
	F(GUEST_NO_MODULE, "guest-no-module", GUEST_KERNEL, BROKEN, \
	  "the guest driver is not loaded", \
	  "modprobe sev-guest, or modprobe tdx-guest; if there is no such module, install the " \
	  "package with this kernel's extra modules, or build it with CONFIG_SEV_GUEST or " \
	  "CONFIG_TDX_GUEST_DRIVER", \
	  DOC_SEV_GUEST) \
	F(GUEST_NO_CONFIGFS_KERNEL, "guest-no-configfs-kernel", GUEST_KERNEL, WARNING, \
	  "this kernel is older than configfs-tsm (Linux 6.7), which most clients need, and TDX " \
	  "for a quote", \
	  "use Linux 6.7 or later; for a TD until then, name the quoting service in " \
	  "/etc/tdx-attest.conf", \
	  DOC_TSM) \
	F(GUEST_DEVICE_MISSING, "guest-device-missing", GUEST_DEVICE, BROKEN, \
	  "the driver is loaded, but its device is missing", \
	  "in a container, pass the device in (--device /dev/sev-guest or /dev/tdx_guest); in an " \
	  "initramfs, start udev or mount devtmpfs", \
	  DOC_SEV_GUEST) \
	F(GUEST_DEVICE_PERMISSION, "guest-device-permission", GUEST_DEVICE, BROKEN, \
	  "this user may not open the guest device, which is root's by default", \
	  "run as root, or add a udev rule that gives the device to a group", \
	  DOC_SEV_GUEST) \
	F(GUEST_DEVICE_NOT_ONE, "guest-device-not-one", GUEST_DEVICE, BROKEN, \
	  "what is at the path of the guest device is no character device", \
	  "remove it and load the driver again; in a container, pass the device in instead of " \
	  "mounting a file", \
	  DOC_SEV_GUEST) \
	F(CONFIGFS_NOT_MOUNTED, "configfs-not-mounted", GUEST_CONFIGFS, BROKEN, \
	  "configfs is not mounted", \
	  "mount -t configfs configfs /sys/kernel/config (systemd does it as " \
	  "sys-kernel-config.mount); in a container, bind-mount /sys/kernel/config from the guest", \
	  DOC_TSM) \
	F(CONFIGFS_NO_TSM, "configfs-no-tsm", GUEST_CONFIGFS, BROKEN, \
	  "configfs is mounted, but has no tsm/report: no guest driver has loaded the module " \
	  "tsm_reports (before 6.17: tsm)", \
	  "load sev-guest or tdx-guest; if it is loaded, the kernel lacks CONFIG_TSM_REPORTS", \
	  DOC_TSM) \
	F(CONFIGFS_NO_PROVIDER, "configfs-no-provider", GUEST_CONFIGFS, BROKEN, \
	  "configfs-tsm is there, but no driver provides reports to it", \
	  "load sev-guest or tdx-guest, and see the kernel log for why it has not registered", \
	  DOC_TSM) \
	F(CONFIGFS_PERMISSION, "configfs-permission", GUEST_CONFIGFS, BROKEN, \
	  "this user may not make an entry in configfs-tsm", \
	  "run as root; in a container, mount /sys/kernel/config writable", \
	  DOC_TSM) \
	/* guest: privilege */ \
	F(GUEST_VMPL, "guest-vmpl", GUEST_PRIVILEGE, WARNING, \
	  "this guest runs below an SVSM or paravisor: firmware refuses reports for VMPL 0, which " \
	  "most clients request", \
	  "request reports for the VMPL of the guest (jurat attest --vmpl N; configfs-tsm: " \
	  "privlevel), and require that vmpl in the policy", \
	  DOC_TSM) \
	/* guest: the report */ \
	F(VMPCK_WIPED, "vmpck-wiped", GUEST_REPORT, BROKEN, \
	  "the driver has no key (VMPCK) to the firmware: it wiped it after an earlier failure, or " \
	  "the module parameter vmpck_id names an empty one", \
	  "restart the guest; the kernel log names the failure that came first", \
	  DOC_SEV_GUEST) \
	F(HOST_BUSY, "host-busy", GUEST_REPORT, BROKEN, \
	  "the host answered BUSY for a minute, and the driver gave up and wiped its key", \
	  "find what holds the lock on the certificate blob (on the host: jurat doctor host); then " \
	  "restart the guest", \
	  DOC_GHCB) \
	F(FIRMWARE_REFUSED, "firmware-refused", GUEST_REPORT, BROKEN, \
	  "the firmware or the host refused the request", \
	  "look up the status in the message; after most of them the driver wipes its key, and the " \
	  "guest must be restarted", \
	  DOC_SNP_ABI) \
	F(REPORT_INVALID_PARAM, "report-invalid-param", GUEST_REPORT, BROKEN, \
	  "the firmware refused the inputs of the request", \
	  "use the VMPL of this guest (privlevel_floor), or another key", \
	  DOC_SNP_ABI) \
	F(REPORT_BAD, "report-bad", GUEST_REPORT, BROKEN, \
	  "what came back is not a report over the data of the request", \
	  "the hypervisor refused or changed the exchange: see the host's log", \
	  DOC_GHCB) \
	F(CERTS_TOO_LARGE, "certs-too-large", GUEST_REPORT, BROKEN, \
	  "the host's certificates need more room than Linux offers (16384 bytes): reports with " \
	  "certificates fail, all reports through configfs-tsm included", \
	  "on the host, make the table smaller (leaf, ASK or ASVK and ARK in DER need about 4 " \
	  "KiB): jurat certs check", \
	  DOC_GHCB) \
	F(REPORT_FAILED, "report-failed", GUEST_REPORT, BROKEN, \
	  "no report: the kernel returned an error", \
	  "see the kernel log of the guest", \
	  DOC_SEV_GUEST) \
	F(REPORT_UNSIGNED, "report-unsigned", GUEST_REPORT, BROKEN, \
	  "the report is not signed: the host has set MASK_CHIP_KEY", \
	  "on the host: jurat host set-config --mask-chip-key no", \
	  DOC_SNP_ABI) \
	F(GUEST_DEBUG, "guest-debug", GUEST_REPORT, WARNING, \
	  "the policy of this guest allows debugging: the host can read its memory, and verifiers " \
	  "refuse its reports", \
	  "start it with a policy that has bit 19 (DEBUG) clear", \
	  DOC_SNP_ABI) \
	F(QUOTE_FAILED, "quote-failed", GUEST_REPORT, BROKEN, \
	  "the host made no quote (GetQuote failed)", \
	  "on the host: jurat doctor host; is the quoting service running, and does the VMM have " \
	  "its address (QEMU: quote-generation-socket of tdx-guest)?", \
	  DOC_GHCI) \
	F(QUOTE_STUCK, "quote-stuck", GUEST_REPORT, BROKEN, \
	  "an earlier GetQuote is still in flight, and the driver has one buffer only: every " \
	  "request fails with EBUSY", \
	  "the VMM lost its quoting service while it made a quote: restart the service; if that is " \
	  "not enough, the guest", \
	  DOC_GHCI) \
	F(QUOTE_TIMEOUT, "quote-timeout", GUEST_REPORT, BROKEN, \
	  "no quote within the time limit of the driver", \
	  "is the host's quoting service reachable, and does it reach its PCCS? See its log", \
	  DOC_GHCI) \
	F(QUOTE_UNSUPPORTED, "quote-unsupported", GUEST_REPORT, BROKEN, \
	  "the VMM does not serve GetQuote for this TD, or this driver has no quotes", \
	  "use a VMM that answers KVM_EXIT_TDX (see jurat-vmm(1)); without it, name a quoting " \
	  "service in /etc/tdx-attest.conf", \
	  DOC_KVM) \
	F(QUOTE_EMPTY, "quote-empty", GUEST_REPORT, BROKEN, \
	  "no quote, or something else, although the kernel reports no error: the host failed or " \
	  "timed out (older kernels return an empty quote then), or its VMM passed on an error", \
	  "on the host: jurat doctor host, and the log of the quoting service", \
	  DOC_GHCI) \
	F(QUOTE_OVERSIZED, "quote-oversized", GUEST_REPORT, BROKEN, \
	  "GetQuote succeeded with a length beyond the buffer", \
	  "the VMM is broken or hostile; kernels before March 2026 leak memory to programs here, " \
	  "update this one", \
	  DOC_GHCI) \
	/* guest: certificates of the host */ \
	F(GUEST_CERTS_NONE, "guest-certs-none", GUEST_CERTS, WARNING, \
	  "the host supplies no certificates: a verifier must get the VCEK from AMD's KDS, which " \
	  "limits requests", \
	  "on the host: jurat doctor host; or let the verifier fetch them: jurat fetch vcek " \
	  "--report FILE", \
	  DOC_GHCB) \
	F(GUEST_CERTS_MALFORMED, "guest-certs-malformed", GUEST_CERTS, BROKEN, \
	  "the host's certificate table is malformed or cut short", \
	  "on the host: jurat certs check BLOB", \
	  DOC_GHCB) \
	F(GUEST_CERTS_STALE, "guest-certs-stale", GUEST_CERTS, BROKEN, \
	  "the host's certificates are for another TCB than the report: its firmware changed, and " \
	  "the table did not", \
	  "on the host: jurat host refresh", \
	  DOC_KDS) \
	F(GUEST_CERTS_CHIP, "guest-certs-chip", GUEST_CERTS, BROKEN, \
	  "the host's certificates are for another chip: the table was copied from another " \
	  "machine, or the VM moved", \
	  "on the host: jurat host refresh", \
	  DOC_KDS) \
	F(GUEST_CERTS_EXPIRED, "guest-certs-expired", GUEST_CERTS, BROKEN, \
	  "a certificate of the host has expired", \
	  "compare the guest's clock; if it is right, on the host: jurat host refresh", \
	  DOC_KDS) \
	F(GUEST_CERTS_EARLY, "guest-certs-early", GUEST_CERTS, BROKEN, \
	  "a certificate of the host is not valid yet: most probably the clock of this guest is " \
	  "behind", \
	  "set the clock (a VM without RTC or NTP starts in the past)", \
	  DOC_KDS) \
	F(GUEST_CERTS_INCOMPLETE, "guest-certs-incomplete", GUEST_CERTS, BROKEN, \
	  "the host's table lacks a certificate of the chain", \
	  "on the host: jurat host refresh, or jurat certs build", \
	  DOC_GHCB) \
	F(GUEST_CERTS_ROOT, "guest-certs-root", GUEST_CERTS, BROKEN, \
	  "the root of the host's certificates is not AMD's", \
	  "on a software platform, use its roots (--roots \"$JURAT_ROOTS\"); otherwise do not " \
	  "trust this host", \
	  DOC_KDS) \
	F(GUEST_CERTS_REFUSED, "guest-certs-refused", GUEST_CERTS, BROKEN, \
	  "the host's certificates do not verify the report", \
	  "jurat attest --extended, then jurat verify --explain", \
	  DOC_KDS) \
	/* the quoting service, from both sides */ \
	F(GUEST_QGS_CONFIG, "guest-qgs-config", GUEST_QGS, BROKEN, \
	  "/etc/tdx-attest.conf cannot be used", \
	  "write one line: port=4050", \
	  "Intel DCAP, tdx_attest") \
	F(GUEST_QGS_UNREACHABLE, "guest-qgs-unreachable", GUEST_QGS, BROKEN, \
	  "the quoting service does not accept a connection of this guest", \
	  "on the host: is qgsd listening on vsock (port= in /etc/qgs.conf)? Does the VM have a " \
	  "vsock device (QEMU: -device vhost-vsock-pci,guest-cid=N)?", \
	  DOC_QGS) \
	F(GUEST_QGS_ERROR, "guest-qgs-error", GUEST_QGS, BROKEN, \
	  "the quoting service answers with an error", \
	  "see its log on the host, and `jurat doctor --code CODE` for the codes in it", \
	  DOC_QGS) \
	/* host: CPU, kernel, firmware */ \
	F(HOST_NOT_CAPABLE, "host-not-capable", HOST_CPU, BROKEN, \
	  "this CPU, or its firmware setup, has neither SEV-SNP nor TDX for a host", \
	  "SEV-SNP needs EPYC 7003 or later, with SMEE, SEV-SNP support and RMP coverage enabled " \
	  "in the setup; TDX needs 5th generation Xeon or later, with TME-MT, TDX and SGX enabled; " \
	  "a VM cannot be such a host", \
	  DOC_SNP_HOST) \
	F(HOST_SEV_ONLY, "host-sev-only", HOST_CPU, BROKEN, \
	  "this CPU has SEV, but SEV-SNP is not enabled by the firmware setup, or the kernel lacks " \
	  "it", \
	  "enable SEV-SNP and RMP coverage in the firmware setup, boot without iommu=pt or " \
	  "iommu=off, and see `dmesg | grep -e SEV -e ccp`", \
	  DOC_SNP_HOST) \
	F(HOST_HYGON, "host-hygon", HOST_CPU, BROKEN, \
	  "this is a Hygon CPU: it has CSV, whose reports no AMD root signs, and neither /dev/sev " \
	  "nor SEV-SNP of AMD", \
	  "use Hygon's own tools", \
	  NULL) \
	F(HOST_KERNEL_OLD, "host-kernel-old", HOST_KERNEL, BROKEN, \
	  "this kernel cannot run such guests", \
	  "SEV-SNP: Linux 6.11 or later; TDX: Linux 6.16 or later", \
	  DOC_SNP_HOST) \
	F(HOST_KVM_OFF, "host-kvm-off", HOST_KERNEL, BROKEN, \
	  "KVM has this kind of guest switched off", \
	  "load kvm_amd with sev=1 sev_es=1 sev_snp=1, or kvm_intel with tdx=1, and see `dmesg | " \
	  "grep -e SEV -e tdx`", \
	  DOC_TDX) \
	F(HOST_NO_KVM, "host-no-kvm", HOST_KERNEL, BROKEN, \
	  "KVM is not loaded: there is no /dev/kvm", \
	  "modprobe kvm_amd or kvm_intel; enable virtualisation in the firmware setup", \
	  DOC_KVM) \
	F(HOST_DEVICE_MISSING, "host-device-missing", HOST_DEVICE, BROKEN, \
	  "there is no /dev/sev, which the module ccp (not kvm_amd) makes when it finds the AMD " \
	  "Secure Processor", \
	  "modprobe ccp, and see `dmesg | grep ccp`; if it finds none, enable the PSP in the " \
	  "firmware setup", \
	  DOC_SNP_HOST) \
	F(HOST_DEVICE_PERMISSION, "host-device-permission", HOST_DEVICE, UNKNOWN, \
	  "this user may not open /dev/sev", \
	  "run as root", \
	  DOC_SNP_HOST) \
	F(HOST_DEVICE_FAILS, "host-device-fails", HOST_DEVICE, UNKNOWN, \
	  "the AMD Secure Processor does not answer", \
	  "see `dmesg | grep ccp`; if it reports a timeout, only a reboot helps", \
	  DOC_SNP_ABI) \
	F(HOST_PRODUCT, "host-product", HOST_FIRMWARE, UNKNOWN, \
	  "the product of this processor is not known, so its TCB cannot be read", \
	  "name it with --product", \
	  DOC_KDS) \
	F(HOST_NOT_INITIALISED, "host-not-initialised", HOST_FIRMWARE, BROKEN, \
	  "SNP is not initialised by the firmware", \
	  "load kvm_amd (ccp's psp_init_on_probe=1 does it at boot), and see `dmesg | grep -e SEV " \
	  "-e ccp`", \
	  DOC_SNP_HOST) \
	F(HOST_MASK_KEY, "host-mask-key", HOST_FIRMWARE, BROKEN, \
	  "MASK_CHIP_KEY is set: reports are not signed", \
	  "jurat host set-config --mask-chip-key no", \
	  DOC_SNP_ABI) \
	F(HOST_MASK_ID, "host-mask-id", HOST_FIRMWARE, WARNING, \
	  "MASK_CHIP_ID is set: chip_id in reports is zero, so a guest cannot ask AMD's KDS for " \
	  "its VCEK (KDS answers 404)", \
	  "supply certificates (--blob), or: jurat host set-config --mask-chip-id no", \
	  DOC_SNP_ABI) \
	/* host: certificates */ \
	F(NO_REQ_CERTS, "no-req-certs", HOST_REQ_CERTS, WARNING, \
	  "this kernel has no KVM_EXIT_SNP_REQ_CERTS: KVM answers extended requests with an empty " \
	  "table, and no VMM can supply certificates", \
	  "use Linux 7.0 or later; until then verifiers fetch the VCEK from AMD's KDS", \
	  DOC_KVM) \
	F(KVM_PERMISSION, "kvm-permission", HOST_REQ_CERTS, UNKNOWN, \
	  "this user may not open /dev/kvm", \
	  "run as root, or as a member of the group kvm", \
	  DOC_KVM) \
	F(VMM_NO_CERTS, "vmm-no-certs", HOST_VMM, WARNING, \
	  "this VMM has no option for certificates: its guests get an empty table", \
	  "start it with jurat vmm (jurat vmm --certs BLOB -- VMM ...)", \
	  DOC_JURAT("0044") ", jurat-vmm(1)") \
	F(VMM_NO_QUOTES, "vmm-no-quotes", HOST_VMM, WARNING, \
	  "this VMM has no option for a quoting service: GetQuote of its guests fails", \
	  "start it with jurat vmm (jurat vmm --quoting-service ADDRESS -- VMM ...)", \
	  DOC_GHCI) \
	F(VMM_UNREADABLE, "vmm-unreadable", HOST_VMM, UNKNOWN, \
	  "the VMM of --vmm cannot be read", \
	  "name its program file", \
	  NULL) \
	F(BLOB_MISSING, "blob-missing", HOST_BLOB, BROKEN, \
	  "the certificate blob cannot be read", \
	  "jurat host refresh --blob FILE makes it", \
	  DOC_GHCB) \
	F(BLOB_EMPTY, "blob-empty", HOST_BLOB, BROKEN, \
	  "the certificate blob is empty: guests get no certificates", \
	  "jurat host recover --blob FILE", \
	  DOC_GHCB) \
	F(BLOB_ACCESS, "blob-access", HOST_BLOB, WARNING, \
	  "owner or mode of the blob or its directory let strangers change it, or hold up its " \
	  "updates", \
	  "give both to root, without write access for others; blob: mode 0640 and the group of " \
	  "the VMMs", \
	  DOC_JURAT("0010") ", jurat-host(1)") \
	F(LOCK_HELD, "lock-held", HOST_LOCK, BROKEN, \
	  "another process holds the blob exclusively: guests get BUSY, and lose their key after a " \
	  "minute", \
	  "if the process is no updater at work, end it; then: jurat host recover", \
	  DOC_SNP_HOST) \
	F(LOCK_FLOCK, "lock-flock", HOST_LOCK, WARNING, \
	  "a reader locks the blob with flock(2), which no updater sees: its guests may get " \
	  "certificates of another TCB", \
	  "use a VMM that takes open-file-description locks (fcntl)", \
	  DOC_SNP_HOST) \
	F(UPDATE_INTERRUPTED, "update-interrupted", HOST_LOCK, BROKEN, \
	  "an update was interrupted, and left files beside the blob", \
	  "jurat host recover --blob FILE", \
	  DOC_JURAT("0032") ", jurat-host(1)") \
	F(HOST_CERTS_STALE, "host-certs-stale", HOST_CERTS, BROKEN, \
	  "the certificates are for another TCB than the firmware reports", \
	  "jurat host refresh --blob FILE", \
	  DOC_KDS) \
	F(HOST_CERTS_CHIP, "host-certs-chip", HOST_CERTS, BROKEN, \
	  "the certificates are for another chip", \
	  "jurat host refresh --blob FILE", \
	  DOC_KDS) \
	F(HOST_CERTS_KEY, "host-certs-key", HOST_CERTS, BROKEN, \
	  "the table lacks a certificate, or has that of the other key (VCEK or VLEK)", \
	  "jurat host refresh --blob FILE; with a VLEK: --vlek FILE", \
	  DOC_KDS) \
	F(HOST_CERTS_EXPIRED, "host-certs-expired", HOST_CERTS, BROKEN, \
	  "a certificate has expired", \
	  "compare the clock; if it is right: jurat host refresh --blob FILE", \
	  DOC_KDS) \
	F(HOST_CERTS_EARLY, "host-certs-early", HOST_CERTS, BROKEN, \
	  "a certificate is not valid yet: most probably the clock is behind", \
	  "set the clock", \
	  DOC_KDS) \
	F(HOST_CERTS_SOON, "host-certs-soon", HOST_CERTS, WARNING, \
	  "a certificate expires within 30 days", \
	  "jurat host refresh --blob FILE", \
	  DOC_KDS) \
	F(HOST_CERTS_ROOT, "host-certs-root", HOST_CERTS, BROKEN, \
	  "the root of the certificates is not AMD's", \
	  "jurat host refresh --blob FILE; on a software platform, use its roots (--roots " \
	  "\"$JURAT_ROOTS\")", \
	  DOC_KDS) \
	F(HOST_CERTS_REFUSED, "host-certs-refused", HOST_CERTS, BROKEN, \
	  "the table does not verify the reports of this host, or a Linux guest cannot use it", \
	  "jurat certs check BLOB --device /dev/sev says more", \
	  DOC_GHCB) \
	/* host: quotes */ \
	F(SGX_MISSING, "sgx-missing", HOST_SGX, BROKEN, \
	  "there is no /dev/sgx_enclave: the quoting enclave cannot be loaded", \
	  "enable SGX in the firmware setup (with a PRM of at least 64 MiB), and use a kernel with " \
	  "CONFIG_X86_SGX", \
	  "Linux Documentation/arch/x86/sgx.rst") \
	F(SGX_PROVISION, "sgx-provision", HOST_SGX, BROKEN, \
	  "/dev/sgx_provision is missing: the quoting enclave cannot use its provisioning key", \
	  "use a kernel with CONFIG_X86_SGX; the user of qgsd needs the group of that device " \
	  "(sgx_prv)", \
	  "Linux Documentation/arch/x86/sgx.rst") \
	F(QGS_MISSING, "qgs-missing", HOST_QGS, BROKEN, \
	  "there is no socket of a quoting service", \
	  "install tdx-qgs and start qgsd, or juratd qgs; name another address with " \
	  "--quoting-service", \
	  DOC_QGS) \
	F(QGS_PERMISSION, "qgs-permission", HOST_QGS, UNKNOWN, \
	  "this user may not connect to the quoting service", \
	  "run as root or as the VMM's user; the VMM's user needs the group of the socket, too " \
	  "(qgsd makes its directory with mode 0700)", \
	  DOC_QGS) \
	F(QGS_REFUSED, "qgs-refused", HOST_QGS, BROKEN, \
	  "nothing listens at the address of the quoting service", \
	  "systemctl restart qgsd; a stale socket file of an old version has to be removed first", \
	  DOC_QGS) \
	F(QGS_NO_VSOCK, "qgs-no-vsock", HOST_QGS, UNKNOWN, \
	  "this machine cannot reach its own vsock port", \
	  "modprobe vsock_loopback, or check from a guest: jurat doctor guest --quoting-service " \
	  "vsock:2:4050", \
	  "vsock(7)") \
	F(QGS_HANGS_UP, "qgs-hangs-up", HOST_QGS, BROKEN, \
	  "the quoting service hangs up without a whole answer: its enclave or its provider " \
	  "library failed to start", \
	  "see `journalctl -u qgsd`, and `jurat doctor --code CODE` for the codes in it", \
	  DOC_QGS) \
	F(QGS_SILENT, "qgs-silent", HOST_QGS, BROKEN, \
	  "the quoting service accepts the connection and does not answer: it is known to hang " \
	  "after some days", \
	  "systemctl restart qgsd, and watch it with juratd qgs, which has several services and " \
	  "time limits", \
	  DOC_QGS) \
	F(QGS_ERROR, "qgs-error", HOST_QGS, BROKEN, \
	  "the quoting service answers with an error", \
	  "see `journalctl -u qgsd`, and `jurat doctor --code CODE` for the codes in it", \
	  DOC_QGS) \
	F(QGS_NOT_ONE, "qgs-not-one", HOST_QGS, BROKEN, \
	  "what listens there does not speak the QGS protocol", \
	  "name the address of the quoting service with --quoting-service", \
	  DOC_QGS) \
	F(PCCS_NO_CONFIG, "pccs-no-config", HOST_PCCS, WARNING, \
	  "there is no /etc/sgx_default_qcnl.conf: the quoting service has no source of PCK " \
	  "certificates, unless its provider library has another", \
	  "install libsgx-dcap-default-qpl, and name a PCCS in that file", \
	  DOC_PCCS) \
	F(PCCS_BAD_CONFIG, "pccs-bad-config", HOST_PCCS, BROKEN, \
	  "/etc/sgx_default_qcnl.conf is not valid JSON, or has no pccs_url: quotes fail with " \
	  "0xe019", \
	  "correct it (a missing comma is the usual mistake), and restart qgsd", \
	  DOC_PCCS) \
	F(PCCS_UNREACHABLE, "pccs-unreachable", HOST_PCCS_NETWORK, BROKEN, \
	  "the PCCS cannot be reached: quotes fail with 0xe019", \
	  "systemctl restart pccs; compare pccs_url in the file", \
	  DOC_PCCS) \
	F(PCCS_TLS, "pccs-tls", HOST_PCCS_NETWORK, BROKEN, \
	  "the TLS certificate of the PCCS is not trusted, and use_secure_cert requires that: " \
	  "quotes fail with 0xe019", \
	  "install a certificate that this host trusts, or set use_secure_cert to false in " \
	  "/etc/sgx_default_qcnl.conf", \
	  DOC_PCCS) \
	F(PCCS_ANSWER, "pccs-answer", HOST_PCCS_NETWORK, BROKEN, \
	  "the PCCS answers with an error", \
	  "404: its cache is empty and it may not fetch (OFFLINE mode, or no API key); 502: it " \
	  "cannot reach Intel's PCS; see pccs_server.log", \
	  DOC_PCCS) \
	/* verifier */ \
	F(CLOCK_WRONG, "clock-wrong", VERIFIER_CLOCK, BROKEN, \
	  "the clock is before the release of this program: every certificate looks not yet valid, " \
	  "or every CRL fresh", \
	  "set the clock (timedatectl set-ntp true)", \
	  NULL) \
	F(CLOCK_UNSYNCED, "clock-unsynced", VERIFIER_CLOCK, WARNING, \
	  "the clock is not synchronised", \
	  "timedatectl set-ntp true", \
	  "adjtimex(2)") \
	F(ROOTS_REPLACED, "roots-replaced", VERIFIER_ROOTS, WARNING, \
	  "other roots than the vendors' are trusted: $JURAT_ROOTS or --roots names them", \
	  "unset it wherever real evidence is verified", \
	  NULL) \
	F(ROOTS_UNUSABLE, "roots-unusable", VERIFIER_ROOTS, BROKEN, \
	  "the roots cannot be used", \
	  "name a file or directory with root certificates", \
	  NULL) \
	F(COLLATERAL_UNUSABLE, "collateral-unusable", VERIFIER_COLLATERAL, BROKEN, \
	  "the collateral cannot be used", \
	  "jurat fetch collateral --quote FILE --out DIR", \
	  DOC_PCS) \
	F(COLLATERAL_MISSING, "collateral-missing", VERIFIER_COLLATERAL, BROKEN, \
	  "the collateral lacks a part without which no quote is accepted", \
	  "jurat fetch collateral --quote FILE --out DIR", \
	  DOC_PCS) \
	F(COLLATERAL_EXPIRED, "collateral-expired", VERIFIER_COLLATERAL, BROKEN, \
	  "a part of the collateral is past its next update: verifiers refuse quotes", \
	  "jurat fetch collateral --quote FILE --out DIR; on a PCCS: its scheduled refresh", \
	  DOC_PCS) \
	F(COLLATERAL_EARLY, "collateral-early", VERIFIER_COLLATERAL, BROKEN, \
	  "a part of the collateral is from a later time than now: most probably the clock is " \
	  "behind", \
	  "set the clock", \
	  DOC_PCS) \
	F(COLLATERAL_SOON, "collateral-soon", VERIFIER_COLLATERAL, WARNING, \
	  "a part of the collateral expires within 3 days (Intel's is good for 30)", \
	  "jurat fetch collateral --quote FILE --out DIR, and renew it on a schedule", \
	  DOC_PCS) \
	F(CRL_UNUSABLE, "crl-unusable", VERIFIER_CRL, BROKEN, \
	  "the CRL cannot be used", \
	  "jurat fetch crl --product NAME", \
	  DOC_KDS) \
	F(CRL_EXPIRED, "crl-expired", VERIFIER_CRL, BROKEN, \
	  "a CRL is past its next update", \
	  "jurat fetch crl --product NAME", \
	  DOC_KDS) \
	F(CRL_EARLY, "crl-early", VERIFIER_CRL, BROKEN, \
	  "a CRL is from a later time than now: most probably the clock is behind", \
	  "set the clock", \
	  DOC_KDS) \
	F(KDS_UNREACHABLE, "kds-unreachable", VERIFIER_KDS, BROKEN, \
	  "AMD's KDS cannot be reached", \
	  "allow https to kdsintf.amd.com, set https_proxy, or use a stock: juratd endorsements", \
	  DOC_KDS) \
	F(KDS_ANSWER, "kds-answer", VERIFIER_KDS, BROKEN, \
	  "AMD's KDS answers with an error", \
	  "429: too many requests from this address, use a stock (juratd endorsements); otherwise " \
	  "try again later", \
	  DOC_KDS) \
	F(PCS_UNREACHABLE, "pcs-unreachable", VERIFIER_PCS, BROKEN, \
	  "Intel's PCS, or the source of --from, cannot be reached", \
	  "allow https to api.trustedservices.intel.com and " \
	  "certificates.trustedservices.intel.com, set https_proxy, or use a PCCS or juratd " \
	  "endorsements (--from)", \
	  DOC_PCS) \
	F(PCS_ANSWER, "pcs-answer", VERIFIER_PCS, BROKEN, \
	  "Intel's PCS, or the source of --from, answers with an error", \
	  "try again later; a PCCS answers 404 when it may not fetch", \
	  DOC_PCS)

/*
 * C(code, "name", "what it means", "what to do"): codes that Intel's quoting service, its libraries and
 * `jurat` report. Source: Intel DCAP, sgx_ql_lib_common.h, sgx_default_qcnl_wrapper.h, td_ql_wrapper.h and
 * qgs_msg_lib.h.
 */
#define DOCTOR_CODES(C) \
	C(0xb003, "SGX_QCNL_NETWORK_ERROR", \
	  "the provider library has no connection to the PCCS", \
	  "check pccs_url and the network") \
	C(0xb004, "SGX_QCNL_NETWORK_PROXY_FAIL", \
	  "the name of the proxy cannot be resolved", \
	  "check https_proxy of qgsd's unit") \
	C(0xb005, "SGX_QCNL_NETWORK_HOST_FAIL", \
	  "the host name of the PCCS cannot be resolved", \
	  "check pccs_url and DNS") \
	C(0xb006, "SGX_QCNL_NETWORK_COULDNT_CONNECT", \
	  "nothing listens at the address of the PCCS", \
	  "systemctl restart pccs") \
	C(0xb009, "SGX_QCNL_NETWORK_OPERATION_TIMEDOUT", \
	  "the PCCS did not answer in time", \
	  "is its way to Intel's PCS blocked?") \
	C(0xb00a, "SGX_QCNL_NETWORK_HTTPS_ERROR", \
	  "TLS with the PCCS failed", \
	  "a self-signed certificate needs use_secure_cert false in /etc/sgx_default_qcnl.conf") \
	C(0xb00d, "SGX_QCNL_MSG_ERROR", \
	  "the answer of the PCCS cannot be parsed", \
	  "is pccs_url that of a PCCS, with the right API version?") \
	C(0xb00f, "SGX_QCNL_ERROR_STATUS_NO_CACHE_DATA", \
	  "the PCCS has nothing for this platform (404)", \
	  "register the platform (mpa_manage, PCKIDRetrievalTool), or let the PCCS fetch (LAZY " \
	  "mode, with an API key)") \
	C(0xb010, "SGX_QCNL_ERROR_STATUS_PLATFORM_UNKNOWN", \
	  "the PCCS or PCS does not know this platform (461)", \
	  "register the platform: SGX Auto MP Registration in the firmware setup, and " \
	  "mpa_registration.log") \
	C(0xb011, "SGX_QCNL_ERROR_STATUS_UNEXPECTED", \
	  "the PCCS answered with an unexpected status", \
	  "see pccs_server.log: often an API key that is missing or wrong, or a quoting service " \
	  "that needs a restart") \
	C(0xb012, "SGX_QCNL_ERROR_STATUS_CERTS_UNAVAILABLE", \
	  "no PCK certificate for the TCB of this platform (462)", \
	  "update microcode or firmware, or wait until Intel has issued it") \
	C(0xb013, "SGX_QCNL_ERROR_STATUS_SERVICE_UNAVAILABLE", \
	  "the PCCS is not available (503)", \
	  "systemctl status pccs") \
	C(0xe001, "SGX_QL_ERROR_UNEXPECTED", \
	  "unexpected error", \
	  "the line before it in the log has the cause") \
	C(0xe00d, "SGX_QL_INTERFACE_UNAVAILABLE", \
	  "the quoting enclave cannot be loaded", \
	  "does the user of qgsd have /dev/sgx_enclave and the group sgx_prv? Is libsgx-tdx-logic " \
	  "installed?") \
	C(0xe00e, "SGX_QL_PLATFORM_LIB_UNAVAILABLE", \
	  "there is no provider library", \
	  "install libsgx-dcap-default-qpl") \
	C(0xe00f, "SGX_QL_ATT_KEY_NOT_INITIALIZED", \
	  "the attestation key is not certified", \
	  "the quoting service retries once; restart it") \
	C(0xe010, "SGX_QL_ATT_KEY_CERT_DATA_INVALID", \
	  "the PCK certificate of the PCCS is invalid", \
	  "refresh the PCCS") \
	C(0xe011, "SGX_QL_NO_PLATFORM_CERT_DATA", \
	  "there is no PCK certificate for this platform", \
	  "register the platform: SGX Auto MP Registration in the firmware setup, " \
	  "mpa_registration.log, then restart qgsd") \
	C(0xe012, "SGX_QL_OUT_OF_EPC", \
	  "no EPC memory left for the enclave", \
	  "raise the PRM size in the firmware setup") \
	C(0xe014, "SGX_QL_ENCLAVE_LOST", \
	  "the enclave was lost, for example by suspend", \
	  "systemctl restart qgsd") \
	C(0xe016, "SGX_QL_ENCLAVE_LOAD_ERROR", \
	  "the enclave cannot be loaded", \
	  "check /dev/sgx_enclave, /dev/sgx_provision and their groups") \
	C(0xe018, "SGX_QL_KEY_CERTIFCATION_ERROR", \
	  "the PCK certificate is for a higher TCB than the platform has", \
	  "refresh the PCCS") \
	C(0xe019, "SGX_QL_NETWORK_ERROR", \
	  "the PCCS cannot be reached", \
	  "check /etc/sgx_default_qcnl.conf (commas, pccs_url, use_secure_cert) and systemctl " \
	  "status pccs: jurat doctor host --network") \
	C(0xe01a, "SGX_QL_MESSAGE_ERROR", \
	  "the answer of the PCCS cannot be parsed", \
	  "see 0xb00d") \
	C(0xe01b, "SGX_QL_NO_QUOTE_COLLATERAL_DATA", \
	  "the PCCS has no collateral or certificate (404)", \
	  "see 0xb00f") \
	C(0xe03f, "SGX_QL_NO_DEVICE", \
	  "there is no SGX device", \
	  "enable SGX in the firmware setup") \
	C(0xe040, "SGX_QL_SERVICE_UNAVAILABLE", \
	  "the service is not available", \
	  "systemctl status pccs qgsd aesmd") \
	C(0xe041, "SGX_QL_NETWORK_FAILURE", \
	  "network failure", \
	  "see 0xe019") \
	C(0xe042, "SGX_QL_SERVICE_TIMEOUT", \
	  "the service did not answer in time", \
	  "see 0xb009") \
	C(0xe043, "SGX_QL_ERROR_BUSY", \
	  "the service is busy", \
	  "try again") \
	C(0xe044, "SGX_QL_UNKNOWN_MESSAGE_RESPONSE", \
	  "the PCCS answered with an unexpected status", \
	  "see 0xb011") \
	C(0xe046, "SGX_QL_ERROR_MESSAGE_PARSING_ERROR", \
	  "a message cannot be parsed", \
	  "see 0xb00d") \
	C(0xe047, "SGX_QL_PLATFORM_UNKNOWN", \
	  "the platform is not registered", \
	  "see 0xb010") \
	C(0xe048, "SGX_QL_UNKNOWN_API_VERSION", \
	  "unknown API version", \
	  "set pccs_api_version, or the v4 URL, in /etc/sgx_default_qcnl.conf") \
	C(0xe049, "SGX_QL_CERTS_UNAVAILABLE", \
	  "no PCK certificate for the TCB of this platform", \
	  "see 0xb012") \
	C(0x11001, "TEE_ATT_ERROR_UNEXPECTED", \
	  "the quoting library failed; the cause is in the line before it", \
	  "look up the 0xe... code that precedes it in the log") \
	C(0x12001, "QGS_MSG_ERROR_UNEXPECTED", \
	  "the quoting service failed: it has this code for every failure of its own", \
	  "`journalctl -u qgsd` has the cause, as a 0xe... code") \
	C(0x12002, "QGS_MSG_ERROR_OUT_OF_MEMORY", \
	  "the quoting service lacks memory", \
	  "systemctl restart qgsd") \
	C(0x12003, "QGS_MSG_ERROR_INVALID_PARAMETER", \
	  "the request is too short or has a bad size", \
	  "is the client's framing right?") \
	C(0x12004, "QGS_MSG_ERROR_INVALID_VERSION", \
	  "unknown version of the protocol, or unknown type", \
	  "use protocol 1.x") \
	C(0x12005, "QGS_MSG_ERROR_INVALID_TYPE", \
	  "unexpected type of message", \
	  "is the address that of a QGS?") \
	C(0x12006, "QGS_MSG_ERROR_INVALID_SIZE", \
	  "sizes in the message disagree", \
	  "is the client's framing right?") \
	C(0x12007, "QGS_MSG_ERROR_INVALID_CODE", \
	  "a request with an error code, or without a TDREPORT", \
	  "is the client's framing right?")
/* clang-format on */

#define DOCTOR_HOP_ENUM(name, id, side, title) DOCTOR_HOP_##name,
enum doctor_hop { DOCTOR_HOPS(DOCTOR_HOP_ENUM) DOCTOR_N_HOPS };
#define DOCTOR_FINDING_ENUM(name, id, hop, severity, text, remedy, source) DOCTOR_##name,
enum doctor_finding { DOCTOR_FINDINGS(DOCTOR_FINDING_ENUM) DOCTOR_N_FINDINGS };

#endif
