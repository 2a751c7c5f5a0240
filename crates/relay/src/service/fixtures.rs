//! Requests for tests.

use kuvert_wire::{Deposit, DepositKey, InboxId, PostId, encode};

use super::{Content, Op, Request};

/// A deposit of `[n]` with request id `n`.
pub(crate) fn deposit(inbox: InboxId, key: &DepositKey, n: u8) -> Op {
    let request = Deposit { id: PostId::new([n; 16]), inbox, token: key.token([7; 16]), body: vec![n] };
    let content = Content::of(&encode(&request), None);
    Op::Request(Request::Deposit(request), content)
}
