//! What may be typed, and how texts of other people are shown.

/// Longest name, in characters.
pub(crate) const NAME_CHARS_MAX: usize = 64;
/// Length of an invitation, in characters.
const INVITE_CHARS: usize = 22;
/// Length of a card's id in a link, and of its secret, in characters.
const CARD_CHARS: usize = 22;
const SECRET_CHARS: usize = 43;
/// Longest message, in bytes of UTF-8.
pub(crate) const TEXT_BYTES_MAX: usize = 16 * 1024;

/// A name as it will be sent; `None` if it is empty or too long.
pub(crate) fn valid_name(typed: &str) -> Option<String> {
    let name = typed.trim();
    (!name.is_empty() && name.chars().count() <= NAME_CHARS_MAX).then(|| name.to_owned())
}

/// A message as it will be sent; `None` if it is empty or too long.
pub(crate) fn valid_text(typed: &str) -> Option<String> {
    let text = typed.trim();
    (!text.is_empty() && text.len() <= TEXT_BYTES_MAX).then(|| text.to_owned())
}

/// An invitation as it will be shown to the relay; `None` if it has not the shape of one.
pub(crate) fn valid_invite(typed: &str) -> Option<String> {
    let invite = typed.trim();
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    (invite.len() == INVITE_CHARS && invite.chars().all(is_letter)).then(|| invite.to_owned())
}

/// Whether a message is too long, which is worth saying while it is typed.
pub(crate) fn is_too_long(typed: &str) -> bool {
    typed.trim().len() > TEXT_BYTES_MAX
}

/// The address that a word begins with, without the punctuation of the sentence around it; else empty.
pub(crate) fn address_in(word: &str) -> &str {
    let schemes = ["https://", "http://", "mailto:"];
    let Some(rest) = schemes.iter().find_map(|scheme| word.strip_prefix(scheme)) else {
        return "";
    };
    if !rest.starts_with(char::is_alphanumeric) {
        return "";
    }
    word.trim_end().trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '"', '\'', '“', '»'])
}

/// The letters on somebody's stamp: of the first two words of a name.
pub(crate) fn initials(name: &str) -> String {
    name.split_whitespace()
        .filter_map(|word| word.chars().find(|letter| letter.is_alphanumeric()))
        .take(2)
        .flat_map(char::to_uppercase)
        .collect()
}

/// Which of the eight colours of stamps belongs to a Kuvert ID.
pub(crate) fn stamp_tone(kuvert_id: &str) -> usize {
    kuvert_id.bytes().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte))) % 8
}

/// The relay of a link, if that is another one than this page's: the page does not speak to it (WEB-1), a browser can open
/// it there.
pub(crate) fn relay_elsewhere<'a>(link: &'a str, own: &str) -> Option<&'a str> {
    let (relay, _) = link.trim().split_once("/c/")?;
    let is_relay = relay.starts_with("https://") && relay.len() > "https://".len();
    (is_relay && relay != own).then_some(relay)
}

/// Whether a link has all its parts. One that has not is not opened by trying again.
pub(crate) fn is_complete_link(link: &str) -> bool {
    let is_base64url = |text: &str, length| {
        text.len() == length && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    };
    let parts = link
        .trim()
        .split_once('#')
        .and_then(|(address, secret)| Some((address.rsplit_once("/c/")?.1, secret)));
    parts.is_some_and(|(card, secret)| is_base64url(card, CARD_CHARS) && is_base64url(secret, SECRET_CHARS))
}

/// A relay's origin as people read it.
pub(crate) fn relay_name(origin: &str) -> &str {
    origin.split_once("://").map_or(origin, |(_, host)| host).trim_end_matches('/')
}

/// Keeps a text that changes the direction of writing from changing the sentence around it.
pub(crate) fn isolated(value: &str) -> String {
    let turns = |letter: char| {
        matches!(letter, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{feff}')
            || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if value.contains(turns) { format!("\u{2068}{value}\u{2069}") } else { value.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_of_another_relay_is_told_from_an_own_one() {
        // WEB-1
        let own = "https://relay.example";
        assert_eq!(
            relay_elsewhere(" https://other.example/c/abc#secret", own),
            Some("https://other.example")
        );
        for here in
            ["https://relay.example/c/abc#secret", "javascript:alert(1)/c/abc#x", "https:///c/abc", "abc"]
        {
            assert_eq!(relay_elsewhere(here, own), None, "{here}");
        }
    }

    #[test]
    fn a_link_that_lost_a_part_is_told_from_a_complete_one() {
        let (card, secret) = ("A".repeat(22), "b".repeat(43));
        assert!(is_complete_link(&format!(" https://relay.example/c/{card}#{secret}\n")));
        for bad in [
            format!("https://relay.example/c/{card}"),
            format!("https://relay.example/c/{card}#"),
            format!("https://relay.example/c/{card}#{}", &secret[1..]),
            format!("https://relay.example/c/{}#{secret}", &card[1..]),
            format!("https://relay.example/#{secret}"),
        ] {
            assert!(!is_complete_link(&bad), "{bad}");
        }
    }

    #[test]
    fn names_are_trimmed_and_bounded() {
        assert_eq!(valid_name("  Anna "), Some("Anna".into()));
        assert_eq!(valid_name("   "), None);
        assert_eq!(valid_name(&"ü".repeat(64)), Some("ü".repeat(64)));
        assert_eq!(valid_name(&"ü".repeat(65)), None);
    }

    #[test]
    fn an_invitation_has_22_characters_of_base64url() {
        let invite = "-bCdEfGhIjKlMnOpQrSt_w";
        assert_eq!(valid_invite(&format!(" {invite}\n")), Some(invite.into()));
        assert_eq!(valid_invite(&invite[1..]), None);
        assert_eq!(valid_invite("+bCdEfGhIjKlMnOpQrStUv"), None);
    }

    #[test]
    fn texts_are_trimmed_and_bounded() {
        assert_eq!(valid_text("\n Hallo\nBen \n"), Some("Hallo\nBen".into()));
        assert_eq!(valid_text(" \n"), None);
        assert!(valid_text(&"x".repeat(TEXT_BYTES_MAX)).is_some());
        assert!(is_too_long(&"x".repeat(TEXT_BYTES_MAX + 1)));
    }

    #[test]
    fn addresses_are_found_without_the_sentence_around_them() {
        assert_eq!(address_in("https://kuvert.example/a?b,"), "https://kuvert.example/a?b");
        assert_eq!(address_in("mailto:anna@kuvert.example)."), "mailto:anna@kuvert.example");
        assert_eq!(address_in("https://"), "");
        assert_eq!(address_in("javascript:alert(1)"), "");
    }

    #[test]
    fn stamps_have_at_most_two_letters() {
        assert_eq!(initials("anna berta clara"), "AB");
        assert_eq!(initials("(Ömer)"), "Ö");
        assert_eq!(initials(" - "), "");
        assert!(stamp_tone("ABCD-EFGH") < 8);
    }

    #[test]
    fn a_relay_is_named_by_its_host() {
        assert_eq!(relay_name("https://kuvert.example/"), "kuvert.example");
        assert_eq!(relay_name("http://localhost:8080"), "localhost:8080");
    }

    #[test]
    fn a_name_that_turns_the_direction_is_isolated() {
        assert_eq!(isolated("Anna"), "Anna");
        assert_eq!(isolated("\u{202e}annA"), "\u{2068}\u{202e}annA\u{2069}");
    }
}
