//! What the relay's files and log lines give away.

use std::collections::HashSet;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

use kuvert_wire::{ChannelId, ClientFrame, ErrorCode, FanoutKey, PostSecret, RelayFrame};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Connection, Conversation, Device, id};
use crate::{relay_in, temp};

fn files(dir: &Path) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            // A socket holds nothing.
            let Ok(mut bytes) = std::fs::read(path) else { continue };
            // The journal is as long as it may become; most of it was never written.
            let written = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
            bytes.truncate(written);
            found.push(bytes);
        }
    }
    found
}

fn holds(files: &[Vec<u8>], needle: &[u8]) -> bool {
    files.iter().any(|file| file.windows(needle.len()).any(|window| window == needle))
}

#[tokio::test]
async fn the_files_hold_no_plaintext_no_token_and_nothing_that_links_two_inboxes() {
    // RELAY-4
    let dir = temp();
    let relay = relay_in(dir.path()).await;
    let (alice, bob) = (Device::new(1), Device::new(2));
    for device in [&alice, &bob] {
        drop(device.connect(relay.local_addr(), 0).await);
    }
    let conversation = Conversation(ChannelId::new([0x99; 16]));
    let body: Vec<u8> = (0..=255).collect();
    let mut sender = Connection::open(relay.local_addr()).await;
    sender.ask(&conversation.create(id(1), &[&alice, &bob])).await;
    let posted = sender.ask(&ClientFrame::Post(conversation.post(id(2), 0, &body))).await;
    assert_eq!(posted, RelayFrame::Accepted { id: id(2), seq: 1 });
    assert_eq!(sender.ask(&alice.deposit(id(3), &body)).await, RelayFrame::Accepted { id: id(3), seq: 0 });
    let mut sealed = Vec::new();
    for device in [&alice, &bob] {
        let (mut session, _) = device.connect(relay.local_addr(), 0).await;
        let RelayFrame::Entries(entries) = session.receive().await else { panic!("entries") };
        sealed.push(entries.sealed[0].bytes.clone());
    }
    relay.stop().await;

    let files = files(dir.path());
    assert!(holds(&files, alice.inbox.as_bytes()), "the search finds what is there");
    assert!(holds(&files, &sealed[0]) && holds(&files, &sealed[1]));
    assert!(!holds(&files, &body[..16]), "plaintext");
    for device in [&alice, &bob] {
        assert!(!holds(&files, device.token().as_bytes()), "a token");
        assert!(!holds(&files, &device.token().as_bytes()[16..]), "a token's proof");
    }
    assert!(!holds(&files, PostSecret::new([0x77; 32]).as_bytes()), "a post secret");
    assert!(!holds(&files, FanoutKey::new([0x33; 32]).as_bytes()), "a fan-out key");
    assert!(!holds(&files, b"127.0.0.1"), "an address");

    let windows: HashSet<&[u8]> = sealed[0].windows(16).collect();
    assert!(
        !sealed[1].windows(16).any(|window| windows.contains(window)),
        "two members' entries have nothing in common"
    );
    for (sealed, others) in [(&sealed[0], &bob), (&sealed[1], &alice)] {
        assert!(!sealed.windows(16).any(|window| window == others.inbox.as_bytes()));
        assert!(!sealed.windows(16).any(|window| window == conversation.0.as_bytes()));
    }
}

/// Collects log lines.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("not poisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn log_lines_name_nobody() {
    // LOG-1
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    // One thread runs this test and its relay; what other threads log goes there by the global default.
    tracing_subscriber::util::SubscriberInitExt::try_init(subscriber).expect("no other subscriber");
    let dir = temp();
    let relay = relay_in(dir.path()).await;
    let alice = Device::new(1);
    drop(alice.connect(relay.local_addr(), 0).await);
    let mut sender = Connection::open(relay.local_addr()).await;
    sender.ask(&alice.deposit(id(1), b"plain text")).await;
    sender.raw(Message::binary(vec![0xff])).await.expect("taken");
    sender.expect_error(ErrorCode::BadFrame).await;
    relay.stop().await;

    let text = String::from_utf8(lines.0.lock().expect("not poisoned").clone()).expect("text").to_lowercase();
    assert!(text.contains("the relay is open"), "the search sees the lines");
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let list = |bytes: &[u8]| format!("{bytes:?}");
    for secret in
        [&alice.inbox.as_bytes()[..4], &alice.token().as_bytes()[..8], b"plain text", &id(1).as_bytes()[..8]]
    {
        assert!(!text.contains(&hex(secret)));
        assert!(!text.contains(list(secret).trim_matches(['[', ']'])));
    }
    assert!(!text.contains("plain text"));
    assert!(!text.contains("127.0.0.1"));
    assert!(!text.contains(&dir.path().display().to_string().to_lowercase()));
}
