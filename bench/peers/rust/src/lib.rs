// SPDX-License-Identifier: MIT

//! The side of a verifier in the protocol of bench/peers: a line says which operation is to be done how often on the evidence
//! of which directory, and the answer is the processor time that it took.

#[cfg(feature = "qvl")]
pub mod qvl;

use std::collections::HashMap;
use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};

pub type Result<T> = std::result::Result<T, Box<dyn Error>>;
pub type Operations = HashMap<&'static str, Box<dyn FnMut() -> Result<()>>>;

/// A directory of evidence.
#[derive(Clone)]
pub struct Evidence {
    pub dir: PathBuf,
    /// The time to verify at, in seconds since 1970.
    pub at: u64,
}

impl Evidence {
    pub fn read(&self, name: &str) -> Result<Vec<u8>> {
        Ok(std::fs::read(self.dir.join(name))?)
    }

    pub fn text(&self, name: &str) -> Result<String> {
        Ok(String::from_utf8(self.read(name)?)?)
    }

    /// Its reports or quotes, again and again.
    pub fn pieces(&self, kind: &str) -> Result<impl FnMut() -> Vec<u8>> {
        let mut paths = vec![];
        for entry in std::fs::read_dir(self.dir.join(kind))? {
            paths.push(entry?.path());
        }
        paths.sort();
        let all = paths.iter().map(std::fs::read).collect::<std::io::Result<Vec<_>>>()?;
        let mut next = 0;
        Ok(move || {
            next += 1;
            all[next % all.len()].clone()
        })
    }
}

/// Processor time of this process, in nanoseconds.
fn used() -> i64 {
    let mut u: libc::rusage = unsafe { std::mem::zeroed() };
    unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut u) };
    let ns = |t: libc::timeval| t.tv_sec * 1_000_000_000 + t.tv_usec * 1_000;
    ns(u.ru_utime) + ns(u.ru_stime)
}

fn refused(e: Box<dyn Error>) -> String {
    format!("refused\t{}", e.to_string().split_whitespace().collect::<Vec<_>>().join(" "))
}

fn answer(operation: &mut dyn FnMut() -> Result<()>, n: u64) -> String {
    let before = used();
    for _ in 0..n {
        if let Err(e) = operation() {
            return refused(e);
        }
    }
    format!("ok\t{}", used() - before)
}

/// Answers until standard input ends.
pub fn run(prepare: fn(&Evidence) -> Result<Operations>) {
    let mut prepared = (String::new(), Operations::new());
    for line in std::io::stdin().lines() {
        let line = line.expect("standard input");
        let words: Vec<&str> = line.split('\t').collect();
        let [name, dir, at, n] = words[..] else { std::process::exit(2) };
        let evidence = Evidence { dir: Path::new(dir).into(), at: at.parse().expect("a time") };
        let key = format!("{dir}\t{at}");
        if prepared.0 != key {
            match prepare(&evidence) {
                Ok(operations) => prepared = (key, operations),
                Err(e) => {
                    println!("{}", refused(e));
                    continue;
                }
            }
        }
        match prepared.1.get_mut(name) {
            Some(operation) => println!("{}", answer(operation, n.parse().expect("a number"))),
            None => println!("unsupported\tno such operation"),
        }
        std::io::stdout().flush().expect("standard output");
    }
}
