use std::net::Ipv4Addr;

use tokio::net::TcpListener;

use super::*;
use crate::service::{Registration, Service};
use crate::store::Memory;

/// A sender over an empty store.
fn sender() -> Sender {
    let store: Arc<dyn RelayStore> = Arc::new(Memory::default());
    let (sessions, metrics) = (Arc::new(Sessions::default()), Arc::new(Metrics::default()));
    let service = Service::new(Vec::new(), Registration::Open);
    let writer = Writer::start(Arc::clone(&store), service, Arc::clone(&sessions), Arc::clone(&metrics));
    let push = Arc::new(Push::for_tests());
    Sender::new(push, store, Arc::new(writer.expect("starts")), sessions, metrics)
}

fn inbox(n: usize) -> InboxId {
    InboxId::new((n as u128).to_be_bytes())
}

fn job(n: usize, origin: &str) -> Job {
    let host = origin.split(['/', ':']).nth(3).unwrap_or_default().to_owned();
    let endpoint = Endpoint { origin: origin.to_owned(), host, path: "/".to_owned() };
    let subscription = Push::subscription(&format!("{origin}/"));
    Job { inbox: inbox(n), seq: 1, sealed: Value::new(), subscription, endpoint }
}

fn done(n: usize, origin: &str, verdict: Verdict) -> Done {
    Done { inbox: inbox(n), origin: origin.to_owned(), link: None, verdict, began: Instant::now() }
}

#[test]
fn an_answer_says_what_becomes_of_push_and_subscription() {
    let of = |status: u16| verdict(StatusCode::from_u16(status).expect("a status"), &HeaderMap::new());
    for status in [200, 201, 202, 204] {
        assert_eq!(of(status), Verdict::Taken, "{status}");
    }
    assert_eq!([of(404), of(410)], [Verdict::Gone; 2]);
    for status in [301, 400, 401, 403, 413] {
        assert_eq!(of(status), Verdict::Refused, "{status}");
    }
    for status in [429, 500, 502, 503] {
        assert_eq!(of(status), Verdict::Later(None), "{status}");
    }
    let mut headers = HeaderMap::new();
    headers.insert(header::RETRY_AFTER, "120".parse().expect("a value"));
    let later = verdict(StatusCode::SERVICE_UNAVAILABLE, &headers);
    assert_eq!(later, Verdict::Later(Some(Duration::from_secs(120))));
    headers.insert(header::RETRY_AFTER, "Fri, 31 Dec 1999 23:59:59 GMT".parse().expect("a value"));
    assert_eq!(verdict(StatusCode::TOO_MANY_REQUESTS, &headers), Verdict::Later(None));
}

#[test]
fn rests_double_up_to_a_bound_and_last_as_long_as_was_said() {
    assert_eq!(rest(1, None), limits::PUSH_REST_MIN);
    assert_eq!(rest(3, None), limits::PUSH_REST_MIN * 4);
    assert_eq!(rest(1, Some(Duration::from_secs(300))), Duration::from_secs(300));
    assert_eq!(rest(1, Some(Duration::from_secs(u64::MAX))), limits::PUSH_REST_MAX);
    assert_eq!(rest(u32::MAX, None), limits::PUSH_REST_MAX);
}

#[tokio::test]
async fn so_many_pushes_are_under_way_and_strange_push_services_share_a_part() {
    // RELAY-5: MAX_PUSHES_AT_ONCE, MAX_PUSHES_TO_STRANGERS, MAX_PUSHES_TO_STRANGER
    // Takes connections and never answers, under as many names as it likes.
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).await.expect("binds");
    let port = listener.local_addr().expect("bound").port();
    let mut sender = sender();
    for n in 0..limits::MAX_PUSHES_AT_ONCE * 2 {
        sender.line_up(job(n, &format!("http://127.0.0.1:{port}")), Instant::now());
    }
    sender.start();
    assert_eq!(sender.work.len(), limits::MAX_PUSHES_TO_STRANGER, "one host, however much waits for it");
    for n in 0..limits::MAX_PUSHES_AT_ONCE * 2 {
        sender.line_up(job(500 + n, &format!("http://127.0.0.{}:{port}", 2 + n)), Instant::now());
    }
    sender.start();
    assert_eq!(sender.work.len(), limits::MAX_PUSHES_TO_STRANGERS);
    sender.settle(done(0, "http://known.example", Verdict::Taken));
    for n in 0..limits::MAX_PUSHES_AT_ONCE * 2 {
        sender.line_up(job(1000 + n, "http://known.example"), Instant::now());
    }
    sender.start();
    assert_eq!(sender.work.len(), limits::MAX_PUSHES_AT_ONCE);
    assert_eq!(sender.strange_workers.len(), limits::MAX_PUSHES_TO_STRANGERS);
}

#[tokio::test(start_paused = true)]
async fn a_push_service_that_fails_is_left_alone_and_a_push_given_up_after_some_tries() {
    // RELAY-5: MAX_PUSH_TRIES
    let (mut sender, origin) = (sender(), "https://push.example");
    sender.hear(inbox(1), 1);
    for tried in 1..=limits::MAX_PUSH_TRIES {
        assert!(!sender.known[&inbox(1)].rests, "{tried}");
        sender.settle(done(1, origin, Verdict::Later(None)));
        let until = sender.services[origin].until;
        assert_eq!(until - Instant::now(), rest(tried, None));
        // One that was under way with it changes nothing.
        sender.note(origin, Verdict::Later(None), Instant::now(), Instant::now());
        assert_eq!(sender.services[origin].until, until);
        sender.line_up(job(2, origin), Instant::now());
        assert!(sender.ready.is_empty() && sender.ready_strange.is_empty(), "not while it rests");
        tokio::time::advance(limits::PUSH_REST_MAX).await;
    }
    assert_eq!(sender.tools.metrics.push_dropped.get(), 1);
    assert!(sender.known[&inbox(1)].rests);
    sender.pass(Instant::now() + limits::PUSH_REST_MAX * 2).await;
    assert!(sender.known.is_empty(), "what is given up is forgotten");
    sender.hear(inbox(1), 2);
    assert_eq!(sender.known[&inbox(1)].tries, 0, "something else came");
}

#[tokio::test(start_paused = true)]
async fn between_two_pushes_to_one_owner_there_is_a_rest() {
    let mut sender = sender();
    sender.hear(inbox(1), 1);
    sender.settle(done(1, "https://push.example", Verdict::Taken));
    sender.hear(inbox(1), 2);
    let due = sender.due.keys().next_back().map(|(at, _)| *at);
    assert_eq!(due, Some(Instant::now() + limits::PUSH_EVERY));
    assert!(!sender.wakes(inbox(2), Instant::now()), "nobody knows them");
    assert!(sender.wakes(inbox(1), Instant::now()), "there is something to tell again");
    assert_eq!((sender.known[&inbox(1)].seq, sender.known[&inbox(1)].rests), (2, false));
}

#[tokio::test]
async fn a_relay_remembers_a_bounded_number_of_push_services_and_owners() {
    // RELAY-5: MAX_PUSH_SERVICES, MAX_PUSHES_WAITING
    let (mut sender, now) = (sender(), Instant::now());
    for n in 0..limits::MAX_PUSH_SERVICES * 2 {
        sender.note(&format!("https://p{n}.example"), Verdict::Taken, now, now);
        assert!(sender.services.len() <= limits::MAX_PUSH_SERVICES);
    }
    // Whoever names push services of their own makes no relay forget those that work.
    let proven = "https://push.example";
    sender.note(proven, Verdict::Taken, now, now);
    for n in 0..limits::MAX_PUSH_SERVICES * 2 {
        let (verdict, at) = (Verdict::Later(None), now + Duration::from_secs(n as u64));
        sender.note(&format!("https://s{n}.example"), verdict, at, at);
        assert!(sender.services.len() <= limits::MAX_PUSH_SERVICES);
    }
    assert!(sender.services[proven].is_proven());
    for n in 0..limits::MAX_PUSHES_WAITING + 3 {
        sender.hear(inbox(n), 1);
    }
    assert_eq!(sender.known.len(), limits::MAX_PUSHES_WAITING);
    assert_eq!(sender.tools.metrics.push_dropped.get(), 3);
}
