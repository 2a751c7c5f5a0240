//! Commands that the engine has not answered yet, and how often it crashed.
//!
//! A worker may end at any moment. What it did not answer by then is given to the next one again, in the same order and under
//! the same numbers: the engine carries out each number once (`core`'s `once.rs`), so that nothing is lost or doubled.

use std::collections::VecDeque;

use kuvert_view::{Posted, UiCommand};

/// Crashes after which the engine is not started again, if they come within [`WITHIN`] and it took no words in between.
const CRASHES: usize = 4;
/// Milliseconds.
const WITHIN: f64 = 60_000.0;
/// Pauses before the engine is started again, in milliseconds, from crash to crash.
const PAUSES: [u32; CRASHES - 1] = [0, 500, 2_000];

/// Numbers commands, and keeps them until they are answered.
pub(crate) struct Unanswered {
    page: [u8; 16],
    last: u64,
    waiting: VecDeque<Posted>,
}

impl Unanswered {
    /// `page` names this page: random, and another one whenever it is loaded.
    pub(crate) fn new(page: [u8; 16]) -> Self {
        Self { page, last: 0, waiting: VecDeque::new() }
    }

    /// A command as it is posted.
    pub(crate) fn post(&mut self, command: UiCommand) -> Posted {
        if !is_kept(&command) {
            return Posted { page: self.page, number: 0, command };
        }
        self.last += 1;
        let posted = Posted { page: self.page, number: self.last, command };
        self.waiting.push_back(posted.clone());
        posted
    }

    /// The engine has answered everything up to this number. Whether words of the user were among it.
    pub(crate) fn done(&mut self, number: u64) -> bool {
        let mut had_words = false;
        while let Some(posted) = self.waiting.pop_front_if(|posted| posted.number <= number) {
            had_words |= is_words(&posted.command);
        }
        had_words
    }

    /// Whether words of the user are among it, which would be lost with the page.
    pub(crate) fn has_words(&self) -> bool {
        self.waiting.iter().any(|posted| is_words(&posted.command))
    }

    /// What is to be posted again, in order.
    pub(crate) fn again(&self) -> impl Iterator<Item = &Posted> {
        self.waiting.iter()
    }
}

/// Whether a command carries what the user wrote.
fn is_words(command: &UiCommand) -> bool {
    if let UiCommand::Anyway(wish) = command {
        return is_words(wish);
    }
    matches!(
        command,
        UiCommand::Send { .. }
            | UiCommand::Write { .. }
            | UiCommand::Edit { .. }
            | UiCommand::SubmitForm { .. }
            | UiCommand::SendRequest { .. }
            | UiCommand::SetDraft { .. }
    )
}

/// Whether a command is to be given again. What is asked anew after every start is not, nor is a passphrase, which is kept
/// nowhere.
fn is_kept(command: &UiCommand) -> bool {
    if let UiCommand::Anyway(wish) = command {
        return is_kept(wish);
    }
    !matches!(
        command,
        UiCommand::Start
            | UiCommand::OpenConversation { .. }
            | UiCommand::CloseConversation
            | UiCommand::Unlock { .. }
            | UiCommand::SetPassphrase { .. }
            | UiCommand::ShowLock
            | UiCommand::Lock
            | UiCommand::CheckForm { .. }
            | UiCommand::BeginAnew
            | UiCommand::MoveOut
            | UiCommand::MoveStay { .. }
            | UiCommand::MoveIn { .. }
            // Files travel beside these; `FilesState` gives them again.
            | UiCommand::SendFiles { .. }
            | UiCommand::SaveFile { .. }
    )
}

/// When the engine crashed lately.
#[derive(Default)]
pub(crate) struct Crashes(VecDeque<f64>);

impl Crashes {
    /// It took what the user wrote. Words at which it crashes are not answered: they are the first ones given again each time.
    /// Answers to anything else prove nothing, as the page asks for some at every start.
    pub(crate) fn worked(&mut self) {
        self.0.clear();
    }

    /// It crashed, at this time in milliseconds. The pause before it is started again; `None` if it crashed too often for that.
    pub(crate) fn pause(&mut self, now: f64) -> Option<u32> {
        self.0.retain(|at| now - at < WITHIN);
        self.0.push_back(now);
        PAUSES.get(self.0.len() - 1).copied()
    }
}

#[cfg(test)]
mod tests {
    use kuvert_view::{ConversationId, Passphrase};

    use super::*;

    fn send(text: &str) -> UiCommand {
        UiCommand::Send { conversation: ConversationId(1), text: text.into() }
    }

    #[test]
    fn what_was_not_answered_is_given_again_in_order_and_under_its_number() {
        let mut unanswered = Unanswered::new([1; 16]);
        let posted = ["a", "b", "c"].map(|text| unanswered.post(send(text)));
        assert_eq!(posted.each_ref().map(|posted| posted.number), [1, 2, 3]);
        unanswered.done(1);
        assert_eq!(unanswered.again().cloned().collect::<Vec<_>>(), posted[1..]);
        assert_eq!(unanswered.post(send("d")).number, 4);
        assert!(unanswered.has_words());
        assert!(unanswered.done(4));
        assert_eq!(unanswered.again().count(), 0);
        unanswered.post(UiCommand::ShowLink);
        assert!(!unanswered.has_words());
        assert!(!unanswered.done(5), "a question is no work");
        unanswered.done(2);
        assert_eq!(unanswered.post(send("e")).number, 6, "no number is given twice");
    }

    #[test]
    fn a_passphrase_is_kept_nowhere_and_what_is_asked_anew_is_not_asked_twice() {
        let mut unanswered = Unanswered::new([1; 16]);
        let passphrase = Passphrase::new("correct horse".into());
        for command in [
            UiCommand::Start,
            UiCommand::OpenConversation { conversation: ConversationId(1) },
            UiCommand::Unlock { passphrase: passphrase.clone() },
            UiCommand::SetPassphrase { current: None, new: Some(passphrase) },
            UiCommand::Lock,
        ] {
            assert_eq!(unanswered.post(command).number, 0);
        }
        assert_eq!(unanswered.again().count(), 0);
    }

    #[test]
    fn the_engine_is_started_again_unless_it_crashes_over_and_over() {
        let mut crashes = Crashes::default();
        assert_eq!(crashes.pause(0.0), Some(0));
        assert_eq!(crashes.pause(1_000.0), Some(500));
        assert_eq!(crashes.pause(2_000.0), Some(2_000));
        assert_eq!(crashes.pause(3_000.0), None);
        crashes.worked();
        assert_eq!(crashes.pause(4_000.0), Some(0));
        let mut crashes = Crashes::default();
        for hour in 0..10 {
            assert_eq!(crashes.pause(f64::from(hour) * 3_600_000.0), Some(0));
        }
    }
}
