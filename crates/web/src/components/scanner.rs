//! Scans a QR code with the camera, or reads one from a picture that the user chooses.
//!
//! The camera is asked for when the user opens it, never before; what it shows stays in the page. It is closed as soon as a
//! code was read, when the user closes it, and when the screen is left.

use std::time::Duration;

use leptos::ev::Event;
use leptos::html;
use leptos::prelude::*;
use web_sys::HtmlInputElement;

use super::icon::{Icon, icon};
use crate::camera::{self, Camera, Trouble};
use crate::i18n::{language, t, text};
use crate::{browser, scan};

/// Time between two looks at what the camera shows.
const LOOK: Duration = Duration::from_millis(160);

/// Where scanning stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing was opened.
    Closed,
    /// The browser asks the user, or starts the camera.
    Opening,
    /// The camera is looked at.
    Looking,
    /// There is no camera to look at.
    Trouble(Trouble),
    /// The chosen picture holds no code.
    NoCode,
}

/// A scanner; cheap to copy.
#[derive(Clone, Copy)]
struct Scan {
    stage: RwSignal<Stage>,
    camera: StoredValue<Option<Camera>, LocalStorage>,
    timer: StoredValue<Option<IntervalHandle>>,
    video: NodeRef<html::Video>,
    on_code: Callback<String>,
}

impl Scan {
    /// Asks for the camera, and looks at it until a code is found.
    fn open(self) {
        self.stage.set(Stage::Opening);
        leptos::task::spawn_local(async move {
            let opened = Camera::open().await;
            // The screen may be gone, or the camera closed again, by the time the user has answered the browser.
            if self.stage.try_get_untracked() != Some(Stage::Opening) {
                if let Ok(camera) = opened {
                    camera.close();
                }
                return;
            }
            match opened {
                Ok(camera) => self.look_at(camera),
                Err(trouble) => self.stage.set(Stage::Trouble(trouble)),
            }
        });
    }

    fn look_at(self, camera: Camera) {
        self.stage.set(Stage::Looking);
        self.camera.set_value(Some(camera));
        // The element is there with the next frame.
        request_animation_frame(move || {
            self.camera.try_with_value(|camera| {
                if let (Some(camera), Some(Some(video))) = (camera, self.video.try_get_untracked()) {
                    camera.show_in(&video);
                }
            });
        });
        let timer = set_interval_with_handle(move || self.look(), LOOK);
        self.timer.set_value(timer.ok());
    }

    fn look(self) {
        let Some(Some(video)) = self.video.try_get_untracked() else { return };
        if let Some(code) = camera::frame(&video).and_then(read) {
            self.close();
            self.on_code.run(code);
        }
    }

    /// Stops the camera.
    fn close(self) {
        if let Some(Some(timer)) = self.timer.try_update_value(Option::take) {
            timer.clear();
        }
        if let Some(Some(camera)) = self.camera.try_update_value(Option::take) {
            camera.close();
        }
        let _ = self.stage.try_set(Stage::Closed);
    }

    fn choose(self, event: &Event) {
        let input = event_target::<HtmlInputElement>(event);
        let file = input.files().and_then(|files| files.get(0));
        // The same picture may be chosen again.
        input.set_value("");
        let Some(file) = file else { return };
        leptos::task::spawn_local(async move {
            let picture = camera::picture(&file).await;
            match picture.and_then(read) {
                Some(code) => {
                    self.close();
                    self.on_code.run(code);
                }
                None => {
                    let _ = self.stage.try_set(Stage::NoCode);
                }
            }
        });
    }
}

fn read(picture: camera::Picture) -> Option<String> {
    scan::apart(move || scan::read(picture.width, picture.height, &picture.pixels)).flatten()
}

/// The scanner: a button that opens the camera, what the camera shows, and the way by a picture.
#[component]
pub(crate) fn Scanner(
    /// Called with the text of the code that was read.
    on_code: Callback<String>,
) -> impl IntoView {
    let scan = Scan {
        stage: RwSignal::new(Stage::Closed),
        camera: StoredValue::new_local(None),
        timer: StoredValue::new(None),
        video: NodeRef::new(),
        on_code,
    };
    on_cleanup(move || scan.close());
    let stage = scan.stage;
    let is_open = Memo::new(move |_| matches!(stage.get(), Stage::Opening | Stage::Looking));
    let lang = language();
    let words = move || stage_words(stage.get()).map(|key| text(lang.get(), key, &[]));
    view! {
        <div class="scanner" data-testid="scanner">
            {move || is_open.get().then(|| view! {
                <div class="scanner-frame">
                    <video
                        node_ref=scan.video
                        aria-label=t("scan-view")
                        prop:muted=true
                        autoplay
                        playsinline
                    ></video>
                    <span class="scanner-corners" aria-hidden="true"></span>
                </div>
            })}
            <p class="hint scanner-words" role="status" data-testid="scan-status">{words}</p>
            <div class="buttons">
                {move || if is_open.get() {
                    view! {
                        <button
                            type="button"
                            id="scanner-button"
                            class="button button-is-second"
                            on:click=move |_| {
                                scan.close();
                                request_animation_frame(|| browser::focus("scanner-button"));
                            }
                        >
                            {t("scan-close")}
                        </button>
                    }.into_any()
                } else {
                    view! {
                        <button type="button" id="scanner-button" class="button" on:click=move |_| {
                            scan.open();
                            request_animation_frame(|| browser::focus("scanner-button"));
                        }>
                            {icon(Icon::Scan)}
                            {t("scan-open")}
                        </button>
                    }.into_any()
                }}
                {choice(scan)}
            </div>
        </div>
    }
}

/// The way by a picture.
fn choice(scan: Scan) -> AnyView {
    view! {
        <label class="button button-is-second file-button">
            {icon(Icon::Picture)}
            {t("scan-picture")}
            <input
                type="file"
                accept="image/*"
                data-testid="scan-picture"
                on:change=move |event| scan.choose(&event)
            />
        </label>
    }
    .into_any()
}

fn stage_words(stage: Stage) -> Option<&'static str> {
    Some(match stage {
        Stage::Closed => return None,
        Stage::Opening => "scan-opening",
        Stage::Looking => "scan-looking",
        Stage::NoCode => "scan-no-code",
        Stage::Trouble(Trouble::Denied) => "scan-denied",
        Stage::Trouble(Trouble::NoCamera) => "scan-no-camera",
        Stage::Trouble(Trouble::Busy) => "scan-busy",
        Stage::Trouble(Trouble::Unsupported) => "scan-unsupported",
    })
}
