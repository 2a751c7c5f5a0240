//! Texts in German and English, from Fluent files.
//!
//! Every text on a screen comes from `locales/*.ftl`; tests check that both files hold the same texts with the same
//! variables and every text that the code asks for. The files are no part of the module: `boot.js` fetches the one of the language that is
//! shown beside it, and the other one when the user wants that.

use std::cell::RefCell;
use std::rc::Rc;

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource, FluentValue};
use leptos::prelude::*;
use unic_langid::LanguageIdentifier;

use crate::text::isolated;

/// A language of the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lang {
    /// German.
    De,
    /// English.
    En,
}

impl Lang {
    /// The tag of BCP 47, also for `<html lang>`.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::De => "de",
            Self::En => "en",
        }
    }

    /// The language for a stored tag or a browser's list of wishes: the first that is German or English, else English.
    pub(crate) fn from_wishes<'a>(wishes: impl IntoIterator<Item = &'a str>) -> Self {
        for wish in wishes {
            match wish.split(['-', '_']).next().map(str::to_ascii_lowercase).as_deref() {
                Some("de") => return Self::De,
                Some("en") => return Self::En,
                _ => {}
            }
        }
        Self::En
    }

    /// All texts, as the tests see them.
    #[cfg(test)]
    fn source(self) -> &'static str {
        match self {
            Self::De => {
                concat!(include_str!("../locales/de.ftl"), "\n", include_str!("../locales/desk/de.ftl"))
            }
            Self::En => {
                concat!(include_str!("../locales/en.ftl"), "\n", include_str!("../locales/desk/en.ftl"))
            }
        }
    }
}

/// A value that stands in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// A name or an address.
    Text(String),
    /// A number, which may choose between singular and plural.
    Count(u32),
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<u32> for Value {
    fn from(count: u32) -> Self {
        Self::Count(count)
    }
}

type Bundle = FluentBundle<FluentResource>;

thread_local! {
    static BUNDLES: RefCell<[Option<Rc<Bundle>>; 2]> = const { RefCell::new([None, None]) };
}

/// Takes the texts of a language.
pub(crate) fn load(lang: Lang, source: String) {
    BUNDLES.with_borrow_mut(|bundles| bundles[lang as usize] = Some(Rc::new(bundle(lang, source))));
}

/// Whether the texts of a language are here.
pub(crate) fn is_loaded(lang: Lang) -> bool {
    BUNDLES.with_borrow(|bundles| bundles[lang as usize].is_some())
}

/// The texts of a language, or of the other one as long as they are not here.
fn loaded(lang: Lang) -> Option<Rc<Bundle>> {
    #[cfg(test)]
    if !is_loaded(lang) {
        load(lang, lang.source().to_owned());
    }
    BUNDLES
        .with_borrow(|bundles| bundles[lang as usize].as_ref().or(bundles.iter().flatten().next()).cloned())
}

fn bundle(lang: Lang, source: String) -> Bundle {
    let mut bundle = FluentBundle::new(vec![lang.tag().parse::<LanguageIdentifier>().unwrap_or_default()]);
    bundle.set_use_isolating(false);
    // A file with an error still yields its other texts; the tests refuse such a file.
    let resource = FluentResource::try_new(source).unwrap_or_else(|(partial, _)| partial);
    bundle.add_resource_overriding(resource);
    bundle
}

/// A text in a language. A text that is missing shows its key, which the tests rule out.
pub(crate) fn text(lang: Lang, key: &str, values: &[(&'static str, Value)]) -> String {
    let Some(bundle) = loaded(lang) else { return key.to_owned() };
    let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
        return key.to_owned();
    };
    let mut args = FluentArgs::with_capacity(values.len());
    for (name, value) in values {
        match value {
            Value::Text(text) => args.set(*name, FluentValue::from(isolated(text))),
            Value::Count(count) => args.set(*name, FluentValue::from(*count)),
        }
    }
    bundle.format_pattern(pattern, Some(&args), &mut Vec::new()).into_owned()
}

/// The language that is shown, for everything below the root of the app.
#[derive(Clone, Copy)]
pub(crate) struct Language(pub(crate) RwSignal<Lang>);

/// The language of the screens.
pub(crate) fn language() -> RwSignal<Lang> {
    expect_context::<Language>().0
}

/// A text that follows the language.
pub(crate) fn t(key: &'static str) -> impl Fn() -> String + Copy + Send + Sync + 'static {
    let lang = language();
    move || text(lang.get(), key, &[])
}

/// A text with one value, which follows the language and the value.
pub(crate) fn t1<V: Into<Value>>(
    key: &'static str,
    name: &'static str,
    value: impl Fn() -> V + Copy + Send + Sync + 'static,
) -> impl Fn() -> String + Copy + Send + Sync + 'static {
    let lang = language();
    move || text(lang.get(), key, &[(name, value().into())])
}

#[cfg(test)]
#[path = "i18n_tests.rs"]
mod tests;
