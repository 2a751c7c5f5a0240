//! One WebSocket connection: an inbound half that reads frames and hands requests on, and an outbound half that writes
//! answers in their order and delivers an inbox's entries.
//!
//! The halves run side by side in one task, so that a device that does not read can still acknowledge. Between them is
//! one bounded queue of things to send: when it is full, the session is not read from.

mod inbound;
mod outbound;
mod registry;

use std::sync::Arc;

use axum::extract::ws::WebSocket;
use futures_util::StreamExt;
use kuvert_wire::{Challenge, Hello, RelayFrame, limits};
use tokio::sync::{mpsc, watch};

pub(crate) use registry::{Owner, Sessions};

use crate::seal::random;
use crate::store::Store;
use crate::writer::{Pending, Writer};

/// What a session needs of its relay.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) store: Arc<Store>,
    pub(crate) writer: Arc<Writer>,
    pub(crate) sessions: Arc<Sessions>,
    /// Origins that a proof of ownership may name.
    pub(crate) origins: Arc<[String]>,
    pub(crate) phase: watch::Receiver<Phase>,
}

/// How long the relay will still be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Serving.
    Open,
    /// Finishing what was begun.
    Draining,
    /// Out of patience.
    Closed,
}

/// Something for the outbound half to send.
enum Outgoing {
    Frame(RelayFrame),
    /// An answer that is not there yet. Those behind it wait.
    Answer {
        id: kuvert_wire::PostId,
        pending: Pending,
    },
    /// From here on, the entries of an inbox.
    Deliver(outbound::Delivery),
    Ping,
}

/// Serves a connection until it ends.
pub(crate) async fn serve(socket: WebSocket, context: Context) {
    let mut phase = context.phase.clone();
    tokio::select! {
        () = talk(socket, context) => {}
        _ = phase.wait_for(|phase| *phase == Phase::Closed) => {}
    }
}

async fn talk(socket: WebSocket, context: Context) {
    let challenge = Challenge::new(*random());
    let (sink, stream) = socket.split();
    let (outgoing, queue) = mpsc::channel(limits::MAX_IN_FLIGHT);
    let hello = Hello { version: limits::PROTOCOL_VERSION, challenge };
    let outbound = outbound::Outbound::new(sink, queue, Arc::clone(&context.store));
    let inbound = inbound::Inbound::new(stream, outgoing, context, challenge);
    tokio::pin! {
        let inbound = inbound.run();
        let outbound = outbound.run(RelayFrame::Hello(hello));
    }
    tokio::select! {
        () = &mut outbound => {}
        // The queue to the outbound half is closed now: it writes what is left and ends.
        () = &mut inbound => {
            let _ = tokio::time::timeout(limits::DRAIN, outbound).await;
        }
    }
}
