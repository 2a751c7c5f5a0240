//! Light, dark, or as the device says. `boot.js` sets the same attribute before the first paint.

use leptos::prelude::*;

use crate::browser;

/// Where the choice is kept; `boot.js` reads it too.
const KEY: &str = "kuvert-theme";

/// The colours of the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Theme {
    /// As the device says.
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// All, in the order in which they are offered.
    pub(crate) const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// The value of `data-theme` at the root element.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// Reads what [`Theme::name`] wrote; anything else follows the device.
    pub(crate) fn from_name(name: &str) -> Self {
        Self::ALL.into_iter().find(|theme| theme.name() == name).unwrap_or(Self::System)
    }
}

/// The theme that is shown, for everything below the root of the app.
#[derive(Clone, Copy)]
pub(crate) struct Look(pub(crate) RwSignal<Theme>);

impl Look {
    /// What this browser was told before.
    pub(crate) fn stored() -> Self {
        let theme = browser::stored(KEY).map_or(Theme::System, |name| Theme::from_name(&name));
        Self(RwSignal::new(theme))
    }

    /// Chooses and remembers.
    pub(crate) fn choose(self, theme: Theme) {
        browser::store(KEY, theme.name());
        browser::set_root_attribute("data-theme", theme.name());
        self.0.set(theme);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn themes_survive_the_browsers_storage() {
        for theme in Theme::ALL {
            assert_eq!(Theme::from_name(theme.name()), theme);
        }
        assert_eq!(Theme::from_name("sepia"), Theme::System);
    }
}
