//! What Kuvert says, and what it understands of what others say.

use crate::data::{DESK_STATE_TYPE, DESK_TYPE, HISTORY_TYPE, RETENTION_TYPE};
use crate::limits::{MAX_FILES, MAX_LEAVE, MAX_REACTION};
use crate::profile::{ACCEPTANCE_TYPE, PROFILE_TYPE};
use crate::report::REPORT_TYPE;
use crate::{
    Attachment, Body, Content, Data, Disposition, ExtensionKey, Extensions, History, MessageId, Part,
    Profile, Report, Retention, Semantics,
};

/// Media type of the texts that Kuvert writes: GitHub-flavoured Markdown without autolinks and HTML.
pub const TEXT_TYPE: &str = "text/markdown;variant=GFM-MIMI";
/// Media type of the part by which its sender leaves a group. Kuvert's own.
pub const LEAVE_TYPE: &str = "application/vnd.kuvert.leave+cbor";
/// Media type of a reaction.
pub const PLAIN_TEXT_TYPE: &str = "text/plain;charset=utf-8";
/// Name of the extension that says when a report was made: an integer, milliseconds since 1970. Kuvert's own.
pub const AT_EXTENSION: &str = "kuvert.at";

/// What a content means, as far as this version understands it. Replies, topics and expiry go with all of them and
/// stand in the fields of the [`Content`].
///
/// `Debug` shows the kind only.
#[derive(Clone, PartialEq, Eq)]
pub enum Meaning<'a> {
    /// A text, in Markdown or plain.
    Text(&'a str),
    /// One file or more, with or without a text.
    Attachments {
        /// What is said about them; empty for nothing.
        text: &'a str,
        /// The files: at least one.
        files: Vec<Attachment<'a>>,
    },
    /// First contact: who asks, and what they say.
    Request {
        /// Who asks.
        profile: Profile,
        /// What they say.
        text: &'a str,
    },
    /// A new text for an earlier message. Whether its sender may do this is for the receiver to check.
    Edit {
        /// The message as it was sent first.
        of: MessageId,
        /// The new text.
        text: &'a str,
    },
    /// An earlier message or reaction is taken back. Whether its sender may do this is for the receiver to check.
    Deletion {
        /// The message as it was sent first.
        of: MessageId,
    },
    /// A reaction to a message.
    Reaction {
        /// The message reacted to.
        to: MessageId,
        /// The earlier reaction that this one takes the place of.
        replaces: Option<MessageId>,
        /// The reaction: 1 to [`MAX_REACTION`] bytes, usually one emoji.
        text: &'a str,
    },
    /// What became of messages.
    Report(Report),
    /// The sender's profile.
    Profile(Profile),
    /// The sender accepts the request that began the conversation.
    Acceptance(Profile),
    /// The sender leaves the group: the statement that shows it to others. It means nothing to this crate.
    Leave(&'a [u8]),
    /// Data, with a text that says the same, and perhaps files.
    Structured {
        /// The data.
        data: Data<'a>,
        /// What it says, for the eyes.
        text: &'a str,
        /// The files, perhaps none.
        files: Vec<Attachment<'a>>,
    },
    /// What was said so far is to be erased.
    Retention(Retention),
    /// What was said before another device of the sender's line was let in.
    History(History),
    /// An event of a line's desk room. It means nothing to this crate.
    Desk(&'a [u8]),
    /// The state of a line's desk room, or where it is. It means nothing to this crate.
    DeskState(&'a [u8]),
    /// Needs a newer version. The content is to be kept as it came.
    Unsupported,
}

impl Content {
    /// A text of at most [`crate::limits::MAX_TEXT`] bytes.
    pub fn text(salt: [u8; 16], text: &str) -> Self {
        Self::new(salt, text_part(text))
    }

    /// A text that answers the message `to`, named by the id of its first version.
    pub fn reply(salt: [u8; 16], to: MessageId, text: &str) -> Self {
        Self { in_reply_to: Some(to), ..Self::text(salt, text) }
    }

    /// One file or more, at most [`MAX_FILES`], with a text (or an empty one) about them. Without a file, it is a text.
    pub fn attachments(salt: [u8; 16], text: &str, files: &[Attachment<'_>]) -> Self {
        let about = (!text.is_empty() || files.is_empty()).then(|| text_part(text));
        let mut parts: Vec<Part> = about.into_iter().chain(files.iter().map(Attachment::part)).collect();
        if parts.len() == 1
            && let Some(only) = parts.pop()
        {
            return Self::new(salt, only);
        }
        let body = Body::Multi { semantics: Semantics::ProcessAll, parts };
        Self::new(salt, Part { disposition: Disposition::RENDER, language: String::new(), body })
    }

    /// Data with a text of at most [`crate::limits::MAX_TEXT`] bytes that says the same, and at most [`MAX_FILES`] files.
    pub fn structured(salt: [u8; 16], data: Data<'_>, text: &str, files: &[Attachment<'_>]) -> Self {
        let data = Part::single(Disposition::RENDER, data.kind.media_type(), data.bytes.to_vec());
        let parts = [data, text_part(text)].into_iter().chain(files.iter().map(Attachment::part)).collect();
        let body = Body::Multi { semantics: Semantics::ProcessAll, parts };
        Self::new(salt, Part { disposition: Disposition::RENDER, language: String::new(), body })
    }

    /// Says when what was said so far is to be erased.
    pub fn retention(salt: [u8; 16], retention: &Retention) -> Self {
        Self::new(
            salt,
            Part::single(Disposition::UNSPECIFIED, RETENTION_TYPE, kuvert_wire::encode(retention)),
        )
    }

    /// Tells devices of the own line what was said before they were let in.
    pub fn history(salt: [u8; 16], history: &History) -> Self {
        Self::new(salt, Part::single(Disposition::UNSPECIFIED, HISTORY_TYPE, kuvert_wire::encode(history)))
    }

    /// An event of a line's desk room; see [`crate::is_desk_event`].
    pub fn desk(salt: [u8; 16], event: &[u8]) -> Self {
        Self::new(salt, Part::single(Disposition::UNSPECIFIED, DESK_TYPE, event.to_vec()))
    }

    /// The state of a line's desk room, or where it is.
    pub fn desk_state(salt: [u8; 16], state: &[u8]) -> Self {
        Self::new(salt, Part::single(Disposition::UNSPECIFIED, DESK_STATE_TYPE, state.to_vec()))
    }

    /// A new text for the message `of`, named by the id of its first version.
    pub fn edit(salt: [u8; 16], of: MessageId, text: &str) -> Self {
        Self { replaces: Some(of), ..Self::text(salt, text) }
    }

    /// Takes back the message or reaction `of`, named by the id of its first version.
    pub fn deletion(salt: [u8; 16], of: MessageId) -> Self {
        let part = Part { disposition: Disposition::RENDER, language: String::new(), body: Body::Null };
        Self { replaces: Some(of), ..Self::new(salt, part) }
    }

    /// A reaction of at most [`MAX_REACTION`] bytes to the message `to`.
    pub fn reaction(salt: [u8; 16], to: MessageId, reaction: &str) -> Self {
        let part = Part::single(Disposition::REACTION, PLAIN_TEXT_TYPE, reaction.as_bytes().to_vec());
        Self { in_reply_to: Some(to), ..Self::new(salt, part) }
    }

    /// A report on at most [`crate::limits::MAX_REPORTED`] messages.
    pub fn report(salt: [u8; 16], report: &Report) -> Self {
        let part = Part::single(Disposition::UNSPECIFIED, REPORT_TYPE, kuvert_wire::encode(report));
        let extensions = Extensions::with_integer(AT_EXTENSION.into(), report.at);
        Self { extensions, ..Self::new(salt, part) }
    }

    /// The sender's profile.
    pub fn profile(salt: [u8; 16], profile: &Profile) -> Self {
        Self::new(salt, profile_part(PROFILE_TYPE, profile))
    }

    /// Accepts the request that began the conversation, with the accepter's profile.
    pub fn acceptance(salt: [u8; 16], profile: &Profile) -> Self {
        Self::new(salt, profile_part(ACCEPTANCE_TYPE, profile))
    }

    /// Says that the sender leaves the group, with a statement of at most [`MAX_LEAVE`] bytes.
    pub fn leave(salt: [u8; 16], statement: &[u8]) -> Self {
        Self::new(salt, Part::single(Disposition::UNSPECIFIED, LEAVE_TYPE, statement.to_vec()))
    }

    /// First contact: who asks, and a text of at most [`crate::limits::MAX_TEXT`] bytes.
    pub fn request(salt: [u8; 16], profile: &Profile, text: &str) -> Self {
        let parts = vec![profile_part(PROFILE_TYPE, profile), text_part(text)];
        let body = Body::Multi { semantics: Semantics::ProcessAll, parts };
        Self::new(salt, Part { disposition: Disposition::RENDER, language: String::new(), body })
    }

    /// What this content means. [`Meaning::Unsupported`] for all that this version does not fully understand, so
    /// that nothing is shown by halves.
    pub fn meaning(&self) -> Meaning<'_> {
        match (self.replaces, self.part_meaning(&self.part)) {
            (Some(of), Meaning::Text(text)) => Meaning::Edit { of, text },
            (Some(of), _) if self.part.body == Body::Null => Meaning::Deletion { of },
            (None, meaning) | (Some(_), meaning @ Meaning::Reaction { .. }) => meaning,
            (Some(_), _) => Meaning::Unsupported,
        }
    }

    fn part_meaning<'a>(&'a self, part: &'a Part) -> Meaning<'a> {
        match &part.body {
            Body::Single { content_type, content } => {
                self.single_meaning(part.disposition, content_type, content)
            }
            Body::Multi { semantics: Semantics::ChooseOne, parts } => parts
                .iter()
                .map(|choice| self.part_meaning(choice))
                .find(|meaning| *meaning != Meaning::Unsupported)
                .unwrap_or(Meaning::Unsupported),
            Body::Multi { semantics: Semantics::ProcessAll, parts } => self.several_meaning(parts),
            Body::External(_) | Body::Multi { semantics: Semantics::SingleUnit, .. } => {
                match Attachment::of(part) {
                    Some(file) => Meaning::Attachments { text: "", files: vec![file] },
                    None => Meaning::Unsupported,
                }
            }
            Body::Null => Meaning::Unsupported,
        }
    }

    fn several_meaning<'a>(&'a self, parts: &'a [Part]) -> Meaning<'a> {
        let Some((first, rest)) = parts.split_first() else { return Meaning::Unsupported };
        if let Body::Single { content_type, content } = &first.body
            && let Some(data) = Data::read(content_type, content)
        {
            return self.structured_meaning(data, rest);
        }
        match (self.part_meaning(first), rest) {
            (Meaning::Profile(profile), [text]) => match self.part_meaning(text) {
                Meaning::Text(text) => Meaning::Request { profile, text },
                _ => Meaning::Unsupported,
            },
            (Meaning::Text(text), files) => with_files(text, files),
            (Meaning::Attachments { text: "", .. }, _) => with_files("", parts),
            _ => Meaning::Unsupported,
        }
    }

    fn structured_meaning<'a>(&'a self, data: Data<'a>, rest: &'a [Part]) -> Meaning<'a> {
        let Some((text, files)) = rest.split_first() else { return Meaning::Unsupported };
        let Meaning::Text(text) = self.part_meaning(text) else { return Meaning::Unsupported };
        match files.iter().map(Attachment::of).collect::<Option<Vec<_>>>() {
            Some(files) if files.len() <= MAX_FILES => Meaning::Structured { data, text, files },
            _ => Meaning::Unsupported,
        }
    }

    fn single_meaning<'a>(&self, purpose: Disposition, content_type: &str, content: &'a [u8]) -> Meaning<'a> {
        let understood = match content_type {
            REPORT_TYPE => Report::read(content, self.at()).map(Meaning::Report),
            PROFILE_TYPE => Profile::read(content).map(Meaning::Profile),
            ACCEPTANCE_TYPE => Profile::read(content).map(Meaning::Acceptance),
            LEAVE_TYPE => (content.len() <= MAX_LEAVE).then_some(Meaning::Leave(content)),
            RETENTION_TYPE => Retention::read(content).map(Meaning::Retention),
            HISTORY_TYPE => History::read(content).map(Meaning::History),
            DESK_TYPE => crate::is_desk_event(content).then_some(Meaning::Desk(content)),
            DESK_STATE_TYPE => Some(Meaning::DeskState(content)),
            _ if is_text(content_type) => {
                std::str::from_utf8(content).ok().and_then(|text| self.text_meaning(purpose, text))
            }
            _ => None,
        };
        understood.unwrap_or(Meaning::Unsupported)
    }

    fn text_meaning<'a>(&self, purpose: Disposition, text: &'a str) -> Option<Meaning<'a>> {
        match purpose {
            Disposition::REACTION => {
                let to = self.in_reply_to.filter(|_| (1..=MAX_REACTION).contains(&text.len()))?;
                Some(Meaning::Reaction { to, replaces: self.replaces, text })
            }
            Disposition::PROFILE
            | Disposition::ICON
            | Disposition::ATTACHMENT
            | Disposition::SESSION
            | Disposition::PREVIEW => None,
            // The draft has unknown purposes treated like a text to be shown.
            _ => Some(Meaning::Text(text)),
        }
    }

    fn at(&self) -> i64 {
        self.extensions.get_integer(&ExtensionKey::from(AT_EXTENSION)).unwrap_or(0)
    }
}

/// Files beside a text: all of them are understood, or none. More than [`MAX_FILES`] are not.
fn with_files<'a>(text: &'a str, parts: &'a [Part]) -> Meaning<'a> {
    match parts.iter().map(Attachment::of).collect::<Option<Vec<_>>>() {
        Some(files) if (1..=MAX_FILES).contains(&files.len()) => Meaning::Attachments { text, files },
        _ => Meaning::Unsupported,
    }
}

fn text_part(text: &str) -> Part {
    Part::single(Disposition::RENDER, TEXT_TYPE, text.as_bytes().to_vec())
}

fn profile_part(content_type: &str, profile: &Profile) -> Part {
    Part::single(Disposition::PROFILE, content_type, kuvert_wire::encode(profile))
}

/// Whether Kuvert shows contents of this media type as a text: Markdown of any variant, and plain text in UTF-8.
pub(crate) fn is_text(content_type: &str) -> bool {
    let mut fields = content_type.split(';').map(str::trim);
    let kind = fields.next().unwrap_or_default();
    let is_readable = fields.filter_map(|field| field.split_once('=')).all(|(name, value)| {
        let charset = value.trim().trim_matches('"');
        !name.trim().eq_ignore_ascii_case("charset")
            || ["utf-8", "us-ascii"].iter().any(|known| charset.eq_ignore_ascii_case(known))
    });
    is_readable && (kind.eq_ignore_ascii_case("text/markdown") || kind.eq_ignore_ascii_case("text/plain"))
}

impl std::fmt::Debug for Meaning<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text(..)",
            Self::Attachments { .. } => "Attachments(..)",
            Self::Request { .. } => "Request(..)",
            Self::Edit { .. } => "Edit(..)",
            Self::Deletion { .. } => "Deletion(..)",
            Self::Reaction { .. } => "Reaction(..)",
            Self::Report(_) => "Report(..)",
            Self::Profile(_) => "Profile(..)",
            Self::Acceptance(_) => "Acceptance(..)",
            Self::Leave(_) => "Leave(..)",
            Self::Structured { .. } => "Structured(..)",
            Self::Retention(_) => "Retention(..)",
            Self::History(_) => "History(..)",
            Self::Desk(_) => "Desk(..)",
            Self::DeskState(_) => "DeskState(..)",
            Self::Unsupported => "Unsupported",
        })
    }
}
