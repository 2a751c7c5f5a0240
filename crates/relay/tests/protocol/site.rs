//! What the relay answers over plain HTTP.

use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::SigningKey;
use kuvert_wire::{CardDeletion, CardId, CardRecord, ClientFrame, RelayFrame, RevokeTokens, Token, limits};

use crate::http::{get, request};
use crate::support::{Device, id};
use crate::{relay_in, relay_with_web, temp};

/// The headers that show an inbox and a token.
fn admission(device: &Device, token: &Token) -> String {
    let text = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
    let (inbox, token) = (text(device.inbox.as_bytes()), text(token.as_bytes()));
    format!("kuvert-inbox: {inbox}\r\nkuvert-token: {token}\r\n")
}

#[tokio::test]
async fn a_card_is_kept_for_those_only_who_have_an_inbox() {
    let dir = temp();
    let relay = relay_in(dir.path()).await;
    let address = relay.local_addr();
    let (alice, stranger) = (Device::new(1), Device::new(2));
    let (mut session, _) = alice.connect(address, 0).await;
    assert_eq!(session.receive().await, RelayFrame::Live);
    let record = CardRecord::sign(&SigningKey::from_bytes(&[1; 32]), 1, b"sealed".to_vec());
    let path = format!("/v1/cards/{}", CardId::of(&record.owner).to_text());
    let put = async |headers: &str| {
        let answer = request(address, "PUT", &path, headers, &record.to_bytes()).await;
        (answer.status, String::from_utf8(answer.body).expect("text"))
    };
    let good = admission(&alice, &alice.token());
    let inbox_only = good.lines().next().expect("a line").to_owned() + "\r\n";
    let padded = good.replacen("\r\n", "==\r\n", 1);
    for (headers, missing) in [("", "kuvert-inbox"), (&inbox_only, "kuvert-token"), (&padded, "kuvert-inbox")]
    {
        let (status, text) = put(headers).await;
        assert!(status == 401 && text.contains(missing), "{status} {text}");
    }
    for wrong in [admission(&stranger, &stranger.token()), admission(&alice, &stranger.token())] {
        assert_eq!(put(&wrong).await.0, 403);
    }
    assert_eq!(get(address, &path).await.status, 404);
    let revoke = RevokeTokens { id: id(1), nonces: vec![alice.token().nonce()] };
    let revoked = session.ask(&ClientFrame::RevokeTokens(revoke)).await;
    assert_eq!(revoked, RelayFrame::Accepted { id: id(1), seq: 0 });
    assert_eq!(put(&good).await.0, 403, "a revoked token opens nothing");
    assert_eq!(put(&admission(&alice, &alice.deposit_key.token([4; 16]))).await.0, 201);
    relay.stop().await;
}

#[tokio::test]
async fn a_card_is_stored_by_its_key_and_only_grows_newer() {
    let dir = temp();
    let relay = relay_in(dir.path()).await;
    let address = relay.local_addr();
    let key = SigningKey::from_bytes(&[1; 32]);
    let record = |version| CardRecord::sign(&key, version, vec![version as u8; 50]);
    let path = format!("/v1/cards/{}", CardId::of(&record(1).owner).to_text());
    let alice = Device::new(1);
    drop(alice.connect(address, 0).await);
    let admission = admission(&alice, &alice.token());
    let put = async |body: &[u8]| request(address, "PUT", &path, &admission, body).await.status;

    let absent = get(address, &path).await;
    assert_eq!((absent.status, absent.header("cache-control")), (404, Some("no-store")));
    assert_eq!(put(&record(2).to_bytes()).await, 201);
    assert_eq!(put(&record(2).to_bytes()).await, 200);
    assert_eq!(put(&record(1).to_bytes()).await, 409);
    assert_eq!(put(&record(3).to_bytes()).await, 200);
    let stored = get(address, &path).await;
    assert_eq!((stored.status, stored.header("cache-control")), (200, Some("no-store")));
    assert_eq!(stored.body, record(3).to_bytes());

    let mut forged = record(4);
    forged.version = 5;
    let refused = request(address, "PUT", &path, &admission, &forged.to_bytes()).await;
    assert_eq!(
        (refused.status, refused.body.as_slice()),
        (400, b"the card's signature does not hold\n".as_slice())
    );
    assert_eq!(put(&vec![0; limits::MAX_CARD + 1]).await, 413, "RELAY-5: MAX_CARD");
    assert_eq!(get(address, "/v1/cards/nonsense").await.status, 404);
    relay.stop().await;

    let relay = relay_in(dir.path()).await;
    assert_eq!(get(relay.local_addr(), &path).await.body, record(3).to_bytes());
    relay.stop().await;
}

#[tokio::test]
async fn a_card_is_deleted_by_its_key_and_nobody_puts_it_back() {
    let dir = temp();
    let relay = relay_in(dir.path()).await;
    let address = relay.local_addr();
    let key = SigningKey::from_bytes(&[1; 32]);
    let record = CardRecord::sign(&key, 2, b"sealed".to_vec());
    let path = format!("/v1/cards/{}", CardId::of(&record.owner).to_text());
    let alice = Device::new(1);
    drop(alice.connect(address, 0).await);
    let admission = admission(&alice, &alice.token());
    let ask = async |method: &str, body: &[u8]| {
        // Who may delete is shown by the signature alone.
        let headers = if method == "PUT" { admission.as_str() } else { "" };
        request(address, method, &path, headers, body).await.status
    };
    let deletion = CardDeletion::sign(&key, 2).to_bytes();

    assert_eq!(ask("DELETE", &deletion).await, 404, "nothing to delete");
    assert_eq!(ask("PUT", &record.to_bytes()).await, 201);
    let stranger =
        CardDeletion { owner: record.owner, ..CardDeletion::sign(&SigningKey::from_bytes(&[2; 32]), 2) };
    assert_eq!(ask("DELETE", &stranger.to_bytes()).await, 400);
    assert_eq!(ask("DELETE", &CardDeletion::sign(&key, 1).to_bytes()).await, 409);
    assert_eq!(get(address, &path).await.status, 200);
    assert_eq!(ask("DELETE", &deletion).await, 204);
    assert_eq!(ask("DELETE", &deletion).await, 204);
    let gone = get(address, &path).await;
    assert_eq!((gone.status, gone.header("cache-control")), (410, Some("no-store")));
    assert_eq!(ask("PUT", &record.to_bytes()).await, 409);
    relay.stop().await;
}

#[tokio::test]
async fn another_version_of_the_protocol_is_told_which_one_is_spoken() {
    let dir = temp();
    let relay = relay_in(dir.path()).await;
    for path in ["/v2/session", "/v1/unknown", "/v02"] {
        let answer = get(relay.local_addr(), path).await;
        let text = String::from_utf8(answer.body).expect("text");
        assert!(answer.status == 404 && text.contains("speaks /v1\n"), "{path}: {text}");
    }
    relay.stop().await;
}

#[tokio::test]
async fn the_web_app_is_served_with_strict_headers() {
    // WEB-1
    let (dir, web) = (temp(), temp());
    let write = |name: &str, text: &str| {
        let path = web.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        std::fs::write(path, text).expect("written");
    };
    write("index.html", "start");
    write("assets/app-1.wasm", "module");
    write("assets/app-1.wasm.br", "small");
    write("sw.js", "worker");
    std::fs::write(dir.path().join("secret.txt"), "secret").expect("written");
    let relay = relay_with_web(&dir.path().join("data"), Some(web.path())).await;
    let address = relay.local_addr();

    for path in ["/", "/c/AbCdEfGhIjKlMnOpQrStUv", "/settings"] {
        let page = get(address, path).await;
        assert_eq!((page.status, page.body.as_slice()), (200, b"start".as_slice()), "{path}");
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
        assert_eq!(page.header("cache-control"), Some("no-cache"));
        let policy = page.header("content-security-policy").expect("a policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self' 'wasm-unsafe-eval';"));
        assert!(
            policy.contains(&format!(
                "connect-src 'self' ws://localhost:{0} ws://127.0.0.1:{0};",
                address.port()
            ))
        );
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(page.header("cross-origin-opener-policy"), Some("same-origin"));
        assert_eq!(page.header("cross-origin-resource-policy"), Some("same-origin"));
        assert!(page.header("set-cookie").is_none());
    }
    let module = get(address, "/assets/app-1.wasm").await;
    assert_eq!(
        (module.body.as_slice(), module.header("content-type")),
        (b"module".as_slice(), Some("application/wasm"))
    );
    assert_eq!(module.header("cache-control"), Some("public, max-age=31536000, immutable"));
    let small = request(address, "GET", "/assets/app-1.wasm", "accept-encoding: gzip, br\r\n", b"").await;
    assert_eq!((small.body.as_slice(), small.header("content-encoding")), (b"small".as_slice(), Some("br")));
    assert_eq!(small.header("content-type"), Some("application/wasm"));
    let worker = get(address, "/sw.js").await;
    let tag = worker.header("etag").expect("a tag");
    let same = request(address, "GET", "/sw.js", &format!("if-none-match: {tag}\r\n"), b"").await;
    assert_eq!((same.status, same.body.len()), (304, 0));
    let head = request(address, "HEAD", "/sw.js", "", b"").await;
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (200, Some("6"), 0));

    for path in
        ["/missing.js", "/../secret.txt", "/assets/../../secret.txt", "/%2e%2e/secret.txt", "/v1/unknown"]
    {
        assert_eq!(get(address, path).await.status, 404, "{path}");
    }
    assert_eq!(request(address, "POST", "/", "", b"").await.status, 405);
    assert_eq!(get(address, "/healthz").await.body, b"ok\n");
    relay.stop().await;
}

#[tokio::test]
async fn without_a_web_app_there_is_no_page() {
    let dir = temp();
    let relay = relay_in(dir.path()).await;
    assert_eq!(get(relay.local_addr(), "/").await.status, 404);
    relay.stop().await;
}
