//! What is asked and told about messages in a dialog: deletion, details, timer, day.

use js_sys::Date;
use kuvert_view::{ConversationId, DetailsView, MessageKind, MessageView, Sender, UiCommand};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::emoji::head;
use super::marks::delivery_mark;
use crate::i18n::{Lang, language, t, text};
use crate::talk::{Overlay, Talk};
use crate::{bridge, dates};

/// Asks where a message is to be deleted. An own one can go everywhere.
pub(crate) fn delete(talk: Talk, message: &MessageView) -> AnyView {
    let id = message.id;
    let is_everywhere = message.from == Sender::Own && message.kind != MessageKind::Deleted;
    let go = move |everywhere| {
        bridge::post(&UiCommand::Delete { message: id, everywhere });
        talk.overlay().set(None);
    };
    view! {
        <div class="overlay-body" data-testid="delete-dialog">
            {head(talk, "delete-heading")}
            <p>{if is_everywhere { t("delete-text-own").into_any() } else { t("delete-text").into_any() }}</p>
            <div class="dialog-buttons">
                {is_everywhere.then(|| view! {
                    <button type="button" class="button button-is-danger" on:click=move |_| go(true)>
                        {t("delete-everywhere")}
                    </button>
                })}
                <button type="button" class="button button-is-danger" on:click=move |_| go(false)>
                    {t("delete-here")}
                </button>
                <button
                    type="button"
                    class="button button-is-second"
                    data-first=""
                    on:click=move |_| talk.overlay().set(None)
                >
                    {t("delete-keep")}
                </button>
            </div>
        </div>
    }
    .into_any()
}

/// Who has a message, and since when, once the engine has said it.
pub(crate) fn details(talk: Talk) -> AnyView {
    let shown = Memo::new(move |_| {
        talk.overlay().with(|overlay| match overlay {
            Some(Overlay::Details { details, .. }) => details.clone(),
            _ => None,
        })
    });
    view! {
        <div class="overlay-body" data-testid="details" tabindex="-1" data-first="">
            {head(talk, "details-heading")}
            {move || shown.get().map(|details| facts(&details))}
        </div>
    }
    .into_any()
}

fn facts(details: &DetailsView) -> AnyView {
    let lang = language();
    let message = &details.message;
    let is_own = message.from == Sender::Own;
    let when = move |at: i64| move || dates::in_short(lang.get(), at);
    let receipts = details.receipts.iter().map(move |receipt| {
        let (name, delivered, read) = (receipt.name.clone(), receipt.delivered, receipt.read);
        view! {
            <li class="receipt">
                <bdi class="receipt-name">{name}</bdi>
                <span>{t("delivery-delivered")} ": " {when(delivered)}</span>
                {read.map(|at| view! { <span>{t("delivery-read")} ": " {when(at)}</span> })}
            </li>
        }
    });
    let receipts: Vec<_> = receipts.collect();
    let reactions = details.reactions.iter().map(move |reacted| {
        let (name, own) = (reacted.name.clone(), reacted.own);
        let who = if own { t("conversation-own").into_any() } else { view! { <bdi>{name}</bdi> }.into_any() };
        view! {
            <li class="receipt">
                <span class="receipt-name">{reacted.text.clone()} " " {who}</span>
                <span>{when(reacted.at)}</span>
            </li>
        }
    });
    let reactions: Vec<_> = reactions.collect();
    let waits = is_own && receipts.is_empty();
    view! {
        <dl class="facts">
            <dt>{t("details-written")}</dt>
            <dd>{when(message.at)}</dd>
            {message.edited_at.map(|at| view! { <dt>{t("message-edited")}</dt> <dd>{when(at)}</dd> })}
            {message.expires_at.map(|at| view! { <dt>{t("details-expires")}</dt> <dd>{when(at)}</dd> })}
            {is_own.then(|| view! {
                <dt>{t("details-state")}</dt>
                <dd class="details-state">{delivery_mark(message.delivery)} {state_words(message)}</dd>
            })}
        </dl>
        {is_own.then(|| view! {
            <h3>{t("details-receipts")}</h3>
            <ul class="receipts">{receipts}</ul>
            {waits.then(|| view! { <p class="hint">{t("details-nobody")}</p> })}
        })}
        {(!reactions.is_empty()).then(|| view! {
            <h3>{t("message-reactions")}</h3>
            <ul class="receipts">{reactions}</ul>
        })}
    }
    .into_any()
}

fn state_words(message: &MessageView) -> AnyView {
    use kuvert_view::Delivery;
    let word = match message.delivery {
        Delivery::Queued => t("delivery-queued"),
        Delivery::Sent => t("delivery-sent"),
        Delivery::Delivered => t("delivery-delivered"),
        Delivery::Read => t("delivery-read"),
        Delivery::Failed => t("delivery-failed"),
        Delivery::Received => return ().into_any(),
    };
    view! { <span aria-hidden="true">{word}</span> }.into_any()
}

const HOUR: u32 = 3_600;
const DAY: u32 = 24 * HOUR;

/// For how long messages can be kept after reading, with the words for it.
const TIMERS: [(Option<u32>, &str); 6] = [
    (None, "timer-off"),
    (Some(HOUR), "timer-hour"),
    (Some(DAY), "timer-day"),
    (Some(7 * DAY), "timer-week"),
    (Some(30 * DAY), "timer-month"),
    (Some(90 * DAY), "timer-quarter"),
];

/// A timer in words.
pub(crate) fn timer_words(lang: Lang, after: u32) -> String {
    let known = TIMERS.iter().find(|(seconds, _)| *seconds == Some(after));
    known.map_or_else(|| format!("{after} s"), |(_, key)| text(lang, key, &[]))
}

/// Chooses for how long what one writes here is kept.
pub(crate) fn timer(talk: Talk, conversation: ConversationId) -> AnyView {
    let chosen = talk.composing(conversation).get_untracked().expires_after();
    let one = move |(after, key): (Option<u32>, &'static str)| {
        let is_chosen = chosen == after;
        view! {
            <label class="choice">
                <input
                    type="radio"
                    name="timer"
                    prop:checked=is_chosen
                    data-first=is_chosen.then_some("")
                    on:change=move |_| talk.set_timer(conversation, after)
                />
                <span>{t(key)}</span>
            </label>
        }
    };
    view! {
        <form
            class="overlay-body"
            data-testid="timer-dialog"
            on:submit=move |event: SubmitEvent| {
                event.prevent_default();
                talk.overlay().set(None);
            }
        >
            {head(talk, "timer-heading")}
            <p>{t("timer-text")}</p>
            <fieldset class="choices">
                <legend class="hidden-words">{t("timer-heading")}</legend>
                {TIMERS.into_iter().map(one).collect::<Vec<_>>()}
            </fieldset>
            <button type="submit" class="button">{t("dialog-done")}</button>
        </form>
    }
    .into_any()
}

/// Goes to a day.
pub(crate) fn day(talk: Talk, conversation: ConversationId) -> AnyView {
    let chosen = RwSignal::new(String::new());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(at) = chosen.with_untracked(|day| beginning_of(day)) {
            talk.overlay().set(None);
            talk.to_day(conversation, at);
        }
    };
    view! {
        <form class="overlay-body" data-testid="day-dialog" on:submit=submit>
            {head(talk, "day-heading")}
            <div class="field">
                <label for="day-field">{t("day-label")}</label>
                <input
                    id="day-field"
                    type="date"
                    required
                    data-first=""
                    prop:value=chosen
                    on:input=move |event| chosen.set(event_target_value(&event))
                />
            </div>
            <button type="submit" class="button">{t("day-go")}</button>
        </form>
    }
    .into_any()
}

/// When a day begins here: milliseconds since 1970 (UTC). `day` is what a date field says: `2026-11-22`.
fn beginning_of(day: &str) -> Option<i64> {
    let (year, month, day) = parts_of(day)?;
    let date = Date::new_with_year_month_day(year, month.checked_sub(1)?, day);
    let at = date.get_time();
    at.is_finite().then_some(at as i64)
}

fn parts_of(day: &str) -> Option<(u32, i32, i32)> {
    let mut parts = day.split('-');
    let parsed = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    parts.next().is_none().then_some(parsed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_as_the_field_writes_it() {
        assert_eq!(parts_of("2026-11-22"), Some((2026, 11, 22)));
        assert_eq!(parts_of("2026-11"), None);
        assert_eq!(parts_of(""), None);
    }
}
