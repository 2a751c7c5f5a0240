//! What others write, without what could disguise it.
//!
//! Names and texts of other people may hold control characters and marks that turn the direction of what follows. All
//! that comes from the engine passes through [`update`] before it is shown. What the user wrote stays as it is.

use kuvert_view::{
    ChangeView, ConversationView, DataView, DetailsView, LineView, MessageView, ReplyView, Sender,
    StatusView, ViewUpdate,
};

/// Takes out of an update what could disguise who says what.
pub(crate) fn update(update: &mut ViewUpdate) {
    match update {
        ViewUpdate::Conversations(list) => list.iter_mut().for_each(conversation),
        ViewUpdate::Conversation(one) => conversation(one),
        ViewUpdate::Timeline { messages, .. }
        | ViewUpdate::Older { messages, .. }
        | ViewUpdate::Newer { messages, .. }
        | ViewUpdate::Around { messages, .. } => {
            messages.iter_mut().for_each(message);
        }
        ViewUpdate::Message { message: one, .. } => message(one),
        ViewUpdate::Card(card) => {
            clean(&mut card.name);
            card.line.as_deref_mut().into_iter().for_each(line);
        }
        ViewUpdate::Contact(contact) => contact.line.as_deref_mut().into_iter().for_each(line),
        ViewUpdate::Found { messages, .. } => {
            messages.iter_mut().for_each(|found| message(&mut found.message))
        }
        ViewUpdate::Details(details) => self::details(details),
        ViewUpdate::Members { members, .. } => members.iter_mut().for_each(|member| clean(&mut member.name)),
        ViewUpdate::Changed { by, change, .. } => {
            clean(by);
            if let ChangeView::Edited(text) | ChangeView::Reacted(text) = change {
                clean(text);
            }
        }
        ViewUpdate::FileShown { name, .. } => clean(name),
        // Nothing in these was written by others. What comes to be is to be asked that here, too.
        ViewUpdate::Profile(_)
        | ViewUpdate::FormChecked { .. }
        // A team's page looks through it by itself.
        | ViewUpdate::Desk(_)
        | ViewUpdate::Link { .. }
        | ViewUpdate::LinkRevoked
        // It goes into files as it is.
        | ViewUpdate::Paper(_)
        // The user's own text.
        | ViewUpdate::Guarded(_)
        | ViewUpdate::Requested { .. }
        | ViewUpdate::Connection(_)
        | ViewUpdate::Storage(_)
        | ViewUpdate::Failed(_)
        | ViewUpdate::Refused { .. }
        | ViewUpdate::Lost { .. }
        | ViewUpdate::RelayUnreachable { .. }
        | ViewUpdate::MessageGone { .. }
        | ViewUpdate::ConversationGone { .. }
        | ViewUpdate::Verification(_)
        | ViewUpdate::Settings(_)
        | ViewUpdate::Transfer(_)
        | ViewUpdate::FilesSealing { .. }
        | ViewUpdate::FilesTaken { .. }
        | ViewUpdate::FilesNotTaken { .. }
        // A small picture is decoded by the browser, and its kind was told by its first bytes.
        | ViewUpdate::Preview { .. }
        | ViewUpdate::FileNotShown { .. }
        | ViewUpdate::FileSaved { .. }
        | ViewUpdate::GroupCreated { .. }
        | ViewUpdate::Done { .. }
        | ViewUpdate::Gate(_)
        | ViewUpdate::Lock(_)
        | ViewUpdate::Move(_)
        | ViewUpdate::Composing(_)
        | ViewUpdate::Push(_)
        | ViewUpdate::Opened { .. }
        | ViewUpdate::Progressed { .. } => {}
    }
}

/// Who has a message.
fn details(details: &mut DetailsView) {
    message(&mut details.message);
    details.receipts.iter_mut().for_each(|receipt| clean(&mut receipt.name));
    for reacted in &mut details.reactions {
        clean(&mut reacted.name);
        clean(&mut reacted.text);
    }
}

/// What a line says of itself.
fn line(line: &mut LineView) {
    line.imprint.iter_mut().for_each(clean);
    for texts in [&mut line.privacy, &mut line.greeting, &mut line.away] {
        texts.iter_mut().for_each(|(_, text)| clean(text));
    }
}

fn conversation(one: &mut ConversationView) {
    clean(&mut one.title);
    if let Some(last) = one.last.as_mut().filter(|last| last.from != Sender::Own) {
        clean(&mut last.text);
    }
}

fn message(one: &mut MessageView) {
    clean(&mut one.author);
    for reaction in &mut one.reactions {
        clean(&mut reaction.text);
    }
    if let Some(ReplyView { author, text, .. }) = &mut one.reply {
        clean(author);
        clean(text);
    }
    if let Some(notice) = &mut one.notice {
        clean(&mut notice.by);
        clean(&mut notice.what);
    }
    match &mut one.data {
        Some(DataView::Status(status)) => clean_status(status),
        Some(DataView::Request(request)) => request.status.iter_mut().for_each(clean_status),
        None => {}
    }
    if one.from != Sender::Own {
        clean(&mut one.text);
        for file in &mut one.files {
            clean(&mut file.name);
        }
    }
}

/// What a line says about a request. Texts of forms were checked when they were read.
fn clean_status(status: &mut StatusView) {
    status.state.0.iter_mut().for_each(|(_, text)| clean(text));
    clean(&mut status.note);
    status.appointment.iter_mut().for_each(|one| clean(&mut one.place));
    if let Some(ticket) = &mut status.ticket {
        clean(&mut ticket.title);
        clean(&mut ticket.seats);
    }
}

/// Drops control characters but for new lines and tabs, and overrides, embeddings and isolates of direction. The marks that
/// right-to-left writing needs between words stay; they turn nothing.
pub(crate) fn clean(text: &mut String) {
    let is_harmful = |letter: char| {
        letter.is_control() && !matches!(letter, '\n' | '\t')
            || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if text.contains(is_harmful) {
        text.retain(|letter| !is_harmful(letter));
    }
}

#[cfg(test)]
mod tests {
    use kuvert_view::{ContactView, ConversationId, Delivery, MessageId};

    use super::*;

    #[test]
    fn nothing_that_others_write_turns_what_stands_around_it() {
        let mut text = "a\u{202e}b\u{2066}c\u{1b}[2J\u{9b}d\r\n\te\u{7f}\u{200f}שלום".to_owned();
        clean(&mut text);
        assert_eq!(text, "abc[2Jd\n\te\u{200f}שלום");
        let mut plain = "Grüß Gott, 👩‍👩‍👧".to_owned();
        clean(&mut plain);
        assert_eq!(plain, "Grüß Gott, 👩‍👩‍👧");
    }

    #[test]
    fn what_a_line_says_of_itself_is_cleaned() {
        let said = || vec![("de".to_owned(), "x\u{202e}y".to_owned())];
        let line = Box::new(LineView {
            kind: "other".into(),
            imprint: vec!["x\u{202e}y".into()],
            privacy: said(),
            greeting: said(),
            away: said(),
            open: None,
            retention: 30,
            is_read_by_all: true,
            forms: Vec::new(),
            seats: Vec::new(),
        });
        let contact = ContactView {
            conversation: ConversationId(1),
            groups: Vec::new(),
            line: Some(line),
            erase_at: None,
            asks_score: false,
        };
        let mut all = ViewUpdate::Contact(contact);
        update(&mut all);
        let ViewUpdate::Contact(ContactView { line: Some(line), .. }) = all else {
            unreachable!("it is still a line")
        };
        let texts = [line.privacy, line.greeting, line.away];
        assert!(texts.iter().flatten().all(|(_, text)| text == "xy") && line.imprint == ["xy"]);
    }

    #[test]
    fn names_and_texts_of_others_are_cleaned_and_own_texts_stay() {
        let of = |from| {
            let mut one = MessageView::text(MessageId(1), from, "x\u{202e}y", 0, Delivery::Received);
            one.author = "A\u{202e}nna".into();
            let mut all = ViewUpdate::Message { conversation: ConversationId(1), message: one };
            update(&mut all);
            let ViewUpdate::Message { message, .. } = all else { unreachable!("it is still a message") };
            (message.author, message.text)
        };
        assert_eq!(of(Sender::Contact), ("Anna".into(), "xy".into()));
        assert_eq!(of(Sender::Own), ("Anna".into(), "x\u{202e}y".into()));
    }
}
