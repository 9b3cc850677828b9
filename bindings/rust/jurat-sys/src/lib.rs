// SPDX-License-Identifier: MIT
//! Declarations of jurat's libraries, for C's callers in Rust. The crate `jurat` has a safe interface.
//!
//! | feature | library | headers |
//! |---|---|---|
//! | `jurat` | libjurat | `<jurat/verify.h>`, `<jurat/guest.h>`, `<jurat/measure.h>` |
//! | `jurat-host` | libjurat-host, which needs libc only | `<jurat/host.h>` |
//! | `jurat-sim` | libjurat-sim, for tests | `<jurat/sim.h>` |
//!
//! pkg-config finds the libraries. Types and macros of all headers are always there, functions with their feature. Every text
//! is that of the header, and each function has a manual page. The declarations are written by `bindings/declarations`;
//! `tests/layout.rs` compares them with what the C compiler makes of the installed headers.
#![deny(missing_docs)]

#[rustfmt::skip]
#[allow(clippy::doc_lazy_continuation, clippy::too_long_first_doc_paragraph)]
mod declarations;
pub use declarations::*;
