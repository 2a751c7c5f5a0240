//! Beside the line's link: the button for the line's own web site, and the list of its processing activities.

use kuvert_view::RightsWish;
use leptos::prelude::*;

use super::entries::Entry;
use super::rights::wish;
use crate::browser;
use crate::components::icon::{Icon, icon};
use crate::i18n::{language, t, text};

/// The button for the line's own web site: a link that opens a tab, without a script and without anything that would be fetched.
pub(super) fn snippet(link: &str, words: &str) -> String {
    // A link holds nothing that would need it; who says something else of a relay's name is not to be believed.
    let escaped = |text: &str| {
        text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
    };
    format!(
        "<a href=\"{}\" target=\"_blank\" rel=\"noopener noreferrer\" style=\"display:inline-block;\
         padding:.75em 1.25em;border-radius:.75em;background:#1d4f91;color:#fff;\
         font:600 1rem/1.2 system-ui,sans-serif;text-decoration:none\">{}</a>",
        escaped(link),
        escaped(words)
    )
}

/// What can be copied into a web site.
pub(super) fn button_part(link: &str) -> AnyView {
    let lang = language();
    let link = StoredValue::new(link.to_owned());
    let code = move || link.with_value(|link| snippet(link, &text(lang.get(), "desk-button-words", &[])));
    let copied = RwSignal::new(None::<bool>);
    let copy = move |_| {
        let code = untrack(code);
        leptos::task::spawn_local(async move { copied.set(Some(browser::copy(&code).await)) });
    };
    let (worked, failed) = (t("link-copied"), t("link-copy-failed"));
    view! {
        <section class="sheet">
            <h2>{t("desk-button")}</h2>
            <p class="hint">{t("desk-button-hint")}</p>
            <textarea
                class="link-text"
                data-testid="site-button"
                aria-label=t("desk-button")
                rows="6"
                readonly
                autocomplete="off"
                spellcheck="false"
                prop:value=code
            ></textarea>
            <button type="button" class="button" on:click=copy>{icon(Icon::Copy)} {t("desk-button-copy")}</button>
            <p class="hint" role="status">
                {move || copied.get().map(|done| if done { worked() } else { failed() })}
            </p>
        </section>
    }
    .into_any()
}

/// The list that Art. 30 GDPR asks for.
#[component]
pub(super) fn Activities() -> impl IntoView {
    let none = || RwSignal::new(None::<&'static str>);
    let (officer, operator) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let lang = language();
    let make = move |_| {
        wish(RightsWish::Activities {
            language: lang.get_untracked().tag().to_owned(),
            officer: officer.with_untracked(|text| text.trim().to_owned()),
            operator: operator.with_untracked(|text| text.trim().to_owned()),
        });
    };
    view! {
        <section class="sheet stack">
            <h2>{t("desk-activities")}</h2>
            <p class="hint">{t("desk-activities-hint")}</p>
            <Entry id="officer" label="desk-activities-officer" value=officer wrong=none()/>
            <Entry id="operator" label="desk-activities-operator" hint="desk-activities-operator-hint" value=operator wrong=none()/>
            <button type="button" class="button button-is-second" data-testid="activities" on:click=make>
                {t("desk-activities-make")}
            </button>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_button_is_a_link_and_nothing_else() {
        let code = snippet("https://relay.example/c/abc#secret", "Schreib uns <b>jetzt</b>");
        assert!(code.starts_with("<a href=\"https://relay.example/c/abc#secret\""));
        assert!(code.contains("noreferrer") && !code.contains("<b>") && !code.contains("script"));
        assert_eq!(snippet("x\"><script>", "").matches('<').count(), 2, "an opening and a closing tag");
    }
}
