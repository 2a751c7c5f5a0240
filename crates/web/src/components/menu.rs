//! The menu of a message: the same by mouse, by keys, and as a sheet under a finger.

use kuvert_view::{ConversationId, MessageKind, MessageView, Sender};
use leptos::prelude::*;

use super::emoji::QUICK;
use super::icon::{Icon, icon};
use super::overlay::menu_key;
use crate::browser;
use crate::i18n::t;
use crate::line;
use crate::screens::timeline::{can_be_answered, react};
use crate::talk::{Overlay, Talk};

/// What can be done with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// Quotes it in an answer.
    Reply,
    /// Takes its text into the field.
    Edit,
    /// Takes its text into the clipboard.
    Copy,
    /// Shows who has it.
    Details,
    /// Asks where it is to be deleted.
    Delete,
}

/// What can be done with this message, in the order of the menu.
pub(crate) fn actions(message: &MessageView, can_write: bool) -> Vec<Action> {
    let is_said = can_be_answered(message);
    let is_own_text = message.from == Sender::Own && message.kind == MessageKind::Text;
    let all = [
        (Action::Reply, is_said && can_write),
        (Action::Edit, is_own_text && can_write),
        (Action::Copy, !message.text.is_empty()),
        (Action::Details, true),
        (Action::Delete, true),
    ];
    all.into_iter().filter(|(_, is_offered)| *is_offered).map(|(action, _)| action).collect()
}

fn face(action: Action) -> (Icon, &'static str) {
    match action {
        Action::Reply => (Icon::Reply, "menu-reply"),
        Action::Edit => (Icon::Edit, "menu-edit"),
        Action::Copy => (Icon::Copy, "menu-copy"),
        Action::Details => (Icon::Info, "menu-details"),
        Action::Delete => (Icon::Delete, "menu-delete"),
    }
}

/// The menu.
pub(crate) fn menu(
    talk: Talk,
    conversation: ConversationId,
    message: MessageView,
    can_write: bool,
) -> AnyView {
    let can_react = can_write && can_be_answered(&message);
    let actions = actions(&message, can_write);
    let message = StoredValue::new(message);
    let item = move |(at, action): (usize, Action)| {
        let (picture, key) = face(action);
        let is_first = !can_react && at == 0;
        view! {
            <button
                type="button"
                role="menuitem"
                tabindex="-1"
                class="menu-item"
                class:menu-item-is-grave=action == Action::Delete
                data-first=is_first.then_some("")
                on:click=move |_| do_it(talk, conversation, &message.get_value(), action)
            >
                {icon(picture)}
                {t(key)}
            </button>
        }
    };
    view! {
        <div
            class="menu"
            role="menu"
            aria-label=t("message-menu")
            data-testid="menu"
            on:keydown=move |event| menu_key(talk, &event)
        >
            {can_react.then(|| quick(talk, message))}
            {actions.into_iter().enumerate().map(item).collect::<Vec<_>>()}
            {line::hooks().map(|hooks| message.with_value(|message| (hooks.menu)(talk, message)))}
        </div>
    }
    .into_any()
}

/// The reactions that are given most often, and the way to all others.
fn quick(talk: Talk, message: StoredValue<MessageView>) -> AnyView {
    let one = move |(at, emoji): (usize, &'static str)| {
        let is_own = message.with_value(|message| {
            message.reactions.iter().any(|reaction| reaction.own && reaction.text == emoji)
        });
        view! {
            <button
                type="button"
                role="menuitemradio"
                tabindex="-1"
                class="menu-reaction"
                aria-checked=is_own.to_string()
                aria-label=emoji
                data-first=(at == 0).then_some("")
                on:click=move |_| {
                    message.with_value(|message| react(message, emoji.to_owned()));
                    talk.overlay().set(None);
                }
            >
                {emoji}
            </button>
        }
    };
    let more = move |_| {
        let message = message.with_value(|message| message.id);
        talk.overlay().set(Some(Overlay::Reactions { message }));
    };
    view! {
        <div class="menu-line" role="group" aria-label=t("menu-react")>
            {QUICK.into_iter().enumerate().map(one).collect::<Vec<_>>()}
            <button
                type="button"
                role="menuitem"
                tabindex="-1"
                class="menu-reaction"
                aria-label=t("menu-more-reactions")
                title=t("menu-more-reactions")
                on:click=more
            >
                {icon(Icon::Plus)}
            </button>
        </div>
    }
    .into_any()
}

fn do_it(talk: Talk, conversation: ConversationId, message: &MessageView, action: Action) {
    match action {
        Action::Details => talk.show_details(message.id),
        Action::Delete => talk.overlay().set(Some(Overlay::Delete { message: message.clone() })),
        Action::Reply | Action::Edit => {
            talk.overlay().set(None);
            if action == Action::Reply {
                talk.reply(conversation, message);
            } else {
                talk.edit(conversation, message);
            }
            // After the dialog has given the focus back.
            request_animation_frame(|| browser::focus("composer"));
        }
        Action::Copy => {
            talk.overlay().set(None);
            let text = message.text.clone();
            leptos::task::spawn_local(async move {
                let worked = browser::copy(&text).await;
                talk.say(if worked { "message-copied" } else { "message-copy-failed" });
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use kuvert_view::{Delivery, MessageId};

    use super::*;

    #[test]
    fn what_is_offered_can_be_done() {
        let of = |from, text: &str| MessageView::text(MessageId(1), from, text, 0, Delivery::Sent);
        use Action::{Copy, Delete, Details, Edit, Reply};
        assert_eq!(actions(&of(Sender::Own, "x"), true), [Reply, Edit, Copy, Details, Delete]);
        assert_eq!(actions(&of(Sender::Contact, "x"), true), [Reply, Copy, Details, Delete]);
        assert_eq!(actions(&of(Sender::Own, "x"), false), [Copy, Details, Delete]);
        let deleted = MessageView { kind: MessageKind::Deleted, ..of(Sender::Own, "") };
        assert_eq!(actions(&deleted, true), [Details, Delete]);
        let files = MessageView { kind: MessageKind::Attachments, ..of(Sender::Own, "") };
        assert_eq!(actions(&files, true), [Reply, Details, Delete]);
    }
}
