//! Prepared answers: chosen at a conversation, and written by supervisors.

use kuvert_view::{CannedId, CannedView, ConversationId, ToolCommand};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::entries::{Choice, Entry, LongEntry};
use super::team_state::team;
use super::tools::post_tool;
use crate::browser;
use crate::i18n::{language, t, t1};
use crate::state::state;

/// Languages in which answers are written here.
const LANGUAGES: [(&str, &str); 2] = [("de", "desk-language-de"), ("en", "desk-language-en")];

/// The answers that a beginning of a title leaves, those of a language first.
fn offered(all: &[CannedView], beginning: &str, language: &str) -> Vec<CannedView> {
    let beginning = beginning.trim().to_lowercase();
    let mut found: Vec<_> =
        all.iter().filter(|one| one.title.to_lowercase().starts_with(&beginning)).cloned().collect();
    found.sort_by_key(|one| !one.language.starts_with(language));
    found
}

/// What stands in the field once an answer was chosen: a beginning of a title gives way, what was written stays.
fn beside(draft: &str, answer: &str) -> String {
    if draft.trim().is_empty() || draft.starts_with('/') {
        answer.to_owned()
    } else {
        format!("{}\n{answer}", draft.trim_end())
    }
}

/// The list from which an answer is taken into the field. `/` and the beginning of a title in the empty field open it, too.
#[component]
pub(super) fn CannedChoice(
    /// For which customer.
    id: ConversationId,
) -> impl IntoView {
    let tools = team().tools();
    let talk = state().talk();
    let draft = talk.draft(id);
    let lang = language();
    let open = RwSignal::new(false);
    let typed = Memo::new(move |_| draft.with(|draft| draft.strip_prefix('/').map(str::to_owned)));
    let is_open = Memo::new(move |_| open.get() || typed.with(Option::is_some));
    let shown = Memo::new(move |_| {
        let beginning = typed.get().unwrap_or_default();
        tools.canned.with(|all| offered(all, &beginning, lang.get().tag()))
    });
    Effect::new(move |_| {
        let filled = tools.filled.get().filter(|(conversation, _)| *conversation == id);
        if let Some((_, text)) = filled {
            tools.filled.set(None);
            open.set(false);
            talk.typed(id, draft.with_untracked(|draft| beside(draft, &text)));
            browser::focus("composer");
        }
    });
    let item = move |one: CannedView| {
        let canned = one.id;
        view! {
            <li>
                <button
                    type="button"
                    class="canned"
                    data-testid="canned"
                    on:click=move |_| post_tool(ToolCommand::FillCanned { conversation: id, canned })
                >
                    <span class="canned-title" lang=one.language><bdi>{one.title}</bdi></span>
                    <span class="canned-text" dir="auto">{one.text}</span>
                </button>
            </li>
        }
    };
    view! {
        {move || (!tools.canned.with(Vec::is_empty)).then(|| view! {
            <section class="case-part">
                <button
                    type="button"
                    class="button button-is-second"
                    data-testid="desk-canned"
                    aria-expanded=move || is_open.get().to_string()
                    on:click=move |_| open.update(|open| *open = !*open)
                >
                    {t("desk-canned")}
                </button>
                {move || is_open.get().then(|| view! {
                    <ul class="tool-list canned-list">{move || shown.get().into_iter().map(item).collect_view()}</ul>
                })}
            </section>
        })}
    }
}

/// Where supervisors write them.
#[component]
pub(super) fn CannedAnswers() -> impl IntoView {
    let tools = team().tools();
    let lang = language();
    let changed = RwSignal::new(None::<CannedId>);
    let (title, text) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let tag = RwSignal::new(lang.get_untracked().tag().to_owned());
    let (no_title, no_text) = (RwSignal::new(None), RwSignal::new(None));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let (named, said) = (title.get_untracked().trim().to_owned(), text.get_untracked().trim().to_owned());
        let is_named = (1..=80).contains(&named.chars().count());
        let is_said = (1..=4096).contains(&said.len());
        no_title.set((!is_named).then_some("desk-canned-title-wrong"));
        no_text.set((!is_said).then_some("desk-canned-text-wrong"));
        if is_named && is_said {
            let (canned, language) = (changed.get_untracked(), tag.get_untracked());
            post_tool(ToolCommand::SetCanned { canned, title: named, language, text: said });
            changed.set(None);
            title.set(String::new());
            text.set(String::new());
        }
    };
    let change = move |one: &CannedView| {
        changed.set(Some(one.id));
        title.set(one.title.clone());
        text.set(one.text.clone());
        tag.set(one.language.clone());
    };
    let suggest = move |_| {
        post_tool(ToolCommand::SuggestCanned { language: lang.get_untracked().tag().to_owned() });
    };
    view! {
        <section class="sheet">
            <h2>{t("desk-canned-heading")}</h2>
            <p class="hint">{t("desk-canned-hint")}</p>
            <ul class="tool-list">
                {move || tools.canned.get().into_iter().map(|one| canned_item(one, change)).collect_view()}
            </ul>
            <button type="button" class="button button-is-second" data-testid="canned-suggest" on:click=suggest>
                {t("desk-canned-suggest")}
            </button>
            <form class="stack" novalidate on:submit=submit>
                <Entry id="canned-title" label="desk-canned-title" value=title wrong=no_title/>
                <Choice id="canned-language" label="desk-canned-language" options=LANGUAGES.to_vec() value=tag/>
                <LongEntry id="canned-text" label="desk-canned-text" hint="desk-canned-fields" value=text wrong=no_text/>
                <button type="submit" class="button button-is-second" data-testid="canned-save">
                    {move || if changed.get().is_some() { t("desk-tool-save")() } else { t("desk-canned-add")() }}
                </button>
            </form>
        </section>
    }
}

fn canned_item(one: CannedView, change: impl Fn(&CannedView) + Copy + Send + Sync + 'static) -> AnyView {
    let (id, stored) = (one.id, StoredValue::new(one.clone()));
    let said = Signal::stored(one.title.clone());
    view! {
        <li class="tool-item" data-testid="canned-answer">
            <span class="canned-title"><bdi>{one.title}</bdi> " " <span class="hint">{one.language}</span></span>
            <button
                type="button"
                class="button-quiet"
                aria-label=t1("desk-tool-change-one", "name", move || said.get())
                on:click=move |_| stored.with_value(change)
            >
                {t("desk-tool-change")}
            </button>
            <button
                type="button"
                class="button-quiet"
                aria-label=t1("desk-tool-drop-one", "name", move || said.get())
                on:click=move |_| post_tool(ToolCommand::DropCanned { canned: id })
            >
                {t("desk-tool-drop")}
            </button>
        </li>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(title: &str, language: &str) -> CannedView {
        CannedView {
            id: CannedId([0; 16]),
            title: title.into(),
            language: language.into(),
            text: String::new(),
        }
    }

    #[test]
    fn answers_of_the_language_come_first_and_titles_are_found_by_their_beginning() {
        let all = [answer("Greeting", "en"), answer("Grüße", "de"), answer("Abschied", "de")];
        let titles = |beginning| {
            let found = offered(&all, beginning, "de");
            found.into_iter().map(|one| one.title).collect::<Vec<_>>()
        };
        assert_eq!(titles("gr"), ["Grüße", "Greeting"]);
        assert_eq!(titles(""), ["Grüße", "Abschied", "Greeting"]);
        assert!(titles("x").is_empty());
    }

    #[test]
    fn what_was_written_is_not_lost_to_an_answer() {
        assert_eq!(beside("", "Hello"), "Hello");
        assert_eq!(beside("/gr", "Hello"), "Hello");
        assert_eq!(beside("Dear Carla, ", "Hello"), "Dear Carla,\nHello");
    }
}
