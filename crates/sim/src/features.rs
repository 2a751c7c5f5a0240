//! What a world has beside talk between two over one relay: drawn from the seed, so that no seed pays for all of it.

use std::str::FromStr;

use crate::rng::Rng;

/// See the [module](self).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Features {
    /// People make groups, and change who is in them.
    pub groups: bool,
}

impl Features {
    /// What the world of a seed has. Drawn beside the world's own numbers: with the same features given by hand, a seed does the
    /// same.
    pub(crate) fn of(seed: u64) -> Self {
        let mut rng = Rng::new(!seed);
        Self { groups: rng.chance(400) }
    }
}

/// Names that [`Features`] are read from are joined by commas; `talk` is none of them.
impl FromStr for Features {
    type Err = String;

    fn from_str(names: &str) -> Result<Self, String> {
        let mut features = Self::default();
        for name in names.split(',') {
            match name.trim() {
                "talk" => {}
                "groups" => features.groups = true,
                other => return Err(format!("{other} is none of talk, groups")),
            }
        }
        Ok(features)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_draw_different_worlds_and_each_always_the_same() {
        let drawn = || (0..40).map(Features::of).collect::<Vec<_>>();
        assert_eq!(drawn(), drawn());
        assert!(drawn().iter().any(|features| features.groups));
        assert!(drawn().contains(&Features::default()));
    }

    #[test]
    fn features_are_read_by_their_names() {
        assert_eq!("groups".parse(), Ok(Features { groups: true }));
        assert_eq!("talk".parse(), Ok(Features::default()));
        assert!("group".parse::<Features>().is_err());
    }
}
