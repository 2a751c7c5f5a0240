//! Files beside the composer: how they are picked, what will go with the next message, and what is being sealed.

use kuvert_view::{ConversationId, Failure, NotTaken};
use leptos::ev::{self, DragEvent, Event};
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{ClipboardEvent, DataTransfer, HtmlInputElement};

use super::attachments::{bar, sheet_icon};
use super::icon::{Icon, icon};
use crate::browser;
use crate::files::browser::files_of;
use crate::files::tray::{Item, Parcel, Place, Trouble, percent, size_words};
use crate::i18n::{Lang, language, t, text};
use crate::state::{AppState, state};

/// Buttons that pick files: any, and on a phone one for the camera.
#[component]
pub(crate) fn AttachButtons(
    /// Where they will go.
    conversation: ConversationId,
    /// Whether nothing can be sent yet.
    #[prop(into)]
    waiting: Signal<bool>,
) -> impl IntoView {
    let has_camera = browser::matches("(hover: none) and (pointer: coarse)");
    let field = state().talk().field(conversation);
    // On a narrow screen, what is typed needs the room.
    let is_typed = Memo::new(move |_| field.with(|text| !text.is_empty()));
    let camera = has_camera.then(|| {
        view! { <span class="attach" hidden=is_typed>{picker(conversation, true)}</span> }
    });
    view! {
        <div class="attach" hidden=move || waiting.get()>
            {picker(conversation, false)} {camera}
        </div>
    }
}

fn picker(conversation: ConversationId, camera: bool) -> AnyView {
    let state = state();
    let input = NodeRef::<html::Input>::new();
    let (label, sign, id) = match camera {
        false => ("files-attach", Icon::Attach, "attach"),
        true => ("files-camera", Icon::Camera, "attach-camera"),
    };
    let press = move |_| {
        if let Some(input) = input.get_untracked() {
            input.click();
        }
    };
    let picked = move |event: Event| {
        let Some(input) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) else {
            return;
        };
        state.files().pick(conversation, files_of(input.files()));
        // The same file can be picked again after it was taken out.
        input.set_value("");
        write_on();
    };
    view! {
        <button type="button" class="button-icon composer-tool" aria-label=t(label) title=t(label) on:click=press>
            {icon(sign)}
        </button>
        <input
            type="file"
            hidden
            tabindex="-1"
            multiple=!camera
            accept=camera.then_some("image/*")
            capture=camera.then_some("environment")
            data-testid=id
            node_ref=input
            on:change=picked
        />
    }
    .into_any()
}

/// Whoever has a keyboard goes on writing.
fn write_on() {
    if browser::has_keyboard() {
        browser::focus("composer");
    }
}

/// Takes files that are pasted. A text with its picture beside it, as word processors copy it, is pasted as text.
pub(crate) fn paste(state: AppState, conversation: ConversationId, event: &ev::Event) {
    let Some(data) =
        event.dyn_ref::<ClipboardEvent>().and_then(|event: &ClipboardEvent| event.clipboard_data())
    else {
        return;
    };
    let files = files_of(data.files());
    let is_text = data.get_data("text/plain").is_ok_and(|text| !text.trim().is_empty());
    if !files.is_empty() && !is_text {
        event.prevent_default();
        state.files().pick(conversation, files);
    }
}

/// Takes files that are dropped anywhere on the page while the conversation is shown.
#[component]
pub(crate) fn DropZone(
    /// Where they will go.
    conversation: ConversationId,
) -> impl IntoView {
    let state = state();
    let is_over = RwSignal::new(false);
    let brings_files = |event: &DragEvent| event.data_transfer().is_some_and(|data| has_files(&data));
    let over = window_event_listener(ev::dragover, move |event| {
        if brings_files(&event) {
            // Without this, the browser would leave the page for the file.
            event.prevent_default();
            is_over.set(true);
        }
    });
    let leave = window_event_listener(ev::dragleave, move |event| {
        // Only when it leaves the page, and not from one element to the next.
        if event.related_target().is_none() {
            is_over.set(false);
        }
    });
    let drop_event = window_event_listener(ev::drop, move |event| {
        is_over.set(false);
        if brings_files(&event) {
            event.prevent_default();
            let files = files_of(event.data_transfer().and_then(|data| data.files()));
            state.files().pick(conversation, files);
            write_on();
        }
    });
    on_cleanup(move || [over, leave, drop_event].into_iter().for_each(|listener| listener.remove()));
    move || {
        is_over.get().then(|| {
            view! {
                <div class="drop-zone" aria-hidden="true">
                    {icon(Icon::Attach)} <p>{t("files-drop")}</p>
                </div>
            }
        })
    }
}

fn has_files(data: &DataTransfer) -> bool {
    data.types().iter().any(|kind| kind.as_string().as_deref() == Some("Files"))
}

/// What will go with the next message, what is being sealed, and what went wrong with either.
#[component]
pub(crate) fn Tray(
    /// Where it will go.
    conversation: ConversationId,
) -> impl IntoView {
    let files = state().files();
    let (items, parcels, trouble) =
        (files.tray(conversation), files.parcels(conversation), files.trouble(conversation));
    let lang = language();
    let tickets = Memo::new(move |_| {
        parcels.with(|parcels| parcels.iter().map(|parcel| parcel.ticket).collect::<Vec<_>>())
    });
    view! {
        <For
            each=move || tickets.get()
            key=|ticket| *ticket
            children=move |ticket| sealing(ticket, parcels)
        />
        <p class="wrong" role="alert" data-testid="files-trouble">
            {move || trouble.get().map(|trouble| trouble_words(lang.get(), &trouble))}
        </p>
        {move || {
            (!items.with(Vec::is_empty))
                .then(|| {
                    view! {
                        <ul class="tray" aria-label=t("files-tray") data-testid="tray">
                            <For
                                each=move || items.get()
                                key=|item| item.id
                                children=move |item| tray_item(conversation.into(), item)
                            />
                        </ul>
                    }
                })
        }}
    }
}

/// A file that was picked, and the way to leave it out.
pub(crate) fn tray_item(place: Place, item: Item) -> AnyView {
    let files = state().files();
    let lang = language();
    let (id, size, name) = (item.id, item.size, item.name.clone());
    let label = move || text(lang.get(), "files-remove", &[("name", name.clone().into())]);
    let shown = match item.picture {
        Some(url) => view! { <img class="tray-picture" src=url alt=""/> }.into_any(),
        None => sheet_icon(),
    };
    let leave_out = move |_| {
        files.unpick(place, id);
        // The button that had the focus is gone with its file.
        browser::focus("composer");
    };
    view! {
        <li class="tray-item">
            {shown}
            <span class="tray-words">
                <bdi class="tray-name">{item.name}</bdi>
                <span class="tray-size">{move || size_words(lang.get(), size)}</span>
            </span>
            <button type="button" class="button-icon" aria-label=label on:click=leave_out>
                {icon(Icon::Close)}
            </button>
        </li>
    }
    .into_any()
}

/// Files that are being sealed.
fn sealing(ticket: u64, parcels: Memo<Vec<Parcel>>) -> AnyView {
    let files = state().files();
    let lang = language();
    let find = move || {
        parcels.with(|parcels| {
            let parcel = parcels.iter().find(|parcel| parcel.ticket == ticket)?;
            Some((parcel.items.len(), percent(parcel.done)))
        })
    };
    let words = move || {
        let count = find().map_or(0, |(count, _)| u32::try_from(count).unwrap_or(u32::MAX));
        text(lang.get(), "files-sealing", &[("count", count.into())])
    };
    let done = Signal::derive(move || find().map_or(100, |(_, done)| done));
    view! {
        <div class="parcel" data-testid="sealing">
            <p>{words}</p>
            {bar(Signal::derive(words), done)}
            <button type="button" class="button-quiet" on:click=move |_| files.cancel_sending(ticket)>
                {t("files-cancel")}
            </button>
        </div>
    }
    .into_any()
}

/// What went wrong with picked files.
pub(crate) fn trouble_words(lang: Lang, trouble: &Trouble) -> String {
    let (why, name) = match trouble {
        Trouble::TooMany => return text(lang, "files-too-many", &[]),
        Trouble::NotTaken(why, name) => (why, name.clone().unwrap_or_default()),
    };
    let key = match why {
        NotTaken::Unreadable => "files-unreadable",
        NotTaken::TooLarge => "files-too-large",
        NotTaken::PictureTooLarge => "files-picture-too-large",
        NotTaken::PictureDamaged => "files-picture-damaged",
        NotTaken::NoSpace => "files-no-space",
        NotTaken::Unwritable => "files-unwritable",
        NotTaken::Cancelled => return String::new(),
        NotTaken::Refused(failure) => refused_key(*failure),
    };
    text(lang, key, &[("name", name.into())])
}

fn refused_key(failure: Failure) -> &'static str {
    match failure {
        Failure::FilesInvalid => "failure-files-invalid",
        Failure::TextInvalid => "failure-text-invalid",
        Failure::Blocked => "failure-blocked",
        Failure::NotAccepted => "failure-not-accepted",
        Failure::Database | Failure::DiskFull => "failure-database",
        _ => "failure-unknown",
    }
}
