//! The files of a message: pictures as pictures, all else as a card with what can be done about it.

use kuvert_view::{
    Delivery, FileState, FileView, LastMessage, MAX_UNASKED, MessageId, MessageKind, MessageView,
    TransferFailure,
};
use leptos::prelude::*;

use super::icon::{Icon, icon};
use crate::files::FilesState;
use crate::files::tray::{percent, size_words};
use crate::i18n::{Lang, language, t, text};
use crate::state::state;

/// Media types of pictures that are shown.
const SHOWN: [&str; 4] = ["image/jpeg", "image/png", "image/webp", "image/gif"];

/// Whether a file is shown as a picture, once it is here.
fn is_picture(file: &FileView) -> bool {
    SHOWN.contains(&file.media_type.as_str())
}

/// What of a message is about its files; the rest of it changes more often.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Brought {
    message: MessageId,
    files: Vec<FileView>,
    /// Whether the message can be taken back, because not all of them are at the relay.
    can_cancel: bool,
}

impl Brought {
    /// By this message.
    pub(crate) fn by(message: &MessageView) -> Self {
        let is_moving = |file: &FileView| matches!(file.state, FileState::Uploading | FileState::NotUploaded);
        let brings = matches!(message.kind, MessageKind::Attachments | MessageKind::Structured);
        let files = if brings { message.files.clone() } else { Vec::new() };
        let can_cancel =
            matches!(message.delivery, Delivery::Queued | Delivery::Failed) && files.iter().any(is_moving);
        Self { message: message.id, files, can_cancel }
    }
}

/// The files that a message brings.
pub(crate) fn attachments(brought: &Brought) -> Option<AnyView> {
    if brought.files.is_empty() {
        return None;
    }
    let files: Vec<_> = brought.files.iter().map(|file| view! { <li>{one(file)}</li> }).collect();
    let (message, can_cancel) = (brought.message, brought.can_cancel);
    Some(
        view! {
            <ul class="files" data-testid="files">{files}</ul>
            {can_cancel.then(|| cancel_button(message))}
        }
        .into_any(),
    )
}

/// What stands in the list for a message that has files and no words.
pub(crate) fn or_files(lang: Lang, last: &LastMessage) -> String {
    if last.text.is_empty() && last.kind == MessageKind::Attachments {
        return text(lang, "files-message", &[]);
    }
    last.text.clone()
}

fn cancel_button(message: MessageId) -> AnyView {
    let files = state().files();
    view! {
        <button
            type="button"
            class="button-quiet files-cancel"
            data-testid="files-cancel"
            on:click=move |_| files.cancel(message)
        >
            {icon(Icon::Close)}
            {t("files-take-back")}
        </button>
    }
    .into_any()
}

fn one(file: &FileView) -> AnyView {
    if !is_picture(file) {
        return card(file, false);
    }
    let files = state().files();
    files.ask_small(file.id);
    if file.state == FileState::Saved && file.size <= MAX_UNASKED {
        files.ask_opened(file.id);
    }
    let (small, shown) = (files.small(file.id), files.shown(file.id));
    let has_picture = Memo::new(move |_| small.with(Option::is_some) || shown.with(Option::is_some));
    let file = StoredValue::new(file.clone());
    // Without anything to look at, a picture is a file like any other.
    let view = move || match has_picture.get() {
        true => file.with_value(|file| picture(files, file)),
        false => file.with_value(|file| card(file, true)),
    };
    view! { {view} }.into_any()
}

/// A picture: the small one at once, the real one when it is here.
fn picture(files: FilesState, file: &FileView) -> AnyView {
    let lang = language();
    let (small, shown) = (files.small(file.id), files.shown(file.id));
    let source = move || shown.get().or_else(|| small.get().map(|small| small.url));
    let shape = move || small.get()?.size.map(|(width, height)| format!("{width} / {height}"));
    let name = file.name.clone();
    let alt = move || picture_words(lang.get(), &name);
    let name = file.name.clone();
    let label = move || text(lang.get(), "files-open-picture", &[("name", name.clone().into())]);
    let image = move || {
        view! { <img src=source alt=alt.clone() style:aspect-ratio=shape draggable="false"/> }
    };
    let id = file.id;
    let is_here = file.state == FileState::Saved;
    let whole = StoredValue::new(file.clone());
    let frame = if is_here {
        let open = move |_| files.view(Some(whole.get_value()));
        view! {
            <button type="button" class="picture-frame" aria-label=label data-testid="picture" on:click=open>
                {image()}
            </button>
        }
        .into_any()
    } else {
        view! { <span class="picture-frame" data-testid="picture-preview">{image()}</span> }.into_any()
    };
    let is_opened = move || shown.with(Option::is_some).to_string();
    view! {
        <figure class="picture" data-opened=is_opened data-state=state_name(file.state)>
            {frame}
            {(!is_here).then(|| below(files, file))}
            {move || is_here.then(|| failure_line(files.failure(id)))}
        </figure>
    }
    .into_any()
}

/// What a picture is called for who does not see it.
pub(crate) fn picture_words(lang: Lang, name: &str) -> String {
    match name {
        "" => text(lang, "files-picture-nameless", &[]),
        name => text(lang, "files-picture", &[("name", name.into())]),
    }
}

/// The line below a picture that is not here: how large it is, how far, and what can be done.
fn below(files: FilesState, file: &FileView) -> AnyView {
    if file.state == FileState::Uploaded {
        return ().into_any();
    }
    view! {
        <div class="file-line">{words(file)} <div class="file-actions">{actions(files, file, true)}</div></div>
        {progress(files, file)}
        {failure_line(files.failure(file.id))}
    }
    .into_any()
}

/// A file as a card.
fn card(file: &FileView, is_picture: bool) -> AnyView {
    let files = state().files();
    let name = if file.name.is_empty() {
        t("files-nameless").into_any()
    } else {
        view! { <bdi>{file.name.clone()}</bdi> }.into_any()
    };
    view! {
        <div class="file" data-testid="file" data-state=state_name(file.state)>
            {sheet_icon()}
            <div class="file-words">
                <p class="file-name">{name}</p>
                {words(file)}
            </div>
            <div class="file-actions">{actions(files, file, is_picture)}</div>
            {progress(files, file)}
            {failure_line(files.failure(file.id))}
        </div>
    }
    .into_any()
}

/// The size, and what became of the file.
fn words(file: &FileView) -> AnyView {
    let files = state().files();
    let lang = language();
    let (size, state) = (file.size, file.state);
    let (moved, saving) = (files.progress(file.id), files.saving(file.id));
    let said = move || {
        let lang = lang.get();
        let size = size_words(lang, size);
        let done = moved.get().map_or(0, percent);
        let values = [("size", size.into()), ("done", done.into())];
        let key = match (state, saving.get()) {
            (FileState::Uploading, _) => "files-uploading",
            (FileState::Downloading, _) => "files-downloading",
            (FileState::NotUploaded, _) => "files-not-uploaded",
            (FileState::Saved, (true, _)) => "files-saving",
            (FileState::Saved, (_, true)) => "files-saved",
            _ => "files-size",
        };
        text(lang, key, &values)
    };
    view! { <p class="file-about" data-testid="file-about">{said}</p> }.into_any()
}

/// What can be done about a file.
fn actions(files: FilesState, file: &FileView, is_picture: bool) -> AnyView {
    let id = file.id;
    let stored = StoredValue::new(file.clone());
    let fetch = move |_| stored.with_value(|file| files.fetch(file, is_picture));
    match file.state {
        FileState::Uploading | FileState::NotUploaded => ().into_any(),
        FileState::Offered | FileState::Uploaded => {
            action(&file.name, "files-fetch", Icon::Save, "file-fetch", fetch)
        }
        FileState::NotDownloaded => action(&file.name, "files-retry", Icon::Save, "file-fetch", fetch),
        FileState::Downloading => {
            action(&file.name, "files-stop", Icon::Close, "file-stop", move |_| files.stop(id))
        }
        FileState::Saved => {
            let save = move |_| stored.with_value(|file| files.save(file));
            let view = move |_| files.view(Some(stored.get_value()));
            let failure = files.failure(id);
            view! {
                {is_picture.then(|| action(&file.name, "files-open", Icon::Picture, "file-open", view))}
                {action(&file.name, "files-save", Icon::Save, "file-save", save)}
                {
                    let name = file.name.clone();
                    move || {
                        is_lost(failure.get())
                            .then(|| action(&name, "files-retry", Icon::Save, "file-fetch", fetch))
                    }
                }
            }
            .into_any()
        }
    }
}

/// Whether a file that should be here has to be fetched again.
fn is_lost(failure: Option<TransferFailure>) -> bool {
    matches!(failure, Some(TransferFailure::LocalFile | TransferFailure::Forged))
}

/// A button named after what it does and to which file.
fn action(
    name: &str,
    key: &'static str,
    sign: Icon,
    id: &'static str,
    press: impl Fn(leptos::ev::MouseEvent) + 'static,
) -> AnyView {
    let lang = language();
    let name = name.to_owned();
    let label = move || {
        let lang = lang.get();
        let named = if name.is_empty() { text(lang, "files-nameless", &[]) } else { name.clone() };
        text(lang, "files-do-to", &[("what", text(lang, key, &[]).into()), ("name", named.into())])
    };
    view! {
        <button
            type="button"
            class="button-icon file-action"
            aria-label=label
            title=t(key)
            data-testid=id
            on:click=press
        >
            {icon(sign)}
        </button>
    }
    .into_any()
}

fn progress(files: FilesState, file: &FileView) -> AnyView {
    let lang = language();
    let key = match file.state {
        FileState::Uploading => "files-bar-up",
        FileState::Downloading => "files-bar-down",
        _ => return ().into_any(),
    };
    let moved = files.progress(file.id);
    let done = Signal::derive(move || moved.get().map_or(0, percent));
    let name = file.name.clone();
    let label = Signal::derive(move || text(lang.get(), key, &[("name", name.clone().into())]));
    bar(label, done)
}

/// A bar that says how far something is, in percent.
pub(crate) fn bar(label: Signal<String>, done: Signal<u32>) -> AnyView {
    view! {
        <div
            class="bar"
            role="progressbar"
            aria-label=label
            aria-valuemin="0"
            aria-valuemax="100"
            aria-valuenow=move || done.get().to_string()
        >
            <span class="bar-done" style:inline-size=move || format!("{}%", done.get())></span>
        </div>
    }
    .into_any()
}

fn failure_line(failure: Memo<Option<TransferFailure>>) -> AnyView {
    let lang = language();
    let words = move || failure.get().map(|failure| text(lang.get(), failure_key(failure), &[]));
    view! { <p class="wrong" role="alert">{words}</p> }.into_any()
}

fn failure_key(failure: TransferFailure) -> &'static str {
    match failure {
        TransferFailure::NotAdmitted => "files-failed-not-admitted",
        TransferFailure::TooLarge => "files-failed-too-large",
        TransferFailure::NoRoom => "files-failed-no-room",
        TransferFailure::Gone => "files-failed-gone",
        TransferFailure::Forged => "files-failed-forged",
        TransferFailure::LocalFile => "files-failed-local",
        TransferFailure::Unsupported => "files-failed-unsupported",
        TransferFailure::NoSpace => "files-no-space",
    }
}

/// A sheet of paper with a folded corner.
pub(crate) fn sheet_icon() -> AnyView {
    view! { <span class="file-sign" aria-hidden="true">{icon(Icon::Sheet)}</span> }.into_any()
}

fn state_name(state: FileState) -> String {
    format!("{state:?}").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_of_files_alone_is_named_in_the_list() {
        let last = |text: &str, kind| LastMessage {
            text: text.into(),
            at: 0,
            from: kuvert_view::Sender::Contact,
            delivery: Delivery::Received,
            kind,
        };
        assert_eq!(or_files(Lang::De, &last("", MessageKind::Attachments)), "Datei");
        assert_eq!(or_files(Lang::De, &last("Strand", MessageKind::Attachments)), "Strand");
        assert_eq!(or_files(Lang::De, &last("", MessageKind::Text)), "");
    }
}
