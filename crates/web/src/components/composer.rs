//! Where messages are written. Never waits for the engine.

use kuvert_view::ConversationId;
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use super::icon::{Icon, icon};
use crate::i18n::{t, t1};
use crate::state::state;
use crate::text::{is_too_long, valid_text};

/// The field and its button.
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
    /// Called after a message was handed over.
    on_sent: Callback<()>,
) -> impl IntoView {
    let state = state();
    let draft = state.draft(conversation);
    let too_long = Memo::new(move |_| draft.with(|draft| is_too_long(draft)));
    let send = move || {
        let text = draft.with_untracked(|draft| valid_text(draft));
        if let Some(text) = text.filter(|_| !waiting.get_untracked()) {
            state.send(conversation, text);
            on_sent.run(());
        }
    };
    let on_key = move |event: KeyboardEvent| {
        if event.key() == "Enter" && !event.shift_key() && !event.is_composing() {
            event.prevent_default();
            send();
        }
    };
    let too_long_words = t("text-too-long");
    view! {
        <form
            class="composer"
            on:submit=move |event| {
                event.prevent_default();
                send();
            }
        >
            <p class="wrong" id="composer-wrong" role="alert">
                {move || too_long.get().then(too_long_words)}
            </p>
            <div class="composer-row">
                <div class="grows" data-text=move || draft.get()>
                    <textarea
                        id="composer"
                        data-testid="composer"
                        rows="1"
                        autocomplete="off"
                        dir="auto"
                        aria-label=t1("composer-label", "name", move || name.get())
                        aria-describedby="composer-wrong composer-reason"
                        placeholder=t("composer-placeholder")
                        disabled=move || waiting.get()
                        prop:value=move || draft.get()
                        on:input=move |event| state.typed(conversation, event_target_value(&event))
                        on:keydown=on_key
                    ></textarea>
                </div>
                {send_button(waiting)}
            </div>
        </form>
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
