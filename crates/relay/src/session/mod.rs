//! One WebSocket connection, in one task: reads frames and hands requests to the writer, sends answers in their order,
//! and delivers an inbox's entries.
//!
//! Reading does not depend on writing: a device that does not read can still acknowledge. What a session holds is bounded:
//! [`limits::MAX_IN_FLIGHT`] requests and answers, [`limits::DELIVERY_WINDOW`] unacknowledged entries, one frame that
//! is not yet complete, and one write that the socket has not yet taken. One that waits holds next to nothing.

mod delivery;
mod framing;
mod input;
mod output;
mod registry;
mod stepped;
mod transport;

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use kuvert_wire::{ErrorCode, P256Key, RelayKey, limits};
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, Sleep};

pub(crate) use registry::{Line, Sessions};
pub(crate) use stepped::{Stepped, wait};
pub(crate) use transport::Transport;

use crate::metrics::Metrics;
use crate::networks::Network;
use crate::store::RelayStore;
use crate::writer::Writer;
use delivery::Delivery;
use input::Talk;
use output::Unsent;

/// What a session needs of its relay.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) store: Arc<dyn RelayStore>,
    pub(crate) writer: Arc<Writer>,
    pub(crate) sessions: Arc<Sessions>,
    /// Origins that a proof of ownership may name.
    pub(crate) origins: Arc<[String]>,
    /// What other relays seal to, if this one speaks with them.
    pub(crate) relay_key: Option<RelayKey>,
    /// By which this relay tells push services who it is, if it pushes.
    pub(crate) push_key: Option<P256Key>,
    pub(crate) phase: watch::Receiver<Phase>,
    /// What all sessions together may hold.
    pub(crate) room: Arc<Room>,
    pub(crate) metrics: Arc<Metrics>,
    /// What the session's network may still ask.
    pub(crate) network: Arc<Network>,
}

/// What all sessions together may hold, in KiB.
pub(crate) struct Room {
    /// Bytes of frames that are not complete.
    partial: Arc<Semaphore>,
    /// Bytes of large answers.
    answers: Arc<Semaphore>,
    /// Bytes that sockets have not taken, before entries go out one by one.
    unsent: Arc<Semaphore>,
}

impl Default for Room {
    fn default() -> Self {
        let room = |bytes: usize| Arc::new(Semaphore::new(bytes / 1024));
        Self {
            partial: room(limits::MAX_PARTIAL_FRAMES),
            answers: room(limits::MAX_LARGE_ANSWERS),
            unsent: room(limits::MAX_UNSENT),
        }
    }
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

/// The session is over; what is queued is still sent.
struct End;

/// The connection is gone.
struct Gone;

/// See the [module](self).
struct Session {
    transport: Transport,
    talk: Talk,
    /// Bytes of a frame that is not complete, or that waits for its turn.
    unread: Vec<u8>,
    /// What the socket has not taken yet.
    unsent: Unsent,
    /// When the socket last took something.
    took: Instant,
    /// When a client was last heard that has been pinged since.
    pinged_after: Option<Instant>,
}

/// What to do next.
enum Event {
    /// Bytes were read.
    Read(Result<(), End>),
    /// There may be something to send, or room to read on.
    Woken,
    /// Time to look at the clock.
    Clock,
    Draining,
    Gone,
}

/// Serves a connection until it ends. `read_ahead` came behind the upgrade request.
pub(crate) async fn serve(transport: Transport, read_ahead: Vec<u8>, context: Context) {
    let mut phase = context.phase.clone();
    tokio::select! {
        () = talk(transport, read_ahead, context) => {}
        _ = phase.wait_for(|phase| *phase == Phase::Closed) => {}
    }
}

async fn talk(transport: Transport, read_ahead: Vec<u8>, context: Context) {
    let mut phase = context.phase.clone();
    let now = Instant::now();
    let (unread, unsent) = (read_ahead, Unsent::default());
    let talk = Talk::new(context);
    let mut session = Session { transport, talk, unread, unsent, took: now, pinged_after: None };
    let end = {
        let draining = phase.wait_for(|phase| *phase >= Phase::Draining);
        let clock = tokio::time::sleep_until(now + limits::PING_AFTER);
        tokio::pin!(draining, clock);
        session.run(&mut clock, |cx| draining.as_mut().poll(cx).is_ready()).await
    };
    if let Err(End) = end {
        let _ = tokio::time::timeout(limits::DRAIN, session.finish()).await;
    }
}

impl Session {
    /// Talks until the session ends ([`End`]) or the connection is gone (`Ok`).
    async fn run(
        &mut self,
        clock: &mut Pin<&mut Sleep>,
        mut draining: impl FnMut(&mut std::task::Context<'_>) -> bool,
    ) -> Result<(), End> {
        loop {
            self.work_off().await?;
            if self.send().await.is_err() {
                return Ok(());
            }
            if self.talk.may_go_on() {
                continue;
            }
            match self.next(clock, &mut draining).await {
                Event::Read(read) => read?,
                Event::Woken if self.talk.was_taken_over() => return self.talk.end(ErrorCode::TakenOver),
                Event::Woken => {}
                Event::Clock => self.look_at_clock(clock)?,
                Event::Draining => return self.talk.end(ErrorCode::Stopping),
                Event::Gone => return Ok(()),
            }
        }
    }

    async fn next(
        &mut self,
        clock: &mut Pin<&mut Sleep>,
        draining: &mut impl FnMut(&mut std::task::Context<'_>) -> bool,
    ) -> Event {
        poll_fn(|cx| {
            if !self.unsent.is_empty() {
                match self.poll_unsent(cx) {
                    Ok(true) => return Poll::Ready(Event::Woken),
                    Ok(false) => {}
                    Err(Gone) => return Poll::Ready(Event::Gone),
                }
            }
            if self.talk.poll_woken(cx).is_ready() {
                return Poll::Ready(Event::Woken);
            }
            if self.talk.reads()
                && let Poll::Ready(event) = self.poll_input(cx)
            {
                return Poll::Ready(event);
            }
            if clock.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Event::Clock);
            }
            if draining(cx) { Poll::Ready(Event::Draining) } else { Poll::Pending }
        })
        .await
    }

    /// Pings a silent client, and gives up one that stays silent or does not read.
    fn look_at_clock(&mut self, clock: &mut Pin<&mut Sleep>) -> Result<(), End> {
        let now = Instant::now();
        let heard = self.talk.heard;
        let stuck = !self.unsent.is_empty() && now >= self.took + limits::PING_AFTER * 2;
        if stuck || now >= heard + limits::PING_AFTER * 2 {
            return self.talk.end(ErrorCode::Timeout);
        }
        let silent = now >= heard + limits::PING_AFTER;
        if silent && self.pinged_after != Some(heard) {
            self.talk.ping = true;
            self.pinged_after = Some(heard);
        }
        clock.as_mut().reset(heard + limits::PING_AFTER * if silent { 2 } else { 1 });
        Ok(())
    }

    /// Answers what was asked, says goodbye, and waits for the client to do so: what it sent and nobody read would make
    /// the system drop what it was sent.
    async fn finish(&mut self) {
        self.talk.delivery = None;
        self.talk.submit().await;
        while self.send().await.is_ok() {
            if self.talk.in_flight == 0 && self.unsent.is_empty() {
                self.talk.closing = true;
                if self.send().await.is_ok() {
                    let _ = tokio::time::timeout(limits::LINGER, self.close()).await;
                }
                return;
            }
            let goes_on = poll_fn(|cx| {
                let sent = self.unsent.is_empty() || {
                    match self.poll_unsent(cx) {
                        Ok(sent) => sent,
                        Err(Gone) => return Poll::Ready(false),
                    }
                };
                let woken = self.talk.poll_woken(cx).is_ready();
                if woken || (sent && self.talk.in_flight == 0) { Poll::Ready(true) } else { Poll::Pending }
            });
            if !goes_on.await {
                return;
            }
        }
    }
}
