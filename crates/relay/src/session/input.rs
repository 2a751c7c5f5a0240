//! The reading half of a session.

use std::sync::Arc;
use std::task::Poll;

use kuvert_wire::{
    Challenge, ClientFrame, ErrorCode, Hello, InboxId, InboxKeys, Own, Owned, OwnerProof, RelayFrame, decode,
    limits, verify_owner_proof,
};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use super::delivery::Delivery;
use super::framing::{Message, Reader, Violation};
use super::registry::{Line, Registration};
use super::{Context, End, Event, Session};
use crate::metrics::Held;
use crate::seal::random;
use crate::service::{Answer, Content, Counted, Op, Request};
use crate::store::{RelayStore, StoreError};
use crate::writer::Busy;

/// Bytes of incomplete frames that a session may hold without asking for room.
const FREE: usize = 4 * 1024;
/// Bytes that one permit of the room stands for.
const PERMIT: usize = 1024;

/// What the session is.
pub(super) enum Kind {
    /// No frame has decided yet.
    Undecided,
    Anonymous,
    Owner(InboxId),
}

/// The state of a session, without its socket.
pub(super) struct Talk {
    pub(super) context: Context,
    pub(super) line: Arc<Line>,
    challenge: Challenge,
    kind: Kind,
    /// Ends with the session.
    registration: Option<Registration>,
    /// Counts the session while it lasts.
    counted: Held,
    /// A request was refused because the network asked too often; so are those behind it, so that none of them overtakes it,
    /// until the client says that it knows.
    pub(super) limited: bool,
    bad_frames: u32,
    reader: Reader,
    /// Room for bytes that cannot be worked off yet.
    room: Option<OwnedSemaphorePermit>,
    /// Room for answers that are much larger than their requests, until all of them are sent.
    pub(super) answers_room: Option<OwnedSemaphorePermit>,
    /// Requests to hand to the writer, and the bytes that they came in.
    ops: Vec<Op>,
    ops_size: usize,
    /// A proof of ownership, to be worked off before the next frame.
    pub(super) own: Option<Box<Own>>,
    /// Reading stopped at a bound, not at the end of what had come.
    waits: bool,
    /// Requests without an answer.
    pub(super) in_flight: usize,
    pub(super) delivery: Option<Delivery>,
    /// Frames about the session itself.
    pub(super) notices: Vec<RelayFrame>,
    pub(super) pong: Option<Vec<u8>>,
    pub(super) ping: bool,
    pub(super) closing: bool,
    /// When a whole frame last came: a byte now and then is not enough.
    pub(super) heard: Instant,
}

/// A proof of ownership that holds, while the writer is asked.
pub(super) struct Claim {
    inbox: InboxId,
    registration: Registration,
    counted: Counted,
    /// What to make the inbox with, if it may be made.
    create: Option<InboxKeys>,
    /// A place for an inbox was taken of the network.
    taken: bool,
    may_create: bool,
}

impl Claim {
    /// What to ask the writer for.
    pub(super) fn op(&self) -> Op {
        Op::Own { inbox: self.inbox, counted: self.counted, create: self.create.clone() }
    }

    /// What holds if the writer is busy.
    pub(super) fn unwritten(&self) -> Unwritten {
        Unwritten { inbox: self.inbox, counted: self.counted }
    }
}

/// A claim that cannot be written down. Owning notes the day and drops what is acknowledged; where that cannot be
/// written, because the disk is full, the entries are delivered all the same.
pub(super) struct Unwritten {
    inbox: InboxId,
    counted: Counted,
}

impl Unwritten {
    /// The answer by what the store holds. May wait for the disk.
    pub(super) fn answer(&self, store: &dyn RelayStore) -> Result<Answer, Busy> {
        let read = || Ok::<_, StoreError>(store.inbox(self.inbox)?.zip(store.generation()?));
        let Ok(Some((row, generation))) = read() else { return Err(Busy) };
        Ok(Answer::owned(&row, false, self.counted.within(generation), generation))
    }
}

impl Session {
    /// Reads what has come and works off the frames in it, in the thread's buffer if nothing is in front of them.
    pub(super) fn poll_input(&mut self, cx: &mut std::task::Context<'_>) -> Poll<Event> {
        let Self { transport, talk, unread, .. } = self;
        let read = transport.poll_read(cx, |bytes| {
            if bytes.is_empty() {
                return None;
            }
            if unread.is_empty() {
                let worked = talk.frames(bytes);
                if let Ok(done) = worked {
                    unread.extend_from_slice(&bytes[done..]);
                }
                return Some(worked.map(|_| ()));
            }
            unread.extend_from_slice(bytes);
            Some(talk.unread_frames(unread))
        });
        match read {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(None) | Err(_)) => Poll::Ready(Event::Gone),
            Poll::Ready(Ok(Some(worked))) => {
                Poll::Ready(Event::Read(worked.and_then(|()| talk.keep(unread.len()))))
            }
        }
    }

    /// Does what the frames that were read ask for, and reads on in what had come with them.
    pub(super) async fn work_off(&mut self) -> Result<(), End> {
        loop {
            self.talk.submit().await;
            if let Some(own) = self.talk.own.take() {
                self.talk.own(*own).await?;
            }
            let before = self.unread.len();
            self.talk.waits &= before > 0;
            if before == 0 || !self.talk.reads() {
                return Ok(());
            }
            self.talk.unread_frames(&mut self.unread)?;
            self.talk.keep(self.unread.len())?;
            if self.unread.len() == before {
                return Ok(());
            }
        }
    }
}

impl Talk {
    /// Begins with a greeting.
    pub(super) fn new(context: Context) -> Self {
        let challenge = Challenge::new(*random());
        context.metrics.sessions_opened.inc();
        let counted = context.metrics.other_sessions.hold();
        let hello = RelayFrame::Hello(Hello { version: limits::PROTOCOL_VERSION, challenge });
        Self {
            context,
            line: Arc::default(),
            challenge,
            kind: Kind::Undecided,
            registration: None,
            counted,
            limited: false,
            bad_frames: 0,
            reader: Reader::default(),
            room: None,
            answers_room: None,
            ops: Vec::new(),
            ops_size: 0,
            own: None,
            waits: false,
            in_flight: 0,
            delivery: None,
            notices: vec![hello],
            pong: None,
            ping: false,
            closing: false,
            heard: Instant::now(),
        }
    }

    /// Whether more may be read now.
    pub(super) fn reads(&self) -> bool {
        let claimed = self.answers_room.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        self.in_flight < limits::MAX_IN_FLIGHT && claimed * PERMIT < limits::MAX_ANSWER
    }

    /// Whether frames that had to wait need not wait any more.
    pub(super) fn may_go_on(&self) -> bool {
        self.waits && self.reads()
    }

    /// Works off frames of what waited, and drops them there.
    fn unread_frames(&mut self, unread: &mut Vec<u8>) -> Result<(), End> {
        let done = self.frames(unread)?;
        unread.drain(..done);
        if unread.is_empty() {
            *unread = Vec::new();
        }
        Ok(())
    }

    /// Works off whole frames until a bound is reached. Returns how many bytes they had.
    fn frames(&mut self, bytes: &mut [u8]) -> Result<usize, End> {
        let mut reader = std::mem::take(&mut self.reader);
        let (mut done, mut heard) = (0, false);
        let worked = loop {
            self.waits = !self.reads() || self.own.is_some();
            if self.waits || done == bytes.len() {
                break Ok(done);
            }
            match reader.read(&mut bytes[done..], |message| self.message(message)) {
                Ok(Some((len, handled))) => {
                    // Fragments, and pings between them, do not keep a session whose message never ends.
                    heard |= handled.is_some() && reader.held() == 0;
                    done += len;
                    if let Some(Err(End)) = handled {
                        break Err(End);
                    }
                }
                Ok(None) => break Ok(done),
                Err(Violation) => break self.end(ErrorCode::BadFrame).map(|()| done),
            }
        };
        self.reader = reader;
        if heard {
            self.heard = Instant::now();
            self.context.metrics.bytes_received.add(done as u64);
        }
        worked
    }

    /// Claims room for what cannot be worked off yet, so that all sessions together hold a bounded amount.
    fn keep(&mut self, unread: usize) -> Result<(), End> {
        let held = unread + self.reader.held();
        if held <= FREE {
            self.room = None;
            return Ok(());
        }
        let permits = held.div_ceil(PERMIT);
        let has = self.room.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        if permits > has {
            let more = u32::try_from(permits - has).unwrap_or(u32::MAX);
            match Arc::clone(&self.context.room.partial).try_acquire_many_owned(more) {
                Ok(more) => match &mut self.room {
                    Some(room) => room.merge(more),
                    None => self.room = Some(more),
                },
                Err(_) => return self.end(ErrorCode::Busy),
            }
        }
        Ok(())
    }

    /// Takes a message to work off.
    pub(super) fn message(&mut self, message: Message<'_>) -> Result<(), End> {
        self.context.metrics.frames_received.inc();
        match message {
            Message::Binary(bytes) => match decode::<ClientFrame>(bytes, limits::MAX_FRAME) {
                Ok(frame) => self.frame(frame, bytes),
                Err(_) => self.complain(ErrorCode::BadFrame),
            },
            Message::Text => self.complain(ErrorCode::BadFrame),
            Message::Ping(payload) => {
                self.pong = Some(payload.to_vec());
                Ok(())
            }
            Message::Pong => Ok(()),
            Message::Close => Err(End),
        }
    }

    fn frame(&mut self, frame: ClientFrame, bytes: &[u8]) -> Result<(), End> {
        match (&self.kind, frame) {
            (Kind::Undecided, ClientFrame::Own(_)) if !self.context.network.take(1) => {
                self.complain(ErrorCode::RateLimited)
            }
            (Kind::Undecided, ClientFrame::Own(own)) => {
                self.own = Some(Box::new(own));
                Ok(())
            }
            (Kind::Owner(inbox), ClientFrame::Ack(ack)) => {
                let inbox = *inbox;
                let before = self.delivery.as_ref().map_or(0, Delivery::acknowledged);
                match self.delivery.as_mut().and_then(|delivery| delivery.acknowledge(ack.seq)) {
                    Some(true) => {
                        // If it is lost, the entries stay until the next one: nobody waits for this.
                        self.ops.push(Op::Ack { inbox, seq: ack.seq });
                        self.context.metrics.entries_acknowledged.add(ack.seq - before);
                        Ok(())
                    }
                    Some(false) => Ok(()),
                    None => self.complain(ErrorCode::BadFrame),
                }
            }
            (Kind::Owner(inbox), frame) => {
                let inbox = *inbox;
                self.request(Request::from_owner(inbox, frame), bytes, Some(inbox))
            }
            (Kind::Undecided | Kind::Anonymous, ClientFrame::Resume) => {
                self.kind = Kind::Anonymous;
                self.limited = !self.context.network.take(1);
                if self.line.refuses() && !matches!(self.ops.last(), Some(Op::Resume)) {
                    // By way of the writer: what was sent before is still refused.
                    self.ops.push(Op::Resume);
                }
                Ok(())
            }
            (Kind::Undecided | Kind::Anonymous, frame) => {
                self.kind = Kind::Anonymous;
                self.request(Request::from_anonymous(frame), bytes, None)
            }
        }
    }

    /// Whether this is an owner session.
    pub(super) fn is_owner(&self) -> bool {
        matches!(self.kind, Kind::Owner(_))
    }

    fn request(&mut self, request: Option<Request>, bytes: &[u8], owner: Option<InboxId>) -> Result<(), End> {
        let Some(request) = request else { return self.complain(ErrorCode::WrongSession) };
        self.in_flight += 1;
        self.ops_size += bytes.len();
        if self.limited || !self.context.network.take(1) {
            self.limited = true;
            // By way of the writer, because answers come in the order of their requests.
            self.ops.push(Op::Refuse(request.id(), ErrorCode::RateLimited));
            return Ok(());
        }
        if !self.claim_answer(request.answer_len()) {
            self.ops.push(Op::Refuse(request.id(), ErrorCode::Busy));
            return Ok(());
        }
        let is_last = request.is_last();
        self.ops.push(Op::Request(request, Content::of(bytes, owner)));
        if is_last { Err(End) } else { Ok(()) }
    }

    /// Claims room for a large answer, so that all sessions together hold a bounded amount for clients that ask and do not
    /// read.
    fn claim_answer(&mut self, len: usize) -> bool {
        if len == 0 {
            return true;
        }
        let permits = u32::try_from(len.div_ceil(PERMIT)).unwrap_or(u32::MAX);
        let Ok(more) = Arc::clone(&self.context.room.answers).try_acquire_many_owned(permits) else {
            return false;
        };
        match &mut self.answers_room {
            Some(room) => room.merge(more),
            None => self.answers_room = Some(more),
        }
        true
    }

    /// Hands the requests that were read to the writer.
    pub(super) async fn submit(&mut self) {
        if !self.ops.is_empty() {
            let (ops, size) = (std::mem::take(&mut self.ops), std::mem::take(&mut self.ops_size));
            self.context.writer.submit(&self.line, ops, size).await;
        }
    }

    async fn own(&mut self, own: Own) -> Result<(), End> {
        let Some(claim) = self.claim(own)? else { return Ok(()) };
        let answer = match self.context.writer.perform(claim.op(), 0).await {
            Err(Busy) => {
                let (store, unwritten) = (Arc::clone(&self.context.store), claim.unwritten());
                let read = tokio::task::spawn_blocking(move || unwritten.answer(&*store)).await;
                read.unwrap_or(Err(Busy))
            }
            answer => answer,
        };
        self.owned(claim, answer)
    }

    /// Checks a proof of ownership. From here on the writer tells what is stored in the inbox; its answer to
    /// [`Claim::op`] says what was stored before.
    pub(super) fn claim(&mut self, own: Own) -> Result<Option<Claim>, End> {
        let proof = OwnerProof { origin: &own.origin, challenge: &self.challenge };
        let meant_here = self.context.origins.contains(&own.origin);
        if !meant_here || !verify_owner_proof(&proof, &own.owner, &own.signature) {
            return self.complain(ErrorCode::BadProof).map(|()| None);
        }
        let inbox = InboxId::of(&own.owner);
        let registration = self.context.sessions.take_over(inbox, &self.line);
        // Taken before, given back if none was made: of many who ask at once only so many may create one.
        let taken = own.create.is_some() && self.context.network.take_inbox();
        let may_create = taken || own.create.is_none();
        let create = own.create.filter(|_| taken);
        let counted = Counted { acknowledged: own.acknowledged, generation: own.generation };
        Ok(Some(Claim { inbox, registration, counted, create, taken, may_create }))
    }

    /// Takes the writer's answer to a claim.
    pub(super) fn owned(&mut self, claim: Claim, answer: Result<Answer, Busy>) -> Result<(), End> {
        let Claim { inbox, registration, taken, may_create, .. } = claim;
        let created = matches!(&answer, Ok(Answer::Owned { owned, .. }) if owned.created);
        if taken && !created {
            self.context.network.give_back_inbox();
        }
        match answer {
            Ok(Answer::Owned { owned, acknowledged, last }) => {
                self.kind = Kind::Owner(inbox);
                self.registration = Some(registration);
                self.counted = self.context.metrics.owner_sessions.hold();
                if owned.created {
                    self.context.metrics.inboxes_created.inc();
                }
                self.line.stored(last);
                self.delivery = Some(Delivery::new(inbox, acknowledged, last));
                let (relay_key, push_key) = (self.context.relay_key, self.context.push_key);
                let subscribed = owned.subscribed.filter(|_| push_key.is_some());
                let owned = Owned { relay_key, push_key, subscribed, ..owned };
                self.notices.push(RelayFrame::Owned(owned));
                Ok(())
            }
            Ok(Answer::NotOwned(ErrorCode::NoSuchInbox)) if !may_create => {
                self.context.metrics.rate_limited.inc();
                self.complain(ErrorCode::RateLimited)
            }
            Ok(Answer::NotOwned(code)) => self.complain(code),
            Ok(_) | Err(Busy) => self.end(ErrorCode::Busy),
        }
    }

    pub(super) fn poll_woken(&self, cx: &std::task::Context<'_>) -> Poll<()> {
        self.line.poll_woken(cx)
    }

    pub(super) fn was_taken_over(&self) -> bool {
        self.line.was_taken_over()
    }

    /// Says that something is wrong, and ends the session if that happens too often.
    fn complain(&mut self, code: ErrorCode) -> Result<(), End> {
        self.bad_frames += 1;
        self.context.metrics.errors.inc(code);
        self.notices.push(RelayFrame::Error { code });
        if self.bad_frames >= limits::MAX_BAD_FRAMES { Err(End) } else { Ok(()) }
    }

    pub(super) fn end(&mut self, code: ErrorCode) -> Result<(), End> {
        self.context.metrics.errors.inc(code);
        self.notices.push(RelayFrame::Error { code });
        Err(End)
    }
}
