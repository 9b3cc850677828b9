// SPDX-License-Identifier: MIT

//! The side of the adapter in the protocol of `jurat cases run`: a case is a directory, the answer to it a line.

use serde_json::{json, Value};
use std::error::Error;
use std::path::{Path, PathBuf};

pub type Judged = Result<(), Box<dyn Error>>;

/// What the verifier leaves to its caller, or has no input for.
#[derive(Debug)]
pub struct Unsupported(pub String);

impl std::fmt::Display for Unsupported {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Unsupported {}

pub fn unsupported(what: impl Into<String>) -> Box<dyn Error> {
    Box::new(Unsupported(what.into()))
}

/// A case.json, and the directory that it is in.
pub struct Case {
    dir: PathBuf,
    pub says: Value,
}

impl Case {
    pub fn text(&self, member: &str) -> &str {
        self.says[member].as_str().unwrap_or_default()
    }

    /// The time to verify at, in seconds since 1970.
    pub fn seconds(&self) -> u64 {
        let at = chrono::DateTime::parse_from_rfc3339(self.text("at")).expect("at");
        at.timestamp() as u64
    }

    pub fn has(&self, role: &str) -> bool {
        self.says["files"][role].is_string()
    }

    /// A file of the case by its role.
    pub fn read(&self, role: &str) -> Result<Vec<u8>, Box<dyn Error>> {
        match self.says["files"][role].as_str() {
            Some(name) => Ok(std::fs::read(self.dir.join(name))?),
            None => Err(unsupported(format!("the case has no {role}"))),
        }
    }

    /// One or several values of a policy member.
    pub fn values(&self, member: &str) -> Vec<Value> {
        match &self.says["policy"][member] {
            Value::Null => vec![],
            Value::Array(several) => several.clone(),
            one => vec![one.clone()],
        }
    }

    /// An error if the policy has a member that is not among these.
    pub fn only(&self, members: &[&str]) -> Judged {
        let policy = self.says["policy"].as_object();
        match policy.and_then(|p| p.keys().find(|m| !members.contains(&m.as_str()))) {
            Some(member) => Err(unsupported(format!("no counterpart of policy member {member}"))),
            None => Ok(()),
        }
    }
}

fn judged(case: &Case, judge: fn(&Case) -> Judged, abilities: &[&str]) -> Judged {
    let needs = case.says["needs"].as_array().into_iter().flatten();
    match needs.filter_map(Value::as_str).find(|need| !abilities.contains(need)) {
        Some(need) => Err(unsupported(format!("the verifier has no {need}"))),
        None => judge(case),
    }
}

fn answer(dir: &Path, judge: fn(&Case) -> Judged, abilities: &[&str]) {
    let text = std::fs::read_to_string(dir.join("case.json")).expect("case.json");
    let case = Case { dir: dir.into(), says: serde_json::from_str(&text).expect("case.json") };
    let (verdict, reason) = match judged(&case, judge, abilities) {
        Ok(()) => ("accepted", String::new()),
        Err(e) if e.is::<Unsupported>() => ("unsupported", e.to_string()),
        Err(e) => ("refused", format!("{e:#}")),
    };
    println!("{}", json!({"case": case.text("id"), "verdict": verdict, "reason": reason}));
}

/// Answers for the directory that the program is called with, or with --lines for each that it reads.
/// The abilities are those that cases may need.
pub fn run(judge: fn(&Case) -> Judged, abilities: &[&str]) {
    let argument = std::env::args().nth(1).expect("usage: ADAPTER CASE_DIR | --lines");
    if argument != "--lines" {
        return answer(Path::new(&argument), judge, abilities);
    }
    for line in std::io::stdin().lines() {
        answer(Path::new(&line.expect("standard input")), judge, abilities);
    }
}
