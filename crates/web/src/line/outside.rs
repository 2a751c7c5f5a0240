//! Conversations that the user is let into when they look after them: who waits is all that is known of them.

use std::collections::HashMap;

use kuvert_view::{DeskCommand, LabelId, OutsideId, OutsideRowView, QueueFilter};
use leptos::prelude::*;

use super::labels::chips;
use super::team_state::{post, team};
use crate::dates;
use crate::i18n::{language, t, t1};

/// The conversations of the chosen filter that the user is not in.
pub(super) fn rows() -> Memo<Vec<OutsideRowView>> {
    let team = team();
    let queue = team.queue();
    Memo::new(move |_| {
        let (filter, label) = (team.filter().get(), team.tools().label.get());
        let is_listed =
            |row: &&OutsideRowView| label.is_none_or(|label: LabelId| row.labels.contains(&label));
        queue.with(|queue| {
            let queue = queue.as_ref().filter(|queue| queue.filter == filter);
            queue.iter().flat_map(|queue| &queue.outside).filter(is_listed).cloned().collect()
        })
    })
}

/// The list, which follows its changes.
pub(super) fn list(rows: Memo<Vec<OutsideRowView>>) -> AnyView {
    let ids = Memo::new(move |_| rows.with(|rows| rows.iter().map(|row| row.case).collect::<Vec<_>>()));
    let by_id = Memo::new(move |_| {
        rows.with(|rows| rows.iter().map(|row| (row.case, row.clone())).collect::<HashMap<_, _>>())
    });
    view! {
        <ul class="list-items" data-testid="outside">
            <For each=move || ids.get() key=|id| *id children=move |id| {
                let row = Memo::new(move |_| by_id.with(|rows| rows.get(&id).cloned()));
                view! { <li class="outside" data-testid="outside-item">{move || row.get().map(lines)}</li> }
            }/>
        </ul>
    }
    .into_any()
}

fn lines(row: OutsideRowView) -> AnyView {
    let lang = language();
    let code = Signal::stored(row.code);
    let waits = row.waiting_since.map(|at| {
        view! {
            <time class="item-time queue-waits" title=t("desk-waits")>{move || dates::in_list(lang.get(), at)}</time>
        }
    });
    view! {
        <span class="item-lines">
            <span class="item-line">
                <span class="item-title">{t1("desk-outside", "code", move || code.get())}</span>
                {waits}
            </span>
            <span class="item-line outside-hint">
                {t(if row.is_mine { "desk-outside-mine" } else { "desk-outside-hint" })}
            </span>
            {chips(row.labels)}
        </span>
        {(!row.is_mine).then(|| claim(row.case, code))}
    }
    .into_any()
}

fn claim(case: OutsideId, code: Signal<String>) -> AnyView {
    let team = team();
    view! {
        <button
            type="button"
            class="button button-is-second"
            data-testid="claim-outside"
            aria-label=t1("desk-outside-claim", "code", move || code.get())
            on:click=move |_| {
                post(&DeskCommand::ClaimOutside { case });
                team.choose(QueueFilter::Mine);
            }
        >
            {t("desk-claim")}
        </button>
    }
    .into_any()
}
