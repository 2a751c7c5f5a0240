//! The limit of open files, of this process and of those that it starts.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that a process holds besides its connections.
const OTHERS: u64 = 128;

/// Makes room for `wanted` connections, here and in every process that is started from now on. Returns for how many
/// there is room: fewer, where this user may not open as many files, and then says so.
pub(crate) fn allow(wanted: u32) -> u32 {
    let files = u64::from(wanted) + OTHERS;
    let now = getrlimit(Resource::Nofile);
    let within = |limit: Option<u64>| limit.is_none_or(|limit| limit >= files);
    if within(now.current) {
        return wanted;
    }
    let maximum = if within(now.maximum) { now.maximum } else { Some(files) };
    if setrlimit(Resource::Nofile, Rlimit { current: Some(files), maximum }).is_ok() {
        return wanted;
    }
    // Only a privileged user may pass the hard limit; everybody may go up to it.
    let raised = setrlimit(Resource::Nofile, Rlimit { current: now.maximum, ..now }).is_ok();
    let most = if raised { now.maximum } else { now.current }.unwrap_or(files);
    let room = u32::try_from(most.saturating_sub(OTHERS)).map_or(wanted, |room| room.min(wanted));
    eprintln!(
        "kuvert-bench: {wanted} connections need {files} open files, and a process of this user may have {most}: \
         going on with {room} connections; raise the hard limit (`ulimit -Hn`) for more"
    );
    room
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_allowed_already_is_left_alone() {
        let before = getrlimit(Resource::Nofile).current;
        assert_eq!(allow(1), 1);
        assert_eq!(getrlimit(Resource::Nofile).current, before);
    }
}
