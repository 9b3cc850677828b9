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
	H(PLATFORM_SECCOMP, "platform-seccomp", PLATFORM, "seccomp notifications (for vsock)") \
	H(PLATFORM_PTRACE, "platform-ptrace", PLATFORM, "access to the memory of the program") \
	H(GUEST_CPU, "guest-cpu", GUEST, "confidential VM") \
	H(GUEST_KERNEL, "guest-kernel", GUEST, "kernel and guest driver") \
	H(GUEST_DEVICE, "guest-device", GUEST, "guest device") \
	H(GUEST_CONFIGFS, "guest-configfs", GUEST, "configfs-tsm and its provider") \
	H(GUEST_PRIVILEGE, "guest-privilege", GUEST, "privilege level (VMPL)") \
	H(GUEST_REPORT, "guest-report", GUEST, "report or quote") \
	H(GUEST_CERTS, "guest-certs", GUEST, "certificates of the host") \
	H(GUEST_QGS, "guest-qgs", GUEST, "quoting service that the guest calls itself") \
	H(HOST_CPU, "host-cpu", HOST, "CPU and firmware setup") \
	H(HOST_KERNEL, "host-kernel", HOST, "kernel and KVM") \
	H(HOST_DEVICE, "host-device", HOST, "/dev/sev") \
	H(HOST_FIRMWARE, "host-firmware", HOST, "SNP firmware") \
	H(HOST_REQ_CERTS, "host-req-certs", HOST, "KVM_EXIT_SNP_REQ_CERTS in this kernel") \
	H(HOST_VMM, "host-vmm", HOST, "VMM") \
	H(HOST_BLOB, "host-blob", HOST, "certificate blob") \
	H(HOST_LOCK, "host-lock", HOST, "lock on the certificate blob") \
	H(HOST_CERTS, "host-certs", HOST, "certificates against the reported TCB") \
	H(HOST_SGX, "host-sgx", HOST, "SGX devices (for the quoting enclave)") \
	H(HOST_QGS, "host-qgs", HOST, "quoting service (QGS)") \
	H(HOST_JURATD, "host-juratd", HOST, "quoting service of juratd") \
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

#define LOG_OF_QGS \
	"see `journalctl -u qgsd`, and `jurat doctor --code CODE` for the codes in it; if juratd qgs " \
	"listens at this address, `journalctl -u juratd-qgs` has the failure of the service behind " \
	"it (event=service-down, event=no-reply)"

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
	  "load the AppArmor profile that jurat installs: copy share/jurat/apparmor/jurat below its" \
	  " prefix (/usr or /usr/local) to /etc/apparmor.d/jurat and run apparmor_parser -r on it; " \
	  "or set sysctl kernel.apparmor_restrict_unprivileged_userns=0; or run as root", \
	  "Ubuntu 24.04 LTS release notes, Unprivileged user namespace restrictions") \
	F(USERNS_DISABLED, "userns-disabled", PLATFORM_NAMESPACES, BROKEN, \
	  "the kernel is configured to allow this user no user namespaces", \
	  "set sysctl kernel.unprivileged_userns_clone=1, or user.max_user_namespaces to more than " \
	  "0, whichever was found; or run as root", \
	  "user_namespaces(7)") \
	F(USERNS_FORBIDDEN, "userns-forbidden", PLATFORM_NAMESPACES, BROKEN, \
	  "this container or sandbox forbids user and mount namespaces", \
	  "start it with --cap-add SYS_ADMIN, or with --security-opt seccomp=unconfined " \
	  "--security-opt apparmor=unconfined (see jurat-run(1), CONTAINERS)", \
	  "Docker documentation, Seccomp security profiles for Docker") \
	F(FUSE_MISSING, "fuse-missing", PLATFORM_FUSE, BROKEN, \
	  "there is no FUSE device at /dev/fuse", \
	  "modprobe fuse; in a container, start it with --device /dev/fuse", \
	  "fuse(4)") \
	F(FUSE_PERMISSION, "fuse-permission", PLATFORM_FUSE, BROKEN, \
	  "this user may not open /dev/fuse", \
	  "chmod 0666 /dev/fuse (the default of udev); in a container, on the host, and start it " \
	  "with --device /dev/fuse", \
	  "fuse(4)") \
	F(SECCOMP_NOTIFY, "seccomp-notify", PLATFORM_SECCOMP, WARNING, \
	  "this kernel has no seccomp notifications, so jurat run cannot provide the vsock port of " \
	  "a quoting service", \
	  "use Linux 5.9 or later with CONFIG_SECCOMP_FILTER, or --qgs unix:PATH", \
	  "seccomp_unotify(2)") \
	F(PTRACE_RESTRICTED, "ptrace-restricted", PLATFORM_PTRACE, WARNING, \
	  "Yama restricts access to the memory of other processes, which jurat run needs to answer " \
	  "the ioctls of the program", \
	  "set sysctl kernel.yama.ptrace_scope to 0 or 1 (3 lasts until the next boot)", \
	  "Linux Documentation/admin-guide/LSM/Yama.rst") \
	/* guest: CPU, kernel, device */ \
	F(GUEST_NOT_CONFIDENTIAL, "guest-not-confidential", GUEST_CPU, BROKEN, \
	  "this machine is neither an SEV-SNP guest nor a TD", \
	  "start the VM as a confidential one (QEMU: -object sev-snp-guest,id=cc0 or " \
	  "tdx-guest,id=cc0, and -machine confidential-guest-support=cc0); without such hardware, " \
	  "use `jurat run`", \
	  "QEMU docs/system/i386/amd-memory-encryption.rst and tdx.rst") \
	F(GUEST_SEV_ONLY, "guest-sev-only", GUEST_CPU, BROKEN, \
	  "this guest has SEV or SEV-ES, but not SEV-SNP: it has no reports, and `modprobe " \
	  "sev-guest` fails with ENODEV", \
	  "start it with SEV-SNP (QEMU: -object sev-snp-guest in place of sev-guest)", \
	  DOC_SEV_GUEST) \
	F(GUEST_PARAVISOR, "guest-paravisor", GUEST_CPU, BROKEN, \
	  "a paravisor of Hyper-V runs beneath this guest and does not pass on the interfaces of " \
	  "the TEE", \
	  "get the report or quote from the vTPM with the cloud provider's tools; jurat verifies " \
	  "it, but cannot fetch it", \
	  "Linux Documentation/virt/hyperv/coco.rst") \
	F(GUEST_KERNEL_OLD, "guest-kernel-old", GUEST_KERNEL, BROKEN, \
	  "this kernel is older than the guest driver", \
	  "use Linux 5.19 or later (SEV-SNP), or 6.7 or later (TDX: 6.2 has the driver, 6.7 quotes)", \
	  DOC_SEV_GUEST) \
	F(GUEST_NO_MODULE, "guest-no-module", GUEST_KERNEL, BROKEN, \
	  "the guest driver is not loaded", \
	  "modprobe sev-guest, or modprobe tdx-guest; if there is no such module, install the " \
	  "package with the extra modules of this kernel (Ubuntu: linux-modules-extra-$(uname -r))," \
	  " or build it with CONFIG_SEV_GUEST or CONFIG_TDX_GUEST_DRIVER", \
	  DOC_SEV_GUEST) \
	F(GUEST_NO_CONFIGFS_KERNEL, "guest-no-configfs-kernel", GUEST_KERNEL, WARNING, \
	  "this kernel is older than configfs-tsm (Linux 6.7): most clients need it, and a TD needs" \
	  " it for quotes by GetQuote", \
	  "use Linux 6.7 or later; for a TD until then, name the vsock port of a quoting service in" \
	  " /etc/tdx-attest.conf", \
	  DOC_TSM) \
	F(GUEST_DEVICE_MISSING, "guest-device-missing", GUEST_DEVICE, BROKEN, \
	  "the driver is loaded, but its device is missing", \
	  "in a container, pass the device in (--device /dev/sev-guest or /dev/tdx_guest); in an " \
	  "initramfs, start udev or mount devtmpfs", \
	  DOC_SEV_GUEST) \
	F(GUEST_DEVICE_PERMISSION, "guest-device-permission", GUEST_DEVICE, BROKEN, \
	  "this user may not open the guest device; by default, only root may", \
	  "run as root, or add a udev rule that gives the device to a group", \
	  DOC_SEV_GUEST) \
	F(GUEST_DEVICE_NOT_ONE, "guest-device-not-one", GUEST_DEVICE, BROKEN, \
	  "the path of the guest device is not a character device", \
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
	  "tsm_report (in older kernels: tsm)", \
	  "load sev-guest or tdx-guest; if it is loaded, the kernel lacks CONFIG_TSM_REPORTS", \
	  DOC_TSM) \
	F(CONFIGFS_NO_PROVIDER, "configfs-no-provider", GUEST_CONFIGFS, BROKEN, \
	  "configfs-tsm exists, but no driver provides reports to it", \
	  "load sev-guest or tdx-guest; if it is loaded, the kernel log says why it did not " \
	  "register", \
	  DOC_TSM) \
	F(CONFIGFS_PERMISSION, "configfs-permission", GUEST_CONFIGFS, BROKEN, \
	  "this user may not create an entry in configfs-tsm", \
	  "run as root; in a container, mount /sys/kernel/config writable", \
	  DOC_TSM) \
	/* guest: privilege */ \
	F(GUEST_VMPL, "guest-vmpl", GUEST_PRIVILEGE, WARNING, \
	  "this guest runs at a VMPL above 0 (under an SVSM or paravisor): the firmware refuses " \
	  "reports for VMPL 0, which most clients request", \
	  "request reports for the VMPL of the guest (jurat attest --vmpl N; configfs-tsm: " \
	  "privlevel), and require that vmpl in the policy", \
	  DOC_TSM) \
	/* guest: the report */ \
	F(VMPCK_WIPED, "vmpck-wiped", GUEST_REPORT, BROKEN, \
	  "the driver has no key (VMPCK) for messages to the firmware: it wiped the key after an " \
	  "earlier failure, or the module parameter vmpck_id selects an empty one", \
	  "restart the guest; its kernel log has the failure that came first (dmesg | grep -i sev)", \
	  DOC_SEV_GUEST) \
	F(HOST_BUSY, "host-busy", GUEST_REPORT, BROKEN, \
	  "the host answered BUSY for a minute, so the driver gave up and wiped its key", \
	  "find what holds the lock on the certificate blob (on the host: jurat doctor host); then " \
	  "restart the guest", \
	  DOC_GHCB) \
	F(FIRMWARE_REFUSED, "firmware-refused", GUEST_REPORT, BROKEN, \
	  "the firmware or the host refused the request", \
	  "the message has the status of the firmware or the error of the VMM: correct its cause on" \
	  " the host. After most of them the driver has wiped its key, and the guest must be " \
	  "restarted", \
	  DOC_SNP_ABI) \
	F(REPORT_INVALID_PARAM, "report-invalid-param", GUEST_REPORT, BROKEN, \
	  "the firmware refused the parameters of the request", \
	  "request a report for the VMPL of this guest or a higher one (configfs-tsm: " \
	  "privlevel_floor; jurat attest --vmpl N), and with a key that the host has (jurat attest " \
	  "--key-sel)", \
	  DOC_SNP_ABI) \
	F(REPORT_BAD, "report-bad", GUEST_REPORT, BROKEN, \
	  "the response is not a report with the REPORT_DATA of the request", \
	  "the VMM answered wrongly, or changed the messages: see the VMM's log", \
	  DOC_GHCB) \
	F(CERTS_TOO_LARGE, "certs-too-large", GUEST_REPORT, BROKEN, \
	  "the host's certificates are larger than Linux accepts (16384 bytes): extended reports " \
	  "fail, and so do all reports through configfs-tsm", \
	  "on the host: jurat certs check BLOB, and make the table smaller (VCEK or VLEK, ASK or " \
	  "ASVK, and ARK need about 4 KiB in DER)", \
	  DOC_GHCB) \
	F(REPORT_FAILED, "report-failed", GUEST_REPORT, BROKEN, \
	  "the kernel returned an error instead of a report", \
	  "see the guest's kernel log (dmesg | grep -i -e sev -e tdx)", \
	  DOC_SEV_GUEST) \
	F(REPORT_UNSIGNED, "report-unsigned", GUEST_REPORT, BROKEN, \
	  "the report is not signed: MASK_CHIP_KEY is set on the host", \
	  "on the host: jurat host set-config --mask-chip-key no", \
	  DOC_SNP_ABI) \
	F(GUEST_DEBUG, "guest-debug", GUEST_REPORT, WARNING, \
	  "the policy of this guest allows debugging: the host can read its memory, and verifiers " \
	  "refuse its reports", \
	  "start the guest with a policy in which bit 19 (DEBUG) is clear", \
	  DOC_SNP_ABI) \
	F(QUOTE_FAILED, "quote-failed", GUEST_REPORT, BROKEN, \
	  "the VMM returned no quote (GetQuote failed)", \
	  "on the host: jurat doctor host. Is the quoting service running, and does the VMM have " \
	  "its address (QEMU: quote-generation-socket of tdx-guest)?", \
	  DOC_GHCI) \
	F(QUOTE_STUCK, "quote-stuck", GUEST_REPORT, BROKEN, \
	  "an earlier GetQuote is still in flight, and the driver has only one buffer: every " \
	  "request fails with EBUSY", \
	  "the VMM probably lost its connection to the quoting service: restart the service; if " \
	  "that does not help, restart the guest", \
	  DOC_GHCI) \
	F(QUOTE_TIMEOUT, "quote-timeout", GUEST_REPORT, BROKEN, \
	  "no quote arrived within the driver's time limit", \
	  "on the host: jurat doctor host --network. Does the quoting service answer, and does it " \
	  "reach its PCCS? Its log says so (journalctl -u qgsd)", \
	  DOC_GHCI) \
	F(QUOTE_UNSUPPORTED, "quote-unsupported", GUEST_REPORT, BROKEN, \
	  "the VMM does not serve GetQuote to this TD, or the guest driver of this kernel does not " \
	  "support quotes", \
	  "use a VMM that answers KVM_EXIT_TDX (see jurat-vmm(1)); without it, name a quoting " \
	  "service in /etc/tdx-attest.conf", \
	  DOC_KVM) \
	F(QUOTE_EMPTY, "quote-empty", GUEST_REPORT, BROKEN, \
	  "the kernel reported success, but what it returned is not a quote: the host failed or " \
	  "timed out (older kernels then return an empty quote), or the VMM passed on an error of " \
	  "the quoting service", \
	  "on the host: jurat doctor host, and the log of the quoting service", \
	  DOC_GHCI) \
	F(QUOTE_OVERSIZED, "quote-oversized", GUEST_REPORT, BROKEN, \
	  "GetQuote returned a length beyond the end of the buffer", \
	  "the VMM is faulty or hostile: stop using this host; update the guest's kernel, as " \
	  "versions without this check return memory beyond the buffer to the program", \
	  DOC_GHCI) \
	/* guest: certificates of the host */ \
	F(GUEST_CERTS_NONE, "guest-certs-none", GUEST_CERTS, WARNING, \
	  "the host supplies no certificates: a verifier must fetch the VCEK from AMD's KDS, which " \
	  "limits the rate of requests", \
	  "on the host: jurat doctor host; or let the verifier fetch them: jurat fetch vcek " \
	  "--report FILE", \
	  DOC_GHCB) \
	F(GUEST_CERTS_MALFORMED, "guest-certs-malformed", GUEST_CERTS, BROKEN, \
	  "the host's certificate table is malformed or truncated", \
	  "on the host: jurat certs check BLOB", \
	  DOC_GHCB) \
	F(GUEST_CERTS_STALE, "guest-certs-stale", GUEST_CERTS, BROKEN, \
	  "the host's certificates are for another TCB than the report: the firmware's TCB changed," \
	  " and the table did not", \
	  "on the host: jurat host refresh", \
	  DOC_KDS) \
	F(GUEST_CERTS_CHIP, "guest-certs-chip", GUEST_CERTS, BROKEN, \
	  "the host's certificates are for another chip: the table was copied from another " \
	  "machine, or the VM moved", \
	  "on the host that runs the VM now: jurat host refresh", \
	  DOC_KDS) \
	F(GUEST_CERTS_EXPIRED, "guest-certs-expired", GUEST_CERTS, BROKEN, \
	  "a certificate of the host has expired", \
	  "check the clock of the guest; if it is right, on the host: jurat host refresh", \
	  DOC_KDS) \
	F(GUEST_CERTS_EARLY, "guest-certs-early", GUEST_CERTS, BROKEN, \
	  "a certificate of the host is not valid yet: most likely, the clock of this guest is " \
	  "behind", \
	  "set the clock (a VM without an RTC or NTP starts in the past)", \
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
	  "save them with `jurat attest --extended --out FILE`, and run jurat verify on it: it " \
	  "prints every reason", \
	  DOC_KDS) \
	/* the quoting service, from both sides */ \
	F(GUEST_QGS_CONFIG, "guest-qgs-config", GUEST_QGS, BROKEN, \
	  "/etc/tdx-attest.conf cannot be used", \
	  "write one line such as port=4050, the vsock port of the host's quoting service", \
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
	  "this CPU, or its firmware setup, cannot host SEV-SNP guests or TDs", \
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
	  "this is a Hygon CPU: it has CSV, not SEV-SNP, and no root of AMD signs its reports", \
	  "use Hygon's own tools", \
	  NULL) \
	F(HOST_KERNEL_OLD, "host-kernel-old", HOST_KERNEL, BROKEN, \
	  "this kernel is too old to host such guests", \
	  "use Linux 6.11 or later (SEV-SNP), or Linux 6.16 or later (TDX)", \
	  DOC_SNP_HOST) \
	F(HOST_KVM_OFF, "host-kvm-off", HOST_KERNEL, BROKEN, \
	  "KVM is loaded without support for this kind of guest", \
	  "load kvm_amd with sev=1 sev_es=1 sev_snp=1, or kvm_intel with tdx=1, and see `dmesg | " \
	  "grep -e SEV -e tdx`", \
	  DOC_TDX) \
	F(HOST_NO_KVM, "host-no-kvm", HOST_KERNEL, BROKEN, \
	  "KVM is not loaded: there is no /dev/kvm", \
	  "modprobe kvm_amd or kvm_intel; enable virtualisation in the firmware setup", \
	  DOC_KVM) \
	F(HOST_DEVICE_MISSING, "host-device-missing", HOST_DEVICE, BROKEN, \
	  "there is no /dev/sev: the module ccp (not kvm_amd) creates it when it finds the AMD " \
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
	  "this processor is of an unknown product, so its TCB cannot be decoded", \
	  "name the product with --product", \
	  DOC_KDS) \
	F(HOST_NOT_INITIALISED, "host-not-initialised", HOST_FIRMWARE, BROKEN, \
	  "SNP is not initialised", \
	  "load kvm_amd (ccp's psp_init_on_probe=1 does it at boot), and see `dmesg | grep -e SEV " \
	  "-e ccp`", \
	  DOC_SNP_HOST) \
	F(HOST_MASK_KEY, "host-mask-key", HOST_FIRMWARE, BROKEN, \
	  "MASK_CHIP_KEY is set: reports are not signed", \
	  "jurat host set-config --mask-chip-key no", \
	  DOC_SNP_ABI) \
	F(HOST_MASK_ID, "host-mask-id", HOST_FIRMWARE, WARNING, \
	  "MASK_CHIP_ID is set: chip_id in reports is zero, so a report does not say whose VCEK to " \
	  "fetch from AMD's KDS", \
	  "serve certificates to guests (--blob), or: jurat host set-config --mask-chip-id no", \
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
	  "jurat-vmm(1)") \
	F(VMM_NO_QUOTES, "vmm-no-quotes", HOST_VMM, WARNING, \
	  "this VMM has no option for a quoting service: GetQuote of its guests fails", \
	  "start it with jurat vmm (jurat vmm --quoting-service ADDRESS -- VMM ...)", \
	  DOC_GHCI) \
	F(VMM_UNREADABLE, "vmm-unreadable", HOST_VMM, UNKNOWN, \
	  "the file that --vmm names cannot be read", \
	  "name the program file of the VMM, such as /usr/bin/qemu-system-x86_64", \
	  NULL) \
	F(BLOB_UNNAMED, "blob-unnamed", HOST_BLOB, UNKNOWN, \
	  "which table the VMMs serve is unknown", \
	  "name it with --blob, or set $JURAT_CERTS", \
	  "jurat-host(1)") \
	F(BLOB_PERMISSION, "blob-permission", HOST_BLOB, UNKNOWN, \
	  "this user may not read the certificate blob", \
	  "run as root", \
	  "jurat-host(1)") \
	F(BLOB_MISSING, "blob-missing", HOST_BLOB, BROKEN, \
	  "the certificate blob cannot be read", \
	  "jurat host refresh --blob BLOB creates it", \
	  DOC_GHCB) \
	F(BLOB_EMPTY, "blob-empty", HOST_BLOB, BROKEN, \
	  "the certificate blob is empty: guests get no certificates", \
	  "jurat host recover --blob BLOB", \
	  DOC_GHCB) \
	F(BLOB_ACCESS, "blob-access", HOST_BLOB, BROKEN, \
	  "owner or mode of the blob, or of its directory, let other users change it or delay its " \
	  "updates: jurat host refuses to update it", \
	  "chown root and chmod go-w both, BLOB and its directory; for the blob, mode 0640 and the " \
	  "group of the VMMs", \
	  "jurat-host(1)") \
	F(BLOB_UNREADABLE, "blob-unreadable", HOST_BLOB, WARNING, \
	  "only root can read the blob or reach it in its directory: a VMM of another user cannot " \
	  "serve it", \
	  "give both the group of the VMMs, such as kvm: chgrp kvm BLOB, chmod 0640 BLOB, and the same " \
	  "for its directory with mode 2750", \
	  "jurat-host(1)") \
	F(UPDATE_RUNNING, "update-running", HOST_BLOB, WARNING, \
	  "an update is in progress: guests get no certificates until it ends", \
	  "wait until it ends: it waits for readers of the old table for at most the time of --wait", \
	  "jurat-host(1)") \
	F(UPDATE_STUCK, "update-stuck", HOST_BLOB, BROKEN, \
	  "the table has been empty for more than 60 s, and an update is in progress: guests get no " \
	  "certificates until it ends", \
	  "is that process stopped (state T in ps), or does the AMD-SP hang (`dmesg | grep ccp`)? " \
	  "Let it continue (kill -CONT PID), or end it, and then: jurat host recover --blob BLOB", \
	  "jurat-host(1)") \
	F(LOCK_HELD, "lock-held", HOST_LOCK, BROKEN, \
	  "another process holds an exclusive lock on the blob: guests get BUSY, and lose their key" \
	  " after a minute", \
	  "if that process is not an updater at work, end it; then: jurat host recover --blob BLOB", \
	  DOC_SNP_HOST) \
	F(LOCK_FLOCK, "lock-flock", HOST_LOCK, WARNING, \
	  "a reader locks the blob with flock(2), which updaters do not see: its guests may get " \
	  "certificates of another TCB", \
	  "use a VMM that takes open file description locks (fcntl F_OFD_SETLK)", \
	  DOC_SNP_HOST) \
	F(UPDATE_INTERRUPTED, "update-interrupted", HOST_LOCK, BROKEN, \
	  "an update was interrupted, and left its files beside the blob", \
	  "jurat host recover --blob BLOB", \
	  "jurat-host(1)") \
	F(HOST_CERTS_STALE, "host-certs-stale", HOST_CERTS, BROKEN, \
	  "the certificates are for another TCB than the firmware reports", \
	  "jurat host refresh --blob BLOB", \
	  DOC_KDS) \
	F(HOST_CERTS_CHIP, "host-certs-chip", HOST_CERTS, BROKEN, \
	  "the certificates are for another chip", \
	  "jurat host refresh --blob BLOB", \
	  DOC_KDS) \
	F(HOST_CERTS_KEY, "host-certs-key", HOST_CERTS, BROKEN, \
	  "a certificate of the chain is missing, or the table has that of the other key (VCEK or " \
	  "VLEK)", \
	  "jurat host refresh --blob BLOB (for a VLEK, with --vlek FILE)", \
	  DOC_KDS) \
	F(HOST_CERTS_EXPIRED, "host-certs-expired", HOST_CERTS, BROKEN, \
	  "a certificate has expired", \
	  "check the clock; if it is right: jurat host refresh --blob BLOB", \
	  DOC_KDS) \
	F(HOST_CERTS_EARLY, "host-certs-early", HOST_CERTS, BROKEN, \
	  "a certificate is not valid yet: most likely, the clock is behind", \
	  "set the clock (timedatectl set-ntp true)", \
	  DOC_KDS) \
	F(HOST_CERTS_SOON, "host-certs-soon", HOST_CERTS, WARNING, \
	  "a certificate expires within 30 days", \
	  "jurat host refresh --blob BLOB", \
	  DOC_KDS) \
	F(HOST_CERTS_ROOT, "host-certs-root", HOST_CERTS, BROKEN, \
	  "the root of the certificates is not AMD's", \
	  "jurat host refresh --blob BLOB; on a software platform, use its roots (--roots " \
	  "\"$JURAT_ROOTS\")", \
	  DOC_KDS) \
	F(HOST_CERTS_REFUSED, "host-certs-refused", HOST_CERTS, BROKEN, \
	  "the table does not verify the reports of this host, or a Linux guest cannot use it", \
	  "jurat host recover --blob BLOB replaces it; before that, jurat certs check BLOB --device " \
	  "/dev/sev names each mismatch and its probable cause", \
	  DOC_GHCB) \
	/* host: quotes */ \
	F(SGX_MISSING, "sgx-missing", HOST_SGX, BROKEN, \
	  "there is no /dev/sgx_enclave: the quoting enclave cannot be loaded", \
	  "enable SGX in the firmware setup, with memory reserved for it (PRM size), and use a " \
	  "kernel with CONFIG_X86_SGX", \
	  "Linux Documentation/arch/x86/sgx.rst") \
	F(SGX_PROVISION, "sgx-provision", HOST_SGX, BROKEN, \
	  "/dev/sgx_provision is missing: the quoting enclave cannot use its provisioning key", \
	  "use a kernel with CONFIG_X86_SGX; the user of qgsd needs the group of that device " \
	  "(sgx_prv)", \
	  "Linux Documentation/arch/x86/sgx.rst") \
	F(QGS_MISSING, "qgs-missing", HOST_QGS, BROKEN, \
	  "there is no socket of a quoting service", \
	  "install tdx-qgs and start qgsd, or start juratd qgs; if it listens elsewhere, name the " \
	  "address with --quoting-service", \
	  DOC_QGS) \
	F(QGS_PERMISSION, "qgs-permission", HOST_QGS, UNKNOWN, \
	  "this user may not connect to the quoting service", \
	  "run as root or as the VMM's user; add that user to the group of the socket, and check " \
	  "the mode of its directory", \
	  DOC_QGS) \
	F(QGS_REFUSED, "qgs-refused", HOST_QGS, BROKEN, \
	  "nothing listens at the address of the quoting service", \
	  "restart the service of this address (systemctl restart qgsd, or juratd-qgs.socket); if a " \
	  "socket file of an earlier run remains, remove it first", \
	  DOC_QGS) \
	F(QGS_NO_VSOCK, "qgs-no-vsock", HOST_QGS, UNKNOWN, \
	  "this machine cannot reach its own vsock port", \
	  "modprobe vsock_loopback, or check from a guest: jurat doctor guest --quoting-service " \
	  "vsock:2:4050", \
	  "vsock(7)") \
	F(QGS_HANGS_UP, "qgs-hangs-up", HOST_QGS, BROKEN, \
	  "the quoting service closes the connection before it has answered: its enclave or its " \
	  "provider library failed to start", \
	  LOG_OF_QGS, \
	  DOC_QGS) \
	F(QGS_SILENT, "qgs-silent", HOST_QGS, BROKEN, \
	  "the quoting service accepts the connection and does not answer", \
	  "systemctl restart qgsd; if juratd qgs listens at this address, the service behind it may " \
	  "be silent: see event=service-down and event=no-reply in `journalctl -u juratd-qgs`; " \
	  "otherwise, juratd qgs in front detects this, and uses another service meanwhile", \
	  DOC_QGS) \
	F(QGS_ERROR, "qgs-error", HOST_QGS, BROKEN, \
	  "the quoting service answers with an error", \
	  LOG_OF_QGS, \
	  DOC_QGS) \
	F(QGS_NOT_ONE, "qgs-not-one", HOST_QGS, BROKEN, \
	  "the service at this address does not speak the QGS protocol", \
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
	  "404: its cache has no data and it does not fetch (OFFLINE mode, or no API key); 502: it " \
	  "cannot reach Intel's PCS; pccs_server.log has more", \
	  DOC_PCCS) \
	/* verifier */ \
	F(CLOCK_WRONG, "clock-wrong", VERIFIER_CLOCK, BROKEN, \
	  "the clock is earlier than the release of this program: certificates appear not yet " \
	  "valid, and expired CRLs appear current", \
	  "set the clock (timedatectl set-ntp true)", \
	  NULL) \
	F(CLOCK_UNSYNCED, "clock-unsynced", VERIFIER_CLOCK, WARNING, \
	  "the clock is not synchronised: a wrong time makes valid evidence refused, or accepts " \
	  "expired certificates", \
	  "timedatectl set-ntp true, or start the machine's NTP service; in a container, on its " \
	  "host", \
	  "adjtimex(2)") \
	F(ROOTS_REPLACED, "roots-replaced", VERIFIER_ROOTS, WARNING, \
	  "roots other than the vendors' are trusted: $JURAT_ROOTS or --roots names them", \
	  "unset JURAT_ROOTS and omit --roots where real evidence is verified", \
	  NULL) \
	F(ROOTS_UNUSABLE, "roots-unusable", VERIFIER_ROOTS, BROKEN, \
	  "the roots cannot be used", \
	  "name a file or directory with root certificates (PEM or DER)", \
	  NULL) \
	F(COLLATERAL_UNUSABLE, "collateral-unusable", VERIFIER_COLLATERAL, BROKEN, \
	  "the collateral cannot be used", \
	  "jurat fetch collateral --quote FILE --out DIR", \
	  DOC_PCS) \
	F(COLLATERAL_MISSING, "collateral-missing", VERIFIER_COLLATERAL, BROKEN, \
	  "the collateral is incomplete: no quote is accepted with it", \
	  "jurat fetch collateral --quote FILE --out DIR", \
	  DOC_PCS) \
	F(COLLATERAL_EXPIRED, "collateral-expired", VERIFIER_COLLATERAL, BROKEN, \
	  "a part of the collateral has expired (its next update is past): verifiers refuse quotes", \
	  "jurat fetch collateral --quote FILE --out DIR; if it comes from a PCCS, refresh its " \
	  "cache", \
	  DOC_PCS) \
	F(COLLATERAL_EARLY, "collateral-early", VERIFIER_COLLATERAL, BROKEN, \
	  "a part of the collateral was issued later than now: most likely, the clock is behind", \
	  "set the clock (timedatectl set-ntp true)", \
	  DOC_PCS) \
	F(COLLATERAL_SOON, "collateral-soon", VERIFIER_COLLATERAL, WARNING, \
	  "a part of the collateral expires within 3 days (Intel's is valid for 30)", \
	  "jurat fetch collateral --quote FILE --out DIR, and renew it on a schedule", \
	  DOC_PCS) \
	F(CRL_UNUSABLE, "crl-unusable", VERIFIER_CRL, BROKEN, \
	  "the CRL cannot be used", \
	  "jurat fetch crl --product NAME --out DIR", \
	  DOC_KDS) \
	F(CRL_EXPIRED, "crl-expired", VERIFIER_CRL, BROKEN, \
	  "a CRL has expired (its next update is past)", \
	  "jurat fetch crl --product NAME --out DIR", \
	  DOC_KDS) \
	F(CRL_EARLY, "crl-early", VERIFIER_CRL, BROKEN, \
	  "a CRL was issued later than now: most likely, the clock is behind", \
	  "set the clock (timedatectl set-ntp true)", \
	  DOC_KDS) \
	F(KDS_UNREACHABLE, "kds-unreachable", VERIFIER_KDS, BROKEN, \
	  "AMD's KDS cannot be reached", \
	  "allow HTTPS to kdsintf.amd.com, set https_proxy, or name another source with --from " \
	  "(juratd endorsements)", \
	  DOC_KDS) \
	F(KDS_ANSWER, "kds-answer", VERIFIER_KDS, BROKEN, \
	  "AMD's KDS answers with an error", \
	  "429: too many requests from this address, use a shared stock (juratd endorsements); " \
	  "otherwise, try again later", \
	  DOC_KDS) \
	F(PCS_UNREACHABLE, "pcs-unreachable", VERIFIER_PCS, BROKEN, \
	  "Intel's PCS, or the source of --from, cannot be reached", \
	  "allow HTTPS to api.trustedservices.intel.com and certificates.trustedservices.intel.com," \
	  " set https_proxy, or name a PCCS or juratd endorsements with --from", \
	  DOC_PCS) \
	F(PCS_ANSWER, "pcs-answer", VERIFIER_PCS, BROKEN, \
	  "Intel's PCS, or the source of --from, answers with an error", \
	  "try again later; a PCCS answers 404 when it has no data and does not fetch", \
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
	  "can the PCCS reach Intel's PCS?") \
	C(0xb00a, "SGX_QCNL_NETWORK_HTTPS_ERROR", \
	  "TLS with the PCCS failed", \
	  "a self-signed certificate needs use_secure_cert false in /etc/sgx_default_qcnl.conf") \
	C(0xb00d, "SGX_QCNL_MSG_ERROR", \
	  "the answer of the PCCS cannot be parsed", \
	  "does pccs_url name a PCCS, with the right API version?") \
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
	  "see the line before it in the log") \
	C(0xe00d, "SGX_QL_INTERFACE_UNAVAILABLE", \
	  "the quoting enclave cannot be loaded", \
	  "may the user of qgsd open /dev/sgx_enclave, and is it in the group sgx_prv? Is " \
	  "libsgx-tdx-logic installed?") \
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
	  "the quoting library failed", \
	  "the 0xe... code before it in the log is the cause") \
	C(0x12001, "QGS_MSG_ERROR_UNEXPECTED", \
	  "the quoting service failed: it returns this code for every failure of its own", \
	  "`journalctl -u qgsd` has the cause, as a 0xe... code (jurat doctor --code CODE); from " \
	  "juratd qgs, `journalctl -u juratd-qgs` has the failure of the service behind it " \
	  "(event=service-down, event=no-reply)") \
	C(0x12002, "QGS_MSG_ERROR_OUT_OF_MEMORY", \
	  "the quoting service has no memory left", \
	  "systemctl restart qgsd") \
	C(0x12003, "QGS_MSG_ERROR_INVALID_PARAMETER", \
	  "the request is too short or has a bad size", \
	  "the client's framing is wrong") \
	C(0x12004, "QGS_MSG_ERROR_INVALID_VERSION", \
	  "unknown version of the protocol, or unknown type", \
	  "use protocol 1.x") \
	C(0x12005, "QGS_MSG_ERROR_INVALID_TYPE", \
	  "unexpected type of message", \
	  "does the address name a QGS?") \
	C(0x12006, "QGS_MSG_ERROR_INVALID_SIZE", \
	  "sizes in the message disagree", \
	  "the client's framing is wrong") \
	C(0x12007, "QGS_MSG_ERROR_INVALID_CODE", \
	  "a request with an error code, or without a TDREPORT", \
	  "the client's framing is wrong")
/* clang-format on */

#define DOCTOR_HOP_ENUM(name, id, side, title) DOCTOR_HOP_##name,
enum doctor_hop { DOCTOR_HOPS(DOCTOR_HOP_ENUM) DOCTOR_N_HOPS };
#define DOCTOR_FINDING_ENUM(name, id, hop, severity, text, remedy, source) DOCTOR_##name,
enum doctor_finding { DOCTOR_FINDINGS(DOCTOR_FINDING_ENUM) DOCTOR_N_FINDINGS };

#endif
