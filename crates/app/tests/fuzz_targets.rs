//! The fuzz targets of `fuzz/`, compiled and fed here too, since the workspace does not hold that crate: only nightly Rust
//! links it. What changes under a target breaks this test, and not the next fuzzer's run.
//!
//! A stand-in for `libfuzzer-sys` makes a function of each target. The target `session` is missing: it calls one function
//! of the relay's that exists for it and for the relay's own test.

use std::path::{Path, PathBuf};

extern crate self as libfuzzer_sys;

/// Declares the targets as modules, and lists them.
macro_rules! targets {
    ($($name:ident at $path:literal,)*) => {
        $(
            // `no_main` says nothing in a module.
            #[allow(unused_attributes)]
            #[path = $path]
            mod $name;
        )*

        const TARGETS: &[Target] = &[$((stringify!($name), $name::target)),*];
    };
}

type Target = (&'static str, fn(&[u8]));

targets! {
    calendar at "../../../fuzz/fuzz_targets/calendar.rs",
    card_record at "../../../fuzz/fuzz_targets/card_record.rs",
    content at "../../../fuzz/fuzz_targets/content.rs",
    desk_event at "../../../fuzz/fuzz_targets/desk_event.rs",
    engine at "../../../fuzz/fuzz_targets/engine.rs",
    entry at "../../../fuzz/fuzz_targets/entry.rs",
    foreign_deposits at "../../../fuzz/fuzz_targets/foreign_deposits.rs",
    form at "../../../fuzz/fuzz_targets/form.rs",
    frame at "../../../fuzz/fuzz_targets/frame.rs",
    link at "../../../fuzz/fuzz_targets/link.rs",
    picture at "../../../fuzz/fuzz_targets/picture.rs",
}

/// Runs in the relay's tests.
const ELSEWHERE: &str = "session";

/// How many frames of the corpus each target takes.
const FRAMES: usize = 100;

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

fn names(dir: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(fuzz().join(dir)).expect("the folder is kept");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
}

#[test]
fn every_fuzz_target_is_compiled_by_the_tests_and_known_to_the_fuzzer() {
    let manifest = std::fs::read_to_string(fuzz().join("Cargo.toml")).expect("a manifest");
    let mut known: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).chain([ELSEWHERE]).collect();
    known.sort_unstable();
    let files = names("fuzz_targets");
    let found: Vec<&str> =
        files.iter().map(|path| path.file_stem().and_then(|name| name.to_str()).expect("a name")).collect();
    assert_eq!(found, known, "add a new target to `targets!`");
    for name in found {
        let path = format!("path = \"fuzz_targets/{name}.rs\"");
        assert!(manifest.contains(&path), "fuzz/Cargo.toml has no [[bin]] for {name}");
    }
    for name in manifest.lines().filter_map(|line| line.strip_prefix("path = \"fuzz_targets/")) {
        let name = name.trim_end_matches(".rs\"");
        assert!(known.contains(&name), "fuzz/Cargo.toml names {name}, which is no file");
    }
}

#[test]
fn the_target_that_is_not_compiled_here_calls_what_the_relay_has() {
    let read = |path: &str| std::fs::read_to_string(fuzz().join(path)).expect("a source file");
    assert!(read("fuzz_targets/session.rs").contains("    kuvert_relay::fuzzing::session(bytes);\n"));
    assert!(read("../crates/relay/src/lib.rs").contains("\npub mod fuzzing;\n"));
    assert!(read("../crates/relay/src/fuzzing/mod.rs").contains("\npub fn session(bytes: &[u8]) {\n"));
}

#[test]
fn fuzz_targets_stand_what_they_are_fed() {
    let corpus = names("corpus/frame");
    assert!(corpus.len() >= FRAMES, "the corpus is kept");
    for (name, target) in TARGETS {
        let fed = std::panic::catch_unwind(|| feed(*target, &corpus));
        assert!(fed.is_ok(), "the target {name} broke: see above");
    }
}

fn feed(target: fn(&[u8]), corpus: &[PathBuf]) {
    target(&[]);
    for (at, path) in corpus.iter().step_by(corpus.len() / FRAMES).enumerate() {
        let frame = std::fs::read(path).expect("a frame");
        target(&frame);
        // The engine takes what to do from the first byte.
        let kind = u8::try_from(at % 16).expect("small");
        target(&[&[kind][..], &frame].concat());
    }
}

/// Of a target's body, a function. Stands last, so that the targets find it as they find the real one: by its path.
#[macro_export]
macro_rules! fuzz_target {
    (|$bytes:ident: &[u8]| $body:block) => {
        pub(crate) fn target($bytes: &[u8]) {
            $body
        }
    };
}
