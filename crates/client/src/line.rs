//! One line to a relay: a WebSocket that is opened again after every loss.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use kuvert_core::{BlobOutcome, FetchId, FetchOutcome, Line};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config};

use crate::backoff::Backoff;
use crate::limits;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Something for the session to handle.
pub(crate) enum Happening {
    /// A socket is open. What is sent through this queue is written to it; dropping the queue closes it.
    Opened(Session, mpsc::Sender<Vec<u8>>),
    /// A frame came.
    Frame(Session, Vec<u8>),
    /// The socket is lost, or could not be opened.
    Closed(Session),
    /// A fetch ended.
    Fetched(FetchId, FetchOutcome),
    /// A file was moved, or a blob deleted.
    Blob(BlobOutcome),
}

/// A line, from when the engine asked for it until it does not want it any more.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) line: Line,
    /// Tells it from earlier ones over the same line.
    pub(crate) number: u64,
}

/// TLS as sessions use it.
pub(crate) fn tls() -> Result<Arc<rustls::ClientConfig>, rustls::Error> {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// Where sessions of the relay with this origin are opened: `https` becomes `wss`, and `http` becomes `ws`.
pub(crate) fn session_url(origin: &str) -> String {
    let rest = origin.strip_prefix("http").unwrap_or(origin);
    format!("ws{rest}/v1/session")
}

/// Keeps a socket open until the session is gone.
pub(crate) async fn keep_open(
    session: Session,
    url: String,
    tls: Arc<rustls::ClientConfig>,
    happenings: mpsc::Sender<Happening>,
) {
    let mut backoff = Backoff::new();
    loop {
        let mut open = Duration::ZERO;
        if let Ok(Ok(socket)) = timeout(limits::OPEN_WITHIN, connect(&url, &tls)).await {
            let since = Instant::now();
            let (sender, queue) = mpsc::channel(limits::MAX_OUTGOING);
            if happenings.send(Happening::Opened(session.clone(), sender)).await.is_err() {
                return;
            }
            tracing::debug!(line = ?session.line, "a session is open");
            talk(&session, socket, queue, &happenings).await;
            open = since.elapsed();
        }
        tracing::debug!(line = ?session.line, "a session is not open");
        if happenings.send(Happening::Closed(session.clone())).await.is_err() {
            return;
        }
        let mut chance = [0];
        // Without chance the pause is the longest.
        let _ = getrandom::fill(&mut chance);
        sleep(backoff.pause(open, chance[0])).await;
    }
}

async fn connect(url: &str, tls: &Arc<rustls::ClientConfig>) -> Result<Socket, Error> {
    let most = Some(kuvert_wire::limits::MAX_FRAME);
    let config = WebSocketConfig::default().max_message_size(most).max_frame_size(most);
    let connector = Connector::Rustls(Arc::clone(tls));
    let (socket, _) = connect_async_tls_with_config(url, Some(config), true, Some(connector)).await?;
    Ok(socket)
}

/// Reads and writes until the socket is lost, or the session drops its queue.
async fn talk(
    session: &Session,
    socket: Socket,
    queue: mpsc::Receiver<Vec<u8>>,
    happenings: &mpsc::Sender<Happening>,
) {
    let (sink, stream) = socket.split();
    tokio::pin! {
        let reading = read(session, stream, happenings);
        let writing = write(sink, queue);
    }
    tokio::select! {
        () = &mut reading => {}
        written = &mut writing => if written.is_continue() {
            // The relay answers the good-bye when it has read everything before it.
            let _ = timeout(limits::CLOSE_WITHIN, reading).await;
        },
    }
}

async fn read(session: &Session, mut stream: SplitStream<Socket>, happenings: &mpsc::Sender<Happening>) {
    while let Ok(Some(Ok(message))) = timeout(limits::SILENCE, stream.next()).await {
        if let Message::Binary(bytes) = message
            && happenings.send(Happening::Frame(session.clone(), bytes.into())).await.is_err()
        {
            return;
        }
    }
}

/// Writes what comes through the queue, then says good-bye. Breaks if the socket is lost.
async fn write(mut sink: SplitSink<Socket, Message>, mut queue: mpsc::Receiver<Vec<u8>>) -> ControlFlow<()> {
    while let Some(frame) = queue.recv().await {
        if !matches!(timeout(limits::WRITE_WITHIN, sink.send(Message::binary(frame))).await, Ok(Ok(()))) {
            return ControlFlow::Break(());
        }
    }
    match timeout(limits::CLOSE_WITHIN, sink.send(Message::Close(None))).await {
        Ok(Ok(())) => ControlFlow::Continue(()),
        _ => ControlFlow::Break(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_as_secret_as_its_origin() {
        assert_eq!(session_url("https://relay.example:8443"), "wss://relay.example:8443/v1/session");
        assert_eq!(session_url("http://localhost:8787"), "ws://localhost:8787/v1/session");
    }

    #[test]
    fn tls_can_be_set_up() {
        assert!(tls().is_ok());
    }
}
