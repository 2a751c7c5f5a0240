//! What the app knows of itself: its build, and how the browser keeps it. A part of [`crate::state::AppState`].

use kuvert_view::{Gate, LockView, MoveView};
use leptos::prelude::*;

use crate::browser;
use crate::keeping::Kept;

/// The signals of the shell; cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct Shell {
    new_version: RwSignal<bool>,
    starts: RwSignal<u32>,
    gate: RwSignal<Option<Gate>>,
    lock: RwSignal<Option<LockView>>,
    locking: RwSignal<bool>,
    moved: RwSignal<Option<MoveView>>,
    kept: RwSignal<Kept>,
}

impl Shell {
    /// Nothing is known yet.
    pub(crate) fn new() -> Self {
        Self {
            new_version: RwSignal::new(false),
            starts: RwSignal::new(0),
            gate: RwSignal::new(None),
            lock: RwSignal::new(None),
            locking: RwSignal::new(false),
            moved: RwSignal::new(None),
            kept: RwSignal::new(Kept::default()),
        }
    }

    /// The engine says why the profile is not open, or that it is.
    pub(crate) fn apply_gate(self, gate: Option<Gate>) {
        if gate == Some(Gate::Locked) && self.locking.get_untracked() {
            // Whatever this page still holds in memory goes with it.
            browser::reload();
        }
        self.gate.set(gate);
    }

    /// The engine says how the profile is locked.
    pub(crate) fn apply_lock(self, lock: LockView) {
        self.lock.set(Some(lock));
    }

    /// The engine says how a move gets on.
    pub(crate) fn apply_move(self, moved: MoveView) {
        self.moved.set(Some(moved));
    }

    /// How a move gets on, if there is one. Said again, it is told again.
    pub(crate) fn moved(self) -> Signal<Option<MoveView>> {
        self.moved.into()
    }

    /// Why the profile is not open. Said again, it is told again.
    pub(crate) fn gate(self) -> Signal<Option<Gate>> {
        self.gate.into()
    }

    /// How the profile is locked, once that was asked.
    pub(crate) fn lock(self) -> Signal<Option<LockView>> {
        self.lock.into()
    }

    /// The user locks the profile.
    pub(crate) fn locking(self) {
        self.locking.set(true);
    }

    /// What the browser promised.
    pub(crate) fn kept(self) -> Signal<Kept> {
        self.kept.into()
    }

    /// The browser said what it keeps.
    pub(crate) fn set_kept(self, kept: Kept) {
        self.kept.set(kept);
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
