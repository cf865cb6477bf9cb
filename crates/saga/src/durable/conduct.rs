//! What a service makes of what its sagas ask for.

use std::future::Future;

use messaging::Cause;
use store::{StoreError, Work};

use crate::{Action, Input, Ledger};

/// A service's part in its sagas: which command belongs to which step, and what each end means.
pub trait Conduct: Send + Sync + 'static {
    /// What the service works on in a transition, e.g. the order; it loads and saves that itself.
    type Data: Send;

    /// Carries out a `Do`, an `Undo`, an end or a turn: emits commands and events, writes rows. A step that the service does by itself
    /// answers what became of it, which is fed back at once.
    fn act(
        &self,
        action: &Action,
        ledger: &Ledger,
        data: &mut Self::Data,
        cause: &Cause,
        work: &mut Work,
    ) -> impl Future<Output = Result<Option<Input>, StoreError>> + Send;

    /// What of the data is kept beside the ledger; nothing where the service has tables of its own for it.
    fn keep(&self, data: &Self::Data) -> Vec<u8> {
        let _ = data;
        Vec::new()
    }
}
