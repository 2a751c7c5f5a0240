//! Every bound of the engine.

/// Changes per conversation and sender that wait for their message; of more, the oldest go.
pub const MAX_EARLY: u32 = 256;
/// Expired messages that are deleted by one input; the others follow with the next.
pub const MAX_EXPIRED: u32 = 256;
/// Messages that one search finds; older ones are found by searching before the last.
pub const MAX_FOUND: u32 = 200;

/// Half-life of familiarity in days: what was written so long ago counts half.
pub const FAMILIARITY_HALF_LIFE: i64 = 30;

/// Milliseconds after which a request that got there and was not answered may be made anew: a day.
pub(crate) const ASK_ANEW: i64 = 86_400_000;
/// Requests to one person that may be there without an answer: nobody is pressed.
pub(crate) const MAX_ASKED: usize = 3;
/// Messages that are shown of somebody who is not accepted. More than [`MAX_ASKED`], since not all who ask know what got there.
pub(crate) const MAX_ASKING: u32 = 2 * MAX_ASKED as u32;
/// Messages that are looked at for earlier requests; there is one per day at most.
pub(crate) const MAX_REQUESTS: u32 = 16;

/// Entries of one channel that are kept until what they need has come.
pub(crate) const MAX_KEPT: u64 = 512;
/// Bytes of them.
pub(crate) const MAX_KEPT_BYTES: u64 = 8 * 1024 * 1024;
/// Entries kept for channels of which this device knows no group (yet).
pub(crate) const MAX_KEPT_STRANGE: u64 = 64;
/// Things to be committed to one group that wait at the same time.
pub(crate) const MAX_WISHES: usize = 1024;
/// Messages of one conversation that are not for the eyes, could not be sent and wait for another try; of more, the oldest go.
pub(crate) const MAX_UNSEEN: u32 = 256;
/// Devices of one contact that are added to a group.
pub(crate) const MAX_DEVICES: usize = 16;
/// Milliseconds after which a device that waits for the desk room's state asks for it again.
pub(crate) const ASK_STATE: i64 = 30_000;
/// How often that time doubles while nobody answers: to a good hour.
pub(crate) const ASK_STATE_DOUBLINGS: u32 = 7;
/// Bytes of one piece of that state, and most pieces.
pub(crate) const STATE_PIECE: usize = 40 * 1024;
pub(crate) const MAX_STATE_PIECES: usize = 256;
/// Folded events of a desk room whose ids are kept, so that none is taken twice.
pub(crate) const EVENT_IDS: i64 = 4096;
/// Of these, how many a device tells another that takes its state.
pub(crate) const EVENT_IDS_TOLD: u32 = 256;
/// Own posts to a desk room that are remembered until they come back.
pub(crate) const OWN_DESK_POSTS: i64 = 1024;
/// Largest description of a line on its card.
pub(crate) const MAX_LINE: usize = 48 * 1024;
/// Conversations whose devices are being changed at the same time, and milliseconds between two looks at them.
pub(crate) const STAFFING_AT_ONCE: usize = 16;
pub(crate) const STAFFING_PAUSE: i64 = 50;
/// Largest part of a conversation's history that one message tells, and how many such messages there are at most.
pub(crate) const HISTORY_PIECE: usize = 48 * 1024;
pub(crate) const HISTORY_PIECES: usize = 4;
/// Invitations to a line that wait for an answer, and seconds for which they hold.
pub(crate) const MAX_INVITATIONS: usize = 64;
pub(crate) const INVITATION_LIFE: u64 = 7 * 86_400;
/// Groups of more people do not report what arrived.
pub(crate) const MAX_REPORTING: u32 = 16;
/// Milliseconds between two reports of this device in one group, in the long run: one covers all that came meanwhile.
pub(crate) const REPORT_PAUSE: i64 = 10_000;
/// So many more go out at once, where there were few before.
pub(crate) const REPORT_BURST: i64 = 3;
/// Blobs of groups that are fetched and held at one moment.
pub(crate) const MAX_BLOBS: usize = 4;
/// Groups that stay loaded between inputs.
pub(crate) const MAX_LOADED: usize = 64;
/// Leaves of all groups that stay loaded, at some 4 KiB each; one larger group stays loaded alone.
pub(crate) const MAX_LOADED_LEAVES: usize = 2048;
/// Blobs of groups that rest after a failure and are tried again in the same session.
pub(crate) const MAX_BLOB_RETRIES: usize = 64;
/// Milliseconds of the first and of the longest such rest.
pub(crate) const RETRY_BLOB_FIRST: i64 = 2_000;
pub(crate) const RETRY_BLOB_LAST: i64 = 600_000;
/// Milliseconds that the state of an epoch is kept, which was left before the inbox had come to its end: as long as relays keep
/// entries.
pub(crate) const KEEP_PAST: i64 = 30 * 86_400_000;
/// Pages of one channel's commits that are read in one go.
pub(crate) const MAX_PAGES: usize = 16;
/// Ended key packages whose private halves are forgotten in one step.
pub(crate) const MAX_ENDED_PACKAGES: u32 = 64;

/// Milliseconds between the tries of one member and the next to carry out what any of them may.
pub(crate) const TURN: i64 = 3_000;
/// Milliseconds between two looks at how old leaves are; who was unused at two of them is dropped.
pub(crate) const TEND_LEAVES: i64 = 86_400_000;
/// Seconds after which a device that did nothing else in a group renews its leaf there; up to twice as many, so that those who came
/// together do not all renew together.
pub(crate) const RENEW_LEAF: u64 = 14 * 86_400;
/// Milliseconds that a commit which began an epoch may take to come, before the channel is asked for it.
pub(crate) const PATIENCE: i64 = 20_000;
/// Milliseconds after which a channel that could not be asked is asked again.
pub(crate) const ASK_AGAIN: i64 = 30_000;
/// Milliseconds after which a channel that was made anew may be made anew once more in the same session: relays forget one after
/// months.
pub(crate) const REVIVE_AGAIN: i64 = 86_400_000;
/// Milliseconds after which a relay that was busy is asked again to take tokens back.
pub(crate) const REVOKE_AGAIN: i64 = 5_000;
/// Milliseconds that wishes to add wait for the key packages of others.
pub(crate) const ADD_TOGETHER: i64 = 10_000;
/// Groups of more members than this do not all commit at once again after one of them won.
pub(crate) const CROWD: usize = 8;
/// Milliseconds between their tries.
pub(crate) const CROWD_TURN: i64 = 40;
/// Longest draft that is kept, in bytes: more than may be sent, so that nothing is lost of a text that is to be shortened.
pub const MAX_DRAFT: usize = 64 * 1024;
/// Bytes that the first request of a file's transfer moves; the next ones move as many as take a moment.
pub const SLICE_FIRST: u64 = 256 * 1024;
/// Most bytes that one request of a transfer moves, and that a driver holds in memory for it.
pub const SLICE_LAST: u64 = 8 * 1024 * 1024;

/// Answers with data to one message that are looked at, the newest ones.
pub const MAX_DATA_ANSWERS: u32 = 64;
