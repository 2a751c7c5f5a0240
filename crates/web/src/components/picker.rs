//! Chooses among the contacts: a search, what was chosen as chips, and the list.

use kuvert_view::words::fits;
use kuvert_view::{ContactState, ConversationId, ConversationView};
use leptos::prelude::*;

use super::icon::{Icon, icon};
use super::marks::trust_mark;
use super::search_field::SearchField;
use super::stamp::stamp;
use crate::i18n::{language, t, text};
use crate::state::state;

/// Whether somebody can be chosen for a group.
fn is_choosable(shown: &ConversationView) -> bool {
    shown.group.is_none() && shown.state == ContactState::Accepted && !shown.blocked
}

/// The picker.
#[component]
pub(crate) fn Picker(
    /// Conversations with those who were chosen, in the order in which they were.
    chosen: RwSignal<Vec<ConversationId>>,
    /// Who is not offered.
    #[prop(into)]
    except: Signal<Vec<ConversationId>>,
) -> impl IntoView {
    let conversations = state().conversations();
    let typed = RwSignal::new(String::new());
    let contacts = Memo::new(move |_| {
        let except = except.get();
        let mut contacts: Vec<ConversationView> = conversations.with(|list| {
            let offered = |shown: &&ConversationView| is_choosable(shown) && !except.contains(&shown.id);
            list.iter().flatten().filter(offered).cloned().collect()
        });
        contacts.sort_by_key(|contact| contact.title.to_lowercase());
        contacts
    });
    let matching = Memo::new(move |_| {
        let typed = typed.get();
        contacts.get().into_iter().filter(|contact| fits(&contact.title, &typed)).collect::<Vec<_>>()
    });
    let (nobody, no_match) = (t("picker-nobody"), t("picker-no-match"));
    let note = move || match (contacts.with(Vec::is_empty), matching.with(Vec::is_empty)) {
        (true, _) => nobody(),
        (false, true) => no_match(),
        (false, false) => String::new(),
    };
    view! {
        <div class="picker">
            <SearchField label="picker-search" value=typed testid="picker-search"/>
            {chips(chosen, contacts)}
            <p class="hint" role="status">{note}</p>
            <ul class="picker-list">
                <For
                    each=move || matching.get()
                    key=|contact| contact.id
                    children=move |contact| choice(contact, chosen)
                />
            </ul>
        </div>
    }
}

/// Those who were chosen, each with a way to take them out again.
fn chips(chosen: RwSignal<Vec<ConversationId>>, contacts: Memo<Vec<ConversationView>>) -> AnyView {
    let lang = language();
    let shown = Memo::new(move |_| {
        let chosen = chosen.get();
        contacts.with(|contacts| {
            let name = |id: &ConversationId| {
                contacts.iter().find(|contact| contact.id == *id).map(|contact| (*id, contact.title.clone()))
            };
            chosen.iter().filter_map(name).collect::<Vec<_>>()
        })
    });
    let chip = move |(id, name): (ConversationId, String)| {
        let whom = name.clone();
        let label = move || text(lang.get(), "picker-remove", &[("name", whom.clone().into())]);
        view! {
            <li>
                <button
                    type="button"
                    class="chip"
                    aria-label=label
                    on:click=move |_| chosen.update(|chosen| chosen.retain(|other| *other != id))
                >
                    <bdi>{name}</bdi>
                    {icon(Icon::Close)}
                </button>
            </li>
        }
    };
    view! {
        <ul class="chips" data-testid="chips" aria-label=t("picker-chosen")>
            <For each=move || shown.get() key=|(id, _)| *id children=chip/>
        </ul>
    }
    .into_any()
}

fn choice(contact: ConversationView, chosen: RwSignal<Vec<ConversationId>>) -> AnyView {
    let id = contact.id;
    let is_chosen = Memo::new(move |_| chosen.with(|chosen| chosen.contains(&id)));
    let change = move |event: leptos::ev::Event| {
        let wanted = event_target_checked(&event);
        chosen.update(|chosen| {
            chosen.retain(|other| *other != id);
            if wanted {
                chosen.push(id);
            }
        });
    };
    view! {
        <li>
            <label class="picker-choice" data-testid="picker-choice">
                <input type="checkbox" prop:checked=is_chosen on:change=change/>
                {stamp(&contact.title, &contact.kuvert_id)}
                <span class="picker-name"><bdi>{contact.title.clone()}</bdi></span>
                {trust_mark(contact.trust)}
            </label>
        </li>
    }
    .into_any()
}
