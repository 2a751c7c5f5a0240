//! The sessions with the own relay: greeting, proof, key packages, catching up.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use kuvert_mls::{Group, introduction_box};
use kuvert_store::{AttachmentId, ConversationId, MetaKey};
use kuvert_wire::{
    Ack, CardId, ClientFrame, ErrorCode, Generation, Hello, InboxKeys, Invite, Own, Owned, OwnerProof,
    PostId, PutKeyPackages, RelayFrame, RelayKey, limits,
};

use crate::account::Account;
use crate::healing::Asking;
use crate::introduction::KEY_PACKAGE;
use crate::limits::{MAX_ENDED_PACKAGES, REVOKE_AGAIN};
use crate::push::Pushing;
use crate::relays::Relays;
use crate::retries::Retries;
use crate::step::Step;
use crate::{Admission, Card, ClientError, Event, FetchId, Line, Output, Timestamp};

/// One-time key packages that should wait at the relay.
const KEY_PACKAGES: u16 = 12;
/// Fewer than this, and new ones are made.
const KEY_PACKAGES_LOW: u16 = 6;
/// Age in seconds after which the key package of last resort is made anew: several tries before the old one ends.
const RENEW_LAST_RESORT: u64 = 30 * 86_400;
/// Seconds after its end in which a welcome for a key package may still be on its way.
const PACKAGE_GRACE: u64 = 31 * 86_400;
/// Cards kept in memory after their links were opened.
const MAX_CARDS: usize = 16;

/// What is known of the sessions and of what is under way. In memory only.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sessions {
    /// Everything that waited has come.
    pub(crate) live: bool,
    /// The anonymous sessions.
    pub(crate) relays: Relays,
    /// Channels that are further than this device, and when they are to be asked.
    pub(crate) patience: BTreeMap<[u8; 16], Timestamp>,
    /// The one that is being asked.
    pub(crate) asking: Option<Asking>,
    /// Blobs that were fetched for what is worked off right now.
    pub(crate) blobs: kuvert_mls::Blobs,
    /// Blobs that could not be uploaded or fetched.
    pub(crate) retries: Retries,
    /// Channels whose next commit has to bring a snapshot.
    pub(crate) snapshots: BTreeSet<[u8; 16]>,
    /// How many key packages of a contact were past their time.
    pub(crate) ended_packages: BTreeMap<ConversationId, usize>,
    /// Own commits that were accepted and do not come back through the inbox, which has not caught up.
    pub(crate) answered: BTreeSet<PostId>,
    /// The relay takes no more tokens back in this session.
    pub(crate) not_revoked: bool,
    /// The relay was busy: when it is asked again to take tokens back.
    revoke_at: Option<Timestamp>,
    /// Until when the reports of this device in a group have used up their pauses.
    pub(crate) paid_until: BTreeMap<ConversationId, Timestamp>,
    /// The greeting of the owner session.
    hello: Option<Hello>,
    /// The proof was taken.
    owned: bool,
    /// The relay holds an inbox of this device, as far as this run knows.
    has_inbox: bool,
    /// The proof asked the relay to create the inbox.
    asked_to_create: bool,
    /// The request that puts all key packages anew.
    replaced: Option<PostId>,
    /// Whether this device is woken.
    pub(crate) push: Pushing,
    /// The user waits for the own link, which waits for the inbox.
    pub(crate) link_wanted: bool,
    /// When this device asked for the desk room's state.
    pub(crate) state_asked: Option<Timestamp>,
    /// How often it did, for the loss that it has.
    pub(crate) state_asks: u32,
    /// Devices of the line that asked for a state, the names of their losses, and the last event that came before they asked.
    pub(crate) states_wanted: BTreeMap<[u8; 32], ([u8; 16], i64)>,
    /// Those that did while this device needs one itself.
    pub(crate) also_behind: BTreeSet<[u8; 32]>,
    /// When this device posts its own, if nobody else does before.
    pub(crate) share_at: Option<Timestamp>,
    /// When the next message expires, as was asked to be woken for: milliseconds since 1970.
    pub(crate) next_expiry: Option<i64>,
    /// When leaves are looked after again.
    pub(crate) next_tending: Option<Timestamp>,
    /// Devices that were unused when leaves were looked after last, by the group's channel.
    pub(crate) unused: BTreeSet<([u8; 16], [u8; 32])>,
    pub(crate) next_fetch: u64,
    pub(crate) fetches: BTreeMap<u64, Fetching>,
    pub(crate) cards: BTreeMap<String, Card>,
    /// Files that the driver was told to move.
    pub(crate) moving: BTreeSet<AttachmentId>,
    /// URLs of blobs whose deletion was asked for in this session, and whether there is no answer yet.
    pub(crate) deleting: BTreeMap<String, bool>,
}

/// What a fetch is for.
#[derive(Debug, Clone)]
pub(crate) enum Fetching {
    /// The card behind this link.
    Card(String),
    /// The own card goes to the relay.
    OwnCard(CardId),
    /// The own card goes there again, in case the relay has lost it.
    OwnCardAgain(CardId),
    /// The own card is deleted there.
    OwnCardGone(CardId),
    /// An own blob of a group is announced.
    BlobAnnounced([u8; 16]),
    /// An own blob of a group goes to the relay.
    BlobUploaded([u8; 16]),
    /// What an earlier try left of an own blob is deleted there.
    BlobReset([u8; 16]),
    /// A blob that a channel's entry needs: its name, and the channel.
    Blob([u8; 16], [u8; 16]),
}

impl Sessions {
    pub(crate) fn owner_lost(&mut self) {
        self.live = false;
        self.hello = None;
        self.owned = false;
        self.not_revoked = false;
        self.revoke_at = None;
        self.deleting.clear();
    }

    /// The sessions to open from the moment that there is an identity: both with the own relay, and one with each other
    /// relay for which something waits.
    pub(crate) fn begin(&mut self, relay: &str, waiting: &[String]) -> Vec<Output> {
        let mut connects = vec![Output::Connect(Line::Owner, relay.into())];
        connects.extend(self.relays.begin(relay, waiting));
        connects
    }

    pub(crate) fn fetch(&mut self, purpose: Fetching) -> FetchId {
        self.next_fetch += 1;
        self.fetches.insert(self.next_fetch, purpose);
        FetchId(self.next_fetch)
    }

    /// Whether the relay was seen to hold an inbox of this device.
    pub(crate) fn has_inbox(&self) -> bool {
        self.has_inbox
    }

    /// Whether the proof was taken.
    pub(crate) fn is_owned(&self) -> bool {
        self.owned
    }

    /// Whether an own card is on its way to the relay, or away from there.
    pub(crate) fn is_fetching_own(&self, card: CardId) -> bool {
        self.fetches.values().any(|purpose| match purpose {
            Fetching::OwnCard(own) | Fetching::OwnCardAgain(own) | Fetching::OwnCardGone(own) => *own == card,
            _ => false,
        })
    }

    /// Whether an own blob is on its way to the relay.
    pub(crate) fn is_uploading(&self, id: &[u8; 16]) -> bool {
        self.fetches.values().any(|purpose| match purpose {
            Fetching::BlobAnnounced(own) | Fetching::BlobUploaded(own) | Fetching::BlobReset(own) => {
                own == id
            }
            _ => false,
        })
    }

    /// Whether a blob is being fetched.
    pub(crate) fn is_fetching_blob(&self, id: &[u8; 16]) -> bool {
        self.fetches.values().any(|purpose| matches!(purpose, Fetching::Blob(blob, _) if blob == id))
    }

    /// Whether a blob for this channel is being fetched, or will be again.
    pub(crate) fn waits_for_blob(&self, channel: &[u8; 16]) -> bool {
        self.retries.waits(channel)
            || self
                .fetches
                .values()
                .any(|purpose| matches!(purpose, Fetching::Blob(_, other) if other == channel))
    }

    /// Keeps an opened card; any other goes when there are too many.
    pub(crate) fn keep_card(&mut self, link: &str, card: Card) {
        if self.cards.len() >= MAX_CARDS && !self.cards.contains_key(link) {
            self.cards.pop_first();
        }
        self.cards.insert(link.to_owned(), card);
    }
}

impl Step<'_, '_> {
    pub(crate) fn frame(&mut self, line: Line, frame: RelayFrame) -> Result<(), ClientError> {
        match (line, frame) {
            (Line::Owner, RelayFrame::Hello(hello)) => {
                self.prove(&hello)?;
                self.sessions.hello = Some(hello);
                Ok(())
            }
            (Line::Owner, RelayFrame::Owned(owned)) => self.owned(&owned),
            (Line::Owner, RelayFrame::Entries(entries)) => self.entries(&entries),
            (Line::Owner, RelayFrame::Live) => {
                self.sessions.live = true;
                self.event(Event::CaughtUp);
                self.caught_up()
            }
            (Line::Owner, RelayFrame::Accepted { id, .. }) => self.owner_accepted(id),
            (Line::Owner, RelayFrame::Refused { id, code, .. }) => self.owner_refused(id, code),
            (Line::Owner, RelayFrame::Error { code: ErrorCode::NoSuchInbox }) => {
                if self.sessions.asked_to_create {
                    return Err(ClientError::PeerFault("the relay does not create the inbox"));
                }
                // The next one counts from 1, also if the answer that it was made is lost.
                self.sessions.has_inbox = false;
                if self.generation()?.is_some() {
                    self.tx.set_meta(MetaKey::Generation, &[])?;
                    self.lost_uncounted()?;
                }
                self.prove_again()
            }
            (Line::Owner, RelayFrame::Error { code: ErrorCode::RegistrationClosed }) => {
                self.event(Event::NotAdmitted(Admission::Closed));
                Ok(())
            }
            (Line::Owner, RelayFrame::Error { code: ErrorCode::InviteNeeded }) => {
                self.event(Event::NotAdmitted(Admission::InviteNeeded));
                Ok(())
            }
            (Line::Owner, RelayFrame::Error { code: ErrorCode::TakenOver }) => {
                self.event(Event::TakenOver);
                Ok(())
            }
            (Line::Anonymous(relay), frame) => self.anonymous_frame(&relay, frame),
            (_, RelayFrame::Error { code: ErrorCode::Stopping | ErrorCode::Timeout }) => Ok(()),
            (_, RelayFrame::Error { .. }) => Err(ClientError::PeerFault("the relay ended the session")),
            (_, _) => Err(ClientError::PeerFault("a frame does not belong on this session")),
        }
    }

    /// Proves to own the inbox once more, where the relay waits for it.
    pub(crate) fn prove_again(&mut self) -> Result<(), ClientError> {
        match self.sessions.hello.clone() {
            Some(hello) if !self.sessions.owned => self.prove(&hello),
            _ => Ok(()),
        }
    }

    /// The generation of the relay in which the cursor counts, if the relay holds an inbox of this device.
    pub(crate) fn generation(&self) -> Result<Option<Generation>, ClientError> {
        Ok(self.tx.meta(MetaKey::Generation)?.and_then(|bytes| Generation::from_slice(&bytes)))
    }

    fn invite(&self) -> Result<Option<Invite>, ClientError> {
        Ok(self.tx.meta(MetaKey::Invite)?.and_then(|invite| Invite::from_slice(&invite)))
    }

    fn prove(&mut self, hello: &Hello) -> Result<(), ClientError> {
        check_version(hello)?;
        let account = self.account()?;
        let generation = self.generation()?;
        let create = match generation {
            Some(_) => None,
            None => {
                let (seal_key, deposit_key) = (account.seal.public(), account.deposit.clone());
                Some(InboxKeys { seal_key, deposit_key, invite: self.invite()? })
            }
        };
        self.sessions.asked_to_create = create.is_some();
        let proof = OwnerProof { origin: &account.relay, challenge: &hello.challenge };
        let own = Own {
            owner: account.owner_key(),
            origin: account.relay.clone(),
            signature: proof.sign(&account.owner),
            acknowledged: if generation.is_some() { self.tx.cursor()? } else { 0 },
            create,
            generation,
        };
        self.transmit(Line::Owner, &ClientFrame::Own(own));
        Ok(())
    }

    fn owned(&mut self, owned: &Owned) -> Result<(), ClientError> {
        let had_inbox = self.sessions.has_inbox;
        self.sessions.owned = true;
        self.sessions.has_inbox = true;
        let known = self.generation()?;
        if known != Some(owned.generation) || owned.acknowledged < self.tx.cursor()? {
            // The inbox is new, or the relay was set back to an earlier state and gives seqs out again: what comes under
            // them may be new, and what is not changes nothing (CORE-3).
            self.tx.set_cursor(owned.acknowledged)?;
            self.tx.set_meta(MetaKey::Generation, owned.generation.as_bytes())?;
        }
        if self.sessions.asked_to_create {
            self.tx.set_meta(MetaKey::Invite, &[])?;
        }
        let is_moved = self.note_relay_key(owned.relay_key)?;
        if !had_inbox {
            self.transmit_everywhere()?;
        }
        self.inbox_confirmed()?;
        self.revoke_waiting()?;
        self.note_push(owned)?;
        // A relay that was set back hands out key packages a second time, which open nothing any more.
        let was_set_back = known.is_some_and(|known| known != owned.generation);
        if was_set_back || is_moved {
            self.tx.set_meta(MetaKey::StalePackages, &[1])?;
        }
        if was_set_back {
            self.put_card_again()?;
            self.lost_uncounted()?;
        }
        if self.tx.meta(MetaKey::StalePackages)?.is_some_and(|stale| !stale.is_empty()) {
            return self.replace_key_packages();
        }
        self.forget_ended_packages()?;
        let last_resort = !owned.last_resort || self.is_last_resort_old()?;
        if owned.key_packages < KEY_PACKAGES_LOW || last_resort {
            self.put_key_packages(KEY_PACKAGES.saturating_sub(owned.key_packages), last_resort)?;
        }
        Ok(())
    }

    /// Notes to which key other relays seal what is for the own one. Says whether it is another one than was published.
    fn note_relay_key(&mut self, key: Option<RelayKey>) -> Result<bool, ClientError> {
        if self.account()?.relay_key == key {
            return Ok(false);
        }
        self.tx.set_meta(MetaKey::RelayKey, key.as_ref().map_or(&[], |key| key.as_bytes()))?;
        self.account = Account::load(self.tx)?.map(Rc::new);
        self.move_in_groups()?;
        Ok(true)
    }

    /// Nobody takes a key package that is past its time, and without a fresh one the own link would lead nowhere.
    fn is_last_resort_old(&self) -> Result<bool, ClientError> {
        let made = self.tx.meta(MetaKey::LastResortMade)?;
        let made = made.and_then(|bytes| Some(u64::from_be_bytes(bytes.as_slice().try_into().ok()?)));
        Ok(made.is_none_or(|made| self.now.seconds() >= made.saturating_add(RENEW_LAST_RESORT)))
    }

    /// Makes key packages and gives them to the relay.
    pub(crate) fn put_key_packages(&mut self, count: u16, last_resort: bool) -> Result<(), ClientError> {
        self.publish_key_packages(count, last_resort, None).map(drop)
    }

    /// Makes all key packages anew, in the place of those that the relay has: they say what does not hold any more.
    pub(crate) fn replace_key_packages(&mut self) -> Result<(), ClientError> {
        self.sessions.replaced = Some(self.publish_key_packages(KEY_PACKAGES, true, Some(true))?);
        Ok(())
    }

    /// The relay took a request of the owner session.
    fn owner_accepted(&mut self, id: PostId) -> Result<(), ClientError> {
        if self.sessions.replaced == Some(id) {
            self.sessions.replaced = None;
            self.tx.set_meta(MetaKey::StalePackages, &[])?;
        }
        self.push_accepted(id)?;
        if self.tx.revoked(id.as_bytes())? {
            // What waited for it goes on.
            self.tend_groups()?;
        }
        self.token_revoked(id)
    }

    /// The relay did not take a request of the owner session. Key packages that did not arrive are missed at the next
    /// greeting. Revocations are tried again soon where it was only busy; else at the next greeting, and nothing waits for them
    /// any longer.
    fn owner_refused(&mut self, id: PostId, code: ErrorCode) -> Result<(), ClientError> {
        if self.push_refused(id, code)? {
            return Ok(());
        }
        if !self.tx.revoking()?.iter().any(|row| row.request == *id.as_bytes()) {
            return Ok(());
        }
        if matches!(code, ErrorCode::Busy | ErrorCode::RateLimited) {
            let at = self.now.plus_millis(REVOKE_AGAIN);
            self.sessions.revoke_at = Some(at);
            self.outputs.push(Output::WakeAt(at));
            return Ok(());
        }
        self.sessions.not_revoked = true;
        self.tend_groups()
    }

    /// Asks a relay again that was too busy to take tokens back.
    fn tend_revocations(&mut self) -> Result<(), ClientError> {
        match self.sessions.revoke_at {
            Some(at) if at <= self.now => {
                self.sessions.revoke_at = None;
                self.revoke_waiting()
            }
            Some(at) => {
                self.outputs.push(Output::WakeAt(at));
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn publish_key_packages(
        &mut self,
        count: u16,
        last_resort: bool,
        replaces: Option<bool>,
    ) -> Result<PostId, ClientError> {
        let account = self.account()?;
        let secret_box = introduction_box(account.introduction.as_bytes(), KEY_PACKAGE);
        let make = |is_last| -> Result<minicbor::bytes::ByteVec, ClientError> {
            let delivery = account.delivery(self.rng, self.now);
            let package = Group::make_package(&self.provider(), &account.device, &delivery, is_last)?;
            self.tx.add_own_package(&package.reference, delivery.not_after)?;
            let sealed = secret_box.seal(&self.rng.bytes(), b"", &package.bytes);
            debug_assert!(sealed.len() <= limits::MAX_KEY_PACKAGE);
            Ok(sealed.into())
        };
        let one_time = (0..count).map(|_| make(false)).collect::<Result<_, _>>()?;
        let last_resort = if last_resort { Some(make(true)?) } else { None };
        if last_resort.is_some() {
            self.tx.set_meta(MetaKey::LastResortMade, &self.now.seconds().to_be_bytes())?;
        }
        let id = self.fresh_id();
        let frame = PutKeyPackages { id, one_time, last_resort, replaces };
        self.transmit(Line::Owner, &ClientFrame::PutKeyPackages(frame));
        Ok(id)
    }

    /// Nobody may use a key package that has ended: its private half goes.
    fn forget_ended_packages(&mut self) -> Result<(), ClientError> {
        let ended = self.now.seconds().saturating_sub(PACKAGE_GRACE);
        for reference in self.tx.take_ended_packages(ended, MAX_ENDED_PACKAGES)? {
            Group::forget_package(&self.tx.mls(), &reference)?;
        }
        Ok(())
    }

    /// Acknowledges what was processed. The frame leaves after the commit that holds the cursor.
    pub(crate) fn acknowledge(&mut self, seq: u64) {
        self.transmit(Line::Owner, &ClientFrame::Ack(Ack { seq }));
    }

    pub(crate) fn wake(&mut self) -> Result<(), ClientError> {
        // Whatever this was for: what is still to come is asked for again.
        self.sessions.next_expiry = None;
        self.tend_relays()?;
        if self.account.is_none() {
            return Ok(());
        }
        self.tend_revocations()?;
        self.tend_push()?;
        self.forget_old_past()?;
        self.tend_desk()?;
        self.tend_blobs()?;
        self.tend_leaves()
    }
}

pub(crate) fn check_version(hello: &Hello) -> Result<(), ClientError> {
    if hello.version == limits::PROTOCOL_VERSION {
        Ok(())
    } else {
        Err(ClientError::PeerFault("the relay speaks another version of the protocol"))
    }
}
