//! One message of a timeline.

use kuvert_view::{Delivery, MessageId, MessageView, Sender, UiCommand};
use leptos::prelude::*;

use super::icon::{Icon, icon};
use super::marks::delivery_mark;
use crate::i18n::{language, t};
use crate::state::state;
use crate::text::{Segment, segments};
use crate::{bridge, dates};

/// A message of the timeline, which follows its changes.
#[component]
pub(crate) fn Bubble(
    /// Which message.
    id: MessageId,
    /// Whether the message before it came from the same side.
    follows: bool,
    /// The other person's name, for screen readers.
    #[prop(into)]
    name: Signal<String>,
) -> impl IntoView {
    let timeline = state().timeline();
    let message = Memo::new(move |_| timeline.with(|timeline| timeline.find(id).cloned()));
    move || message.get().map(|message| shown(message, follows, name))
}

fn shown(message: MessageView, follows: bool, name: Signal<String>) -> AnyView {
    let class = match (message.from, follows) {
        (Sender::System, _) => return system_line(message.text),
        (Sender::Own, false) => "bubble bubble-is-own",
        (Sender::Own, true) => "bubble bubble-is-own bubble-follows",
        (Sender::Contact, false) => "bubble",
        (Sender::Contact, true) => "bubble bubble-follows",
    };
    let id = message.id;
    let failed = message.delivery == Delivery::Failed;
    view! {
        <div class=class data-testid="message">
            {speaker(message.from, name)}
            <p class="bubble-text" dir="auto">{said(&message.text)}</p>
            <p class="bubble-foot">
                {time_of(message.at)}
                {delivery_mark(message.delivery)}
            </p>
        </div>
        {failed.then(|| retry(id))}
    }
    .into_any()
}

/// What a message says. The engine gives no text for what only a newer version understands.
fn said(text: &str) -> AnyView {
    if text.is_empty() {
        return view! { <em>{t("message-unsupported")}</em> }.into_any();
    }
    words(text).into_any()
}

/// A text that was handed to the engine and is not in the timeline yet.
pub(crate) fn unconfirmed(text: &str) -> AnyView {
    view! {
        <li class="row">
            <div class="bubble bubble-is-own bubble-is-unconfirmed">
                <p class="bubble-text" dir="auto">{words(text)}</p>
                <p class="bubble-foot">{delivery_mark(Delivery::Queued)}</p>
            </div>
        </li>
    }
    .into_any()
}

fn system_line(text: String) -> AnyView {
    view! { <p class="system-line" data-testid="message">{text}</p> }.into_any()
}

fn speaker(from: Sender, name: Signal<String>) -> AnyView {
    let own = t("conversation-own");
    let words = move || if from == Sender::Own { own() } else { name.get() };
    view! { <span class="hidden-words">{words}": "</span> }.into_any()
}

fn time_of(at: i64) -> AnyView {
    let lang = language();
    view! {
        <time title=move || dates::in_full(lang.get(), at)>{move || dates::clock(lang.get(), at)}</time>
    }
    .into_any()
}

fn retry(message: MessageId) -> AnyView {
    view! {
        <button
            type="button"
            class="button-quiet retry"
            on:click=move |_| bridge::post(&UiCommand::Retry { message })
        >
            {icon(Icon::Warning)}
            {t("delivery-retry")}
        </button>
    }
    .into_any()
}

fn words(text: &str) -> Vec<AnyView> {
    segments(text)
        .into_iter()
        .map(|segment| match segment {
            Segment::Plain(text) => text.into_any(),
            Segment::Address(address) => {
                let target = address.clone();
                view! { <a href=target target="_blank" rel="noopener noreferrer">{address}</a> }.into_any()
            }
        })
        .collect()
}
