//! Reminders of a conversation.

use js_sys::Date;
use kuvert_view::{ConversationId, ReminderView, ToolCommand};
use leptos::prelude::*;
use wasm_bindgen::JsValue;

use super::entries::Entry;
use super::team_state::team;
use super::tools::post_tool;
use crate::dates;
use crate::i18n::{language, t, t1, text};

const HOUR: i64 = 3_600_000;

/// How many days it is to the next Monday, from a day of the week; 0 is Sunday.
fn days_to_monday(day: u32) -> u32 {
    match (8 - day % 7) % 7 {
        0 => 7,
        days => days,
    }
}

/// At nine in the morning, so many days from a time on, where the browser is.
fn at_nine(now: i64, days: impl FnOnce(u32) -> u32) -> i64 {
    let date = Date::new(&JsValue::from_f64(now as f64));
    date.set_date(date.get_date() + days(date.get_day()));
    date.set_hours(9);
    date.set_minutes(0);
    date.set_seconds(0);
    date.set_milliseconds(0);
    date.get_time() as i64
}

/// Reads what a field for date and time holds.
fn chosen(value: &str) -> Option<i64> {
    let at = Date::parse(value);
    at.is_finite().then_some(at as i64)
}

/// The reminders of a conversation, and the way to another one.
#[component]
pub(super) fn Reminders(
    /// Of which.
    id: ConversationId,
    /// The user may.
    can_act: Memo<bool>,
) -> impl IntoView {
    let case = team().case(id);
    let all = Memo::new(move |_| {
        case.with(|case| case.as_ref().map(|case| case.reminders.clone()).unwrap_or_default())
    });
    let open = RwSignal::new(false);
    let (word, wrong) = (RwSignal::new(String::new()), RwSignal::new(None));
    let set = move |at: i64| {
        let said = word.with_untracked(|word| word.trim().to_owned());
        if said.chars().count() > 200 {
            wrong.set(Some("desk-remind-long"));
            return;
        }
        post_tool(ToolCommand::SetReminder { conversation: id, at, text: said });
        word.set(String::new());
        open.set(false);
    };
    let button = move |key: &'static str, at: fn(i64) -> i64| {
        view! {
            <button type="button" class="queue-filter" data-testid=key on:click=move |_| set(at(dates::now()))>
                {t(key)}
            </button>
        }
    };
    view! {
        <section class="case-part">
            <ul class="tool-list">{move || all.get().into_iter().map(|one| item(id, one, can_act)).collect_view()}</ul>
            {move || can_act.get().then(|| view! {
                <button
                    type="button"
                    class="button button-is-second"
                    data-testid="desk-remind"
                    aria-expanded=move || open.get().to_string()
                    on:click=move |_| open.update(|open| *open = !*open)
                >
                    {t("desk-remind")}
                </button>
            })}
            {move || (open.get() && can_act.get()).then(|| view! {
                <Entry id="remind-word" label="desk-remind-word" value=word wrong=wrong/>
                <div class="queue-filters case-status" role="group" aria-label=t("desk-remind")>
                    {button("desk-remind-hour", |now| now + HOUR)}
                    {button("desk-remind-tomorrow", |now| at_nine(now, |_| 1))}
                    {button("desk-remind-monday", |now| at_nine(now, days_to_monday))}
                </div>
                {at_a_time(wrong, set)}
            })}
        </section>
    }
}

/// Chooses a day and a time.
fn at_a_time(
    wrong: RwSignal<Option<&'static str>>,
    set: impl Fn(i64) + Copy + Send + Sync + 'static,
) -> AnyView {
    let time = RwSignal::new(String::new());
    let set_chosen = move |_| match time.with_untracked(|time| chosen(time)) {
        Some(at) => set(at),
        None => wrong.set(Some("desk-remind-no-time")),
    };
    view! {
        <label class="field-label">
            <span>{t("desk-remind-at")}</span>
            <input
                type="datetime-local"
                class="choice"
                data-testid="remind-time"
                on:input=move |event| {
                    time.set(event_target_value(&event));
                    wrong.set(None);
                }
            />
        </label>
        <button type="button" class="button button-is-second" data-testid="remind-set" on:click=set_chosen>
            {t("desk-remind-set")}
        </button>
    }
    .into_any()
}

fn item(id: ConversationId, reminder: ReminderView, can_act: Memo<bool>) -> AnyView {
    let lang = language();
    let clock = team().tools().clock;
    let (at, which) = (reminder.at, reminder.id);
    let is_due = Memo::new(move |_| at <= clock.get());
    let name = reminder.member.clone();
    let who = move || text(lang.get(), "desk-reminder-of", &[("name", name.clone().into())]);
    view! {
        <li class="tool-item" class:reminder-is-due=is_due data-testid="reminder">
            <span>
                {move || is_due.get().then(|| view! { <strong>{t("desk-reminder-due")}</strong> " " })}
                <time>{move || dates::ahead(lang.get(), at)}</time>
                " "
                <bdi>{reminder.text}</bdi>
                {(!reminder.is_mine).then(|| view! { " " <span class="hint">{who}</span> })}
            </span>
            {move || can_act.get().then(|| view! {
                <button
                    type="button"
                    class="button-quiet"
                    on:click=move |_| post_tool(ToolCommand::ClearReminder { conversation: id, reminder: which })
                >
                    {t("desk-reminder-clear")}
                </button>
            })}
        </li>
    }
    .into_any()
}

/// What a row of the queue says of the user's next reminder.
pub(super) fn mark(remind_at: Option<i64>) -> AnyView {
    let Some(at) = remind_at else { return ().into_any() };
    let lang = language();
    let clock = team().tools().clock;
    let is_due = Memo::new(move |_| at <= clock.get());
    let when = t1("desk-reminder-at", "time", move || dates::ahead(lang.get(), at));
    let due = t("desk-reminder-due");
    view! {
        <span class="queue-reminder" class:queue-reminder-is-due=is_due data-testid="reminder-mark">
            {move || if is_due.get() { due() } else { when() }}
        </span>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn monday_is_never_today_and_at_most_a_week_away() {
        assert_eq!([0, 1, 2, 3, 4, 5, 6].map(days_to_monday), [1, 7, 6, 5, 4, 3, 2]);
    }
}
