//! Prepared answers, and what is filled into them.

use crate::limits::MAX_FILLED;

/// What is filled into a canned answer.
#[derive(Clone, Copy)]
pub struct Fields<'a> {
    /// `{name}`: the customer.
    pub name: &'a str,
    /// `{line}`: the line.
    pub line: &'a str,
    /// `{agent}`: who answers.
    pub agent: &'a str,
}

impl Fields<'_> {
    fn value(&self, field: &str) -> Option<&str> {
        match field {
            "name" => Some(self.name),
            "line" => Some(self.line),
            "agent" => Some(self.agent),
            _ => None,
        }
    }
}

/// The text with its fields filled in, at most [`MAX_FILLED`] bytes of it. What is no field stays as it stands, also in what is
/// filled in. Where there is nothing to fill in, the space before it goes, too: `Hallo {name},` becomes `Hallo,`.
pub fn fill(text: &str, fields: &Fields<'_>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('{') {
        filled.push_str(before);
        let field = behind.split_once('}').and_then(|(field, after)| Some((fields.value(field)?, after)));
        match field {
            Some((value, after)) => {
                if value.is_empty() && filled.ends_with(' ') {
                    filled.pop();
                }
                filled.push_str(value);
                rest = after;
            }
            None => {
                filled.push('{');
                rest = behind;
            }
        }
        if filled.len() > MAX_FILLED {
            break;
        }
    }
    filled.push_str(rest);
    let end = (0..=MAX_FILLED.min(filled.len())).rev().find(|end| filled.is_char_boundary(*end));
    filled.truncate(end.unwrap_or_default());
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> String {
        fill(text, &Fields { name: "Ümit {line}", line: "Rathaus-Apotheke", agent: "" })
    }

    #[test]
    fn fields_are_filled_in_once() {
        assert_eq!(filled("Hallo {name}, hier {line}."), "Hallo Ümit {line}, hier Rathaus-Apotheke.");
    }

    #[test]
    fn what_is_no_field_stays() {
        for text in ["", "a { b", "{}", "{Name}", "{na{me}", "}{", "{{", "{name"] {
            assert_eq!(filled(text), text);
        }
        assert_eq!(filled("{{line}}"), "{Rathaus-Apotheke}");
    }

    #[test]
    fn nothing_leaves_no_gap() {
        assert_eq!(filled("Ihre {agent}, bis bald"), "Ihre, bis bald");
        assert_eq!(filled("{agent}!"), "!");
    }

    #[test]
    fn what_is_filled_in_is_bounded() {
        let long = "ü".repeat(MAX_FILLED);
        let name = fill(&"{name}".repeat(1000), &Fields { name: &long, line: "", agent: "" });
        assert_eq!(name.len(), MAX_FILLED);
        let odd = fill(&format!("a{long}"), &Fields { name: "", line: "", agent: "" });
        assert_eq!(odd.len(), MAX_FILLED - 1);
    }
}
