//! The reading half of a session.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use futures_util::StreamExt;
use futures_util::stream::SplitStream;
use kuvert_wire::{
    Challenge, ClientFrame, ErrorCode, InboxId, Own, OwnerProof, RelayFrame, decode, limits,
    verify_owner_proof,
};
use tokio::sync::mpsc::Sender;

use super::outbound::Delivery;
use super::registry::Registration;
use super::{Context, Outgoing, Owner, Phase};
use crate::service::{Answer, Content, Op, Request};
use crate::writer::Busy;

/// Reads frames, one after the other.
pub(super) struct Inbound {
    stream: SplitStream<WebSocket>,
    outgoing: Sender<Outgoing>,
    context: Context,
    challenge: Challenge,
    kind: Kind,
    bad_frames: u32,
}

/// What the session is.
enum Kind {
    /// No frame has decided yet.
    Undecided,
    Anonymous,
    Owner(InboxId, Registration),
}

/// The session is over.
struct End;

/// What happened next.
enum Event {
    Message(Message),
    Silence,
    Unreadable,
    Gone,
    TakenOver,
    Stopping,
}

impl Inbound {
    pub(super) fn new(
        stream: SplitStream<WebSocket>,
        outgoing: Sender<Outgoing>,
        context: Context,
        challenge: Challenge,
    ) -> Self {
        Self { stream, outgoing, context, challenge, kind: Kind::Undecided, bad_frames: 0 }
    }

    /// Reads until the session ends. The queue to the outbound half is closed then.
    pub(super) async fn run(mut self) {
        let mut silent = false;
        loop {
            let event = self.next().await;
            let silent_before = std::mem::replace(&mut silent, matches!(event, Event::Silence));
            let handled = match event {
                Event::Message(Message::Binary(bytes)) => self.frame(&bytes).await,
                Event::Message(Message::Text(_)) => self.complain(ErrorCode::BadFrame).await,
                Event::Message(Message::Ping(_) | Message::Pong(_)) => Ok(()),
                Event::Message(Message::Close(_)) | Event::Gone => Err(End),
                Event::Silence if silent_before => self.end(ErrorCode::Timeout).await,
                Event::Silence => self.send(Outgoing::Ping).await,
                Event::Unreadable => self.end(ErrorCode::BadFrame).await,
                Event::TakenOver => self.end(ErrorCode::TakenOver).await,
                Event::Stopping => self.end(ErrorCode::Stopping).await,
            };
            if handled.is_err() {
                return;
            }
        }
    }

    async fn next(&mut self) -> Event {
        let owner = match &self.kind {
            Kind::Owner(_, registration) => Some(Arc::clone(&registration.owner)),
            Kind::Undecided | Kind::Anonymous => None,
        };
        tokio::select! {
            biased;
            () = taken_over(owner.as_deref()) => Event::TakenOver,
            _ = self.context.phase.wait_for(|phase| *phase >= Phase::Draining) => Event::Stopping,
            message = read(&mut self.stream, limits::PING_AFTER) => message,
        }
    }

    async fn frame(&mut self, bytes: &[u8]) -> Result<(), End> {
        let Ok(frame) = decode::<ClientFrame>(bytes, limits::MAX_FRAME) else {
            return self.complain(ErrorCode::BadFrame).await;
        };
        match (&self.kind, frame) {
            (Kind::Undecided, ClientFrame::Own(own)) => self.own(own).await,
            (Kind::Owner(inbox, registration), ClientFrame::Ack(ack)) => {
                match registration.owner.acknowledge(ack.seq) {
                    Some(true) => {
                        let op = Op::Ack { inbox: *inbox, seq: ack.seq };
                        // If it is lost, the entries stay until the next one: nobody waits for this.
                        let _ = self.context.writer.submit(op, bytes.len()).await;
                        Ok(())
                    }
                    Some(false) => Ok(()),
                    None => self.complain(ErrorCode::BadFrame).await,
                }
            }
            (Kind::Owner(inbox, _), ClientFrame::PutKeyPackages(request)) => {
                let content = Content::of(bytes, Some(*inbox));
                self.request(Request::PutKeyPackages(*inbox, request), content, bytes.len()).await
            }
            (Kind::Owner(..), _) => self.complain(ErrorCode::WrongSession).await,
            (Kind::Undecided | Kind::Anonymous, frame) => {
                self.kind = Kind::Anonymous;
                match anonymous(frame) {
                    Some(request) => self.request(request, Content::of(bytes, None), bytes.len()).await,
                    None => self.complain(ErrorCode::WrongSession).await,
                }
            }
        }
    }

    async fn own(&mut self, own: Own) -> Result<(), End> {
        let proof = OwnerProof { origin: &own.origin, challenge: &self.challenge };
        let meant_here = self.context.origins.contains(&own.origin);
        if !meant_here || !verify_owner_proof(&proof, &own.owner, &own.signature) {
            return self.complain(ErrorCode::BadProof).await;
        }
        let inbox = InboxId::of(&own.owner);
        let op = Op::Own { inbox, acknowledged: own.acknowledged, create: own.create };
        let answer = match self.context.writer.perform(op, 0).await {
            Err(Busy) => self.own_unwritten(inbox, own.acknowledged).await,
            answer => answer,
        };
        match answer {
            Ok(Answer::Owned { owned, acknowledged, last }) => {
                let registration = self.context.sessions.take_over(inbox, acknowledged);
                let delivery = Delivery::new(inbox, acknowledged, last, Arc::clone(&registration.owner));
                self.kind = Kind::Owner(inbox, registration);
                self.send(Outgoing::Frame(RelayFrame::Owned(owned))).await?;
                self.send(Outgoing::Deliver(delivery)).await
            }
            Ok(Answer::NoSuchInbox) => self.complain(ErrorCode::NoSuchInbox).await,
            Ok(_) | Err(Busy) => self.end(ErrorCode::Busy).await,
        }
    }

    /// Owning notes the day and drops what is acknowledged. Where that cannot be written, because the disk is full, the
    /// entries are delivered all the same.
    async fn own_unwritten(&self, inbox: InboxId, acknowledged: u64) -> Result<Answer, Busy> {
        let store = Arc::clone(&self.context.store);
        let read = tokio::task::spawn_blocking(move || store.inbox(inbox)).await;
        let Ok(Ok(Some(row))) = read else { return Err(Busy) };
        Ok(Answer::owned(&row, false, acknowledged))
    }

    async fn request(&mut self, request: Request, content: Content, size: usize) -> Result<(), End> {
        let id = request.id();
        match self.context.writer.submit(Op::Request(request, content), size).await {
            Ok(pending) => self.send(Outgoing::Answer { id, pending }).await,
            Err(Busy) => {
                let code = ErrorCode::Busy;
                self.send(Outgoing::Frame(RelayFrame::Refused { id, code, epoch: None })).await
            }
        }
    }

    /// Says that something is wrong, and ends the session if that happens too often.
    async fn complain(&mut self, code: ErrorCode) -> Result<(), End> {
        self.bad_frames += 1;
        self.send(Outgoing::Frame(RelayFrame::Error { code })).await?;
        if self.bad_frames >= limits::MAX_BAD_FRAMES { Err(End) } else { Ok(()) }
    }

    async fn end(&mut self, code: ErrorCode) -> Result<(), End> {
        self.send(Outgoing::Frame(RelayFrame::Error { code })).await?;
        Err(End)
    }

    async fn send(&mut self, outgoing: Outgoing) -> Result<(), End> {
        self.outgoing.send(outgoing).await.map_err(|_| End)
    }
}

async fn taken_over(owner: Option<&Owner>) {
    match owner {
        Some(owner) => owner.taken_over.notified().await,
        None => std::future::pending().await,
    }
}

async fn read(stream: &mut SplitStream<WebSocket>, patience: Duration) -> Event {
    match tokio::time::timeout(patience, stream.next()).await {
        Ok(Some(Ok(message))) => Event::Message(message),
        // Too large, not a WebSocket frame, or a broken connection: the first two get to know it.
        Ok(Some(Err(_))) => Event::Unreadable,
        Ok(None) => Event::Gone,
        Err(_) => Event::Silence,
    }
}

/// The request of a frame that belongs on an anonymous session.
fn anonymous(frame: ClientFrame) -> Option<Request> {
    match frame {
        ClientFrame::Own(_) | ClientFrame::Ack(_) | ClientFrame::PutKeyPackages(_) => None,
        ClientFrame::Deposit(request) => Some(Request::Deposit(request)),
        ClientFrame::TakeKeyPackage(request) => Some(Request::TakeKeyPackage(request)),
        ClientFrame::CreateChannel(request) => Some(Request::CreateChannel(request)),
        ClientFrame::Post(request) => Some(Request::Post(request)),
        ClientFrame::Commit(request) => Some(Request::Commit(Box::new(request))),
    }
}
