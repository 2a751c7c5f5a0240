//! The engine's frame: one input, one transaction, then its outputs.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use kuvert_mls::EngineRng;
use kuvert_store::{
    AttachmentId, AttachmentRow, AttachmentState, ConversationId, ConversationSummary, Database, DatabaseKey,
    GroupState, Location, MessageId, MessageRow, MetaKey, SenderKind, Tx,
};
use openmls_rust_crypto::RustCrypto;
use zeroize::Zeroizing;

use crate::account::Account;
use crate::files;
use crate::loaded::LoadedGroups;
use crate::moving::{self, Moving};
use crate::session::Sessions;
use crate::step::Step;
use crate::{
    ClientError, IdentityKey, Input, KuvertId, MemberInfo, Notice, Output, Refusal, Ticket, Timestamp, group,
};

/// How to start an engine.
pub struct Config<'a> {
    /// Where the database lives.
    pub location: Location<'a>,
    /// What encrypts it.
    pub key: &'a DatabaseKey,
    /// 32 fresh random bytes; all of the engine's randomness follows from them.
    pub seed: [u8; 32],
}

/// The engine of one profile.
pub struct Client {
    db: Database,
    rng: EngineRng,
    crypto: RustCrypto,
    account: Option<Rc<Account>>,
    pub(crate) sessions: Sessions,
    pub(crate) loaded: RefCell<LoadedGroups>,
    outputs: VecDeque<Output>,
    /// The time of what is asked: what has expired by then is not shown.
    pub(crate) seen: Timestamp,
    /// Names the next command.
    ticket: Option<Ticket>,
    pub(crate) moving: Option<Moving>,
}

impl Client {
    /// Opens a profile, which may be new. The first outputs are ready afterwards.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database does not open, [`ClientError::Damaged`] if its keys are not readable.
    pub fn open(config: &Config<'_>) -> Result<Self, ClientError> {
        let mut db = Database::open(config.location, config.key)?;
        let account = db.read(Account::load)?.map(Rc::new);
        let moving = db.read(moving::load)?;
        let mut client = Self {
            db,
            rng: EngineRng::new(config.seed),
            crypto: RustCrypto::default(),
            account,
            sessions: Sessions::default(),
            loaded: RefCell::default(),
            outputs: VecDeque::new(),
            seen: Timestamp(0),
            ticket: None,
            moving,
        };
        if client.moving.is_none() {
            client.begin()?;
        }
        Ok(client)
    }

    /// Opens sessions, where there is an identity.
    pub(crate) fn begin(&mut self) -> Result<(), ClientError> {
        if let Some(account) = &self.account {
            let waiting = self.db.read(|tx| Ok::<_, ClientError>(tx.outbox_relays()?))?;
            self.outputs.extend(self.sessions.begin(&account.relay, &waiting));
        }
        Ok(())
    }

    /// Speaks to the own relay only, from now on and for good, as a web page has to. Others learn it with where this device
    /// receives. To be called before the first input.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn stay_at_own_relay(&mut self) -> Result<(), ClientError> {
        if self.read(|tx| Ok(tx.meta(MetaKey::OwnRelayOnly)?.is_none()))? {
            self.db.transaction(|tx| Ok::<_, ClientError>(tx.set_meta(MetaKey::OwnRelayOnly, &[1])?))?;
            self.account = self.db.read(Account::load)?.map(Rc::new);
        }
        Ok(())
    }

    /// How the user's own calendar elsewhere is reached; `None` if nothing was said. Means nothing here, and holds a password.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn calendar(&mut self) -> Result<Option<Zeroizing<Vec<u8>>>, ClientError> {
        let bytes = self.read(|tx| Ok(tx.meta(MetaKey::Calendar)?))?;
        Ok(bytes.filter(|bytes| !bytes.is_empty()))
    }

    /// Says how the user's own calendar is reached; nothing for none.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn set_calendar(&mut self, settings: &[u8]) -> Result<(), ClientError> {
        self.db.transaction(|tx| Ok::<_, ClientError>(tx.set_meta(MetaKey::Calendar, settings)?))?;
        Ok(())
    }

    /// Says at which time the questions that follow are asked: what has expired by then is neither shown nor found. It is
    /// deleted, too. To be called with the outputs drained, after opening and whenever time has passed without an input.
    ///
    /// # Errors
    /// [`ClientError`] if it could not be deleted now; it is not shown all the same.
    pub fn look(&mut self, now: Timestamp) -> Result<(), ClientError> {
        self.seen = now;
        let has_expired = self.read(|tx| Ok(tx.next_expiry()?))?.is_some_and(|at| at <= now.0);
        if has_expired { self.handle(now, Input::Wake) } else { Ok(()) }
    }

    /// Names the next command: if it was carried out before under this name, it does nothing, and says nothing. `None` for one
    /// that nobody will give again.
    pub fn once(&mut self, ticket: Option<Ticket>) {
        self.ticket = ticket;
    }

    /// Handles one input in one transaction (CORE-1). Drain [`Self::poll_output`] before the next input.
    ///
    /// # Errors
    /// [`ClientError`]; then nothing was changed and there is no output.
    pub fn handle(&mut self, now: Timestamp, input: Input) -> Result<(), ClientError> {
        debug_assert!(self.outputs.is_empty(), "drain the outputs before the next input");
        self.seen = now;
        if self.moving.is_some() {
            // What it did here would be missing there, or be done twice.
            return match input {
                Input::Command(_) => Err(Refusal::Moving.into()),
                _ => Ok(()),
            };
        }
        let (rng, crypto, loaded) = (&self.rng, &self.crypto, &self.loaded);
        let (account, sessions) = (self.account.clone(), self.sessions.clone());
        let ticket = if matches!(input, Input::Command(_)) { self.ticket.take() } else { None };
        let done = self.db.transaction(|tx| {
            let mut step = Step { tx, now, rng, crypto, loaded, account, sessions, outputs: Vec::new() };
            if ticket.map_or(Ok(true), |ticket| ticket.take(tx))? {
                step.handle(input)?;
            }
            Ok::<_, ClientError>(step.finish())
        });
        // What a failed transaction did to loaded groups was not written.
        let (step, changes) = done.inspect_err(|_| self.loaded.borrow_mut().clear())?;
        self.account = step.account;
        self.sessions = step.sessions;
        if !changes.is_empty() {
            self.outputs.push_back(Output::Changes(changes));
        }
        self.outputs.extend(step.outputs);
        Ok(())
    }

    /// Takes the next output; `None` when all are taken.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    pub(crate) fn rng(&self) -> &EngineRng {
        &self.rng
    }

    /// Writes beside all inputs.
    pub(crate) fn store(
        &mut self,
        work: impl FnOnce(&Tx<'_>) -> Result<(), ClientError>,
    ) -> Result<(), ClientError> {
        self.db.transaction(work).map(drop)
    }

    pub(crate) fn account(&self) -> Option<Rc<Account>> {
        self.account.clone()
    }

    /// Display name and readable name of the own identity, and the origin of its relay; `None` before one was made.
    pub fn profile(&self) -> Option<(&str, KuvertId, &str)> {
        self.account.as_ref().map(|a| (a.name.as_str(), a.kuvert_id(), a.relay.as_str()))
    }

    /// The own identity; `None` before one was made.
    pub fn identity(&self) -> Option<IdentityKey> {
        self.account.as_ref().map(|account| account.key())
    }

    /// 16 random bytes, to name something by.
    pub fn fresh_id(&self) -> [u8; 16] {
        self.rng.bytes()
    }

    /// Requests that still wait for the relay's answer, together with messages that wait to be sealed, tokens that are to be
    /// revoked, blobs whose deletion was asked for, and what a line shows that is not at the relay yet.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn waiting(&mut self) -> Result<u64, ClientError> {
        let deletions = self.sessions.deleting.values().filter(|is_open| **is_open).count() as u64;
        // An event of the desk room counts where it comes back.
        self.read(|tx| {
            let requests = tx.outbox_len()? + tx.queued_count()? + tx.revoking()?.len() as u64;
            let card = u64::from(crate::own_link::card_waits(tx)?);
            Ok(requests + tx.own_desk_posts()? + deletions + card)
        })
    }

    /// All conversations, the most recent first. The desk room of a line is none.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn conversations(&mut self) -> Result<Vec<ConversationSummary>, ClientError> {
        let now = self.seen.0;
        let mut all = self.read(|tx| Ok(tx.conversations(now)?))?;
        all.retain(|summary| !is_desk(summary));
        Ok(all)
    }

    /// One conversation.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn conversation(&mut self, id: ConversationId) -> Result<Option<ConversationSummary>, ClientError> {
        let now = self.seen.0;
        Ok(self.read(|tx| Ok(tx.summary(id, now)?))?.filter(|summary| !is_desk(summary)))
    }

    /// At most `limit` messages before `before` (or the newest), oldest first.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn messages(
        &mut self,
        conversation: ConversationId,
        before: Option<MessageId>,
        limit: u32,
    ) -> Result<Vec<MessageRow>, ClientError> {
        let now = self.seen.0;
        self.read(|tx| Ok(tx.messages_before(conversation, before, limit, now)?))
    }

    /// One message; `None` if it is gone.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn message(&mut self, id: MessageId) -> Result<Option<MessageRow>, ClientError> {
        let now = self.seen.0;
        self.read(|tx| Ok(tx.message(id)?.filter(|row| row.is_shown_at(now))))
    }

    /// The files of a message, in their order.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn attachments(&mut self, message: MessageId) -> Result<Vec<AttachmentRow>, ClientError> {
        self.read(|tx| Ok(tx.attachments(message)?))
    }

    /// One file.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn attachment(&mut self, id: AttachmentId) -> Result<Option<AttachmentRow>, ClientError> {
        self.read(|tx| Ok(tx.attachment(id)?))
    }

    /// A small picture of the file at `position` in a message, if the message brought one. It comes from outside: to be
    /// decoded with care.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn preview(&mut self, message: MessageId, position: usize) -> Result<Option<Vec<u8>>, ClientError> {
        self.read(|tx| Ok(tx.content(message)?.and_then(|content| files::preview(&content, position))))
    }

    /// Files that are being fetched, or will be.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn downloads(&mut self) -> Result<Vec<AttachmentRow>, ClientError> {
        let mut rows = self.read(|tx| Ok(tx.moving_attachments(AttachmentId(0), u32::MAX)?))?;
        rows.retain(|row| row.state == AttachmentState::Downloading);
        Ok(rows)
    }

    /// The driver's names for sealed files that are still needed here. What else it keeps can go.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn sealed_files(&mut self) -> Result<Vec<String>, ClientError> {
        self.read(|tx| Ok(tx.sealed_files()?))
    }

    /// All of the driver's names for files of messages, sent or fetched. For a driver that keeps what was fetched among its own
    /// files: what else it keeps can go.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn kept_files(&mut self) -> Result<Vec<String>, ClientError> {
        self.read(|tx| Ok(tx.kept_files()?))
    }

    /// Who is in the group of a conversation; nobody once the user is not in it any more.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails, [`ClientError::Mls`] if the group's state does.
    pub fn members(&mut self, conversation: ConversationId) -> Result<Vec<MemberInfo>, ClientError> {
        let Some(own) = self.account.as_ref().map(|account| account.key()) else {
            return Ok(Vec::new());
        };
        self.read(|tx| group::members(tx, own, conversation))
    }

    /// The name of somebody: the contact's, or the one under which they were seen in a group; empty if neither is known.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn name_of(&mut self, identity: &[u8; 32]) -> Result<String, ClientError> {
        self.read(|tx| Ok(tx.name_of(identity)?))
    }

    /// What a message of [`kuvert_store::SenderKind::System`] says; `None` for any other, and for one that only a newer
    /// version knows.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn notice(&mut self, id: MessageId) -> Result<Option<Notice>, ClientError> {
        self.read(|tx| {
            let is_notice = tx.message(id)?.is_some_and(|row| row.sender == SenderKind::System);
            let content = if is_notice { tx.message_content(id)? } else { None };
            Ok(content.and_then(|content| Notice::read(&content)))
        })
    }

    pub(crate) fn read<T>(
        &mut self,
        work: impl FnOnce(&Tx<'_>) -> Result<T, ClientError>,
    ) -> Result<T, ClientError> {
        self.db.read(work)
    }
}

/// Whether a conversation is the desk room, which no list shows.
fn is_desk(summary: &ConversationSummary) -> bool {
    summary.group().is_some_and(|group| group.state == GroupState::Desk)
}
