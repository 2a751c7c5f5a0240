//! What a line wants its customers and its team to be warned of.

use kuvert_view::GuardKind;
use leptos::prelude::*;

use crate::components::guarded::kind_key;
use crate::i18n::t;

/// The choice.
pub(super) fn guard_part(chosen: RwSignal<Vec<GuardKind>>) -> AnyView {
    let one = move |(id, kind): (&'static str, GuardKind)| {
        let is_chosen = move || chosen.with(|chosen| chosen.contains(&kind));
        let turn = move |_| {
            chosen.update(|chosen| match chosen.iter().position(|one| *one == kind) {
                Some(at) => drop(chosen.remove(at)),
                None => {
                    chosen.push(kind);
                    chosen.sort();
                }
            });
        };
        let id = format!("guard-{id}");
        view! {
            <li class="guard-choice">
                <input type="checkbox" id=id.clone() prop:checked=is_chosen on:change=turn/>
                <label for=id>{t(kind_key(kind))}</label>
            </li>
        }
    };
    view! {
        <section class="sheet">
            <h2>{t("desk-guard")}</h2>
            <p class="hint">{t("desk-guard-hint")}</p>
            <ul class="guard-choices">{GuardKind::ASKED.map(one)}</ul>
        </section>
    }
    .into_any()
}
