//! Mentions: links in a text that name a person.

/// What the address of a mention begins with: `kuvert:ABCD-EFGH-JKMN-PQRS-TV`.
pub const MENTION_SCHEME: &str = "kuvert:";

/// Longest address of a mention that is looked at, in bytes.
const MAX_ADDRESS: usize = 64;

/// The Markdown that mentions somebody: `[@Anna](kuvert:ABCD-EFGH-JKMN-PQRS-TV)`. Brackets and backslashes in the name
/// are escaped.
pub fn mention(name: &str, kuvert_id: &str) -> String {
    let mut shown = String::with_capacity(name.len());
    for letter in name.chars() {
        if matches!(letter, '[' | ']' | '\\') {
            shown.push('\\');
        }
        shown.push(letter);
    }
    format!("[@{shown}]({MENTION_SCHEME}{kuvert_id})")
}

/// The Kuvert IDs that a text mentions, as they are written there, in order. Whether one of them is somebody is for the
/// caller to check. The name in a mention is claimed by its writer: what is shown should come from the contact.
pub fn mentions(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| {
        let (address, _) = rest.split_once(')')?;
        let id = address.strip_prefix(MENTION_SCHEME)?;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        (address.len() <= MAX_ADDRESS && !id.is_empty() && id.chars().all(is_plain)).then_some(id)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_mentioned_is_found_whatever_the_name() {
        let text = format!("Hallo {} und {}!", mention("An[na]\\", "ABCD-EF"), mention("Ben", "WXYZ-12"));
        assert_eq!(mentions(&text).collect::<Vec<_>>(), ["ABCD-EF", "WXYZ-12"]);
    }

    #[test]
    fn other_links_and_broken_ones_mention_nobody() {
        for text in [
            "",
            "](",
            "[a](https://x.example)",
            "[a](kuvert:)",
            "[a](kuvert:a b)",
            "[a](kuvert:AB",
            "kuvert:AB",
        ] {
            assert_eq!(mentions(text).count(), 0, "{text}");
        }
        assert_eq!(mentions(&format!("[a](kuvert:{})", "A".repeat(80))).count(), 0);
    }
}
