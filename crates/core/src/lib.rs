//! The client engine: identity, first contact, conversations, outbox, reports.
//!
//! [`Client::handle`] takes one [`Input`] and runs it in one database transaction; [`Client::poll_output`] hands out
//! what follows from it, and **must be drained before the next input**. The engine is synchronous, has one owner, and
//! reads no clock, no network and no randomness but what it is given (CORE-1, CORE-2). Drivers carry its frames and
//! fetches, and keep its time.

mod account;
mod card;
mod client;
mod commands;
mod error;
mod inbox;
mod introduction;
mod io;
mod link;
mod outbox;
mod own_link;
mod session;
mod step;

pub use card::Card;
pub use client::{Client, Config};
pub use error::{ClientError, Refusal};
pub use io::{
    Admission, CardInfo, Command, Event, FetchId, FetchMethod, FetchOutcome, FetchRequest, Input, Line,
    LinkFailure, Output, Timestamp,
};
pub use kuvert_mls::{IdentityKey, KuvertId};
pub use kuvert_store::{
    ChangeSet, ContactId, ContactRow, ContactState, ConversationId, ConversationRow, ConversationSummary,
    DatabaseKey, LastMessageRow, Location, MessageId, MessageRow, MessageState, SenderKind, StoreError,
    Trust,
};
pub use link::{Link, LinkError};
