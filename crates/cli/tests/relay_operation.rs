//! The relay as its operator runs it: starting, stopping, exit codes, backup and restore, and what its log gives away.

#[allow(dead_code)] // shared with the relay's own tests, which use more of it
#[path = "../../relay/tests/protocol/support.rs"]
mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use ed25519_dalek::SigningKey;
use kuvert_wire::{CardId, CardRecord, Entry, ErrorCode, RelayFrame};
use support::{Connection, Device, id, origin};
use tokio_tungstenite::tungstenite::Message;

const KUVERT: &str = env!("CARGO_BIN_EXE_kuvert");

/// A relay in a process of its own, which is stopped as systemd stops it.
struct Running {
    child: Child,
    address: SocketAddr,
}

impl Running {
    fn start(data: &Path, args: &[&str]) -> Self {
        let mut command = Command::new(KUVERT);
        command.args(["relay", "--listen", "127.0.0.1:0", "--data"]).arg(data).args(args);
        Self::spawn(command)
    }

    fn spawn(mut command: Command) -> Self {
        command.env("RUST_LOG", "trace").stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary runs");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
        let address = line.trim().rsplit('/').next().and_then(|address| address.parse().ok());
        Self { child, address: address.expect("an address in the line") }
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status();
        assert!(sent.expect("kill runs").success());
    }

    /// Reads its log up to a line with these words.
    fn wait_until_it_says(&mut self, words: &str) {
        let log = BufReader::new(self.child.stderr.as_mut().expect("piped"));
        let mut lines = log.lines().map(|line| line.expect("text"));
        assert!(lines.any(|line| line.contains(words)), "it ended without: {words}");
    }

    /// Tells it to stop; returns its exit code and what it logged.
    fn stop(mut self) -> (Option<i32>, String) {
        self.signal("TERM");
        let mut log = String::new();
        self.child.stderr.take().expect("piped").read_to_string(&mut log).expect("text");
        (self.child.wait().expect("ends").code(), log)
    }

    fn http(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.address).expect("connects");
        stream.write_all(request.as_bytes()).expect("written");
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }
}

fn relay(args: &[&str]) -> Output {
    Command::new(KUVERT).arg("relay").args(args).output().expect("the binary runs")
}

/// Runs a command that works and returns what it printed.
fn printed(args: &[&str]) -> String {
    let output = relay(args);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// Runs a command that fails and returns its exit code and what it said.
fn failed(args: &[&str]) -> (Option<i32>, String) {
    let output = relay(args);
    assert!(output.stdout.is_empty(), "a failure prints no result");
    (output.status.code(), String::from_utf8(output.stderr).expect("text"))
}

fn text(path: &Path) -> &str {
    path.to_str().expect("Unicode")
}

#[tokio::test]
async fn sigterm_tells_sessions_answers_what_was_asked_and_ends_with_code_0() {
    let dir = tempfile::tempdir().expect("a directory");
    let relay = Running::start(dir.path(), &[]);
    let alice = Device::new(1);
    let (mut session, _) = alice.connect(relay.address, 0).await;
    assert_eq!(session.receive().await, RelayFrame::Live);
    let mut sender = Connection::open(relay.address).await;
    assert_eq!(sender.ask(&alice.deposit(id(1), b"x")).await, RelayFrame::Accepted { id: id(1), seq: 0 });
    assert!(matches!(session.receive().await, RelayFrame::Entries(_)));
    let stopped = tokio::task::spawn_blocking(move || relay.stop());
    session.expect_error(ErrorCode::Stopping).await;
    sender.expect_error(ErrorCode::Stopping).await;
    session.expect_end().await;
    sender.expect_end().await;
    drop((session, sender));
    let (code, log) = stopped.await.expect("ends");
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("the relay is closed"), "{log}");
}

#[test]
fn what_keeps_a_relay_from_starting_is_said_with_an_exit_code() {
    let dir = tempfile::tempdir().expect("a directory");
    let data = dir.path().join("data");
    let running = Running::start(&data, &[]);
    let address = running.address.to_string();

    let (code, said) = failed(&["--data", text(&dir.path().join("other")), "--listen", &address]);
    assert_eq!(code, Some(1));
    assert!(said.contains(&format!("cannot listen on {address}")), "{said}");
    let (code, said) = failed(&["--data", text(&data), "--listen", "127.0.0.1:0"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("in use by another relay"), "{said}");
    assert_eq!(running.stop().0, Some(0));

    let file = dir.path().join("a-file");
    std::fs::write(&file, "").expect("written");
    let (code, said) = failed(&["--data", text(&file), "--listen", "127.0.0.1:0"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("a-file cannot be used"), "{said}");

    let settings = dir.path().join("kuvert.toml");
    std::fs::write(&settings, "data = \"x\"\nlissten = \"127.0.0.1:0\"\n").expect("written");
    let (code, said) = failed(&["--config", text(&settings)]);
    assert_eq!(code, Some(2));
    assert!(
        said.contains("kuvert.toml") && said.contains("`lissten`") && said.contains("`listen`"),
        "{said}"
    );
    let (code, said) = failed(&["--data", text(&data), "--listen", "127.0.0.1:0", "--web", text(dir.path())]);
    assert_eq!(code, Some(2));
    assert!(said.contains(text(dir.path())) && said.contains("index.html"), "{said}");
    let (code, said) = failed(&["--data", text(&data), "--listen", "0.0.0.0:0"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("--origin"), "{said}");
    let (code, said) =
        failed(&["--data", text(&data), "--tls-certificate", "absent.pem", "--tls-key", "absent.pem"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("absent.pem"), "{said}");
}

#[test]
fn a_relay_that_runs_out_of_files_goes_on_when_there_are_some_again() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut command = Command::new("sh");
    let script = format!("ulimit -n 96; exec '{KUVERT}' relay --listen 127.0.0.1:0 --data \"$0\"");
    command.arg("-c").arg(script).arg(dir.path());
    let mut relay = Running::spawn(command);
    let held: Vec<_> = (0..120).map(|_| TcpStream::connect(relay.address).expect("queued")).collect();
    // The last of them cannot be taken: nobody answers it. The relay has to have come so far before they go.
    relay.wait_until_it_says("a connection could not be taken");
    drop(held);
    let answer = relay.http("GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    assert!(answer.ends_with("ok\n"), "{answer}");
    assert_eq!(relay.stop().0, Some(0));
}

#[tokio::test]
async fn a_backup_of_a_running_relay_is_restored_with_everything_that_waited() {
    let dir = tempfile::tempdir().expect("a directory");
    let (data, file, restored) = (dir.path().join("one"), dir.path().join("backup"), dir.path().join("two"));
    let at = "http://relay.test";
    let relay = Running::start(&data, &["--origin", at]);
    let alice = Device::new(1);
    let own = async |address: SocketAddr, held| {
        let mut session = Connection::open(address).await;
        let proof = alice.proof(at, &session.challenge, held, true);
        assert!(matches!(session.ask(&proof).await, RelayFrame::Owned(_)));
        session
    };
    drop(own(relay.address, 0).await);
    let mut sender = Connection::open(relay.address).await;
    for n in 1..=50 {
        sender.ask(&alice.deposit(id(n), &n.to_be_bytes())).await;
    }
    printed(&["backup", text(&file), "--data", text(&data)]);
    let stored: serde_json::Value =
        serde_json::from_str(&printed(&["inspect", "--json", "--data", text(&data)])).expect("JSON");
    assert_eq!(
        (&stored["tables"]["inboxes"]["rows"], &stored["tables"]["queue"]["rows"]),
        (&1.into(), &50.into())
    );
    assert!(printed(&["inspect", "--data", text(&data)]).contains("all tables"));
    drop(sender);
    assert_eq!(relay.stop().0, Some(0));

    let (code, said) = failed(&["backup", text(&file), "--data", text(&data)]);
    assert_eq!(code, Some(1), "no backup replaces another: {said}");
    let (code, said) = failed(&["restore", text(&file), "--data", text(&data)]);
    assert!(code == Some(1) && said.contains("is not empty"), "{said}");
    let damaged = dir.path().join("damaged");
    let mut bytes = std::fs::read(&file).expect("read");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&damaged, &bytes).expect("written");
    let (code, said) = failed(&["restore", text(&damaged), "--data", text(&restored)]);
    assert!(code == Some(1) && said.contains("damaged"), "{said}");
    assert!(!restored.exists(), "nothing was touched");

    printed(&["restore", text(&file), "--data", text(&restored)]);
    // A stopped relay is looked at directly.
    let again: serde_json::Value =
        serde_json::from_str(&printed(&["inspect", "--json", "--data", text(&restored)])).expect("JSON");
    assert_eq!(again["tables"], stored["tables"]);
    let relay = Running::start(&restored, &["--origin", at]);
    let mut session = own(relay.address, 0).await;
    let waiting = alice.drain(&mut session).await;
    let bodies: Vec<_> =
        (1..=50u64).map(|n| (n, Entry::Deposit { body: n.to_be_bytes().to_vec() })).collect();
    assert_eq!(waiting, bodies);
    drop(session);
    assert_eq!(relay.stop().0, Some(0));
}

#[test]
fn commands_about_a_relay_that_is_not_there_say_so() {
    let dir = tempfile::tempdir().expect("a directory");
    for command in ["inspect", "invite"] {
        let (code, said) = failed(&[command, "--data", text(&dir.path().join("absent"))]);
        assert!(code == Some(1) && said.contains("there is no relay in"), "{said}");
    }
    assert!(!dir.path().join("absent").exists());
    let (code, said) = failed(&["invite", "--count", "0", "--data", text(dir.path())]);
    assert_eq!(code, Some(2), "{said}");
}

/// Runs a command of the client that ends well or not, and returns what it printed.
fn client(profile: &Path, args: &[&str]) -> (bool, String) {
    let mut command = Command::new(KUVERT);
    let output = command.args(args).arg("--profile").arg(profile).output().expect("the binary runs");
    (output.status.success(), String::from_utf8(output.stdout).expect("text"))
}

#[test]
fn a_setting_that_keeps_people_at_two_relays_apart_is_named_in_the_log_once() {
    // LOG-1
    let dir = tempfile::tempdir().expect("a directory");
    let one = Running::start(&dir.path().join("one"), &[]);
    let two = Running::start(&dir.path().join("two"), &["--federation-private-addresses"]);
    let (alice, bob) = (dir.path().join("alice"), dir.path().join("bob"));
    for (profile, relay) in [(&alice, &one), (&bob, &two)] {
        assert!(client(profile, &["id", "create", "--name", "A", "--relay", &origin(relay.address)]).0);
    }
    let link = client(&bob, &["link"]).1;
    for _ in 0..2 {
        assert!(!client(&alice, &["contact", "add", link.trim()]).0);
    }
    let other = two.address.to_string();
    let (_, log) = one.stop();
    assert_eq!(log.matches("federation.private_addresses is false").count(), 1, "{log}");
    assert!(!log.contains(&other), "{log}");
    two.stop();
}

#[tokio::test]
async fn the_log_of_a_busy_relay_names_nobody() {
    // LOG-1
    let dir = tempfile::tempdir().expect("a directory");
    let args = ["--log-format", "json", "--registration", "invite", "--limits-requests-per-network", "1"];
    let relay = Running::start(dir.path(), &args);
    let codes = printed(&["invite", "--count", "2", "--data", text(dir.path())]);
    let alice = Device::new(1);
    let mut stranger = Connection::open(relay.address).await;
    let proof = alice.proof(&origin(relay.address), &stranger.challenge, 0, true);
    stranger.send(&proof).await;
    let _ = stranger.receive().await;
    stranger.raw(Message::Binary(b"nonsense".to_vec().into())).await.expect("sent");
    stranger.send(&alice.deposit(id(1), b"content of a message")).await;
    let _ = stranger.receive().await;
    let key = SigningKey::from_bytes(&[7; 32]);
    let card = CardRecord::sign(&key, 1, b"content of a card".to_vec());
    let path = format!("/v1/cards/{}", CardId::of(&card.owner).to_text());
    for _ in 0..30 {
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\nx-forwarded-for: 192.0.2.77\r\n\
             origin: https://page.example\r\nuser-agent: some-browser/1.0\r\n\r\n"
        );
        relay.http(&request);
    }
    relay.http("nonsense\r\n\r\n");
    relay.signal("HUP");
    printed(&["backup", text(&dir.path().join("backup")), "--data", text(dir.path())]);
    drop(stranger);
    let (code, log) = relay.stop();
    assert_eq!(code, Some(0));
    assert!(log.lines().count() >= 3, "the search has something to search in: {log}");
    for line in log.lines() {
        assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "one JSON value per line: {line}");
    }
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let listed = |bytes: &[u8]| format!("{:?}", &bytes[..4]).trim_matches(['[', ']']).to_owned();
    let (inbox, token) = (*alice.inbox.as_bytes(), alice.token());
    let mut secrets = vec![
        "192.0.2".to_owned(),
        "127.0.0.1".to_owned(),
        "page.example".to_owned(),
        "some-browser".to_owned(),
        "content of".to_owned(),
        path.rsplit('/').next().expect("an id").to_owned(),
    ];
    secrets.extend(codes.lines().map(str::to_owned));
    for bytes in [&inbox[..], token.as_bytes(), id(1).as_bytes()] {
        secrets.extend([hex(bytes), listed(bytes)]);
    }
    let low = log.to_lowercase();
    for secret in secrets {
        assert!(
            !secret.is_empty() && !low.contains(&secret.to_lowercase()),
            "{secret} stands in the log: {log}"
        );
    }
}
