//! Search over the whole desk: customers by name, label and note, and what was written.

use std::time::Duration;

use kuvert_view::{FoundCaseView, FoundCasesView, ToolCommand};
use leptos::prelude::*;

use super::labels::chips;
use super::team_state::team;
use super::tools::post_tool;
use crate::components::search_field::SearchField;
use crate::find::is_worth_it;
use crate::harmless::clean;
use crate::i18n::t;
use crate::navigation::navigation;
use crate::route::Route;
use crate::screens::found::{Results, follow_typing};
use crate::state::state;

/// Rest after a key before customers are looked for.
const REST: Duration = Duration::from_millis(180);

/// The field above the queue.
pub(super) fn search_field() -> AnyView {
    let typed = team().tools().typed;
    follow_typing(state().people(), None, typed);
    let turn = StoredValue::new(0_u32);
    Effect::new(move |_| {
        let words = typed.with(|typed| typed.trim().to_owned());
        turn.update_value(|turn| *turn = turn.wrapping_add(1));
        let own = turn.get_value();
        let ask = move || {
            if turn.try_get_value() == Some(own) {
                post_tool(ToolCommand::Find { words });
            }
        };
        if typed.with(|typed| is_worth_it(typed)) {
            set_timeout(ask, REST);
        }
    });
    view! { <SearchField label="desk-search" value=typed testid="desk-search"/> }.into_any()
}

/// What was found, in the place of the queue.
#[component]
pub(super) fn Found() -> impl IntoView {
    let tools = team().tools();
    let typed = tools.typed;
    let cases = Memo::new(move |_| {
        let words = typed.with(|typed| typed.trim().to_owned());
        tools.found.with(|found| {
            found.as_ref().filter(|found| found.words == words).map(|found| found.cases.clone())
        })
    });
    let is_empty = Memo::new(move |_| cases.with(|cases| cases.as_ref().is_some_and(Vec::is_empty)));
    view! {
        <div class="list-scroll" data-testid="desk-found">
            <h2 class="list-part">{t("desk-found-cases")}</h2>
            <p class="hint list-note" role="status">{move || is_empty.get().then(t("desk-found-none"))}</p>
            <ul class="results">{move || cases.get().into_iter().flatten().map(case_item).collect_view()}</ul>
            <h2 class="list-part">{t("search-messages")}</h2>
            <Results scope=None typed=typed/>
        </div>
    }
}

fn case_item(found: FoundCaseView) -> AnyView {
    let navigation = navigation();
    let id = found.conversation;
    view! {
        <li>
            <button
                type="button"
                class="result"
                data-testid="found-case"
                on:click=move |_| navigation.go(Route::Conversation(id))
            >
                <span class="item-line">
                    <span class="result-title"><bdi>{found.name}</bdi></span>
                    {found.is_done.then(|| view! { <span class="hint">{t("desk-status-done")}</span> })}
                </span>
                {(!found.note.is_empty()).then(|| view! { <span class="result-text" dir="auto">{found.note}</span> })}
                {chips(found.labels)}
            </button>
        </li>
    }
    .into_any()
}

/// What strangers wrote stands among the page's own words.
pub(super) fn harmless(mut found: FoundCasesView) -> FoundCasesView {
    for case in &mut found.cases {
        clean(&mut case.name);
        clean(&mut case.note);
    }
    found
}
