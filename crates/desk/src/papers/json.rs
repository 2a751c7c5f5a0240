//! Writes JSON (RFC 8259).

/// JSON in the making. What is written stands in the order in which it was written.
#[derive(Default)]
pub(super) struct Json {
    out: String,
    /// Something stands before in the same object or array.
    follows: bool,
}

impl Json {
    /// The members that `fill` writes, as a whole text.
    pub(super) fn object_of(fill: impl FnOnce(&mut Self)) -> String {
        let mut json = Self::default();
        json.value(|json| json.braces('{', '}', fill));
        json.out
    }

    /// A member with a text.
    pub(super) fn text(&mut self, key: &str, text: &str) -> &mut Self {
        self.member(key, |json| json.string(text))
    }

    /// A member with a number.
    pub(super) fn number(&mut self, key: &str, number: i64) -> &mut Self {
        self.member(key, |json| json.out.push_str(&number.to_string()))
    }

    /// A member with a text, or with null.
    pub(super) fn maybe(&mut self, key: &str, text: Option<&str>) -> &mut Self {
        self.member(key, |json| match text {
            Some(text) => json.string(text),
            None => json.out.push_str("null"),
        })
    }

    /// A member with an object.
    pub(super) fn object(&mut self, key: &str, fill: impl FnOnce(&mut Self)) -> &mut Self {
        self.member(key, |json| json.braces('{', '}', fill))
    }

    /// A member with a value that is JSON already.
    pub(super) fn raw(&mut self, key: &str, value: &str) -> &mut Self {
        self.member(key, |json| json.out.push_str(value))
    }

    /// A member with an array of objects.
    pub(super) fn objects<T>(
        &mut self,
        key: &str,
        all: impl IntoIterator<Item = T>,
        mut fill: impl FnMut(&mut Self, T),
    ) -> &mut Self {
        self.member(key, |json| {
            json.braces('[', ']', |json| {
                for one in all {
                    json.value(|json| json.braces('{', '}', |json| fill(json, one)));
                }
            });
        })
    }

    /// A member with an array of texts.
    pub(super) fn texts<'a>(&mut self, key: &str, all: impl IntoIterator<Item = &'a str>) -> &mut Self {
        self.member(key, |json| {
            json.braces('[', ']', |json| {
                all.into_iter().for_each(|text| json.value(|json| json.string(text)))
            });
        })
    }

    fn member(&mut self, key: &str, value: impl FnOnce(&mut Self)) -> &mut Self {
        self.value(|json| {
            json.string(key);
            json.out.push(':');
            value(json);
        });
        self
    }

    fn value(&mut self, write: impl FnOnce(&mut Self)) {
        if self.follows {
            self.out.push(',');
        }
        write(self);
        self.follows = true;
    }

    fn braces(&mut self, open: char, close: char, fill: impl FnOnce(&mut Self)) {
        self.out.push(open);
        self.follows = false;
        fill(self);
        self.out.push(close);
    }

    fn string(&mut self, text: &str) {
        self.out.push('"');
        for c in text.chars() {
            match c {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                // Control characters must be escaped; the others could end a script or its line where JSON is pasted into one.
                c if c.is_control() || matches!(c, '<' | '>' | '&' | '\u{2028}' | '\u{2029}') => {
                    self.out.push_str(&format!("\\u{:04x}", u32::from(c)));
                }
                c => self.out.push(c),
            }
        }
        self.out.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_and_elements_are_separated_by_commas() {
        let json = Json::object_of(|json| {
            json.text("a", "b").number("n", -5).maybe("no", None).maybe("yes", Some("")).raw("r", "true");
            json.object("empty", |_| {}).texts("none", []).texts("two", ["x", "y"]);
            json.objects("all", [1, 2], |json, number| {
                json.number("n", number).object("in", |json| {
                    json.number("m", number);
                });
            });
            json.number("last", 1);
        });
        assert_eq!(
            json,
            r#"{"a":"b","n":-5,"no":null,"yes":"","r":true,"empty":{},"none":[],"two":["x","y"],"all":[{"n":1,"in":{"m":1}},{"n":2,"in":{"m":2}}],"last":1}"#
        );
    }

    #[test]
    fn texts_cannot_leave_their_quotes() {
        let json = Json::object_of(|json| {
            json.text("\"k", "a\"b\\c\nd\u{0}\u{1f}\u{7f}\u{2028}</script>&ü\u{1f600}");
        });
        assert_eq!(
            json,
            "{\"\\\"k\":\"a\\\"b\\\\c\\nd\\u0000\\u001f\\u007f\\u2028\\u003c/script\\u003e\\u0026ü\u{1f600}\"}"
        );
    }
}
