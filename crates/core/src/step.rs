//! One input at work, inside its transaction.

use std::cell::RefCell;
use std::rc::Rc;

use kuvert_mls::{EngineRng, Group, GroupKey, Provider};
use kuvert_store::{GroupRow, MlsStorage, Tx};
use kuvert_wire::{ChannelId, ClientFrame, PostId, RelayFrame, decode, encode, limits};
use openmls_rust_crypto::RustCrypto;

use crate::account::Account;
use crate::loaded::LoadedGroups;
use crate::session::Sessions;
use crate::{ClientError, Event, Input, Line, Output, Refusal, Timestamp};

/// All that an input may touch. What it changes in memory takes effect only if the transaction commits.
pub(crate) struct Step<'a, 'b> {
    pub(crate) tx: &'a Tx<'b>,
    pub(crate) now: Timestamp,
    pub(crate) rng: &'a EngineRng,
    pub(crate) crypto: &'a RustCrypto,
    pub(crate) loaded: &'a RefCell<LoadedGroups>,
    pub(crate) account: Option<Rc<Account>>,
    pub(crate) sessions: Sessions,
    pub(crate) outputs: Vec<Output>,
}

/// What is left of a [`Step`] after its transaction.
pub(crate) struct Finished {
    pub(crate) account: Option<Rc<Account>>,
    pub(crate) sessions: Sessions,
    pub(crate) outputs: Vec<Output>,
}

impl<'a> Step<'a, '_> {
    pub(crate) fn handle(&mut self, input: Input) -> Result<(), ClientError> {
        match input {
            Input::Command(command) => self.command(command)?,
            Input::Connected(Line::Owner) => self.sessions.owner_lost(),
            Input::Connected(Line::Anonymous(relay)) => self.relay_connected(&relay),
            Input::Disconnected(Line::Owner) => {
                self.sessions.owner_lost();
                self.inbox_lost();
            }
            Input::Disconnected(Line::Anonymous(relay)) => self.relay_lost(&relay)?,
            Input::Frame(line, bytes) => {
                let frame: RelayFrame = decode(&bytes, limits::MAX_FRAME)
                    .map_err(|_| ClientError::PeerFault("a frame cannot be read"))?;
                self.frame(line, frame)?;
                self.tend_leaves()?;
            }
            Input::Fetched(id, outcome) => self.fetched(id, outcome)?,
            Input::Blob(outcome) => self.blob(outcome)?,
            Input::Wake => {
                self.wake()?;
                self.tend_groups()?;
            }
        }
        self.expire()?;
        self.send_reports()?;
        self.delete_unwanted_blobs()
    }

    pub(crate) fn finish(self) -> Finished {
        Finished { account: self.account, sessions: self.sessions, outputs: self.outputs }
    }

    pub(crate) fn account(&self) -> Result<Rc<Account>, Refusal> {
        self.account.clone().ok_or(Refusal::NoIdentity)
    }

    pub(crate) fn provider(&self) -> Provider<'a, MlsStorage<'a>> {
        Provider { crypto: self.crypto, rng: self.rng, storage: self.tx.mls() }
    }

    /// Runs `work` so that its failure undoes what it wrote and what it wanted to send, and nothing else of this input.
    pub(crate) fn attempt<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, ClientError>,
    ) -> Result<Result<T, ClientError>, ClientError> {
        let (tx, outputs) = (self.tx, self.outputs.len());
        let result = tx.attempt(|| work(self))?;
        if result.is_err() {
            self.outputs.truncate(outputs);
            self.loaded.borrow_mut().clear();
        }
        Ok(result)
    }

    /// The group of a channel, as it is in the database. Who has written down what it did to it, or did nothing to it, hands
    /// it to [`Self::keep_loaded`], so that it need not be loaded again.
    pub(crate) fn load_group(&self, row: &GroupRow) -> Result<Group, ClientError> {
        let channel = ChannelId::new(row.channel);
        let load = || Group::load(&self.tx.mls(), channel, GroupKey::new(*row.key));
        match self.loaded.borrow_mut().take(channel) {
            Some(group) => {
                debug_assert!(load().is_ok_and(|stored| stored.is_same_as(&group)), "a stale group");
                Ok(group)
            }
            None => Ok(load()?),
        }
    }

    /// Keeps a group that is as it is in the database.
    pub(crate) fn keep_loaded(&self, group: Group) {
        self.loaded.borrow_mut().put(group);
    }

    /// The epoch in which this device is in the group of a channel.
    pub(crate) fn epoch_of(&self, row: &GroupRow) -> Result<u64, ClientError> {
        let group = self.load_group(row)?;
        let epoch = group.epoch();
        self.keep_loaded(group);
        Ok(epoch)
    }

    pub(crate) fn fresh_id(&self) -> PostId {
        PostId::new(self.rng.bytes())
    }

    pub(crate) fn event(&mut self, event: Event) {
        self.outputs.push(Output::Event(event));
    }

    pub(crate) fn transmit(&mut self, line: Line, frame: &ClientFrame) {
        self.outputs.push(Output::Transmit(line, encode(frame)));
    }
}
