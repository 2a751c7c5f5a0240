//! What relays hand to each other. The running relay's forwarder decides when to hand what to whom, and when again; here
//! whoever moves the relay does.

use kuvert_wire::{DepositResults, ErrorCode, SealedDeposits, decode, encode, limits};

use super::Model;
use crate::federation::{RelayName, read, settled};
use crate::service::{Answer, Op, OutboxAnswer, OutboxOp};
use crate::store::Table;

/// What waits first for one other relay: one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// Origin of the relay that it is for.
    pub to: String,
    /// The request's body.
    pub body: Vec<u8>,
    name: RelayName,
    head: u64,
    count: usize,
}

impl Model {
    /// What waits for other relays: at most one request for each of them.
    pub fn parcels(&self) -> Vec<Parcel> {
        let store = &*self.context.store;
        let keys = store.keys(Table::Relays, &[], limits::MAX_SWEEP).unwrap_or_default();
        let names = keys.iter().filter_map(|key| RelayName::from_slice(key));
        let parcel = |name| {
            let batch = read(store, name).ok().flatten()?;
            let (to, body) = (batch.origin, batch.body.to_vec());
            Some(Parcel { to, body, name, head: batch.head, count: batch.count })
        };
        names.filter_map(parcel).collect()
    }

    /// Takes what another relay hands over, and answers it; nothing if this relay keeps to itself or cannot read it.
    pub fn take_parcel(&mut self, body: &[u8]) -> Option<Vec<u8>> {
        let pair = self.pair.as_ref()?;
        let sealed = SealedDeposits::from_bytes(body).ok()?;
        let opened: Vec<_> = sealed.deposits.iter().map(|sealed| pair.open(sealed).ok()).collect();
        let received =
            self.perform(Op::Outbox(OutboxOp::Receive(opened.iter().flatten().cloned().collect())));
        let results = match received {
            Some(Answer::Outbox(OutboxAnswer::Received(received))) => {
                let mut received = received.into_iter();
                let result = |opened: Option<_>| match opened {
                    Some(_) => received.next().unwrap_or(Some(ErrorCode::Busy)),
                    None => Some(ErrorCode::BadFrame),
                };
                opened.into_iter().map(result).collect()
            }
            _ => vec![Some(ErrorCode::Busy); opened.len()],
        };
        Some(encode(&DepositResults { results }))
    }

    /// Notes the answer to what was handed over. Says whether it was all taken, or never will be.
    pub fn parcel_answered(&mut self, parcel: &Parcel, answer: &[u8]) -> bool {
        let Ok(DepositResults { results }) = decode(answer, limits::MAX_FRAME) else { return false };
        if results.len() != parcel.count {
            return false;
        }
        let settled = settled(&results);
        let until = parcel.head + settled as u64;
        let delivered = self.perform(Op::Outbox(OutboxOp::Delivered { relay: parcel.name, until }));
        delivered.is_some() && settled == parcel.count
    }
}
