//! Being woken: the push subscription of this device's browser, which its relay holds.
//!
//! The wish is written down first and repeated with every session until the relay has answered. A relay that lost a subscription, or
//! that still has one, says so with its greeting, and is told again. What a browser makes of a push is not for here.

use kuvert_store::{MetaKey, Tx};
use kuvert_wire::{
    ClientFrame, ErrorCode, Owned, P256Key, PostId, PushSubscription, SetPush, decode, encode, limits,
};

use crate::limits::REVOKE_AGAIN;
use crate::step::Step;
use crate::{Client, ClientError, Event, Line, Output, Refusal, Timestamp};

/// How it stands with being woken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushStanding {
    /// What the relay said since this run began.
    pub relay: PushRelay,
    /// The endpoint that is to be pushed to, if any.
    pub endpoint: Option<String>,
    /// The relay has answered: it knows what is wanted.
    pub settled: bool,
}

/// What a relay says of pushes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PushRelay {
    /// It was not reached yet.
    #[default]
    Unknown,
    /// It sends none.
    Silent,
    /// It pushes, and browsers bind their subscriptions to this key.
    Pushes(P256Key),
}

/// What is known in memory only.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pushing {
    relay: PushRelay,
    /// The relay was busy: when it is asked again.
    again_at: Option<Timestamp>,
}

impl Step<'_, '_> {
    /// From now on the relay shall push to this subscription, or to none.
    pub(crate) fn set_push(&mut self, subscription: Option<PushSubscription>) -> Result<(), ClientError> {
        self.account()?;
        let is_known = stored(self.tx)? == subscription;
        if is_known && pending(self.tx)?.is_none() {
            return Ok(());
        }
        let is_long = |wanted: &PushSubscription| wanted.endpoint.len() > limits::MAX_PUSH_ENDPOINT;
        if subscription.as_ref().is_some_and(is_long) {
            return Err(Refusal::SubscriptionInvalid.into());
        }
        let bytes = subscription.as_ref().map(encode).unwrap_or_default();
        self.tx.set_meta(MetaKey::PushSubscription, &bytes)?;
        self.ask_to_push()
    }

    /// A wish that the relay does not know yet goes there, now or with the next session.
    fn ask_to_push(&mut self) -> Result<(), ClientError> {
        self.tx.set_meta(MetaKey::PushPending, self.fresh_id().as_bytes())?;
        self.send_push()?;
        self.event(Event::Push);
        Ok(())
    }

    fn send_push(&mut self) -> Result<(), ClientError> {
        let Some(id) = pending(self.tx)?.filter(|_| self.sessions.is_owned()) else { return Ok(()) };
        let subscription = stored(self.tx)?;
        // An older relay would not know the frame: it says no key. And nothing is there to be removed.
        if matches!(self.sessions.push.relay, PushRelay::Pushes(_)) {
            self.transmit(Line::Owner, &ClientFrame::SetPush(SetPush { id, subscription }));
        }
        Ok(())
    }

    /// What the relay says of pushes with its greeting.
    pub(crate) fn note_push(&mut self, owned: &Owned) -> Result<(), ClientError> {
        self.sessions.push.relay = owned.push_key.map_or(PushRelay::Silent, PushRelay::Pushes);
        self.sessions.push.again_at = None;
        let is_wanted = stored(self.tx)?.is_some();
        let is_known = is_wanted == (owned.subscribed == Some(true));
        if owned.push_key.is_some() && !is_known && pending(self.tx)?.is_none() {
            return self.ask_to_push();
        }
        self.send_push()?;
        self.event(Event::Push);
        Ok(())
    }

    /// The relay took a request: perhaps this one.
    pub(crate) fn push_accepted(&mut self, id: PostId) -> Result<(), ClientError> {
        if pending(self.tx)? == Some(id) {
            self.tx.set_meta(MetaKey::PushPending, &[])?;
            self.event(Event::Push);
        }
        Ok(())
    }

    /// The relay refused a request. Says whether it was this one.
    pub(crate) fn push_refused(&mut self, id: PostId, code: ErrorCode) -> Result<bool, ClientError> {
        if pending(self.tx)? != Some(id) {
            return Ok(false);
        }
        if matches!(code, ErrorCode::Busy | ErrorCode::RateLimited) {
            let at = self.now.plus_millis(REVOKE_AGAIN);
            self.sessions.push.again_at = Some(at);
            self.outputs.push(Output::WakeAt(at));
            return Ok(true);
        }
        // It will never take this one: the browser has to make another.
        self.tx.set_meta(MetaKey::PushSubscription, &[])?;
        self.tx.set_meta(MetaKey::PushPending, &[])?;
        self.event(Event::Refused(code));
        self.event(Event::Push);
        Ok(true)
    }

    /// Asks a relay again that was busy.
    pub(crate) fn tend_push(&mut self) -> Result<(), ClientError> {
        match self.sessions.push.again_at {
            Some(at) if at <= self.now => {
                self.sessions.push.again_at = None;
                self.send_push()
            }
            Some(at) => {
                self.outputs.push(Output::WakeAt(at));
                Ok(())
            }
            None => Ok(()),
        }
    }
}

impl Client {
    /// How it stands with being woken.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn push_standing(&mut self) -> Result<PushStanding, ClientError> {
        let relay = self.sessions.push.relay;
        self.read(|tx| {
            let endpoint = stored(tx)?.map(|subscription| subscription.endpoint);
            Ok(PushStanding { relay, endpoint, settled: pending(tx)?.is_none() })
        })
    }
}

/// The subscription that is wanted.
fn stored(tx: &Tx<'_>) -> Result<Option<PushSubscription>, ClientError> {
    let bytes = tx.meta(MetaKey::PushSubscription)?.filter(|bytes| !bytes.is_empty());
    // What cannot be read any more is made anew by the browser.
    Ok(bytes.and_then(|bytes| decode(&bytes, usize::MAX).ok()))
}

/// The request that the relay has not answered.
fn pending(tx: &Tx<'_>) -> Result<Option<PostId>, ClientError> {
    Ok(tx.meta(MetaKey::PushPending)?.and_then(|bytes| PostId::from_slice(&bytes)))
}
