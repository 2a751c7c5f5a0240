//! Plain HTTP requests, one per connection.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

pub(crate) async fn request(
    relay: SocketAddr,
    method: &str,
    path: &str,
    headers: &str,
    body: &[u8],
) -> Response {
    let mut stream = TcpStream::connect(relay).await.expect("connects");
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {relay}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
    );
    stream.write_all(head.as_bytes()).await.expect("taken");
    // What is too large is refused before all of it was read.
    let _ = stream.write_all(body).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let split = answer.windows(4).position(|w| w == b"\r\n\r\n").expect("a response");
    let head = String::from_utf8(answer[..split].to_vec()).expect("text");
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
    Response { status, head, body: answer[split + 4..].to_vec() }
}

pub(crate) async fn get(relay: SocketAddr, path: &str) -> Response {
    request(relay, "GET", path, "", b"").await
}
