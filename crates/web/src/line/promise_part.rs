//! What a line promises: how soon customers are answered, that it asks them how it was, and who reads what they write.

use leptos::prelude::*;

use super::entries::Entry;
use crate::i18n::t;

/// A text and what is wrong with it.
type Typed = (RwSignal<String>, RwSignal<Option<&'static str>>);

/// The choice.
pub(super) fn promise_part(asks: RwSignal<bool>, (within, wrong): Typed) -> AnyView {
    view! {
        <section class="sheet stack">
            <h2>{t("desk-promise")}</h2>
            <Entry id="answer-within" label="desk-answer-within" hint="desk-answer-within-hint" value=within wrong=wrong/>
            <div class="guard-choice">
                <input
                    type="checkbox"
                    id="satisfaction"
                    prop:checked=asks
                    on:change=move |_| asks.update(|asks| *asks = !*asks)
                />
                <label for="satisfaction">{t("desk-satisfaction")}</label>
            </div>
            <p class="hint">{t("desk-satisfaction-hint")}</p>
        </section>
    }
    .into_any()
}

/// Who reads what customers write.
pub(super) fn readers_part(some: RwSignal<bool>) -> AnyView {
    view! {
        <section class="sheet stack">
            <h2>{t("desk-readers")}</h2>
            <div class="guard-choice">
                <input
                    type="checkbox"
                    id="readers"
                    aria-describedby="readers-hint"
                    prop:checked=some
                    on:change=move |_| some.update(|some| *some = !*some)
                />
                <label for="readers">{t("desk-readers-some")}</label>
            </div>
            <p class="hint" id="readers-hint">{t("desk-readers-hint")}</p>
        </section>
    }
    .into_any()
}

/// Minutes as they were typed; nothing for no promise, `Err` for what is no number.
pub(super) fn minutes(typed: &str) -> Result<Option<u16>, ()> {
    match typed.trim() {
        "" => Ok(None),
        typed => typed.parse().ok().filter(|minutes| *minutes > 0).map(Some).ok_or(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_are_a_number_or_nothing() {
        assert_eq!(minutes(" 90 "), Ok(Some(90)));
        assert_eq!(minutes(""), Ok(None));
        for bad in ["0", "soon", "-5", "99999"] {
            assert_eq!(minutes(bad), Err(()), "{bad}");
        }
    }
}
