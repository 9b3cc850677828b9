// SPDX-License-Identifier: MIT
//! Structs, enums, macros and functions of the installed headers are those of this crate: asks the C compiler.
use jurat_sys::*;
use std::process::Command;
use std::{env, fs, mem, path::Path, ptr};

/// Size, and offsets and sizes of the members, as Rust lays a struct out.
macro_rules! layout {
    ($lines:ident, $name:ident, $($member:ident),*) => {
        let value = mem::MaybeUninit::<$name>::zeroed();
        let base = value.as_ptr();
        $lines.push(format!("{} {}", stringify!($name), mem::size_of::<$name>()));
        $(
            let at = unsafe { ptr::addr_of!((*base).$member) };
            let size = mem::size_of_val(unsafe { &*at });
            let offset = at as usize - base as usize;
            $lines.push(format!("{}.{} {offset} {size}", stringify!($name), stringify!($member).trim_end_matches('_')));
        )*
    };
}

include!("layout/table.rs");

/// What pkg-config prints, as arguments: backslashes escape spaces.
fn cflags() -> Vec<String> {
    let output = Command::new("pkg-config").args(["--cflags", "jurat"]).output().expect("pkg-config");
    assert!(output.status.success(), "pkg-config does not find jurat: {output:?}");
    let (mut words, mut escaped) = (vec![String::new()], false);
    for c in String::from_utf8(output.stdout).expect("UTF-8").trim().chars() {
        match c {
            '\\' if !escaped => escaped = true,
            ' ' if !escaped => words.push(String::new()),
            _ => {
                words.last_mut().expect("one word").push(c);
                escaped = false;
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[test]
fn rust_and_c_agree_on_every_struct_enum_macro_and_function() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("layout-{}", std::process::id()));
    fs::create_dir_all(&directory).expect("a directory");
    let program = directory.join("layout");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/layout/layout.c");
    let cc = env::var("CC").unwrap_or_else(|_| "cc".into());
    let done = Command::new(cc).args(cflags()).arg("-o").arg(&program).arg(source).output().expect("a C compiler");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let done = Command::new(&program).output().expect("the program");
    fs::remove_dir_all(&directory).expect("its directory");
    let c = String::from_utf8(done.stdout).expect("UTF-8");
    let ours = lines();
    assert!(ours.len() > 250, "only {} lines", ours.len());
    for (c, ours) in c.lines().zip(&ours) {
        assert_eq!(c, ours);
    }
    assert_eq!(c.lines().count(), ours.len());
}

#[test]
fn the_libraries_are_of_this_version_or_later() {
    for version in [unsafe { jurat_version() }, unsafe { jurat_host_version() }] {
        let text = unsafe { std::ffi::CStr::from_ptr(version) }.to_str().expect("UTF-8");
        let minor = text.split('.').nth(1).expect("MAJOR.MINOR.PATCH");
        assert!(text.starts_with("0.") && minor.parse::<u32>().expect("a number") >= 1, "{text}");
    }
}
