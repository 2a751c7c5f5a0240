//! Channels whose members are at several relays.

use std::path::Path;

use kuvert_relay::Relay;
use kuvert_wire::{ChannelId, ClientFrame, Entry, FanoutTarget, RelayAddress, RelayFrame, limits};

use crate::support::{Connection, Conversation, Device, id};
use crate::{address_of, config, here, relay_at, relay_in, temp, there};

const CHANNEL: Conversation = Conversation(ChannelId::new([0x99; 16]));

/// Opens a channel on `relay` for these targets, of which alice is the first.
async fn channel(relay: &Relay, alice: &Device, targets: Vec<FanoutTarget>) -> Connection {
    drop(alice.connect(relay.local_addr(), 0).await);
    let mut sender = Connection::open(relay.local_addr()).await;
    let ClientFrame::CreateChannel(mut create) = CHANNEL.create(id(0), &[alice]) else {
        panic!("a creation")
    };
    create.state = CHANNEL.state_to(0, targets);
    let created = sender.ask(&ClientFrame::CreateChannel(create)).await;
    assert_eq!(created, RelayFrame::Accepted { id: id(0), seq: 0 });
    sender
}

async fn post(sender: &mut Connection, numbers: std::ops::RangeInclusive<u64>) {
    for n in numbers.clone() {
        sender.send(&ClientFrame::Post(CHANNEL.post(id(n), 0, &n.to_be_bytes()))).await;
    }
    for n in numbers {
        assert_eq!(sender.receive().await, RelayFrame::Accepted { id: id(n), seq: n });
    }
}

/// Takes `count` posts and checks that they are those from `first` on, in order and once.
async fn expect_posts(device: &Device, relay: &Relay, held: u64, first: u64, count: usize) {
    let (mut session, _) = device.connect(relay.local_addr(), held).await;
    let entries = device.collect(&mut session, held + 1, count).await;
    for (n, entry) in (first..).zip(entries) {
        let Entry::Post { channel, seq, id: posted, body, .. } = entry else { panic!("a post: {entry:?}") };
        assert_eq!((channel, seq, posted), (CHANNEL.0, n, id(n)));
        assert_eq!(body, n.to_be_bytes());
    }
    drop(session);
    let (mut session, _) = device.connect(relay.local_addr(), held + count as u64).await;
    assert_eq!(device.drain(&mut session).await, [], "nothing comes twice");
}

/// Bob's relay, with his inbox.
async fn relay_of(bob: &Device, data: &Path) -> (Relay, RelayAddress) {
    let relay = relay_in(data).await;
    drop(bob.connect(relay.local_addr(), 0).await);
    let address = address_of(&relay).await;
    (relay, address)
}

#[tokio::test]
async fn members_at_two_relays_get_everything_in_order() {
    let (dir, other) = (temp(), temp());
    let (alice, bob, carol) = (Device::new(1), Device::new(2), Device::new(3));
    let (second, address) = relay_of(&bob, other.path()).await;
    drop(carol.connect(second.local_addr(), 0).await);
    let first = relay_in(dir.path()).await;
    let targets = vec![here(&alice), there(&bob, &address), there(&bob, &address), there(&carol, &address)];
    let mut sender = channel(&first, &alice, targets).await;
    post(&mut sender, 1..=50).await;
    expect_posts(&bob, &second, 0, 1, 50).await;
    expect_posts(&carol, &second, 0, 1, 50).await;
    expect_posts(&alice, &first, 0, 1, 50).await;

    let committed = sender.ask(&CHANNEL.commit(id(51), 0, &[&alice])).await;
    assert_eq!(committed, RelayFrame::Accepted { id: id(51), seq: 51 });
    let (mut session, _) = bob.connect(second.local_addr(), 50).await;
    let entries = bob.collect(&mut session, 51, 1).await;
    assert!(
        matches!(&entries[..], [Entry::Commit { seq: 51, .. }]),
        "who is removed gets the commit that does it"
    );
    first.stop().await;
    second.stop().await;
}

#[tokio::test]
async fn what_a_relay_missed_while_it_was_down_comes_in_order_and_once() {
    let (dir, other) = (temp(), temp());
    let (alice, bob) = (Device::new(1), Device::new(2));
    let (second, address) = relay_of(&bob, other.path()).await;
    let first = relay_in(dir.path()).await;
    let mut sender = channel(&first, &alice, vec![here(&alice), there(&bob, &address)]).await;
    post(&mut sender, 1..=3).await;
    expect_posts(&bob, &second, 0, 1, 3).await;
    let at = second.local_addr();
    second.stop().await;

    post(&mut sender, 4..=20).await;
    expect_posts(&alice, &first, 0, 1, 20).await;
    let second = relay_at(other.path(), at).await;
    expect_posts(&bob, &second, 3, 4, 17).await;
    first.stop().await;
    second.stop().await;
}

/// The value of a figure.
async fn figure(relay: &Relay, name: &str) -> u64 {
    let text = String::from_utf8(crate::http::get(relay.local_addr(), "/metrics").await.body).expect("text");
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.and_then(|value| value.parse().ok()).expect(name)
}

#[tokio::test]
async fn figures_tell_what_waits_for_other_relays_and_what_became_of_it() {
    let (dir, other) = (temp(), temp());
    let (alice, bob, nobody) = (Device::new(1), Device::new(2), Device::new(7));
    let (second, address) = relay_of(&bob, other.path()).await;
    let at = second.local_addr();
    second.stop().await;
    let first = relay_in(dir.path()).await;
    let mut sender = channel(&first, &alice, vec![here(&alice), there(&bob, &address)]).await;
    post(&mut sender, 1..=3).await;
    assert_eq!(figure(&first, "kuvert_outbox_waiting").await, 3);
    first.stop().await;
    let first = relay_in(dir.path()).await;
    assert_eq!(figure(&first, "kuvert_outbox_waiting").await, 3, "also after a restart");
    let waited = tokio::time::timeout(std::time::Duration::from_secs(20), async {
        while figure(&first, "kuvert_outbox_retried_total").await == 0 {
            tokio::task::yield_now().await;
        }
    });
    waited.await.expect("it is tried");
    let second = relay_at(other.path(), at).await;
    expect_posts(&bob, &second, 0, 1, 3).await;

    // To somebody who is not there.
    let other_channel = Conversation(ChannelId::new([0x98; 16]));
    let ClientFrame::CreateChannel(mut create) = other_channel.create(id(10), &[&alice]) else {
        panic!("a creation")
    };
    create.state = other_channel.state_to(0, vec![there(&nobody, &address)]);
    let mut sender = Connection::open(first.local_addr()).await;
    sender.ask(&ClientFrame::CreateChannel(create)).await;
    let sent = sender.ask(&ClientFrame::Post(other_channel.post(id(11), 0, b"x"))).await;
    assert_eq!(sent, RelayFrame::Accepted { id: id(11), seq: 1 });
    let waited = tokio::time::timeout(std::time::Duration::from_secs(20), async {
        while figure(&first, "kuvert_outbox_refused_total").await == 0 {
            tokio::task::yield_now().await;
        }
    });
    waited.await.expect("it is refused");
    assert_eq!(figure(&first, "kuvert_outbox_delivered_total").await, 3);
    assert_eq!(figure(&first, "kuvert_outbox_refused_total").await, 1);
    assert_eq!(figure(&first, "kuvert_outbox_waiting").await, 0);
    for none in ["kuvert_outbox_replaced_total", "kuvert_outbox_dropped_total"] {
        assert_eq!(figure(&first, none).await, 0);
    }
    first.stop().await;
    second.stop().await;
}

#[tokio::test]
async fn a_full_outbox_survives_a_restart_and_goes_in_several_requests() {
    // RELAY-1; RELAY-5: MAX_FOREIGN_DEPOSITS, MAX_FOREIGN_TURN
    let (dir, other) = (temp(), temp());
    let (alice, bob) = (Device::new(1), Device::new(2));
    let (second, address) = relay_of(&bob, other.path()).await;
    let at = second.local_addr();
    second.stop().await;
    let first = relay_in(dir.path()).await;
    let mut sender = channel(&first, &alice, vec![here(&alice), there(&bob, &address)]).await;
    let count = limits::MAX_FOREIGN_DEPOSITS * (limits::MAX_FOREIGN_TURN + 1);
    let mut posted = 0;
    while posted < count as u64 {
        let until = (count as u64).min(posted + 200);
        post(&mut sender, posted + 1..=until).await;
        posted = until;
    }
    first.stop().await;

    let second = relay_at(other.path(), at).await;
    let first = relay_in(dir.path()).await;
    expect_posts(&bob, &second, 0, 1, count).await;
    first.stop().await;
    second.stop().await;
}

#[tokio::test]
async fn the_files_of_the_sending_relay_hold_nothing_of_elsewhere() {
    // RELAY-4
    let (dir, other) = (temp(), temp());
    let (alice, bob, carol) = (Device::new(1), Device::new(2), Device::new(3));
    let (second, address) = relay_of(&bob, other.path()).await;
    let at = second.local_addr();
    second.stop().await;
    let elsewhere = RelayAddress { origin: format!("http://localhost:{}", at.port()), ..address.clone() };
    let first = relay_in(dir.path()).await;
    let targets = vec![here(&alice), there(&bob, &address), there(&carol, &elsewhere)];
    let mut sender = channel(&first, &alice, targets).await;
    let body: Vec<u8> = (0..=255).collect();
    sender.ask(&ClientFrame::Post(CHANNEL.post(id(1), 0, &body))).await;
    first.stop().await;

    let files = files(dir.path());
    let holds = |needle: &[u8]| files.iter().any(|file| file.windows(needle.len()).any(|w| w == needle));
    assert!(
        holds(alice.inbox.as_bytes()) && holds(address.origin.as_bytes()),
        "the search finds what is there"
    );
    assert!(!holds(&body[..16]), "plaintext");
    for device in [&bob, &carol] {
        assert!(!holds(device.inbox.as_bytes()), "an inbox of elsewhere");
        assert!(!holds(device.token().as_bytes()) && !holds(&device.token().as_bytes()[16..]), "a token");
    }
    assert!(!holds(&second_key(other.path())), "the other relay's private key");
}

fn second_key(data: &Path) -> Vec<u8> {
    std::fs::read(data.join("relay.key")).expect("a key")
}

/// What is written in the files below a directory.
fn files(dir: &Path) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if let Ok(mut bytes) = std::fs::read(path) {
            // The journal is as long as it may become; most of it was never written.
            bytes.truncate(bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1));
            found.push(bytes);
        }
    }
    found
}

#[tokio::test]
async fn a_relay_that_keeps_to_itself_neither_sends_nor_takes() {
    let (dir, other) = (temp(), temp());
    let (alice, bob) = (Device::new(1), Device::new(2));
    let (second, address) = relay_of(&bob, other.path()).await;
    let mut alone = config(dir.path(), std::net::SocketAddr::from((std::net::Ipv4Addr::LOCALHOST, 0)));
    alone.federation.enabled = false;
    let first = Relay::start(alone).await.expect("starts");
    let mut sender = channel(&first, &alice, vec![here(&alice), there(&bob, &address)]).await;
    post(&mut sender, 1..=1).await;
    expect_posts(&alice, &first, 0, 1, 1).await;
    for (method, path) in [("GET", "/v1/relay"), ("POST", "/v1/deposits")] {
        assert_eq!(crate::http::request(first.local_addr(), method, path, "", b"").await.status, 404);
    }
    assert!(!dir.path().join("relay.key").exists());
    let (mut session, _) = bob.connect(second.local_addr(), 0).await;
    assert_eq!(bob.drain(&mut session).await, []);
    first.stop().await;
    second.stop().await;
}
