//! Fetches over HTTP: no redirects, no cookies, no proxy, bounded in time and size.

use std::sync::Arc;

use kuvert_core::{FetchMethod, FetchOutcome, FetchRequest};
use tokio::sync::{Semaphore, mpsc};
use ureq::http::Response;
use ureq::typestate::WithBody;
use ureq::{Body, RequestBuilder};

use crate::limits;
use crate::line::Happening;

/// Fetches in the background.
pub(crate) struct Fetcher {
    agent: ureq::Agent,
    slots: Arc<Semaphore>,
}

impl Fetcher {
    pub(crate) fn new() -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .user_agent("")
            .timeout_global(Some(limits::FETCH_WITHIN))
            .build();
        Self { agent: config.into(), slots: Arc::new(Semaphore::new(limits::MAX_FETCHES)) }
    }

    /// Fetches, and reports the outcome to `happenings`.
    pub(crate) fn fetch(&self, request: FetchRequest, happenings: mpsc::Sender<Happening>) {
        let (agent, slots) = (self.agent.clone(), Arc::clone(&self.slots));
        tokio::spawn(async move {
            let _slot = slots.acquire().await;
            let id = request.id;
            let outcome = tokio::task::spawn_blocking(move || perform(&agent, &request)).await;
            // Nobody waits for it when the session is gone.
            let _ = happenings.send(Happening::Fetched(id, outcome.unwrap_or(FetchOutcome::Failed))).await;
        });
    }
}

/// Fetches once.
pub(crate) async fn once(request: FetchRequest) -> FetchOutcome {
    let agent = Fetcher::new().agent;
    let outcome = tokio::task::spawn_blocking(move || perform(&agent, &request)).await;
    outcome.unwrap_or(FetchOutcome::Failed)
}

fn with_headers<B>(builder: RequestBuilder<B>, request: &FetchRequest) -> RequestBuilder<B> {
    request.headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, value))
}

fn send(
    builder: RequestBuilder<WithBody>,
    request: &FetchRequest,
    body: &[u8],
) -> Result<Response<Body>, ureq::Error> {
    with_headers(builder, request).content_type("application/cbor").send(body)
}

fn perform(agent: &ureq::Agent, request: &FetchRequest) -> FetchOutcome {
    let answer = match &request.method {
        FetchMethod::Get => with_headers(agent.get(&request.url), request).call(),
        FetchMethod::Put(body) => send(agent.put(&request.url), request, body),
        FetchMethod::Patch(body) => send(agent.patch(&request.url), request, body),
        FetchMethod::Delete(body) => send(agent.delete(&request.url).force_send_body(), request, body),
    };
    let Ok(mut answer) = answer else { return FetchOutcome::Failed };
    let status = answer.status().as_u16();
    // One byte more than allowed, so that a body at the limit is told from a longer one.
    let body = answer.body_mut().with_config().limit(request.limit as u64 + 1).read_to_vec();
    match body {
        Ok(body) if body.len() <= request.limit => FetchOutcome::Answered { status, body },
        _ => FetchOutcome::Failed,
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use kuvert_core::FetchId;

    use super::*;

    /// Answers one request with `answer`.
    fn server(answer: String) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}/v1/cards/x", listener.local_addr().expect("bound"));
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a request");
            let mut head = [0; 4096];
            let _ = stream.read(&mut head).expect("a head");
            let _ = stream.write_all(answer.as_bytes());
        });
        url
    }

    fn get(answer: &str) -> FetchOutcome {
        let url = server(answer.to_owned());
        let request =
            FetchRequest { id: FetchId(1), method: FetchMethod::Get, url, headers: Vec::new(), limit: 4 };
        perform(&Fetcher::new().agent, &request)
    }

    #[test]
    fn a_body_at_the_limit_is_taken_and_a_longer_one_is_not() {
        let fits = get("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nabcd");
        assert_eq!(fits, FetchOutcome::Answered { status: 200, body: b"abcd".to_vec() });
        let longer = get("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabcde");
        assert_eq!(longer, FetchOutcome::Failed);
    }

    #[test]
    fn a_redirect_is_an_answer_and_not_followed() {
        let answer = get("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n");
        assert_eq!(answer, FetchOutcome::Answered { status: 302, body: Vec::new() });
    }

    #[test]
    fn a_server_that_is_not_there_fails_the_fetch() {
        let url = "http://127.0.0.1:1/".to_owned();
        let request =
            FetchRequest { id: FetchId(1), method: FetchMethod::Get, url, headers: Vec::new(), limit: 4 };
        assert_eq!(perform(&Fetcher::new().agent, &request), FetchOutcome::Failed);
    }
}
