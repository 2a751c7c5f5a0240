//! The desk room of a business line: a group of the line's devices, whose channel puts their events into one order.
//!
//! What an event says is for `kuvert-desk`; here it is bytes. An own event counts from where it comes back in the channel's order,
//! like everybody else's, so that all devices see the same first claim. Events wait in the database until the user
//! interface's side has folded them into a state, which it writes down together with how far it is.
//!
//! A device that comes later, or missed something, has no state to fold into: it says so, and one of the others posts its
//! own, in pieces, with the id of the last event in it. What it asks with names its loss, and a state counts only if who posted it
//! had read that: one that is older may lack just what was lost.

use kuvert_content::limits::MAX_CONTENT;
use kuvert_content::{Content, Meaning};
use kuvert_store::{ConversationId, DeskStateRow, GroupProfile, GroupState, MetaKey};
use kuvert_wire::{decode, encode};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use crate::group::turn;
use crate::limits::{
    ASK_STATE, ASK_STATE_DOUBLINGS, EVENT_IDS, EVENT_IDS_TOLD, MAX_STATE_PIECES, STATE_PIECE, TURN,
};
use crate::messages::written_at;
use crate::outbox::sender_uri;
use crate::step::Step;
use crate::{
    AnswerRow, Client, ClientError, DeskFactsRow, Event, IdentityKey, LineEvent, Output, Refusal, Timestamp,
};

/// Keys that begin with this are not the fold's.
pub(crate) const RESERVED: u8 = 0xff;
/// Under this key, followed by a number, lie the pieces of a state that is coming in.
const INCOMING: &[u8] = b"\xffin";
/// Under this key lies a state that came in whole, until it is adopted.
pub(crate) const ADOPT: &[u8] = b"\xffadopt";

/// An event of the desk room.
#[derive(Clone, PartialEq, Eq)]
pub struct DeskEvent {
    /// Grows with the room's order; 0 for none.
    pub position: i64,
    /// Names the event on all devices.
    pub id: [u8; 32],
    /// Public key of the device that sent it; MLS has vouched for it.
    pub device: [u8; 32],
    /// When, by that device's clock: milliseconds since 1970.
    pub at: i64,
    /// The event.
    pub body: Vec<u8>,
}

/// How it stands with the desk room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskStanding {
    /// The own device.
    pub device: [u8; 32],
    /// It holds the identity key.
    pub is_owner: bool,
    /// It is in the room.
    pub is_member: bool,
    /// It waits for the state of another device.
    pub is_behind: bool,
    /// Devices in the room, by their public keys.
    pub devices: Vec<[u8; 32]>,
}

/// What devices say about their folded states.
#[derive(Encode, Decode)]
enum StateMessage {
    /// This device needs one, for the loss that has this name.
    #[n(0)]
    Wanted(#[cbor(n(0), with = "minicbor::bytes")] [u8; 16]),
    /// A piece of one.
    #[n(1)]
    Piece(#[n(0)] Piece),
}

/// A piece of a folded state.
#[derive(Encode, Decode)]
struct Piece {
    /// Names the state that the piece belongs to.
    #[cbor(n(0), with = "minicbor::bytes")]
    state: [u8; 16],
    /// Its place, from 0.
    #[n(1)]
    number: u16,
    /// How many there are.
    #[n(2)]
    count: u16,
    #[cbor(n(3), with = "minicbor::bytes")]
    bytes: Vec<u8>,
}

/// A state as it travels.
#[derive(Encode, Decode)]
struct State {
    /// The last event in it; empty for none.
    #[cbor(n(0), with = "minicbor::bytes")]
    after: Vec<u8>,
    /// Keys and values.
    #[n(1)]
    rows: Vec<(ByteVec, ByteVec)>,
    /// The losses that it makes good.
    #[n(2)]
    answers: Vec<ByteVec>,
    /// The last events in it, so that none is taken twice.
    #[n(3)]
    events: Vec<ByteVec>,
}

/// A loss that only the state of another device makes good.
struct Loss {
    name: [u8; 16],
    /// The last event that came before it was noticed. All up to it are in every state that answers.
    position: i64,
}

impl Step<'_, '_> {
    /// The conversation that is the desk room.
    pub(crate) fn desk_room(&self) -> Result<Option<ConversationId>, ClientError> {
        if !self.account.as_ref().is_some_and(|account| account.is_line) {
            return Ok(None);
        }
        let bytes = self.tx.meta(MetaKey::DeskRoom)?;
        let id = bytes.and_then(|bytes| Some(i64::from_be_bytes(bytes.as_slice().try_into().ok()?)));
        Ok(id.map(ConversationId))
    }

    /// Makes the conversation that will be the desk room, without a group.
    pub(crate) fn make_desk_room(&mut self) -> Result<ConversationId, ClientError> {
        let profile =
            GroupProfile { state: GroupState::Desk, name: String::new(), picture: Vec::new(), members: 1 };
        let conversation = self.tx.add_group_conversation(&profile)?;
        self.tx.set_meta(MetaKey::DeskRoom, &conversation.0.to_be_bytes())?;
        Ok(conversation)
    }

    /// Posts an event. It counts when it comes back.
    pub(crate) fn post_desk(&mut self, event: &[u8]) -> Result<(), ClientError> {
        if !kuvert_content::is_desk_event(event) {
            return Err(Refusal::DataInvalid.into());
        }
        let room = self.desk_room()?.ok_or(Refusal::NoLine)?;
        self.write_down(room, Content::desk(self.rng.bytes(), event), false)?;
        Ok(())
    }

    /// Something came in the desk room's order, from one of its devices.
    pub(crate) fn desk_came(&mut self, device: [u8; 32], plain: &[u8]) -> Result<(), ClientError> {
        let Ok(content) = Content::decode(plain) else {
            return self.dropped("a desk event that cannot be read");
        };
        let account = self.account()?;
        let room = self.desk_room()?.ok_or(Refusal::NoLine)?;
        match content.meaning() {
            Meaning::Desk(event) => {
                let id = content.id(&sender_uri(account.kuvert_id()), &self.room(room)?);
                let at = written_at(&content).unwrap_or(self.now.0);
                self.tx.add_desk_event(id.as_bytes(), &device, at, event)?;
                Ok(())
            }
            Meaning::DeskState(bytes) if device != account.device_key() => {
                match decode::<StateMessage>(bytes, MAX_CONTENT) {
                    Ok(StateMessage::Wanted(loss)) => self.state_wanted(device, loss),
                    Ok(StateMessage::Piece(piece)) => self.state_came(device, &piece),
                    Err(_) => self.dropped("a desk state that cannot be read"),
                }
            }
            Meaning::DeskState(_) => Ok(()),
            _ => self.dropped("something else in a desk room"),
        }
    }

    /// This device has no state to fold events into: it asks the others for theirs.
    pub(crate) fn desk_is_behind(&mut self) -> Result<(), ClientError> {
        let (name, position): ([u8; 16], _) = (self.rng.bytes(), self.tx.last_desk_position()?);
        self.tx.set_meta(MetaKey::DeskBehind, &[name.as_slice(), &position.to_be_bytes()].concat())?;
        // Whatever comes in answers an earlier loss.
        self.tx.clear_desk_state_under(INCOMING)?;
        self.tx.set_desk_state(ADOPT, None)?;
        self.sessions.state_asked = None;
        self.sessions.state_asks = 0;
        self.sessions.also_behind.clear();
        self.tx.note_desk();
        self.want_state()
    }

    /// Asks for a state, unless that was done a moment ago.
    pub(crate) fn want_state(&mut self) -> Result<(), ClientError> {
        let Some(room) = self.desk_room()?.filter(|_| self.sessions.live) else { return Ok(()) };
        let Some(loss) = self.desk_loss()? else { return Ok(()) };
        if self.own_group(room).is_err() {
            return Ok(());
        }
        if let Some(next) = self.next_ask()
            && next > self.now
        {
            return Ok(());
        }
        if self.is_left_with_own_state(room)? {
            // Nobody knows better, as when the relay has forgotten everything: from now on the own state is the one.
            self.tx.set_meta(MetaKey::DeskBehind, &[])?;
            self.tx.note_desk();
            return Ok(());
        }
        self.sessions.state_asked = Some(self.now);
        self.sessions.state_asks = self.sessions.state_asks.saturating_add(1);
        self.outputs.extend(self.next_ask().map(Output::WakeAt));
        self.write_down(
            room,
            Content::desk_state(self.rng.bytes(), &encode(&StateMessage::Wanted(loss.name))),
            false,
        )?;
        Ok(())
    }

    /// When a state is asked for again: more and more rarely, as posts wait for devices that are away.
    fn next_ask(&self) -> Option<Timestamp> {
        let asked = self.sessions.state_asked?;
        let doublings = self.sessions.state_asks.saturating_sub(1).min(ASK_STATE_DOUBLINGS);
        Some(asked.plus_millis(ASK_STATE << doublings))
    }

    /// Whether all other devices of the line need a state as well, and this one comes first among them: others would have
    /// answered.
    fn is_left_with_own_state(&self, room: ConversationId) -> Result<bool, ClientError> {
        let (_, group) = self.own_group(room)?;
        if self.sessions.state_asked.is_none() {
            return Ok(false);
        }
        let is_first = turn(&group, IdentityKey([0; 32]))? == 0;
        let mut others = group.members()?;
        self.keep_loaded(group);
        others.retain(|member| !member.is_own);
        let all = others.iter().all(|member| self.sessions.also_behind.contains(&member.device));
        Ok(is_first && all && self.has_desk_state()?)
    }

    fn has_desk_state(&self) -> Result<bool, ClientError> {
        Ok(self.tx.desk_state()?.iter().any(|(key, _)| key.first() != Some(&RESERVED)))
    }

    fn desk_loss(&self) -> Result<Option<Loss>, ClientError> {
        let Some(bytes) = self.tx.meta(MetaKey::DeskBehind)?.filter(|bytes| !bytes.is_empty()) else {
            return Ok(None);
        };
        let (name, position) = bytes.split_at_checked(16).ok_or(ClientError::Damaged("a loss"))?;
        let name = name.try_into().map_err(|_| ClientError::Damaged("a loss"))?;
        let position = position.try_into().map_err(|_| ClientError::Damaged("a loss"))?;
        Ok(Some(Loss { name, position: i64::from_be_bytes(position) }))
    }

    /// Another device needs a state: one of those that have one answers, the first that is there.
    fn state_wanted(&mut self, device: [u8; 32], loss: [u8; 16]) -> Result<(), ClientError> {
        let room = self.desk_room()?.ok_or(Refusal::NoLine)?;
        let position = self.tx.last_desk_position()?;
        self.sessions.states_wanted.insert(device, (loss, position));
        if self.desk_loss()?.is_some() {
            self.sessions.also_behind.insert(device);
            return Ok(());
        }
        let (_, group) = self.own_group(room)?;
        let at = self.now.plus_millis(turn(&group, IdentityKey([0; 32]))? * TURN);
        self.keep_loaded(group);
        self.sessions.share_at = Some(at);
        if at <= self.now {
            return self.tend_desk();
        }
        self.outputs.push(Output::WakeAt(at));
        Ok(())
    }

    /// Looks after what waits for its time.
    pub(crate) fn tend_desk(&mut self) -> Result<(), ClientError> {
        match self.sessions.share_at {
            Some(at) if at <= self.now => {
                self.sessions.share_at = None;
                self.event(Event::Line(LineEvent::StateWanted));
            }
            Some(at) => self.outputs.push(Output::WakeAt(at)),
            None => {}
        }
        self.tend_staffing()?;
        self.want_state()
    }

    /// Posts the folded state for devices that need one. All that came before they asked has to be in it.
    pub(crate) fn share_state(&mut self) -> Result<(), ClientError> {
        let room = self.desk_room()?.ok_or(Refusal::NoLine)?;
        let unfolded = self.tx.unfolded_desk_events(1)?.first().map_or(i64::MAX, |event| event.position);
        let wanted = self.sessions.states_wanted.values();
        let answers =
            wanted.filter(|(_, position)| *position < unfolded).map(|(loss, _)| loss.to_vec().into());
        let answers: Vec<_> = answers.collect();
        if self.desk_loss()?.is_some() || answers.is_empty() {
            // Who needs it asks again.
            return Ok(());
        }
        let rows = self.tx.desk_state()?.into_iter().filter(|(key, _)| key.first() != Some(&RESERVED));
        let rows = rows.map(|(key, value)| (key.into(), value.into())).collect();
        let after = self.tx.meta(MetaKey::DeskAfter)?.map(|id| id.to_vec()).unwrap_or_default();
        let events = self.tx.folded_desk_events(EVENT_IDS_TOLD)?.into_iter().map(ByteVec::from).collect();
        let bytes = encode(&State { after, rows, answers, events });
        let pieces: Vec<_> = bytes.chunks(STATE_PIECE).collect();
        if pieces.len() > MAX_STATE_PIECES {
            return Err(Refusal::DataInvalid.into());
        }
        let (state, count) = (self.rng.bytes(), pieces.len() as u16);
        for (number, bytes) in (0..count).zip(pieces) {
            let piece = StateMessage::Piece(Piece { state, number, count, bytes: bytes.to_vec() });
            self.note_down(room, Content::desk_state(self.rng.bytes(), &encode(&piece)), false)?;
        }
        self.seal_waiting(room)
    }

    /// A piece of another device's state. Pieces of one device come in their order, and a first one takes the place of all before.
    fn state_came(&mut self, device: [u8; 32], piece: &Piece) -> Result<(), ClientError> {
        // Somebody was faster, and whoever asked will be served.
        self.sessions.share_at = None;
        self.sessions.also_behind.clear();
        let Some(loss) = self.desk_loss()? else { return Ok(()) };
        if usize::from(piece.count) > MAX_STATE_PIECES || piece.number >= piece.count {
            return self.dropped("a piece of a desk state that does not fit");
        }
        let of_device = [INCOMING, &device].concat();
        if piece.number == 0 {
            self.tx.clear_desk_state_under(&of_device)?;
        }
        let place = |number: u16| [of_device.as_slice(), &piece.state, &number.to_be_bytes()].concat();
        self.tx.set_desk_state(&place(piece.number), Some(&piece.bytes))?;
        self.sessions.state_asked = Some(self.now);
        if piece.number + 1 < piece.count {
            return Ok(());
        }
        let mut bytes = Vec::new();
        for number in 0..piece.count {
            match self.tx.desk_state_of(&place(number))? {
                Some(part) => bytes.extend_from_slice(&part),
                None => return self.dropped("a desk state with a gap"),
            }
        }
        self.tx.clear_desk_state_under(&of_device)?;
        match decode::<State>(&bytes, MAX_STATE_PIECES * STATE_PIECE) {
            Ok(state) if state.answers.iter().any(|answer| answer.as_slice() == loss.name) => {
                self.tx.set_desk_state(ADOPT, Some(&bytes))?;
                self.tx.note_desk();
                Ok(())
            }
            // It was posted before this device asked: another one follows.
            Ok(_) => Ok(()),
            Err(_) => self.dropped("a desk state that cannot be read"),
        }
    }

    /// Takes the state that came in the place of the own one. Events that it holds are not folded again.
    pub(crate) fn adopt_state(&mut self) -> Result<(), ClientError> {
        let Some(bytes) = self.tx.desk_state_of(ADOPT)? else { return Ok(()) };
        let Some(loss) = self.desk_loss()? else { return Ok(()) };
        let state: State = decode(&bytes, MAX_STATE_PIECES * STATE_PIECE)
            .map_err(|_| ClientError::Damaged("a desk state"))?;
        self.tx.clear_desk_state()?;
        for (key, value) in &state.rows {
            if key.first() != Some(&RESERVED) {
                self.tx.set_desk_state(key, Some(value))?;
            }
        }
        // Where its last event is not here, it was lost, and lies before all that came since.
        let after = self.tx.desk_position(&state.after)?.unwrap_or_default();
        self.tx.forget_desk_events(after.max(loss.position), EVENT_IDS)?;
        for id in &state.events {
            self.tx.skip_desk_event(id)?;
        }
        self.forget_own_events(&state.events)?;
        self.tx.set_meta(MetaKey::DeskAfter, &state.after)?;
        self.tx.set_meta(MetaKey::DeskBehind, &[])?;
        self.sessions.state_asked = None;
        self.tx.note_desk();
        Ok(())
    }

    /// Own events that are in a state do not come back.
    fn forget_own_events(&mut self, known: &[ByteVec]) -> Result<(), ClientError> {
        let room = self.desk_room()?.ok_or(Refusal::NoLine)?;
        let (sender, room) = (sender_uri(self.account()?.kuvert_id()), self.room(room)?);
        for bytes in self.tx.own_desk_contents()? {
            let id = Content::decode(&bytes).ok().map(|content| content.id(&sender, &room));
            if id.is_some_and(|id| known.iter().any(|known| known.as_slice() == id.as_bytes())) {
                self.tx.forget_own_desk_post(&bytes)?;
            }
        }
        Ok(())
    }
}

impl Client {
    /// How it stands with the desk room; `None` where this is no device of a business line.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails, [`ClientError::Mls`] if the group's state does.
    pub fn desk(&mut self) -> Result<Option<DeskStanding>, ClientError> {
        let Some(account) = self.account().filter(|account| account.is_line) else { return Ok(None) };
        let (device, is_owner) = (account.device_key(), account.identity().is_ok());
        self.read(|tx| {
            let room = tx.meta(MetaKey::DeskRoom)?;
            let room = room.and_then(|bytes| Some(i64::from_be_bytes(bytes.as_slice().try_into().ok()?)));
            let devices = match room {
                Some(room) => crate::staff::devices_in(tx, ConversationId(room))?,
                None => Vec::new(),
            };
            let devices: Vec<_> = devices.into_iter().map(|(_, device)| device).collect();
            let is_behind = tx.meta(MetaKey::DeskBehind)?.is_some_and(|behind| !behind.is_empty());
            Ok(Some(DeskStanding {
                device,
                is_owner,
                is_member: devices.contains(&device),
                is_behind,
                devices,
            }))
        })
    }

    /// At most `limit` events that were not folded yet, in their order; none while this device waits for a state.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn desk_events(&mut self, limit: u32) -> Result<Vec<DeskEvent>, ClientError> {
        self.read(|tx| {
            if tx.meta(MetaKey::DeskBehind)?.is_some_and(|behind| !behind.is_empty()) {
                return Ok(Vec::new());
            }
            let rows = tx.unfolded_desk_events(limit)?;
            Ok(rows
                .into_iter()
                .filter_map(|row| {
                    let id = row.id.as_slice().try_into().ok()?;
                    Some(DeskEvent {
                        position: row.position,
                        id,
                        device: row.device,
                        at: row.at,
                        body: row.body,
                    })
                })
                .collect())
        })
    }

    /// The folded state, as it was written down last.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn desk_state(&mut self) -> Result<Vec<DeskStateRow>, ClientError> {
        self.read(|tx| {
            Ok(tx.desk_state()?.into_iter().filter(|(key, _)| key.first() != Some(&RESERVED)).collect())
        })
    }

    /// What conversations with customers tell of who waits for an answer: all of them, or one.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn desk_facts(&mut self, only: Option<ConversationId>) -> Result<Vec<DeskFactsRow>, ClientError> {
        self.read(|tx| Ok(tx.desk_facts(only)?))
    }

    /// Answers since a time (milliseconds since 1970) to customers who had waited for them, at most `limit`.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn answers_since(&mut self, since: i64, limit: u32) -> Result<Vec<AnswerRow>, ClientError> {
        self.read(|tx| Ok(tx.answers_since(since, limit)?))
    }

    /// When customers wrote first, if that was since a time: their conversations' channels, and milliseconds since 1970.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn begun_since(&mut self, since: i64) -> Result<Vec<([u8; 16], i64)>, ClientError> {
        self.read(|tx| Ok(tx.begun_since(since)?))
    }

    /// Whether a state came from another device and waits to be adopted.
    ///
    /// # Errors
    /// [`ClientError::Store`] if the database fails.
    pub fn desk_state_came(&mut self) -> Result<bool, ClientError> {
        self.read(|tx| Ok(tx.desk_state_of(ADOPT)?.is_some()))
    }
}
