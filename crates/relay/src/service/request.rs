//! Which frames of a session are requests.

use kuvert_wire::{ClientFrame, InboxId};

use super::Request;

impl Request {
    /// The request in a frame of an owner session of `inbox`; `None` if it does not belong there.
    pub(crate) fn from_owner(inbox: InboxId, frame: ClientFrame) -> Option<Self> {
        match frame {
            ClientFrame::PutKeyPackages(request) => Some(Self::PutKeyPackages(inbox, request)),
            _ => None,
        }
    }

    /// The request in a frame of an anonymous session; `None` if it does not belong there.
    pub(crate) fn from_anonymous(frame: ClientFrame) -> Option<Self> {
        match frame {
            ClientFrame::Own(_) | ClientFrame::Ack(_) | ClientFrame::PutKeyPackages(_) => None,
            ClientFrame::Deposit(request) => Some(Self::Deposit(request)),
            ClientFrame::TakeKeyPackage(request) => Some(Self::TakeKeyPackage(request)),
            ClientFrame::CreateChannel(request) => Some(Self::CreateChannel(request)),
            ClientFrame::Post(request) => Some(Self::Post(request)),
            ClientFrame::Commit(request) => Some(Self::Commit(Box::new(request))),
        }
    }
}
