//! A form that was filled in, and what the line says about it, as messages of the timeline.

use kuvert_desk::calendar::{self, Method, Status};
use kuvert_view::{AppointmentView, DataView, MessageId, RequestView, StatusView};
use leptos::prelude::*;

use super::form_fields::in_language;
use super::icon::{Icon, icon};
use super::qr_code::qr_code;
use crate::dates;
use crate::files::browser::{revoke_later, save, url_of_bytes};
use crate::i18n::{language, t, t1, text};
use crate::line;
use crate::navigation::navigation;
use crate::state::state;

/// Data of a message, whose text says the same.
pub(super) fn data(id: MessageId, data: &DataView, words: &str) -> AnyView {
    match data {
        DataView::Request(request) => request_card(id, request, words),
        DataView::Status(status) => status_card(id, status),
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
fn status_card(id: MessageId, status: &StatusView) -> AnyView {
    let conversation = navigation().route().with_untracked(crate::route::Route::conversation);
    let name = move || {
        let shown = conversation.and_then(|id| state().conversation(id).get_untracked());
        shown.map(|shown| shown.title).unwrap_or_default()
    };
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
    let calendar = status.appointment.clone().map(|one| {
        let save = move |_| keep_appointment(&one, id, &name());
        view! {
            <button type="button" class="button button-is-second" data-testid="add-to-calendar" on:click=save>
                {icon(Icon::Clock)} {t("request-calendar")}
            </button>
        }
    });
    let ticket = status.ticket.as_ref().map(|ticket| {
        view! {
            <div class="filled-ticket" data-testid="ticket">
                <p class="filled-title"><bdi>{ticket.title.clone()}</bdi></p>
                <p>{ticket.seats.clone()}</p>
                {qr_code(&ticket.code, "request-ticket", "request-ticket-hint")}
                <p class="filled-code" data-testid="ticket-code">{ticket.code.clone()}</p>
            </div>
        }
    });
    let erased = status.erase_at.map(|at| {
        view! { <p class="hint">{t1("line-erased", "when", move || dates::day(lang.get(), at))}</p> }
    });
    view! {
        <div class="filled" data-testid="request-status">
            <p class="filled-state" class:filled-state-is-final=status.is_final>{state}</p>
            <p class="filled-words" dir="auto">{status.note.clone()}</p>
            {appointment} {calendar} {ticket} {erased}
        </div>
    }
    .into_any()
}

/// Hands an appointment to the browser, as a file that calendars take.
fn keep_appointment(one: &AppointmentView, message: MessageId, with: &str) {
    let event = calendar::Appointment {
        uid: format!("{}-{}@kuvert.invalid", one.from, message.0),
        sequence: 0,
        stamp: dates::now(),
        start: one.from,
        end: one.to,
        summary: with.to_owned(),
        description: String::new(),
        location: one.place.clone(),
        status: Status::Confirmed,
        organizer: None,
        attendee: None,
        reminder: None,
    };
    let file = calendar::write(&event, Some(Method::Publish));
    if let Some(url) = url_of_bytes(file.as_bytes(), "text/calendar") {
        save(&url, "kuvert.ics");
        revoke_later(url);
    }
}
