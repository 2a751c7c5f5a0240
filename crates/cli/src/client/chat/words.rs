//! What the full-screen client says. Words say what happened, why, and what to do next.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use kuvert_view::{Connection, ContactState, Delivery, Trust};

use super::state::Focus;

/// Columns before the text that is written.
pub(super) const PROMPT_COLUMNS: u16 = 2;
pub(super) const PROMPT: &str = "> ";

pub(super) const DRAFT_LOST: &str = "A text is not sent yet. Press Ctrl+C again to leave without it.";
pub(super) const COPIED: &str = "Copied, if this terminal lets programs do that.";
pub(super) const TOO_SMALL: &str = "Too small: make this window larger.";
pub(super) const NO_CONTACTS: &str = "Nobody here yet.\n\nPress l for your link and give it to somebody, or a to open the link of somebody else.";
pub(super) const NONE_SHOWN: &str = "Choose a conversation with the arrow keys and open it with Enter.";
pub(super) const NEWER: &str = "newer messages below: Ctrl+End";
pub(super) const NEW: &str = "new";
pub(super) const DELETED: &str = "(this message was deleted)";
pub(super) const NOT_UNDERSTOOD: &str = "(this message needs a newer version of Kuvert)";
pub(super) const LINK_WAITING: &str = "Asking the relay…";
pub(super) const REVOKE: &str = "Take the link back? Nobody can open it any more then; your contacts stay.";
pub(super) const LINK_REVOKED: &str =
    "The link is taken back: it leads nowhere any more. Your contacts stay.";
pub(super) const QR_TOO_LARGE: &str = "(a QR code needs a larger window)";
pub(super) const ADD_LINK: &str = "Paste or type the link of the person whom you want to write to:";
pub(super) const ADD_MESSAGE: &str = "Your first message. More can follow once it was accepted:";

/// First message as it is offered.
pub(super) fn greeting(own: &str) -> String {
    format!("Hello, this is {own}.")
}

pub(super) fn lost(entries: u64) -> String {
    let what = if entries == 1 { "A message was" } else { "Some messages were" };
    format!("{what} lost at the relay before this device could fetch them; ask your contacts.")
}

pub(super) fn unreachable(relay: &str) -> String {
    format!("{relay} cannot be reached; what is for people there waits, and is tried again.")
}

/// State of the connection, and whether something is wrong with it.
pub(super) fn connection(connection: Connection) -> (&'static str, bool) {
    match connection {
        Connection::Online => ("connected", false),
        Connection::Connecting => ("connecting…", false),
        Connection::Offline => ("relay not reached, trying again", true),
        Connection::Elsewhere => ("taken over by another program", true),
    }
}

/// Longer, where it matters to the user what follows from it.
pub(super) fn connection_hint(connection: Connection) -> Option<&'static str> {
    match connection {
        Connection::Elsewhere => {
            Some("Another program took over this profile's inbox. End it, and start kuvert chat again.")
        }
        _ => None,
    }
}

pub(super) fn trust(trust: Trust) -> &'static str {
    match trust {
        Trust::New => "new",
        Trust::Introduced => "introduced",
        Trust::Verified => "verified",
        Trust::Changed => "key changed",
    }
}

pub(super) fn trust_explained(trust: Trust) -> &'static str {
    match trust {
        Trust::New => "known by a link only",
        Trust::Introduced => "introduced by a contact of yours",
        Trust::Verified => "verified in person",
        Trust::Changed => "this contact has another key than before; ask whether that is right",
    }
}

/// What stands in the place of the text, while nothing can be written.
pub(super) fn waiting(state: ContactState, name: &str) -> Option<String> {
    match state {
        ContactState::Accepted => None,
        ContactState::Requested => {
            Some(format!("You asked to write to {name}. You can write as soon as your request is accepted."))
        }
        ContactState::Asking => Some(format!("{name} asks to write to you. Press y to accept.")),
    }
}

pub(super) fn state(state: ContactState) -> &'static str {
    match state {
        ContactState::Accepted => "",
        ContactState::Requested => "asked",
        ContactState::Asking => "request",
    }
}

pub(super) fn state_explained(state: ContactState) -> &'static str {
    match state {
        ContactState::Accepted => "you can write to each other",
        ContactState::Requested => "you asked, and wait to be accepted",
        ContactState::Asking => "asks to write to you",
    }
}

/// What became of an own message.
pub(super) fn delivery(delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::Queued => "waiting to be sent",
        Delivery::Sent => "sent",
        Delivery::Delivered => "delivered",
        Delivery::Read => "read",
        Delivery::Failed => "not sent",
        Delivery::Received => "",
    }
}

/// A day, as in `Sunday, 22 November 2026`.
pub(super) fn day(at: i64, zone: &TimeZone) -> String {
    format(at, zone, "%A, %-d %B %Y")
}

/// A time of day, as in `08:15`.
pub(super) fn time_of_day(at: i64, zone: &TimeZone) -> String {
    format(at, zone, "%H:%M")
}

/// Day and time, as in `22 November 2026, 08:15`.
pub(super) fn moment(at: i64, zone: &TimeZone) -> String {
    format(at, zone, "%-d %B %Y, %H:%M")
}

/// Today the time of day, else the day, in at most 6 columns.
pub(super) fn short(at: i64, now: i64, zone: &TimeZone) -> String {
    let (at_day, today) = (format(at, zone, "%Y-%m-%d"), format(now, zone, "%Y-%m-%d"));
    if at_day == today {
        time_of_day(at, zone)
    } else if at_day.get(..4) == today.get(..4) {
        format(at, zone, "%-d %b")
    } else {
        format(at, zone, "%Y")
    }
}

fn format(at: i64, zone: &TimeZone, how: &str) -> String {
    // Clocks of others can say anything; what no calendar holds is shown as nothing.
    let at = Timestamp::from_millisecond(at).ok().map(|at| at.to_zoned(zone.clone()));
    at.map_or_else(String::new, |at| at.strftime(how).to_string())
}

/// What can be done now, the most useful first: what finds no room is left out.
pub(super) fn hints(focus: Focus, state: Option<ContactState>) -> &'static [&'static str] {
    match (focus, state) {
        (Focus::List, _) => {
            &["Enter open", "a add a contact", "l your link", "? keys", "d details", "q leave"]
        }
        (Focus::Write, Some(ContactState::Accepted) | None) => {
            &["Enter send", "Esc back", "F1 keys", "Alt+Enter new line", "Tab messages", "PgUp/PgDn scroll"]
        }
        (Focus::Write, Some(ContactState::Asking)) => &["y accept", "d who asks", "Esc back", "? keys"],
        (Focus::Write, Some(ContactState::Requested)) => &["Esc back", "d details", "? keys"],
        (Focus::Messages, _) => &["Up/Down choose", "c copy", "Esc back", "s send again", "? keys"],
    }
}

/// All keys, by where they work.
pub(super) const HELP: &[(&str, &[(&str, &str)])] = &[
    (
        "Everywhere",
        &[
            ("F1", "this help"),
            ("Alt+Up/Down", "previous, next conversation"),
            ("Ctrl+C", "leave Kuvert"),
            ("Ctrl+Z", "back to the shell; fg continues"),
            ("Ctrl+L", "draw anew"),
        ],
    ),
    (
        "Conversations",
        &[
            ("Up/Down", "choose"),
            ("Enter", "open"),
            ("a", "add a contact by a link"),
            ("l", "your own link"),
            ("d", "details of the contact"),
            ("Tab", "back to the open conversation"),
            ("q", "leave Kuvert"),
        ],
    ),
    (
        "Writing",
        &[
            ("Enter", "send"),
            ("Alt+Enter", "new line (also Ctrl+J)"),
            ("PgUp/PgDn", "scroll; Ctrl+End to the newest"),
            ("Tab", "choose a message"),
            ("Esc", "back to the conversations"),
        ],
    ),
    ("A request", &[("y", "accept"), ("d", "who asks")]),
    (
        "A message",
        &[
            ("Up/Down", "choose"),
            ("c", "copy"),
            ("s", "send again what was not sent"),
            ("Esc", "back to writing"),
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_short_in_the_list_and_impossible_ones_are_nothing() {
        let now = 1_795_305_600_000;
        assert_eq!(short(now + 8 * 3_600_000, now, &TimeZone::UTC), "08:00");
        assert_eq!(short(now - 86_400_000, now, &TimeZone::UTC), "21 Nov");
        assert_eq!(short(0, now, &TimeZone::UTC), "1970");
        assert_eq!(short(i64::MAX, now, &TimeZone::UTC), "");
        assert_eq!(day(now, &TimeZone::UTC), "Sunday, 22 November 2026");
    }
}
