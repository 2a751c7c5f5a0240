use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use kuvert_wire::{DepositResults, encode, limits};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::RootCertStore;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::client::{Client, Unreached};
use super::*;

/// Somebody who answers each request with the same bytes, whatever it is.
async fn peer(answer: Vec<u8>) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("binds");
    let at = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            while let Ok(1..) = stream.read(&mut request).await {
                if stream.write_all(&answer).await.is_err() {
                    break;
                }
            }
        }
    });
    at
}

fn response(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}

fn results(count: usize) -> Vec<u8> {
    encode(&DepositResults { results: vec![None; count] })
}

async fn asked(answer: Vec<u8>) -> Result<DepositResults, Unreached> {
    let at = peer(answer).await;
    let client = Client::new(true).expect("a client");
    let mut link = client.connect(&format!("http://{at}")).await?;
    link.deliver(Bytes::from_static(b"x"), 2).await
}

#[tokio::test]
async fn an_answer_that_is_none_means_try_again() {
    // RELAY-5: MAX_FOREIGN_ANSWER
    assert!(asked(response("200 OK", "", &results(2))).await.is_ok());
    let long = [results(2), vec![0; limits::MAX_FOREIGN_ANSWER]].concat();
    for (what, answer) in [
        ("too few", response("200 OK", "", &results(1))),
        ("too many", response("200 OK", "", &results(3))),
        ("no CBOR", response("200 OK", "", b"thanks")),
        ("too long", response("200 OK", "", &long)),
        ("elsewhere", response("302 Found", "location: http://127.0.0.1/\r\n", &results(2))),
        ("busy", response("503 Service Unavailable", "", &results(2))),
        ("created", response("201 Created", "", &results(2))),
        ("no HTTP", b"hello\r\n\r\n".to_vec()),
    ] {
        assert_eq!(asked(answer).await, Err(Unreached), "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_does_not_answer_in_time_is_left() {
    // RELAY-5: FOREIGN_PATIENCE
    assert_eq!(asked(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n".to_vec()).await, Err(Unreached));
}

#[tokio::test]
async fn a_private_address_is_not_connected_to() {
    let at = peer(response("200 OK", "", &results(2))).await;
    let client = Client::new(false).expect("a client");
    for origin in
        [format!("http://{at}"), format!("https://{at}"), format!("https://localhost:{}", at.port())]
    {
        assert!(client.connect(&origin).await.is_err(), "{origin}");
    }
}

#[tokio::test]
async fn a_relay_proves_its_name_by_a_certificate() {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .expect("a pair");
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("binds");
    let port = listener.local_addr().expect("bound").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(&response("200 OK", "", &results(2))).await;
            let _ = stream.flush().await;
        }
    });
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).expect("a root");
    let trusting = Client::trusting(roots, true).expect("a client");
    let mut link = trusting.connect(&format!("https://localhost:{port}")).await.expect("connects");
    assert_eq!(link.deliver(Bytes::from_static(b"x"), 2).await.map(|answer| answer.results.len()), Ok(2));
    let another = trusting.connect(&format!("https://127.0.0.1:{port}")).await;
    assert!(another.is_err(), "the certificate is for another name");
    let strict = Client::new(true).expect("a client");
    assert!(strict.connect(&format!("https://localhost:{port}")).await.is_err(), "nobody vouches for it");
}
