//! What is limited: performances and series of appointments, who has what of them, and whether a ticket counts.

use kuvert_view::{
    CapacityDraft, CapacityView, CheckedTicket, DeskCommand, HolderView, LotView, SeatsCommand, SeriesDraft,
    TeamRole,
};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::entries::{Entry, LongEntry};
use super::team_state::{Team, post, team};
use crate::components::form_fields::in_language;
use crate::i18n::{language, t, t1, text};
use crate::screens::desk::PaneHead;

/// Days of the week, from Monday on, by the keys of their names.
const DAYS: [&str; 7] = [
    "desk-day-monday",
    "desk-day-tuesday",
    "desk-day-wednesday",
    "desk-day-thursday",
    "desk-day-friday",
    "desk-day-saturday",
    "desk-day-sunday",
];
/// Lots of one capacity that are listed without being asked for.
const LISTED: usize = 12;

fn seats(wish: SeatsCommand) {
    post(&DeskCommand::Seats(wish));
}

/// The page.
#[component]
pub(super) fn SeatsPage() -> impl IntoView {
    let team = team();
    seats(SeatsCommand::Show);
    // Which forms there are, an owner is told with the description.
    if team.role().get_untracked() == Some(TeamRole::Owner) {
        post(&DeskCommand::ShowDescription { kind: String::new() });
    }
    let all = team.capacities;
    view! {
        <article class="page" aria-labelledby="screen-heading">
            <PaneHead>
                <h1 id="screen-heading" tabindex="-1">{t("desk-seats")}</h1>
            </PaneHead>
            <div class="page-body">
                <p class="line-words">{t("desk-seats-intro")}</p>
                {move || all.get().into_iter().map(|one| capacity(team, one)).collect_view()}
                <NewSeries/>
                <NewPerformance/>
                <Tickets/>
            </div>
        </article>
    }
}

fn capacity(team: Team, one: CapacityView) -> AnyView {
    let id = one.id;
    let (rest, asks) = (one.lots.len().saturating_sub(LISTED), RwSignal::new(false));
    let mut lots: Vec<_> = one.lots.iter().map(lot_item).collect();
    let more = lots.split_off(lots.len().min(LISTED));
    let count = move || u32::try_from(rest).unwrap_or(u32::MAX);
    view! {
        <section class="sheet stack" data-testid="capacity">
            <h2><bdi>{one.title.clone()}</bdi></h2>
            <ul class="seats-lots">{lots}</ul>
            {(rest > 0).then(|| view! {
                <details>
                    <summary>{t1("desk-seats-more", "count", count)}</summary>
                    <ul class="seats-lots">{more}</ul>
                </details>
            })}
            {(!one.holders.is_empty()).then(|| view! {
                <ul class="seats-holders" data-testid="holders">{one.holders.iter().map(holder_item).collect_view()}</ul>
            })}
            {used_by(team, &one)}
            {move || if asks.get() {
                view! {
                    <p class="wrong">{t("desk-seats-drop-sure")}</p>
                    <button type="button" class="button" on:click=move |_| seats(SeatsCommand::Drop { id })>
                        {t("desk-seats-drop")}
                    </button>
                    <button type="button" class="button-quiet" on:click=move |_| asks.set(false)>{t("desk-seats-keep")}</button>
                }
                .into_any()
            } else {
                view! {
                    <button type="button" class="button-quiet" data-testid="seats-drop" on:click=move |_| asks.set(true)>
                        {t("desk-seats-drop")}
                    </button>
                }
                .into_any()
            }}
        </section>
    }
    .into_any()
}

fn lot_item(lot: &LotView) -> AnyView {
    let lang = language();
    let numbers = [("free", lot.free), ("held", lot.held), ("confirmed", lot.confirmed)];
    let words = move || {
        let numbers = numbers.map(|(name, number)| (name, number.to_string().into()));
        text(lang.get(), "desk-seats-lot", &numbers)
    };
    view! {
        <li class="seats-lot" data-testid="lot">
            <span class="seats-name">{lot.name.clone()}</span> <span class="seats-count">{words}</span>
        </li>
    }
    .into_any()
}

fn holder_item(holder: &HolderView) -> AnyView {
    let words = format!("{}: {} × {}", holder.name, holder.quantity, holder.lot);
    let message = holder.message;
    view! {
        <li>
            <bdi>{words}</bdi>
            {(!holder.is_confirmed).then(|| view! { " " <span class="hint">{t("desk-seats-held")}</span> })}
            {message.map(|message| view! {
                " "
                <button type="button" class="button-quiet" on:click=move |_| seats(SeatsCommand::Free { message })>
                    {t("desk-seats-free")}
                </button>
            })}
        </li>
    }
    .into_any()
}

/// Which form takes from it. An owner chooses.
fn used_by(team: Team, one: &CapacityView) -> AnyView {
    let (id, used) = (one.id, StoredValue::new(one.forms.clone()));
    let lang = language();
    let forms =
        Memo::new(move |_| team.draft().with(|draft| draft.as_ref().map(|draft| draft.forms.clone())));
    let choose = move |event| {
        let form = event_target_value(&event);
        if !form.is_empty() {
            seats(SeatsCommand::Use { id, form });
        }
    };
    let options = move || {
        let all = forms.get().unwrap_or_default().into_iter().map(|form| {
            let is_used = used.with_value(|used| used.contains(&form.id));
            view! { <option value=form.id.clone() prop:selected=is_used>{in_language(form.title)}</option> }
        });
        all.collect_view()
    };
    let is_unused = used.with_value(Vec::is_empty);
    let is_owner = Memo::new(move |_| team.role().get() == Some(TeamRole::Owner));
    view! {
        {move || is_owner.get().then(|| view! {
            <label class="field-label">
                <span>{t("desk-seats-form")}</span>
                <select class="choice" data-testid="seats-form" on:change=choose>
                    <option value="" prop:selected=is_unused>{move || text(lang.get(), "desk-seats-form-none", &[])}</option>
                    {options}
                </select>
            </label>
        })}
        {is_unused.then(|| view! { <p class="hint">{t("desk-seats-form-hint")}</p> })}
    }
    .into_any()
}

/// A time of day as it is typed.
fn minutes(typed: &str) -> Option<u16> {
    let (hours, minutes) = typed.split_once(':')?;
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.get(..2)?.parse().ok()?);
    (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}

/// An input of a kind, with its label.
fn input(kind: &'static str, id: &'static str, label: &'static str, value: RwSignal<String>) -> AnyView {
    view! {
        <label class="field-label">
            <span>{t(label)}</span>
            <input
                type=kind
                class="form-short"
                autocomplete="off"
                data-testid=id
                prop:value=value
                on:input=move |event| value.set(event_target_value(&event))
            />
        </label>
    }
    .into_any()
}

#[component]
fn NewSeries() -> impl IntoView {
    let new = |text: &str| RwSignal::new(text.to_owned());
    let (title, first, last) = (new(""), new(""), new(""));
    let (from, to, length, gap, each) = (new("09:00"), new("12:00"), new("30"), new("0"), new("1"));
    let (days, wrong) = (RwSignal::new([true, true, true, true, true, false, false]), RwSignal::new(None));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let weekdays = (0_u8..7).filter(|day| days.with_untracked(|days| days[usize::from(*day)])).collect();
        let number = |value: RwSignal<String>| value.with_untracked(|value| value.trim().parse().ok());
        let draft = (|| {
            Some(SeriesDraft {
                title: title.get_untracked(),
                first: first.get_untracked(),
                last: last.get_untracked(),
                weekdays,
                from: from.with_untracked(|from| minutes(from))?,
                to: to.with_untracked(|to| minutes(to))?,
                length: number(length)?,
                gap: number(gap)?,
                each: u32::from(number(each)?),
            })
        })();
        match draft.filter(|draft| !draft.title.trim().is_empty() && draft.length > 0) {
            Some(draft) => {
                seats(SeatsCommand::Series(draft));
                title.set(String::new());
            }
            None => wrong.set(Some("desk-seats-wrong")),
        }
    };
    let boxes = DAYS.into_iter().enumerate().map(move |(at, key)| {
        view! {
            <label class="form-option">
                <input
                    type="checkbox"
                    autocomplete="off"
                    prop:checked=move || days.with(|days| days[at])
                    on:change=move |event| days.update(|days| days[at] = event_target_checked(&event))
                />
                <span>{t(key)}</span>
            </label>
        }
    });
    view! {
        <form class="sheet stack" novalidate on:submit=submit data-testid="new-series">
            <h2>{t("desk-series")}</h2>
            <Entry id="series-title" label="desk-seats-title" value=title wrong=wrong/>
            <div class="seats-row">
                {input("date", "series-first", "desk-series-first", first)}
                {input("date", "series-last", "desk-series-last", last)}
            </div>
            <div class="seats-row">{boxes.collect_view()}</div>
            <div class="seats-row">
                {input("time", "series-from", "desk-series-from", from)}
                {input("time", "series-to", "desk-series-to", to)}
                {input("number", "series-length", "desk-series-length", length)}
                {input("number", "series-gap", "desk-series-gap", gap)}
                {input("number", "series-each", "desk-series-each", each)}
            </div>
            <button type="submit" class="button" data-testid="series-add">{t("desk-seats-add")}</button>
        </form>
    }
}

#[component]
fn NewPerformance() -> impl IntoView {
    let new = || RwSignal::new(String::new());
    let (title, day, begins, ends, lots) = (new(), new(), new(), new(), new());
    let (wrong, lots_wrong) = (RwSignal::new(None), RwSignal::new(None));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let kinds = lots.with_untracked(|lots| read_lots(lots));
        if title.with_untracked(|title| title.trim().is_empty()) {
            wrong.set(Some("desk-seats-wrong"));
            return;
        }
        let Some(kinds) = kinds else {
            lots_wrong.set(Some("desk-seats-kinds-wrong"));
            return;
        };
        let (day, begins, ends) = (day.get_untracked(), begins.get_untracked(), ends.get_untracked());
        let when = match (day.is_empty(), ends.is_empty()) {
            (true, _) => String::new(),
            (false, true) => format!("{day} {begins}"),
            (false, false) => format!("{day} {begins}-{ends}"),
        };
        seats(SeatsCommand::Set(CapacityDraft { id: None, title: title.get_untracked(), lots: kinds, when }));
        title.set(String::new());
    };
    view! {
        <form class="sheet stack" novalidate on:submit=submit data-testid="new-performance">
            <h2>{t("desk-performance")}</h2>
            <Entry id="performance-title" label="desk-seats-title" value=title wrong=wrong/>
            <div class="seats-row">
                {input("date", "performance-day", "desk-performance-day", day)}
                {input("time", "performance-from", "desk-series-from", begins)}
                {input("time", "performance-to", "desk-performance-to", ends)}
            </div>
            <LongEntry id="performance-lots" label="desk-seats-kinds" hint="desk-seats-kinds-hint" value=lots wrong=lots_wrong/>
            <button type="submit" class="button" data-testid="performance-add">{t("desk-seats-add")}</button>
        </form>
    }
}

/// Kinds of seats, one in each line, with how many there are behind it; `None` if a line is none.
fn read_lots(typed: &str) -> Option<Vec<(String, u32)>> {
    let lines = typed.lines().map(str::trim).filter(|line| !line.is_empty());
    let lots: Option<Vec<_>> = lines
        .map(|line| {
            let (name, seats) = line.rsplit_once([' ', '\t'])?;
            Some((name.trim().trim_end_matches(':').to_owned(), seats.parse().ok()?))
        })
        .collect();
    lots.filter(|lots| !lots.is_empty())
}

#[component]
fn Tickets() -> impl IntoView {
    let checked = team().ticket;
    let (code, wrong) = (RwSignal::new(String::new()), RwSignal::new(None));
    let check = move |admit: bool| {
        let code = code.with_untracked(|code| code.trim().to_owned());
        if code.is_empty() {
            wrong.set(Some("desk-ticket-missing"));
        } else {
            seats(SeatsCommand::CheckTicket { code, admit });
        }
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        check(false);
    };
    let lang = language();
    let said = move || {
        checked.get().map(|ticket| {
            let (key, title, seats, name) = match ticket {
                CheckedTicket::Valid { title, seats, name, is_admitted: false } => {
                    ("desk-ticket-valid", title, seats, name)
                }
                CheckedTicket::Valid { title, seats, name, is_admitted: true } => {
                    ("desk-ticket-admitted", title, seats, name)
                }
                CheckedTicket::Used { title, name, .. } => ("desk-ticket-used", title, String::new(), name),
                CheckedTicket::Unknown => {
                    ("desk-ticket-unknown", String::new(), String::new(), String::new())
                }
            };
            let facts = [("title", title.into()), ("seats", seats.into()), ("name", name.into())];
            text(lang.get(), key, &facts)
        })
    };
    view! {
        <form class="sheet stack" novalidate on:submit=submit data-testid="tickets">
            <h2>{t("desk-ticket")}</h2>
            <Entry id="ticket-code-entry" label="desk-ticket-code" hint="desk-ticket-hint" value=code wrong=wrong/>
            <p role="status" data-testid="ticket-said">{said}</p>
            <div class="seats-row">
                <button type="submit" class="button" data-testid="ticket-check">{t("desk-ticket-check")}</button>
                <button type="button" class="button button-is-second" data-testid="ticket-admit" on:click=move |_| check(true)>
                    {t("desk-ticket-admit")}
                </button>
            </div>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_seats_are_read_line_by_line() {
        let lots = read_lots("Parkett: 80\n\nLoge links 4 \n2026-11-24 20:00 30").expect("three kinds");
        assert_eq!(lots[0], ("Parkett".to_owned(), 80));
        assert_eq!(lots[2], ("2026-11-24 20:00".to_owned(), 30));
        assert_eq!(read_lots("Parkett"), None);
        assert_eq!(read_lots(" \n"), None);
    }
}
