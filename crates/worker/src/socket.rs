//! One WebSocket session with the relay.

use js_sys::{ArrayBuffer, Uint8Array};
use kuvert_core::Line;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::spawn_local;
use web_sys::{BinaryType, Event, MessageEvent, WebSocket};

use crate::driver;

/// What a socket tells the driver.
pub(crate) enum SocketEvent {
    Opened,
    Frame(Vec<u8>),
    Closed,
}

/// An open or opening socket. Dropping it closes it, and nothing more is heard of it.
pub(crate) struct Socket {
    web: WebSocket,
    _open: Closure<dyn Fn(Event)>,
    _message: Closure<dyn Fn(MessageEvent)>,
    _close: Closure<dyn Fn(Event)>,
}

impl Socket {
    /// Connects to the relay with this origin. `number` tells this socket from its predecessors.
    pub(crate) fn connect(line: &Line, origin: &str, number: u64) -> Option<Self> {
        // `http` becomes `ws`, `https` becomes `wss`.
        let url = format!("{}/v1/session", origin.replacen("http", "ws", 1));
        let web = WebSocket::new(&url).ok()?;
        web.set_binary_type(BinaryType::Arraybuffer);
        // Each event is handled after its callback has returned, so that a callback may be dropped by what it causes.
        let line = line.clone();
        let tell = move |event| {
            let line = line.clone();
            spawn_local(async move { driver::socket(&line, number, event) });
        };
        let (tell_open, tell_message, tell) = (tell.clone(), tell.clone(), tell);
        let open = Closure::<dyn Fn(Event)>::new(move |_| tell_open(SocketEvent::Opened));
        let message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            if let Ok(buffer) = event.data().dyn_into::<ArrayBuffer>() {
                tell_message(SocketEvent::Frame(Uint8Array::new(&buffer).to_vec()));
            }
        });
        let close = Closure::<dyn Fn(Event)>::new(move |_| tell(SocketEvent::Closed));
        web.set_onopen(Some(open.as_ref().unchecked_ref()));
        web.set_onmessage(Some(message.as_ref().unchecked_ref()));
        web.set_onclose(Some(close.as_ref().unchecked_ref()));
        Some(Self { web, _open: open, _message: message, _close: close })
    }

    /// Sends a frame; one that cannot be sent is repeated by the engine after the next connect.
    pub(crate) fn send(&self, frame: &[u8]) {
        let _ = self.web.send_with_u8_array(frame);
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.web.set_onopen(None);
        self.web.set_onmessage(None);
        self.web.set_onclose(None);
        let _ = self.web.close();
    }
}
