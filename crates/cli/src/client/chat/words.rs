//! What the full-screen client says. Words say what happened, why, and what to do next.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use kuvert_view::{
    Connection, ContactState, ConversationView, Delivery, Familiarity, FileState, GroupStanding, Trust,
};

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
pub(super) const EDITED: &str = "edited";
pub(super) const ANSWER_GONE: &str = "(a message that is not here)";
pub(super) const ATTACH: &str =
    "Path of the file; it goes with what is written. Pictures lose place, time and camera.";
pub(super) const PREPARING: &str = "Preparing the file…";
pub(super) const LEAVE: &str = "Leave this group? Only a member can add you again.";
pub(super) const GROUP_NAME: &str = "Name of the group:";
pub(super) const NOBODY_TO_ADD: &str = "There is no contact yet who could be in it.";
pub(super) const DELETE: &str = "Delete this message?";
pub(super) const ANSWERING: &str = "answers";
pub(super) const CHANGING: &str = "changes your message";
pub(super) const VERIFIED: &str = "Verified: this is the person whose code you scanned.";
pub(super) const VERIFY_WORDS: &str =
    "Compare these words with your contact, in person or in a call. They are the same on both sides:";
pub(super) const VERIFY_CODE: &str = "Or let your contact scan this code:";
pub(super) const VERIFY_ENTER: &str = "The code that your contact shows:";
pub(super) const SEARCH: &str = "Words, or beginnings of words:";
pub(super) const FOUND_NOTHING: &str = "nothing found";
pub(super) const REACT: &str = "Press a number, or type an emoji; nothing takes your reaction back.";
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
    let what = match entries {
        0 => "The relay had forgotten this device: messages may be",
        1 => "A message was",
        _ => "Some messages were",
    };
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
pub(super) fn waiting(one: &ConversationView) -> Option<String> {
    let name = &one.title;
    if let Some(group) = one.group {
        return match group.standing {
            GroupStanding::Member => None,
            GroupStanding::Invited => {
                Some(format!("You were added to {name}. Press y to accept, n to leave, d for who is in it."))
            }
            GroupStanding::Leaving => Some(format!("You are leaving {name}.")),
            GroupStanding::Left => Some(format!("You left {name}.")),
            GroupStanding::Removed => Some(format!("You were removed from {name}.")),
            GroupStanding::Broken => Some(format!("{name} cannot be used any more.")),
        };
    }
    match one.state {
        _ if one.blocked => Some(format!("You blocked {name}: nothing of them arrives. Press b to unblock.")),
        ContactState::Accepted => None,
        ContactState::Requested => {
            Some(format!("You asked to write to {name}. You can write as soon as your request is accepted."))
        }
        ContactState::Asking => {
            Some(format!("{name} asks to write to you. Press y to accept, n to decline."))
        }
    }
}

pub(super) fn members(count: u32) -> String {
    if count == 1 { "1 member".to_owned() } else { format!("{count} members") }
}

pub(super) fn remove(name: &str) -> String {
    format!("Remove {name} from the group? They read nothing that is written afterwards.")
}

pub(super) fn block(name: &str) -> String {
    format!("Block {name}? Nothing of them arrives any more; they are not told.")
}

pub(super) fn unblock(name: &str) -> String {
    format!("Unblock {name}? They can write to you again.")
}

pub(super) fn decline(name: &str) -> String {
    format!("Decline the request of {name}? Nothing of it is left; they are not told.")
}

/// One word for the list.
pub(super) fn state(one: &ConversationView) -> &'static str {
    if let Some(group) = one.group {
        return match group.standing {
            GroupStanding::Member => "group",
            GroupStanding::Invited => "invited",
            GroupStanding::Leaving => "leaving",
            GroupStanding::Left => "left",
            GroupStanding::Removed => "removed",
            GroupStanding::Broken => "broken",
        };
    }
    match one.state {
        _ if one.blocked => "blocked",
        ContactState::Accepted => "",
        ContactState::Requested => "asked",
        ContactState::Asking => "request",
    }
}

pub(super) fn state_explained(one: &ConversationView) -> &'static str {
    match one.state {
        _ if one.blocked => "blocked: nothing of them arrives",
        ContactState::Accepted => "you can write to each other",
        ContactState::Requested => "you asked, and wait to be accepted",
        ContactState::Asking => "asks to write to you",
    }
}

pub(super) fn familiarity(familiarity: Familiarity) -> &'static str {
    match familiarity {
        Familiarity::Stranger => "you have hardly written to each other lately",
        Familiarity::Acquainted => "you have written to each other a little lately",
        Familiarity::Familiar => "you write to each other now and then",
        Familiarity::Close => "you write to each other often",
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

/// What became of a file, behind its name and size.
pub(super) fn file(state: FileState) -> &'static str {
    match state {
        FileState::Uploading => ", being sent",
        FileState::NotUploaded => ", not sent",
        FileState::Uploaded => "",
        FileState::Offered => ", Tab and w save it",
        FileState::Downloading => ", being saved",
        FileState::NotDownloaded => ", not saved, w goes on",
        FileState::Saved => ", saved",
    }
}

pub(super) fn saving(folder: &str) -> String {
    format!("Saving in {folder}")
}

pub(super) fn moved(name: &str, done: u64, of: u64) -> String {
    format!("{name}: {} %", done.saturating_mul(100) / of.max(1))
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
pub(super) fn hints(focus: Focus, one: Option<&ConversationView>) -> &'static [&'static str] {
    match (focus, one.map(|one| (one.blocked, one.state))) {
        (Focus::List, _) => &[
            "Enter open",
            "a add a contact",
            "l your link",
            "? keys",
            "/ search",
            "d details",
            "q leave",
            "g new group",
            "s settings",
        ],
        (Focus::Write, Some((true, _))) => &["b unblock", "Esc back", "d details", "? keys"],
        (Focus::Write, Some((_, ContactState::Accepted)) | None) => {
            &["Enter send", "Esc back", "F1 keys", "Alt+Enter new line", "Tab messages", "PgUp/PgDn scroll"]
        }
        (Focus::Write, Some((_, ContactState::Asking))) => {
            &["y accept", "n decline", "b block", "Esc back", "d who asks", "? keys"]
        }
        (Focus::Write, Some((_, ContactState::Requested))) => &["Esc back", "d details", "? keys"],
        (Focus::Messages, _) => {
            &["r answer", "Esc back", "+ react", "e edit", "x delete", "? keys", "c copy", "d details"]
        }
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
            ("g", "new group"),
            ("l", "your own link"),
            ("/", "search (Ctrl+F everywhere)"),
            ("d", "details or members; there: v verify, b block"),
            ("s", "settings"),
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
            ("Ctrl+O", "send a file"),
            ("Tab", "choose a message; also Up"),
            ("Esc", "back to the conversations"),
        ],
    ),
    (
        "Members of a group",
        &[("a", "add"), ("x", "remove"), ("m", "admin or not"), ("r", "rename the group"), ("l", "leave")],
    ),
    ("A request", &[("y", "accept"), ("n", "decline"), ("b", "block"), ("d", "who asks")]),
    (
        "A message",
        &[
            ("Up/Down", "choose"),
            ("r", "answer"),
            ("+", "react"),
            ("e", "edit your text"),
            ("x", "delete"),
            ("w", "save its files"),
            ("c", "copy"),
            ("d", "who has it, since when"),
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
