//! What is to be committed to a group, from the wish to the accepted commit.
//!
//! A wish is a row that stays until a commit which carries it out was accepted, or until it is moot. Whoever loses an
//! epoch to another commit processes that one, and derives its own commit again from what it still wishes.

use std::collections::{BTreeMap, BTreeSet};

use kuvert_mls::{
    Change, Delivery, Group, GroupData, IdentityKey, JoinerPackage, LeaveStatement, MlsError, Plan,
    SealedCommit, introduction_box,
};
use kuvert_store::{ConversationId, GroupRow, IntentRow, IntentState};
use kuvert_wire::{ClientFrame, Commit, ErrorCode, InboxId, KeyPackageReply, TakeKeyPackage, decode, limits};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use crate::card::CardDevice;
use crate::group::{admins, mark, turn};
use crate::introduction::{KEY_PACKAGE, WELCOME};
use crate::joining::read_reach;
use crate::limits::{ADD_TOGETHER, CROWD, CROWD_TURN};
use crate::notice::{NotAdded, Notice};
use crate::outbox::{Intent, post_frame};
use crate::step::Step;
use crate::{ClientError, Event, LineEvent, Output};

/// Largest encoded wish: a picture.
const MAX_WISH: usize = kuvert_mls::limits::MAX_PICTURE + 256;

/// Something that is to be committed.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Wish {
    /// Adds the device of a contact.
    #[n(0)]
    Add(#[n(0)] IdentityKey),
    /// Removes a member.
    #[n(1)]
    Remove(#[n(0)] IdentityKey),
    /// Removes a member who wants to leave.
    #[n(2)]
    Dismiss(#[n(0)] LeaveStatement),
    /// Gives the group another name.
    #[n(3)]
    Name(#[n(0)] String),
    /// Gives it another picture.
    #[n(4)]
    Picture(#[cbor(n(0), with = "minicbor::bytes")] Vec<u8>),
    /// Makes a member an admin, or an admin a member.
    #[n(5)]
    Admin(#[n(0)] IdentityKey, #[n(1)] bool),
    /// Renews the own keys.
    #[n(6)]
    Renew,
    /// Drops a device that was not in use for long; it may come back by itself.
    #[n(7)]
    Drop(#[cbor(n(0), with = "minicbor::bytes")] [u8; 32]),
    /// Adds a device of the own identity, by its public key and how it is reached.
    #[n(8)]
    AddDevice(#[cbor(n(0), with = "minicbor::bytes")] [u8; 32], #[n(1)] ByteVec),
    /// Removes a device of the own identity.
    #[n(9)]
    RemoveDevice(#[cbor(n(0), with = "minicbor::bytes")] [u8; 32]),
}

/// Who is to be added: somebody, or one more device of the own identity.
struct Addition {
    identity: IdentityKey,
    /// Which device, if it has to be that one.
    device: Option<[u8; 32]>,
    /// How they are reached; empty where that is not known.
    reach: Vec<CardDevice>,
}

impl Addition {
    /// Whether a key package is of who is to be added.
    fn is_of(&self, joiner: &JoinerPackage) -> bool {
        joiner.certificate.identity == self.identity
            && self.device.is_none_or(|device| device == joiner.certificate.device)
    }
}

/// Who is in a group, read once for all that is wished of it.
struct Standing {
    rulers: BTreeSet<IdentityKey>,
    members: BTreeSet<IdentityKey>,
    /// Devices of the own identity.
    devices: BTreeSet<[u8; 32]>,
}

/// A commit in the making.
struct Draft {
    plan: Plan,
    data: GroupData,
    /// The intents that it carries out.
    rows: Vec<IntentRow>,
    /// How many devices it may add.
    most_adds: usize,
    /// Devices that are added, with what seals a welcome for them.
    introductions: Vec<(InboxId, kuvert_wire::IntroductionKey)>,
}

impl Step<'_, '_> {
    /// Commits what is to be committed to a group, if its time has come and nothing is in the way.
    pub(crate) fn advance(&mut self, conversation: ConversationId) -> Result<(), ClientError> {
        let intents = self.tx.intents(conversation)?;
        if intents.is_empty() {
            return Ok(());
        }
        let Ok((row, group)) = self.own_group(conversation) else { return Ok(()) };
        if row.intent != Intent::None as u8 || group.has_pending_commit() || self.has_to_wait(&row)? {
            return Ok(());
        }
        let mut draft = Draft {
            plan: Plan::default(),
            data: group.data().clone(),
            rows: Vec::new(),
            most_adds: group.most_adds()?,
            introductions: Vec::new(),
        };
        let adds_wait = self.adds_wait(&intents);
        let own = self.account()?.key();
        let devices = group.members()?.into_iter().filter(|member| member.identity == own);
        let devices = devices.map(|member| member.device).collect();
        let standing = Standing { rulers: admins(&group)?, members: group.identities()?, devices };
        let mut latest = BTreeMap::new();
        for intent in &intents {
            latest.extend(device_of(intent).map(|(device, _)| (device, intent.id)));
        }
        for intent in intents {
            let Ok(wish) = decode::<Wish>(&intent.body, MAX_WISH) else {
                return Err(ClientError::Damaged("something to be committed"));
            };
            // A device that was to come and is to go, or the other way round: the last word counts.
            let is_superseded =
                device_of(&intent).is_some_and(|(device, _)| latest.get(&device) != Some(&intent.id));
            if is_superseded || self.is_moot(&group, &standing, &wish)? {
                self.forget_intent(intent.id)?;
            } else if intent.due > self.now.0 && intent.state == IntentState::Waiting {
                self.outputs.push(Output::WakeAt(crate::Timestamp(intent.due)));
            } else if let Some(addition) = self.addition(&wish)? {
                self.prepare_addition(&group, &mut draft, intent, &addition, adds_wait)?;
            } else {
                draft.take(&group, &wish);
                draft.rows.push(intent);
            }
        }
        if draft.rows.is_empty() { Ok(()) } else { self.commit_draft(&row, group, draft) }
    }

    /// Whether additions wait for those whose key packages were asked for a moment ago.
    fn adds_wait(&mut self, intents: &[IntentRow]) -> bool {
        let is_asking = intents.iter().any(|intent| intent.state == IntentState::Asking);
        // The time of the last request, or of the last key package that came.
        let heard = intents.iter().filter(|intent| intent.state != IntentState::Waiting);
        let until = heard.map(|intent| intent.due + ADD_TOGETHER).max().filter(|until| *until > self.now.0);
        if let Some(until) = until.filter(|_| is_asking) {
            self.outputs.push(Output::WakeAt(crate::Timestamp(until)));
            return true;
        }
        intents.iter().any(|intent| self.is_unasked_addition(intent))
    }

    fn is_unasked_addition(&self, intent: &IntentRow) -> bool {
        intent.state == IntentState::Waiting
            && intent.due <= self.now.0
            && matches!(decode(&intent.body, MAX_WISH), Ok(Wish::Add(_) | Wish::AddDevice(..)))
    }

    /// Whom a wish adds, if it adds somebody.
    fn addition(&self, wish: &Wish) -> Result<Option<Addition>, ClientError> {
        Ok(match wish {
            Wish::Add(identity) => {
                let contact = self.tx.contact_by_identity(&identity.0)?;
                let reach = contact.map_or(Ok(Vec::new()), |contact| self.devices_of(contact.id))?;
                Some(Addition { identity: *identity, device: None, reach })
            }
            Wish::AddDevice(device, reach) => {
                let reach = read_reach(reach).into_iter().collect();
                Some(Addition { identity: self.account()?.key(), device: Some(*device), reach })
            }
            _ => None,
        })
    }

    /// An addition asks for a key package first, and is carried out with others that were wished together with it.
    fn prepare_addition(
        &mut self,
        group: &Group,
        draft: &mut Draft,
        mut intent: IntentRow,
        addition: &Addition,
        adds_wait: bool,
    ) -> Result<(), ClientError> {
        match intent.state {
            IntentState::Waiting => self.ask_for_package(intent, addition),
            IntentState::Asking | IntentState::Committing => Ok(()),
            IntentState::Ready if adds_wait || draft.plan.add.len() >= draft.most_adds => Ok(()),
            IntentState::Ready => {
                let bytes = intent.package.clone().unwrap_or_default();
                let joiner = JoinerPackage::verified(&self.provider(), &bytes, self.now.seconds());
                let Ok(joiner) = joiner else {
                    // It has ended while it waited.
                    (intent.state, intent.package) = (IntentState::Waiting, None);
                    return self.ask_for_package(intent, addition);
                };
                let device = addition.reach.iter().find(|device| device.inbox == joiner.delivery.inbox);
                let reachable = joiner.delivery.target(&group.data().relay).is_ok();
                let why = if reachable { NotAdded::Invalid } else { NotAdded::OtherRelay };
                let Some(device) = device.filter(|_| reachable) else {
                    return self.cannot_add(&intent, addition, why);
                };
                draft.introductions.push((device.inbox, device.introduction_key.clone()));
                draft.plan.add.push(joiner);
                draft.rows.push(intent);
                Ok(())
            }
        }
    }

    fn ask_for_package(&mut self, mut intent: IntentRow, addition: &Addition) -> Result<(), ClientError> {
        let Some(device) = addition.reach.first().cloned() else {
            return self.cannot_add(&intent, addition, NotAdded::Unreachable);
        };
        let id = self.fresh_id();
        intent.state = IntentState::Asking;
        intent.request = Some(*id.as_bytes());
        intent.due = self.now.0;
        self.tx.set_intent_row(&intent)?;
        let take = TakeKeyPackage { id, inbox: device.inbox, token: device.token };
        self.queue_to(&device.relay, intent.conversation, None, &ClientFrame::TakeKeyPackage(take))
    }

    /// A key package came for somebody who is to be added. Says whether it was asked for here.
    pub(crate) fn package_for_group(&mut self, reply: &KeyPackageReply) -> Result<bool, ClientError> {
        let Some(mut intent) = self.tx.intent_of_request(reply.id.as_bytes())? else { return Ok(false) };
        let addition = self.addition_of(&intent)?.ok_or(ClientError::Damaged("something to be committed"))?;
        let device = addition.reach.first();
        let opened = device.as_ref().and_then(|device| {
            introduction_box(device.introduction_key.as_bytes(), KEY_PACKAGE).open(b"", &reply.package).ok()
        });
        let verified = opened
            .as_ref()
            .map(|package| JoinerPackage::verified(&self.provider(), package, self.now.seconds()));
        match (verified, opened) {
            (Some(Ok(joiner)), Some(package)) if addition.is_of(&joiner) => {
                intent.state = IntentState::Ready;
                intent.request = None;
                intent.due = self.now.0;
                intent.package = Some(package.to_vec());
                self.tx.set_intent_row(&intent)?;
                self.sessions.ended_packages.remove(&intent.conversation);
            }
            (Some(Err(MlsError::Ended)), _) if self.may_take_another(intent.conversation) => {
                return self.ask_for_package(intent, &addition).map(|()| true);
            }
            _ => self.cannot_add(&intent, &addition, NotAdded::Invalid)?,
        }
        self.advance(intent.conversation)?;
        Ok(true)
    }

    /// The relay hands out no key package. Says whether it was asked for here.
    pub(crate) fn package_refused(&mut self, request: &[u8; 16]) -> Result<bool, ClientError> {
        let Some(intent) = self.tx.intent_of_request(request)? else { return Ok(false) };
        if let Some(addition) = self.addition_of(&intent)? {
            self.cannot_add(&intent, &addition, NotAdded::Refused)?;
        }
        self.advance(intent.conversation)?;
        Ok(true)
    }

    fn addition_of(&self, intent: &IntentRow) -> Result<Option<Addition>, ClientError> {
        match decode::<Wish>(&intent.body, MAX_WISH) {
            Ok(wish) => self.addition(&wish),
            Err(_) => Ok(None),
        }
    }

    fn cannot_add(
        &mut self,
        intent: &IntentRow,
        addition: &Addition,
        why: NotAdded,
    ) -> Result<(), ClientError> {
        self.forget_intent(intent.id)?;
        if let Some(device) = addition.device {
            let conversation = intent.conversation;
            self.event(Event::Line(LineEvent::NotStaffed { conversation, device }));
            return self.seal_waiting(conversation);
        }
        let notice = Notice::NotAdded(self.person(addition.identity, "")?, Some(why));
        self.note(intent.conversation, &notice, &self.rng.bytes::<32>())?;
        self.seal_waiting(intent.conversation)
    }

    fn is_moot(&self, group: &Group, standing: &Standing, wish: &Wish) -> Result<bool, ClientError> {
        let own = self.account()?.key();
        let rules = standing.rulers.contains(&own);
        let is_member = |identity: &IdentityKey| standing.members.contains(identity);
        Ok(match wish {
            Wish::Add(identity) => !rules || is_member(identity),
            Wish::Remove(identity) => {
                !rules
                    || !(is_member(identity)
                        || group.data().away.iter().any(|away| away.identity == *identity))
            }
            Wish::Dismiss(statement) => group.who_leaves(statement).is_none_or(|who| who == own),
            Wish::Name(name) => !rules || group.data().name == *name,
            Wish::Picture(picture) => !rules || group.data().picture == *picture,
            Wish::Admin(identity, admin) => {
                // The other admins may have gone since it was wished.
                let is_last = !admin && standing.rulers == BTreeSet::from([*identity]);
                !rules || is_last || !is_member(identity) || group.data().admins.contains(identity) == *admin
            }
            Wish::Renew => false,
            Wish::Drop(device) => !group.unused(self.now.seconds())?.contains(device),
            Wish::AddDevice(device, _) => standing.devices.contains(device),
            Wish::RemoveDevice(device) => {
                !standing.devices.contains(device) || *device == self.account()?.device_key()
            }
        })
    }

    fn commit_draft(&mut self, row: &GroupRow, mut group: Group, draft: Draft) -> Result<(), ClientError> {
        let account = self.account()?;
        let Draft { mut plan, data, rows, introductions, .. } = draft;
        if data != *group.data() && data.is_within_limits() {
            plan.data = Some(data);
        }
        if rows.iter().any(|intent| matches!(decode(&intent.body, MAX_WISH), Ok(Wish::Renew))) {
            self.tx.set_rotated(&row.channel, self.now.0)?;
        }
        // The relay's key or the own name may be other ones than when the leaf was made; and every commit says that the device is
        // in use. Who was cut off takes another token.
        let delivery = account.delivery(self.rng, self.now);
        plan.delivery =
            Some(if row.cut_off { delivery } else { Delivery { token: group.own_token()?, ..delivery } });
        plan.snapshot = self.sessions.snapshots.contains(&row.channel);
        let provider = self.provider();
        let plan = group.with_an_admin(plan)?;
        let commit = group.stage(&provider, &account.device, plan)?;
        for mut intent in rows {
            intent.state = IntentState::Committing;
            self.tx.set_intent_row(&intent)?;
        }
        self.tx.set_intent(&row.channel, Intent::Wishes as u8)?;
        let welcomes = commit.welcomes(|inbox, welcome| {
            let key = introductions.iter().find(|(other, _)| *other == inbox);
            let key = key.map_or([0; 32], |(_, key)| *key.as_bytes());
            let secret_box = introduction_box(&key, WELCOME);
            secret_box.seal(&self.rng.bytes(), b"", &kuvert_mls::pad(welcome))
        });
        let SealedCommit { post, next, blobs, .. } = commit;
        let post = post_frame(self.fresh_id(), group.channel(), post);
        self.queue_after(row, blobs, ClientFrame::Commit(Commit { post, next, welcomes }))
    }

    /// The own commit was accepted: it is merged now (MLS-1).
    pub(crate) fn wishes_accepted(&mut self, row: &GroupRow) -> Result<(), ClientError> {
        let account = self.account()?;
        let (provider, mut group) = (self.provider(), self.load_group(row)?);
        if !group.has_pending_commit() {
            return Ok(());
        }
        let before = group.data().clone();
        let leaving: BTreeSet<IdentityKey> = self
            .committing(row.conversation)?
            .iter()
            .filter_map(|intent| match decode(&intent.body, MAX_WISH) {
                Ok(Wish::Dismiss(statement)) => group.who_leaves(&statement),
                _ => None,
            })
            .collect();
        let token = group.own_token()?;
        let mut changes = group.accept_commit(&provider)?;
        for change in &mut changes {
            if let Change::Removed(who, name) = change
                && leaving.contains(who)
            {
                *change = Change::Left(*who, std::mem::take(name));
            }
        }
        let mut lets_in = false;
        for intent in self.committing(row.conversation)? {
            lets_in |= matches!(decode(&intent.body, MAX_WISH), Ok(Wish::AddDevice(..)));
            self.forget_intent(intent.id)?;
        }
        if lets_in {
            self.tell_history(row.conversation)?;
        }
        self.sessions.snapshots.remove(&row.channel);
        self.tx.set_intent(&row.channel, Intent::None as u8)?;
        if row.cut_off {
            self.let_in_again(row, group.own_token()? != token)?;
        }
        self.merged(row, &group, account.key(), &before, &changes)
    }

    /// A commit was merged: what it changed is written down, and what waited for the new epoch goes on.
    pub(crate) fn merged(
        &mut self,
        row: &GroupRow,
        group: &Group,
        by: IdentityKey,
        before: &GroupData,
        changes: &[Change],
    ) -> Result<(), ClientError> {
        let notices = self.notices(by, &group.name_of(by), before, changes)?;
        for (number, notice) in (0..).zip(&notices) {
            self.note(row.conversation, notice, &mark(group.channel(), group.epoch(), number))?;
        }
        self.refresh_group(row, group)?;
        // What was sealed for the epoch that is over would be refused.
        self.tx.drop_posts(&row.channel)?;
        self.seal_waiting(row.conversation)?;
        self.advance(row.conversation)?;
        self.work_off(group.channel())
    }

    /// Another commit won, or the relay never takes this one: the own commit is dropped, its wishes wait again.
    pub(crate) fn drop_own_commit(&mut self, row: &GroupRow, group: &mut Group) -> Result<(), ClientError> {
        let provider = self.provider();
        if group.has_pending_commit() {
            group.drop_commit(&provider)?;
        }
        self.tx.drop_commits(&row.channel)?;
        self.tx.drop_prepared(&row.channel)?;
        if row.intent == Intent::Rejoin as u8 {
            provider.storage.drop_aside(aside(&row.channel))?;
        }
        self.tx.set_intent(&row.channel, Intent::None as u8)?;
        let mut later = self.now.0;
        let members = group.members()?;
        if members.len() > CROWD {
            later += turn(group, IdentityKey([0; 32]))? * CROWD_TURN;
        }
        for mut intent in self.committing(row.conversation)? {
            intent.state = if intent.package.is_some() { IntentState::Ready } else { IntentState::Waiting };
            intent.due = later;
            self.tx.set_intent_row(&intent)?;
        }
        Ok(())
    }

    /// The relay refuses the own commit for good: what it was for is given up, and said.
    pub(crate) fn give_up_wishes(&mut self, row: &GroupRow, code: ErrorCode) -> Result<(), ClientError> {
        let mut group = self.load_group(row)?;
        let given_up = self.committing(row.conversation)?;
        self.drop_own_commit(row, &mut group)?;
        for intent in given_up {
            match decode(&intent.body, MAX_WISH) {
                // One of the devices to be added takes no welcome; which one, the relay does not say.
                Ok(wish @ (Wish::Add(_) | Wish::AddDevice(..))) => {
                    let why = match code {
                        ErrorCode::BadToken => NotAdded::Refused,
                        ErrorCode::NoSuchRelay => NotAdded::OtherRelay,
                        _ => NotAdded::NotTaken,
                    };
                    if let Some(addition) = self.addition(&wish)? {
                        self.cannot_add(&intent, &addition, why)?;
                    }
                }
                // Tried again with whatever comes next.
                Ok(Wish::Dismiss(_)) if code == ErrorCode::BadToken => {}
                _ => self.forget_intent(intent.id)?,
            }
        }
        self.advance(row.conversation)
    }

    fn committing(&self, conversation: ConversationId) -> Result<Vec<IntentRow>, ClientError> {
        let mut intents = self.tx.intents(conversation)?;
        intents.retain(|intent| intent.state == IntentState::Committing);
        Ok(intents)
    }

    /// Whether a group of one waits for those who are to be in it: what is written now is for them, too.
    pub(crate) fn waits_for_members(&self, conversation: ConversationId) -> Result<bool, ClientError> {
        let is_addition = |intent: &IntentRow| matches!(decode(&intent.body, MAX_WISH), Ok(Wish::Add(_)));
        Ok(self.tx.intents(conversation)?.iter().any(is_addition))
    }

    /// Looks after everything that waits for its time.
    pub(crate) fn tend_groups(&mut self) -> Result<(), ClientError> {
        if self.account.is_none() {
            return Ok(());
        }
        for (conversation, due) in self.tx.intended()? {
            if due > self.now.0 {
                self.outputs.push(Output::WakeAt(crate::Timestamp(due)));
                break;
            }
            self.advance(conversation)?;
        }
        self.tend_healing()
    }
}

impl Draft {
    fn take(&mut self, group: &Group, wish: &Wish) {
        match wish {
            Wish::Add(_) | Wish::AddDevice(..) | Wish::Renew => {}
            Wish::RemoveDevice(device) => {
                self.plan.remove_devices.insert(*device);
            }
            Wish::Drop(device) => {
                self.plan.unused.insert(*device);
            }
            Wish::Remove(identity) => {
                self.plan.remove.insert(*identity);
                self.data.admins.remove(identity);
            }
            Wish::Dismiss(statement) => {
                if let Some(who) = group.who_leaves(statement) {
                    self.plan.remove.insert(who);
                    self.plan.leaving.push(statement.clone());
                }
            }
            Wish::Name(name) => self.data.name.clone_from(name),
            Wish::Picture(picture) => self.data.picture.clone_from(picture),
            Wish::Admin(identity, true) => {
                self.data.admins.insert(*identity);
            }
            Wish::Admin(identity, false) => {
                self.data.admins.remove(identity);
            }
        }
    }
}

/// The device of the own identity that is to be added or removed, if that is what is wished, and whether it is to be added.
pub(crate) fn device_of(intent: &IntentRow) -> Option<([u8; 32], bool)> {
    match decode(&intent.body, MAX_WISH) {
        Ok(Wish::AddDevice(device, _)) => Some((device, true)),
        Ok(Wish::RemoveDevice(device)) => Some((device, false)),
        _ => None,
    }
}

/// The number under which the state of a group is set aside.
pub(crate) fn aside(channel: &[u8; 16]) -> i64 {
    let mut number = [0; 8];
    number[3..].copy_from_slice(&channel[..5]);
    i64::from_be_bytes(number) + 1
}

/// Largest frame that waits for the upload of its blobs.
pub(crate) const MAX_PREPARED: usize = limits::MAX_FRAME;
