//! Limited seats between the desk and its customers: what is shown of them, what a filled-in form takes of them, and the codes of
//! tickets.
//!
//! A lot of a capacity is a kind of seats, or a slot: a time that can be chosen. A slot's name says when it is, as in
//! `2026-11-24 09:30-10:00`, perhaps with a word behind.

use kuvert_content::MessageId;
use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};

use crate::form::{Answers, FieldKind, Form, Value};
use crate::limits::{MAX_LOT_NAME, MAX_TITLE};
use crate::room::{Capacity, CapacityId, Team};
use crate::text::is_line;
use crate::time::{Date, LocalTime, Weekday};

/// Most lots that a line's card shows, all capacities together.
pub const MAX_SHOWN_LOTS: usize = 400;
/// Most capacities that it shows.
pub const MAX_SHOWN: usize = 64;
/// A minute in milliseconds.
const MINUTE: u32 = 60_000;
/// Minutes of a day.
const DAY_MINUTES: u16 = 24 * 60;
/// Longest series, in days.
const MAX_SERIES_DAYS: i32 = 366;

/// What is free of something, as the line's card says it. It may be out of date: only the desk room gives seats away.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Seats {
    /// Which capacity.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub id: [u8; 16],
    /// What it is.
    #[n(1)]
    pub title: String,
    /// When nothing is reserved any more: milliseconds since 1970 (UTC).
    #[n(2)]
    pub closes_at: i64,
    /// Kinds of seats, or slots, and how many of each are free.
    #[n(3)]
    pub lots: Vec<(String, u32)>,
}

/// Whether what a card says of seats is within the bounds.
pub(crate) fn are_within_bounds(all: &[Seats]) -> bool {
    let lots: usize = all.iter().map(|seats| seats.lots.len()).sum();
    let is_sound = |seats: &Seats| {
        is_line(&seats.title, MAX_TITLE) && seats.lots.iter().all(|(name, _)| is_line(name, MAX_LOT_NAME))
    };
    all.len() <= MAX_SHOWN && lots <= MAX_SHOWN_LOTS && all.iter().all(is_sound)
}

/// What is free at a time of what forms name, and not over; what comes first, first. What does not fit is left out.
pub fn free(team: &Team, forms: &[Form], now: i64) -> Vec<Seats> {
    let named: Vec<[u8; 16]> = forms.iter().flat_map(named_by).collect();
    let mut all: Vec<_> = team
        .capacities()
        .filter(|(id, capacity)| named.contains(id.as_bytes()) && now < capacity.closes_at)
        .collect();
    all.sort_by_key(|(id, capacity)| (capacity.from, *id));
    let mut room = MAX_SHOWN_LOTS;
    let mut shown = Vec::new();
    for (id, capacity) in all.into_iter().take(MAX_SHOWN) {
        let coming = capacity.lots.keys().filter(|name| is_coming(name, now));
        let lots: Vec<_> = coming.take(room).map(|name| (name.clone(), capacity.free(name, now))).collect();
        room -= lots.len();
        let (title, closes_at) = (capacity.title.clone(), capacity.closes_at);
        shown.push(Seats { id: *id.as_bytes(), title, closes_at, lots });
    }
    shown
}

/// The capacities that a form names.
fn named_by(form: &Form) -> impl Iterator<Item = [u8; 16]> {
    let slots = form.fields.iter().filter_map(|field| match field.kind {
        FieldKind::DateTime { slots, .. } => slots,
        _ => None,
    });
    form.capacity.into_iter().chain(slots)
}

/// Whether a lot can still be had: it is no slot, or one that has not begun.
pub fn is_coming(lot: &str, now: i64) -> bool {
    Slot::parse(lot).is_none_or(|slot| slot.from() > now)
}

/// When a slot is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// The day.
    pub day: Date,
    /// When it begins: minutes after midnight, as clocks show it in Germany.
    pub begins: u16,
    /// When it ends, likewise.
    pub ends: Option<u16>,
}

impl Slot {
    /// Reads the name of a lot; `None` if that is no slot.
    pub fn parse(name: &str) -> Option<Self> {
        let mut words = name.splitn(3, ' ');
        let day = Date::parse(words.next()?)?;
        let times = words.next()?;
        let (begins, ends) = match times.split_once('-') {
            Some((begins, ends)) => (clock(begins)?, Some(clock(ends)?)),
            None => (clock(times)?, None),
        };
        if ends.is_some_and(|ends| ends <= begins) {
            return None;
        }
        Some(Self { day, begins, ends })
    }

    /// The name of a lot that is this slot.
    pub fn name(&self) -> String {
        let two = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        let ends = self.ends.map(|ends| format!("-{}", two(ends))).unwrap_or_default();
        format!("{} {}{ends}", self.day, two(self.begins))
    }

    /// When it begins: milliseconds since 1970 (UTC).
    pub fn from(&self) -> i64 {
        self.at(self.begins)
    }

    /// When it ends, if it says so.
    pub fn to(&self) -> Option<i64> {
        self.ends.map(|ends| self.at(ends))
    }

    fn at(&self, minute: u16) -> i64 {
        LocalTime::new(self.day, u32::from(minute) * MINUTE).unwrap_or(LocalTime::midnight(self.day)).at()
    }
}

/// Minutes after midnight, written as `09:30`.
fn clock(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let is_number = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(hours) || !is_number(minutes) {
        return None;
    }
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}

/// Appointments of the same length, day after day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// The first day.
    pub first: Date,
    /// The last day.
    pub last: Date,
    /// Which days of the week, from Monday on.
    pub weekdays: [bool; 7],
    /// When the first one of a day begins: minutes after midnight.
    pub from: u16,
    /// When the last one of a day has to be over.
    pub to: u16,
    /// Minutes that each takes.
    pub length: u16,
    /// Minutes between two.
    pub gap: u16,
}

impl Series {
    /// The slots, the first one first; at most one more than `most`.
    pub fn slots(&self, most: usize) -> Vec<Slot> {
        let mut slots = Vec::new();
        let days = self.last.days().saturating_sub(self.first.days()).min(MAX_SERIES_DAYS);
        if self.length == 0 || self.to >= DAY_MINUTES {
            return slots;
        }
        for day in (0..=days).map(|days| self.first.plus_days(days)) {
            if !self.weekdays[Weekday::index(day.weekday())] {
                continue;
            }
            let mut begins = self.from;
            while let Some(ends) = begins.checked_add(self.length).filter(|ends| *ends <= self.to) {
                slots.push(Slot { day, begins, ends: Some(ends) });
                if slots.len() > most {
                    return slots;
                }
                let Some(next) = ends.checked_add(self.gap) else { break };
                begins = next;
            }
        }
        slots
    }
}

/// What a filled-in form takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Of what.
    pub capacity: CapacityId,
    /// Of which kind; `None` if there is none that was asked for.
    pub lot: Option<String>,
    /// How many.
    pub quantity: u32,
}

/// What answers take of what is limited; `None` if the form takes nothing. Who chose a slot takes one of it, or, where the form counts
/// seats of the same capacity, so many as they ask for. Who chose none takes of the kind that a choice names, or of any that has
/// enough.
pub fn wanted(form: &Form, answers: &Answers, team: &Team, now: i64) -> Option<Wanted> {
    let asked = form.fields.iter().find_map(|field| match answers.get(&field.id) {
        Some(Value::Quantity(quantity)) => Some(u32::from(*quantity)),
        _ => None,
    });
    let slot = form.fields.iter().find_map(|field| match (&field.kind, answers.get(&field.id)) {
        (FieldKind::DateTime { slots: Some(id), .. }, Some(Value::When(when))) => {
            Some((*id, when.slot.clone()?))
        }
        _ => None,
    });
    if let Some((id, lot)) = slot {
        let quantity = if form.capacity == Some(id) { asked.unwrap_or(1) } else { 1 };
        return Some(Wanted { capacity: CapacityId::new(id), lot: Some(lot), quantity });
    }
    let id = CapacityId::new(form.capacity?);
    let quantity = asked.unwrap_or(1);
    let lot = team.capacity(id).and_then(|capacity| lot_of(form, answers, capacity, quantity, now));
    Some(Wanted { capacity: id, lot, quantity })
}

/// The kind of seats that a choice names, or the first one that has enough.
fn lot_of(form: &Form, answers: &Answers, capacity: &Capacity, quantity: u32, now: i64) -> Option<String> {
    let chosen = form.fields.iter().find_map(|field| {
        let (FieldKind::Choice { options, .. }, Some(Value::Choice(ids))) =
            (&field.kind, answers.get(&field.id))
        else {
            return None;
        };
        let option = options.iter().find(|option| ids.contains(&option.id))?;
        let is_named = |lot: &&String| {
            **lot == option.id || option.label.languages().any(|tag| option.label.get(tag) == lot.as_str())
        };
        capacity.lots.keys().find(is_named).cloned()
    });
    let with_room = || capacity.lots.keys().find(|lot| capacity.free(lot, now) >= quantity);
    chosen.or_else(|| with_room().or_else(|| capacity.lots.keys().next()).cloned())
}

/// The code of the ticket for a request: whoever has the request's message can work it out, and nobody else.
pub fn ticket_code(request: MessageId) -> String {
    let digest = Sha256::new().chain_update(b"kuvert ticket v1").chain_update(request.as_bytes()).finalize();
    // Letters and digits that nobody mistakes for another, so that a code can be typed.
    const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let mut code = String::from("KT");
    for (at, byte) in digest.iter().take(16).enumerate() {
        if at % 4 == 0 {
            code.push('-');
        }
        code.push(char::from(LETTERS[usize::from(byte % 32)]));
    }
    code
}

#[cfg(test)]
mod tests;
