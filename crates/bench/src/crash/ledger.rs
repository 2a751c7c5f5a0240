//! What was asked of the relay, what it answered, and what came of it.

use anyhow::{Context, Result, ensure};

use crate::device::Delivered;
use crate::report::Losses;

/// Inboxes among which one request's copies are told apart.
pub(super) const MAX_INBOXES: u32 = u64::BITS;

/// A request. Its number is its place in the ledger.
#[derive(Debug)]
struct Request {
    /// The inboxes that are to get it, one bit each.
    targets: u64,
    /// The inboxes that got it.
    got: u64,
    kind: Kind,
    answer: Option<Answer>,
    /// The encoded request, until it is answered.
    frame: Vec<u8>,
}

/// What a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Deposit,
    Post { channel: usize, epoch: u64 },
    Commit { channel: usize, epoch: u64 },
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Accepted,
    /// Too late for its epoch.
    Conflict,
}

/// All requests of a run.
#[derive(Default)]
pub(super) struct Ledger {
    requests: Vec<Request>,
    /// Requests before this one were judged.
    judged: usize,
    pub(super) found: Found,
}

/// What was found wrong.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) accepted: u64,
    pub(super) delivered: u64,
    pub(super) losses: Losses,
    /// Accepted posts and commits that some members got and others did not.
    pub(super) half: u64,
    /// Requests that were refused and delivered all the same.
    pub(super) refused_and_delivered: u64,
    /// Requests that got another answer than before when they were repeated.
    pub(super) answers_changed: u64,
}

impl Ledger {
    /// Notes a request for the inboxes in `targets`; `frame` encodes it, given its number. Returns the number.
    pub(super) fn add(&mut self, kind: Kind, targets: u64, frame: impl FnOnce(u64) -> Vec<u8>) -> u64 {
        let number = self.requests.len() as u64;
        self.requests.push(Request { targets, got: 0, kind, answer: None, frame: frame(number) });
        number
    }

    /// The encoded request.
    pub(super) fn frame(&self, number: u64) -> &[u8] {
        self.requests.get(number as usize).map_or(&[], |request| &request.frame)
    }

    /// Notes an answer and returns what was asked.
    pub(super) fn answered(&mut self, number: u64, answer: Answer) -> Result<Kind> {
        let request =
            self.requests.get_mut(number as usize).context("the relay answers what nobody asked")?;
        match request.answer {
            None => request.answer = Some(answer),
            Some(before) => self.found.answers_changed += u64::from(before != answer),
        }
        request.frame = Vec::new();
        Ok(request.kind)
    }

    /// Numbers of the requests that were not answered yet.
    pub(super) fn unanswered(&self) -> Vec<u64> {
        let is_open = |number: &usize| self.requests[*number].answer.is_none();
        (self.judged..self.requests.len()).filter(is_open).map(|number| number as u64).collect()
    }

    /// Notes that `inbox` got an entry.
    pub(super) fn delivered(&mut self, inbox: usize, entry: Delivered) -> Result<()> {
        let request = usize::try_from(entry.number).ok().and_then(|number| self.requests.get_mut(number));
        let request = request.context("an inbox got what nobody sent")?;
        let (kind, epoch) = match request.kind {
            Kind::Deposit => (0, 0),
            Kind::Post { epoch, .. } => (1, epoch),
            Kind::Commit { epoch, .. } => (2, epoch),
        };
        ensure!((kind, epoch) == (entry.kind, entry.epoch), "an entry is not what was sent under its number");
        let bit = 1 << inbox;
        ensure!(request.targets & bit != 0, "an inbox got what was not meant for it");
        if request.got & bit != 0 {
            self.found.losses.doubled += 1;
        } else {
            request.got |= bit;
            self.found.delivered += 1;
        }
        Ok(())
    }

    /// Judges what was asked since the last time. Everything must be answered, and everything that waited be
    /// delivered.
    pub(super) fn judge(&mut self) -> Result<()> {
        for request in &self.requests[self.judged..] {
            match request.answer.context("a request is still not answered")? {
                Answer::Accepted => {
                    let missing = request.targets & !request.got;
                    self.found.accepted += 1;
                    self.found.losses.lost += u64::from(missing.count_ones());
                    self.found.half += u64::from(missing != 0 && request.got != 0);
                }
                Answer::Conflict => self.found.refused_and_delivered += u64::from(request.got != 0),
            }
        }
        self.judged = self.requests.len();
        Ok(())
    }

    /// Of how many epochs a commit to `channel` was accepted, if of the first ones and of each exactly once (RELAY-3).
    pub(super) fn epochs(&self, channel: usize) -> Option<u64> {
        let ended = |request: &Request| match (request.kind, request.answer) {
            (Kind::Commit { channel: of, epoch }, Some(Answer::Accepted)) if of == channel => Some(epoch),
            _ => None,
        };
        let mut epochs: Vec<u64> = self.requests.iter().filter_map(ended).collect();
        epochs.sort_unstable();
        (0..).zip(&epochs).all(|(due, epoch)| due == *epoch).then_some(epochs.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POST: Kind = Kind::Post { channel: 0, epoch: 3 };

    fn entry(kind: u32, epoch: u64, number: u64) -> Delivered {
        Delivered { kind, epoch, number }
    }

    #[test]
    fn what_was_accepted_and_not_delivered_is_lost() {
        let mut ledger = Ledger::default();
        let deposit = ledger.add(Kind::Deposit, 0b1, |_| vec![1]);
        let post = ledger.add(POST, 0b11, |_| vec![2]);
        assert_eq!(ledger.unanswered(), [deposit, post]);
        assert!(ledger.judge().is_err(), "nothing is answered");
        ledger.answered(deposit, Answer::Accepted).expect("asked");
        ledger.answered(post, Answer::Accepted).expect("asked");
        ledger.delivered(1, entry(1, 3, post)).expect("meant for it");
        ledger.judge().expect("all answered");
        assert_eq!(ledger.found.losses, Losses { lost: 2, doubled: 0 });
        assert_eq!((ledger.found.half, ledger.found.accepted), (1, 2));
        ledger.delivered(1, entry(1, 3, post)).expect("meant for it");
        assert_eq!(ledger.found.losses.doubled, 1);
        assert!(ledger.delivered(1, entry(0, 0, deposit)).is_err(), "meant for another inbox");
        assert!(ledger.delivered(0, entry(0, 0, post)).is_err(), "sent as something else");
        assert!(ledger.delivered(0, entry(0, 0, 99)).is_err(), "never sent");
    }

    #[test]
    fn what_was_refused_is_delivered_to_nobody_and_stays_refused() {
        let mut ledger = Ledger::default();
        let post = ledger.add(POST, 0b11, |_| vec![2]);
        ledger.answered(post, Answer::Conflict).expect("asked");
        ledger.delivered(0, entry(1, 3, post)).expect("meant for it");
        ledger.judge().expect("all answered");
        assert_eq!((ledger.found.refused_and_delivered, ledger.found.losses.lost), (1, 0));
        ledger.answered(post, Answer::Accepted).expect("asked");
        assert_eq!(ledger.found.answers_changed, 1);
        assert!(ledger.answered(7, Answer::Accepted).is_err());
    }

    #[test]
    fn each_epoch_ends_with_one_commit() {
        // RELAY-3: what the crash scenario holds against the relay.
        let mut ledger = Ledger::default();
        let mut accept = |channel, epoch| {
            let commit = ledger.add(Kind::Commit { channel, epoch }, 1, |_| Vec::new());
            ledger.answered(commit, Answer::Accepted).expect("asked");
            ledger.epochs(0)
        };
        assert_eq!(accept(0, 1), None, "epoch 0 never ended");
        assert_eq!(accept(0, 0), Some(2));
        assert_eq!(accept(1, 0), Some(2));
        assert_eq!(accept(0, 1), None, "epoch 1 ended twice");
    }
}
