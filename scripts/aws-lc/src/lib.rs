// SPDX-License-Identifier: MIT
// Nothing: build.rs is what this crate is for.
