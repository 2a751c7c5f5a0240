//! Who gets in: bounds on connections, slow clients, rates per network, and pages of other origins.

use std::net::SocketAddr;
use std::time::Duration;

use kuvert_relay::Relay;
use kuvert_wire::{ClientFrame, ErrorCode, RelayFrame, limits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::http::{Response, get, request};
use crate::support::{Connection, Device, id, origin};
use crate::{config_in, relay_in, temp};

/// Reads until the relay closes the connection, which it must within `patience` of virtual time.
async fn rest_of(stream: &mut TcpStream, patience: Duration) -> String {
    let mut rest = Vec::new();
    // A reset instead of an end is fine.
    let _ = tokio::time::timeout(patience, stream.read_to_end(&mut rest)).await.expect("the relay closes it");
    String::from_utf8_lossy(&rest).into_owned()
}

#[tokio::test]
async fn a_client_that_does_not_finish_its_requests_head_is_cut_off() {
    // RELAY-5: HEAD_WITHIN
    let dir = temp();
    let relay = relay_in(dir.path()).await;
    tokio::time::pause();
    for begin in ["", "GET /healthz HTTP/1.1\r\nhost: a\r\nx-"] {
        let mut stream = TcpStream::connect(relay.local_addr()).await.expect("connects");
        stream.write_all(begin.as_bytes()).await.expect("written");
        let said = rest_of(&mut stream, limits::HEAD_WITHIN * 2).await;
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 408"), "{said}");
    }
}

#[tokio::test]
async fn a_client_that_stalls_or_trickles_its_request_is_cut_off() {
    // RELAY-5: STALLED_AFTER, REQUEST_WITHIN
    let dir = temp();
    let relay = relay_in(dir.path()).await;
    tokio::time::pause();
    let head = "PUT /v1/cards/AAAAAAAAAAAAAAAAAAAAAA HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\n";
    let mut stalled = TcpStream::connect(relay.local_addr()).await.expect("connects");
    stalled.write_all(head.as_bytes()).await.expect("written");
    rest_of(&mut stalled, limits::STALLED_AFTER * 2).await;

    let mut trickling = TcpStream::connect(relay.local_addr()).await.expect("connects");
    trickling.write_all(head.as_bytes()).await.expect("written");
    let (mut reading, mut writing) = trickling.into_split();
    let trickle = tokio::spawn(async move {
        while writing.write_all(b"x").await.is_ok() {
            tokio::time::sleep(limits::STALLED_AFTER / 3).await;
        }
    });
    let mut said = [0; 12];
    let read = tokio::time::timeout(limits::REQUEST_WITHIN * 2, reading.read_exact(&mut said)).await;
    read.expect("in time").expect("an answer");
    assert_eq!(&said, b"HTTP/1.1 408");
    trickle.abort();
}

#[tokio::test]
async fn a_head_that_is_too_long_is_refused() {
    let dir = temp();
    let relay = relay_in(dir.path()).await;
    let header = format!("x-long: {}\r\n", "a".repeat(64 * 1024));
    assert_eq!(request(relay.local_addr(), "GET", "/healthz", &header, b"").await.status, 431);
    relay.stop().await;
}

async fn is_closed_at_once(address: SocketAddr) -> bool {
    let mut stream = TcpStream::connect(address).await.expect("connects");
    let _ = stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n").await;
    !matches!(stream.read(&mut [0; 1]).await, Ok(1))
}

#[tokio::test]
async fn connections_beyond_the_bound_are_closed_until_others_end() {
    // RELAY-5: MAX_HTTP_CONNECTIONS, MAX_METRICS_CONNECTIONS
    let dir = temp();
    let mut config = config_in(dir.path());
    config.limits.sessions = 0;
    config.metrics.listen = Some(config.listen);
    let relay = Relay::start(config).await.expect("starts");
    let metrics = relay.metrics_addr().expect("an address");
    for (address, bound) in
        [(relay.local_addr(), limits::MAX_HTTP_CONNECTIONS), (metrics, limits::MAX_METRICS_CONNECTIONS)]
    {
        let mut held = Vec::new();
        for _ in 0..bound {
            held.push(TcpStream::connect(address).await.expect("connects"));
        }
        assert!(is_closed_at_once(address).await);
        drop(held);
        while is_closed_at_once(address).await {
            tokio::task::yield_now().await;
        }
    }
    relay.stop().await;
}

#[tokio::test]
async fn a_network_that_asks_too_often_is_turned_away_and_others_are_not() {
    let dir = temp();
    let mut config = config_in(dir.path());
    config.limits.requests_per_network = 1;
    let relay = Relay::start(config).await.expect("starts");
    let address = relay.local_addr();
    let as_client = async |client: &str| {
        let headers = format!("x-forwarded-for: {client}\r\norigin: https://app.example\r\n");
        request(address, "GET", "/v1/cards/nonsense", &headers, b"").await
    };
    // Ten seconds' worth at once.
    for _ in 0..10 {
        assert_eq!(as_client("192.0.2.1").await.status, 404);
    }
    let refused = loop {
        // While this runs, one more may come back per second.
        let answer = as_client("192.0.2.1").await;
        if answer.status != 404 {
            break answer;
        }
    };
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("1")));
    assert_eq!(refused.header("access-control-allow-origin"), Some("*"), "pages learn it, too");
    assert!(lists(&refused, "access-control-expose-headers", "retry-after"));
    assert_eq!(as_client("192.0.2.2").await.status, 404);
    for _ in 0..100 {
        assert_eq!(
            get(address, "/v1/cards/nonsense").await.status,
            404,
            "this machine itself is not limited"
        );
    }
    let figures = get(address, "/metrics").await;
    let limited = String::from_utf8(figures.body).expect("text");
    assert!(limited.contains("\nkuvert_rate_limited_total 1\n"), "{limited}");
    relay.stop().await;
}

const UPGRADE: &str = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
                       sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";

/// Asks for a session and says how that was answered; the session stays open with what is returned.
async fn upgrade(relay: SocketAddr, headers: &str) -> (u16, TcpStream) {
    let mut stream = TcpStream::connect(relay).await.expect("connects");
    let head = format!("GET /v1/session HTTP/1.1\r\nhost: {relay}\r\n{UPGRADE}{headers}\r\n");
    stream.write_all(head.as_bytes()).await.expect("written");
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.expect("an answer");
    let status = std::str::from_utf8(&answer[9..]).expect("text").parse().expect("a status");
    (status, stream)
}

#[tokio::test]
async fn sessions_through_a_proxy_count_for_the_network_behind_it() {
    let dir = temp();
    let mut config = config_in(dir.path());
    config.limits.connections_per_network = 2;
    let relay = Relay::start(config).await.expect("starts");
    let address = relay.local_addr();
    let client = "x-forwarded-for: 192.0.2.1\r\n";
    let (first, second) = (upgrade(address, client).await, upgrade(address, client).await);
    assert_eq!((first.0, second.0), (101, 101));
    assert_eq!(upgrade(address, client).await.0, 429);
    assert_eq!(upgrade(address, "x-forwarded-for: 192.0.2.2\r\n").await.0, 101);
    drop((first, second));
    while upgrade(address, client).await.0 != 101 {
        tokio::task::yield_now().await;
    }
    relay.stop().await;
}

/// Whether a header of the response names this among others.
fn lists(response: &Response, header: &str, name: &str) -> bool {
    response.header(header).is_some_and(|all| all.split(", ").any(|one| one == name))
}

#[tokio::test]
async fn pages_of_other_origins_may_use_cards_blobs_deposits_and_sessions() {
    let dir = temp();
    let relay = relay_in(dir.path()).await;
    let (address, path) = (relay.local_addr(), "/v1/cards/AAAAAAAAAAAAAAAAAAAAAA");
    let upload = "content-type, upload-length, kuvert-inbox, kuvert-token, kuvert-secret-hash";
    let blob = "/v1/blobs/AAAAAAAAAAAAAAAAAAAAAA";
    for (path, method, asked) in [
        (path, "PUT", "content-type"),
        (path, "DELETE", "content-type"),
        (blob, "PUT", upload),
        (blob, "PATCH", "content-type, upload-offset, kuvert-secret"),
        (blob, "GET", "range"),
        (blob, "HEAD", ""),
        (blob, "DELETE", "kuvert-secret"),
        ("/v1/deposits", "POST", "content-type"),
        ("/v1/relay", "GET", ""),
    ] {
        let asks = format!(
            "origin: https://app.example\r\naccess-control-request-method: {method}\r\n\
             access-control-request-headers: {asked}\r\n"
        );
        let preflight = request(address, "OPTIONS", path, &asks, b"").await;
        assert_eq!(preflight.status, 204, "{method} {path}");
        assert_eq!(preflight.header("access-control-allow-origin"), Some("*"));
        assert!(lists(&preflight, "access-control-allow-methods", method), "{method} {path}");
        for header in asked.split(", ").filter(|header| !header.is_empty()) {
            assert!(lists(&preflight, "access-control-allow-headers", header), "{header}");
        }
        assert!(preflight.header("access-control-allow-credentials").is_none());
    }
    let read = request(address, "GET", path, "origin: https://app.example\r\n", b"").await;
    for header in
        ["upload-offset", "upload-length", "upload-complete", "content-range", "accept-ranges", "retry-after"]
    {
        assert!(lists(&read, "access-control-expose-headers", header), "{header}");
    }
    assert_eq!((read.status, read.header("access-control-allow-origin")), (404, Some("*")));
    assert_eq!(read.header("cross-origin-resource-policy"), Some("cross-origin"));
    assert_eq!(upgrade(address, "origin: https://app.example\r\n").await.0, 101);
    // The app's own pages are not for others.
    let page = request(address, "GET", "/", "origin: https://app.example\r\n", b"").await;
    assert!(page.header("access-control-allow-origin").is_none());
    assert_eq!(page.header("cross-origin-resource-policy"), Some("same-origin"));
    relay.stop().await;
}

#[tokio::test]
async fn where_origins_are_named_pages_of_others_are_kept_out() {
    let dir = temp();
    let mut config = config_in(dir.path());
    config.allowed_origins = vec!["https://app.example".to_owned()];
    let relay = Relay::start(config).await.expect("starts");
    let (address, path) = (relay.local_addr(), "/v1/cards/AAAAAAAAAAAAAAAAAAAAAA");
    let read =
        async |origin: &str| request(address, "GET", path, &format!("origin: {origin}\r\n"), b"").await;
    let allowed = read("https://app.example").await;
    assert_eq!(allowed.header("access-control-allow-origin"), Some("https://app.example"));
    assert_eq!(allowed.header("vary"), Some("origin"));
    assert!(read("https://evil.example").await.header("access-control-allow-origin").is_none());
    assert_eq!(upgrade(address, "origin: https://app.example\r\n").await.0, 101);
    assert_eq!(upgrade(address, &format!("origin: http://{address}\r\n")).await.0, 101);
    assert_eq!(upgrade(address, "origin: https://evil.example\r\n").await.0, 403);
    drop(Connection::open(address).await);
    relay.stop().await;
}

#[tokio::test]
async fn a_session_whose_network_asks_too_often_is_refused_in_order() {
    let dir = temp();
    let mut config = config_in(dir.path());
    config.limits.requests_per_network = 1;
    config.limits.inboxes_per_network = 1;
    let relay = Relay::start(config).await.expect("starts");
    let (alice, bob) = (Device::new(1), Device::new(2));
    let from = async |client: &str| Connection::through_proxy(relay.local_addr(), client).await;
    let own = async |device: &Device, client: &str| {
        let mut session = from(client).await;
        let proof = device.proof(&origin(relay.local_addr()), &session.challenge, 0, true);
        session.ask(&proof).await
    };
    assert!(matches!(own(&alice, "192.0.2.1").await, RelayFrame::Owned(_)));
    let refused = RelayFrame::Error { code: ErrorCode::RateLimited };
    assert_eq!(own(&bob, "192.0.2.1").await, refused, "one inbox per network and day");
    assert!(matches!(own(&alice, "192.0.2.1").await, RelayFrame::Owned(_)), "what exists is not new");
    assert!(matches!(own(&bob, "192.0.2.2").await, RelayFrame::Owned(_)));

    let mut sender = from("192.0.2.3").await;
    for n in 0..30 {
        sender.send(&alice.deposit(id(n), b"x")).await;
    }
    let mut accepted = 0;
    for n in 0..30 {
        match sender.receive().await {
            RelayFrame::Accepted { id: answered, .. } => {
                assert_eq!(answered, id(n), "answers come in the order of the requests");
                accepted += 1;
            }
            refused => {
                let code = ErrorCode::RateLimited;
                assert_eq!(refused, RelayFrame::Refused { id: id(n), code, epoch: None });
            }
        }
    }
    // The session itself was a request, ten seconds' worth may come at once, and time passes.
    assert!((9..30).contains(&accepted), "{accepted}");

    // However long it waits: until it says that it knows, what it sends may have been behind what was refused.
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    let code = ErrorCode::RateLimited;
    let refused = RelayFrame::Refused { id: id(30), code, epoch: None };
    assert_eq!(sender.ask(&alice.deposit(id(30), b"x")).await, refused);
    sender.send(&ClientFrame::Resume).await;
    assert!(matches!(sender.ask(&alice.deposit(id(30), b"x")).await, RelayFrame::Accepted { .. }));
    relay.stop().await;
}
