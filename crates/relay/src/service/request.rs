//! Which frames are requests, and on which kind of session each belongs.

use kuvert_wire::{
    ClientFrame, Commit, CreateChannel, DeleteInbox, Deposit, FetchChannel, InboxId, Post, PostId,
    PutKeyPackages, RenewDepositKey, RevokeTokens, SetPush, TakeKeyPackage, limits,
};

/// A request with an id, already known to come from who may ask for it: those that name an inbox first come from its
/// owner. Answered by a frame.
#[derive(Debug)]
pub(crate) enum Request {
    PutKeyPackages(InboxId, PutKeyPackages),
    RevokeTokens(InboxId, RevokeTokens),
    RenewDepositKey(InboxId, RenewDepositKey),
    DeleteInbox(InboxId, DeleteInbox),
    SetPush(InboxId, SetPush),
    Deposit(Deposit),
    TakeKeyPackage(TakeKeyPackage),
    CreateChannel(Box<CreateChannel>),
    Post(Post),
    Commit(Box<Commit>),
    FetchChannel(FetchChannel),
}

impl Request {
    /// The request in a frame on the owner session of `inbox`. `None` for `Own`, `Ack` and `Resume`, which are none, and
    /// for what belongs on an anonymous session.
    pub(crate) fn from_owner(inbox: InboxId, frame: ClientFrame) -> Option<Self> {
        match frame {
            ClientFrame::PutKeyPackages(request) => Some(Self::PutKeyPackages(inbox, request)),
            ClientFrame::RevokeTokens(request) => Some(Self::RevokeTokens(inbox, request)),
            ClientFrame::RenewDepositKey(request) => Some(Self::RenewDepositKey(inbox, request)),
            ClientFrame::DeleteInbox(request) => Some(Self::DeleteInbox(inbox, request)),
            ClientFrame::SetPush(request) => Some(Self::SetPush(inbox, request)),
            ClientFrame::Own(_)
            | ClientFrame::Ack(_)
            | ClientFrame::Deposit(_)
            | ClientFrame::TakeKeyPackage(_)
            | ClientFrame::CreateChannel(_)
            | ClientFrame::Post(_)
            | ClientFrame::Commit(_)
            | ClientFrame::FetchChannel(_)
            | ClientFrame::Resume => None,
        }
    }

    /// The request in a frame on an anonymous session. `None` for what belongs on an owner session.
    pub(crate) fn from_anonymous(frame: ClientFrame) -> Option<Self> {
        match frame {
            ClientFrame::Deposit(request) => Some(Self::Deposit(request)),
            ClientFrame::TakeKeyPackage(request) => Some(Self::TakeKeyPackage(request)),
            ClientFrame::CreateChannel(request) => Some(Self::CreateChannel(Box::new(request))),
            ClientFrame::Post(request) => Some(Self::Post(request)),
            ClientFrame::Commit(request) => Some(Self::Commit(Box::new(request))),
            ClientFrame::FetchChannel(request) => Some(Self::FetchChannel(request)),
            ClientFrame::Own(_)
            | ClientFrame::Ack(_)
            | ClientFrame::PutKeyPackages(_)
            | ClientFrame::RevokeTokens(_)
            | ClientFrame::RenewDepositKey(_)
            | ClientFrame::DeleteInbox(_)
            | ClientFrame::SetPush(_)
            | ClientFrame::Resume => None,
        }
    }

    /// Whether it makes the store larger: a relay whose disk is almost full refuses that.
    pub(crate) fn adds(&self) -> bool {
        match self {
            Self::PutKeyPackages(..)
            | Self::Deposit(_)
            | Self::CreateChannel(_)
            | Self::Post(_)
            | Self::Commit(_) => true,
            Self::SetPush(_, request) => request.subscription.is_some(),
            Self::RevokeTokens(..)
            | Self::RenewDepositKey(..)
            | Self::DeleteInbox(..)
            | Self::TakeKeyPackage(_)
            | Self::FetchChannel(_) => false,
        }
    }

    /// The id that the answer carries.
    pub(crate) fn id(&self) -> PostId {
        match self {
            Self::PutKeyPackages(_, f) => f.id,
            Self::RevokeTokens(_, f) => f.id,
            Self::RenewDepositKey(_, f) => f.id,
            Self::DeleteInbox(_, f) => f.id,
            Self::SetPush(_, f) => f.id,
            Self::Deposit(f) => f.id,
            Self::TakeKeyPackage(f) => f.id,
            Self::CreateChannel(f) => f.id,
            Self::Post(f) => f.id,
            Self::Commit(f) => f.post.id,
            Self::FetchChannel(f) => f.id,
        }
    }

    /// Most bytes that the answer may have, where that is much more than the request has, otherwise 0.
    pub(crate) fn answer_len(&self) -> usize {
        match self {
            Self::FetchChannel(_) => limits::MAX_ANSWER,
            Self::TakeKeyPackage(_) => limits::MAX_KEY_PACKAGE,
            _ => 0,
        }
    }

    /// Whether the session that asked is over once it was answered.
    pub(crate) fn is_last(&self) -> bool {
        matches!(self, Self::DeleteInbox(..))
    }
}
