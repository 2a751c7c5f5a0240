//! A client that writes what it likes.

use std::net::SocketAddr;
use std::time::Duration;

use kuvert_wire::{ClientFrame, RelayFrame, decode, encode, limits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// What asks for a session.
pub(crate) const UPGRADE: &str = "GET /v1/session HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
     sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// A connection whose session is open.
pub(crate) struct Raw {
    pub(crate) stream: TcpStream,
    received: Vec<u8>,
}

/// What came from the relay.
#[derive(Debug, PartialEq)]
pub(crate) enum Came {
    Frame(RelayFrame),
    Pong,
    Ping,
    Close,
    End,
}

impl Raw {
    pub(crate) async fn open(relay: SocketAddr) -> Self {
        let mut stream = TcpStream::connect(relay).await.expect("connects");
        stream.write_all(UPGRADE.as_bytes()).await.expect("written");
        Self::greeted(stream).await
    }

    /// Reads the answer to a request for a session, and the greeting.
    pub(crate) async fn greeted(stream: TcpStream) -> Self {
        let mut raw = Self { stream, received: Vec::new() };
        while !raw.received.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
            assert!(raw.more().await, "the relay answers");
        }
        let head = raw.received.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("a head") + 4;
        let head: Vec<u8> = raw.received.drain(..head).collect();
        assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
        assert!(matches!(raw.next().await, Came::Frame(RelayFrame::Hello(_))));
        raw
    }

    /// Writes all of it, unless the relay closes before.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> bool {
        tokio::time::timeout(PATIENCE, self.stream.write_all(bytes)).await.expect("taken in time").is_ok()
    }

    /// Writes as much as the relay and the system take without anything being read; returns how much.
    pub(crate) async fn write_until_stuck(&mut self, bytes: &[u8]) -> usize {
        let mut written = 0;
        while written < bytes.len() {
            match tokio::time::timeout(Duration::from_millis(500), self.stream.write(&bytes[written..])).await
            {
                Ok(Ok(more)) => written += more,
                Ok(Err(_)) | Err(_) => break,
            }
        }
        written
    }

    async fn more(&mut self) -> bool {
        let read = self.stream.read_buf(&mut self.received);
        matches!(tokio::time::timeout(PATIENCE, read).await.expect("something in time"), Ok(1..))
    }

    pub(crate) async fn next(&mut self) -> Came {
        loop {
            if let Some((came, len)) = self.whole() {
                self.received.drain(..len);
                return came;
            }
            if !self.more().await {
                return Came::End;
            }
        }
    }

    fn whole(&self) -> Option<(Came, usize)> {
        let bytes = &self.received;
        let (len, start) = match *bytes.get(1)? {
            126 => (u64::from(u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?)), 4),
            127 => (u64::from_be_bytes(*bytes.get(2..)?.first_chunk()?), 10),
            len => (len.into(), 2),
        };
        let end = start + usize::try_from(len).expect("fits");
        let payload = bytes.get(start..end)?;
        let came = match bytes[0] {
            0x82 => Came::Frame(decode(payload, limits::MAX_FRAME).expect("a frame of the protocol")),
            0x88 => Came::Close,
            0x89 => Came::Ping,
            0x8a => Came::Pong,
            other => panic!("a relay sends no {other:x}"),
        };
        Some((came, end))
    }

    /// Everything up to the end of the connection.
    pub(crate) async fn rest(&mut self) -> Vec<Came> {
        let mut all = Vec::new();
        loop {
            match self.next().await {
                Came::End => return all,
                came => all.push(came),
            }
        }
    }
}

/// A WebSocket frame as a client sends it.
pub(crate) fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = head(first, payload.len() as u64);
    frame.extend(payload);
    frame
}

/// The head of a frame that claims a length. Its mask is zero.
pub(crate) fn head(first: u8, len: u64) -> Vec<u8> {
    let mut head = vec![first];
    match (u8::try_from(len), u16::try_from(len)) {
        (Ok(len @ ..126), _) => head.push(0x80 | len),
        (_, Ok(len)) => {
            head.push(0x80 | 126);
            head.extend(len.to_be_bytes());
        }
        _ => {
            head.push(0x80 | 127);
            head.extend(len.to_be_bytes());
        }
    }
    head.extend([0; 4]);
    head
}

pub(crate) fn framed(frame: &ClientFrame) -> Vec<u8> {
    masked(0x82, &encode(frame))
}
