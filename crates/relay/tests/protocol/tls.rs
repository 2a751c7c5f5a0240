//! TLS by the relay itself.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use kuvert_relay::{Config, Relay, StartError};
use kuvert_wire::{ClientFrame, Entry, RelayFrame, decode, encode, limits};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, NamedGroup, RootCertStore, SupportedProtocolVersion, version};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Device, ack, id};
use crate::{config_in, temp};

/// Makes a certificate for `localhost` and writes it with its key where [`with_tls`] expects them.
fn certificate(dir: &Path) -> CertificateDer<'static> {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    std::fs::write(dir.join("cert.pem"), cert.pem()).expect("written");
    std::fs::write(dir.join("key.pem"), signing_key.serialize_pem()).expect("written");
    cert.der().clone()
}

fn with_tls(dir: &Path) -> Config {
    let mut config = config_in(&dir.join("data"));
    config.tls.certificate = Some(dir.join("cert.pem"));
    config.tls.key = Some(dir.join("key.pem"));
    config
}

/// A TLS connection by somebody who trusts just this certificate.
async fn connect(
    relay: SocketAddr,
    trusted: &CertificateDer<'static>,
    versions: &[&'static SupportedProtocolVersion],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).expect("a certificate");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let stream = TcpStream::connect(relay).await.expect("connects");
    let name = ServerName::try_from("localhost").expect("a name");
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

#[tokio::test]
async fn a_session_within_tls_agrees_on_post_quantum_keys() {
    let dir = temp();
    let trusted = certificate(dir.path());
    let relay = Relay::start(with_tls(dir.path())).await.expect("starts");
    let stream = connect(relay.local_addr(), &trusted, &[&version::TLS13]).await.expect("a handshake");
    let about = stream.get_ref().1;
    let group = about.negotiated_key_exchange_group().expect("agreed on").name();
    assert_eq!(group, NamedGroup::X25519MLKEM768);
    assert_eq!(about.alpn_protocol(), Some(b"http/1.1".as_slice()));
    let url = format!("ws://{}/v1/session", relay.local_addr());
    let (mut socket, _) = tokio_tungstenite::client_async(url, stream).await.expect("a session");
    let hello = socket.next().await.expect("a message").expect("readable").into_data();
    let hello = decode::<RelayFrame>(&hello, limits::MAX_FRAME).expect("a frame");
    assert!(matches!(hello, RelayFrame::Hello(_)));
    assert!(connect(relay.local_addr(), &trusted, &[&version::TLS12]).await.is_ok(), "older clients, too");
    relay.stop().await;
}

#[tokio::test]
async fn a_reader_that_was_slow_gets_everything_within_tls_in_order() {
    // RELAY-2
    const BODIES: u64 = 200;
    let dir = temp();
    let trusted = certificate(dir.path());
    let relay = Relay::start(with_tls(dir.path())).await.expect("starts");
    let origin = format!("https://{}", relay.local_addr());
    let (alice, body) = (Device::new(1), |n: u64| vec![n as u8; limits::MAX_BODY]);
    let session = async || {
        let stream = connect(relay.local_addr(), &trusted, &[&version::TLS13]).await.expect("a handshake");
        let url = format!("ws://{}/v1/session", relay.local_addr());
        let (mut socket, _) = tokio_tungstenite::client_async(url, stream).await.expect("a session");
        let RelayFrame::Hello(hello) = next(&mut socket).await else { panic!("a greeting") };
        (socket, hello.challenge)
    };
    let (mut slow, challenge) = session().await;
    slow.send(message(&alice.proof(&origin, &challenge, 0, true))).await.expect("taken");
    assert!(matches!(next(&mut slow).await, RelayFrame::Owned(_)));
    assert_eq!(next(&mut slow).await, RelayFrame::Live);

    // More than the socket holds: what is left waits within TLS and at the relay until somebody reads.
    let (mut sender, _) = session().await;
    for n in 1..=BODIES {
        sender.send(message(&alice.deposit(id(n), &body(n)))).await.expect("taken");
        assert_eq!(next(&mut sender).await, RelayFrame::Accepted { id: id(n), seq: 0 });
    }
    let mut seq = 0;
    while seq < BODIES {
        let RelayFrame::Entries(entries) = next(&mut slow).await else { panic!("entries") };
        assert_eq!(entries.first, seq + 1);
        for sealed in &entries.sealed {
            seq += 1;
            let entry = alice.seal.open(seq, sealed).expect("opens for its owner");
            assert_eq!(entry, Entry::Deposit { body: body(seq) });
        }
    }
    slow.send(message(&ack(BODIES))).await.expect("taken");
    relay.stop().await;
}

type Socket = tokio_tungstenite::WebSocketStream<TlsStream<TcpStream>>;

fn message(frame: &ClientFrame) -> Message {
    Message::Binary(encode(frame).into())
}

/// The next frame.
async fn next(socket: &mut Socket) -> RelayFrame {
    let next = tokio::time::timeout(Duration::from_secs(20), socket.next()).await.expect("in time");
    let bytes = next.expect("a message").expect("readable").into_data();
    decode(&bytes, limits::MAX_FRAME).expect("a frame")
}

#[tokio::test]
async fn a_renewed_certificate_is_used_and_a_broken_one_is_not() {
    // RELAY-5: TLS_POLL
    let dir = temp();
    let first = certificate(dir.path());
    let relay = Relay::start(with_tls(dir.path())).await.expect("starts");
    let works = async |trusted: &CertificateDer<'static>| {
        connect(relay.local_addr(), trusted, &[&version::TLS13]).await.is_ok()
    };
    assert!(works(&first).await);

    // The key of another certificate, as between the writing of the two files.
    let key = std::fs::read(dir.path().join("key.pem")).expect("read");
    let second = certificate(dir.path());
    let second_key = std::fs::read(dir.path().join("key.pem")).expect("read");
    std::fs::write(dir.path().join("key.pem"), key).expect("written");
    relay.reload();
    assert!(works(&first).await && !works(&second).await);
    std::fs::write(dir.path().join("key.pem"), "nonsense").expect("written");
    relay.reload();
    assert!(works(&first).await);

    std::fs::write(dir.path().join("key.pem"), second_key).expect("written");
    relay.reload();
    assert!(works(&second).await && !works(&first).await);

    // Nobody has to ask for it.
    let third = certificate(dir.path());
    tokio::time::pause();
    tokio::time::sleep(limits::TLS_POLL * 2).await;
    tokio::time::resume();
    assert!(works(&third).await);
    relay.stop().await;
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_keeps_the_relay_from_starting() {
    let dir = temp();
    let why = async || match Relay::start(with_tls(dir.path())).await {
        Err(StartError::Tls(error)) => error.to_string(),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it starts"),
    };
    assert!(why().await.contains("cert.pem"));
    certificate(dir.path());
    std::fs::write(dir.path().join("cert.pem"), "").expect("written");
    assert!(why().await.contains("there is no certificate"));
    certificate(dir.path());
    std::fs::remove_file(dir.path().join("key.pem")).expect("removed");
    assert!(why().await.contains("key.pem"));
}

#[tokio::test]
async fn a_client_that_does_not_finish_its_handshake_is_cut_off() {
    // RELAY-5: TLS_WITHIN
    let dir = temp();
    certificate(dir.path());
    let relay = Relay::start(with_tls(dir.path())).await.expect("starts");
    tokio::time::pause();
    let mut stream = TcpStream::connect(relay.local_addr()).await.expect("connects");
    let ended = tokio::time::timeout(limits::TLS_WITHIN * 2, stream.read(&mut [0; 1])).await;
    assert!(!matches!(ended.expect("cut off"), Ok(1)));
}
