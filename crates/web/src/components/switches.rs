//! Switches for language and colours.

use leptos::prelude::*;

use crate::app::choose_language;
use crate::i18n::{Lang, Language, t};
use crate::theme::{Look, Theme};

/// Languages by their own names, which are the same on every screen.
const LANGUAGES: [(Lang, &str); 2] = [(Lang::De, "Deutsch"), (Lang::En, "English")];

/// Chooses the language.
#[component]
pub(crate) fn LanguageSwitch() -> impl IntoView {
    let language = expect_context::<Language>();
    view! {
        <fieldset class="switch">
            <legend>{t("settings-language")}</legend>
            <div class="switch-row">
                {LANGUAGES
                    .map(|(lang, name)| {
                        view! {
                            <label class="switch-choice" lang=lang.tag()>
                                <input
                                    type="radio"
                                    name="language"
                                    prop:checked=move || language.0.get() == lang
                                    on:change=move |_| choose_language(language, lang)
                                />
                                <span>{name}</span>
                            </label>
                        }
                    })}
            </div>
        </fieldset>
    }
}

/// Chooses the colours.
#[component]
pub(crate) fn ThemeSwitch() -> impl IntoView {
    let look = expect_context::<Look>();
    let word = |theme| match theme {
        Theme::System => "settings-theme-system",
        Theme::Light => "settings-theme-light",
        Theme::Dark => "settings-theme-dark",
    };
    view! {
        <fieldset class="switch">
            <legend>{t("settings-theme")}</legend>
            <div class="switch-row">
                {Theme::ALL
                    .map(|theme| {
                        view! {
                            <label class="switch-choice">
                                <input
                                    type="radio"
                                    name="theme"
                                    prop:checked=move || look.0.get() == theme
                                    on:change=move |_| look.choose(theme)
                                />
                                <span>{t(word(theme))}</span>
                            </label>
                        }
                    })}
            </div>
        </fieldset>
    }
}
