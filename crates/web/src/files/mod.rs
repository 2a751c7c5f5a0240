//! Files on the page: what was picked and not sent yet, how files are getting on, and what shows them.
//!
//! Files themselves stay the browser's: they go to the engine's worker beside a command, and come from it beside an update,
//! without being copied. What shows a file is an address within this page, which is taken back when it is not needed.

pub(crate) mod browser;
pub(crate) mod tray;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use kuvert_view::{
    ConversationId, FileId, FileView, FilledForm, MAX_SHOWN, MessageId, NotTaken, TransferFailure,
    TransferStage, TransferView, UiCommand, ViewUpdate,
};
use leptos::prelude::*;
use wasm_bindgen::JsValue;

use self::tray::{Held, Item, Opened, Parcel, Place, Trays, Trouble};
use crate::bridge;
use crate::compose::Quoted;
use crate::state::AppState;
use crate::text::is_too_long;

thread_local! {
    static PICKED: RefCell<BTreeMap<u64, web_sys::File>> = const { RefCell::new(BTreeMap::new()) };
    static NUMBERS: Cell<u64> = const { Cell::new(0) };
}

fn next_number() -> u64 {
    NUMBERS.with(|numbers| {
        numbers.set(numbers.get() + 1);
        numbers.get()
    })
}

/// What shows the small picture of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Small {
    /// Its address within this page.
    pub(crate) url: String,
    /// Width and height, where they are known.
    pub(crate) size: Option<(u32, u32)>,
}

/// The state of all files; cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct FilesState {
    trays: RwSignal<Trays>,
    parcels: RwSignal<Vec<Parcel>>,
    trouble: RwSignal<Option<(ConversationId, Trouble)>>,
    moved: RwSignal<BTreeMap<FileId, (u64, u64)>>,
    failed: RwSignal<BTreeMap<FileId, TransferFailure>>,
    small: RwSignal<BTreeMap<FileId, Option<Small>>>,
    held: RwSignal<Held>,
    /// Asked for, so that nothing is asked for twice.
    asked: RwSignal<BTreeSet<FileId>>,
    /// To be saved as soon as they are opened.
    wanted: RwSignal<BTreeSet<FileId>>,
    saved: RwSignal<BTreeSet<FileId>>,
    viewed: RwSignal<Option<FileView>>,
    turned_to: RwSignal<Option<ConversationId>>,
    /// The last wish whose files were all sealed.
    taken: RwSignal<u64>,
}

impl FilesState {
    /// Nothing is known yet.
    pub(crate) fn new() -> Self {
        Self {
            trays: RwSignal::new(Trays::default()),
            parcels: RwSignal::new(Vec::new()),
            trouble: RwSignal::new(None),
            moved: RwSignal::new(BTreeMap::new()),
            failed: RwSignal::new(BTreeMap::new()),
            small: RwSignal::new(BTreeMap::new()),
            held: RwSignal::new(Held::default()),
            asked: RwSignal::new(BTreeSet::new()),
            wanted: RwSignal::new(BTreeSet::new()),
            saved: RwSignal::new(BTreeSet::new()),
            viewed: RwSignal::new(None),
            turned_to: RwSignal::new(None),
            taken: RwSignal::new(0),
        }
    }

    /// Takes an update of the engine about files, and what came beside it: an address within this page and a size. Gives what
    /// could not be sent, for its text and the message that it answers; its files lie in the tray again.
    pub(crate) fn apply(self, update: ViewUpdate, beside: Option<(String, u64)>) -> Option<Parcel> {
        match update {
            ViewUpdate::Transfer(transfer) => self.transferred(transfer),
            ViewUpdate::FilesSealing { ticket, done, of } => self.parcels.update(|parcels| {
                if let Some(parcel) = parcels.iter_mut().find(|parcel| parcel.ticket == ticket) {
                    parcel.done = (done, of);
                }
            }),
            ViewUpdate::FilesTaken { ticket } => {
                self.take_parcel(ticket).iter().flat_map(|parcel| &parcel.items).for_each(forget);
                self.taken.set(ticket);
            }
            ViewUpdate::FilesNotTaken { ticket, position, why } => {
                return self.not_taken(ticket, position, why);
            }
            ViewUpdate::Preview { file, preview } => {
                let shown = preview.and_then(|preview| {
                    let url = browser::url_of_bytes(&preview.picture, &preview.media_type)?;
                    Some(Small { url, size: preview.size })
                });
                let before = self.small.try_update(|small| small.insert(file, shown)).flatten().flatten();
                before.iter().for_each(|before| browser::revoke(&before.url));
            }
            ViewUpdate::FileShown { file, name, is_picture } => {
                if let Some((url, size)) = beside {
                    self.opened(Opened { file, url, name, size, is_picture });
                }
            }
            ViewUpdate::FileNotShown { file, why } => {
                self.wanted.update(|wanted| {
                    wanted.remove(&file);
                });
                self.failed.update(|failed| {
                    failed.insert(file, why);
                });
            }
            ViewUpdate::FileSaved { file } => {
                self.wanted.update(|wanted| {
                    wanted.remove(&file);
                });
                self.saved.update(|saved| {
                    saved.insert(file);
                });
            }
            _ => {}
        }
        None
    }

    fn transferred(self, transfer: TransferView) {
        let file = transfer.file;
        match transfer.stage {
            TransferStage::Moved { done, of } => {
                self.failed.update(|failed| {
                    failed.remove(&file);
                });
                self.moved.update(|moved| {
                    moved.insert(file, (done, of));
                });
            }
            TransferStage::Done => {
                self.moved.update(|moved| {
                    moved.remove(&file);
                });
                if self.wanted.with_untracked(|wanted| wanted.contains(&file)) {
                    bridge::post(&UiCommand::ShowFile { file });
                }
            }
            TransferStage::Failed(why) => {
                self.moved.update(|moved| {
                    moved.remove(&file);
                });
                self.wanted.update(|wanted| {
                    wanted.remove(&file);
                });
                self.failed.update(|failed| {
                    failed.insert(file, why);
                });
            }
        }
    }

    fn take_parcel(self, ticket: u64) -> Option<Parcel> {
        let taken = self.parcels.try_update(|parcels| {
            let at = parcels.iter().position(|parcel| parcel.ticket == ticket)?;
            Some(parcels.remove(at))
        });
        taken.flatten()
    }

    fn not_taken(self, ticket: u64, position: Option<u32>, why: NotTaken) -> Option<Parcel> {
        let mut parcel = self.take_parcel(ticket)?;
        let (conversation, items) = (parcel.conversation, std::mem::take(&mut parcel.items));
        let position = position.and_then(|position| usize::try_from(position).ok());
        let name = position.and_then(|position| items.get(position)).map(|item| item.name.clone());
        let surplus = self.trays.try_update(|trays| trays.bring_back(conversation, items));
        surplus.iter().flatten().for_each(forget);
        if why != NotTaken::Cancelled {
            self.trouble.set(Some((conversation, Trouble::NotTaken(why, name))));
        }
        Some(parcel)
    }

    fn opened(self, opened: Opened) {
        let is_wanted = self.wanted.try_update(|wanted| wanted.remove(&opened.file)).unwrap_or(false);
        if is_wanted {
            browser::save(&opened.url, &opened.name);
            self.saved.update(|saved| {
                saved.insert(opened.file);
            });
        }
        if opened.is_picture {
            let gone = self.held.try_update(|held| held.put(opened)).unwrap_or_default();
            gone.iter().for_each(|url| browser::revoke(url));
        } else {
            browser::revoke_later(opened.url);
        }
    }

    /// Another conversation is shown: what showed files of the one before is let go.
    pub(crate) fn turn_to(self, conversation: ConversationId) {
        if self.turned_to.get_untracked() == Some(conversation) {
            return;
        }
        self.turned_to.set(Some(conversation));
        let held = self.held.try_update(Held::clear).unwrap_or_default();
        held.iter().for_each(|url| browser::revoke(url));
        let small = self.small.try_update(std::mem::take).unwrap_or_default();
        small.into_values().flatten().for_each(|small| browser::revoke(&small.url));
        self.asked.set(BTreeSet::new());
        self.saved.set(BTreeSet::new());
        self.viewed.set(None);
    }

    /// The user picked files.
    pub(crate) fn pick(self, place: impl Into<Place>, files: Vec<web_sys::File>) {
        let place = place.into();
        let conversation = place.conversation;
        self.trouble.set(None);
        for file in files {
            let id = next_number();
            let picture = file.type_().starts_with("image/").then(|| browser::url_of(&file)).flatten();
            let item = Item { id, name: file.name(), size: file.size() as u64, picture, field: place.field };
            let done = self.trays.try_update(|trays| trays.put(place, item.clone()));
            if let Some(Err(trouble)) = done {
                forget(&item);
                self.trouble.set(Some((conversation, trouble)));
            } else {
                PICKED.with_borrow_mut(|picked| {
                    picked.insert(id, file);
                });
            }
        }
    }

    /// The user takes a file out of the tray.
    pub(crate) fn unpick(self, place: Place, id: u64) {
        self.trouble.set(None);
        let item = self.trays.try_update(|trays| trays.remove(place, id)).flatten();
        item.iter().for_each(forget);
    }

    /// Whether files are to be sent with the next message.
    pub(crate) fn is_laden(self, conversation: ConversationId) -> bool {
        self.trays.with(|trays| !trays.of(conversation).is_empty())
    }

    fn hand_over(
        self,
        conversation: ConversationId,
        text: String,
        reply: Option<Quoted>,
        expires_after: Option<u32>,
    ) {
        let items = self.trays.try_update(|trays| trays.take(conversation)).unwrap_or_default();
        let done = (0, items.iter().map(|item| item.size).sum());
        let ticket = next_number();
        self.send_parcel(Parcel {
            ticket,
            conversation,
            text,
            reply,
            expires_after,
            form: None,
            items,
            done,
        });
    }

    fn send_parcel(self, parcel: Parcel) {
        self.trouble.set(None);
        post_parcel(&parcel);
        self.parcels.update(|parcels| parcels.push(parcel));
    }

    /// Sends a form with what was picked for its fields; the number of the wish.
    pub(crate) fn send_form(self, conversation: ConversationId, form: FilledForm) -> u64 {
        let items = self.trays.try_update(|trays| trays.take_fields(conversation)).unwrap_or_default();
        let done = (0, items.iter().map(|item| item.size).sum());
        let (ticket, text, form) = (next_number(), String::new(), Some(form));
        let parcel =
            Parcel { ticket, conversation, text, reply: None, expires_after: None, form, items, done };
        self.send_parcel(parcel);
        ticket
    }

    /// What was picked for the fields of a form that is not sent after all is let go.
    pub(crate) fn forget_fields(self, conversation: ConversationId) {
        let items = self.trays.try_update(|trays| trays.take_fields(conversation));
        items.iter().flatten().for_each(forget);
    }

    /// The number of the last wish whose files were all sealed.
    pub(crate) fn taken(self) -> Signal<u64> {
        self.taken.into()
    }

    /// The engine was started again: what it had not answered is given to it once more. It carries out each wish once.
    pub(crate) fn engine_started_again(self) {
        self.parcels.with_untracked(|parcels| parcels.iter().for_each(post_parcel));
        let is_here = |file: &FileId| self.held.with_untracked(|held| held.find(*file).is_some());
        for file in self.asked.get_untracked().into_iter().filter(|file| !is_here(file)) {
            bridge::post(&UiCommand::ShowFile { file });
        }
        self.wanted.set(BTreeSet::new());
    }

    /// The user does not want to send files after all.
    pub(crate) fn cancel_sending(self, ticket: u64) {
        bridge::post(&UiCommand::CancelSending { ticket });
    }

    /// The user fetches a file; a file that is no picture is then saved.
    pub(crate) fn fetch(self, file: &FileView, is_picture: bool) {
        let id = file.id;
        self.failed.update(|failed| {
            failed.remove(&id);
        });
        self.asked.update(|asked| {
            asked.remove(&id);
        });
        if !is_picture && file.size <= MAX_SHOWN {
            self.wanted.update(|wanted| {
                wanted.insert(id);
            });
        }
        bridge::post(&UiCommand::FetchFile { file: id });
    }

    /// The user does not want a file any more, for now.
    pub(crate) fn stop(self, file: FileId) {
        self.wanted.update(|wanted| {
            wanted.remove(&file);
        });
        self.moved.update(|moved| {
            moved.remove(&file);
        });
        bridge::post(&UiCommand::StopFetching { file });
    }

    /// The user takes back a message whose files are not all at the relay.
    pub(crate) fn cancel(self, message: MessageId) {
        bridge::post(&UiCommand::CancelFiles { message });
    }

    /// The user saves a file that is on this device.
    pub(crate) fn save(self, file: &FileView) {
        let id = file.id;
        self.failed.update(|failed| {
            failed.remove(&id);
        });
        if file.size > MAX_SHOWN {
            return self.save_large(file);
        }
        let held = self.held.with_untracked(|held| held.find(id).cloned());
        if let Some(opened) = held {
            browser::save(&opened.url, &opened.name);
            self.saved.update(|saved| {
                saved.insert(id);
            });
            return;
        }
        self.wanted.update(|wanted| {
            wanted.insert(id);
        });
        bridge::post(&UiCommand::ShowFile { file: id });
    }

    /// A large file is written by the worker, a slice at a time, to where the user wants it.
    fn save_large(self, file: &FileView) {
        let (id, name) = (file.id, file.name.clone());
        leptos::task::spawn_local(async move {
            match browser::place_for(&name).await {
                Ok(place) => {
                    self.wanted.update(|wanted| {
                        wanted.insert(id);
                    });
                    bridge::post_with(UiCommand::SaveFile { file: id }, &[place]);
                }
                // Who closes the question has decided.
                Err(browser::NoPlace::Closed) => {}
                Err(browser::NoPlace::Unsupported) => {
                    self.failed.update(|failed| {
                        failed.insert(id, TransferFailure::Unsupported);
                    });
                }
            }
        });
    }

    /// Asks for the small picture of a file, once.
    pub(crate) fn ask_small(self, file: FileId) {
        let is_known = self.small.with_untracked(|small| small.contains_key(&file));
        if !is_known {
            self.small.update(|small| {
                small.insert(file, None);
            });
            bridge::post(&UiCommand::ShowPreview { file });
        }
    }

    /// Asks for a picture that is on this device, once.
    pub(crate) fn ask_opened(self, file: FileId) {
        let is_here = self.held.with_untracked(|held| held.find(file).is_some());
        let is_new = self.asked.try_update_untracked(|asked| asked.insert(file)).unwrap_or(false);
        if !is_here && is_new {
            bridge::post(&UiCommand::ShowFile { file });
        }
    }

    /// The user looks at a picture.
    pub(crate) fn view(self, file: Option<FileView>) {
        if let Some(file) = &file {
            // It may have gone since, for those that were shown later.
            self.asked.update_untracked(|asked| {
                asked.remove(&file.id);
            });
            self.ask_opened(file.id);
        }
        self.viewed.set(file);
    }

    /// The picture that is looked at.
    pub(crate) fn viewed(self) -> Signal<Option<FileView>> {
        self.viewed.into()
    }

    /// What lies in a place.
    pub(crate) fn tray(self, place: impl Into<Place>) -> Memo<Vec<Item>> {
        let place = place.into();
        Memo::new(move |_| self.trays.with(|trays| trays.of(place).to_vec()))
    }

    /// What is being sealed for a conversation.
    pub(crate) fn parcels(self, conversation: ConversationId) -> Memo<Vec<Parcel>> {
        Memo::new(move |_| {
            let of_it = |parcel: &&Parcel| parcel.conversation == conversation;
            self.parcels.with(|parcels| parcels.iter().filter(of_it).cloned().collect())
        })
    }

    /// Whether files are being sealed, for any conversation: they would be lost with the page.
    pub(crate) fn is_sealing(self) -> bool {
        self.parcels.with_untracked(|parcels| !parcels.is_empty())
    }

    /// What went wrong with the tray of a conversation.
    pub(crate) fn trouble(self, conversation: ConversationId) -> Memo<Option<Trouble>> {
        Memo::new(move |_| {
            self.trouble.with(|trouble| {
                trouble.as_ref().filter(|(of, _)| *of == conversation).map(|(_, trouble)| trouble.clone())
            })
        })
    }

    /// How far a file is on its way.
    pub(crate) fn progress(self, file: FileId) -> Memo<Option<(u64, u64)>> {
        Memo::new(move |_| self.moved.with(|moved| moved.get(&file).copied()))
    }

    /// Why a file did not get where it should be, lately.
    pub(crate) fn failure(self, file: FileId) -> Memo<Option<TransferFailure>> {
        Memo::new(move |_| self.failed.with(|failed| failed.get(&file).copied()))
    }

    /// The small picture of a file.
    pub(crate) fn small(self, file: FileId) -> Memo<Option<Small>> {
        Memo::new(move |_| self.small.with(|small| small.get(&file).cloned().flatten()))
    }

    /// What shows a picture that was opened.
    pub(crate) fn shown(self, file: FileId) -> Memo<Option<String>> {
        Memo::new(move |_| {
            let picture = |opened: &&Opened| opened.is_picture;
            self.held.with(|held| held.find(file).filter(picture).map(|opened| opened.url.clone()))
        })
    }

    /// Whether a file was handed to the browser, or is about to be.
    pub(crate) fn saving(self, file: FileId) -> Memo<(bool, bool)> {
        Memo::new(move |_| {
            (
                self.wanted.with(|wanted| wanted.contains(&file)),
                self.saved.with(|saved| saved.contains(&file)),
            )
        })
    }
}

/// Hands files to the engine.
fn post_parcel(parcel: &Parcel) {
    let files: Vec<JsValue> = PICKED.with_borrow(|picked| {
        parcel.items.iter().filter_map(|item| picked.get(&item.id)).map(JsValue::from).collect()
    });
    let command = UiCommand::SendFiles {
        ticket: parcel.ticket,
        conversation: parcel.conversation,
        text: parcel.text.clone(),
        names: parcel.items.iter().map(|item| item.name.clone()).collect(),
        reply_to: parcel.reply.as_ref().map(|quoted| quoted.message),
        expires_after: parcel.expires_after,
        form: parcel.form.clone(),
    };
    bridge::post_with(command, &files);
}

/// Lets go of what shows a picked file, and of the file.
fn forget(item: &Item) {
    item.picture.iter().for_each(|url| browser::revoke(url));
    PICKED.with_borrow_mut(|picked| {
        picked.remove(&item.id);
    });
}

/// Sends what lies in the tray of a conversation with what was typed. `false` if nothing lies there, or a message is being
/// edited, which takes no files; then a text is sent as ever.
pub(crate) fn send(state: AppState, conversation: ConversationId) -> bool {
    let talk = state.talk();
    let composing = untrack(|| talk.composing(conversation).get());
    if composing.editing().is_some() || !untrack(|| state.files().is_laden(conversation)) {
        return false;
    }
    if is_too_long(composing.text()) {
        // It is said below the field.
        return true;
    }
    let reply = composing.reply().cloned();
    if let Some((text, _, expires_after)) = talk.take_for_files(conversation) {
        state.files().hand_over(conversation, text.trim().to_owned(), reply, expires_after);
    }
    true
}
