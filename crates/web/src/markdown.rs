//! The part of Markdown that messages are shown with: bold, italic, struck out, code, quotations, lists, links.
//!
//! Guarantees: no text is lost, only marks that take effect disappear; nothing panics; nesting and work are bounded, so that
//! what others write cannot make the page slow. Headings, tables, pictures and HTML have no effect and are shown as they were
//! written. Links are `http`, `https` and `mailto` only, and their address always stands in sight. Based on CommonMark 0.31,
//! without what only matters to authors of web pages.

use std::collections::BTreeMap;

use crate::text::address_in;

/// Blocks in blocks, and styles in styles, at most; deeper ones are shown as they were written.
const DEPTH_MAX: usize = 6;
/// Marks that are looked at in one paragraph; what comes after them is shown as it was written.
const MARKS_MAX: usize = 500;
/// Longest words of a link, in characters.
const LINK_WORDS_MAX: usize = 1_000;

/// A part of a message that begins a line of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Block {
    /// Running text; its line breaks are kept.
    Paragraph(Vec<Inline>),
    /// Code, with the name of its language, if its writer gave one.
    Code { language: String, text: String },
    /// What somebody quotes.
    Quote(Vec<Block>),
    /// A list: each point with its number, if it has one.
    List(Vec<(Option<u64>, Vec<Block>)>),
}

/// A part of running text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Inline {
    /// As it is.
    Text(String),
    /// Bold.
    Strong(Vec<Inline>),
    /// Italic.
    Emphasis(Vec<Inline>),
    /// Struck out.
    Struck(Vec<Inline>),
    /// Code.
    Code(String),
    /// An address that can be opened; with the words that stand for it, if it has some.
    Link { words: Option<Vec<Inline>>, address: String },
    /// Somebody is mentioned: the name that the writer gives, and the Kuvert ID.
    Mention { name: String, kuvert_id: String },
}

/// Reads a message.
pub(crate) fn read(text: &str) -> Vec<Block> {
    blocks(&text.lines().collect::<Vec<_>>(), 0)
}

/// A text on one line without its marks, for previews.
pub(crate) fn on_one_line(text: &str) -> String {
    let mut shown = String::new();
    flatten(&read(text), &mut shown);
    shown.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn flatten(blocks: &[Block], shown: &mut String) {
    for block in blocks {
        match block {
            Block::Paragraph(inside) => flatten_inlines(inside, shown),
            Block::Code { text, .. } => shown.push_str(text),
            Block::Quote(inside) => flatten(inside, shown),
            Block::List(points) => points.iter().for_each(|(_, inside)| {
                shown.push_str("· ");
                flatten(inside, shown);
            }),
        }
        shown.push(' ');
    }
}

fn flatten_inlines(inlines: &[Inline], shown: &mut String) {
    for inline in inlines {
        match inline {
            Inline::Text(text) | Inline::Code(text) => shown.push_str(text),
            Inline::Strong(inside) | Inline::Emphasis(inside) | Inline::Struck(inside) => {
                flatten_inlines(inside, shown);
            }
            Inline::Link { words: Some(words), .. } => flatten_inlines(words, shown),
            Inline::Link { words: None, address } => shown.push_str(address),
            Inline::Mention { name, .. } => {
                shown.push('@');
                shown.push_str(name);
            }
        }
    }
}

fn blocks(lines: &[&str], depth: usize) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut paragraph: Vec<&str> = Vec::new();
    let mut endless = usize::MAX;
    let mut at = 0;
    while at < lines.len() {
        let rest = &lines[at..];
        let taken = if depth < DEPTH_MAX { block(rest, depth, &mut endless) } else { None };
        match taken {
            Some((block, used)) => {
                end_paragraph(&mut paragraph, &mut blocks);
                blocks.push(block);
                at += used;
            }
            None => {
                paragraph.push(rest[0]);
                at += 1;
            }
        }
    }
    end_paragraph(&mut paragraph, &mut blocks);
    blocks
}

/// Empty lines at the ends of a paragraph say nothing; those inside are kept, as people write letters.
fn end_paragraph(lines: &mut Vec<&str>, blocks: &mut Vec<Block>) {
    let is_empty = |line: &&str| line.trim().is_empty();
    let begin = lines.iter().position(|line| !is_empty(line));
    let end = lines.iter().rposition(|line| !is_empty(line));
    if let (Some(begin), Some(end)) = (begin, end) {
        blocks.push(Block::Paragraph(inlines(&lines[begin..=end].join("\n"), 0)));
    }
    lines.clear();
}

/// The block that begins with the first line, unless that is running text, and how many lines it takes. `endless`: fences of so
/// many backticks, or more, are known to have no end in these lines.
fn block(lines: &[&str], depth: usize, endless: &mut usize) -> Option<(Block, usize)> {
    fence(lines, endless).or_else(|| quote(lines, depth)).or_else(|| list(lines, depth))
}

/// Code between two lines of three or more backticks.
fn fence(lines: &[&str], endless: &mut usize) -> Option<(Block, usize)> {
    let first = lines[0].trim_start();
    let ticks = first.chars().take_while(|letter| *letter == '`').count();
    let language = first.get(ticks..)?.trim();
    if ticks < 3 || ticks >= *endless || language.contains('`') {
        return None;
    }
    let is_end = |line: &&str| {
        steps(1);
        let line = line.trim();
        line.len() >= ticks && line.chars().all(|letter| letter == '`')
    };
    let Some(end) = lines.iter().skip(1).position(is_end) else {
        *endless = ticks;
        return None;
    };
    let text = lines[1..=end].join("\n");
    Some((Block::Code { language: language.to_owned(), text }, end + 2))
}

fn quote(lines: &[&str], depth: usize) -> Option<(Block, usize)> {
    let inside = |line: &&'_ str| -> Option<usize> {
        let rest = line.trim_start().strip_prefix('>')?;
        Some(line.len() - rest.strip_prefix(' ').unwrap_or(rest).len())
    };
    let used = lines.iter().take_while(|line| inside(line).is_some()).count();
    if used == 0 {
        return None;
    }
    let quoted: Vec<&str> =
        lines[..used].iter().map(|line| inside(line).and_then(|at| line.get(at..)).unwrap_or(line)).collect();
    Some((Block::Quote(blocks(&quoted, depth + 1)), used))
}

/// The mark of a list's point: its number, and at which byte its text begins.
fn point(line: &str) -> Option<(Option<u64>, usize)> {
    let indent = line.len() - line.trim_start_matches(' ').len();
    let rest = &line[indent..];
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (number, mark) = if digits == 0 {
        (None, rest.starts_with(['-', '*', '+']).then_some(1)?)
    } else {
        // Nine digits at most, and none that would be shown otherwise than written.
        let number = &rest[..digits];
        let is_plain = digits <= 9 && (digits == 1 || !number.starts_with('0'));
        let is_marked = rest[digits..].starts_with(['.', ')']);
        (Some(number.parse().ok().filter(|_| is_plain && is_marked)?), digits + 1)
    };
    let text = &rest[mark..];
    let gap = text.len() - text.trim_start_matches(' ').len();
    let has_text = gap > 0 && !text.trim().is_empty();
    has_text.then_some((number, indent + mark + gap.min(4)))
}

fn list(lines: &[&str], depth: usize) -> Option<(Block, usize)> {
    let (first, _) = point(lines[0])?;
    let mut points = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let Some((number, begin)) = point(lines[at]) else { break };
        if number.is_some() != first.is_some() {
            break;
        }
        // What is indented below it belongs to it.
        let belongs = |line: &&&str| {
            let spaces = line.len() - line.trim_start_matches(' ').len();
            spaces >= begin && !line.trim().is_empty()
        };
        let more = lines[at + 1..].iter().take_while(belongs).count();
        let mut inner = vec![&lines[at][begin..]];
        inner.extend(lines[at + 1..at + 1 + more].iter().map(|line| &line[begin..]));
        points.push((number, blocks(&inner, depth + 1)));
        at += 1 + more;
    }
    Some((Block::List(points), at))
}

fn inlines(text: &str, depth: usize) -> Vec<Inline> {
    let (plain, done, endless) = (String::new(), Vec::new(), BTreeMap::new());
    Reader { text, at: 0, plain, done, marks: 0, depth, endless }.read()
}

/// Reads running text from the left to the right.
struct Reader<'t> {
    text: &'t str,
    at: usize,
    plain: String,
    done: Vec<Inline>,
    marks: usize,
    depth: usize,
    /// For a mark and its width: from where on it is known to have no end. What has none at one place has none behind it, so that
    /// each is looked for in vain about once.
    endless: BTreeMap<(char, usize), usize>,
}

impl Reader<'_> {
    fn read(mut self) -> Vec<Inline> {
        while let Some(letter) = self.text[self.at..].chars().next() {
            steps(1);
            let is_mark = matches!(letter, '\\' | '`' | '*' | '_' | '~' | '[' | 'h' | 'm');
            let taken = is_mark && self.depth < DEPTH_MAX && self.marks < MARKS_MAX && self.mark(letter);
            if !taken {
                self.plain.push(letter);
                self.at += letter.len_utf8();
            }
        }
        self.end_plain();
        self.done
    }

    fn end_plain(&mut self) {
        if !self.plain.is_empty() {
            self.done.push(Inline::Text(std::mem::take(&mut self.plain)));
        }
    }

    fn push(&mut self, inline: Inline, end: usize) -> bool {
        self.end_plain();
        self.done.push(inline);
        self.at = end;
        true
    }

    /// Takes what a mark begins; `false` if it is a letter like others.
    fn mark(&mut self, letter: char) -> bool {
        if matches!(letter, 'h' | 'm') {
            return self.address();
        }
        self.marks += 1;
        match letter {
            '\\' => self.escaped(),
            '`' => self.code(),
            '*' | '_' | '~' => self.style(letter),
            _ => self.link(),
        }
    }

    fn escaped(&mut self) -> bool {
        let next = self.text[self.at + 1..].chars().next().filter(char::is_ascii_punctuation);
        if let Some(next) = next {
            self.plain.push(next);
            self.at += 2;
        }
        next.is_some()
    }

    fn code(&mut self) -> bool {
        let rest = &self.text[self.at..];
        let ticks = run(rest, '`');
        let Some(length) = self.closing_ticks(self.at + ticks, ticks) else {
            // All of the run is text: none of its tails may begin code.
            self.plain.push_str(&rest[..ticks]);
            self.at += ticks;
            return true;
        };
        let inside = &rest[ticks..ticks + length];
        let is_padded = inside.starts_with(' ') && inside.ends_with(' ') && !inside.trim().is_empty();
        let shown = if is_padded { &inside[1..inside.len() - 1] } else { inside };
        self.push(Inline::Code(shown.to_owned()), self.at + ticks + length + ticks)
    }

    /// Bold, italic or struck out.
    fn style(&mut self, letter: char) -> bool {
        let rest = &self.text[self.at..];
        let before = self.text[..self.at].chars().next_back();
        let run = run(rest, letter);
        let width = match (letter, run) {
            ('~', 2) => 2,
            ('~', _) => 0,
            (_, 1) => 1,
            (_, 2..=3) => 2,
            _ => 0,
        };
        let opens = rest[run..].chars().next().is_some_and(|next| !next.is_whitespace())
            // An underscore inside a word is a part of it, as in file names.
            && (letter != '_' || before.is_none_or(|before| !before.is_alphanumeric()));
        let end = if width > 0 && opens { self.closing(self.at + width, letter, width) } else { None };
        let Some(end) = end else {
            self.plain.push_str(&rest[..run]);
            self.at += run;
            return true;
        };
        let inside = inlines(&rest[width..width + end], self.depth + 1);
        let inline = match (letter, width) {
            ('~', _) => Inline::Struck(inside),
            (_, 2) => Inline::Strong(inside),
            _ => Inline::Emphasis(inside),
        };
        self.push(inline, self.at + width + end + width)
    }

    /// `[words](address)`, or a mention.
    fn link(&mut self) -> bool {
        let rest = &self.text[self.at..];
        let Some((words, address, length)) = bracketed(rest) else { return false };
        let inline = if let Some(kuvert_id) = address.strip_prefix(MENTION) {
            let is_id =
                !kuvert_id.is_empty() && kuvert_id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            let name = unescaped(words.strip_prefix('@').unwrap_or(words));
            is_id.then(|| Inline::Mention { name, kuvert_id: kuvert_id.to_owned() })
        } else {
            is_address(address).then(|| {
                let words = (words != address && !words.trim().is_empty())
                    .then(|| without_links(inlines(words, self.depth + 1)));
                Inline::Link { words, address: address.to_owned() }
            })
        };
        inline.is_some_and(|inline| self.push(inline, self.at + length))
    }

    /// An address that stands in the text as it is.
    fn address(&mut self) -> bool {
        let before = self.text[..self.at].chars().next_back();
        if before.is_some_and(char::is_alphanumeric) {
            return false;
        }
        let rest = &self.text[self.at..];
        let schemes = ["https://", "http://", "mailto:"];
        let behind = schemes.iter().find_map(|scheme| rest.strip_prefix(scheme));
        if !behind.is_some_and(|behind| behind.starts_with(char::is_alphanumeric)) {
            return false;
        }
        let word = rest.split(char::is_whitespace).next().unwrap_or_default();
        steps(word.len());
        let address = address_in(word);
        // A mark right behind an address ends a style and is no part of it, as in `**https://a.example**`.
        let address = address.trim_end_matches(['*', '_', '~', '`', ']']);
        if address.is_empty() {
            return false;
        }
        self.push(Inline::Link { words: None, address: address.to_owned() }, self.at + address.len())
    }

    fn is_endless(&self, mark: (char, usize), from: usize) -> bool {
        self.endless.get(&mark).is_some_and(|known| from >= *known)
    }

    /// How far behind `from` a run of exactly so many backticks begins.
    fn closing_ticks(&mut self, from: usize, ticks: usize) -> Option<usize> {
        if self.is_endless(('`', ticks), from) {
            return None;
        }
        let text = &self.text[from..];
        let mut at = 0;
        while let Some(found) = text[at..].find('`') {
            let length = run(&text[at + found..], '`');
            steps(found + length);
            at += found;
            if length == ticks {
                return Some(at);
            }
            at += length;
        }
        steps(text.len() - at);
        self.endless.insert(('`', ticks), from);
        None
    }

    /// How far behind `from` a style ends that was opened: at a run of its mark that stands behind a letter, outside of code and
    /// escapes.
    fn closing(&mut self, from: usize, letter: char, width: usize) -> Option<usize> {
        if self.is_endless((letter, width), from) {
            return None;
        }
        let text = &self.text[from..];
        let mut at = 0;
        let mut before = None;
        while let Some(next) = text[at..].chars().next() {
            steps(1);
            match next {
                '\\' => {
                    let escaped = text[at + 1..].chars().next().filter(char::is_ascii_punctuation);
                    at += 1 + escaped.map_or(0, char::len_utf8);
                }
                '`' => {
                    let ticks = run(&text[at..], '`');
                    let code = self.closing_ticks(from + at + ticks, ticks);
                    at += ticks + code.map_or(0, |length| length + ticks);
                }
                _ if next == letter => {
                    let run = run(&text[at..], letter);
                    let after = text[at + run..].chars().next();
                    let closes = at > 0
                        && before.is_some_and(|before: char| !before.is_whitespace())
                        && (letter != '_' || after.is_none_or(|after| !after.is_alphanumeric()));
                    if closes && (run == width || run == 3) {
                        // Of three, the inner ones close what was opened inside.
                        return Some(at + run - width);
                    }
                    at += run;
                }
                _ => at += next.len_utf8(),
            }
            before = text[..at].chars().next_back();
        }
        self.endless.insert((letter, width), from);
        None
    }
}

/// What the address of a mention begins with; see `kuvert-content`.
const MENTION: &str = "kuvert:";

/// How often a letter stands at the beginning of a text.
fn run(text: &str, letter: char) -> usize {
    text.bytes().take_while(|byte| *byte == letter as u8).count()
}

/// Words and address of a link at the beginning of a text, and how long it is.
fn bracketed(text: &str) -> Option<(&str, &str, usize)> {
    let mut open = 0_usize;
    let mut is_escaped = false;
    let mut end = None;
    for (at, letter) in text.char_indices().take(LINK_WORDS_MAX) {
        steps(1);
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '[' => open += 1,
            ']' if open == 1 => {
                end = Some(at);
                break;
            }
            ']' => open -= 1,
            _ => {}
        }
    }
    let end = end?;
    let rest = text[end + 1..].strip_prefix('(')?;
    // An address is one word.
    let length = rest.find(|letter: char| letter == ')' || letter == '(' || letter.is_whitespace())?;
    steps(length);
    rest[length..].starts_with(')').then(|| (&text[1..end], &rest[..length], end + 2 + length + 1))
}

/// Whether an address may be opened.
fn is_address(address: &str) -> bool {
    let has = |scheme: &str| {
        address.get(..scheme.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(scheme))
            && address[scheme.len()..].starts_with(char::is_alphanumeric)
    };
    has("https://") || has("http://") || has("mailto:")
}

/// A link in the words of a link is its text.
fn without_links(inlines: Vec<Inline>) -> Vec<Inline> {
    let plain = |inline| match inline {
        Inline::Link { words: None, address } => Inline::Text(address),
        Inline::Link { words: Some(mut words), address } => {
            words.push(Inline::Text(format!(" ({address})")));
            Inline::Strong(without_links(words))
        }
        Inline::Strong(inside) => Inline::Strong(without_links(inside)),
        Inline::Emphasis(inside) => Inline::Emphasis(without_links(inside)),
        Inline::Struck(inside) => Inline::Struck(without_links(inside)),
        other => other,
    };
    inlines.into_iter().map(plain).collect()
}

fn unescaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letters.peek() {
            Some(next) if letter == '\\' && next.is_ascii_punctuation() => {
                shown.extend(letters.next());
            }
            _ => shown.push(letter),
        }
    }
    shown
}

/// Counts, in tests, letters and lines that were looked at.
#[inline]
fn steps(_count: usize) {
    #[cfg(test)]
    tests::STEPS.set(tests::STEPS.get() + _count);
}

#[cfg(test)]
#[path = "markdown_tests.rs"]
mod tests;
