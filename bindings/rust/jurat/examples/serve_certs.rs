// SPDX-License-Identifier: MIT
//! A VMM's loop that serves certificates to one vCPU. KVM and the guest are simulated here, so that it runs anywhere; with
//! kvm-ioctls, `KVM_RUN` is `VcpuFd::run()` and kvm_run is what `VcpuFd::get_kvm_run()` returns.
//!
//! ```text
//! serve_certs [BLOB]
//! ```
use jurat::host::{Fault, GuestMemory, KvmRun, SnpCerts, SnpCertsOptions};
use std::{cell::RefCell, env, error::Error, path::Path};

const KVM_EXIT_SNP_REQ_CERTS: u32 = 43;
const GPA: u64 = 0x10000;

/// 16 pages of shared memory at `GPA`.
struct Memory(RefCell<Vec<u8>>);

impl GuestMemory for Memory {
    fn read(&self, _gpa: u64, _to: &mut [u8]) -> Result<(), Fault> {
        Err(Fault) // SEV-SNP needs no reads
    }

    fn write(&self, gpa: u64, from: &[u8]) -> Result<(), Fault> {
        let at = usize::try_from(gpa.checked_sub(GPA).ok_or(Fault)?).map_err(|_| Fault)?;
        let mut memory = self.0.borrow_mut();
        let to = memory.get_mut(at..).and_then(|rest| rest.get_mut(..from.len())).ok_or(Fault)?;
        to.copy_from_slice(from);
        Ok(())
    }
}

/// `struct kvm_run` as Linux has it.
#[repr(C, align(8))]
struct Run([u8; 4096]);

/// What KVM does: the first time, the guest asks for its certificates; then it has its report.
fn kvm_run(run: &mut Run, times: u32) -> i32 {
    let exit_reason = if times == 0 {
        KVM_EXIT_SNP_REQ_CERTS
    } else {
        5 /* KVM_EXIT_HLT */
    };
    run.0[8..12].copy_from_slice(&exit_reason.to_ne_bytes());
    if times == 0 {
        run.0[32..40].copy_from_slice(&GPA.to_ne_bytes());
        run.0[40..48].copy_from_slice(&16u64.to_ne_bytes()); // npages
    }
    0
}

fn main() -> Result<(), Box<dyn Error>> {
    let blob = env::args_os().nth(1);
    let certs = SnpCerts::new(blob.as_ref().map(Path::new), &SnpCertsOptions::default())?;
    let mut request = certs.request()?;
    let memory = Memory(RefCell::new(vec![0xff; 16 * 4096]));
    let mut run = Run([0; 4096]);
    for times in 0.. {
        let rc = kvm_run(&mut run, times);
        let mut shared = KvmRun::new(&mut run.0).ok_or("kvm_run is too small")?;
        if request.handle_ran(&mut shared, rc, false) {
            println!("the lock was released");
        }
        if rc < 0 || shared.exit_reason() != KVM_EXIT_SNP_REQ_CERTS {
            break;
        }
        if let Some(why) = request.handle_exit(&mut shared, &memory)? {
            println!("no certificates: {why}");
        }
        let answer = u64::from_ne_bytes(run.0[48..56].try_into()?);
        let entries = memory.0.borrow()[..16].iter().any(|&byte| byte != 0);
        println!("answer {answer} {} certificates", if entries { "with" } else { "without" });
    }
    Ok(())
}
