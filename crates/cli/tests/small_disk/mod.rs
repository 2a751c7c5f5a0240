//! A disk that can be filled, for tests of what happens then.

use std::path::Path;
use std::process::Command;

/// A small file system in memory. Taken away when dropped.
pub(crate) struct Small<'d>(&'d Path);

impl<'d> Small<'d> {
    /// `None` where this user may not mount.
    pub(crate) fn mount(at: &'d Path, mib: u32) -> Option<Self> {
        let size = format!("size={mib}m");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(at).output();
        mounted.is_ok_and(|output| output.status.success()).then_some(Self(at))
    }

    /// Fills what is left of it with a file.
    pub(crate) fn fill(&self) {
        use std::io::Write;
        let mut file = std::fs::File::create(self.0.join("ballast")).expect("made");
        let mut part = vec![1; 1024 * 1024];
        while !part.is_empty() {
            if file.write_all(&part).is_err() {
                part.truncate(part.len() / 2);
            }
        }
    }

    /// Makes room again.
    pub(crate) fn free(&self) {
        std::fs::remove_file(self.0.join("ballast")).expect("removed");
    }
}

impl Drop for Small<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0).status();
    }
}
