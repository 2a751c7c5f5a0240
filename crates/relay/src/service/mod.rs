//! What the relay does with a request: checks it against the store and says which rows change.
//!
//! A service function either refuses and changes nothing, or makes all its changes in the transaction that it is given.
//! An error of the store in between spoils the whole transaction. Nothing here waits, sends or knows of sessions.

mod blobs;
mod cards;
mod channel;
mod counts;
mod inbox;
mod keys;
mod outbox;
mod push;
mod repeats;
mod request;
mod sweep;

#[cfg(test)]
pub(crate) mod fixtures;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;
use kuvert_wire::{
    CardId, ChannelInfo, ErrorCode, InboxId, InboxKeys, InviteHash, KeyPackageReply, Owned, PostId,
    RelayFrame, Token,
};

pub(crate) use blobs::{BlobAnswer, BlobOp, CreateBlob};
pub(crate) use counts::Counts;
pub(crate) use inbox::Counted;
pub(crate) use outbox::{Outbox, OutboxAnswer, OutboxOp};
pub(crate) use push::PushOp;
pub(crate) use repeats::Content;
pub(crate) use request::Request;
pub(crate) use sweep::SweepFrom;

pub(crate) use crate::config::Registration;
use crate::day::Day;
use crate::disk::Reserve;
use crate::push::Push;
use crate::seal::Sealing;
use crate::store::{StoreError, Tx};

/// The right to have something stored: whoever has a token of an inbox here is known to somebody here.
#[derive(Debug)]
pub(crate) struct Admission {
    /// The inbox.
    pub(crate) inbox: InboxId,
    /// A token of it.
    pub(crate) token: Token,
}

/// Something to do, already known to come from who may ask for it: owner operations follow a proof.
#[derive(Debug)]
pub(crate) enum Op {
    /// Opens an owner session.
    Own { inbox: InboxId, counted: Counted, create: Option<InboxKeys> },
    /// Drops entries up to `seq`.
    Ack { inbox: InboxId, seq: u64 },
    /// Notes that these inboxes have owners who are here.
    UseInbox(Vec<InboxId>),
    /// Makes an invitation valid.
    AddInvite(InviteHash),
    /// A request with an id.
    Request(Request, Content),
    /// A request that was refused before it came here. Its answer keeps its place among the others.
    Refuse(PostId, ErrorCode),
    /// A session knows what was refused: what it sends from here on is no longer behind that.
    Resume,
    /// Stores a verified card record.
    PutCard { admission: Admission, card: CardId, version: u64, record: Vec<u8> },
    /// Notes that a card was read.
    UseCard(CardId),
    /// Takes a card away, up to a version; the deletion was verified.
    DeleteCard { card: CardId, version: u64 },
    /// Changes a blob's row.
    Blob(BlobOp),
    /// Something about other relays.
    Outbox(OutboxOp),
    /// Something became of a push.
    Push(PushOp),
    /// Removes what is too old, a part at a time.
    Sweep(SweepFrom),
}

impl Op {
    /// The id of a request.
    pub(crate) fn id(&self) -> Option<PostId> {
        match self {
            Self::Request(request, _) => Some(request.id()),
            Self::Refuse(id, _) => Some(*id),
            _ => None,
        }
    }
}

/// How an operation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The inbox is owned; everything after `acknowledged` and up to `last` waits for delivery.
    Owned { owned: Owned, acknowledged: u64, last: u64 },
    /// There is no inbox, and none was made for this reason.
    NotOwned(ErrorCode),
    /// Answers a request.
    Frame(RelayFrame),
    /// Answers [`Op::PutCard`] and [`Op::DeleteCard`].
    Card(CardAnswer),
    /// Answers [`Op::Blob`].
    Blob(BlobAnswer),
    /// Answers [`Op::Outbox`].
    Outbox(OutboxAnswer),
    /// Answers [`Op::Sweep`]: where to go on.
    Swept(Option<SweepFrom>),
    /// Nothing to say.
    Done,
}

/// How storing or deleting a card ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CardAnswer {
    /// It was not there before.
    Created,
    /// It is newer than the stored one, or the very same.
    Replaced,
    /// The stored one, or the one that was deleted, is as new or newer.
    Outdated,
    /// It is gone, now or since an earlier deletion.
    Deleted,
    /// There is none to delete.
    Absent,
    /// Whoever stores it has no token that holds for an inbox here.
    NotAdmitted,
}

/// How a request succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Success {
    /// With the channel seq, or 0.
    Accepted(u64),
    /// With a key package.
    KeyPackage(Vec<u8>),
    /// With the key package of last resort, which stays.
    LastResort(Vec<u8>),
    /// With what a channel keeps.
    Channel(Box<ChannelInfo>),
}

/// How a request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refusal {
    code: ErrorCode,
    epoch: Option<u64>,
}

impl From<ErrorCode> for Refusal {
    fn from(code: ErrorCode) -> Self {
        Self { code, epoch: None }
    }
}

/// What a service function says: the store's failure outside, the requester's inside.
type Outcome = Result<Result<Success, Refusal>, StoreError>;

/// The relay's services and the little memory that they need.
pub(crate) struct Service {
    sealing: Sealing,
    /// Origins under which this relay is known, to tell own fan-out targets from others'.
    origins: Vec<String>,
    registration: Registration,
    /// On a day, the days on which requests may have been remembered, that day included.
    repeat_days: Option<(Day, u32)>,
    reserve: Reserve,
    /// What was announced today.
    blobs: blobs::Announced,
    /// Not there if this relay keeps to itself.
    outbox: Option<Outbox>,
    /// Not there if this relay does not push.
    push: Option<Arc<Push>>,
}

/// One transaction's view of the service.
pub(crate) struct Work<'w, 's> {
    pub(crate) tx: Tx<'s>,
    pub(crate) today: Day,
    /// Inboxes that got entries, and the last seq of each.
    pub(crate) stored: HashMap<InboxId, u64, RandomState>,
    /// What metrics count.
    pub(crate) counts: Counts,
    service: &'w mut Service,
}

impl Service {
    /// For a relay known under `origins`.
    pub(crate) fn new(origins: Vec<String>, registration: Registration) -> Self {
        Self {
            sealing: Sealing::default(),
            origins,
            registration,
            repeat_days: None,
            reserve: Reserve::default(),
            blobs: blobs::Announced::default(),
            outbox: None,
            push: None,
        }
    }

    /// Delivers to other relays, too, if there is an outbox for them.
    pub(crate) fn with_outbox(self, outbox: Option<Outbox>) -> Self {
        Self { outbox, ..self }
    }

    /// Pushes to owners who are away, too, if there is a way.
    pub(crate) fn with_push(self, push: Option<Arc<Push>>) -> Self {
        Self { push, ..self }
    }

    /// Takes nothing more in while less than the reserve is free.
    pub(crate) fn with_reserve(self, reserve: Reserve) -> Self {
        Self { reserve, ..self }
    }

    /// Begins a transaction on `today`.
    pub(crate) fn begin<'w, 's>(&'w mut self, tx: Tx<'s>, today: Day) -> Work<'w, 's> {
        if let Some(outbox) = &mut self.outbox {
            outbox.expire();
        }
        self.reserve.look();
        Work { tx, today, stored: HashMap::default(), counts: Counts::default(), service: self }
    }

    /// The keys under which entries are sealed.
    pub(crate) fn sealing(&mut self) -> &mut Sealing {
        &mut self.sealing
    }
}

impl Work<'_, '_> {
    /// Does one operation.
    ///
    /// # Errors
    /// After an error the transaction must not be committed.
    pub(crate) fn apply(&mut self, op: &Op) -> Result<Answer, StoreError> {
        match op {
            Op::Own { inbox, counted, create } => self.own(*inbox, *counted, create.as_ref()),
            Op::Ack { inbox, seq } => self.acknowledge(*inbox, *seq).map(|()| Answer::Done),
            Op::UseInbox(inboxes) => self.use_inboxes(inboxes).map(|()| Answer::Done),
            Op::AddInvite(invite) => {
                self.add_invite(invite);
                Ok(Answer::Done)
            }
            Op::Refuse(id, code) => {
                Ok(Answer::Frame(RelayFrame::Refused { id: *id, code: *code, epoch: None }))
            }
            Op::Resume => Ok(Answer::Done),
            Op::Request(request, content) => self.request(request, content).map(Answer::Frame),
            Op::PutCard { admission, card, version, record } => {
                self.put_card(admission, *card, *version, record).map(Answer::Card)
            }
            Op::UseCard(card) => self.use_card(*card).map(|()| Answer::Done),
            Op::DeleteCard { card, version } => self.delete_card(*card, *version).map(Answer::Card),
            Op::Blob(op) => self.blob(op).map(Answer::Blob),
            Op::Outbox(op) => self.outbox(op).map(Answer::Outbox),
            Op::Push(op) => self.push(op).map(|()| Answer::Done),
            Op::Sweep(from) => self.sweep(from).map(Answer::Swept),
        }
    }

    fn request(&mut self, request: &Request, content: &Content) -> Result<RelayFrame, StoreError> {
        let id = request.id();
        let outcome = match self.remembered(id, content)? {
            Some(outcome) => outcome,
            None if self.service.reserve.is_short() && request.adds() => Err(ErrorCode::Busy.into()),
            None => {
                let outcome = self.first_time(request)?;
                if let Ok(success) = &outcome {
                    self.remember(id, content, success);
                }
                outcome
            }
        };
        Ok(match outcome {
            Ok(Success::Accepted(seq)) => RelayFrame::Accepted { id, seq },
            Ok(Success::Channel(info)) => RelayFrame::ChannelInfo(*info),
            Ok(Success::KeyPackage(package) | Success::LastResort(package)) => {
                RelayFrame::KeyPackage(KeyPackageReply { id, package })
            }
            Err(Refusal { code, epoch }) => RelayFrame::Refused { id, code, epoch },
        })
    }

    fn first_time(&mut self, request: &Request) -> Outcome {
        match request {
            Request::PutKeyPackages(inbox, request) => self.put_key_packages(*inbox, request),
            Request::Deposit(request) => self.deposit(request),
            Request::TakeKeyPackage(request) => self.take_key_package(request),
            Request::CreateChannel(request) => self.create_channel(request),
            Request::Post(request) => self.post(request),
            Request::Commit(request) => self.commit(request),
            Request::FetchChannel(request) => self.fetch_channel(request),
            Request::RevokeTokens(inbox, request) => self.revoke_tokens(*inbox, request),
            Request::RenewDepositKey(inbox, request) => self.renew_deposit_key(*inbox, request),
            Request::DeleteInbox(inbox, _) => self.delete_inbox(*inbox),
            Request::SetPush(inbox, request) => self.set_push(*inbox, request),
        }
    }
}

/// A refusal that changes nothing.
fn refused(code: ErrorCode) -> Outcome {
    Ok(Err(code.into()))
}
