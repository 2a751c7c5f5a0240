//! What a world has beside talk between two over one relay: drawn from the seed, so that no seed pays for all of it.

use std::str::FromStr;

use crate::rng::Rng;

/// See the [module](self).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Features {
    /// People make groups, and change who is in them.
    pub groups: bool,
    /// People have different relays, which hand to each other what is for their people.
    pub relays: bool,
    /// People edit and delete what they wrote, and react to what others wrote.
    pub changes: bool,
    /// People block each other.
    pub blocking: bool,
    /// People send files.
    pub files: bool,
}

impl Features {
    /// What the world of a seed has. Drawn beside the world's own numbers: with the same features given by hand, a seed does the
    /// same.
    pub(crate) fn of(seed: u64) -> Self {
        let mut rng = Rng::new(!seed);
        Self {
            groups: rng.chance(300),
            changes: rng.chance(250),
            files: rng.chance(150),
            relays: rng.chance(200),
            blocking: rng.chance(150),
        }
    }
}

impl Features {
    /// Whether it makes no sense among strangers.
    pub(crate) fn needs_contacts(self) -> bool {
        self.groups || self.changes || self.blocking || self.files
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
                "relays" => features.relays = true,
                "changes" => features.changes = true,
                "blocking" => features.blocking = true,
                "files" => features.files = true,
                other => {
                    return Err(format!("{other} is none of talk, groups, relays, changes, blocking, files"));
                }
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
        assert_eq!("groups".parse(), Ok(Features { groups: true, ..Features::default() }));
        assert_eq!("talk".parse(), Ok(Features::default()));
        assert!("group".parse::<Features>().is_err());
    }
}
