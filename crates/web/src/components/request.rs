//! A form that was filled in, and what the line says about it, as messages of the timeline.

use kuvert_view::{DataView, MessageId, RequestView, StatusView};
use leptos::prelude::*;

use super::form_fields::in_language;
use super::icon::{Icon, icon};
use crate::dates;
use crate::i18n::{language, t, t1, text};
use crate::line;

/// Data of a message, whose text says the same.
pub(super) fn data(id: MessageId, data: &DataView, words: &str) -> AnyView {
    match data {
        DataView::Request(request) => request_card(id, request, words),
        DataView::Status(status) => status_card(status),
    }
}

/// What was asked, and where that stands.
fn request_card(id: MessageId, request: &RequestView, words: &str) -> AnyView {
    let (title, rest) = words.split_once('\n').unwrap_or((words, ""));
    let state = match &request.status {
        Some(status) => status.state.clone(),
        None => request.first.clone(),
    };
    let is_final = request.status.as_ref().is_some_and(|status| status.is_final);
    let has_state = !state.is_empty();
    let state = in_language(state);
    view! {
        <div class="filled" data-testid="request">
            <p class="filled-title">{icon(Icon::Edit)} <bdi>{title.to_owned()}</bdi></p>
            <p class="filled-words" dir="auto">{rest.to_owned()}</p>
            {has_state.then(|| view! {
                <p class="filled-state" class:filled-state-is-final=is_final data-testid="request-state">
                    <span class="hidden-words">{t("request-state")} " "</span> {state}
                </p>
            })}
            {line::hooks().map(|hooks| (hooks.request)(id, request))}
        </div>
    }
    .into_any()
}

/// What the line says about a request.
fn status_card(status: &StatusView) -> AnyView {
    let lang = language();
    let state = in_language(status.state.clone());
    let appointment = status.appointment.as_ref().map(|one| {
        let (from, to) = (one.from, one.to);
        let when = move || {
            let (day, end) = (dates::in_full(lang.get(), from), dates::clock(lang.get(), to));
            text(lang.get(), "request-appointment", &[("from", day.into()), ("to", end.into())])
        };
        view! {
            <p class="filled-appointment" data-testid="request-appointment">{icon(Icon::Clock)} {when}</p>
            <p class="filled-words" dir="auto">{one.place.clone()}</p>
        }
    });
    let erased = status.erase_at.map(|at| {
        view! { <p class="hint">{t1("line-erased", "when", move || dates::day(lang.get(), at))}</p> }
    });
    view! {
        <div class="filled" data-testid="request-status">
            <p class="filled-state" class:filled-state-is-final=status.is_final>{state}</p>
            <p class="filled-words" dir="auto">{status.note.clone()}</p>
            {appointment} {erased}
        </div>
    }
    .into_any()
}
