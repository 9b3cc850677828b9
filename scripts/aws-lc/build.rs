// SPDX-License-Identifier: MIT
// Copies AWS-LC's headers and archive, as aws-lc-sys has built them, to $JURAT_AWS_LC/include and lib.
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// What aws-lc-sys says of itself: Cargo names it after the crate's `links` key, which has its version in it.
fn said(key: &str) -> PathBuf {
    let is_it = |name: &str| name.starts_with("DEP_AWS_LC_") && name.ends_with(&format!("_{key}"));
    let found = env::vars().find(|(name, _)| is_it(name)).map(|(_, value)| value);
    PathBuf::from(found.unwrap_or_else(|| panic!("aws-lc-sys does not say its {key}")))
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if !from.is_dir() {
        return fs::copy(from, to).map(|_| ());
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

fn main() -> io::Result<()> {
    let to = PathBuf::from(env::var("JURAT_AWS_LC").expect("JURAT_AWS_LC names the folder to copy to"));
    copy(&said("INCLUDE"), &to.join("include"))?;
    fs::create_dir_all(to.join("lib"))?;
    copy(&said("LIBCRYPTO_PATH"), &to.join("lib/libcrypto.a"))
}
