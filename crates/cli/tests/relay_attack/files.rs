//! The whole data directory of a relay that carried everything it can carry, searched byte by byte.

use std::collections::{HashMap, HashSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;

use ed25519_dalek::SigningKey;
use kuvert_wire::{
    BlobSecret, CardId, CardRecord, ChannelId, ClientFrame, Commit, CreateChannel, DepositKey, FanoutKey,
    FanoutTarget, Invite, PostSecret, PutKeyPackages, RelayAddress, RelayFrame, RelayKeyPair,
    RenewDepositKey, RevokeTokens, WelcomeDeposit, encode,
};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpSocket;

use crate::http::{Blob, request};
use crate::raw::{Came, Raw, UPGRADE, framed};
use crate::support::{Connection, Conversation, Device, id};
use crate::target::Target;

const ORIGIN: &str = "http://relay.test";
const CHANNEL: Conversation = Conversation(ChannelId::new([0x99; 16]));
/// Whence some clients come. Four bytes of one of them may be anywhere by chance, but not those of both.
const SOURCES: [Ipv4Addr; 2] = [Ipv4Addr::new(127, 77, 88, 99), Ipv4Addr::new(127, 211, 6, 190)];

/// What must not be found, with its name.
#[derive(Default)]
struct Secrets(Vec<(&'static str, Vec<u8>)>);

impl Secrets {
    /// Notes bytes that a client sends; every window of 16 bytes of it counts.
    fn note(&mut self, name: &'static str, bytes: &[u8]) {
        assert!(bytes.len() >= 16, "{name} is long enough to be told from chance");
        for window in bytes.windows(16) {
            self.0.push((name, window.to_vec()));
        }
    }

    /// A body that occurs nowhere else.
    fn body(&mut self, n: u64) -> Vec<u8> {
        let mut state = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()
        };
        let body: Vec<u8> = (0..8).flat_map(|_| next()).collect();
        self.note("plaintext", &body);
        body
    }

    /// A token without its nonce, which is no secret once it is revoked.
    fn token(&mut self, token: &kuvert_wire::Token) {
        self.note("a token", &token.as_bytes()[16..]);
    }
}

fn files(dir: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, found);
        } else if let Ok(mut bytes) = std::fs::read(&path) {
            // The journal is longer than what was written. A socket holds nothing.
            let written = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
            bytes.truncate(written);
            found.push((path.file_name().expect("a name").to_string_lossy().into_owned(), bytes));
        }
    }
}

fn holds(files: &[(String, Vec<u8>)], needle: &[u8]) -> bool {
    files.iter().any(|(_, file)| file.windows(needle.len()).any(|window| window == needle))
}

/// Searches everything there is now.
fn search(when: &str, data: &Path, secrets: &Secrets, inbox: &[u8]) {
    let mut found = Vec::new();
    files(data, &mut found);
    let known: HashMap<&[u8], &str> = secrets.0.iter().map(|(name, bytes)| (&bytes[..], *name)).collect();
    for (file, bytes) in &found {
        for window in bytes.windows(16) {
            assert!(!known.contains_key(window), "{when}: {} stands in {file}", known[window]);
        }
    }
    for text in ["127.0.0.1", "127.77.88.99", "127.211.6.190", "pages.example", "some-browser", "192.0.2.77"]
    {
        assert!(!holds(&found, text.as_bytes()), "{when}: {text}");
    }
    for reversed in [false, true] {
        let stored = SOURCES.iter().all(|source| {
            let mut octets = source.octets();
            if reversed {
                octets.reverse();
            }
            holds(&found, &octets)
        });
        assert!(!stored, "{when}: an address in binary");
    }
    // In the journal everything is encrypted; in the tables names stand as they are.
    let names = holds(&found, inbox);
    assert!(names || when != "after a clean stop", "the search finds what is there");
}

async fn own(relay: SocketAddr, device: &Device, invite: Option<Invite>) -> Connection {
    let mut session = Connection::open(relay).await;
    let ClientFrame::Own(mut own) = device.proof(ORIGIN, &session.challenge, 0, true) else {
        panic!("a proof")
    };
    if let Some(keys) = &mut own.create {
        keys.invite = invite;
    }
    assert!(matches!(session.ask(&ClientFrame::Own(own)).await, RelayFrame::Owned(_)));
    session
}

async fn accepted(session: &mut Connection, frame: &ClientFrame) {
    session.send(frame).await;
    loop {
        match session.receive().await {
            RelayFrame::Accepted { .. } => return,
            RelayFrame::Entries(_) | RelayFrame::Live => {}
            other => panic!("not accepted: {other:?}"),
        }
    }
}

/// Inboxes by invitation, with key packages and revoked tokens.
async fn settle_in(relay: &Target, data: &Path, devices: &[Device; 3], secrets: &mut Secrets) {
    let at = relay.address;
    let invites = Command::new(env!("CARGO_BIN_EXE_kuvert"))
        .args(["relay", "invite", "--count", "4", "--data"])
        .arg(data)
        .output()
        .expect("the binary runs");
    let invites = String::from_utf8(invites.stdout).expect("text");
    let mut invites = invites.lines();
    // The fourth stays unused, so that what the relay keeps of it is there to be searched.
    secrets.note("an invite code", invites.next_back().expect("a code").as_bytes());
    for (n, (device, code)) in (0..).zip(devices.iter().zip(invites)) {
        secrets.note("an invite code", code.as_bytes());
        let invite = Invite::from_text(code).expect("a code");
        secrets.note("an invite", invite.as_bytes());
        let mut session = own(at, device, Some(invite)).await;
        let one_time = vec![secrets.body(500 + n).into()];
        // Key packages are sealed by their owner and handed out as they are: no secret here.
        secrets.0.truncate(secrets.0.len() - 49);
        accepted(
            &mut session,
            &ClientFrame::PutKeyPackages(PutKeyPackages {
                id: id(n),
                one_time,
                last_resort: None,
                replaces: None,
            }),
        )
        .await;
        let revoked = device.deposit_key.token([0xd0 + n as u8; 16]);
        secrets.token(&revoked);
        let nonces = vec![revoked.nonce()];
        accepted(&mut session, &ClientFrame::RevokeTokens(RevokeTokens { id: id(10 + n), nonces })).await;
        secrets.token(&device.token());
    }
}

/// Makes the relay carry one of everything.
async fn load(relay: &Target, data: &Path, devices: &[Device; 3], secrets: &mut Secrets) {
    let at = relay.address;
    settle_in(relay, data, devices, secrets).await;
    let mut sender = Connection::open(at).await;
    let elsewhere =
        RelayAddress { origin: "http://127.9.9.9:1".into(), key: RelayKeyPair::from_bytes([9; 32]).public() };
    let stranger = Device::new(40);
    secrets.token(&stranger.token());
    secrets.note("a foreign inbox", stranger.inbox.as_bytes());
    let everyone: Vec<&Device> = devices.iter().collect();
    let state = |epoch: u64| {
        let mut targets: Vec<FanoutTarget> = everyone
            .iter()
            .map(|device| FanoutTarget { inbox: device.inbox, token: device.token(), relay: None })
            .collect();
        targets.push(FanoutTarget {
            inbox: stranger.inbox,
            token: stranger.token(),
            relay: Some(elsewhere.clone()),
        });
        CHANNEL.state_to(epoch, targets)
    };
    let (inbox, token) = (devices[0].inbox, devices[0].token());
    let create = CreateChannel { id: id(20), channel: CHANNEL.0, state: state(0), inbox, token };
    accepted(&mut sender, &ClientFrame::CreateChannel(create)).await;
    for epoch in 0..5 {
        let mut post = CHANNEL.post(id(100 + 10 * epoch), epoch, b"");
        secrets.note("a post secret", post.secret.as_bytes());
        secrets.note("a fan-out key", post.fanout_key.as_bytes());
        post.body = secrets.body(epoch);
        accepted(&mut sender, &ClientFrame::Post(post.clone())).await;
        post.id = id(101 + 10 * epoch);
        // A commit's body is kept for who heals, sealed by who made it: it stands there as it came.
        post.body = vec![0x42; 100];
        let body = secrets.body(1000 + epoch);
        let welcomes =
            vec![WelcomeDeposit { inbox: devices[1].inbox, token: devices[1].token(), body, relay: None }];
        accepted(&mut sender, &ClientFrame::Commit(Commit { post, next: state(epoch + 1), welcomes })).await;
    }
    for (n, device) in (0..).zip(devices) {
        for m in 0..10 {
            let body = secrets.body(2000 + 10 * n + m);
            accepted(&mut sender, &device.deposit(id(200 + 10 * n + m), &body)).await;
        }
    }
    let mut session = own(at, &devices[2], None).await;
    let deposit_key = DepositKey::new([0x61; 32]);
    secrets.token(&deposit_key.token([3; 16]));
    while !matches!(session.receive().await, RelayFrame::Live) {}
    accepted(&mut session, &ClientFrame::RenewDepositKey(RenewDepositKey { id: id(300), deposit_key })).await;
    web(at, &devices[0], secrets).await;
    from_elsewhere(at, devices, secrets).await;
}

/// Cards, and blobs: one whole, one half.
async fn web(at: SocketAddr, alice: &Device, secrets: &mut Secrets) {
    let card = CardRecord::sign(&SigningKey::from_bytes(&[7; 32]), 1, vec![0x11; 200]);
    let path = format!("/v1/cards/{}", CardId::of(&card.owner).to_text());
    let mut headers = Blob::new(1).announcement(alice, 1);
    // Inbox and token admit a card, too.
    headers.truncate(2);
    headers.push(("origin", "https://pages.example".to_owned()));
    headers.push(("user-agent", "some-browser/1.0".to_owned()));
    assert_eq!(request(at, "PUT", &path, &headers, &encode(&card)).await.status, 201);
    for n in [1, 2] {
        let mut blob = Blob::new(n);
        blob.secret = BlobSecret::from_slice(&secrets.body(4000 + u64::from(n))[..32]).expect("32 bytes");
        secrets.note("a delete secret", blob.secret.as_bytes());
        assert_eq!(blob.announce(at, alice, 1000).await.status, 201);
        let part = blob.append(at, 0, &vec![n; 500 * usize::from(n)]).await;
        assert_eq!(part.status, 204);
    }
}

/// Sessions from other addresses, with all that a browser tells of itself.
async fn from_elsewhere(at: SocketAddr, devices: &[Device; 3], secrets: &mut Secrets) {
    for (n, source) in (0..).zip(SOURCES) {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind(SocketAddr::from((source, 0))).expect("an address of this machine");
        let mut stream = socket.connect(at).await.expect("connects");
        let told = "\r\norigin: https://pages.example\r\nuser-agent: some-browser/1.0\r\nx-forwarded-for: 192.0.2.77\r\n\r\n";
        stream.write_all(UPGRADE.replace("\r\n\r\n", told).as_bytes()).await.expect("written");
        let mut session = Raw::greeted(stream).await;
        let body = secrets.body(3000 + n);
        session.write(&framed(&devices[0].deposit(id(400 + n), &body))).await;
        assert_eq!(session.next().await, Came::Frame(RelayFrame::Accepted { id: id(400 + n), seq: 0 }));
    }
}

/// What waits for a device, as it is stored.
async fn sealed(relay: &Target, device: &Device) -> Vec<Vec<u8>> {
    let mut session = own(relay.address, device, None).await;
    let mut all = Vec::new();
    loop {
        match session.receive().await {
            RelayFrame::Entries(entries) => all.extend(entries.sealed.into_iter().map(|entry| entry.bytes)),
            RelayFrame::Live => return all,
            other => panic!("not entries: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_loaded_relays_files_hold_no_secret_running_killed_or_stopped() {
    // RELAY-4
    let dir = tempfile::tempdir().expect("a directory");
    let (data, log) = (dir.path().join("data"), dir.path().join("log"));
    let flags = ["--origin", ORIGIN, "--registration", "invite", "--federation-private-addresses", "true"];
    let devices = [Device::new(1), Device::new(2), Device::new(3)];
    let mut secrets = Secrets::default();
    let relay = Target::over(&data, &log, &flags);
    load(&relay, &data, &devices, &mut secrets).await;
    secrets.note("a post secret", PostSecret::new([0x77 ^ 5; 32]).as_bytes());
    secrets.note("a fan-out key", FanoutKey::new([0x33 ^ 5; 32]).as_bytes());
    let inbox = *devices[0].inbox.as_bytes();
    search("while it runs", &data, &secrets, &inbox);
    relay.kill();
    search("after a kill", &data, &secrets, &inbox);

    let relay = Target::over(&data, &log, &flags);
    search("after a restart", &data, &secrets, &inbox);
    let mut entries = Vec::new();
    for device in &devices {
        entries.push(sealed(&relay, device).await);
    }
    tokio::task::spawn_blocking(|| relay.stop()).await.expect("stops");
    search("after a clean stop", &data, &secrets, &inbox);

    let mut windows: HashMap<&[u8], usize> = HashMap::new();
    for (place, entries) in entries.iter().enumerate() {
        assert!(entries.len() >= 20, "each has posts, commits and deposits");
        let own: HashSet<&[u8]> = entries.iter().flat_map(|entry| entry.windows(16)).collect();
        for window in own {
            assert_eq!(windows.insert(window, place), None, "two inboxes hold something equal");
        }
    }
    let mut stored = Vec::new();
    files(&data, &mut stored);
    assert!(holds(&stored, &entries[0][0]), "what is delivered is what is stored");
}
