// SPDX-License-Identifier: MIT
//! vmm.c in Rust, without crates, and with two vCPUs: a VMM on KVM that serves certificates and quotes until SIGTERM.
//! Usage: vmm [BLOB [SERVICE]]. Build: rustc --edition 2021 -O vmm.rs
use std::ffi::{CStr, CString};
use std::fs::{File, OpenOptions};
use std::io::Error;
use std::os::raw::{c_char, c_int, c_ulong, c_void};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::io::{AsRawFd, FromRawFd};
use std::os::unix::thread::JoinHandleExt;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicU8, Ordering};
use std::{env, mem, process, thread};

/// <jurat/host.h>, as far as it is used. A struct may lack the last members of the library's.
mod host {
    use super::*;

    pub enum Certs {}
    pub enum Request {}
    pub enum Quotes {}

    #[repr(C)]
    pub struct Why {
        pub text: [c_char; 320],
    }

    #[repr(C)]
    pub struct Memory {
        pub size: usize,
        pub read: unsafe extern "C" fn(*mut c_void, u64, *mut c_void, usize) -> c_int,
        pub write: unsafe extern "C" fn(*mut c_void, u64, *const c_void, usize) -> c_int,
        pub context: *mut c_void,
    }

    #[repr(C)]
    pub struct QuotesOptions {
        pub size: usize,
        pub service: *const c_char,
        pub numbers: [u32; 5], // grace_ms to exit_reason; 0: defaults
        pub capabilities: [u64; 3],
        pub notify: Option<unsafe extern "C" fn(*mut c_void, u32, u8)>,
        pub log: Option<unsafe extern "C" fn(*mut c_void, *const c_void)>,
        pub context: *mut c_void,
    }

    #[link(name = "jurat-host")]
    extern "C" {
        pub fn jurat_snp_certs_new(
            path: *const c_char,
            options: *const c_void,
            certs: *mut *mut Certs,
            why: *mut Why,
        ) -> c_int;
        pub fn jurat_snp_certs_free(certs: *mut Certs);
        pub fn jurat_snp_request_new(certs: *mut Certs, request: *mut *mut Request, why: *mut Why) -> c_int;
        pub fn jurat_snp_request_free(request: *mut Request);
        pub fn jurat_snp_request_handle_ran(
            request: *mut Request,
            run: *mut u8,
            rc: c_int,
            flags: u32,
        ) -> c_int;
        pub fn jurat_snp_request_handle_exit(
            request: *mut Request,
            run: *mut u8,
            memory: *const Memory,
            why: *mut Why,
        ) -> c_int;
        pub fn jurat_tdx_quotes_open(
            options: *const QuotesOptions,
            memory: *const Memory,
            quotes: *mut *mut Quotes,
            why: *mut Why,
        ) -> c_int;
        pub fn jurat_tdx_quotes_close(quotes: *mut Quotes);
        pub fn jurat_tdx_quotes_fd(quotes: *const Quotes) -> c_int;
        pub fn jurat_tdx_quotes_dispatch(quotes: *mut Quotes, why: *mut Why) -> c_int;
        pub fn jurat_tdx_quotes_handle_exit(
            quotes: *mut Quotes,
            run: *mut u8,
            vcpu: u32,
            why: *mut Why,
        ) -> c_int;
    }

    impl Why {
        pub fn new() -> Why {
            Why { text: [0; 320] }
        }
        pub fn text(&self) -> String {
            unsafe { CStr::from_ptr(self.text.as_ptr()) }.to_string_lossy().into_owned()
        }
    }
}
use host::*;

extern "C" {
    fn ioctl(fd: c_int, request: c_ulong, ...) -> c_int;
    fn mmap(
        at: *mut c_void,
        n: usize,
        protection: c_int,
        flags: c_int,
        fd: c_int,
        offset: i64,
    ) -> *mut c_void;
    fn ppoll(fds: *mut PollFd, n: c_ulong, timeout: *const c_void, mask: *const SigSet) -> c_int;
    fn pthread_kill(thread: c_ulong, signal: c_int) -> c_int;
    fn pthread_sigmask(how: c_int, set: *const SigSet, old: *mut SigSet) -> c_int;
    fn signal(signal: c_int, handler: extern "C" fn(c_int)) -> *const c_void;
}

type SigSet = [u64; 16];
const SIGUSR1: c_int = 10;
const SIGTERM: c_int = 15;
const SIG_BLOCK: c_int = 0;
const EINTR: c_int = 4;
const EFAULT: c_int = 14;

#[repr(C)]
struct PollFd {
    fd: c_int,
    events: i16,
    revents: i16,
}

// <linux/kvm.h>
const KVM_CREATE_VM: c_ulong = 0xae01;
const KVM_GET_VCPU_MMAP_SIZE: c_ulong = 0xae04;
const KVM_CREATE_VCPU: c_ulong = 0xae41;
const KVM_SET_USER_MEMORY_REGION: c_ulong = 0x4020_ae46;
const KVM_CREATE_IRQCHIP: c_ulong = 0xae60;
const KVM_RUN: c_ulong = 0xae80;
const KVM_SET_MP_STATE: c_ulong = 0x4004_ae99;
const KVM_SIGNAL_MSI: c_ulong = 0x4020_aea5;
const KVM_EXIT_HLT: u32 = 5;
const KVM_EXIT_SHUTDOWN: u32 = 8;
const KVM_EXIT_TDX: u32 = 40;
const KVM_EXIT_SNP_REQ_CERTS: u32 = 43;
const KVM_MEM_READONLY: u32 = 2;

/// struct kvm_userspace_memory_region
#[repr(C)]
struct Slot {
    slot: u32,
    flags: u32,
    gpa: u64,
    size: u64,
    at: *mut u8,
}

struct Vm {
    fd: File,
    slots: [Slot; 2],
    certs: *mut Certs,
    quotes: *mut Quotes,
}

/// kvm_run of a vCPU.
#[derive(Clone, Copy)]
struct Run(*mut u8);

unsafe impl Sync for Vm {} // the slots do not change; jurat's handles may be used in any thread
unsafe impl Send for Run {}

const VCPUS: usize = 2;
static STOP: AtomicBool = AtomicBool::new(false); // why vCPUs are kicked: handle_ran() may clear immediate_exit

fn fail(why: &str) -> ! {
    eprintln!("vmm: {why}");
    process::exit(1)
}

fn must(result: c_int, what: &str) -> c_int {
    if result < 0 {
        fail(&format!("{what}: {}", Error::last_os_error()));
    }
    result
}

fn map(n: usize, shared: Option<&File>) -> *mut u8 {
    let (flags, fd) = shared.map_or((0x22, -1), |file| (1, file.as_raw_fd())); // MAP_PRIVATE | MAP_ANONYMOUS, MAP_SHARED
    let at = unsafe { mmap(null_mut(), n, 3, flags, fd, 0) };
    must(if at as isize == -1 { -1 } else { 0 }, "mmap");
    at.cast()
}

impl Vm {
    /// Where `n` bytes of guest memory are, which jurat never wants across a page. A VM with private memory refuses
    /// private pages here.
    fn at(&self, gpa: u64, n: usize, flags: u32) -> Option<*mut u8> {
        let slot = self.slots.iter().find(|s| gpa.wrapping_sub(s.gpa) < s.size)?;
        let offset = gpa - slot.gpa;
        let inside = n as u64 <= slot.size - offset && slot.flags & flags == 0;
        inside.then(|| unsafe { slot.at.add(offset as usize) })
    }
}

unsafe extern "C" fn read(vm: *mut c_void, gpa: u64, to: *mut c_void, n: usize) -> c_int {
    match (*vm.cast::<Vm>()).at(gpa, n, 0) {
        Some(from) => from.copy_to(to.cast(), n),
        None => return -EFAULT,
    }
    0
}

unsafe extern "C" fn write(vm: *mut c_void, gpa: u64, from: *const c_void, n: usize) -> c_int {
    match ((*vm.cast::<Vm>()).at(gpa, n, KVM_MEM_READONLY), n) {
        // Words that the guest may poll: one store each.
        (Some(to), 8) if gpa % 8 == 0 => {
            (*to.cast::<AtomicU64>()).store(from.cast::<u64>().read_unaligned(), Ordering::Release)
        }
        (Some(to), 4) if gpa % 4 == 0 => {
            (*to.cast::<AtomicU32>()).store(from.cast::<u32>().read_unaligned(), Ordering::Release)
        }
        (Some(to), _) => to.copy_from(from.cast(), n),
        (None, _) => return -EFAULT,
    }
    0
}

unsafe extern "C" fn notify(vm: *mut c_void, vcpu: u32, vector: u8) {
    let msi = [0xfee0_0000 | vcpu << 12, 0, vector.into(), 0, 0, 0, 0, 0u32]; // struct kvm_msi
    ioctl((*vm.cast::<Vm>()).fd.as_raw_fd(), KVM_SIGNAL_MSI, msi.as_ptr());
}

extern "C" fn interrupt(_signal: c_int) {} // ppoll() and KVM_RUN return with EINTR

fn run_vcpu(vm: &Vm, id: u32, fd: &File, run: Run) {
    let memory =
        Memory { size: mem::size_of::<Memory>(), read, write, context: vm as *const Vm as *mut c_void };
    let (mut request, mut why) = (null_mut(), Why::new());

    if unsafe { jurat_snp_request_new(vm.certs, &mut request, &mut why) } < 0 {
        fail(&why.text());
    }
    while !STOP.load(Ordering::SeqCst) {
        let rc = unsafe { ioctl(fd.as_raw_fd(), KVM_RUN, 0) };
        let e = if rc < 0 { -Error::last_os_error().raw_os_error().unwrap() } else { 0 };
        unsafe { jurat_snp_request_handle_ran(request, run.0, e, 0) }; // after every KVM_RUN
        if e == -EINTR {
            continue; // the exit reason is that of an earlier exit
        }
        must(rc, "KVM_RUN");
        why.text[0] = 0;
        match unsafe { run.0.add(8).cast::<u32>().read_volatile() } {
            KVM_EXIT_SNP_REQ_CERTS => unsafe {
                jurat_snp_request_handle_exit(request, run.0, &memory, &mut why)
            },
            KVM_EXIT_TDX => unsafe { jurat_tdx_quotes_handle_exit(vm.quotes, run.0, id, &mut why) },
            KVM_EXIT_HLT => 0,
            KVM_EXIT_SHUTDOWN => std::process::exit(0), // the guest has ended
            reason => fail(&format!("vCPU {id}: exit {reason}")),
        };
        if why.text[0] != 0 {
            eprintln!("vmm: vCPU {id}: {}", why.text()); // why the guest was refused
        }
    }
    unsafe { jurat_snp_request_free(request) };
}

fn new_vm(kvm: &File, blob: Option<&CStr>, service: Option<&CStr>) -> &'static Vm {
    let fd = must(unsafe { ioctl(kvm.as_raw_fd(), KVM_CREATE_VM, 0) }, "KVM_CREATE_VM");
    let slots = [
        Slot { slot: 0, flags: 0, gpa: 0, size: 64 << 20, at: map(64 << 20, None) },
        Slot { slot: 1, flags: KVM_MEM_READONLY, gpa: 0xffff_f000, size: 4096, at: map(4096, None) },
    ];
    let vm = Box::leak(Box::new(Vm {
        fd: unsafe { File::from_raw_fd(fd) },
        slots,
        certs: null_mut(),
        quotes: null_mut(),
    }));
    let options = QuotesOptions {
        size: mem::size_of::<QuotesOptions>(),
        service: service.map_or(null(), CStr::as_ptr),
        numbers: [0; 5],
        capabilities: [0; 3],
        notify: Some(notify),
        log: None,
        context: vm as *mut Vm as *mut c_void,
    };
    let memory = Memory { size: mem::size_of::<Memory>(), read, write, context: options.context };
    let mut why = Why::new();

    unsafe {
        vm.slots[1].at.add(0xff0).copy_from([0xf4, 0xeb, 0xfd].as_ptr(), 3); // at the reset vector, 1: hlt; jmp 1b
        must(ioctl(fd, KVM_CREATE_IRQCHIP, 0), "KVM_CREATE_IRQCHIP");
        for slot in &vm.slots {
            must(ioctl(fd, KVM_SET_USER_MEMORY_REGION, slot as *const Slot), "KVM_SET_USER_MEMORY_REGION");
        }
        if jurat_snp_certs_new(blob.map_or(null(), CStr::as_ptr), null(), &mut vm.certs, &mut why) < 0
            || jurat_tdx_quotes_open(&options, &memory, &mut vm.quotes, &mut why) < 0
        {
            fail(&why.text());
        }
    }
    vm
}

fn new_vcpu(kvm: &File, vm: &Vm, id: usize) -> (File, Run) {
    unsafe {
        let n = must(ioctl(kvm.as_raw_fd(), KVM_GET_VCPU_MMAP_SIZE, 0), "KVM_GET_VCPU_MMAP_SIZE");
        let fd = File::from_raw_fd(must(ioctl(vm.fd.as_raw_fd(), KVM_CREATE_VCPU, id), "KVM_CREATE_VCPU"));
        must(ioctl(fd.as_raw_fd(), KVM_SET_MP_STATE, &0u32), "KVM_SET_MP_STATE"); // runnable
        let run = Run(map(n as usize, Some(&fd)));
        (fd, run)
    }
}

fn main() {
    let arguments: Vec<CString> =
        env::args_os().skip(1).map(|a| CString::new(a.into_vec()).unwrap()).collect();
    let argument = |n| arguments.get(n).map(CString::as_c_str);
    let kvm = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/kvm")
        .unwrap_or_else(|e| fail(&format!("/dev/kvm: {e}")));
    let vm = new_vm(&kvm, argument(0), argument(1));
    let (mut term, mut before): (SigSet, SigSet) = ([0; 16], [0; 16]);

    unsafe {
        signal(SIGTERM, interrupt);
        signal(SIGUSR1, interrupt);
        term[0] = 1 << (SIGTERM - 1);
        pthread_sigmask(SIG_BLOCK, &term, &mut before); // in all threads, but in ppoll()
    }
    let vcpus: Vec<_> = (0..VCPUS)
        .map(|id| {
            let (fd, run) = new_vcpu(&kvm, vm, id);
            (run, thread::spawn(move || run_vcpu(vm, id as u32, &fd, run)))
        })
        .collect();
    let mut event = PollFd { fd: unsafe { jurat_tdx_quotes_fd(vm.quotes) }, events: 1, revents: 0 };
    let mut why = Why::new();
    while unsafe { ppoll(&mut event, 1, null(), &before) } >= 0 {
        if unsafe { jurat_tdx_quotes_dispatch(vm.quotes, &mut why) } < 0 {
            eprintln!("vmm: {}", why.text());
        }
    }
    STOP.store(true, Ordering::SeqCst);
    for (run, thread) in vcpus {
        unsafe {
            (*run.0.add(1).cast::<AtomicU8>()).store(1, Ordering::SeqCst); // immediate_exit
            pthread_kill(thread.as_pthread_t() as c_ulong, SIGUSR1);
        }
        thread.join().unwrap();
    }
    unsafe {
        jurat_tdx_quotes_close(vm.quotes);
        jurat_snp_certs_free(vm.certs);
    }
}
