// SPDX-License-Identifier: MIT
//! Finds the libraries of the enabled features with pkg-config.
use std::{env, process};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if env::var_os("DOCS_RS").is_some() {
        return; // documentation needs no library
    }
    for library in ["jurat", "jurat-host", "jurat-sim"] {
        let feature = "CARGO_FEATURE_".to_string() + &library.to_uppercase().replace('-', "_");
        if env::var_os(feature).is_none() {
            continue;
        }
        if let Err(why) = pkg_config::Config::new().atleast_version("0.1").probe(library) {
            eprintln!("jurat-sys: lib{library} is not found: install jurat's development files, or set PKG_CONFIG_PATH\n{why}");
            process::exit(1);
        }
    }
}
