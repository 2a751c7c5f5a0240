//! Every bound of the business line, in one place. Sizes are bytes unless the name says otherwise; durations are
//! milliseconds.

// The desk room: events and what travels of its state.

/// Largest encoded event.
pub const MAX_EVENT: usize = 48 * 1024;
/// Largest encoded snapshot.
pub const MAX_SNAPSHOT: usize = 64 * 1024 * 1024;
/// Latest time that anything carries: the end of the year 9999.
pub const MAX_TIME: i64 = 253_402_300_799_999;

// The team.

/// Most members, those that were dismissed included; then the one that was dismissed first is forgotten.
pub const MAX_MEMBERS: usize = 512;
/// Longest description of how a device is reached.
pub const MAX_MEMBER_REACH: usize = 1024;
/// Largest settings.
pub const MAX_SETTINGS: usize = 32 * 1024;
/// Most labels of a line.
pub const MAX_LABELS: usize = 128;
/// Longest name of a label, and of an appointment or a performance, in characters.
pub const MAX_TITLE: usize = 80;
/// Most colours that a label can have.
pub const MAX_COLOURS: u8 = 16;
/// Most canned answers, each language counted.
pub const MAX_CANNED: usize = 500;
/// Longest text of a canned answer.
pub const MAX_CANNED_TEXT: usize = 4096;
/// Longest language tag.
pub const MAX_LANGUAGE: usize = 35;
/// Longest answer in which the fields of a canned answer are filled in.
pub const MAX_FILLED: usize = 16 * 1024;

// One conversation.

/// Most conversations with something to know of them.
pub const MAX_CASES: usize = 10_000;
/// Most conversations of which is known that they were erased; then the one erased first is forgotten.
pub const MAX_TOMBSTONES: usize = 10_000;
/// Earlier claims that are remembered of a conversation.
pub const MAX_PAST_CLAIMS: usize = 32;
/// Changes of its status that are remembered of a conversation.
pub const MAX_TURNS: usize = 64;
/// Most notes on a conversation.
pub const MAX_NOTES: usize = 200;
/// Longest note.
pub const MAX_NOTE: usize = 4096;
/// Most members that one note mentions.
pub const MAX_MENTIONS: usize = 16;
/// Most labels on a conversation.
pub const MAX_CASE_LABELS: usize = 16;
/// Most reminders of a conversation.
pub const MAX_REMINDERS: usize = 16;
/// Most requests of a conversation; then the one longest unchanged is forgotten.
pub const MAX_REQUESTS: usize = 64;
/// Most offers of a conversation; then the oldest one is forgotten.
pub const MAX_OFFERS: usize = 32;
/// Most members to which one offer goes by name.
pub const MAX_OFFERED: usize = 64;
/// Shortest time that an offer stands.
pub const MIN_TTL: u32 = 1000;
/// Longest time that an offer stands.
pub const MAX_TTL: u32 = 24 * 60 * 60 * 1000;
/// Most messages of a conversation that are tagged as business records.
pub const MAX_TAGS: usize = 500;
/// Longest reason of a tag and of a reminder, in characters.
pub const MAX_REASON: usize = 200;
/// Most consents of a conversation, those taken back included.
pub const MAX_CONSENTS: usize = 64;
/// Longest purpose of a consent, in characters.
pub const MAX_PURPOSE: usize = 80;
/// Answers to the question how it was, by which a repeat is recognised.
pub const MAX_SCORED: usize = 16;
/// Days of which the line knows how satisfied its customers were.
pub const MAX_SCORE_DAYS: usize = 800;

// Seats and appointments.

/// Most performances, appointments and the like at one time.
pub const MAX_CAPACITIES: usize = 2000;
/// Most that one event makes of them.
pub const MAX_CAPACITIES_AT_ONCE: usize = 64;
/// Most lots (blocks, categories) of one.
pub const MAX_LOTS: usize = 256;
/// Longest name of a lot, in characters.
pub const MAX_LOT_NAME: usize = 40;
/// Most seats of a lot.
pub const MAX_SEATS: u32 = 100_000;
/// Most reservations of one performance.
pub const MAX_RESERVATIONS: usize = 2000;
/// Longest time that seats are held without being confirmed.
pub const MAX_HOLD: i64 = 31 * 24 * 60 * 60 * 1000;
/// How long after its end a performance makes room for another.
pub const KEEP_CLOSED: i64 = 7 * 24 * 60 * 60 * 1000;

// What is not folded, and the log.

/// Entries of the audit log that are kept.
pub const MAX_AUDIT: usize = 4096;
/// Time after which nobody is said to be there who said nothing again.
pub const PRESENT_FOR: i64 = 5 * 60 * 1000;
/// Time after which nobody is said to write an answer who did not say so again.
pub const ANSWERING_FOR: i64 = 20 * 1000;

const _: () = assert!(MAX_SETTINGS + 1024 < MAX_EVENT);
const _: () = assert!(MAX_CANNED_TEXT + 4 * MAX_TITLE + 1024 < MAX_EVENT);
const _: () = assert!(MAX_NOTE + MAX_MENTIONS * 34 + 1024 < MAX_EVENT);
const _: () = assert!(MAX_OFFERED * 34 + 1024 < MAX_EVENT);
const _: () = assert!(MAX_CASE_LABELS <= MAX_LABELS);
const _: () = assert!(MIN_TTL < MAX_TTL);
const _: () = assert!(ANSWERING_FOR < PRESENT_FOR);
const _: () = assert!(MAX_TIME < i64::MAX - MAX_HOLD - KEEP_CLOSED);
