//! What the app knows of itself: its build, and how the browser keeps it. A part of [`crate::state::AppState`].

use leptos::prelude::*;

/// The signals of the shell; cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct Shell {
    new_version: RwSignal<bool>,
    starts: RwSignal<u32>,
}

impl Shell {
    /// Nothing is known yet.
    pub(crate) fn new() -> Self {
        Self { new_version: RwSignal::new(false), starts: RwSignal::new(0) }
    }

    /// How often the engine was started again. Whoever waits for its answer to something asks again when this changes.
    pub(crate) fn starts(self) -> Signal<u32> {
        self.starts.into()
    }

    /// The engine was started again.
    pub(crate) fn started_again(self) {
        self.starts.update(|starts| *starts += 1);
    }

    /// Whether a newer build waits to be shown.
    pub(crate) fn new_version(self) -> Signal<bool> {
        self.new_version.into()
    }

    /// A newer build is here in full.
    pub(crate) fn new_version_came(self) {
        self.new_version.set(true);
    }

    /// The user goes on with this build, for now.
    pub(crate) fn put_off_new_version(self) {
        self.new_version.set(false);
    }
}
