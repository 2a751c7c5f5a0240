//! The HTTP client for deposits and pushes: one POST at a time over one connection, to checked addresses, without redirects, bounded
//! in time and answer.
//!
//! hyper's connections rather than a whole client: they take a stream that was connected to an address that was checked,
//! and hyper, rustls and tokio-rustls are linked by the server's side already.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode, header, request, response};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use kuvert_wire::{DepositResults, decode, limits};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::{Origin, unwilling};

/// The other relay was not reached, or did not do what a relay does. Try again later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unreached;

/// Connects to other relays.
pub(crate) struct Client {
    tls: TlsConnector,
    private_addresses: bool,
}

/// A connection to another relay. Ends when it is dropped.
pub(crate) struct Link {
    sender: http1::SendRequest<Body>,
    authority: String,
}

impl Client {
    /// That trusts Mozilla's root certificates.
    ///
    /// # Errors
    /// If the TLS library does not support its own default versions.
    pub(crate) fn new(private_addresses: bool) -> Result<Self, rustls::Error> {
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        Self::trusting(roots, private_addresses)
    }

    /// That trusts these root certificates.
    pub(crate) fn trusting(roots: RootCertStore, private_addresses: bool) -> Result<Self, rustls::Error> {
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { tls: TlsConnector::from(Arc::new(config)), private_addresses })
    }

    /// Connects to the relay at `origin`.
    pub(crate) async fn connect(&self, origin: &str) -> Result<Link, Unreached> {
        let origin = Origin::parse(origin, self.private_addresses).ok_or(Unreached)?;
        timeout(limits::FOREIGN_PATIENCE, self.open(origin)).await.map_err(|_| Unreached)?
    }

    async fn open(&self, origin: Origin) -> Result<Link, Unreached> {
        let addresses = origin.resolve(self.private_addresses).await.map_err(|_| Unreached)?;
        if addresses.is_empty() {
            unwilling::avoids_private_addresses();
            return Err(Unreached);
        }
        // To the addresses that were checked, not to the name: it could lead elsewhere a moment later.
        let stream = TcpStream::connect(addresses.as_slice()).await.map_err(|_| Unreached)?;
        let _ = stream.set_nodelay(true);
        if !origin.is_tls {
            return speak(stream, origin.authority).await;
        }
        let name = ServerName::try_from(origin.host).map_err(|_| Unreached)?;
        let stream = self.tls.connect(name, stream).await.map_err(|_| Unreached)?;
        speak(stream, origin.authority).await
    }
}

async fn speak(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    authority: String,
) -> Result<Link, Unreached> {
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|_| Unreached)?;
    // Ends with the sender, or when the other side closes.
    tokio::spawn(connection);
    Ok(Link { sender, authority })
}

impl Link {
    /// Whether the other side has not closed it, as far as is known.
    pub(crate) fn is_open(&self) -> bool {
        !self.sender.is_closed()
    }

    /// Hands over a request of `count` deposits.
    pub(super) async fn deliver(&mut self, body: Bytes, count: usize) -> Result<DepositResults, Unreached> {
        timeout(limits::FOREIGN_PATIENCE, self.post(body, count)).await.map_err(|_| Unreached)?
    }

    async fn post(&mut self, body: Bytes, count: usize) -> Result<DepositResults, Unreached> {
        let request = Request::post("/v1/deposits").header(header::CONTENT_TYPE, "application/cbor");
        let (head, answer) = self.ask(request, body).await?;
        if head.status != StatusCode::OK {
            return Err(Unreached);
        }
        let answer: DepositResults = decode(&answer, limits::MAX_FOREIGN_ANSWER).map_err(|_| Unreached)?;
        if answer.results.len() == count { Ok(answer) } else { Err(Unreached) }
    }

    /// Sends one request, whose path and further headers are set, and returns the head of the answer. Its body is read as
    /// far as the bound allows, and dropped.
    pub(crate) async fn send(
        &mut self,
        request: request::Builder,
        body: Bytes,
    ) -> Result<response::Parts, Unreached> {
        let answered = timeout(limits::FOREIGN_PATIENCE, self.ask(request, body)).await;
        answered.map_err(|_| Unreached)?.map(|(head, _)| head)
    }

    async fn ask(
        &mut self,
        request: request::Builder,
        body: Bytes,
    ) -> Result<(response::Parts, Bytes), Unreached> {
        let request =
            request.header(header::HOST, &self.authority).body(Body::from(body)).map_err(|_| Unreached)?;
        self.sender.ready().await.map_err(|_| Unreached)?;
        let response = self.sender.send_request(request).await.map_err(|_| Unreached)?;
        let (head, body) = response.into_parts();
        let answer = axum::body::to_bytes(Body::new(body), limits::MAX_FOREIGN_ANSWER).await;
        Ok((head, answer.map_err(|_| Unreached)?))
    }
}
