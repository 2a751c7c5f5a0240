//! The relay under attack: clients that behave as badly as they can against a relay in a process of its own, which must
//! go on serving others, log no panic, and stay within a bound of memory that each attack names.

#![allow(clippy::print_stdout, reason = "a test that cannot run says so, and others what they measured")]

mod disk;
mod files;
mod floods;
mod holds;
#[allow(dead_code)] // shared with the relay's own tests, which use more of it
#[path = "../../../relay/tests/blobs/http.rs"]
mod http;
mod integrity;
mod raw;
#[path = "../small_disk/mod.rs"]
mod small_disk;
mod storms;
#[allow(dead_code)] // shared with the relay's own tests, which use more of it
#[path = "../../../relay/tests/protocol/support.rs"]
mod support;
mod target;
