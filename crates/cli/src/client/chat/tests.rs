//! The full-screen client on a terminal in memory.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use jiff::tz::TimeZone;
use kuvert_view::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::draw;
use super::state::Chat;

/// Sunday, 22 November 2026, 08:00 UTC.
const MORNING: i64 = 1_795_334_400_000;
const MINUTE: i64 = 60_000;

fn chat(size: (u16, u16)) -> Chat {
    let own = ProfileView {
        name: "Anna".into(),
        kuvert_id: "AAAA-BBBB-CCCC-DDDD-EE".into(),
        relay: "https://relay.example".into(),
    };
    let mut chat = Chat::new(own, TimeZone::UTC, size);
    chat.now = MORNING + 60 * MINUTE;
    chat.wishes.clear();
    chat.apply(ViewUpdate::Connection(Connection::Online));
    chat
}

fn conversation(id: u64, title: &str, state: ContactState) -> ConversationView {
    ConversationView {
        id: ConversationId(id),
        title: title.into(),
        kuvert_id: format!("000{id}-0000-0000-0000-00"),
        trust: Trust::New,
        state,
        last: None,
        unread: 0,
        blocked: false,
        familiarity: kuvert_view::Familiarity::Stranger,
        group: None,
    }
}

fn message(id: u64, from: Sender, text: &str, delivery: Delivery) -> MessageView {
    let at = MORNING + i64::try_from(id).expect("small") * MINUTE;
    MessageView::text(MessageId(id), from, text, at, delivery)
}

/// Ben and Chris; the conversation with Ben is open.
fn talking(size: (u16, u16)) -> Chat {
    let mut chat = chat(size);
    let mut chris = conversation(2, "Chris", ContactState::Asking);
    chris.unread = 1;
    let text = "May I write to you?".into();
    let (at, from, delivery) = (MORNING - 24 * 60 * MINUTE, Sender::Contact, Delivery::Received);
    chris.last = Some(LastMessage { text, at, from, delivery, kind: MessageKind::Text });
    let ben = conversation(1, "Ben", ContactState::Accepted);
    chat.apply(ViewUpdate::Conversations(vec![ben, chris]));
    press(&mut chat, KeyCode::Enter);
    assert_eq!(wishes(&mut chat), [UiCommand::OpenConversation { conversation: ConversationId(1) }]);
    let messages = vec![
        message(
            1,
            Sender::Contact,
            "Hello Anna, this is a text that is longer than one row.",
            Delivery::Received,
        ),
        message(2, Sender::Own, "Hello", Delivery::Delivered),
    ];
    chat.apply(ViewUpdate::Timeline { conversation: ConversationId(1), messages, has_older: false });
    chat
}

fn press(chat: &mut Chat, code: KeyCode) {
    chat.event(Event::Key(KeyEvent::new(code, KeyModifiers::NONE)));
}

fn press_with(chat: &mut Chat, code: KeyCode, modifiers: KeyModifiers) {
    chat.event(Event::Key(KeyEvent::new(code, modifiers)));
}

fn type_text(chat: &mut Chat, text: &str) {
    text.chars().for_each(|c| press(chat, KeyCode::Char(c)));
}

fn wishes(chat: &mut Chat) -> Vec<UiCommand> {
    chat.wishes.drain(..).collect()
}

/// The picture, row by row.
fn seen(chat: &mut Chat) -> Vec<String> {
    chat.lay_out();
    let mut terminal = Terminal::new(TestBackend::new(chat.size.0, chat.size.1)).expect("in memory");
    let frame = terminal.draw(|frame| draw::chat(frame, chat)).expect("drawn");
    let buffer = frame.buffer;
    let row = |y| {
        let mut row = String::new();
        let mut x = 0;
        while x < buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            row.push_str(symbol);
            x += u16::try_from(super::rows::width(symbol)).expect("narrow").max(1);
        }
        row.trim_end().to_owned()
    };
    (0..buffer.area.height).map(row).collect()
}

#[track_caller]
fn assert_seen(chat: &mut Chat, expected: &str) {
    let picture = seen(chat).join("\n");
    assert_eq!(picture.trim_end(), expected.trim_matches('\n').trim_end(), "\n{picture}\n");
}

#[track_caller]
fn assert_says(chat: &mut Chat, words: &str) {
    let picture = seen(chat).join("\n");
    let text = picture.replace('│', " ").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains(words), "{words} in:\n{picture}");
}

const SIDE_BY_SIDE: &str = "
 Kuvert  Anna  1 unread                                               connected
>Ben                      │Ben  new
                          │── Sunday, 22 November 2026 ─────────────────────────
 Chris request 21 Nov (1) │08:01 Ben: Hello Anna, this is a text that is longer
  May I write to you?     │      than one row.
                          │08:02 me: Hello  delivered
                          │
                          │
                          │
                          │─────────────────────────────────────────────────────
                          │> How are you?
 Enter send  Esc back  F1 keys  Alt+Enter new line  Tab messages
";
const NARROW_MESSAGES: &str = "
 Kuvert  Anna  1 unread       connected
Ben  new
── Sunday, 22 November 2026 ────────────
08:01 Ben: Hello Anna, this is a text
      that is longer than one row.
08:02 me: Hello  delivered



────────────────────────────────────────
>
 Enter send  Esc back  F1 keys
";
const NARROW_LIST: &str = "
 Kuvert  Anna  1 unread       connected
>Ben

 Chris               request 21 Nov (1)
  May I write to you?






 Enter open  a add a contact
";

#[test]
fn conversations_and_messages_stand_side_by_side() {
    let mut chat = talking((80, 12));
    type_text(&mut chat, "How are you?");
    assert_seen(&mut chat, SIDE_BY_SIDE);
}

#[test]
fn on_a_narrow_terminal_list_and_messages_take_turns() {
    let mut chat = talking((40, 12));
    assert_seen(&mut chat, NARROW_MESSAGES);
    press(&mut chat, KeyCode::Esc);
    assert_eq!(wishes(&mut chat), [UiCommand::CloseConversation], "nothing is read that is not seen");
    assert_seen(&mut chat, NARROW_LIST);
}

#[test]
fn every_size_is_drawn_in_every_state() {
    for (columns, rows) in
        [(1, 1), (19, 5), (20, 6), (33, 7), (40, 12), (63, 9), (64, 6), (80, 24), (300, 90)]
    {
        let mut chat = talking((columns, rows));
        type_text(&mut chat, "日本語 שלום 👩‍👩‍👧 and so on, to the end of the row and beyond it ");
        press_with(&mut chat, KeyCode::Enter, KeyModifiers::ALT);
        seen(&mut chat);
        press(&mut chat, KeyCode::Tab);
        seen(&mut chat);
        press(&mut chat, KeyCode::F(1));
        press(&mut chat, KeyCode::PageDown);
        seen(&mut chat);
        press(&mut chat, KeyCode::Esc);
        press(&mut chat, KeyCode::Char('d'));
        seen(&mut chat);
        press(&mut chat, KeyCode::Esc);
        press(&mut chat, KeyCode::Esc);
        press(&mut chat, KeyCode::Esc);
        press(&mut chat, KeyCode::Char('l'));
        let link = format!("https://relay.example/c/{}#{}", "A".repeat(22), "B".repeat(43));
        chat.apply(ViewUpdate::Link { link });
        seen(&mut chat);
        chat.event(Event::Resize(rows, columns));
        seen(&mut chat);
    }
}

#[test]
fn a_text_is_sent_by_enter_and_comes_back_if_it_is_refused() {
    let mut chat = talking((80, 12));
    type_text(&mut chat, "one");
    press_with(&mut chat, KeyCode::Enter, KeyModifiers::ALT);
    type_text(&mut chat, "two");
    press(&mut chat, KeyCode::Enter);
    let sent = wishes(&mut chat);
    let text = "one\ntwo".to_owned();
    assert_eq!(sent, [UiCommand::Send { conversation: ConversationId(1), text }]);
    type_text(&mut chat, "later");
    chat.answered(&sent[0], vec![ViewUpdate::Failed(Failure::TextInvalid)]);
    assert_eq!(chat.draft().map(|draft| draft.editor.text().to_owned()).as_deref(), Some("one\ntwo\nlater"));
    assert_says(&mut chat, "at most 16 KiB");
    press(&mut chat, KeyCode::Enter);
    let sent = wishes(&mut chat);
    chat.answered(&sent[0], vec![]);
    assert!(!chat.has_drafts());
}

#[test]
fn a_draft_is_not_thrown_away_by_one_key() {
    let mut chat = talking((80, 12));
    type_text(&mut chat, "unsent");
    press_with(&mut chat, KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert!(!chat.is_over);
    assert_says(&mut chat, "Press Ctrl+C again");
    press_with(&mut chat, KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert!(chat.is_over);
}

#[test]
fn the_list_tells_groups_and_what_is_not_sent_yet() {
    let mut chat = talking((80, 12));
    let mut walks = conversation(3, "Walks", ContactState::Accepted);
    walks.group = Some(GroupView { standing: GroupStanding::Member, members: 3 });
    chat.apply(ViewUpdate::Conversation(walks));
    assert_says(&mut chat, "Walks group");
    type_text(&mut chat, "unsent");
    press(&mut chat, KeyCode::Esc);
    assert_says(&mut chat, "draft: unsent");
}

#[test]
fn a_request_is_accepted_with_one_key() {
    let mut chat = talking((80, 12));
    press_with(&mut chat, KeyCode::Down, KeyModifiers::ALT);
    let conversation = ConversationId(2);
    assert_eq!(wishes(&mut chat), [UiCommand::OpenConversation { conversation }]);
    let messages = vec![message(3, Sender::Contact, "May I write to you?", Delivery::Received)];
    chat.apply(ViewUpdate::Timeline { conversation, messages, has_older: false });
    assert_says(&mut chat, "Chris asks to write to you. Press y to accept, n to decline.");
    press(&mut chat, KeyCode::Char('y'));
    assert_eq!(wishes(&mut chat), [UiCommand::Accept { conversation }]);
}

#[test]
fn a_link_is_opened_and_its_card_is_seen_before_the_request() {
    let mut chat = talking((80, 24));
    press(&mut chat, KeyCode::Esc);
    wishes(&mut chat);
    let link = "https://relay.example/c/AAAA#BBBB".to_owned();
    chat.event(Event::Paste(format!("{link}\n")));
    press(&mut chat, KeyCode::Enter);
    assert_eq!(wishes(&mut chat), [UiCommand::OpenLink { link: link.clone() }]);
    chat.apply(ViewUpdate::Failed(Failure::CardGone));
    assert_says(&mut chat, "the link was revoked");
    press(&mut chat, KeyCode::Enter);
    wishes(&mut chat);
    let card = CardView {
        link: link.clone(),
        name: "Dora".into(),
        kuvert_id: "DDDD".into(),
        relay: "https://relay.example".into(),
        conversation: None,
        own: false,
        line: None,
    };
    chat.apply(ViewUpdate::Card(card));
    assert_says(&mut chat, "DDDD at https://relay.example");
    type_text(&mut chat, " Hi!");
    press(&mut chat, KeyCode::Enter);
    let text = "Hello, this is Anna. Hi!".to_owned();
    assert_eq!(wishes(&mut chat), [UiCommand::SendRequest { link, text }]);
    chat.apply(ViewUpdate::Requested { conversation: ConversationId(9) });
    assert_eq!(wishes(&mut chat), [UiCommand::OpenConversation { conversation: ConversationId(9) }]);
}

#[test]
fn nothing_that_others_write_controls_the_terminal() {
    let mut chat = talking((80, 24));
    let hostile = "\u{1b}[2J\u{9b}31m\u{7}\u{202e}\rX";
    let mut evil = conversation(3, hostile, ContactState::Accepted);
    let (at, from, delivery) = (MORNING, Sender::Contact, Delivery::Received);
    evil.last = Some(LastMessage { text: hostile.into(), at, from, delivery, kind: MessageKind::Text });
    chat.apply(ViewUpdate::Conversation(evil));
    chat.open(ConversationId(3));
    let messages = vec![message(7, Sender::Contact, hostile, Delivery::Received)];
    let conversation = ConversationId(3);
    chat.apply(ViewUpdate::Timeline { conversation, messages, has_older: false });
    let shown = |chat: &mut Chat| {
        let picture = seen(chat).concat();
        assert!(picture.contains('\u{fffd}'), "{picture}");
        assert!(!picture.contains(['\u{1b}', '\u{9b}', '\u{7}', '\u{202e}', '\r']), "{picture:?}");
    };
    shown(&mut chat);
    chat.overlay = Some(super::overlay::Overlay::Details(conversation, 0));
    shown(&mut chat);
}

#[test]
fn right_to_left_text_does_not_reach_over_the_line_between_the_panes() {
    let mut chat = talking((80, 12));
    let mut dana = conversation(4, "דנה", ContactState::Accepted);
    let (at, from, delivery) = (MORNING, Sender::Contact, Delivery::Received);
    dana.last = Some(LastMessage { text: "שלום".into(), at, from, delivery, kind: MessageKind::Text });
    chat.apply(ViewUpdate::Conversation(dana));
    let rows = seen(&mut chat);
    let row = rows.iter().find(|row| row.contains("שלום")).expect("shown");
    assert!(row.contains("│\u{200e}"), "{row:?}");
    let columns: Vec<_> =
        rows[1..11].iter().map(|row| row.split('│').next().map(super::rows::width)).collect();
    assert!(columns.iter().all(|columns| *columns == Some(26)), "{columns:?}");
}

#[test]
fn a_link_is_taken_back_after_a_question() {
    let mut chat = talking((80, 24));
    press(&mut chat, KeyCode::Esc);
    wishes(&mut chat);
    press(&mut chat, KeyCode::Char('l'));
    let link = format!("https://relay.example/c/{}#{}", "A".repeat(22), "B".repeat(43));
    chat.apply(ViewUpdate::Link { link: link.clone() });
    assert!(seen(&mut chat).concat().contains(&link[..80]));
    assert_eq!(wishes(&mut chat), [UiCommand::ShowLink]);
    press(&mut chat, KeyCode::Char('r'));
    assert_says(&mut chat, "Take the link back?");
    press(&mut chat, KeyCode::Char('y'));
    assert_eq!(wishes(&mut chat), [UiCommand::RevokeLink]);
    chat.apply(ViewUpdate::LinkRevoked);
    assert_says(&mut chat, "leads nowhere any more");
    press(&mut chat, KeyCode::Char('n'));
    assert_eq!(wishes(&mut chat), [UiCommand::ShowLink]);
}

/// Chooses the message `up` places above the newest.
fn choose(chat: &mut Chat, up: usize) {
    seen(chat);
    press(chat, KeyCode::Tab);
    (0..up).for_each(|_| press(chat, KeyCode::Up));
}

#[test]
fn a_message_is_answered_edited_reacted_to_and_deleted_by_one_key_each() {
    let mut chat = talking((80, 12));
    type_text(&mut chat, "unsent");
    choose(&mut chat, 1);
    press(&mut chat, KeyCode::Char('r'));
    assert_says(&mut chat, "answers: Hello Anna, this is a text");
    press(&mut chat, KeyCode::Char('!'));
    press(&mut chat, KeyCode::Enter);
    let (conversation, text) = (ConversationId(1), "unsent!".to_owned());
    let reply_to = Some(MessageId(1));
    let answer = UiCommand::Write { conversation, text, reply_to, expires_after: None };
    assert_eq!(wishes(&mut chat), [answer]);

    type_text(&mut chat, "x");
    choose(&mut chat, 0);
    press(&mut chat, KeyCode::Char('e'));
    assert_says(&mut chat, "> Hello");
    press(&mut chat, KeyCode::Char('!'));
    press(&mut chat, KeyCode::Enter);
    let edit = UiCommand::Edit { message: MessageId(2), text: "Hello!".into() };
    assert_eq!(wishes(&mut chat).first(), Some(&edit));
    chat.answered(&edit, vec![ViewUpdate::Failed(Failure::TextInvalid)]);
    assert_says(&mut chat, "> Hello!");
    press(&mut chat, KeyCode::Esc);
    assert_says(&mut chat, "> x");

    choose(&mut chat, 1);
    press(&mut chat, KeyCode::Char('+'));
    press(&mut chat, KeyCode::Char('1'));
    let react = UiCommand::React { message: MessageId(1), reaction: "👍".into() };
    assert_eq!(wishes(&mut chat), [react]);
    press(&mut chat, KeyCode::Char('x'));
    press(&mut chat, KeyCode::Char('e'));
    assert_eq!(wishes(&mut chat), [], "what others wrote is deleted here only");
    press(&mut chat, KeyCode::Char('h'));
    assert_eq!(wishes(&mut chat), [UiCommand::Delete { message: MessageId(1), everywhere: false }]);
}

#[test]
fn answers_edits_and_reactions_are_seen() {
    let mut chat = talking((60, 12));
    let mut answer = message(3, Sender::Contact, "Yes", Delivery::Received);
    answer.edited_at = Some(MORNING);
    let text = "Hello".to_owned();
    let (message, from, author, kind) = (Some(MessageId(2)), Sender::Own, String::new(), MessageKind::Text);
    answer.reply = Some(ReplyView { message, from, author, text, kind });
    let reaction = |text: &str, count, own| ReactionView { text: text.into(), count, own };
    answer.reactions = vec![reaction("👍", 2, true), reaction("\u{1b}[2J", 1, false)];
    chat.apply(ViewUpdate::Message { conversation: ConversationId(1), message: answer });
    assert_seen(&mut chat, ANSWERED);
}

const ANSWERED: &str = "
 Kuvert  Anna  1 unread                           connected
Ben  new
── Sunday, 22 November 2026 ────────────────────────────────
08:01 Ben: Hello Anna, this is a text that is longer than
      one row.
08:02 me: Hello  delivered
      ┌ me: Hello
08:03 Ben: Yes  edited
      👍 2 (me)  \u{fffd}[2J
────────────────────────────────────────────────────────────
>
 Enter send  Esc back  F1 keys  Alt+Enter new line
";

#[test]
fn a_search_finds_conversations_and_messages_and_opens_them() {
    let mut chat = talking((80, 24));
    press_with(&mut chat, KeyCode::Char('f'), KeyModifiers::CONTROL);
    type_text(&mut chat, "be");
    let last = wishes(&mut chat).pop();
    assert_eq!(last, Some(UiCommand::Search { words: "be".into(), conversation: None, before: None }));
    let found = message(400, Sender::Contact, "better", Delivery::Received);
    let messages = vec![FoundView { conversation: ConversationId(2), message: found }];
    chat.apply(ViewUpdate::Found { words: "b".into(), messages: Vec::new(), has_older: false });
    chat.apply(ViewUpdate::Found { words: "be".into(), messages, has_older: false });
    assert_says(&mut chat, "Ben (conversation)");
    assert_says(&mut chat, "Chris 14:40 better");
    press(&mut chat, KeyCode::Down);
    press(&mut chat, KeyCode::Enter);
    let conversation = ConversationId(2);
    assert_eq!(wishes(&mut chat), [UiCommand::OpenConversation { conversation }]);
    let newest = vec![message(900, Sender::Contact, "newest", Delivery::Received)];
    chat.apply(ViewUpdate::Timeline { conversation, messages: newest, has_older: true });
    assert_eq!(wishes(&mut chat), [UiCommand::LoadOlder { conversation, before: MessageId(420) }]);
    let messages = vec![message(400, Sender::Contact, "better", Delivery::Received)];
    chat.apply(ViewUpdate::Older { conversation, messages, has_older: false });
    assert_says(&mut chat, "Chris: better");
    assert_says(&mut chat, "newer messages below");
}

#[test]
fn a_contact_is_verified_and_blocked_from_its_details() {
    let mut chat = talking((80, 24));
    press(&mut chat, KeyCode::Esc);
    press(&mut chat, KeyCode::Char('d'));
    press(&mut chat, KeyCode::Char('v'));
    let conversation = ConversationId(1);
    assert_eq!(wishes(&mut chat), [UiCommand::ShowVerification { conversation }]);
    let words = ["one", "two"].map(str::to_owned).to_vec();
    let code = format!("KUVERT:VERIFY:1:{}", "A".repeat(103));
    chat.apply(ViewUpdate::Verification(VerificationView { conversation, words, code }));
    assert_says(&mut chat, "one two");
    chat.event(Event::Paste("KUVERT:VERIFY:1:B".into()));
    press(&mut chat, KeyCode::Enter);
    let verify = UiCommand::Verify { conversation, code: "KUVERT:VERIFY:1:B".into() };
    assert_eq!(wishes(&mut chat).first(), Some(&verify));
    chat.answered(&verify, vec![ViewUpdate::Failed(Failure::CodeOfAnother)]);
    assert_says(&mut chat, "another person's");
    chat.answered(&verify, vec![]);
    assert_says(&mut chat, "Verified");

    press(&mut chat, KeyCode::Char('d'));
    press(&mut chat, KeyCode::Char('b'));
    assert_says(&mut chat, "Block Ben?");
    press(&mut chat, KeyCode::Char('y'));
    assert_eq!(wishes(&mut chat), [UiCommand::Block { conversation }]);
    let mut blocked = self::conversation(1, "Ben", ContactState::Accepted);
    blocked.blocked = true;
    chat.apply(ViewUpdate::Conversation(blocked));
    press(&mut chat, KeyCode::Enter);
    assert_says(&mut chat, "You blocked Ben");
    assert!(!chat.can_write());
}

#[test]
fn a_request_that_was_declined_is_gone() {
    let mut chat = talking((80, 12));
    press_with(&mut chat, KeyCode::Down, KeyModifiers::ALT);
    let conversation = ConversationId(2);
    chat.apply(ViewUpdate::Timeline { conversation, messages: Vec::new(), has_older: false });
    wishes(&mut chat);
    press(&mut chat, KeyCode::Char('n'));
    assert_says(&mut chat, "Decline the request of Chris?");
    press(&mut chat, KeyCode::Char('y'));
    assert_eq!(wishes(&mut chat), [UiCommand::Decline { conversation }]);
    chat.apply(ViewUpdate::ConversationGone { conversation });
    assert!(chat.shown().is_none() && chat.cursor == Some(ConversationId(1)));
    assert!(!seen(&mut chat).concat().contains("Chris"));
}

#[test]
fn a_file_is_sent_and_saved_and_its_state_is_seen() {
    let mut chat = talking((80, 12));
    press_with(&mut chat, KeyCode::Char('o'), KeyModifiers::CONTROL);
    chat.event(Event::Paste("'/tmp/a b.png'".into()));
    press(&mut chat, KeyCode::Enter);
    let wish = super::files::FileWish::Send(ConversationId(1), "/tmp/a b.png".into());
    assert_eq!(chat.file_wish.take(), Some(wish));
    assert_says(&mut chat, "Preparing");

    let mut offered = message(3, Sender::Contact, "", Delivery::Received);
    offered.kind = MessageKind::Attachments;
    let (name, media_type, state) = ("plan.pdf\u{1b}".to_owned(), String::new(), FileState::Offered);
    offered.files = vec![FileView { id: FileId(7), name, media_type, size: 1500, state, path: None }];
    chat.apply(ViewUpdate::Message { conversation: ConversationId(1), message: offered });
    assert_says(&mut chat, "[plan.pdf\u{fffd}, 1.5 kB, Tab and w save it]");
    choose(&mut chat, 0);
    press(&mut chat, KeyCode::Char('w'));
    assert_eq!(chat.file_wish.take(), Some(super::files::FileWish::Save(MessageId(3))));
    let (conversation, message, file) = (ConversationId(1), MessageId(3), FileId(7));
    let transfer = |stage| ViewUpdate::Transfer(TransferView { conversation, message, file, stage });
    chat.apply(transfer(TransferStage::Moved { done: 500, of: 1500 }));
    assert_says(&mut chat, "33 %");
    chat.apply(transfer(TransferStage::Failed(TransferFailure::Gone)));
    assert_says(&mut chat, "was not saved");
}
