//! Every scenario, in small, against the relay that was built with this test: the line that it prints, and that a relay
//! which is killed and started again loses nothing (RELAY-1, RELAY-3).

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The relay's program: `KUVERT_BIN`, or the one that the workspace's build put beside the generator.
fn kuvert() -> PathBuf {
    let beside = || Path::new(env!("CARGO_BIN_EXE_kuvert-bench")).with_file_name("kuvert");
    let program = std::env::var_os("KUVERT_BIN").map_or_else(beside, PathBuf::from);
    assert!(program.is_file(), "there is no {}: run `cargo build --package kuvert` first", program.display());
    program
}

/// Runs a scenario; returns its line.
fn measure(words: &str) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_kuvert-bench"))
        .arg("relay")
        .args(words.split(' '))
        .arg("--kuvert")
        .arg(kuvert())
        .env("RUST_LOG", "warn")
        .output()
        .expect("the generator runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words}: {said}");
    let printed = String::from_utf8(output.stdout).expect("text");
    let line = printed.lines().next_back().expect("a line");
    let line: Value = serde_json::from_str(line).expect("JSON");
    assert_eq!(line["scenario"], words.split(' ').next().expect("a scenario"));
    for name in ["lost", "doubled"] {
        assert_eq!(line[name], 0, "{line}");
    }
    for name in ["seconds", "relay_cpu_s"] {
        assert!(line[name].is_f64(), "{name}: {line}");
    }
    assert!(line["relay_rss_peak_kib"].as_u64() > Some(0), "{line}");
    line
}

/// Asserts that fields are numbers above zero.
fn assert_counted(line: &Value, names: &[&str]) {
    for name in names {
        assert!(line[*name].as_f64() > Some(0.0), "{name}: {line}");
    }
}

#[test]
fn online_counts_what_is_delivered_and_how_long_it_takes() {
    let line = measure("online --pairs 5 --window 4 --seconds 0.3 --warm-up 0.1");
    assert_counted(&line, &["delivered", "delivered_per_s", "p50_ms", "p99_ms"]);
}

#[test]
fn online_sends_no_faster_than_it_is_told() {
    let line = measure("online --pairs 5 --rate 100 --seconds 0.5 --warm-up 0");
    assert_counted(&line, &["delivered"]);
    assert!(line["delivered"].as_u64() <= Some(100), "{line}");
}

#[test]
fn offline_fetches_everything_that_was_deposited() {
    let line = measure("offline --messages 2000 --inboxes 20 --senders 3");
    assert_counted(&line, &["accepted_per_s", "drained_per_s", "disk_bytes", "disk_bytes_after"]);
}

#[test]
fn idle_holds_its_connections() {
    let line = measure("idle --connections 100 --hold 0");
    assert_eq!(line["connections"], 100);
    assert_counted(&line, &["connect_per_s", "rss_per_conn_bytes"]);
}

#[test]
fn fanout_delivers_every_post_to_every_member() {
    let line = measure("fanout --inboxes 20 --posts 30 --warm-up 2");
    assert_eq!(line["deliveries"], 600);
    assert_counted(&line, &["deliveries_per_s", "p99_ms"]);
}

#[test]
fn crashes_lose_nothing_that_was_accepted_and_double_nothing() {
    // RELAY-1, RELAY-3
    let line = measure("crash --rounds 4 --seed 7 --load-ms 150");
    assert_counted(&line, &["accepted", "delivered", "commits"]);
    for name in ["half_delivered", "wrong_epochs", "refused_and_delivered", "answers_changed", "seq_holes"] {
        assert_eq!(line[name], 0, "{line}");
    }
}
