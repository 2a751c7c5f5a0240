//! A new group: its name, and who is in it.

use kuvert_view::ConversationId;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::desk::PaneHead;
use super::group_page::GroupNameField;
use crate::components::field::wrong_line;
use crate::components::picker::Picker;
use crate::i18n::t;
use crate::navigation::navigation;
use crate::route::Route;
use crate::state::state;
use crate::text::valid_name;

/// The page.
#[component]
pub(crate) fn NewGroup() -> impl IntoView {
    let state = state();
    let people = state.people();
    let navigation = navigation();
    let name = RwSignal::new(String::new());
    let chosen = RwSignal::new(Vec::<ConversationId>::new());
    let (name_wrong, chosen_wrong) = (RwSignal::new(None), RwSignal::new(None));
    let has_asked = RwSignal::new(false);
    let created = people.created();
    Effect::new(move |_| {
        if let Some(group) = created.get().filter(|_| has_asked.get_untracked()) {
            navigation.replace(Route::Conversation(group));
        }
    });
    Effect::new(move |_| {
        if !chosen.with(Vec::is_empty) {
            chosen_wrong.set(None);
        }
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let valid = name.with_untracked(|name| valid_name(name));
        let with = chosen.get_untracked();
        if valid.is_none() {
            name_wrong.set(Some("name-invalid"));
        }
        if with.is_empty() {
            chosen_wrong.set(Some("new-group-nobody"));
        }
        if let Some(name) = valid.filter(|_| !with.is_empty()) {
            has_asked.set(true);
            people.create_group(name, with);
        }
    };
    view! {
        <article class="page" aria-labelledby="screen-heading">
            <PaneHead deep=true>
                <h1 id="screen-heading" tabindex="-1">{t("new-group-heading")}</h1>
            </PaneHead>
            <div class="page-body">
                <form class="sheet" novalidate on:submit=submit>
                    <GroupNameField value=name wrong=name_wrong/>
                    <fieldset class="field">
                        <legend>{t("new-group-who")}</legend>
                        <Picker chosen=chosen except=Vec::new()/>
                        {wrong_line("new-group", chosen_wrong)}
                    </fieldset>
                    <button type="submit" class="button" data-testid="create-group">{t("new-group-button")}</button>
                    <p class="hint">{t("new-group-hint")}</p>
                </form>
            </div>
        </article>
    }
}
