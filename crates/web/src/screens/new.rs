//! The ways to a new conversation: a code, a link, the own link, a group.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::desk::PaneHead;
use crate::components::field::wrong_line;
use crate::components::icon::{Icon, icon};
use crate::components::scanner::Scanner;
use crate::i18n::t;
use crate::navigation::navigation;
use crate::route::Route;
use crate::scan::{Scanned, scanned};

/// The page.
#[component]
pub(crate) fn New() -> impl IntoView {
    let navigation = navigation();
    let wrong = RwSignal::new(None);
    let on_code = Callback::new(move |code: String| match scanned(&code) {
        Scanned::Link(link) => navigation.go(Route::OpenedLink(link)),
        Scanned::Verification(_) => wrong.set(Some("new-code-is-verification")),
        Scanned::Other => wrong.set(Some("new-code-is-other")),
    });
    view! {
        <article class="page" aria-labelledby="screen-heading">
            <PaneHead>
                <h1 id="screen-heading" tabindex="-1">{t("new-heading")}</h1>
            </PaneHead>
            <div class="page-body">
                <section class="sheet" aria-labelledby="scan-heading">
                    <h2 id="scan-heading">{t("new-scan-heading")}</h2>
                    <p>{t("new-scan-text")}</p>
                    <Scanner on_code=on_code/>
                    {wrong_line("scan", wrong)}
                    <PasteLink/>
                </section>
                <section class="sheet actions" aria-label=t("new-other")>
                    {way(Icon::Link, "new-own-link", "new-own-link-text", Route::MyLink)}
                    {way(Icon::People, "new-group-heading", "new-group-text", Route::NewGroup)}
                </section>
            </div>
        </article>
    }
}

fn way(sign: Icon, heading: &'static str, words: &'static str, route: Route) -> AnyView {
    let navigation = navigation();
    view! {
        <button type="button" class="row-button" on:click=move |_| navigation.go(route.clone())>
            {icon(sign)}
            <span class="row-button-words">
                <span class="row-button-title">{t(heading)}</span>
                <span class="hint">{t(words)}</span>
            </span>
            {icon(Icon::Forward)}
        </button>
    }
    .into_any()
}

/// A field for a link that one was given in another way than by opening it. The secret in it is kept from the browser's
/// memory of forms: the field has neither name nor id.
#[component]
fn PasteLink() -> impl IntoView {
    let navigation = navigation();
    let typed = RwSignal::new(String::new());
    let wrong = RwSignal::new(None);
    let open = move |event: SubmitEvent| {
        event.prevent_default();
        let link = typed.with_untracked(|typed| typed.trim().to_owned());
        if link.is_empty() {
            wrong.set(Some("new-link-missing"));
        } else {
            navigation.go(Route::OpenedLink(link));
        }
    };
    view! {
        <form class="paste-row new-paste" novalidate on:submit=open>
            <div class="field">
                <label class="field-label">
                    <span>{t("link-paste-label")}</span>
                    <input
                        type="url"
                        autocomplete="off"
                        spellcheck="false"
                        data-testid="paste-link"
                        aria-describedby="paste-wrong"
                        aria-invalid=move || wrong.get().is_some().to_string()
                        prop:value=typed
                        on:input=move |event| {
                            typed.set(event_target_value(&event));
                            wrong.set(None);
                        }
                    />
                </label>
                {wrong_line("paste", wrong)}
            </div>
            <button type="submit" class="button button-is-second">{t("link-paste-button")}</button>
        </form>
    }
}
