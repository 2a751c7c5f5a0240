//! What somebody can ask a line for: a copy of everything that was said, and that all of it is erased.

use kuvert_view::{ConversationId, PaperView, UiCommand};
use leptos::prelude::*;

use crate::bridge;
use crate::components::dialog::Confirm;
use crate::components::icon::{Icon, icon};
use crate::files::browser::save_text;
use crate::i18n::{language, t, t1, text};
use crate::state::state;

/// Hands a copy to the browser, and asks for its next part.
pub(crate) fn save(paper: &PaperView) {
    for file in &paper.files {
        save_text(&file.text, &file.media_type, &file.name);
    }
    if let (Some(conversation), Some(after)) = (paper.conversation, paper.next) {
        ask(conversation, Some(after), paper.part + 1);
    }
}

fn ask(conversation: ConversationId, after: Option<kuvert_view::MessageId>, part: u32) {
    let root = document().document_element();
    let language = root.and_then(|root| root.get_attribute("lang")).unwrap_or_default();
    bridge::post(&UiCommand::Export { conversation, language, after, part });
}

/// The part of the page about a line.
#[component]
pub(crate) fn Rights(
    /// The conversation.
    id: ConversationId,
    /// The line's name.
    name: Signal<String>,
) -> impl IntoView {
    let contact = state().people().contact(id);
    let is_line =
        Memo::new(move |_| contact.with(|contact| contact.as_ref().is_some_and(|one| one.line.is_some())));
    let asks = RwSignal::new(false);
    let lang = language();
    let erase = Callback::new(move |()| {
        let words = text(lang.get_untracked(), "rights-erase-words", &[]);
        bridge::post(&UiCommand::AskErasure { conversation: id, words });
    });
    view! {
        {move || is_line.get().then(|| view! {
            <section class="sheet actions" aria-labelledby="rights-heading">
                <h2 id="rights-heading">{t("rights-heading")}</h2>
                <button type="button" class="row-button" data-testid="rights-export" on:click=move |_| ask(id, None, 1)>
                    {icon(Icon::Down)}
                    <span class="row-button-words">{t("rights-export")}</span>
                </button>
                <button
                    type="button"
                    class="row-button row-button-is-danger"
                    data-testid="rights-erase"
                    on:click=move |_| asks.set(true)
                >
                    {icon(Icon::Delete)}
                    <span class="row-button-words">{t("rights-erase")}</span>
                </button>
            </section>
        })}
        <Confirm
            open=asks
            heading=Signal::derive(t1("rights-erase-heading", "name", move || name.get()))
            text=Signal::derive(t("rights-erase-text"))
            yes="rights-erase-sure"
            danger=true
            on_yes=erase
        />
    }
}
