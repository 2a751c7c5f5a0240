//! What the team says about a request: where it stands from now on, perhaps with a word.

use kuvert_view::{DeskCommand, MessageId, RequestView, TeamRole};
use leptos::prelude::*;

use super::entries::LongEntry;
use super::team_state::{post, team};
use crate::components::form_fields::in_language;
use crate::i18n::t;

/// Where a request can go from here: one button for each state.
pub(super) fn ways(message: MessageId, request: &RequestView) -> AnyView {
    let role = team().role();
    if request.ways.is_empty() {
        return ().into_any();
    }
    let can_act = Memo::new(move |_| role.get().is_some_and(|role| role >= TeamRole::Agent));
    let note = RwSignal::new(String::new());
    let go = move |state: u8| {
        let note = note.try_update(std::mem::take).unwrap_or_default().trim().to_owned();
        post(&DeskCommand::SetRequest { message, state, note, appointment: None });
    };
    let buttons = request.ways.iter().map(|(state, label)| {
        let state = *state;
        view! {
            <button type="button" class="line-form" data-testid="request-way" on:click=move |_| go(state)>
                {in_language(label.clone())}
            </button>
        }
    });
    let buttons = buttons.collect_view();
    view! {
        <div class="filled-ways" hidden=move || !can_act.get()>
            <p class="hint">{t("desk-request-set")}</p>
            <div class="line-forms" role="group" aria-label=t("desk-request-set")>{buttons}</div>
            <details>
                <summary>{t("desk-request-say")}</summary>
                <LongEntry id="request-note" label="desk-request-note" value=note wrong=RwSignal::new(None)/>
            </details>
        </div>
    }
    .into_any()
}
