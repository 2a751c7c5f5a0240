//! A relay that pushes, over real sockets, against a push service on this machine that is the browser as well: it checks who
//! pushes and opens what is pushed.

#[allow(dead_code)] // the protocol tests use more of it
#[path = "../protocol/http.rs"]
mod http;
mod service;
#[allow(dead_code)] // the protocol tests use more of it
#[path = "../protocol/support.rs"]
mod support;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::{Duration, Instant};

use kuvert_relay::{Config, Relay};
use kuvert_wire::{ClientFrame, ErrorCode, PushSubscription, RelayFrame, SetPush, limits};

use service::{Browser, PushService};
use support::{Connection, Device, ack, id};

/// Longer than a push takes.
const QUIET: Duration = Duration::from_millis(2_700);
const _: () = assert!(QUIET.as_millis() > limits::PUSH_AFTER.as_millis());

fn config(data: &Path) -> Config {
    let mut config = Config::new(data).expect("defaults");
    config.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    config.push.private_addresses = true;
    config.push.contact = Some("mailto:admin@relay.example".to_owned());
    config
}

async fn relay_in(data: &Path) -> Relay {
    Relay::start(config(data)).await.expect("starts")
}

fn temp() -> tempfile::TempDir {
    tempfile::tempdir().expect("a directory")
}

fn set(n: u64, subscription: Option<PushSubscription>) -> ClientFrame {
    ClientFrame::SetPush(SetPush { id: id(n), subscription })
}

/// A subscription of `device`, registered; the device is away then.
async fn subscribe(relay: &Relay, device: &Device, browser: &Browser) {
    let (mut session, owned) = device.connect(relay.local_addr(), 0).await;
    assert!(owned.push_key.is_some());
    assert_eq!(session.receive().await, RelayFrame::Live);
    let n = 1000 + u64::from(device.inbox.as_bytes()[0]);
    let answer = session.ask(&set(n, Some(browser.subscription()))).await;
    assert_eq!(answer, RelayFrame::Accepted { id: id(n), seq: 0 });
}

async fn deposit(relay: &Relay, device: &Device, numbers: std::ops::RangeInclusive<u64>) {
    let mut sender = Connection::open(relay.local_addr()).await;
    for n in numbers {
        let answer = sender.ask(&device.deposit(id(n), b"nothing of this may be told")).await;
        assert_eq!(answer, RelayFrame::Accepted { id: id(n), seq: 0 });
    }
}

#[tokio::test]
async fn an_owner_who_is_away_is_told_once_and_again_after_being_here() {
    let (dir, alice, bob) = (temp(), Device::new(1), Device::new(2));
    let service = PushService::start().await;
    let (browser, other) = (service.browser("alice"), service.browser("bob"));
    let relay = relay_in(dir.path()).await;
    let key = alice.connect(relay.local_addr(), 0).await.1.push_key.expect("it pushes");
    subscribe(&relay, &alice, &browser).await;
    subscribe(&relay, &bob, &other).await;
    deposit(&relay, &alice, 1..=20).await;
    deposit(&relay, &bob, 21..=21).await;
    let pushes = [service.next().await, service.next().await];
    for (browser, name) in [(&browser, "/alice"), (&other, "/bob")] {
        let push = pushes.iter().find(|push| push.path == name).expect("one each");
        push.comes_from(&key, &service.origin(), Some("mailto:admin@relay.example"));
        assert_eq!(push.header("ttl"), limits::PUSH_TTL.as_secs().to_string());
        assert_eq!((push.header("urgency"), push.header("topic")), ("normal", "kuvert"));
        let opened = browser.open(&push.body);
        assert_eq!((opened[0], opened.len()), (2, 64), "no text, then padding");
        assert!(opened[1..].iter().all(|byte| *byte == 0));
    }
    assert_eq!(pushes[0].body.len(), pushes[1].body.len());
    deposit(&relay, &alice, 22..=25).await;
    assert!(service.is_quiet(QUIET).await, "once");

    // That holds over a restart, and the key is the same.
    relay.stop().await;
    let relay = relay_in(dir.path()).await;
    deposit(&relay, &alice, 26..=26).await;
    assert!(service.is_quiet(QUIET).await);
    let (mut session, owned) = alice.connect(relay.local_addr(), 0).await;
    assert_eq!((owned.push_key, owned.subscribed), (Some(key), Some(true)));
    assert_eq!(alice.drain(&mut session).await.len(), 25);
    drop(session);
    deposit(&relay, &alice, 27..=27).await;
    assert_eq!(service.next().await.path, "/alice");
    relay.stop().await;
    assert!(!holds(dir.path(), b"/alice"), "RELAY-4: the files name no endpoint");
    assert!(!holds(dir.path(), service.origin().as_bytes()));
}

fn holds(dir: &Path, needle: &[u8]) -> bool {
    std::fs::read_dir(dir).expect("a directory").any(|entry| {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            return holds(&path, needle);
        }
        std::fs::read(path).is_ok_and(|bytes| bytes.windows(needle.len()).any(|window| window == needle))
    })
}

#[tokio::test]
async fn an_owner_who_acknowledges_is_not_pushed_to() {
    let (dir, alice) = (temp(), Device::new(1));
    let service = PushService::start().await;
    let relay = relay_in(dir.path()).await;
    subscribe(&relay, &alice, &service.browser("alice")).await;
    let (mut session, _) = alice.connect(relay.local_addr(), 0).await;
    assert_eq!(alice.drain(&mut session).await, []);
    deposit(&relay, &alice, 1..=3).await;
    alice.collect(&mut session, 1, 3).await;
    // One that is not acknowledged, on a session that is open: it may be acknowledged any moment.
    deposit(&relay, &alice, 4..=4).await;
    assert!(service.is_quiet(QUIET).await);
    session.send(&ack(4)).await;
    // Away and back, as a page that is loaded anew: what came meanwhile is acknowledged in time.
    drop(session);
    deposit(&relay, &alice, 5..=5).await;
    let (mut session, _) = alice.connect(relay.local_addr(), 4).await;
    alice.drain(&mut session).await;
    drop(session);
    assert!(service.is_quiet(QUIET).await);
    relay.stop().await;
}

#[tokio::test]
async fn a_subscription_that_the_push_service_does_not_know_is_dropped() {
    let (dir, alice) = (temp(), Device::new(1));
    let service = PushService::start().await;
    service.answer(410);
    let relay = relay_in(dir.path()).await;
    subscribe(&relay, &alice, &service.browser("alice")).await;
    deposit(&relay, &alice, 1..=1).await;
    service.next().await;
    let began = Instant::now();
    while alice.connect(relay.local_addr(), 0).await.1.subscribed.is_some() {
        assert!(began.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let figures = http::get(relay.local_addr(), "/metrics").await.body;
    let figures = String::from_utf8(figures).expect("text");
    assert!(figures.contains("kuvert_push_gone_total 1\n") && figures.contains("kuvert_push_sent_total 0\n"));
    relay.stop().await;
}

#[tokio::test]
async fn a_push_service_that_hangs_delays_no_delivery() {
    let (dir, alice) = (temp(), Device::new(1));
    let service = PushService::start().await;
    service.hang();
    let relay = relay_in(dir.path()).await;
    subscribe(&relay, &alice, &service.browser("alice")).await;
    deposit(&relay, &alice, 1..=1).await;
    service.next().await;
    let began = Instant::now();
    deposit(&relay, &alice, 2..=30).await;
    let (mut session, _) = alice.connect(relay.local_addr(), 0).await;
    assert_eq!(alice.drain(&mut session).await.len(), 30);
    assert!(began.elapsed() < limits::FOREIGN_PATIENCE / 2);
    drop(session);
    relay.stop().await;
}

#[tokio::test]
async fn what_cannot_be_pushed_to_is_refused() {
    let (dir, other, alice) = (temp(), temp(), Device::new(1));
    let service = PushService::start().await;
    let good = service.browser("alice").subscription();
    let mut strict = config(dir.path());
    strict.push.private_addresses = false;
    let relay = Relay::start(strict).await.expect("starts");
    let (mut session, owned) = alice.connect(relay.local_addr(), 0).await;
    assert_eq!((owned.subscribed, session.receive().await), (None, RelayFrame::Live));
    let refused = |n, code| RelayFrame::Refused { id: id(n), code, epoch: None };
    let private = session.ask(&set(1, Some(good.clone()))).await;
    assert_eq!(private, refused(1, ErrorCode::BadSubscription));
    let long = "a".repeat(limits::MAX_PUSH_ENDPOINT);
    let endpoint = format!("https://push.example/{long}");
    let long = session.ask(&set(2, Some(PushSubscription { endpoint, ..good.clone() }))).await;
    assert_eq!(long, refused(2, ErrorCode::TooLarge));
    let mut anonymous = Connection::open(relay.local_addr()).await;
    anonymous.send(&set(3, None)).await;
    anonymous.expect_error(ErrorCode::WrongSession).await;
    relay.stop().await;

    let mut silent = config(other.path());
    silent.push.enabled = false;
    let relay = Relay::start(silent).await.expect("starts");
    let (mut session, owned) = alice.connect(relay.local_addr(), 0).await;
    assert_eq!((owned.push_key, session.receive().await), (None, RelayFrame::Live));
    assert_eq!(session.ask(&set(1, Some(good))).await, refused(1, ErrorCode::NoPush));
    assert_eq!(session.ask(&set(2, None)).await, RelayFrame::Accepted { id: id(2), seq: 0 });
    assert!(!other.path().join("push.key").exists());
    relay.stop().await;
}
