//! What an operator's tools see.

use kuvert_relay::Relay;
use kuvert_relay::config::ByteLen;

use crate::http::{get, request};
use crate::{config_in, relay_in, temp};

#[tokio::test]
async fn a_relay_is_ready_unless_its_disk_is_almost_full() {
    let dir = temp();
    let relay = relay_in(&dir.path().join("one")).await;
    let ready = get(relay.local_addr(), "/readyz").await;
    assert_eq!((ready.status, ready.body.as_slice()), (200, b"ready\n".as_slice()));
    relay.stop().await;

    let mut config = config_in(&dir.path().join("two"));
    config.limits.free_disk = ByteLen(u64::MAX);
    let relay = Relay::start(config).await.expect("starts");
    let full = get(relay.local_addr(), "/readyz").await;
    let why = String::from_utf8(full.body).expect("text");
    assert_eq!(full.status, 503);
    assert!(why.starts_with("the disk is almost full"), "{why}");
    assert_eq!(get(relay.local_addr(), "/healthz").await.status, 200, "and yet it lives");
    relay.stop().await;
}

#[tokio::test]
async fn metrics_are_for_this_machine_only_unless_they_have_their_own_address() {
    let dir = temp();
    let relay = relay_in(&dir.path().join("one")).await;
    let own = get(relay.local_addr(), "/metrics").await;
    assert_eq!(own.status, 200);
    assert!(own.header("content-type").is_some_and(|kind| kind.starts_with("text/plain; version=0.0.4")));
    let text = String::from_utf8(own.body).expect("text");
    for name in ["kuvert_connections 1", "kuvert_disk_free_bytes ", "kuvert_uptime_seconds "] {
        assert!(text.contains(name), "{text}");
    }
    for header in ["x-forwarded-for: 127.0.0.1\r\n", "forwarded: for=127.0.0.1\r\n", "via: 1.1 proxy\r\n"] {
        assert_eq!(request(relay.local_addr(), "GET", "/metrics", header, b"").await.status, 404, "{header}");
    }
    relay.stop().await;

    let mut config = config_in(&dir.path().join("two"));
    config.metrics.listen = Some(config.listen);
    let relay = Relay::start(config).await.expect("starts");
    let metrics = relay.metrics_addr().expect("an address");
    assert_eq!(get(metrics, "/metrics").await.status, 200);
    assert_eq!(get(metrics, "/readyz").await.status, 200);
    assert_eq!(get(metrics, "/v1/cards/AAAAAAAAAAAAAAAAAAAAAA").await.body, b"", "nothing else is there");
    assert_eq!(get(relay.local_addr(), "/metrics").await.status, 404);
    relay.stop().await;
}
