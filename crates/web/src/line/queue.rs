//! The queue: the line's conversations, who waits longest first.

use std::collections::HashMap;

use kuvert_view::{ConversationId, DeskCommand, QueueFilter, QueueRowView, Sender, TeamRole};
use leptos::prelude::*;

use super::labels::{LabelFilter, chips};
use super::offers::offers;
use super::search::{Found, search_field};
use super::team_state::{post, team};
use super::{outside, reminders};
use crate::components::attachments::or_files;
use crate::components::bubble::kind_words;
use crate::components::icon::{Icon, envelope, icon};
use crate::components::stamp::stamp;
use crate::dates;
use crate::find::is_worth_it;
use crate::i18n::{language, t, t1, text};
use crate::markdown::on_one_line;
use crate::navigation::navigation;
use crate::route::Route;
use crate::screens::list::unread_badge;
use crate::state::state;

/// Filters, in the order of the counts.
const FILTERS: [(QueueFilter, &str); 5] = [
    (QueueFilter::New, "desk-filter-new"),
    (QueueFilter::Mine, "desk-filter-mine"),
    (QueueFilter::All, "desk-filter-all"),
    (QueueFilter::Waiting, "desk-filter-waiting"),
    (QueueFilter::Done, "desk-filter-done"),
];

type ById = HashMap<ConversationId, QueueRowView>;

/// The pane with the queue.
#[component]
pub(super) fn Queue() -> impl IntoView {
    let team = team();
    let queue = team.queue();
    let rows = Memo::new(move |_| {
        let (filter, label) = (team.filter().get(), team.tools().label.get());
        let is_listed = |row: &&QueueRowView| label.is_none_or(|label| row.labels.contains(&label));
        queue.with(|queue| {
            let queue = queue.as_ref().filter(|queue| queue.filter == filter)?;
            Some(queue.rows.iter().filter(is_listed).cloned().collect::<Vec<_>>())
        })
    });
    let ids = Memo::new(move |_| {
        rows.with(|rows| rows.iter().flatten().map(|row| row.conversation).collect::<Vec<_>>())
    });
    let by_id = Memo::new(move |_| {
        rows.with(|rows| rows.iter().flatten().map(|row| (row.conversation, row.clone())).collect::<ById>())
    });
    let typed = team.tools().typed;
    let is_searching = Memo::new(move |_| typed.with(|typed| is_worth_it(typed)));
    let others = outside::rows();
    let is_empty = Memo::new(move |_| {
        rows.with(|rows| rows.as_ref().is_some_and(Vec::is_empty)) && others.with(Vec::is_empty)
    });
    view! {
        <nav class="list" aria-labelledby="list-heading">
            {head()}
            {search_field()}
            <h1 class="list-heading hidden-words" id="list-heading" tabindex="-1">{t("desk-queue")}</h1>
            <div class="queue-filters" role="group" aria-label=t("desk-filters")>
                {FILTERS.into_iter().enumerate().map(|(at, (filter, key))| filter_button(at, filter, key)).collect_view()}
            </div>
            {offers()}
            <LabelFilter/>
            {move || is_searching.get().then(|| view! { <Found/> })}
            <div class="list-scroll" class:is-gone=is_searching>
                {move || is_empty.get().then(|| view! { <p class="hint list-note">{t("desk-queue-empty")}</p> })}
                {outside::list(others)}
                <ul class="list-items" data-testid="queue">
                    <For each=move || ids.get() key=|id| *id children=move |id| row_item(id, by_id)/>
                </ul>
            </div>
            {foot()}
        </nav>
    }
}

/// The line's name, and the way to the team.
fn head() -> AnyView {
    let navigation = navigation();
    let team = team();
    let desk = team.desk();
    let name = move || desk.with(|desk| desk.as_ref().map(|desk| desk.name.clone()).unwrap_or_default());
    let is_owner = Memo::new(move |_| team.role().get() == Some(TeamRole::Owner));
    view! {
        <header class="list-head">
            <p class="brand">{envelope()} <bdi>{name}</bdi></p>
            <div class="list-ways">
                {move || is_owner.get().then(|| view! {
                    <button
                        type="button"
                        class="button-icon"
                        data-testid="describe"
                        aria-label=t("desk-describe")
                        title=t("desk-describe")
                        on:click=move |_| navigation.go(Route::Describe)
                    >
                        {icon(Icon::Edit)}
                    </button>
                })}
                {seats_way()}
                {statistics_way()}
                <button
                    type="button"
                    class="button-icon"
                    data-testid="team"
                    aria-label=t("desk-team")
                    title=t("desk-team")
                    on:click=move |_| navigation.go(Route::Team)
                >
                    {icon(Icon::People)}
                </button>
            </div>
        </header>
    }
    .into_any()
}

/// The way to what is limited, for supervisors.
fn seats_way() -> AnyView {
    let navigation = navigation();
    let role = team().role();
    let is_supervisor = Memo::new(move |_| role.get() >= Some(TeamRole::Supervisor));
    (move || {
        is_supervisor.get().then(|| {
            view! {
                <button
                    type="button"
                    class="button-icon"
                    data-testid="seats"
                    aria-label=t("desk-seats")
                    title=t("desk-seats")
                    on:click=move |_| navigation.go(Route::Seats)
                >
                    {icon(Icon::Clock)}
                </button>
            }
        })
    })
    .into_any()
}

/// The way to what was counted, for supervisors.
fn statistics_way() -> AnyView {
    let navigation = navigation();
    let role = team().role();
    let is_supervisor = Memo::new(move |_| role.get() >= Some(TeamRole::Supervisor));
    (move || {
        is_supervisor.get().then(|| {
            view! {
                <button
                    type="button"
                    class="button-icon"
                    data-testid="statistics"
                    aria-label=t("desk-statistics")
                    title=t("desk-statistics")
                    on:click=move |_| navigation.go(Route::Statistics)
                >
                    {icon(Icon::Chart)}
                </button>
            }
        })
    })
    .into_any()
}

fn filter_button(at: usize, filter: QueueFilter, key: &'static str) -> AnyView {
    let team = team();
    let (desk, queue) = (team.desk(), team.queue());
    let count = Memo::new(move |_| {
        let shown = queue.with(|queue| queue.as_ref().map(|queue| queue.counts[at]));
        shown.unwrap_or_else(|| desk.with(|desk| desk.as_ref().map_or(0, |desk| desk.counts[at])))
    });
    let is_chosen = Memo::new(move |_| team.filter().get() == filter);
    view! {
        <button
            type="button"
            class="queue-filter"
            data-testid=key
            aria-pressed=move || is_chosen.get().to_string()
            on:click=move |_| team.choose(filter)
        >
            {t(key)}
            " "
            <span class="queue-count">{move || count.get()}</span>
        </button>
    }
    .into_any()
}

/// A row, which follows its changes.
fn row_item(id: ConversationId, by_id: Memo<ById>) -> AnyView {
    let navigation = navigation();
    let row = Memo::new(move |_| by_id.with(|rows| rows.get(&id).cloned()));
    let route = navigation.route();
    let is_shown = Memo::new(move |_| route.with(|route| route.concerns() == Some(id)));
    view! {
        <li>
            <button
                type="button"
                class="item"
                data-testid="queue-item"
                aria-current=move || is_shown.get().then_some("true")
                on:click=move |_| navigation.go(Route::Conversation(id))
            >
                {move || row.get().map(row_lines)}
            </button>
        </li>
    }
    .into_any()
}

fn row_lines(row: QueueRowView) -> AnyView {
    let lang = language();
    let conversation = state().conversation(row.conversation);
    let kuvert_id = conversation.with_untracked(|shown| shown.as_ref().map(|shown| shown.kuvert_id.clone()));
    let preview = row.last.map(|last| {
        move || {
            let lang = lang.get();
            let words = kind_words(lang, last.kind).unwrap_or_else(|| on_one_line(&or_files(lang, &last)));
            match last.from {
                Sender::Own => text(lang, "desk-row-own", &[("text", words.into())]),
                Sender::Contact | Sender::System => words,
            }
        }
    });
    let waits = row.waiting_since.map(|at| {
        view! {
            <time class="item-time queue-waits" title=t("desk-waits")>{move || dates::in_list(lang.get(), at)}</time>
        }
    });
    view! {
        {stamp(&row.name, &kuvert_id.unwrap_or_default())}
        <span class="item-lines">
            <span class="item-line">
                <span class="item-title"><bdi>{row.name.clone()}</bdi></span>
                {waits}
            </span>
            <span class="item-line item-line-is-last">
                <span class="item-preview" dir="auto">{preview}</span>
                {(row.unread > 0).then(|| unread_badge(row.unread))}
            </span>
            <span class="item-line item-marks">
                {row.is_overdue.then(|| view! { <span class="queue-overdue">{t("desk-overdue")}</span> })}
                {claim_mark(row.claimed_by, row.is_mine)}
                {row.asks_erasure.then(|| view! { <span class="queue-claim">{t("desk-asks-erasure")}</span> })}
                {answering_mark(&row.answering)}
                {reminders::mark(row.remind_at)}
            </span>
            {chips(row.labels)}
        </span>
    }
    .into_any()
}

/// Who writes an answer at this moment.
fn answering_mark(names: &[String]) -> AnyView {
    if names.is_empty() {
        return ().into_any();
    }
    let names = Signal::stored(names.join(", "));
    let words = t1("desk-answering", "name", move || names.get());
    view! { <span class="queue-answering" data-testid="answering-mark">{words}</span> }.into_any()
}

/// Who looks after it.
fn claim_mark(by: Option<String>, is_mine: bool) -> AnyView {
    match by {
        _ if is_mine => {
            view! { <span class="queue-claim queue-claim-is-mine">{t("desk-mine")}</span> }.into_any()
        }
        Some(name) => {
            let name = Signal::stored(name);
            view! { <span class="queue-claim">{t1("desk-claimed-by", "name", move || name.get())}</span> }
                .into_any()
        }
        None => {
            view! { <span class="queue-claim queue-claim-is-free">{t("desk-unclaimed")}</span> }.into_any()
        }
    }
}

/// Whether the user is on duty, and the way to the settings.
fn foot() -> AnyView {
    let navigation = navigation();
    let team = team();
    let members = team.members();
    let is_on = Memo::new(move |_| {
        let me = team.me();
        members.with(|all| all.iter().any(|member| Some(member.id) == me && member.on_duty))
    });
    view! {
        <footer class="list-foot queue-foot">
            <button
                type="button"
                class="queue-duty"
                role="switch"
                data-testid="duty"
                aria-checked=move || is_on.get().to_string()
                on:click=move |_| post(&DeskCommand::Duty { member: None, on: !is_on.get_untracked() })
            >
                <span class="queue-duty-mark" aria-hidden="true"></span>
                {t("desk-duty")}
            </button>
            <button type="button" class="list-foot-button" on:click=move |_| navigation.go(Route::Settings)>
                <span class="list-foot-settings">{icon(Icon::Settings)} {t("nav-settings")}</span>
            </button>
        </footer>
    }
    .into_any()
}
