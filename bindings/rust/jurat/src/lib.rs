// SPDX-License-Identifier: MIT
//! Attestation evidence of confidential VMs, SEV-SNP and TDX: a safe interface of libjurat and libjurat-host.
//!
//! - [`verify`]: appraises evidence against endorsements and a policy. `Ok` means accepted, everything else is a refusal.
//! - [`host`]: for virtual machine monitors. Serves KVM_EXIT_SNP_REQ_CERTS and GetQuote.
//!
//! Each is a feature, and links one library. The manual pages of the C functions have the details; jurat-verify(1) lists the
//! reasons for a refusal, jurat-policy(5) the members of a policy.
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]

use jurat_sys as sys;
use std::borrow::Cow;
use std::ffi::{CStr, CString};
use std::fmt;
use std::os::raw::{c_char, c_int};

/// A type with the values of a C enum.
#[cfg(feature = "verify")]
macro_rules! value_enum {
    ($(#[$doc:meta])* $type:ident { $($(#[$value_doc:meta])* $name:ident = $value:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $type {
            $($(#[$value_doc])* $name,)*
            /// A value of a later release. Treat it as not acceptable.
            Other(u32),
        }

        impl From<u32> for $type {
            fn from(value: u32) -> Self {
                match value {
                    $($value => $type::$name,)*
                    _ => $type::Other(value),
                }
            }
        }

        impl From<$type> for u32 {
            fn from(value: $type) -> u32 {
                match value {
                    $($type::$name => $value,)*
                    $type::Other(value) => value,
                }
            }
        }
    };
}

/// A type with the codes of `<jurat/reasons.h>`.
#[cfg(feature = "verify")]
macro_rules! code_enum {
    ($(#[$doc:meta])* $type:ident { $($(#[$code_doc:meta])* $name:ident = $code:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $type {
            $($(#[$code_doc])* $name,)*
            /// A code that this crate does not know, of a later release of the library
            Other,
        }

        impl $type {
            /// Its code, such as in the verdict's JSON; `""` for `Other`.
            pub fn code(self) -> &'static str {
                match self {
                    $($type::$name => $code,)*
                    $type::Other => "",
                }
            }

            /// The value with this code, or `Other`.
            pub fn from_code(code: &str) -> Self {
                match code {
                    $($code => $type::$name,)*
                    _ => $type::Other,
                }
            }
        }
    };
}

#[cfg(feature = "verify")]
mod codes;
#[cfg(feature = "host")]
pub mod host;
#[cfg(feature = "verify")]
pub mod verify;

/// Why a call failed. Nothing was changed by it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The input is malformed (EBADMSG): what, and where
    Malformed(String),
    /// An argument or an option is invalid (EINVAL)
    Invalid(String),
    /// The handle is in use, or a call is not allowed here (EBUSY, EDEADLK)
    Busy(String),
    /// Out of memory (ENOMEM)
    Memory(String),
    /// Anything else that C reports as -errno
    Os {
        /// The errno, above 0
        errno: i32,
        /// What failed, and why
        text: String,
    },
}

const ENOMEM: i32 = 12;
const EBUSY: i32 = 16;
const EINVAL: i32 = 22;
const EDEADLK: i32 = 35;
const EBADMSG: i32 = 74;

impl Error {
    fn new(errno: i32, text: String) -> Self {
        match errno {
            EBADMSG => Error::Malformed(text),
            EINVAL => Error::Invalid(text),
            EBUSY | EDEADLK => Error::Busy(text),
            ENOMEM => Error::Memory(text),
            _ => Error::Os { errno, text },
        }
    }

    /// The text: "where: what: why", one line.
    pub fn text(&self) -> &str {
        match self {
            Error::Malformed(text) | Error::Invalid(text) | Error::Busy(text) | Error::Memory(text) => text,
            Error::Os { text, .. } => text,
        }
    }

    /// The errno that C reports it as.
    pub fn errno(&self) -> i32 {
        match self {
            Error::Malformed(_) => EBADMSG,
            Error::Invalid(_) => EINVAL,
            Error::Busy(_) => EBUSY,
            Error::Memory(_) => ENOMEM,
            Error::Os { errno, .. } => *errno,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.text() {
            "" => write!(f, "errno {}", self.errno()),
            text => f.write_str(text),
        }
    }
}

impl std::error::Error for Error {}

/// Calls C with a buffer for the error text: the result if it is not negative, and the text.
fn call(f: impl FnOnce(*mut sys::jurat_error) -> c_int) -> Result<(c_int, String), Error> {
    let mut error = sys::jurat_error { text: [0; sys::JURAT_ERROR_TEXT_BYTES] };
    let result = f(&mut error);
    // SAFETY: the library ends the text with a NUL, and it was all NUL before.
    let text = unsafe { text_of(error.text.as_ptr()) }.unwrap_or_default().into_owned();
    match result {
        0.. => Ok((result, text)),
        _ => Err(Error::new(result.wrapping_neg(), text)),
    }
}

/// SAFETY: NULL or a NUL-terminated string that lives as long as 'a.
unsafe fn text_of<'a>(text: *const c_char) -> Option<Cow<'a, str>> {
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_string_lossy())
}

/// SAFETY: NULL or `n` bytes that live as long as 'a.
#[cfg(feature = "verify")]
unsafe fn bytes_of<'a>(bytes: *const u8, n: usize) -> Option<&'a [u8]> {
    (!bytes.is_null()).then(|| unsafe { std::slice::from_raw_parts(bytes, n) })
}

fn c_string(what: &str, bytes: impl Into<Vec<u8>>) -> Result<CString, Error> {
    CString::new(bytes).map_err(|_| Error::Invalid(format!("{what} contains a NUL")))
}

/// A struct of C with its size set and every other member at its default.
macro_rules! sized {
    ($type:ty) => {{
        // SAFETY: integers, pointers and optional functions, for all of which zero is a value.
        let mut value: $type = unsafe { std::mem::zeroed() };
        value.size = std::mem::size_of::<$type>();
        value
    }};
}
use sized;

/// A handle of C, freed with its Rust value.
macro_rules! handle {
    ($(#[$doc:meta])* $name:ident, $raw:ident, $free:ident) => {
        $(#[$doc])*
        pub struct $name(std::ptr::NonNull<jurat_sys::$raw>);

        impl $name {
            fn raw(&self) -> *mut jurat_sys::$raw {
                self.0.as_ptr()
            }
        }

        impl Drop for $name {
            fn drop(&mut self) {
                // SAFETY: the only owner, and nothing borrows from it any more.
                unsafe { jurat_sys::$free(self.raw()) }
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    };
}
use handle;

/// What C has created.
fn created<T>(handle: *mut T) -> std::ptr::NonNull<T> {
    std::ptr::NonNull::new(handle).expect("a function that succeeded sets its handle")
}
