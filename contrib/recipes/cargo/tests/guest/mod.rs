// SPDX-License-Identifier: MIT
//! Runs tests as guests of `jurat run`: each in a process and on a software platform of its own. cargo runs them in parallel.
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

pub fn in_guest() -> bool {
    env::var_os("GUEST").is_some()
}

fn artefacts() -> PathBuf {
    env::var_os("ARTEFACTS").map_or_else(|| env!("CARGO_TARGET_TMPDIR").into(), PathBuf::from)
}

/// Starts this program again under `jurat run` with these options, for the test `name` only. It leaves a trace.
pub fn command(name: &str, options: &[&str]) -> Command {
    let mut command = Command::new("jurat");
    command.arg("run").arg("--trace").arg(artefacts().join(format!("{name}.trace.json"))).args(options);
    command.arg("--").arg(env::current_exe().expect("a path")).args(["--exact", name, "--nocapture"]);
    command.env("GUEST", "yes");
    command
}

/// Runs `test` as a guest.
pub fn guest(name: &str, options: &[&str], test: impl FnOnce()) {
    if in_guest() {
        return test();
    }
    let done = command(name, options).output().expect("jurat");
    let said = [done.stdout, done.stderr].concat();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&said));
}

/// Asks jurat about evidence of this guest's platform, and what comes with it.
pub fn verify(files: &[Vec<u8>], option: &str, more: &[&str]) {
    let roots = env::var_os("JURAT_ROOTS").expect("a guest");
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("evidence-{}", std::process::id()));
    fs::create_dir_all(&directory).expect("a directory");
    let mut command = Command::new("jurat");
    command.arg("verify").arg("--roots").arg(&roots).args(more);
    for (number, bytes) in files.iter().enumerate() {
        let path = directory.join(number.to_string());
        fs::write(&path, bytes).expect("a file");
        match number {
            0 => command.arg(path),
            _ => command.arg(option).arg(path),
        };
    }
    if option == "--collateral" {
        command.arg(option).arg(Path::new(&roots).join("collateral"));
    }
    let done = command.output().expect("jurat");
    fs::remove_dir_all(&directory).expect("its directory");
    assert!(
        done.status.success(),
        "{}{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
}
