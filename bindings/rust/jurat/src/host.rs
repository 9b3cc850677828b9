// SPDX-License-Identifier: MIT
//! For virtual machine monitors: certificates for SEV-SNP guests, quotes for TDX guests.
//!
//! The vCPU loop reports every KVM_RUN before it looks at kicks, and serves two exits:
//!
//! ```no_run
//! # use jurat::host::*;
//! # fn ioctl_run() -> i32 { 0 }
//! # fn vcpu<M: GuestMemory>(request: &mut SnpRequest, quotes: &TdxQuotes<'_>, mut run: KvmRun<'_>, memory: &M, id: u32) {
//! loop {
//!     let rc = ioctl_run(); // 0, or -errno of KVM_RUN
//!     request.handle_ran(&mut run, rc, false); // releases the lock when the firmware has the request
//!     if rc < 0 {
//!         break; // exit_reason is stale
//!     }
//!     match run.exit_reason() {
//!         43 => drop(request.handle_exit(&mut run, memory)), // KVM_EXIT_SNP_REQ_CERTS
//!         40 => drop(quotes.handle_exit(&mut run, id)),      // KVM_EXIT_TDX
//!         _ => break,
//!     }
//! }
//! # }
//! ```
//!
//! A panic of a callback does not cross C: C sees a fault, and the panic goes on when the call returns.
//! A child process after fork(2) must not use its parent's handles.
use crate::{c_string, call, created, handle, sized, sys, text_of, Error, EDEADLK};
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::marker::PhantomData;
use std::os::raw::{c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::io::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::path::Path;
use std::ptr::{null, null_mut, NonNull};
use std::sync::Arc;
use std::time::Duration;
use std::{fmt, mem, slice};

const EIO: i32 = 5;
const EAGAIN: i32 = 11;
const EFAULT: i32 = 14;
const ENOSPC: i32 = 28;

/// Bytes of guest memory are private, unmapped or not RAM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault;

/// Access to *shared* pages of the guest's memory: all bytes or none. One call never crosses a page boundary.
///
/// The guest chooses `gpa` and may change a page's state at any time: return [`Fault`], do not crash. With [`TdxQuotes`], an
/// aligned write of 4 or 8 bytes must be a single store, because the guest polls that location. These functions must not call
/// those of `TdxQuotes`, which then return [`Error::Busy`] or panic.
pub trait GuestMemory {
    /// Copies bytes out of the guest. SEV-SNP does not need it.
    fn read(&self, gpa: u64, to: &mut [u8]) -> Result<(), Fault>;
    /// Copies bytes into the guest.
    fn write(&self, gpa: u64, from: &[u8]) -> Result<(), Fault>;
}

thread_local! {
    static PANIC: RefCell<Option<Box<dyn Any + Send>>> = const { RefCell::new(None) };
    static IN_CALLBACK: Cell<bool> = const { Cell::new(false) };
}

/// Runs a callback that C called: its first panic is kept until C has returned.
fn callback<T>(on_panic: T, f: impl FnOnce() -> T) -> T {
    let outer = IN_CALLBACK.with(|inside| inside.replace(true));
    let result = catch_unwind(AssertUnwindSafe(f));
    IN_CALLBACK.with(|inside| inside.set(outer));
    result.unwrap_or_else(|panic| {
        PANIC.with(|kept| {
            kept.borrow_mut().get_or_insert(panic);
        });
        on_panic
    })
}

/// Calls C, which may call back.
fn calling<T>(f: impl FnOnce() -> T) -> T {
    let result = f();
    match PANIC.with(|kept| kept.borrow_mut().take()) {
        Some(panic) => resume_unwind(panic),
        None => result,
    }
}

fn calling_with_error(f: impl FnOnce(*mut sys::jurat_error) -> c_int) -> Result<(c_int, String), Error> {
    calling(|| call(f))
}

/// Callbacks must not call the functions of quotes, whose locks are held.
fn outside() -> Result<(), Error> {
    match IN_CALLBACK.with(Cell::get) {
        true => Err(Error::new(EDEADLK, "a callback must not call the functions of TdxQuotes".into())),
        false => Ok(()),
    }
}

fn must_be_outside() {
    outside().unwrap_or_else(|error| panic!("{error}"));
}

unsafe extern "C" fn read<M: GuestMemory>(context: *mut c_void, gpa: u64, to: *mut c_void, n: usize) -> c_int {
    callback(-EFAULT, || {
        if n == 0 {
            return 0;
        }
        // SAFETY: `context` is the M of the call, `to` has n bytes; a slice must be of initialized ones.
        let (memory, to) = unsafe {
            to.cast::<u8>().write_bytes(0, n);
            (&*context.cast::<M>(), slice::from_raw_parts_mut(to.cast::<u8>(), n))
        };
        memory.read(gpa, to).map_or(-EFAULT, |()| 0)
    })
}

unsafe extern "C" fn write<M: GuestMemory>(context: *mut c_void, gpa: u64, from: *const c_void, n: usize) -> c_int {
    callback(-EFAULT, || {
        if n == 0 {
            return 0;
        }
        // SAFETY: `context` is the M of the call, `from` has n bytes.
        let (memory, from) = unsafe { (&*context.cast::<M>(), slice::from_raw_parts(from.cast::<u8>(), n)) };
        memory.write(gpa, from).map_or(-EFAULT, |()| 0)
    })
}

fn memory_of<M: GuestMemory>(memory: &M) -> sys::jurat_guest_memory {
    let mut c = sized!(sys::jurat_guest_memory);
    c.read = Some(read::<M>);
    c.write = Some(write::<M>);
    c.context = memory as *const M as *mut c_void;
    c
}

/// A vCPU's `struct kvm_run`, while KVM_RUN does not run.
#[derive(Debug)]
pub struct KvmRun<'a>(NonNull<sys::kvm_run>, PhantomData<&'a mut [u8]>);
// SAFETY: as the &mut [u8] that it stands for.
unsafe impl Send for KvmRun<'_> {}

impl<'a> KvmRun<'a> {
    /// In these bytes; `None` unless there are at least 96 of them, aligned to 8.
    pub fn new(bytes: &'a mut [u8]) -> Option<Self> {
        let run = NonNull::new(bytes.as_mut_ptr())?;
        (bytes.len() >= 96 && run.as_ptr() as usize % 8 == 0).then(|| KvmRun(run.cast(), PhantomData))
    }

    /// At a vCPU's mapping, such as that of `VcpuFd::get_kvm_run()` of kvm-ioctls.
    ///
    /// # Safety
    ///
    /// `run` is aligned to 8 and stays mapped, 96 bytes at least, as long as the value lives; only KVM and signal handlers that
    /// set `immediate_exit` change it while a function of this module uses it.
    pub unsafe fn from_ptr(run: *mut c_void) -> Option<Self> {
        NonNull::new(run.cast()).map(|run| KvmRun(run, PhantomData))
    }

    /// KVM's `exit_reason`, stale when KVM_RUN failed.
    pub fn exit_reason(&self) -> u32 {
        // SAFETY: the third word of 96 bytes. KVM's ABI keeps it there.
        unsafe { self.0.as_ptr().cast::<u32>().add(2).read_volatile() }
    }

    fn raw(&mut self) -> *mut sys::kvm_run {
        self.0.as_ptr()
    }
}

handle! {
    /// The C handle of `SnpCerts`, shared with its requests.
    Certs, jurat_snp_certs, jurat_snp_certs_free
}
// SAFETY: <jurat/host.h>: any thread, and any number of threads at once.
unsafe impl Send for Certs {}
unsafe impl Sync for Certs {}

/// The certificate blob of this host: one per VMM.
///
/// Its requests share it: it is freed after the last of them.
#[derive(Clone, Debug)]
pub struct SnpCerts(Arc<Certs>);

/// Options of [`SnpCerts`].
#[derive(Clone, Copy, Debug, Default)]
pub struct SnpCertsOptions<'a> {
    /// How long a request may wait for an updater that holds the lock, in whole milliseconds; `None`: 100 ms
    pub lock_wait: Option<Duration>,
    /// The running kernel's number for KVM_EXIT_SNP_REQ_CERTS; `None`: 43
    pub exit_reason: Option<u32>,
    /// For a VMM whose jail hides the path: the directory of the blob, whose path is then a file name
    pub directory: Option<BorrowedFd<'a>>,
}

impl SnpCerts {
    /// Serves the table of certificates in the file `path`. `None`: this host has no certificates.
    pub fn new(path: Option<&Path>, options: &SnpCertsOptions<'_>) -> Result<Self, Error> {
        let path =
            path.map(|path| c_string("the path of the certificates", path.as_os_str().as_bytes())).transpose()?;
        let mut c = sized!(sys::jurat_snp_certs_options);
        c.lock_wait_ms = options.lock_wait.map_or(0, |wait| milliseconds(wait).max(1));
        c.exit_reason = options.exit_reason.unwrap_or(0);
        c.has_dir_fd = options.directory.is_some().into();
        c.dir_fd = options.directory.map_or(0, |directory| directory.as_raw_fd());
        let (path, mut handle) = (path.as_ref().map_or(null(), |path| path.as_ptr()), null_mut());
        call(|error| unsafe { sys::jurat_snp_certs_new(path, &c, &mut handle, error) })?;
        Ok(SnpCerts(Arc::new(Certs(created(handle)))))
    }

    /// Creates the certificate requests of one vCPU.
    pub fn request(&self) -> Result<SnpRequest, Error> {
        let mut handle = null_mut();
        call(|error| unsafe { sys::jurat_snp_request_new(self.0.raw(), &mut handle, error) })?;
        Ok(SnpRequest { request: Request(created(handle)), _certs: self.0.clone() })
    }
}

fn milliseconds(duration: Duration) -> u32 {
    u32::try_from((duration.as_nanos() + 999_999) / 1_000_000).unwrap_or(u32::MAX - 1).min(u32::MAX - 1)
}

handle! {
    /// The C handle of `SnpRequest`, freed before its certificates.
    Request, jurat_snp_request, jurat_snp_request_free
}

/// The certificate requests of one vCPU, which own its lock on the blob.
///
/// When a guest got certificates, the lock is held until [`ran`](Self::ran) or [`handle_ran`](Self::handle_ran) reports the
/// KVM_RUN in which the firmware got the request; dropping the value releases it as well. One thread at a time: `Send`, not
/// `Sync`:
///
/// ```compile_fail,E0277
/// fn shared<T: Sync>() {}
/// shared::<jurat::host::SnpRequest>();
/// ```
#[derive(Debug)]
pub struct SnpRequest {
    request: Request, // dropped first
    _certs: Arc<Certs>,
}
// SAFETY: <jurat/host.h>: no handle is bound to a thread; one thread at a time.
unsafe impl Send for SnpRequest {}

/// The answer to a certificate request: values for `kvm_run->snp_req_certs`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnpAnswer {
    /// What it means
    pub kind: SnpAnswerKind,
    /// Value for `npages`: the number of pages needed when there were too few, otherwise the guest's
    pub npages: u64,
    /// Why the guest got no certificates, for the log
    pub why: Option<String>,
}

/// The answer to the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SnpAnswerKind {
    /// The certificates were written, or an empty table where there are none
    Written,
    /// ENOSPC: more pages are needed
    TooFewPages,
    /// EAGAIN: an updater holds the lock, the guest tries again
    Again,
    /// EIO: the guest's buffer or the blob cannot be used
    Failed,
}

impl SnpAnswerKind {
    /// Value for `kvm_run->snp_req_certs.ret`.
    pub fn ret(self) -> u64 {
        let errno = match self {
            SnpAnswerKind::Written => 0,
            SnpAnswerKind::TooFewPages => ENOSPC,
            SnpAnswerKind::Again => EAGAIN,
            SnpAnswerKind::Failed => EIO,
        };
        errno as u64
    }
}

/// What a function that does not wait has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress<T> {
    /// The answer is there
    Done(T),
    /// An updater holds the lock: call again after this time, before KVM_RUN
    Wait(Duration),
}

impl SnpRequest {
    fn answer(result: (c_int, String), ret: u64, npages: u64, wait_ms: u32) -> Progress<SnpAnswer> {
        if result.0 == sys::JURAT_BUSY as c_int {
            return Progress::Wait(Duration::from_millis(wait_ms.into()));
        }
        let kinds = [SnpAnswerKind::Written, SnpAnswerKind::TooFewPages, SnpAnswerKind::Again];
        let kind = kinds.into_iter().find(|kind| kind.ret() == ret).unwrap_or(SnpAnswerKind::Failed);
        Progress::Done(SnpAnswer { kind, npages, why: some(result.1) })
    }

    /// Answers one KVM_EXIT_SNP_REQ_CERTS, for a VMM without direct access to kvm_run. After an error the guest's answer is
    /// [`SnpAnswerKind::Failed`].
    pub fn serve<M: GuestMemory>(&mut self, gpa: u64, npages: u64, memory: &M) -> Result<SnpAnswer, Error> {
        let (c, mut ret, mut needed) = (memory_of(memory), 0, 0);
        let request = self.request.raw();
        let result = calling_with_error(|error| unsafe {
            sys::jurat_snp_request_serve(request, gpa, npages, &c, &mut ret, &mut needed, error)
        })?;
        match Self::answer(result, ret, needed, 0) {
            Progress::Done(answer) => Ok(answer),
            Progress::Wait(_) => unreachable!("jurat_snp_request_serve() waits"),
        }
    }

    /// The same without waiting for an updater.
    pub fn serve_nowait<M: GuestMemory>(
        &mut self,
        gpa: u64,
        npages: u64,
        memory: &M,
    ) -> Result<Progress<SnpAnswer>, Error> {
        let (c, mut ret, mut needed, mut wait_ms) = (memory_of(memory), 0, 0, 0);
        let request = self.request.raw();
        let result = calling_with_error(|error| unsafe {
            sys::jurat_snp_request_serve_nowait(request, gpa, npages, &c, &mut ret, &mut needed, &mut wait_ms, error)
        })?;
        Ok(Self::answer(result, ret, needed, wait_ms))
    }

    /// Answers one KVM_EXIT_SNP_REQ_CERTS in kvm_run: why the guest got no certificates, for the log.
    pub fn handle_exit<M: GuestMemory>(&mut self, run: &mut KvmRun<'_>, memory: &M) -> Result<Option<String>, Error> {
        let c = memory_of(memory);
        let request = self.request.raw();
        calling_with_error(|error| unsafe { sys::jurat_snp_request_handle_exit(request, run.raw(), &c, error) })
            .map(|(_, why)| some(why))
    }

    /// The same without waiting for an updater.
    pub fn handle_exit_nowait<M: GuestMemory>(
        &mut self,
        run: &mut KvmRun<'_>,
        memory: &M,
    ) -> Result<Progress<Option<String>>, Error> {
        let (c, mut wait_ms) = (memory_of(memory), 0);
        let request = self.request.raw();
        let (result, why) = calling_with_error(|error| unsafe {
            sys::jurat_snp_request_handle_exit_nowait(request, run.raw(), &c, &mut wait_ms, error)
        })?;
        match result == sys::JURAT_BUSY as c_int {
            true => Ok(Progress::Wait(Duration::from_millis(wait_ms.into()))),
            false => Ok(Progress::Done(some(why))),
        }
    }

    /// Reports the result of a KVM_RUN, after every one: whether the lock was released. `rc` is 0 or -errno; `uninitialized`
    /// says that the vCPU's mp_state is KVM_MP_STATE_UNINITIALIZED.
    pub fn ran(&mut self, rc: i32, uninitialized: bool) -> bool {
        unsafe { sys::jurat_snp_request_ran(self.request.raw(), rc, flags(uninitialized)) == 1 }
    }

    /// The same for a VMM that uses [`handle_exit`](Self::handle_exit): clears `immediate_exit` with the lock.
    pub fn handle_ran(&mut self, run: &mut KvmRun<'_>, rc: i32, uninitialized: bool) -> bool {
        unsafe { sys::jurat_snp_request_handle_ran(self.request.raw(), run.raw(), rc, flags(uninitialized)) == 1 }
    }

    /// Discards a request and releases its lock, for a vCPU that was closed.
    pub fn reset(&mut self) {
        unsafe { sys::jurat_snp_request_reset(self.request.raw()) }
    }
}

fn flags(uninitialized: bool) -> u32 {
    if uninitialized {
        sys::JURAT_SNP_RAN_UNINITIALIZED
    } else {
        0
    }
}

fn some(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// How a quote request ended, for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuoteOutcome {
    /// Guest physical address of the buffer
    pub gpa: u64,
    /// Status in the buffer's header: 0, or an error defined by GHCI
    pub status: u64,
    /// Bytes of output in the buffer
    pub out_bytes: u64,
    /// Time from the request to its end
    pub took: Duration,
    /// The service's own error code; 0: none
    pub qgs_error: u32,
    /// Whether the request ended before GetQuote returned
    pub in_call: bool,
    /// What went wrong, one line; empty when nothing did
    pub text: String,
}

/// Injects an interrupt: vCPU, vector.
pub type Notify<'a> = Box<dyn Fn(u32, u8) + Send + Sync + 'a>;
/// Called when a request has ended.
pub type Log<'a> = Box<dyn Fn(&QuoteOutcome) + Send + Sync + 'a>;

/// Options of [`TdxQuotes`].
#[derive(Default)]
pub struct TdxQuotesOptions<'a> {
    /// "unix:PATH", "vsock:CID:PORT" or "tcp:127.0.0.1:PORT"; `None`: this host has no quoting service
    pub service: Option<&'a str>,
    /// How long GetQuote may wait for its quote; `None`: 20 ms; zero: not at all
    pub grace: Option<Duration>,
    /// Time after which a request fails; `None`: 25 s
    pub timeout: Option<Duration>,
    /// Concurrent connections to the service; `None`: 16
    pub max_connections: Option<u32>,
    /// Requests that may wait for a connection; `None`: 64
    pub max_waiting: Option<u32>,
    /// The running kernel's number for KVM_EXIT_TDX; `None`: 40
    pub exit_reason: Option<u32>,
    /// `kernel_tdvmcallinfo_1_r11`, `user_tdvmcallinfo_1_r11` and `kernel_tdvmcallinfo_1_r12` of KVM's capabilities
    pub capabilities: [u64; 3],
    /// Injects a vector into the vCPU that registered it; `None`: guests cannot register one
    pub notify: Option<Notify<'a>>,
    /// Called with the end of each request
    pub log: Option<Log<'a>>,
}

impl fmt::Debug for TdxQuotesOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TdxQuotesOptions").field("service", &self.service).finish_non_exhaustive()
    }
}

/// What C calls back.
struct Vm<'a> {
    memory: Box<dyn GuestMemory + Send + Sync + 'a>,
    notify: Option<Notify<'a>>,
    log: Option<Log<'a>>,
}

impl GuestMemory for Vm<'_> {
    fn read(&self, gpa: u64, to: &mut [u8]) -> Result<(), Fault> {
        self.memory.read(gpa, to)
    }
    fn write(&self, gpa: u64, from: &[u8]) -> Result<(), Fault> {
        self.memory.write(gpa, from)
    }
}

unsafe extern "C" fn notify(context: *mut c_void, vcpu: u32, vector: u8) {
    // SAFETY: the Vm lives as long as its quotes.
    callback((), || unsafe { &*context.cast::<Vm<'_>>() }.notify.iter().for_each(|f| f(vcpu, vector)))
}

unsafe extern "C" fn log(context: *mut c_void, outcome: *const sys::jurat_tdx_quote_outcome) {
    callback((), || {
        // SAFETY: an older library's struct is smaller: only its bytes are read.
        let (vm, c) = unsafe {
            let mut c: sys::jurat_tdx_quote_outcome = mem::zeroed();
            let n = (*outcome.cast::<usize>()).min(mem::size_of_val(&c));
            (&mut c as *mut sys::jurat_tdx_quote_outcome).cast::<u8>().copy_from(outcome.cast(), n);
            (&*context.cast::<Vm<'_>>(), c)
        };
        let outcome = QuoteOutcome {
            gpa: c.gpa,
            status: c.status,
            out_bytes: c.out_bytes,
            took: Duration::from_nanos(c.took_ns),
            qgs_error: c.qgs_error,
            in_call: c.in_call != 0,
            text: unsafe { text_of(c.text) }.unwrap_or_default().into_owned(),
        };
        vm.log.iter().for_each(|f| f(&outcome));
    })
}

/// The quote requests of one VM, with any number of vCPUs; dropping it ends every request in flight with an error.
///
/// Any thread may call any function, at the same time as others. Watch its descriptor ([`AsFd`]) for reading, and call
/// [`dispatch`](Self::dispatch) when it is ready. [`Fault`], panics and calls from callbacks: see [`GuestMemory`].
pub struct TdxQuotes<'a> {
    quotes: NonNull<sys::jurat_tdx_quotes>,
    vm: NonNull<Vm<'a>>, // a Box that C also refers to
}
// SAFETY: <jurat/host.h>: any thread; the callbacks are Send and Sync.
unsafe impl Send for TdxQuotes<'_> {}
unsafe impl Sync for TdxQuotes<'_> {}

impl<'a> TdxQuotes<'a> {
    /// Creates the VMM's side of GetQuote for one VM.
    pub fn open(
        options: TdxQuotesOptions<'a>,
        memory: impl GuestMemory + Send + Sync + 'a,
    ) -> Result<TdxQuotes<'a>, Error> {
        let service = options.service.map(|service| c_string("the address of the service", service)).transpose()?;
        let none_if_0 = |n| if n == 0 { sys::JURAT_TDX_QUOTES_NONE } else { n };
        let mut c = sized!(sys::jurat_tdx_quotes_options);
        c.service = service.as_ref().map_or(null(), |service| service.as_ptr());
        c.grace_ms = options.grace.map_or(0, |grace| none_if_0(milliseconds(grace)));
        c.timeout_ms = options.timeout.map_or(0, |timeout| milliseconds(timeout).max(1));
        c.max_connections = options.max_connections.unwrap_or(0);
        c.max_waiting = options.max_waiting.map_or(0, none_if_0);
        c.exit_reason = options.exit_reason.unwrap_or(0);
        c.kernel_tdvmcallinfo_1_r11 = options.capabilities[0];
        c.user_tdvmcallinfo_1_r11 = options.capabilities[1];
        c.kernel_tdvmcallinfo_1_r12 = options.capabilities[2];
        c.notify = options.notify.is_some().then_some(notify);
        c.log = options.log.is_some().then_some(log);
        let vm = Box::new(Vm { memory: Box::new(memory), notify: options.notify, log: options.log });
        let vm = created(Box::into_raw(vm));
        c.context = vm.as_ptr().cast();
        let (c_memory, mut handle) = (memory_of(unsafe { vm.as_ref() }), null_mut());
        match call(|error| unsafe { sys::jurat_tdx_quotes_open(&c, &c_memory, &mut handle, error) }) {
            Ok(_) => Ok(TdxQuotes { quotes: created(handle), vm }),
            Err(error) => {
                drop(unsafe { Box::from_raw(vm.as_ptr()) });
                Err(error)
            }
        }
    }

    /// Serves GetQuote, for a VMM without direct access to kvm_run: the value for R10, and why it is an error, for the log.
    pub fn serve(&self, gpa: u64, size: u64) -> Result<(u64, Option<String>), Error> {
        outside()?;
        let mut answer = 0;
        calling_with_error(|error| unsafe {
            sys::jurat_tdx_quotes_serve(self.quotes.as_ptr(), gpa, size, &mut answer, error)
        })
        .map(|(_, why)| (answer, some(why)))
    }

    /// Serves SetupEventNotifyInterrupt: the value for R10. Panics in a callback.
    pub fn setup_notify(&self, vector: u64, vcpu: u32) -> u64 {
        must_be_outside();
        calling(|| unsafe { sys::jurat_tdx_quotes_setup_notify(self.quotes.as_ptr(), vector, vcpu) })
    }

    /// Serves GetTdVmCallInfo: R11 to R14, or the error for R10. Panics in a callback.
    pub fn vmcall_info(&self, leaf: u64) -> Result<[u64; 4], u64> {
        must_be_outside();
        let mut values = [0; 4];
        match unsafe { sys::jurat_tdx_quotes_vmcall_info(self.quotes.as_ptr(), leaf, values.as_mut_ptr().cast()) } {
            0 => Ok(values),
            error => Err(error),
        }
    }

    /// Answers one KVM_EXIT_TDX in kvm_run: why the guest got an error, for the log. Only after a KVM_RUN that returned 0.
    pub fn handle_exit(&self, run: &mut KvmRun<'_>, vcpu: u32) -> Result<Option<String>, Error> {
        outside()?;
        calling_with_error(|error| unsafe {
            sys::jurat_tdx_quotes_handle_exit(self.quotes.as_ptr(), run.raw(), vcpu, error)
        })
        .map(|(_, why)| some(why))
    }

    /// Advances every request as far as possible without blocking.
    pub fn dispatch(&self) -> Result<(), Error> {
        outside()?;
        calling_with_error(|error| unsafe { sys::jurat_tdx_quotes_dispatch(self.quotes.as_ptr(), error) }).map(drop)
    }

    /// The number of requests that have not ended yet. Panics in a callback.
    pub fn outstanding_count(&self) -> usize {
        must_be_outside();
        unsafe { sys::jurat_tdx_quotes_outstanding_count(self.quotes.as_ptr()) }
    }

    /// Ends all requests with an error in the guest's buffer, for a VM that continues later. Panics in a callback.
    pub fn cancel(&self) {
        must_be_outside();
        calling(|| unsafe { sys::jurat_tdx_quotes_cancel(self.quotes.as_ptr()) });
    }

    /// Discards all requests and the guest's registration, and writes nothing to its memory. Panics in a callback.
    pub fn reset(&self) {
        must_be_outside();
        calling(|| unsafe { sys::jurat_tdx_quotes_reset(self.quotes.as_ptr()) });
    }
}

impl AsRawFd for TdxQuotes<'_> {
    fn as_raw_fd(&self) -> RawFd {
        unsafe { sys::jurat_tdx_quotes_fd(self.quotes.as_ptr()) }
    }
}

impl AsFd for TdxQuotes<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        // SAFETY: open as long as the quotes.
        unsafe { BorrowedFd::borrow_raw(self.as_raw_fd()) }
    }
}

impl fmt::Debug for TdxQuotes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TdxQuotes").finish_non_exhaustive()
    }
}

impl Drop for TdxQuotes<'_> {
    fn drop(&mut self) {
        // SAFETY: no call is in progress (&mut self); C calls nothing of the Vm after closing.
        unsafe {
            sys::jurat_tdx_quotes_close(self.quotes.as_ptr());
            drop(Box::from_raw(self.vm.as_ptr()));
        }
        drop(PANIC.with(|kept| kept.borrow_mut().take())); // its message was printed; drop must not panic
    }
}
