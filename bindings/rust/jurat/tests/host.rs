// SPDX-License-Identifier: MIT
//! The VMM's side, with guests that are only memory, and a quoting service of this file.
use jurat::host::*;
use jurat::Error;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::io::{AsFd, AsRawFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use std::{mem, process, thread};

const PAGE: usize = 4096;
const SUCCESS_IN_FLIGHT: u64 = u64::MAX;

fn directory(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", process::id()));
    fs::create_dir_all(&path).expect("a directory");
    path
}

/// Shared pages from guest address 0, as words: other threads look at them.
struct Memory(Vec<AtomicU64>);

impl Memory {
    fn new(pages: usize) -> Self {
        Memory((0..pages * PAGE / 8).map(|_| AtomicU64::new(SUCCESS_IN_FLIGHT)).collect())
    }

    fn byte(&self, at: usize) -> &AtomicU8 {
        assert!(at < self.0.len() * 8);
        unsafe { &*self.0.as_ptr().cast::<AtomicU8>().add(at) }
    }

    fn word(&self, at: usize) -> u64 {
        self.0[at / 8].load(Ordering::Acquire)
    }

    fn range(&self, gpa: u64, n: usize) -> Result<usize, Fault> {
        let at = usize::try_from(gpa).map_err(|_| Fault)?;
        (at <= self.0.len() * 8 && n <= self.0.len() * 8 - at).then_some(at).ok_or(Fault)
    }
}

impl GuestMemory for Memory {
    fn read(&self, gpa: u64, to: &mut [u8]) -> Result<(), Fault> {
        let at = self.range(gpa, to.len())?;
        to.iter_mut().enumerate().for_each(|(i, byte)| *byte = self.byte(at + i).load(Ordering::Relaxed));
        Ok(())
    }

    fn write(&self, gpa: u64, from: &[u8]) -> Result<(), Fault> {
        let at = self.range(gpa, from.len())?;
        match <[u8; 8]>::try_from(from) {
            Ok(word) if at % 8 == 0 => self.0[at / 8].store(u64::from_ne_bytes(word), Ordering::Release),
            _ => from.iter().enumerate().for_each(|(i, byte)| self.byte(at + i).store(*byte, Ordering::Relaxed)),
        }
        Ok(())
    }
}

struct Panics;

impl GuestMemory for Panics {
    fn read(&self, _: u64, _: &mut [u8]) -> Result<(), Fault> {
        panic!("of the guest's memory")
    }
    fn write(&self, _: u64, _: &[u8]) -> Result<(), Fault> {
        panic!("of the guest's memory")
    }
}

/// A GHCB certificate table with one entry of `n` bytes.
fn table(n: u32) -> Vec<u8> {
    let mut table =
        vec![0x63, 0xda, 0x75, 0x8d, 0xe6, 0x64, 0x45, 0x64, 0xad, 0xc5, 0xf4, 0xb9, 0x3b, 0xe8, 0xac, 0xcd];
    table.extend(48u32.to_le_bytes());
    table.extend(n.to_le_bytes());
    table.extend([0; 24]);
    table.extend(vec![0x5a; n as usize]);
    table
}

fn blob(name: &str, n: u32) -> PathBuf {
    let path = directory(name).join("certs.bin");
    fs::write(&path, table(n)).expect("a blob");
    path
}

/// An updater's lock of the blob, if it can be had: F_OFD_SETLK with F_WRLCK.
fn lock(path: &Path) -> Option<File> {
    #[repr(C)]
    struct Lock(i16, i16, i64, i64, i32);
    extern "C" {
        fn fcntl(fd: i32, command: i32, ...) -> i32;
    }
    let file = fs::OpenOptions::new().write(true).open(path).expect("the blob");
    (unsafe { fcntl(file.as_raw_fd(), 37, &Lock(1, 0, 0, 0, 0)) } == 0).then_some(file)
}

fn is_free(path: &Path) -> bool {
    lock(path).is_some()
}

#[test]
fn certificates_are_served_and_the_lock_is_held_until_kvm_run_returns() {
    let path = blob("held", 5000);
    let certs = SnpCerts::new(Some(&path), &SnpCertsOptions::default()).expect("certificates");
    let mut request = certs.request().expect("a request");
    drop(certs); // the request keeps them
    let memory = Memory::new(4);
    let few = request.serve(0, 1, &memory).expect("an answer");
    assert_eq!((few.kind, few.npages), (SnpAnswerKind::TooFewPages, 2));
    assert!(!request.ran(0, false) && is_free(&path));
    let answer = request.serve(0, 2, &memory).expect("an answer");
    assert_eq!((answer.kind, answer.kind.ret(), answer.npages, answer.why), (SnpAnswerKind::Written, 0, 2, None));
    let mut bytes = vec![0; 5048];
    for page in 0..2 {
        let n = bytes.len().min((page + 1) * PAGE);
        memory.read((page * PAGE) as u64, &mut bytes[page * PAGE..n]).expect("shared");
    }
    assert!(bytes == table(5000) && memory.word(2 * PAGE - 8) == 0 && memory.word(2 * PAGE) == SUCCESS_IN_FLIGHT);
    assert!(!is_free(&path), "an updater got the lock before KVM_RUN returned");
    assert!(matches!(request.serve(0, 2, &memory), Err(Error::Busy(_))));
    assert!(!request.ran(-4, true), "the vCPU is uninitialized: KVM has not completed the request");
    assert!(request.ran(0, false) && is_free(&path));
    request.serve(0, 2, &memory).expect("an answer");
    drop(request);
    assert!(is_free(&path));
}

#[test]
fn bad_requests_have_an_answer_and_a_text() {
    let path = blob("bad", 100);
    let certs = SnpCerts::new(Some(&path), &SnpCertsOptions::default()).expect("certificates");
    let mut request = certs.request().expect("a request");
    let memory = Memory::new(1);
    for gpa in [1, PAGE as u64, u64::MAX - 4095] {
        let answer = request.serve(gpa, 1, &memory).expect("an answer");
        assert!(answer.kind == SnpAnswerKind::Failed && answer.why.is_some(), "{gpa:#x}: {answer:?}");
        request.ran(0, false);
    }
    let none = SnpCerts::new(None, &SnpCertsOptions::default()).expect("no certificates");
    let mut request = none.request().expect("a request");
    assert_eq!(request.serve(0, 1, &memory).expect("an answer").kind, SnpAnswerKind::Written);
    assert!(memory.word(0) == 0 && memory.word(16) == 0);
    let nul = SnpCerts::new(Some(Path::new("a\0b")), &SnpCertsOptions::default());
    assert!(matches!(nul, Err(Error::Invalid(text)) if text.contains("NUL")));
}

#[test]
fn a_directory_stands_for_a_hidden_path() {
    let path = blob("jail", 100);
    let directory = File::open(path.parent().expect("a directory")).expect("a directory");
    let options = SnpCertsOptions { directory: Some(directory.as_fd()), ..Default::default() };
    let certs = SnpCerts::new(Some(Path::new("certs.bin")), &options).expect("certificates");
    drop(directory);
    assert_eq!(certs.request().expect("a request").serve(0, 1, &Memory::new(1)).expect("an answer").why, None);
    let file = File::open(&path).expect("the blob");
    let options = SnpCertsOptions { directory: Some(file.as_fd()), ..Default::default() };
    let error = SnpCerts::new(Some(Path::new("certs.bin")), &options).expect_err("not a directory");
    assert_eq!(error.errno(), 20);
}

#[test]
fn an_updater_is_waited_for_or_not() {
    let path = blob("updater", 100);
    let options = SnpCertsOptions { lock_wait: Some(Duration::from_millis(20)), ..Default::default() };
    let certs = SnpCerts::new(Some(&path), &options).expect("certificates");
    let (mut request, memory) = (certs.request().expect("a request"), Memory::new(1));
    let updater = lock(&path).expect("a lock");
    let began = Instant::now();
    match request.serve_nowait(0, 1, &memory).expect("progress") {
        Progress::Wait(wait) => assert!(wait <= Duration::from_millis(20)),
        done => panic!("{done:?}"),
    }
    assert_eq!(request.serve(0, 1, &memory).expect("an answer").kind, SnpAnswerKind::Again);
    assert!(began.elapsed() >= Duration::from_millis(20));
    drop(updater);
    request.ran(0, false);
    let answer = request.serve_nowait(0, 1, &memory).expect("progress");
    assert!(matches!(answer, Progress::Done(SnpAnswer { kind: SnpAnswerKind::Written, .. })), "{answer:?}");
    request.reset();
    assert!(is_free(&path));
}

/// `struct kvm_run` as Linux has it.
#[repr(C, align(8))]
struct Run([u8; PAGE]);

impl Run {
    fn put(&mut self, at: usize, value: u64) {
        self.0[at..at + 8].copy_from_slice(&value.to_ne_bytes());
    }
    fn get(&self, at: usize) -> u64 {
        u64::from_ne_bytes(self.0[at..at + 8].try_into().expect("8 bytes"))
    }
}

#[test]
fn exits_are_answered_in_kvm_run() {
    let path = blob("run", 100);
    let certs = SnpCerts::new(Some(&path), &SnpCertsOptions::default()).expect("certificates");
    let (mut request, memory) = (certs.request().expect("a request"), Memory::new(1));
    let mut run = Run([0; PAGE]);
    let mut shared = KvmRun::new(&mut run.0).expect("a kvm_run");
    assert!(matches!(request.handle_exit(&mut shared, &memory), Err(Error::Invalid(_))), "an exit of another kind");
    run.put(8, 43);
    run.put(40, 1);
    let mut shared = KvmRun::new(&mut run.0).expect("a kvm_run");
    assert_eq!((shared.exit_reason(), request.handle_exit(&mut shared, &memory)), (43, Ok(None)));
    assert_eq!((run.get(48), run.0[1], is_free(&path)), (0, 1, false)); // ret, immediate_exit
    let mut shared = unsafe { KvmRun::from_ptr(run.0.as_mut_ptr().cast()) }.expect("a kvm_run");
    assert!(request.handle_ran(&mut shared, -4, false));
    assert_eq!((run.0[1], is_free(&path)), (0, true));
    let mut shared = KvmRun::new(&mut run.0).expect("a kvm_run");
    assert!(request.handle_exit_nowait(&mut shared, &memory).is_err(), "KVM_RUN has failed: exit_reason is stale");
    assert!(KvmRun::new(&mut run.0[..95]).is_none() && KvmRun::new(&mut run.0[1..]).is_none());
}

#[test]
fn a_panic_of_guest_memory_goes_on_in_the_caller() {
    let path = blob("panic", 100);
    let certs = SnpCerts::new(Some(&path), &SnpCertsOptions::default()).expect("certificates");
    let mut request = certs.request().expect("a request");
    let panic = catch_unwind(AssertUnwindSafe(|| request.serve(0, 1, &Panics))).expect_err("a panic");
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"of the guest's memory"));
    request.ran(0, false);
    assert!(is_free(&path));
    assert_eq!(request.serve(0, 1, &Memory::new(1)).expect("an answer").why, None);
    let quotes = TdxQuotes::open(TdxQuotesOptions::default(), Panics).expect("quotes");
    catch_unwind(AssertUnwindSafe(|| quotes.serve(0, PAGE as u64))).expect_err("a panic");
}

/// A request of a guest: a TDREPORT in a buffer of 2 pages.
fn ask(memory: &Memory, gpa: u64) {
    let header = [1u64.to_le_bytes(), 0u64.to_le_bytes(), 1024u64.to_le_bytes()].concat();
    memory.write(gpa, &header).expect("shared");
}

fn outcomes() -> (Arc<Mutex<Vec<QuoteOutcome>>>, Log<'static>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let to = seen.clone();
    (seen, Box::new(move |outcome| to.lock().expect("a lock").push(outcome.clone())))
}

#[test]
fn without_a_service_the_guest_gets_a_status() {
    let memory = Arc::new(Memory::new(4));
    let (seen, log) = outcomes();
    let quotes = TdxQuotes::open(TdxQuotesOptions { log: Some(log), ..Default::default() }, Shared(memory.clone()));
    let quotes = quotes.expect("quotes");
    ask(&memory, 0);
    assert_eq!(quotes.serve(0, 2 * PAGE as u64).expect("an answer"), (0, None));
    assert_eq!(memory.word(8), 0x8000_0000_0000_0001);
    let outcome = seen.lock().expect("a lock").pop().expect("an outcome");
    assert_eq!((outcome.gpa, outcome.status, outcome.in_call), (0, 0x8000_0000_0000_0001, true));
    assert!(!outcome.text.is_empty());
    let (answer, why) = quotes.serve(1, PAGE as u64).expect("an answer");
    assert!(answer == 0x8000_0000_0000_0002 && why.is_some());
    assert_eq!(quotes.setup_notify(48, 0), 0x8000_0000_0000_0003);
    assert_eq!((quotes.vmcall_info(1), quotes.vmcall_info(0).is_err()), (Ok([0; 4]), true));
    let mut run = Run([0; PAGE]);
    let mut shared = KvmRun::new(&mut run.0).expect("a kvm_run");
    assert!(matches!(quotes.handle_exit(&mut shared, 0), Err(Error::Invalid(_))));
    let bad = TdxQuotes::open(TdxQuotesOptions { service: Some("nowhere"), ..Default::default() }, Memory::new(1));
    assert!(matches!(bad, Err(Error::Invalid(text)) if text.contains("nowhere")));
}

struct Shared(Arc<Memory>);

impl GuestMemory for Shared {
    fn read(&self, gpa: u64, to: &mut [u8]) -> Result<(), Fault> {
        self.0.read(gpa, to)
    }
    fn write(&self, gpa: u64, from: &[u8]) -> Result<(), Fault> {
        self.0.write(gpa, from)
    }
}

/// A quoting service: 4 bytes of length, then a GET_QUOTE_RESP whose quote is `quote`.
fn service(path: &Path, quote: &'static [u8]) {
    let listener = UnixListener::bind(path).expect("a socket");
    let serve = move |stream: std::io::Result<UnixStream>| {
        let mut stream = stream.expect("a connection");
        let mut length = [0; 4];
        while stream.read_exact(&mut length).is_ok() {
            let mut request = vec![0; u32::from_be_bytes(length) as usize];
            stream.read_exact(&mut request).expect("a request");
            let n = quote.len() as u32;
            let mut message = request[0..4].to_vec(); // the request's version
                                                      // GET_QUOTE_RESP, size, no error, no selected identity, size of the quote
            for field in [1, 24 + n, 0, 0, n] {
                message.extend(field.to_le_bytes());
            }
            message.extend(quote);
            stream.write_all(&(message.len() as u32).to_be_bytes()).expect("a response");
            stream.write_all(&message).expect("a response");
        }
    };
    thread::spawn(move || listener.incoming().for_each(serve));
}

#[repr(C)]
struct PollFd(i32, i16, i16);
extern "C" {
    fn poll(fds: *mut PollFd, n: u64, timeout_ms: i32) -> i32;
}

#[test]
fn quotes_come_from_the_service_while_threads_ask_and_the_loop_dispatches() {
    let directory = directory("quotes");
    let path = directory.join("qgs.socket");
    service(&path, b"a quote of this test");
    let address = format!("unix:{}", path.display());
    let memory = Arc::new(Memory::new(8));
    let (seen, log) = outcomes();
    let notified = Arc::new(AtomicUsize::new(0));
    let count = notified.clone();
    let options = TdxQuotesOptions {
        service: Some(&address),
        grace: Some(Duration::ZERO),
        max_waiting: Some(100),
        log: Some(log),
        notify: Some(Box::new(move |vcpu, vector| {
            assert_eq!((vcpu, vector), (7, 48));
            count.fetch_add(1, Ordering::Relaxed);
        })),
        ..Default::default()
    };
    let quotes = TdxQuotes::open(options, Shared(memory.clone())).expect("quotes");
    assert_eq!(quotes.setup_notify(48, 7), 0);
    thread::scope(|scope| {
        for vcpu in 0..4 {
            let (quotes, memory) = (&quotes, &memory);
            scope.spawn(move || {
                let gpa = vcpu * 2 * PAGE as u64;
                ask(memory, gpa);
                assert_eq!(quotes.serve(gpa, 2 * PAGE as u64), Ok((0, None)));
            });
        }
        let end = Instant::now() + Duration::from_secs(20);
        while (0..4).any(|i| memory.word(i * 2 * PAGE + 8) == SUCCESS_IN_FLIGHT) || quotes.outstanding_count() > 0 {
            assert!(Instant::now() < end, "{seen:?}");
            let mut fd = PollFd(quotes.as_fd().as_raw_fd(), 1, 0);
            unsafe { poll(&mut fd, 1, 100) };
            quotes.dispatch().expect("a timer");
        }
    });
    for outcome in seen.lock().expect("a lock").iter() {
        assert_eq!((outcome.status, outcome.out_bytes, outcome.text.as_str()), (0, 20, ""));
        let mut quote = [0; 20];
        memory.read(outcome.gpa + 24, &mut quote).expect("shared");
        assert_eq!(&quote, b"a quote of this test");
    }
    assert_eq!((seen.lock().expect("a lock").len(), notified.load(Ordering::Relaxed)), (4, 4));
}

#[test]
fn a_callback_that_calls_quotes_is_an_error_and_no_deadlock() {
    let cell: Arc<Mutex<Option<usize>>> = Arc::new(Mutex::new(None));
    let (address, result) = (cell.clone(), Arc::new(Mutex::new(None)));
    let result_of_log = result.clone();
    let log: Log<'static> = Box::new(move |_| {
        let quotes = address.lock().expect("a lock").expect("an address") as *const TdxQuotes<'static>;
        let quotes = unsafe { &*quotes }; // the one that calls
        *result_of_log.lock().expect("a lock") = Some(quotes.dispatch());
        quotes.cancel();
    });
    let memory = Arc::new(Memory::new(4));
    let options = TdxQuotesOptions { log: Some(log), ..Default::default() };
    let quotes = Box::new(TdxQuotes::open(options, Shared(memory.clone())).expect("quotes"));
    *cell.lock().expect("a lock") = Some(&*quotes as *const TdxQuotes<'static> as usize);
    ask(&memory, 0);
    let panic = catch_unwind(AssertUnwindSafe(|| quotes.serve(0, 2 * PAGE as u64))).expect_err("cancel() panics");
    assert!(panic.downcast_ref::<String>().expect("a text").contains("callback"));
    assert!(matches!(*result.lock().expect("a lock"), Some(Err(Error::Busy(_)))));
    assert_eq!(quotes.outstanding_count(), 0);
}

#[test]
fn requests_in_flight_end_with_cancel_reset_and_drop() {
    let directory = directory("silent");
    let path = directory.join("qgs.socket");
    let _listener = UnixListener::bind(&path).expect("a socket"); // accepts nobody
    let address = format!("unix:{}", path.display());
    let memory = Arc::new(Memory::new(4));
    let (seen, log) = outcomes();
    let options = TdxQuotesOptions {
        service: Some(&address),
        grace: Some(Duration::from_millis(1)),
        log: Some(log),
        ..Default::default()
    };
    let quotes = TdxQuotes::open(options, Shared(memory.clone())).expect("quotes");
    for end in ["cancel", "reset", "drop"] {
        ask(&memory, 0);
        assert_eq!(quotes.serve(0, 2 * PAGE as u64), Ok((0, None)));
        assert_eq!((memory.word(8), quotes.outstanding_count()), (SUCCESS_IN_FLIGHT, 1), "{end}");
        match end {
            "cancel" => quotes.cancel(),
            "reset" => quotes.reset(),
            _ => break,
        }
        assert_eq!((memory.word(8) == SUCCESS_IN_FLIGHT, quotes.outstanding_count()), (end == "reset", 0));
    }
    drop(quotes);
    assert_ne!(memory.word(8), SUCCESS_IN_FLIGHT);
    assert_eq!(seen.lock().expect("a lock").len(), 3);
}

/// `SnpRequest` is `Send` and not `Sync`: the header allows one thread at a time.
#[test]
fn handles_are_as_shareable_as_the_headers_say() {
    fn send<T: Send>() {}
    fn sync<T: Sync>() {}
    send::<SnpCerts>();
    sync::<SnpCerts>();
    send::<SnpRequest>();
    send::<TdxQuotes<'_>>();
    sync::<TdxQuotes<'_>>();
    send::<KvmRun<'_>>();
    assert!(mem::size_of::<KvmRun<'_>>() == mem::size_of::<usize>());
}
