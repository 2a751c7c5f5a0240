//! One request over HTTP at a time, each on a connection of its own, with its bytes counted.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use kuvert_core::{FetchMethod, FetchOutcome, FetchRequest};

use crate::traffic::Traffic;

/// A relay that says nothing for so long says nothing any more.
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks, and waits for the answer.
pub(crate) fn fetch(
    relay: SocketAddr,
    request: &FetchRequest,
    traffic: &mut Traffic,
) -> Result<FetchOutcome> {
    let (method, body): (&str, &[u8]) = match &request.method {
        FetchMethod::Get => ("GET", b""),
        FetchMethod::Put(body) => ("PUT", body),
        FetchMethod::Patch(body) => ("PATCH", body),
        FetchMethod::Delete(body) => ("DELETE", body),
    };
    let path = request.url.strip_prefix("http://").and_then(|rest| rest.split_once('/'));
    let (host, path) = path.with_context(|| format!("{} is no address of the relay", request.url))?;
    let mut head = format!("{method} /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
    for (name, value) in &request.headers {
        head += &format!("{name}: {value}\r\n");
    }
    if method != "GET" {
        head += &format!("content-type: application/cbor\r\ncontent-length: {}\r\n", body.len());
    }
    let mut stream = TcpStream::connect(relay)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let sent = [head.as_bytes(), b"\r\n", body].concat();
    stream.write_all(&sent)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    *traffic = *traffic + Traffic { up: sent.len() as u64, down: answer.len() as u64 };
    outcome(&answer, request.limit)
}

fn outcome(answer: &[u8], limit: usize) -> Result<FetchOutcome> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").context("no HTTP answer")?;
    let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
    if head.contains("transfer-encoding:") {
        bail!("the relay sends a body in chunks");
    }
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).context("no HTTP status")?;
    let body = &answer[end + 4..];
    if body.len() > limit {
        Ok(FetchOutcome::Failed)
    } else {
        Ok(FetchOutcome::Answered { status, body: body.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_a_status_and_a_body_within_its_limit() {
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nbody";
        let whole = FetchOutcome::Answered { status: 200, body: b"body".to_vec() };
        assert_eq!(outcome(answer, 4).expect("an answer"), whole);
        assert_eq!(outcome(answer, 3).expect("an answer"), FetchOutcome::Failed);
        assert!(outcome(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", 9).is_err());
        assert!(outcome(b"nothing", 9).is_err());
    }
}
