//! Takes connections and speaks HTTP/1.1 on them.
//!
//! Connections are bounded in number, in all and per network; a peer that does not finish its request's head, or with which
//! nothing moves, is cut off. A connection that becomes a session is handed over whole, with its place among the
//! connections. Running out of files does not end the relay: it rests and goes on.

mod patience;
mod stream;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use kuvert_wire::limits;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower_service::Service;

pub(crate) use patience::Patient;
pub(crate) use stream::Stream;

use crate::metrics::{Held, Metrics};
use crate::networks::{Connected, Networks};
use crate::session::Phase;
use crate::tls::Tls;

/// Bytes that hyper may buffer of a request's head; also bounds the head.
const HEAD_BUFFER: usize = 16 * 1024;

/// What the listener needs.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) router: Router,
    pub(crate) tls: Option<Tls>,
    pub(crate) networks: Arc<Networks>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) phase: watch::Receiver<Phase>,
    /// One permit per connection. Who holds all of them knows that none is left.
    pub(crate) room: Arc<Semaphore>,
}

/// Who is at the other end of a connection. Every request carries it.
#[derive(Clone)]
pub(crate) struct Peer {
    pub(crate) address: IpAddr,
    /// Keeps the connection's place. A session holds it until it ends.
    pub(crate) place: Arc<Place>,
}

/// A connection's place among all, and among those of its network.
pub(crate) struct Place {
    _room: OwnedSemaphorePermit,
    _network: Connected,
    _gauge: Held,
}

/// Takes connections until the relay drains.
pub(crate) async fn serve(listener: TcpListener, door: Door) {
    let mut phase = door.phase.clone();
    loop {
        let accepted = tokio::select! {
            biased;
            _ = phase.wait_for(|phase| *phase >= Phase::Draining) => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => door.admit(stream, peer),
            Err(error) if is_the_peers(&error) => {}
            Err(error) => {
                // Out of files or memory: those that go make room.
                door.metrics.accept_failures.inc();
                tracing::warn!(kind = ?error.kind(), "a connection could not be taken");
                tokio::time::sleep(limits::ACCEPT_REST).await;
            }
        }
    }
}

/// Whether a connection failed before it was taken, and nothing is wrong here.
fn is_the_peers(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

impl Door {
    /// A small door beside this one, without TLS, for the operator's tools.
    pub(crate) fn for_metrics(&self, router: Router) -> Self {
        let room = Arc::new(Semaphore::new(limits::MAX_METRICS_CONNECTIONS));
        Self { router, tls: None, room, ..self.clone() }
    }

    fn admit(&self, stream: TcpStream, peer: SocketAddr) {
        let address = peer.ip().to_canonical();
        let Some(place) = self.place(address) else {
            self.metrics.connections_refused.inc();
            return;
        };
        self.metrics.connections_opened.inc();
        // Frames are small and answered at once: waiting to fill a packet would only delay them.
        let _ = stream.set_nodelay(true);
        let peer = Peer { address, place: Arc::new(place) };
        tokio::spawn(self.clone().connection(stream, peer));
    }

    fn place(&self, address: IpAddr) -> Option<Place> {
        let _network = self.networks.of_peer(address).connect()?;
        let _room = Arc::clone(&self.room).try_acquire_owned().ok()?;
        Some(Place { _room, _network, _gauge: self.metrics.connections.hold() })
    }

    async fn connection(self, stream: TcpStream, peer: Peer) {
        let mut phase = self.phase.clone();
        tokio::select! {
            () = self.talk(stream, peer) => {}
            _ = phase.wait_for(|phase| *phase == Phase::Closed) => {}
        }
    }

    async fn talk(self, stream: TcpStream, peer: Peer) {
        let stream = match &self.tls {
            None => Stream::Plain(stream),
            Some(tls) => match tls.accept(stream).await {
                Some(stream) => Stream::Tls(Box::new(stream)),
                None => return self.metrics.tls_failures.inc(),
            },
        };
        let Self { router, mut phase, .. } = self;
        let answer = service_fn(move |request: hyper::Request<Incoming>| {
            let mut request: Request = request.map(Body::new);
            request.extensions_mut().insert(peer.clone());
            router.clone().call(request)
        });
        let stream = TokioIo::new(Patient::new(stream, limits::STALLED_AFTER));
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits::HEAD_WITHIN)
            .max_buf_size(HEAD_BUFFER)
            .serve_connection(stream, answer)
            .with_upgrades();
        tokio::pin!(connection);
        // How it ends is the peer's business.
        tokio::select! {
            _ = connection.as_mut() => return,
            _ = phase.wait_for(|phase| *phase >= Phase::Draining) => {}
        }
        connection.as_mut().graceful_shutdown();
        let _ = connection.await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_wrong_here_makes_the_listener_rest() {
        use std::io::{Error, ErrorKind};
        assert!(is_the_peers(&Error::from(ErrorKind::ConnectionAborted)));
        let emfile = rustix::io::Errno::MFILE;
        assert!(!is_the_peers(&Error::from(emfile)));
    }
}
