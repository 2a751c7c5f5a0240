//! The tools with which a team works its queue: labels, canned answers, reminders, search, statistics, and who answers whom.

use minicbor::{Decode, Encode};

use crate::{ConversationId, LabelId, NoteId};

/// Names a canned answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct CannedId(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 16]);

/// A wish of somebody who works the queue.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub enum ToolCommand {
    /// A label is no more.
    #[n(0)]
    DropLabel {
        /// Which.
        #[n(0)]
        label: LabelId,
    },
    /// Asks for the canned answers; answered by [`crate::DeskUpdate::Canned`].
    #[n(1)]
    ShowCanned,
    /// Adds a canned answer, or changes it.
    #[n(2)]
    SetCanned {
        /// Which; `None` for a new one.
        #[n(0)]
        canned: Option<CannedId>,
        /// By which it is found, 1 to 80 characters.
        #[n(1)]
        title: String,
        /// Language tag.
        #[n(2)]
        language: String,
        /// What it says; `{name}`, `{line}` and `{agent}` are filled in.
        #[n(3)]
        text: String,
    },
    /// A canned answer is no more.
    #[n(3)]
    DropCanned {
        /// Which.
        #[n(0)]
        canned: CannedId,
    },
    /// Takes over the answers that a line of this kind could begin with, but for those whose titles are there already.
    #[n(4)]
    SuggestCanned {
        /// In which language.
        #[n(0)]
        language: String,
    },
    /// Asks for the text of a canned answer for a customer; answered by [`crate::DeskUpdate::Filled`].
    #[n(5)]
    FillCanned {
        /// For whom.
        #[n(0)]
        conversation: ConversationId,
        /// Which.
        #[n(1)]
        canned: CannedId,
    },
    /// The user is to be reminded of a conversation.
    #[n(6)]
    SetReminder {
        /// Which.
        #[n(0)]
        conversation: ConversationId,
        /// When: milliseconds since 1970.
        #[n(1)]
        at: i64,
        /// Of what; perhaps empty, at most 200 characters.
        #[n(2)]
        text: String,
    },
    /// A reminder is not needed any more.
    #[n(7)]
    ClearReminder {
        /// Of which conversation.
        #[n(0)]
        conversation: ConversationId,
        /// Which.
        #[n(1)]
        reminder: NoteId,
    },
    /// The user writes an answer. Said to colleagues no oftener than they need to see it.
    #[n(8)]
    Answering {
        /// To whom.
        #[n(0)]
        conversation: ConversationId,
    },
    /// The user sits at the desk. To be said every few minutes; colleagues are told no oftener than they need to see it.
    #[n(9)]
    Here,
    /// Looks for words in the names of customers, in labels and in notes; answered by [`crate::DeskUpdate::FoundCases`]. What was
    /// written is found by [`crate::UiCommand::Search`].
    #[n(10)]
    Find {
        /// As typed.
        #[n(0)]
        words: String,
    },
    /// Asks how much the line did, and how fast; answered by [`crate::DeskUpdate::Statistics`].
    #[n(11)]
    ShowStatistics {
        /// In so many days, today included: 1 to 366.
        #[n(0)]
        days: u16,
    },
}

impl std::fmt::Debug for ToolCommand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ToolCommand(..)")
    }
}

/// A prepared answer in one language.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct CannedView {
    /// Which.
    #[n(0)]
    pub id: CannedId,
    /// By which it is found.
    #[n(1)]
    pub title: String,
    /// Language tag.
    #[n(2)]
    pub language: String,
    /// What it says, before anything is filled in.
    #[n(3)]
    pub text: String,
}

impl std::fmt::Debug for CannedView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CannedView(..)")
    }
}

/// A member is to be reminded of a conversation.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct ReminderView {
    /// Which.
    #[n(0)]
    pub id: NoteId,
    /// When: milliseconds since 1970, perhaps in the past.
    #[n(1)]
    pub at: i64,
    /// Of what; perhaps empty.
    #[n(2)]
    pub text: String,
    /// The name of the member.
    #[n(3)]
    pub member: String,
    /// It is the user.
    #[n(4)]
    pub is_mine: bool,
}

impl std::fmt::Debug for ReminderView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ReminderView(..)")
    }
}

/// Conversations that were looked for.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct FoundCasesView {
    /// What was looked for.
    #[n(0)]
    pub words: String,
    /// Where it stands, the newest conversation first.
    #[n(1)]
    pub cases: Vec<FoundCaseView>,
}

/// A conversation in whose customer's name, labels or notes something stands.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct FoundCaseView {
    /// Which.
    #[n(0)]
    pub conversation: ConversationId,
    /// The customer's name.
    #[n(1)]
    pub name: String,
    /// The note in which it stands; empty where it stands elsewhere.
    #[n(2)]
    pub note: String,
    /// Labels on it.
    #[n(3)]
    pub labels: Vec<LabelId>,
    /// It is over.
    #[n(4)]
    pub is_done: bool,
}

/// What the line did in some days. Nothing is said of single members.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct StatisticsView {
    /// How many days were asked for.
    #[n(0)]
    pub days: u16,
    /// By day, the first one first, without gaps.
    #[n(1)]
    pub by_day: Vec<DayView>,
    /// In how many milliseconds of opening hours half of the first answers came.
    #[n(2)]
    pub first_answer: Option<i64>,
    /// By label, the most frequent one first.
    #[n(3)]
    pub labels: Vec<LabelCountView>,
    /// How many customers answered 1, 2, 3, 4 and 5, where 5 is best.
    #[n(4)]
    pub scores: [u64; 5],
    /// The line asks its customers.
    #[n(5)]
    pub asks_satisfaction: bool,
}

/// What happened on a day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Encode, Decode)]
pub struct DayView {
    /// A moment of it, where the line is: milliseconds since 1970.
    #[n(0)]
    pub at: i64,
    /// Conversations that began.
    #[n(1)]
    pub opened: u32,
    /// First answers.
    #[n(2)]
    pub answered: u32,
    /// How often one was done.
    #[n(3)]
    pub done: u32,
    /// How often one that was done was opened again.
    #[n(4)]
    pub reopened: u32,
}

/// What happened about something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct LabelCountView {
    /// The label.
    #[n(0)]
    pub label: LabelId,
    /// Conversations that began.
    #[n(1)]
    pub opened: u32,
    /// In how many milliseconds of opening hours half of the first answers came.
    #[n(2)]
    pub first_answer: Option<i64>,
}
