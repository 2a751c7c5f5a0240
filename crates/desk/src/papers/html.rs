//! Writes pages that are one file: no scripts, nothing that is fetched, and nothing that somebody wrote becomes markup.

/// Even if something became markup, a browser would neither run nor fetch it.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'";

const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font:1rem/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;overflow-wrap:anywhere}\
h1{font-size:1.6rem;line-height:1.2}\
h2{font-size:1.2rem;margin:2.2rem 0 .6rem;border-bottom:1px solid #8886;padding-bottom:.2rem}\
h3{font-size:1rem;margin:1.4rem 0 .3rem}\
dl{display:grid;grid-template-columns:minmax(8rem,14rem) 1fr;gap:.25rem 1rem;margin:.4rem 0}\
dt{font-weight:600}dd{margin:0}\
.text,dd{white-space:pre-wrap}\
article{border-left:3px solid #8886;padding:.1rem 0 .1rem .9rem;margin:.9rem 0}\
article.out{border-left-color:#2a7a5a}\
.meta,.hint{font-size:.9rem;opacity:.8}\
code{font-size:.85rem}\
@media(max-width:34rem){dl{grid-template-columns:1fr}dd{margin-bottom:.5rem}}\
@media print{body{margin:0;max-width:none;font-size:10.5pt}h2,h3{break-after:avoid}article,dl{break-inside:avoid}}";

/// A page in the making.
pub(super) struct Page {
    out: String,
}

impl Page {
    /// Begins a page with its heading.
    pub(super) fn new(german: bool, title: &str) -> Self {
        let mut page = Self { out: String::with_capacity(4096) };
        page.out.push_str("<!doctype html>\n<html lang=\"");
        page.out.push_str(if german { "de" } else { "en" });
        page.out.push_str("\"><head><meta charset=\"utf-8\">\n");
        page.out.push_str("<meta name=\"viewport\" content=\"width=device-width\">\n");
        page.out.push_str("<meta name=\"referrer\" content=\"no-referrer\">\n");
        page.out.push_str(&format!("<meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n"));
        page.element("title", "", title);
        page.out.push_str(&format!("<style>{STYLE}</style></head>\n<body>\n"));
        page.element("h1", "", title);
        page
    }

    /// Ends the page.
    pub(super) fn finish(mut self) -> String {
        self.out.push_str("</body></html>\n");
        self.out
    }

    /// A heading of a part.
    pub(super) fn part(&mut self, heading: &str) {
        self.element("h2", "", heading);
    }

    /// A heading inside a part.
    pub(super) fn heading(&mut self, heading: &str) {
        self.element("h3", "", heading);
    }

    /// A paragraph, line breaks and all.
    pub(super) fn paragraph(&mut self, text: &str) {
        self.element("p", " class=\"text\" dir=\"auto\"", text);
    }

    /// A small line that explains.
    pub(super) fn hint(&mut self, text: &str) {
        self.element("p", " class=\"hint\"", text);
    }

    /// Names and what they stand for; those that stand for nothing are left out.
    pub(super) fn list<'a>(&mut self, entries: impl IntoIterator<Item = (&'a str, &'a str)>) {
        self.out.push_str("<dl>\n");
        for (name, text) in entries.into_iter().filter(|(_, text)| !text.is_empty()) {
            self.element("dt", "", name);
            self.element("dd", " dir=\"auto\"", text);
        }
        self.out.push_str("</dl>\n");
    }

    /// A piece with a small line above it: what was written by whom and when.
    pub(super) fn piece(&mut self, outgoing: bool, meta: &str, text: &str, below: &[String]) {
        self.out.push_str(if outgoing { "<article class=\"out\">" } else { "<article>" });
        self.element("div", " class=\"meta\"", meta);
        if !text.is_empty() {
            self.element("div", " class=\"text\" dir=\"auto\"", text);
        }
        for line in below {
            self.element("div", " class=\"meta\"", line);
        }
        self.out.push_str("</article>\n");
    }

    /// A code that people compare.
    pub(super) fn code(&mut self, text: &str) {
        self.out.push_str("<p>");
        self.element("code", "", text);
        self.out.push_str("</p>\n");
    }

    /// `attributes` are this module's own, `text` is anybody's.
    fn element(&mut self, name: &str, attributes: &str, text: &str) {
        self.out.push_str(&format!("<{name}{attributes}>"));
        self.escaped(text);
        self.out.push_str(&format!("</{name}>\n"));
    }

    fn escaped(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                '\'' => self.out.push_str("&#39;"),
                '\n' | '\t' => self.out.push(c),
                // Neither allowed on a page, nor seen.
                c if c.is_control() => self.out.push('\u{fffd}'),
                // What follows would be shown in another order than it was written.
                '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => self.out.push('\u{fffd}'),
                c => self.out.push(c),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "</title><script>alert(1)</script><img src=x onerror='a()'>\"&amp;\u{0}\u{202e}";

    #[test]
    fn nothing_that_somebody_wrote_becomes_markup() {
        let mut page = Page::new(true, HOSTILE);
        page.part(HOSTILE);
        page.heading(HOSTILE);
        page.paragraph(HOSTILE);
        page.hint(HOSTILE);
        page.list([(HOSTILE, HOSTILE), ("left out", "")]);
        page.piece(false, HOSTILE, HOSTILE, &[HOSTILE.into()]);
        page.code(HOSTILE);
        let html = page.finish();
        let escaped = "&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=&#39;a()&#39;&gt;&quot;&amp;amp;\u{fffd}\u{fffd}";
        assert_eq!(html.matches(escaped).count(), 12);
        assert!(!html.contains("<script") && !html.contains("<img") && !html.contains('\u{202e}'));
        assert!(!html.contains("left out"));
    }

    #[test]
    fn a_page_runs_and_fetches_nothing() {
        let html = Page::new(false, "Title").finish();
        assert!(html.starts_with("<!doctype html>\n<html lang=\"en\">"));
        assert!(html.contains("default-src 'none'"));
        for word in ["http:", "https:", "src=", "href=", "url(", "@import", "<script", "<link"] {
            assert!(!html.contains(word), "{word}");
        }
    }
}
