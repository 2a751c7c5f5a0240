//! Which names and notes fit what somebody typed to find them. Messages are found by the engine's index, which looks at words in
//! the same way.

/// A letter without case and accents, as the engine's index has it.
pub fn plain(letter: char) -> impl Iterator<Item = char> {
    const ACCENTS: [(&str, &str); 24] = [
        ("a", "àáâãäåāăą"),
        ("c", "çćĉċč"),
        ("d", "ď"),
        ("e", "èéêëēĕėęě"),
        ("g", "ĝğġģ"),
        ("h", "ĥ"),
        ("i", "ìíîïĩīĭį"),
        ("j", "ĵ"),
        ("k", "ķ"),
        ("l", "ĺļľ"),
        ("n", "ñńņň"),
        ("o", "òóôõöōŏő"),
        ("r", "ŕŗř"),
        ("s", "śŝşšș"),
        ("ss", "ß"),
        ("t", "ţťț"),
        ("u", "ùúûüũūŭůűų"),
        ("w", "ŵ"),
        ("y", "ýÿŷ"),
        ("z", "źżž"),
        ("α", "ά"),
        ("ε", "έ"),
        ("ι", "ίϊ"),
        ("ο", "ό"),
    ];
    letter.to_lowercase().flat_map(|lower| {
        let known = ACCENTS.iter().find(|(_, with)| with.contains(lower));
        let found = known.map_or("", |(without, _)| *without);
        found.chars().chain(found.is_empty().then_some(lower))
    })
}

/// A word without case and accents.
pub fn folded(word: &str) -> String {
    word.chars().flat_map(plain).collect()
}

/// The words of what was typed.
pub fn words(typed: &str) -> Vec<String> {
    typed
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(folded)
        .collect()
}

/// Whether a name has all words of what was typed, each as the beginning of one of its own.
pub fn fits(name: &str, typed: &str) -> bool {
    let own = words(name);
    words(typed).iter().all(|word| own.iter().any(|own| own.starts_with(word.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_fits_by_the_beginnings_of_its_words() {
        assert!(fits("Änne Groß", "an gros"));
        assert!(!fits("Änne Groß", "ross"));
        assert!(fits("Anna", "  "));
    }
}
