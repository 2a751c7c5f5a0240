//! Search, as far as the page has to know it: which names fit what was typed, which words of a message were meant, and which
//! answer of the engine belongs to which question.

use std::collections::VecDeque;

use kuvert_view::words::{folded, plain, words};
use kuvert_view::{ConversationId, FoundView};

/// Characters of a message that a result shows.
const EXCERPT: usize = 140;
/// Characters before the first word that was meant.
const LEAD: usize = 36;
/// Letters from which on messages are searched; fewer find nearly everything.
pub(crate) const LETTERS_MIN: usize = 2;
/// Most questions without an answer that are remembered.
const ASKED_MAX: usize = 64;

/// A part of a text, and whether it was meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    /// The part.
    pub(crate) text: String,
    /// Whether a word that was searched for stands here.
    pub(crate) is_hit: bool,
}

/// Whether messages are to be searched for this.
pub(crate) fn is_worth_it(typed: &str) -> bool {
    typed.chars().filter(|letter| letter.is_alphanumeric()).count() >= LETTERS_MIN
}

/// How many bytes of `word` are the beginning that was typed; `None` if it does not begin so.
fn beginning(word: &str, typed: &str) -> Option<usize> {
    if !folded(word).starts_with(typed) {
        return None;
    }
    let mut covered = 0;
    for (at, letter) in word.char_indices() {
        if covered >= typed.len() {
            return Some(at);
        }
        covered += plain(letter).map(char::len_utf8).sum::<usize>();
    }
    Some(word.len())
}

/// A text in pieces, so that what was meant can be marked.
pub(crate) fn marked(text: &str, typed: &str) -> Vec<Piece> {
    let meant = words(typed);
    let mut pieces: Vec<Piece> = Vec::new();
    let mut put = |text: &str, is_hit: bool| match pieces.last_mut() {
        _ if text.is_empty() => {}
        Some(last) if last.is_hit == is_hit => last.text.push_str(text),
        _ => pieces.push(Piece { text: text.to_owned(), is_hit }),
    };
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_word = first.is_alphanumeric();
        let end = rest.find(|letter: char| letter.is_alphanumeric() != is_word).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let hit = meant.iter().filter_map(|typed| beginning(word, typed)).max().filter(|_| is_word);
        let (hit, other) = word.split_at(hit.unwrap_or(0));
        put(hit, true);
        put(other, false);
        rest = after;
    }
    pieces
}

/// The part of a message around the first word that was meant, on one line.
pub(crate) fn excerpt(text: &str, typed: &str) -> Vec<Piece> {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let before: usize =
        marked(&line, typed).iter().take_while(|piece| !piece.is_hit).map(|p| p.text.chars().count()).sum();
    let total = line.chars().count();
    let start = if before >= total || before <= LEAD { 0 } else { before - LEAD };
    let shown: String = line.chars().skip(start).take(EXCERPT).collect();
    let open = if start > 0 { "…" } else { "" };
    let close = if start + EXCERPT < total { "…" } else { "" };
    marked(&format!("{open}{shown}{close}"), typed)
}

/// What a search found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Findings {
    /// What was searched for.
    pub(crate) words: String,
    /// Messages, the newest first.
    pub(crate) messages: Vec<FoundView>,
    /// Whether there may be older ones.
    pub(crate) has_older: bool,
}

/// Where is searched: everywhere, or in one conversation.
pub(crate) type Scope = Option<ConversationId>;

/// A question on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Asked {
    scope: Scope,
    words: String,
    is_next_page: bool,
}

/// Questions and answers of all searches.
#[derive(Debug, Clone, Default)]
pub(crate) struct Search {
    asked: VecDeque<Asked>,
    everywhere: Findings,
    within: Option<(ConversationId, Findings)>,
}

impl Search {
    /// What was found there, if it is the answer to what is searched for now.
    pub(crate) fn findings(&self, scope: Scope) -> Option<&Findings> {
        match (scope, &self.within) {
            (None, _) => Some(&self.everywhere),
            (Some(scope), Some((conversation, findings))) if *conversation == scope => Some(findings),
            (Some(_), _) => None,
        }
    }

    /// A question was posted. The engine answers in the order of questions.
    pub(crate) fn ask(&mut self, scope: Scope, words: &str, is_next_page: bool) {
        if self.asked.len() == ASKED_MAX {
            self.asked.pop_front();
        }
        self.asked.push_back(Asked { scope, words: words.to_owned(), is_next_page });
    }

    /// Nothing is searched for there any more.
    pub(crate) fn forget(&mut self, scope: Scope) {
        self.asked.retain(|asked| asked.scope != scope);
        match scope {
            None => self.everywhere = Findings::default(),
            Some(_) => self.within = None,
        }
    }

    /// An answer came.
    pub(crate) fn answer(&mut self, words: String, messages: Vec<FoundView>, has_older: bool) {
        let Some(place) = self.asked.iter().position(|asked| asked.words == words) else { return };
        let asked = self.asked.drain(..=place).next_back();
        let Some(Asked { scope, is_next_page, .. }) = asked else { return };
        let findings = match scope {
            None => &mut self.everywhere,
            Some(conversation) => {
                let shown = self.within.take().filter(|(shown, _)| *shown == conversation);
                &mut self.within.insert(shown.unwrap_or((conversation, Findings::default()))).1
            }
        };
        if is_next_page && findings.words == words {
            findings.messages.extend(messages);
        } else if !is_next_page {
            findings.messages = messages;
            findings.words = words;
        } else {
            return;
        }
        findings.has_older = has_older;
    }
}

#[cfg(test)]
mod tests {
    use kuvert_view::{Delivery, MessageId, MessageView, Sender};

    use super::*;

    fn hits(pieces: &[Piece]) -> Vec<&str> {
        pieces.iter().filter(|piece| piece.is_hit).map(|piece| piece.text.as_str()).collect()
    }

    fn found(id: u64) -> FoundView {
        let message = MessageView::text(MessageId(id), Sender::Own, "x", 0, Delivery::Sent);
        FoundView { conversation: ConversationId(1), message }
    }

    #[test]
    fn words_are_marked_where_they_begin_without_case_and_accents() {
        assert_eq!(hits(&marked("Grüße aus der Straße", "gruss STRASS")), ["Grüß", "Straß"]);
        assert_eq!(hits(&marked("ungrün", "grün")), Vec::<&str>::new());
        assert_eq!(hits(&marked("Éclair, éclair!", "ecl")), ["Écl", "écl"]);
        let whole: String = marked("a-b c", "b").iter().map(|piece| piece.text.as_str()).collect();
        assert_eq!(whole, "a-b c");
        assert_eq!(marked("", "b"), []);
    }

    #[test]
    fn a_long_message_is_shown_around_the_first_hit() {
        let text = format!("{} nadel {}", "heu ".repeat(60), "stroh ".repeat(60));
        let pieces = excerpt(&text, "nadel");
        assert_eq!(hits(&pieces), ["nadel"]);
        let shown: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
        assert!(shown.starts_with('…') && shown.ends_with('…'), "{shown}");
        assert!(shown.chars().count() <= EXCERPT + 2);
        assert_eq!(excerpt("one\n  two", "zzz"), [Piece { text: "one two".into(), is_hit: false }]);
    }

    #[test]
    fn one_letter_is_not_searched_for() {
        assert!(is_worth_it("an") && !is_worth_it(" a. "));
    }

    #[test]
    fn an_answer_belongs_to_the_question_that_asked_for_it() {
        let mut search = Search::default();
        search.ask(None, "ha", false);
        search.ask(Some(ConversationId(1)), "hal", false);
        search.ask(None, "hal", false);
        search.answer("ha".into(), vec![found(9)], false);
        search.answer("hal".into(), vec![found(8)], true);
        assert_eq!(search.findings(None).expect("found").words, "ha");
        let within = search.findings(Some(ConversationId(1))).expect("found");
        assert_eq!((within.words.as_str(), within.messages.len()), ("hal", 1));
        search.answer("hal".into(), vec![found(7)], true);
        search.ask(None, "hal", true);
        search.answer("hal".into(), vec![found(6)], false);
        let everywhere = search.findings(None).expect("found");
        assert_eq!((everywhere.messages.len(), everywhere.has_older), (2, false));
        // Nobody asked for this.
        search.answer("other".into(), vec![found(5)], false);
        assert_eq!(search.findings(None).expect("found").messages.len(), 2);
        search.forget(None);
        assert_eq!(search.findings(None), Some(&Findings::default()));
    }
}
