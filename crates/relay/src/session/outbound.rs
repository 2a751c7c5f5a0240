//! The writing half of a session.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::ws::{Message, WebSocket};
use futures_util::SinkExt;
use futures_util::stream::SplitSink;
use kuvert_wire::{Entries, ErrorCode, InboxId, PostId, RelayFrame, encode, limits};
use tokio::sync::mpsc::Receiver;

use super::{Outgoing, Owner};
use crate::service::Answer;
use crate::store::{Store, Stretch};
use crate::writer::{Busy, Pending};

/// Writes frames: what the inbound half queued, in order, and in between the entries of an inbox.
pub(super) struct Outbound {
    sink: SplitSink<WebSocket, Message>,
    queue: Receiver<Outgoing>,
    store: Arc<Store>,
    /// An answer that is next and not there yet.
    pending: Option<(PostId, Pending)>,
    delivery: Option<Delivery>,
    unflushed: bool,
}

/// How far the delivery of an inbox got.
pub(super) struct Delivery {
    inbox: InboxId,
    owner: Arc<Owner>,
    /// Last seq sent.
    sent: u64,
    /// Nothing up to here waits for acknowledgement.
    floor: u64,
    /// Last seq that waited when the session began; after it comes `Live`. `None` once that was said.
    live_after: Option<u64>,
    /// There may be something to send.
    due: bool,
}

/// The connection is gone, or its device does not read.
struct Gone;

/// What to do next.
enum Step {
    Take(Option<Outgoing>),
    Answer(PostId, Result<Answer, Busy>),
    Deliver,
    Flush,
    Look,
}

impl Delivery {
    /// Delivers what follows `acknowledged`; `last` is the last seq that waits already.
    pub(super) fn new(inbox: InboxId, acknowledged: u64, last: u64, owner: Arc<Owner>) -> Self {
        Self { inbox, owner, sent: acknowledged, floor: acknowledged, live_after: Some(last), due: true }
    }

    /// Entries that may be sent before more are acknowledged.
    fn room(&self) -> usize {
        let settled = self.owner.acknowledged.load(Ordering::Acquire).max(self.floor);
        let room = limits::DELIVERY_WINDOW.saturating_sub(self.sent.saturating_sub(settled));
        usize::try_from(room).unwrap_or(usize::MAX)
    }

    /// Notes that a stretch is about to be sent.
    fn advance(&mut self, stretch: &Stretch) {
        debug_assert!(stretch.first > self.sent, "entries are sent once, in order");
        if stretch.first > self.sent + 1 {
            self.floor = stretch.first - 1;
        }
        self.sent = stretch.first + stretch.sealed.len() as u64 - 1;
        self.owner.sent.store(self.sent, Ordering::Release);
    }

    /// Whether everything that waited at the session's begin has been sent, the first time that this is so.
    fn becomes_live(&mut self, nothing_left: bool) -> bool {
        let live = self.live_after.is_some_and(|last| nothing_left || self.sent >= last);
        if live {
            self.live_after = None;
        }
        live
    }
}

impl Outbound {
    pub(super) fn new(
        sink: SplitSink<WebSocket, Message>,
        queue: Receiver<Outgoing>,
        store: Arc<Store>,
    ) -> Self {
        Self { sink, queue, store, pending: None, delivery: None, unflushed: false }
    }

    /// Writes `first`, then what comes, until the queue is closed and empty or the connection is gone.
    pub(super) async fn run(mut self, first: RelayFrame) {
        if self.write(&first).await.is_ok() {
            while let Ok(true) = self.step().await {}
        }
        let _ = tokio::time::timeout(limits::DRAIN, self.sink.close()).await;
    }

    /// Does one thing; returns whether there is more to do.
    async fn step(&mut self) -> Result<bool, Gone> {
        match self.next().await {
            Step::Take(None) => return Ok(false),
            Step::Take(Some(Outgoing::Frame(frame))) => self.write(&frame).await?,
            Step::Take(Some(Outgoing::Answer { id, pending })) => self.pending = Some((id, pending)),
            Step::Take(Some(Outgoing::Deliver(delivery))) => self.delivery = Some(delivery),
            Step::Take(Some(Outgoing::Ping)) => self.feed(Message::Ping(Vec::new().into())).await?,
            Step::Answer(id, answer) => self.write(&answer_frame(id, answer)).await?,
            Step::Deliver => self.deliver().await?,
            Step::Flush => self.flush().await?,
            Step::Look => self.look(),
        }
        Ok(true)
    }

    async fn next(&mut self) -> Step {
        let owner = self.delivery.as_ref().map(|delivery| Arc::clone(&delivery.owner));
        let due = self.delivery.as_ref().is_some_and(|delivery| delivery.due);
        let step = tokio::select! {
            biased;
            (id, answer) = answered(&mut self.pending) => Step::Answer(id, answer),
            outgoing = self.queue.recv(), if self.pending.is_none() => Step::Take(outgoing),
            () = std::future::ready(()), if due => Step::Deliver,
            () = std::future::ready(()), if self.unflushed => Step::Flush,
            () = woken(owner.as_deref()) => Step::Look,
        };
        if matches!(step, Step::Answer(..)) {
            self.pending = None;
        }
        step
    }

    fn look(&mut self) {
        if let Some(delivery) = &mut self.delivery {
            delivery.due = true;
        }
    }

    /// Sends one frame of entries, as far as the window allows.
    async fn deliver(&mut self) -> Result<(), Gone> {
        let Some(delivery) = &mut self.delivery else { return Ok(()) };
        let room = delivery.room();
        let (inbox, after) = (delivery.inbox, delivery.sent);
        let stretch = if room == 0 { None } else { read(&self.store, inbox, after, room).await? };
        delivery.due = stretch.is_some();
        let nothing_left = room > 0 && stretch.is_none();
        if let Some(stretch) = &stretch {
            delivery.advance(stretch);
        }
        let live = delivery.becomes_live(nothing_left);
        if let Some(Stretch { first, sealed }) = stretch {
            self.write(&RelayFrame::Entries(Entries { first, sealed })).await?;
        }
        if live {
            self.write(&RelayFrame::Live).await?;
        }
        Ok(())
    }

    async fn write(&mut self, frame: &RelayFrame) -> Result<(), Gone> {
        let bytes = encode(frame);
        debug_assert!(bytes.len() <= limits::MAX_FRAME, "frames keep their bound");
        self.feed(Message::Binary(bytes.into())).await
    }

    async fn feed(&mut self, message: Message) -> Result<(), Gone> {
        self.unflushed = true;
        within_patience(self.sink.feed(message)).await
    }

    async fn flush(&mut self) -> Result<(), Gone> {
        self.unflushed = false;
        within_patience(self.sink.flush()).await
    }
}

async fn within_patience(write: impl Future<Output = Result<(), axum::Error>>) -> Result<(), Gone> {
    match tokio::time::timeout(limits::PING_AFTER * 2, write).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(Gone),
    }
}

async fn read(store: &Arc<Store>, inbox: InboxId, after: u64, room: usize) -> Result<Option<Stretch>, Gone> {
    let store = Arc::clone(store);
    let read = move || store.entries(inbox, after, room, limits::MAX_ENTRIES_BYTES);
    match tokio::task::spawn_blocking(read).await {
        Ok(Ok(stretch)) => Ok(stretch),
        Ok(Err(error)) => {
            tracing::error!(class = error.class(), "entries could not be read");
            Err(Gone)
        }
        Err(_) => Err(Gone),
    }
}

async fn answered(pending: &mut Option<(PostId, Pending)>) -> (PostId, Result<Answer, Busy>) {
    match pending {
        Some((id, pending)) => (*id, pending.await.unwrap_or(Err(Busy))),
        None => std::future::pending().await,
    }
}

async fn woken(owner: Option<&Owner>) {
    match owner {
        Some(owner) => owner.wake.notified().await,
        None => std::future::pending().await,
    }
}

fn answer_frame(id: PostId, answer: Result<Answer, Busy>) -> RelayFrame {
    match answer {
        Ok(Answer::Frame(frame)) => frame,
        Ok(_) | Err(Busy) => RelayFrame::Refused { id, code: ErrorCode::Busy, epoch: None },
    }
}
