//! What a business line shows of itself: on its card, on the page about it, and in the conversation with it.

use std::time::Duration;

use kuvert_desk::form::Form;
use kuvert_view::{ContactView, ConversationId, LineView, Texts, UiCommand};
use leptos::prelude::*;

use super::form_fields::in_language;
use super::icon::{Icon, icon};
use crate::bridge;
use crate::dates;
use crate::i18n::{Lang, language, t, t1, text};
use crate::navigation::navigation;
use crate::route::Route;
use crate::state::state;
use crate::text::isolated;

/// A page that stays open longer than this learns of opening hours with the next message.
const WATCHED: i64 = 86_400_000;

/// What kind of business, whether somebody is there, who reads and for how long, imprint and privacy notice.
pub(crate) fn line_card(line: LineView, name: Signal<String>) -> AnyView {
    let lang = language();
    let readers = if line.is_read_by_all { "line-read-by-all" } else { "line-read-by-some" };
    let in_language = move |texts: Texts| move || said(&texts, lang.get()).unwrap_or_default().to_owned();
    let kept = move || text(lang.get(), "line-kept", &[("count", u32::from(line.retention).into())]);
    let imprint = line.imprint.join("\n");
    view! {
        <section class="line-card" data-testid="line" aria-label=t("line-about")>
            <p class="tag">{t(kind_key(&line.kind))}</p>
            {line.open.map(hours)}
            <p class="line-words" dir="auto">{in_language(line.greeting)}</p>
            {note(Icon::People, Signal::derive(t1(readers, "name", move || name.get())), "line-readers")}
            {note(Icon::Timer, Signal::derive(kept), "line-kept")}
            <div>
                {folded("line-imprint", Signal::stored(imprint))}
                {folded("line-privacy", Signal::derive(in_language(line.privacy)))}
            </div>
        </section>
    }
    .into_any()
}

/// What is there to be read up.
fn folded(summary: &'static str, words: Signal<String>) -> AnyView {
    view! {
        <details class="more">
            <summary>{t(summary)}</summary>
            <p class="line-words" dir="auto">{words}</p>
        </details>
    }
    .into_any()
}

fn note(sign: Icon, words: Signal<String>, test_id: &'static str) -> AnyView {
    view! { <p class="note" data-testid=test_id>{icon(sign)} <span>{words}</span></p> }.into_any()
}

/// Whether somebody is there, and until when that stays so.
fn hours(open: (bool, Option<i64>)) -> AnyView {
    let lang = language();
    let (is_open, change) = at_time(open, dates::now());
    let key = match (is_open, change) {
        (true, Some(_)) => "line-open-until",
        (true, None) => "line-open",
        (false, Some(_)) => "line-closed-until",
        (false, None) => "line-closed",
    };
    let words = move || {
        let when = change.map(|at| dates::ahead(lang.get(), at)).unwrap_or_default();
        text(lang.get(), key, &[("when", when.into())])
    };
    view! {
        <div class="line-hours" class:line-hours-is-open=is_open>
            {note(Icon::Clock, Signal::derive(words), "line-hours")}
        </div>
    }
    .into_any()
}

/// What a customer is to know while they write: that nobody is there, and on which day what was said will be deleted.
#[component]
pub(crate) fn LineNotes(
    /// The conversation, perhaps with a line.
    id: ConversationId,
) -> impl IntoView {
    let people = state().people();
    let contact = people.contact(id);
    Effect::new(move |_| {
        let change = contact.with(|known| known.as_ref()?.line.as_ref()?.open?.1);
        let left = change.map(|at| at - dates::now()).filter(|left| (0..WATCHED).contains(left));
        let Some(left) = left.and_then(|left| u64::try_from(left).ok()) else { return };
        // A moment later, so that the answer is the new one.
        let wait = Duration::from_millis(left + 1_000);
        if let Ok(timer) = set_timeout_with_handle(move || people.ask_contact(id), wait) {
            on_cleanup(move || timer.clear());
        }
    });
    let navigation = navigation();
    let forms = Memo::new(move |_| {
        contact.with(|known| Some(known.as_ref()?.line.as_ref()?.forms.clone())).unwrap_or_default()
    });
    let open = Callback::new(move |at| navigation.go(Route::Form(id, at)));
    view! {
        <div class="line-notes" role="status">{move || contact.get().map(line_notes)}</div>
        {move || form_buttons(&forms.get(), open)}
    }
}

/// One button for each form of a line.
pub(crate) fn form_buttons(forms: &[Form], open: Callback<u8>) -> AnyView {
    if forms.is_empty() {
        return ().into_any();
    }
    let button = |(form, at): (&Form, u8)| {
        view! {
            <button type="button" class="line-form" data-testid="line-form" on:click=move |_| open.run(at)>
                {icon(Icon::Edit)} <span>{in_language(form.title.clone())}</span>
            </button>
        }
    };
    view! {
        <div class="line-forms" role="group" aria-label=t("form-open")>
            {forms.iter().zip(0..).map(button).collect_view()}
        </div>
    }
    .into_any()
}

/// What is to be known of a contact that is a line.
pub(crate) fn line_notes(contact: ContactView) -> AnyView {
    let lang = language();
    let Some(line) = contact.line else { return ().into_any() };
    let closed = line.open.map(|open| at_time(open, dates::now())).filter(|(is_open, _)| !is_open);
    let away = closed.map(|(_, change)| {
        let words = move || {
            let lang = lang.get();
            let mut words = said(&line.away, lang).map_or_else(|| text(lang, "line-away", &[]), isolated);
            if let Some(at) = change {
                words.push(' ');
                words.push_str(&text(lang, "line-back", &[("when", dates::ahead(lang, at).into())]));
            }
            words
        };
        note(Icon::Clock, Signal::derive(words), "line-away")
    });
    let erased = contact.erase_at.map(|at| {
        let words = t1("line-erased", "when", move || dates::day(lang.get(), at));
        note(Icon::Timer, Signal::derive(words), "line-erased")
    });
    let asked = contact.asks_score.then(|| rating(contact.conversation));
    view! { {away} {erased} {asked} }.into_any()
}

/// How it was, once all is done; nobody has to say.
fn rating(conversation: ConversationId) -> AnyView {
    let lang = language();
    let one = move |score: u8| {
        let words = t1("score-of-five", "count", move || u32::from(score));
        let rate = move |_| {
            let words = text(lang.get_untracked(), "score-said", &[("stars", stars(score).into())]);
            bridge::post(&UiCommand::Rate { conversation, score, words });
        };
        view! {
            <button type="button" class="button-icon rating-star" aria-label=words data-testid="rate" on:click=rate>
                {score}
            </button>
        }
    };
    view! {
        <div class="rating" role="group" aria-label=t("score-ask") data-testid="rating">
            <p>{t("score-ask")}</p>
            <div class="rating-row">
                {[1, 2, 3, 4, 5].map(one)}
                <span class="hint rating-worst">{t("score-worst")}</span>
                <span class="hint rating-best">{t("score-best")}</span>
            </div>
        </div>
    }
    .into_any()
}

/// How it was, for the eyes.
fn stars(score: u8) -> String {
    (1..=5).map(|star| if star <= score { '★' } else { '☆' }).collect()
}

/// How it stands with opening hours at a time, which may be after the change that was known.
fn at_time((is_open, change): (bool, Option<i64>), now: i64) -> (bool, Option<i64>) {
    match change {
        Some(at) if at <= now => (!is_open, None),
        _ => (is_open, change),
    }
}

/// What a text says in a language, or in the first one there is; `None` if it says nothing.
fn said(texts: &[(String, String)], lang: Lang) -> Option<&str> {
    let is_wanted =
        |tag: &str| tag.split('-').next().is_some_and(|main| main.eq_ignore_ascii_case(lang.tag()));
    let found = texts.iter().find(|(tag, _)| is_wanted(tag)).or(texts.first());
    found.map(|(_, words)| words.trim()).filter(|words| !words.is_empty())
}

fn kind_key(kind: &str) -> &'static str {
    match kind {
        "pharmacy" => "line-kind-pharmacy",
        "bank" => "line-kind-bank",
        "cinema" => "line-kind-cinema",
        "restaurant" => "line-kind-restaurant",
        "taxi" => "line-kind-taxi",
        "practice" => "line-kind-practice",
        "authority" => "line-kind-authority",
        _ => "line-kind-other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_said_in_the_shown_language_or_in_the_first() {
        let texts = |all: &[(&str, &str)]| {
            all.iter().map(|(tag, words)| ((*tag).to_owned(), (*words).to_owned())).collect::<Vec<_>>()
        };
        let both = texts(&[("de-AT", "Grüß Gott"), ("en", "Hello")]);
        assert_eq!(said(&both, Lang::De), Some("Grüß Gott"));
        assert_eq!(said(&both, Lang::En), Some("Hello"));
        assert_eq!(said(&texts(&[("fr", "Bonjour")]), Lang::De), Some("Bonjour"));
        assert_eq!(said(&texts(&[("de", " ")]), Lang::De), None);
        assert_eq!(said(&[], Lang::De), None);
    }

    #[test]
    fn hours_that_have_changed_meanwhile_are_not_said_as_before() {
        assert_eq!(at_time((true, Some(10)), 9), (true, Some(10)));
        assert_eq!(at_time((true, Some(10)), 10), (false, None));
        assert_eq!(at_time((false, Some(10)), 11), (true, None));
        assert_eq!(at_time((false, None), 11), (false, None));
    }
}
