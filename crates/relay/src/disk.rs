//! What the operating system says about the disk and about open files.

use std::path::{Path, PathBuf};
use std::time::Instant;

use kuvert_wire::limits;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Bytes that may still be written below `path`, if that can be told.
pub(crate) fn free(path: &Path) -> Option<u64> {
    let about = rustix::fs::statvfs(path).ok()?;
    about.f_bavail.checked_mul(about.f_frsize)
}

/// Space that stays free, so that what is fetched can still be deleted.
#[derive(Default)]
pub(crate) struct Reserve {
    /// Where, and how many bytes; without it nothing is kept free.
    kept: Option<(PathBuf, u64)>,
    looked: Option<Instant>,
    short: bool,
}

impl Reserve {
    /// Of `bytes` below `path`.
    pub(crate) fn new(path: PathBuf, bytes: u64) -> Self {
        Self { kept: Some((path, bytes)), ..Self::default() }
    }

    /// Looks how much is free, now and then.
    pub(crate) fn look(&mut self) {
        let Some((path, bytes)) = &self.kept else { return };
        if self.looked.is_none_or(|looked| looked.elapsed() >= limits::LOOK_AT_DISK) {
            self.looked = Some(Instant::now());
            let short = free(path).is_some_and(|free| free < *bytes);
            if short != std::mem::replace(&mut self.short, short) {
                if short {
                    tracing::warn!("the disk is almost full: nothing more is taken in");
                } else {
                    tracing::info!("the disk has room again");
                }
            }
        }
    }

    /// Whether less than that was free when last looked at.
    pub(crate) fn is_short(&self) -> bool {
        self.short
    }
}

/// Lets this process open `wanted` files, or as many as it may. Returns how many that are.
pub(crate) fn raise_open_files(wanted: u64) -> u64 {
    let now = getrlimit(Resource::Nofile);
    // No limit is as good as any.
    let (soft, hard) = (now.current.unwrap_or(u64::MAX), now.maximum.unwrap_or(u64::MAX));
    let raise = |to: u64, hard: u64| {
        (soft < to && setrlimit(Resource::Nofile, Rlimit { current: Some(to), maximum: Some(hard) }).is_ok())
            .then_some(to)
    };
    // Only a privileged process may go beyond the hard limit.
    let beyond = || if hard < wanted { raise(wanted, wanted) } else { None };
    beyond().or_else(|| raise(hard, hard)).unwrap_or(soft)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reserve_that_is_not_there_is_noticed() {
        let mut none = Reserve::default();
        none.look();
        assert!(!none.is_short());
        let mut some = Reserve::new(PathBuf::from("/"), 0);
        some.look();
        assert!(!some.is_short());
        let mut everything = Reserve::new(PathBuf::from("/"), u64::MAX);
        everything.look();
        assert!(everything.is_short());
    }

    #[test]
    fn the_limit_of_open_files_is_raised_to_what_the_process_may() {
        let before = getrlimit(Resource::Nofile);
        let raised = raise_open_files(1);
        let after = getrlimit(Resource::Nofile);
        assert_eq!(after.current, before.maximum);
        assert_eq!(raised, after.current.unwrap_or(u64::MAX));
        assert_eq!(raise_open_files(1), raised, "once more changes nothing");
    }

    #[test]
    fn a_disk_has_free_space_and_an_absent_directory_none() {
        let dir = tempfile::tempdir().expect("a directory");
        assert!(free(dir.path()).is_some_and(|free| free > 0));
        assert_eq!(free(&dir.path().join("absent")), None);
    }
}
