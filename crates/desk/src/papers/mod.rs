//! Papers that the GDPR asks of a line: the list of its processing activities (Art. 30), the copy of what it has of one customer
//! (Art. 15 and 20), and the receipt for what it erased (Art. 17).
//!
//! Each comes as a page that people read and print, and as JSON for programs. A page is one file without scripts and without
//! anything that would be fetched; nothing that somebody wrote becomes markup. Labels of the page are German or English; keys
//! of the JSON are the same in every language.
//!
//! Texts about law are proposals and no legal advice.

mod activities;
mod export;
mod html;
mod json;
mod receipt;

pub use activities::{Activities, Facts};
pub use export::{
    Customer, Direction, Export, ExportedConsent, ExportedFile, ExportedMessage, ExportedRequest, Note,
};
pub use receipt::{Erased, Kept, Receipt, What};

use crate::time::{LocalTime, offset};

/// A moment as clocks in Germany show it, with their distance to UTC (RFC 3339), to the second.
fn iso(at: i64) -> String {
    let at = at.div_euclid(1000).saturating_mul(1000);
    format!("{}+{:02}:00", LocalTime::of(at), offset(at) / 3_600_000)
}

/// A moment as people write it in Germany, to the minute.
fn shown(at: i64, german: bool) -> String {
    let local = LocalTime::of(at);
    let (date, hour, minute) = (local.date(), local.hour(), local.minute());
    if german {
        format!("{:02}.{:02}.{}, {hour:02}:{minute:02} Uhr", date.day(), date.month(), date.year())
    } else {
        format!("{date}, {hour:02}:{minute:02}")
    }
}

/// The last day on which something stays that goes at a moment, as people write it in Germany.
fn last_day(gone_at: i64, german: bool) -> String {
    let date = LocalTime::of(gone_at.saturating_sub(1)).date();
    if german { format!("{:02}.{:02}.{}", date.day(), date.month(), date.year()) } else { date.to_string() }
}

/// Bytes as hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
