//! Marks in words and colour: how well a contact is known, and what became of a message.

use kuvert_view::{Delivery, Trust};
use leptos::prelude::*;

use super::icon::{Icon, icon};
use crate::i18n::t;

fn trust_keys(trust: Trust) -> (&'static str, &'static str, &'static str) {
    match trust {
        Trust::New => ("trust trust-is-new", "trust-new", "trust-new-hint"),
        Trust::Introduced => ("trust trust-is-introduced", "trust-introduced", "trust-introduced-hint"),
        Trust::Verified => ("trust trust-is-verified", "trust-verified", "trust-verified-hint"),
        Trust::Changed => ("trust trust-is-changed", "trust-changed", "trust-changed-hint"),
    }
}

/// Text key of the sentence that says what a level of trust means.
pub(crate) fn trust_hint(trust: Trust) -> &'static str {
    trust_keys(trust).2
}

/// How well a contact is known, in a word, a shape and a colour.
pub(crate) fn trust_mark(trust: Trust) -> AnyView {
    let (class, word, hint) = trust_keys(trust);
    view! {
        <span class=class title=t(hint)>
            <span class="trust-sign" aria-hidden="true"></span>
            {t(word)}
        </span>
    }
    .into_any()
}

/// What became of an own message: ticks, and the words for screen readers and for the mouse.
pub(crate) fn delivery_mark(delivery: Delivery) -> AnyView {
    let (class, sign, word) = match delivery {
        Delivery::Queued => ("delivery", Icon::Clock, "delivery-queued"),
        Delivery::Sent => ("delivery", Icon::Tick, "delivery-sent"),
        Delivery::Delivered => ("delivery", Icon::Ticks, "delivery-delivered"),
        Delivery::Read => ("delivery delivery-is-read", Icon::Ticks, "delivery-read"),
        Delivery::Failed => ("delivery delivery-is-failed", Icon::Warning, "delivery-failed"),
        Delivery::Received => return ().into_any(),
    };
    view! {
        <span class=class title=t(word) data-delivery=format!("{delivery:?}").to_lowercase()>
            {icon(sign)}
            <span class="hidden-words">{t(word)}</span>
        </span>
    }
    .into_any()
}
