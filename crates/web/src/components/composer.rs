//! Where messages are written. Never waits for the engine.
//!
//! From above: what is being answered or edited, what has to be said about the text, then the line with the field. What stands
//! beside the field (`composer-tools`) and above it (`composer-context`) is for others to add to.

use kuvert_view::{ConversationId, Sender};
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use super::dialogs::timer_words;
use super::icon::{Icon, icon};
use super::tray::{AttachButtons, Tray, paste};
use crate::browser;
use crate::compose::Quoted;
use crate::files;
use crate::i18n::{language, t, t1, text};
use crate::markdown::on_one_line;
use crate::state::state;
use crate::talk::{Overlay, Talk};
use crate::text::{TEXT_BYTES_MAX, is_too_long, valid_text};

/// From so many bytes on it is said how many are left.
const NEARLY_FULL: usize = TEXT_BYTES_MAX - 1_000;

/// The field and its buttons.
#[component]
pub(crate) fn Composer(
    /// Where messages go.
    conversation: ConversationId,
    /// The other person's name.
    #[prop(into)]
    name: Signal<String>,
    /// Whether nothing can be written yet; the reason stands above.
    #[prop(into)]
    waiting: Signal<bool>,
) -> impl IntoView {
    let state = state();
    let talk = state.talk();
    let field = talk.field(conversation);
    let send = move || {
        if !waiting.get_untracked() && files::send(state, conversation) {
            return;
        }
        let text = field.with_untracked(|text| valid_text(text));
        if let Some(text) = text.filter(|_| !waiting.get_untracked()) {
            talk.send(conversation, text);
        }
    };
    view! {
        <form
            class="composer"
            on:submit=move |event| {
                event.prevent_default();
                send();
                browser::focus("composer");
            }
        >
            <Context talk=talk conversation=conversation/>
            <Length field=field/>
            <Tray conversation=conversation/>
            <div class="composer-row">
                <div class="composer-tools">
                    <AttachButtons conversation=conversation waiting=waiting/>
                    <TimerButton talk=talk conversation=conversation waiting=waiting/>
                </div>
                {text_field(talk, conversation, name, waiting, Callback::new(move |()| send()))}
                {send_button(waiting)}
            </div>
        </form>
    }
}

/// The field. On a phone its Enter begins a new line; with a keyboard it sends, and Shift+Enter begins one.
fn text_field(
    talk: Talk,
    conversation: ConversationId,
    name: Signal<String>,
    waiting: Signal<bool>,
    send: Callback<()>,
) -> AnyView {
    let state = state();
    let field = talk.field(conversation);
    let on_key = move |event: KeyboardEvent| {
        let is_empty = field.with_untracked(String::is_empty);
        match event.key().as_str() {
            "Enter" if !event.shift_key() && !event.is_composing() && browser::has_keyboard() => {
                event.prevent_default();
                send.run(());
            }
            "Escape" if !event.is_composing() && talk.leave_edit(conversation) => event.prevent_default(),
            "ArrowUp" if is_empty && talk.edit_newest(conversation) => event.prevent_default(),
            _ => {}
        }
    };
    let enter_key = if browser::has_keyboard() { "send" } else { "enter" };
    view! {
        <div class="grows" data-text=move || field.get()>
            <textarea
                id="composer"
                data-testid="composer"
                rows="1"
                autocomplete="off"
                enterkeyhint=enter_key
                dir="auto"
                aria-label=t1("composer-label", "name", move || name.get())
                aria-describedby="composer-context composer-wrong composer-reason"
                placeholder=t("composer-placeholder")
                disabled=move || waiting.get()
                prop:value=move || field.get()
                on:input=move |event| talk.typed(conversation, event_target_value(&event))
                on:keydown=on_key
                on:paste=move |event| paste(state, conversation, &event)
            ></textarea>
        </div>
    }
    .into_any()
}

/// What is being answered or edited, with the way out of it.
#[component]
fn Context(
    /// The conversation that is shown.
    talk: Talk,
    /// Which.
    conversation: ConversationId,
) -> impl IntoView {
    let composing = talk.composing(conversation);
    let what = Memo::new(move |_| {
        composing.with(|composing| (composing.editing().is_some(), composing.reply().cloned()))
    });
    let leave = move |_| {
        talk.leave_edit(conversation);
        browser::focus("composer");
    };
    let content = move || {
        let (is_edit, reply) = what.get();
        let (label, picture, leaves) = match (&reply, is_edit) {
            (_, true) => (t("composer-editing").into_any(), Icon::Edit, "composer-leave-edit"),
            (Some(quoted), false) => (quotation(quoted), Icon::Reply, "composer-leave-reply"),
            (None, false) => return None,
        };
        Some(view! {
            <div class="composer-context" data-testid="composer-context">
                {icon(picture)}
                <div class="composer-context-words" id="composer-context">{label}</div>
                <button
                    type="button"
                    class="button-icon"
                    aria-label=t(leaves)
                    title=t(leaves)
                    on:click=leave
                >
                    {icon(Icon::Close)}
                </button>
            </div>
        })
    };
    view! { {content} }
}

/// The message that is being answered.
fn quotation(quoted: &Quoted) -> AnyView {
    let who = match quoted.from {
        Sender::Own => t("conversation-own").into_any(),
        Sender::Contact | Sender::System => view! { <bdi>{quoted.author.clone()}</bdi> }.into_any(),
    };
    view! {
        <span class="quotation-author"><span class="hidden-words">{t("composer-replying")} " "</span> {who}</span>
        <span class="quotation-text" dir="auto">{on_one_line(&quoted.text)}</span>
    }
    .into_any()
}

/// Says how much room is left, once that matters, and that a text is too long.
#[component]
fn Length(
    /// What stands in the field.
    field: Memo<String>,
) -> impl IntoView {
    let left = Memo::new(move |_| {
        let length = field.with(|text| text.trim().len());
        (length > NEARLY_FULL).then(|| TEXT_BYTES_MAX.saturating_sub(length) as u32)
    });
    let too_long = Memo::new(move |_| field.with(|text| is_too_long(text)));
    let (words, room) =
        (t("text-too-long"), t1("composer-room", "count", move || left.get().unwrap_or_default()));
    view! {
        <p class="wrong" id="composer-wrong" role="alert">{move || too_long.get().then(words)}</p>
        <p class="hint composer-room" aria-live="off">
            {move || (left.get().is_some() && !too_long.get()).then(room)}
        </p>
    }
}

/// Chooses for how long messages are kept; its name says what is chosen.
#[component]
fn TimerButton(
    /// The conversation that is shown.
    talk: Talk,
    /// Which.
    conversation: ConversationId,
    /// Whether nothing can be written yet.
    waiting: Signal<bool>,
) -> impl IntoView {
    let composing = talk.composing(conversation);
    let after = Memo::new(move |_| composing.with(|composing| composing.expires_after()));
    let lang = language();
    let label = move || match after.get() {
        Some(after) => {
            let words = timer_words(lang.get(), after);
            text(lang.get(), "composer-timer-on", &[("after", words.into())])
        }
        None => text(lang.get(), "composer-timer", &[]),
    };
    view! {
        <button
            type="button"
            class="button-icon composer-tool"
            class:composer-tool-is-on=move || after.get().is_some()
            data-testid="timer"
            aria-haspopup="dialog"
            aria-label=label
            title=label
            disabled=move || waiting.get()
            on:click=move |_| talk.overlay().set(Some(Overlay::Timer))
        >
            {icon(Icon::Timer)}
        </button>
    }
}

fn send_button(waiting: Signal<bool>) -> AnyView {
    view! {
        <button
            type="submit"
            class="button button-send"
            data-testid="send"
            disabled=move || waiting.get()
            aria-label=t("composer-send")
            title=t("composer-send")
        >
            {icon(Icon::Send)}
        </button>
    }
    .into_any()
}
