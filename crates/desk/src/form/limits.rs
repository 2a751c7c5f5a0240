//! Every bound of forms, their answers and requests, in one place. Sizes are bytes where the text says so, else characters
//! or pieces.

/// Languages of one text.
pub const MAX_LANGUAGES: usize = 16;
/// Longest language tag.
pub const MAX_LANGUAGE: usize = 35;
/// Longest id of a form, a field, an option or a state.
pub const MAX_SLUG: usize = 40;

/// Bytes of an encoded form.
pub const MAX_FORM: usize = 24 * 1024;
/// Fields of a form.
pub const MAX_FIELDS: usize = 40;
/// Options of a field.
pub const MAX_OPTIONS: usize = 50;
/// Longest title, label, option or name of a state.
pub const MAX_LABEL: usize = 120;
/// Longest help of a field.
pub const MAX_HELP: usize = 600;
/// Longest introduction of a form.
pub const MAX_INTRO: usize = 2000;
/// Longest text to which somebody consents.
pub const MAX_CONSENT: usize = 4000;
/// Longest unit of a number.
pub const MAX_UNIT: usize = 20;
/// Longest answer that a field may allow.
pub const MAX_ANSWER: u16 = 4000;
/// Most lines that a field may allow.
pub const MAX_LINES: u8 = 40;
/// Largest number, either way; a double holds it exactly.
pub const MAX_NUMBER: i64 = 1_000_000_000_000;
/// Largest quantity.
pub const MAX_QUANTITY: u16 = 999;
/// Photos or files of one field; a message has no more.
pub const MAX_ATTACHMENTS: u8 = kuvert_content::limits::MAX_FILES as u8;
/// Products of one field.
pub const MAX_PRODUCTS: u8 = 30;
/// Longest time that something is kept after it is done, in days.
pub const MAX_DAYS: u16 = 3653;

/// Bytes of encoded answers.
pub const MAX_ANSWERS: usize = 24 * 1024;
/// Longest name of a product.
pub const MAX_PRODUCT: usize = 120;
/// Longest description of a place.
pub const MAX_PLACE: usize = 300;
/// Longest name of a slot.
pub const MAX_SLOT: usize = 40;
/// First year that can be asked for.
pub const MIN_YEAR: u16 = 1900;
/// Last year that can be asked for.
pub const MAX_YEAR: u16 = 2199;
/// Bytes of a summary of answers; the text part of a message holds it.
pub const MAX_SUMMARY: usize = 12 * 1024;

/// States of a request.
pub const MAX_STATES: usize = 16;
/// Ways from state to state.
pub const MAX_WAYS: usize = 64;
/// Bytes of an encoded status.
pub const MAX_STATUS: usize = 12 * 1024;
/// Longest note in a status.
pub const MAX_NOTE: usize = 2000;
/// Longest code of a ticket.
pub const MAX_CODE: usize = 512;

/// Bytes of what a scanner or a person gives for a product number.
pub const MAX_SCAN: usize = 256;

/// Latest time that anything carries, in milliseconds: the end of the year 9999.
pub const MAX_TIME: i64 = 253_402_300_799_999;

const _: () = assert!(kuvert_content::limits::MAX_FILES < u8::MAX as usize);
const _: () = assert!(MAX_SUMMARY <= kuvert_content::limits::MAX_TEXT);
const _: () = assert!(MAX_ANSWERS + MAX_SUMMARY < kuvert_content::limits::MAX_CONTENT);
// A note of four-byte characters, a place, a ticket.
const _: () = assert!(4 * (MAX_NOTE + MAX_PLACE + 2 * MAX_LABEL) + MAX_CODE + 256 < MAX_STATUS);
const _: () = assert!(MAX_STATES < u8::MAX as usize);
