//! Labels: on conversations, as a filter of the queue, and where supervisors define them.

use kuvert_view::{ConversationId, DeskCommand, LabelId, LabelView, ToolCommand};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::entries::{Choice, Entry};
use super::team_state::{post, team};
use super::tools::post_tool;
use crate::i18n::{t, t1};

/// Colours by number. A label always says its name, too.
const COLOURS: [(&str, &str); 8] = [
    ("0", "desk-colour-grey"),
    ("1", "desk-colour-red"),
    ("2", "desk-colour-orange"),
    ("3", "desk-colour-yellow"),
    ("4", "desk-colour-green"),
    ("5", "desk-colour-turquoise"),
    ("6", "desk-colour-blue"),
    ("7", "desk-colour-violet"),
];

fn labels() -> Memo<Vec<LabelView>> {
    let desk = team().desk();
    Memo::new(move |_| desk.with(|desk| desk.as_ref().map(|desk| desk.labels.clone()).unwrap_or_default()))
}

fn colour(label: &LabelView) -> String {
    (usize::from(label.colour) % COLOURS.len()).to_string()
}

fn chip(label: LabelView) -> AnyView {
    let colour = colour(&label);
    view! { <span class="label-chip" data-colour=colour><bdi>{label.name}</bdi></span> }.into_any()
}

/// The labels of a conversation.
pub(super) fn chips(on: Vec<LabelId>) -> AnyView {
    if on.is_empty() {
        return ().into_any();
    }
    let all = labels();
    let shown = move || {
        let shown = all.get().into_iter().filter(|label| on.contains(&label.id));
        shown.map(chip).collect_view()
    };
    view! { <span class="label-chips">{shown}</span> }.into_any()
}

/// Chooses the label by which the queue is filtered; nothing as long as there is none.
#[component]
pub(super) fn LabelFilter() -> impl IntoView {
    let all = labels();
    let chosen = team().tools().label;
    let choose = move |event: web_sys::Event| {
        let at = event_target_value(&event).parse::<usize>().ok();
        chosen.set(at.and_then(|at| all.with_untracked(|all| all.get(at).map(|label| label.id))));
    };
    let option = move |at: usize, label: LabelView| {
        let is_chosen = chosen.get_untracked() == Some(label.id);
        view! { <option value=at.to_string() selected=is_chosen>{label.name}</option> }
    };
    view! {
        {move || (!all.with(Vec::is_empty)).then(|| view! {
            <div class="queue-label">
                <select class="choice" aria-label=t("desk-label-filter") data-testid="label-filter" on:change=choose>
                    <option value="">{t("desk-label-any")}</option>
                    {all.get().into_iter().enumerate().map(|(at, label)| option(at, label)).collect_view()}
                </select>
            </div>
        })}
    }
}

/// Puts labels on a conversation, and takes them off.
#[component]
pub(super) fn CaseLabels(
    /// Which conversation.
    id: ConversationId,
    /// The user may.
    can_act: Memo<bool>,
) -> impl IntoView {
    let case = team().case(id);
    let all = labels();
    let on = Memo::new(move |_| {
        case.with(|case| case.as_ref().map(|case| case.labels.clone()).unwrap_or_default())
    });
    let button = move |label: LabelView| {
        let (which, colour) = (label.id, colour(&label));
        let is_on = Memo::new(move |_| on.with(|on| on.contains(&which)));
        let toggle = move |_| {
            post(&DeskCommand::Label { conversation: id, label: which, on: !is_on.get_untracked() });
        };
        view! {
            <button
                type="button"
                class="label-chip label-button"
                data-colour=colour
                data-testid="case-label"
                aria-pressed=move || is_on.get().to_string()
                disabled=move || !can_act.get()
                on:click=toggle
            >
                <bdi>{label.name}</bdi>
            </button>
        }
    };
    view! {
        {move || (!all.with(Vec::is_empty)).then(|| view! {
            <div class="label-chips" role="group" aria-label=t("desk-labels")>
                {all.get().into_iter().map(button).collect_view()}
            </div>
        })}
    }
}

/// Where supervisors define labels.
#[component]
pub(super) fn Labels() -> impl IntoView {
    let all = labels();
    let changed = RwSignal::new(None::<LabelId>);
    let (name, colour, wrong) =
        (RwSignal::new(String::new()), RwSignal::new("0".to_owned()), RwSignal::new(None));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let written = name.with_untracked(|name| name.trim().to_owned());
        if written.is_empty() || written.chars().count() > 80 {
            wrong.set(Some("desk-label-wrong"));
            return;
        }
        let colour = colour.with_untracked(|colour| colour.parse().unwrap_or_default());
        post(&DeskCommand::SetLabel { label: changed.get_untracked(), name: written, colour });
        changed.set(None);
        name.set(String::new());
    };
    let change = move |label: &LabelView| {
        changed.set(Some(label.id));
        name.set(label.name.clone());
        colour.set(self::colour(label));
    };
    let item = move |label: LabelView| {
        let (which, one) = (label.id, StoredValue::new(label.clone()));
        let said = Signal::stored(label.name.clone());
        view! {
            <li class="tool-item" data-testid="label">
                {chip(label)}
                <button
                    type="button"
                    class="button-quiet"
                    aria-label=t1("desk-tool-change-one", "name", move || said.get())
                    on:click=move |_| one.with_value(change)
                >
                    {t("desk-tool-change")}
                </button>
                <button
                    type="button"
                    class="button-quiet"
                    aria-label=t1("desk-tool-drop-one", "name", move || said.get())
                    on:click=move |_| post_tool(ToolCommand::DropLabel { label: which })
                >
                    {t("desk-tool-drop")}
                </button>
            </li>
        }
    };
    view! {
        <section class="sheet">
            <h2>{t("desk-labels")}</h2>
            <p class="hint">{t("desk-labels-hint")}</p>
            <ul class="tool-list">{move || all.get().into_iter().map(item).collect_view()}</ul>
            <form class="stack" novalidate on:submit=submit>
                <Entry id="label-name" label="desk-label-name" value=name wrong=wrong/>
                <Choice id="label-colour" label="desk-label-colour" options=COLOURS.to_vec() value=colour/>
                <button type="submit" class="button button-is-second" data-testid="label-save">
                    {move || if changed.get().is_some() { t("desk-tool-save")() } else { t("desk-label-add")() }}
                </button>
            </form>
        </section>
    }
}
