//! Being woken, between engine and screen.

use kuvert_core::{ClientError, Command, PushRelay, Refusal};
use kuvert_view::{PushView, SubscriptionView, ViewUpdate};
use kuvert_wire::{P256Key, PushAuth, PushSubscription};

use crate::App;

/// The engine's command.
pub(crate) fn command(subscription: Option<SubscriptionView>) -> Result<Command, Refusal> {
    let read = |view: SubscriptionView| {
        let key = P256Key::from_slice(&view.key)?;
        let auth = PushAuth::from_slice(&view.auth)?;
        Some(PushSubscription { endpoint: view.endpoint, key, auth })
    };
    let subscription = match subscription {
        Some(view) => Some(read(view).ok_or(Refusal::SubscriptionInvalid)?),
        None => None,
    };
    Ok(Command::SetPush { subscription })
}

impl App {
    /// Says how it stands with being woken.
    pub(crate) fn show_push(&mut self) -> Result<(), ClientError> {
        let standing = self.client.push_standing()?;
        let relay_key = match standing.relay {
            PushRelay::Pushes(key) => Some(key.as_bytes().to_vec().into()),
            PushRelay::Unknown | PushRelay::Silent => None,
        };
        self.updates.push_back(ViewUpdate::Push(PushView {
            known: standing.relay != PushRelay::Unknown,
            relay_key,
            endpoint: standing.endpoint,
            settled: standing.settled,
        }));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_browser_says_is_read_or_refused() {
        let view = |key: usize, auth: usize| SubscriptionView {
            endpoint: "https://push.example/1".into(),
            key: vec![4; key],
            auth: vec![5; auth],
        };
        assert!(matches!(command(Some(view(65, 16))), Ok(Command::SetPush { subscription: Some(_) })));
        assert_eq!(command(None), Ok(Command::SetPush { subscription: None }));
        assert_eq!(command(Some(view(64, 16))), Err(Refusal::SubscriptionInvalid));
        assert_eq!(command(Some(view(65, 0))), Err(Refusal::SubscriptionInvalid));
    }
}
