//! A picture in large, over all else. Escape, a press beside it or its button close it.

use kuvert_view::FileView;
use leptos::prelude::*;

use super::attachments::picture_words;
use super::dialog::{close_outside, follow};
use super::icon::{Icon, icon};
use crate::files::tray::size_words;
use crate::i18n::{language, t};
use crate::state::state;

/// The place in which a picture is shown in large; empty while none is.
#[component]
pub(crate) fn Viewer() -> impl IntoView {
    let files = state().files();
    let viewed = files.viewed();
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(viewed.with(Option::is_some)));
    Effect::new(move |before: Option<bool>| {
        let is_open = open.get();
        if before == Some(true) && !is_open {
            files.view(None);
        }
        is_open
    });
    view! {
        <dialog
            class="viewer"
            aria-labelledby="viewer-name"
            data-testid="viewer"
            node_ref=follow(open)
            on:close=move |_| open.set(false)
            on:click=move |event| close_outside(&event, open)
        >
            {move || viewed.get().map(|file| inside(file, open))}
        </dialog>
    }
}

fn inside(file: FileView, open: RwSignal<bool>) -> AnyView {
    let files = state().files();
    let lang = language();
    let (small, shown, failure) = (files.small(file.id), files.shown(file.id), files.failure(file.id));
    let source = move || shown.get().or_else(|| small.get().map(|small| small.url));
    let (name, size) = (file.name.clone(), file.size);
    let alt = move || picture_words(lang.get(), &name);
    let heading = if file.name.is_empty() {
        t("files-picture-nameless").into_any()
    } else {
        view! { <bdi>{file.name.clone()}</bdi> }.into_any()
    };
    let lost = t("files-failed-local");
    view! {
        <header class="viewer-head">
            <h2 id="viewer-name">{heading}</h2>
            <span class="viewer-size">{move || size_words(lang.get(), size)}</span>
            <button
                type="button"
                class="button-icon"
                aria-label=t("files-save")
                title=t("files-save")
                data-testid="viewer-save"
                on:click=move |_| files.save(&file)
            >
                {icon(Icon::Save)}
            </button>
            <button
                type="button"
                class="button-icon"
                autofocus
                aria-label=t("dialog-close")
                title=t("dialog-close")
                data-testid="viewer-close"
                on:click=move |_| open.set(false)
            >
                {icon(Icon::Close)}
            </button>
        </header>
        <p class="wrong" role="alert">{move || failure.get().is_some().then(lost)}</p>
        <img class="viewer-picture" src=source alt=alt data-opened=move || shown.with(Option::is_some).to_string()/>
    }
    .into_any()
}
