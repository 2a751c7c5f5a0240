//! A client of the plainest kind, so that nothing mends what the relay does.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use kuvert_wire::{BlobId, BlobSecret};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::Device;

/// Longer than anything here takes, so that a broken relay fails a test instead of stopping it.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Response {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }

    /// Offset, and whether that is all.
    pub(crate) fn progress(&self) -> (u64, bool) {
        let offset = self.header("upload-offset").and_then(|offset| offset.parse().ok());
        (offset.expect("an offset"), self.header("upload-complete") == Some("?1"))
    }
}

/// Sends a request's head and returns the connection, over which its body may follow.
pub(crate) async fn begin(
    relay: SocketAddr,
    method: &str,
    path: &str,
    length: u64,
    headers: &[(&str, String)],
) -> TcpStream {
    let mut stream = TcpStream::connect(relay).await.expect("connects");
    let mut head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {relay}\r\nconnection: close\r\ncontent-length: {length}\r\n"
    );
    for (name, value) in headers {
        write!(head, "{name}: {value}\r\n").expect("text");
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes()).await.expect("taken");
    stream
}

pub(crate) async fn answer(mut stream: TcpStream) -> Response {
    let mut answer = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    let _ = read.expect("the relay answers in time");
    let split = answer.windows(4).position(|w| w == b"\r\n\r\n").expect("a response");
    let head = String::from_utf8(answer[..split].to_vec()).expect("text");
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
    Response { status, head, body: answer[split + 4..].to_vec() }
}

pub(crate) async fn request(
    relay: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, String)],
    body: &[u8],
) -> Response {
    let mut stream = begin(relay, method, path, body.len() as u64, headers).await;
    // What is too large is refused before all of it was read.
    let _ = stream.write_all(body).await;
    answer(stream).await
}

/// A blob of somebody who uploads.
pub(crate) struct Blob {
    pub(crate) id: BlobId,
    pub(crate) secret: BlobSecret,
}

impl Blob {
    pub(crate) fn new(n: u8) -> Self {
        Self { id: BlobId::new([n; 16]), secret: BlobSecret::new([n ^ 0xff; 32]) }
    }

    pub(crate) fn path(&self) -> String {
        format!("/v1/blobs/{}", self.id.to_text())
    }

    pub(crate) fn secret(&self) -> (&'static str, String) {
        ("kuvert-secret", BASE64URL_NOPAD.encode(self.secret.as_bytes()))
    }

    /// Headers of the announcement, with a token for `device`'s inbox.
    pub(crate) fn announcement(&self, device: &Device, size: u64) -> Vec<(&'static str, String)> {
        vec![
            ("kuvert-inbox", BASE64URL_NOPAD.encode(device.inbox.as_bytes())),
            ("kuvert-token", BASE64URL_NOPAD.encode(device.token().as_bytes())),
            ("kuvert-secret-hash", BASE64URL_NOPAD.encode(self.secret.hash().as_bytes())),
            ("upload-length", size.to_string()),
        ]
    }

    pub(crate) async fn announce(&self, relay: SocketAddr, device: &Device, size: u64) -> Response {
        request(relay, "PUT", &self.path(), &self.announcement(device, size), b"").await
    }

    pub(crate) async fn append(&self, relay: SocketAddr, offset: u64, body: &[u8]) -> Response {
        let headers = [self.secret(), ("upload-offset", offset.to_string())];
        request(relay, "PATCH", &self.path(), &headers, body).await
    }

    /// Begins to append `length` bytes.
    pub(crate) async fn begin_append(&self, relay: SocketAddr, offset: u64, length: u64) -> TcpStream {
        let headers = [self.secret(), ("upload-offset", offset.to_string())];
        begin(relay, "PATCH", &self.path(), length, &headers).await
    }

    /// Begins to append `length` bytes, and waits until the relay begins to read them.
    pub(crate) async fn begin_asked_append(&self, relay: SocketAddr, offset: u64, length: u64) -> TcpStream {
        const GO_ON: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
        let expects = ("expect", "100-continue".to_owned());
        let headers = [self.secret(), ("upload-offset", offset.to_string()), expects];
        let mut stream = begin(relay, "PATCH", &self.path(), length, &headers).await;
        let mut said = [0; GO_ON.len()];
        let read = tokio::time::timeout(PATIENCE, stream.read_exact(&mut said)).await;
        read.expect("in time").expect("an answer");
        assert_eq!(said, GO_ON, "the upload begins");
        stream
    }

    pub(crate) async fn head(&self, relay: SocketAddr) -> Response {
        request(relay, "HEAD", &self.path(), &[], b"").await
    }

    pub(crate) async fn get(&self, relay: SocketAddr) -> Response {
        request(relay, "GET", &self.path(), &[], b"").await
    }

    pub(crate) async fn range(&self, relay: SocketAddr, range: &str) -> Response {
        request(relay, "GET", &self.path(), &[("range", range.to_owned())], b"").await
    }

    pub(crate) async fn delete(&self, relay: SocketAddr) -> u16 {
        request(relay, "DELETE", &self.path(), &[self.secret()], b"").await.status
    }

    /// Waits until the relay holds `stored` bytes.
    pub(crate) async fn until_stored(&self, relay: SocketAddr, stored: u64) {
        let waited = tokio::time::timeout(PATIENCE, async {
            while self.head(relay).await.progress().0 != stored {
                tokio::task::yield_now().await;
            }
        });
        waited.await.expect("the relay holds it in time");
    }
}

/// `length` bytes that repeat late.
pub(crate) fn content(length: usize) -> Vec<u8> {
    (0..length).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}
