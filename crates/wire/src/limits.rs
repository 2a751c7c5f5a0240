//! Every bound of the protocol and of the relay, in one place. Sizes are bytes unless the name says otherwise.
//!
//! Every number here is reached in a test that names it behind `RELAY-5:`; `cargo xtask tidy` checks that. Durations are no
//! bounds that an input could reach: they say how long something takes or rests.

use std::time::Duration;

/// Protocol version spoken by this crate, part of the session path.
pub const PROTOCOL_VERSION: u16 = 1;

/// Largest frame on a session, both ways.
pub const MAX_FRAME: usize = 512 * 1024;
/// Largest body of a post, commit, deposit or welcome.
pub const MAX_BODY: usize = 64 * 1024;
/// Largest sealed fan-out list.
pub const MAX_FANOUT: usize = 128 * 1024;
/// Largest sealed GroupInfo.
pub const MAX_GROUP_INFO: usize = 128 * 1024;
/// Largest sealed access of a channel: the current epoch's secrets, and its GroupInfo without the tree.
pub const MAX_ACCESS: usize = 16 * 1024;
/// Most commits that a channel keeps since its last GroupInfo.
pub const MAX_HANDSHAKES: u64 = 256;
/// Bytes of the commits that a channel keeps since its last GroupInfo.
pub const MAX_HANDSHAKE_BYTES: u64 = 1024 * 1024;
/// Bytes of commits in one answer about a channel.
pub const MAX_HANDSHAKE_PAGE: usize = 256 * 1024;
/// Post secrets of earlier epochs that a channel recognises. A thousand devices that renew their leaves make some fifty epochs a day, and
/// who is away for as long as a relay keeps entries comes back by one of them.
pub const MAX_RECENT_SECRETS: usize = 2048;
/// Most targets that one fan-out list may name.
pub const MAX_FANOUT_TARGETS: usize = 1024;
/// Most other relays that one fan-out list may name.
pub const MAX_FANOUT_RELAYS: usize = 64;
/// Most welcomes that one commit may carry.
pub const MAX_WELCOMES: usize = 128;
/// Largest sealed key package.
pub const MAX_KEY_PACKAGE: usize = 8 * 1024;
/// Most key packages that an inbox keeps.
pub const MAX_KEY_PACKAGES: usize = 32;
/// Most revoked tokens that an inbox keeps.
pub const MAX_REVOKED: usize = 1024;
/// Largest card record.
pub const MAX_CARD: usize = 64 * 1024;
/// Longest relay origin (`https://host:port`).
pub const MAX_ORIGIN: usize = 255;

/// Bytes of blobs that tokens of one inbox may announce on one day.
pub const MAX_BLOB_BYTES_PER_DAY: u64 = 1024 * 1024 * 1024;
/// Counters of what was announced today. Inboxes that fall on one counter share its allowance.
pub const BLOB_COUNTERS: usize = 16 * 1024;
/// The part of the places for uploads, downloads and deposits of other relays that one network may take: one of so many.
pub const NETWORKS_SHARE: usize = 4;
/// Blobs that are uploaded at one moment.
pub const MAX_UPLOADS: usize = 64;
/// Blobs that are downloaded at one moment.
pub const MAX_DOWNLOADS: usize = 256;
/// Bytes of a blob that are held in memory on their way, per upload or download.
pub const BLOB_BUFFER: usize = 64 * 1024;
/// Bytes of an upload after which what came is synced and counts.
pub const BLOB_SYNC_EVERY: u64 = 4 * 1024 * 1024;

/// Longest endpoint of a push subscription.
pub const MAX_PUSH_ENDPOINT: usize = 1024;
/// Inboxes whose owners are to be pushed to, waiting, in work or left alone for a while; beyond it nobody more is noted.
pub const MAX_PUSHES_WAITING: usize = 65_536;
/// Pushes under way at one moment.
pub const MAX_PUSHES_AT_ONCE: usize = 32;
/// Of those, to push services that failed when they were last tried, or never answered yet.
pub const MAX_PUSHES_TO_STRANGERS: usize = MAX_PUSHES_AT_ONCE / 4;
/// Of those, to one host.
pub const MAX_PUSHES_TO_STRANGER: usize = MAX_PUSHES_TO_STRANGERS / 4;
/// Push services of which a relay remembers how they answered. Beyond it the one is forgotten that was heard of longest ago, those
/// first that failed when they were last tried, or never answered.
pub const MAX_PUSH_SERVICES: usize = 1024;
/// Tries to hand one push over, after which it is given up until something else comes.
pub const MAX_PUSH_TRIES: u32 = 10;

/// Most inboxes to which one deposit between relays goes.
pub const MAX_FOREIGN_TARGETS: usize = 64;
/// Largest sealed deposit between relays.
pub const MAX_FOREIGN_DEPOSIT: usize = 80 * 1024;
/// Most deposits in one request between relays.
pub const MAX_FOREIGN_DEPOSITS: usize = 256;
/// Largest request between relays.
pub const MAX_FOREIGN_BYTES: usize = 1024 * 1024;
/// Largest answer of another relay.
pub const MAX_FOREIGN_ANSWER: usize = 4 * 1024;
/// Requests of other relays in work at one moment.
pub const MAX_FOREIGN_REQUESTS: usize = 16;
/// Other relays to which this one delivers at one moment.
pub const MAX_FOREIGN_RELAYS: usize = 32;
/// Of those, relays that failed or were slow when it was last tried.
pub const MAX_SLOW_RELAYS: usize = MAX_FOREIGN_RELAYS / 4;
/// Requests to one relay before others have their turn.
pub const MAX_FOREIGN_TURN: usize = 16;
/// Other relays for which something waits.
pub const MAX_OUTBOX_RELAYS: u64 = 10_000;
/// Bytes of all that waits for other relays, notices of loss included, after which posts to them are refused as busy.
pub const MAX_OUTBOX_TOTAL: u64 = 4 * 1024 * 1024 * 1024;
/// Shared secrets kept for sealing to other relays, after which all are forgotten and derived anew.
pub const MAX_FOREIGN_SEALERS: usize = 1024;
/// Rows that wait whole for one other relay before the oldest are replaced by notices of their loss; as many notices stay.
pub const MAX_OUTBOX_ROWS: u64 = 20_000;

/// Most entries that wait in one inbox before the oldest make room.
pub const MAX_INBOX_ENTRIES: u64 = 100_000;
/// Most bytes of sealed entries that wait in one inbox before the oldest make room.
pub const MAX_INBOX_BYTES: u64 = 256 * 1024 * 1024;
/// Entries sent to an owner and not yet acknowledged, after which the relay pauses.
pub const DELIVERY_WINDOW: u64 = 256;
/// Requests of one session in work at the relay, after which it stops reading from that session.
pub const MAX_IN_FLIGHT: usize = 256;
/// Sessions open at one relay.
pub const MAX_SESSIONS: usize = 50_000;
/// Most sessions that an operator may allow.
pub const MOST_SESSIONS: usize = 10_000_000;
/// Connections open at one relay beside those of its sessions.
pub const MAX_HTTP_CONNECTIONS: usize = 1024;
/// Connections open to the address for metrics.
pub const MAX_METRICS_CONNECTIONS: usize = 16;
/// Questions of its operator that a relay answers at the same time.
pub const MAX_ADMIN_CONNECTIONS: usize = 4;
/// Largest question of an operator.
pub const MAX_ADMIN_QUESTION: usize = 256;
/// Largest answer to an operator, a backup apart.
pub const MAX_ADMIN_REPLY: usize = 64 * 1024;
/// Invitations made at once.
pub const MAX_INVITES_AT_ONCE: usize = 1000;
/// Largest part of a backup.
pub const MAX_BACKUP_RECORD: usize = 1024 * 1024;
/// Networks whose limits a relay remembers at once.
pub const MAX_NETWORKS: usize = 131_072;
/// Bad frames after which a session is closed.
pub const MAX_BAD_FRAMES: u32 = 8;
/// Writes collected into one durable batch.
pub const MAX_BATCH: usize = 1024;
/// Bytes of changes after which a batch takes no more writes.
pub const MAX_BATCH_BYTES: usize = 16 * 1024 * 1024;
/// Largest part of the filter by which a relay knows in memory which requests of a day it has not seen, in requests, at
/// about 10 bits each; all parts of a day together hold up to twice as many.
pub const MAX_FILTERED: usize = 64 * 1024 * 1024;
/// Remembered requests that a starting relay reads for that; where there are more, it knows from the next day on.
pub const MAX_FILTERED_AT_START: usize = 1024 * 1024;
/// Bytes of rows in memory after which they move to their tables.
pub const MOVE_BYTES: usize = 32 * 1024 * 1024;
/// Bytes of journal after which rows move to their tables.
pub const MOVE_JOURNAL: u64 = 64 * 1024 * 1024;
/// Bytes of rows in memory after which writes wait until others have moved.
pub const MAX_LAYER: usize = 128 * 1024 * 1024;
/// Bytes of journal after which writes wait until its rows have moved.
pub const MAX_JOURNAL: u64 = 2 * MOVE_JOURNAL;
/// Bytes of incomplete frames that all sessions of a relay together may hold.
pub const MAX_PARTIAL_FRAMES: usize = 64 * 1024 * 1024;
/// Largest answer to a request. A session that has asked for so much is read on once it took all of it.
pub const MAX_ANSWER: usize = MAX_GROUP_INFO + MAX_ACCESS + MAX_HANDSHAKE_PAGE + 8 * 1024;
/// Bytes of answers much larger than their requests (about channels, and key packages) that all sessions of a relay
/// together may have asked for and not taken yet.
pub const MAX_LARGE_ANSWERS: usize = 64 * 1024 * 1024;
/// Bytes that the sockets of all sessions of a relay together have not taken, after which entries are read for one more frame
/// one by one.
pub const MAX_UNSENT: usize = 64 * 1024 * 1024;
/// Bytes of requests that wait for the relay's writer, after which sessions wait.
pub const MAX_WRITER_QUEUE: usize = 32 * 1024 * 1024;
/// Bytes of sealed entries in one frame, unless the first entry alone is longer.
pub const MAX_ENTRIES_BYTES: usize = 256 * 1024;
/// Bytes of changes after which a sweep lets requests pass.
pub const MAX_SWEEP_BYTES: usize = 1024 * 1024;
/// Rows looked at before a sweep lets requests pass.
pub const MAX_SWEEP: usize = 256;
/// Shared secrets kept for sealing, after which all are forgotten and derived anew.
pub const MAX_SEAL_CACHE: usize = 65_536;

/// Bytes that wait whole for one other relay before the oldest are replaced by notices of their loss.
pub const MAX_OUTBOX_BYTES: u64 = 256 * 1024 * 1024;

/// Days until an entry that nobody fetched goes.
pub const ENTRY_DAYS: u32 = 30;
/// Days until an unused inbox goes.
pub const INBOX_DAYS: u32 = 90;
/// Days until an unused channel goes.
pub const CHANNEL_DAYS: u32 = 90;
/// Days until an unused card goes.
pub const CARD_DAYS: u32 = 400;
/// Days until an invitation that nobody used goes.
pub const INVITE_DAYS: u32 = 30;
/// Days until a blob goes whose upload was not finished.
pub const UNFINISHED_BLOB_DAYS: u32 = 1;
/// Days until what another relay did not take is replaced by a notice of its loss.
pub const OUTBOX_DAYS: u32 = 30;
/// Days until such a notice goes, too.
pub const OUTBOX_NOTICE_DAYS: u32 = 60;
/// Days that a relay remembers a request's id, so that a repeat is answered like the first.
pub const REPEAT_DAYS: u32 = 2;

/// Life of the relay's ephemeral sealing key.
pub const SEAL_WINDOW: Duration = Duration::from_secs(60);
/// Time between two looks at how much of the disk is free.
pub const LOOK_AT_DISK: Duration = Duration::from_millis(100);
/// How long rows stay in memory and journal before they move to their tables, if nothing else moves them.
pub const MOVE_EVERY: Duration = Duration::from_secs(60);
/// Time between two sweeps for what is too old.
pub const SWEEP_EVERY: Duration = Duration::from_secs(60 * 60);
/// Rest after a failed write before the store is opened again.
pub const REOPEN_AFTER: Duration = Duration::from_secs(1);
/// Silence after which a relay pings, and after twice which it closes.
pub const PING_AFTER: Duration = Duration::from_secs(45);
/// How long a session that ended waits for its client to end it as well.
pub const LINGER: Duration = Duration::from_secs(1);
/// Time in which a TLS handshake must be done.
pub const TLS_WITHIN: Duration = Duration::from_secs(10);
/// Time in which the head of an HTTP request must be there, after the connection or the request before it.
pub const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// Time without a byte in either direction after which an HTTP connection is cut.
pub const STALLED_AFTER: Duration = Duration::from_secs(60);
/// Time in which an HTTP request, blobs apart, must be answered.
pub const REQUEST_WITHIN: Duration = Duration::from_secs(120);
/// Rest after a connection could not be taken.
pub const ACCEPT_REST: Duration = Duration::from_millis(100);
/// Time in which an operator's question must be there, and each part of a backup taken.
pub const ADMIN_WITHIN: Duration = Duration::from_secs(30);
/// Time between two looks at the TLS certificate's files.
pub const TLS_POLL: Duration = Duration::from_secs(60);
/// Time in which [`BLOB_BUFFER`] bytes of an upload or download have to pass, or it is ended.
pub const BLOB_PATIENCE: Duration = Duration::from_secs(30);
/// Time in which another relay must be connected, and in which it must answer a request.
pub const FOREIGN_PATIENCE: Duration = Duration::from_secs(20);
/// Time that a connection to another relay is kept for what comes next.
pub const FOREIGN_IDLE: Duration = Duration::from_secs(15);
/// Rest after another relay failed for the first time; it doubles with each time.
pub const FOREIGN_REST_MIN: Duration = Duration::from_secs(1);
/// Longest rest before another relay is tried again.
pub const FOREIGN_REST_MAX: Duration = Duration::from_secs(15 * 60);
/// Longest rest before another relay is tried again that never took anything.
pub const FOREIGN_REST_STRANGER: Duration = Duration::from_secs(4 * 60 * 60);
/// Time after which no further request of a turn to one relay is begun, and the relay counts as slow.
pub const FOREIGN_TURN_TIME: Duration = Duration::from_secs(5);
/// Rest between an entry and the push that tells of it: who acknowledges it meanwhile, or is back, needs none.
pub const PUSH_AFTER: Duration = Duration::from_secs(2);
/// The same where a session of the owner is open. It may be of a device that sleeps, or whose network is gone.
pub const PUSH_AFTER_SILENCE: Duration = Duration::from_secs(60);
/// Shortest time between two pushes to one owner.
pub const PUSH_EVERY: Duration = Duration::from_secs(30);
/// How long a push service keeps a push for a device that it does not reach.
pub const PUSH_TTL: Duration = Duration::from_secs(28 * 24 * 60 * 60);
/// Rest after a push service failed for the first time; it doubles with each time.
pub const PUSH_REST_MIN: Duration = Duration::from_secs(10);
/// Longest rest before a push service is tried again, and before one inbox is whose push was refused.
pub const PUSH_REST_MAX: Duration = Duration::from_secs(60 * 60);
/// Time for a graceful stop.
pub const DRAIN: Duration = Duration::from_secs(5);

const _: () = assert!(MAX_BODY + MAX_FANOUT + MAX_GROUP_INFO < MAX_FRAME);
const _: () = assert!(MAX_ANSWER < MAX_FRAME);
const _: () = assert!(MAX_BODY <= MAX_HANDSHAKE_PAGE);
const _: () = assert!(MAX_REVOKED * 20 < MAX_FRAME);
const _: () = assert!(MAX_KEY_PACKAGES * MAX_KEY_PACKAGE < MAX_FRAME);
const _: () = assert!(MAX_ENTRIES_BYTES + MAX_BODY < MAX_FRAME);
const _: () = assert!(MAX_FRAME < MAX_WRITER_QUEUE);
const _: () = assert!(MAX_FANOUT_TARGETS * 100 <= MAX_FANOUT);
// A batch passes its bound by one request at most, and a post is the largest.
const _: () = assert!(MOVE_BYTES + MAX_BATCH_BYTES + MAX_FANOUT_TARGETS * (MAX_BODY + 1024) < MAX_LAYER);
const _: () = assert!(ENTRY_DAYS < INBOX_DAYS);
const _: () = assert!(MAX_FRAME < MAX_BACKUP_RECORD);
const _: () = assert!(MAX_INVITES_AT_ONCE * 32 < MAX_ADMIN_REPLY);
const _: () = assert!(MAX_BODY + MAX_FOREIGN_TARGETS * 80 + 512 < MAX_FOREIGN_DEPOSIT);
const _: () = assert!(MAX_FOREIGN_DEPOSIT + 16 < MAX_FOREIGN_BYTES);
const _: () = assert!(MAX_FOREIGN_DEPOSITS * 3 + 16 < MAX_FOREIGN_ANSWER);
const _: () = assert!(MAX_FOREIGN_TARGETS * (MAX_BODY + 1024) < MAX_BATCH_BYTES);
const _: () = assert!(OUTBOX_DAYS < OUTBOX_NOTICE_DAYS);
const _: () = assert!(MAX_FANOUT_RELAYS < MAX_FOREIGN_SEALERS);
const _: () = assert!(MAX_FANOUT_RELAYS <= MAX_SWEEP);
