//! Sagas in a service's store: loaded, moved on and saved in the transaction of what moves them.

mod conduct;
mod stored;
mod timing;

use std::collections::VecDeque;

use catalogue::system::v1::SystemError;
use messaging::{Cause, headers};
use store::{StoreError, Work, params};

use crate::{Action, Input, Ledger, Plan, PlanError};

pub use conduct::Conduct;
pub use stored::{COLUMNS, Stored, find, load};

use timing::Changes;

/// All sagas of one plan in one service.
#[derive(Debug)]
pub struct Durable<C> {
    plan: Plan,
    /// Whose timers they are: the consumer's full name.
    consumer: String,
    conduct: C,
}

impl<C: Conduct> Durable<C> {
    /// Sagas of this plan; `consumer` is the full name (`<service>-<name>`) of the consumer that is given the answers and acts on the timers.
    pub fn new(plan: Plan, consumer: impl Into<String>, conduct: C) -> Result<Self, PlanError> {
        plan.validate()?;
        Ok(Self { plan, consumer: consumer.into(), conduct })
    }

    /// Their plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The consumer whose timers they set.
    pub fn consumer(&self) -> &str {
        &self.consumer
    }

    /// Begins a saga: its first commands go out when this work commits. `StoreError::Conflict` when there is one of this id.
    pub async fn start(&self, saga_id: &str, data: &mut C::Data, cause: &Cause, work: &mut Work) -> Result<Stored, StoreError> {
        let (mut ledger, actions) = Ledger::start(&self.plan, saga_id, work.now_us());
        let changes = self.carry_out(&mut ledger, actions, data, cause, work).await?;
        changes.apply(&self.consumer, saga_id, cause, work).await?;
        let saga = Stored { ledger, data: self.conduct.keep(data) };
        stored::insert(&saga, work).await?;
        Ok(saga)
    }

    /// Takes one input; whether it changed anything. State, commands and timers of the transition commit together with the work.
    ///
    /// `StoreError::Conflict` when the saga was moved by someone else since it was loaded: the work is to be done again from the start.
    pub async fn feed(
        &self,
        saga: &mut Stored,
        data: &mut C::Data,
        input: Input,
        cause: &Cause,
        work: &mut Work,
    ) -> Result<bool, StoreError> {
        let before = saga.ledger.version;
        let actions = saga.ledger.on(&self.plan, input, work.now_us());
        let changes = self.carry_out(&mut saga.ledger, actions, data, cause, work).await?;
        if saga.ledger.version == before {
            return Ok(false);
        }
        changes.apply(&self.consumer, &saga.ledger.saga_id, cause, work).await?;
        saga.data = self.conduct.keep(data);
        stored::update(saga, before, work).await?;
        Ok(true)
    }

    /// What a timer of a saga says, to be fed to it; `None` when it is none, or when it was set anew.
    ///
    /// A timer that fires long after its time was kept by a process that was not there: what it waits for may lie in the stream, about to be
    /// read. So the answer gets a little more time.
    pub async fn fired(&self, timer: &store::timers::Timer, work: &mut Work) -> Result<Option<Input>, StoreError> {
        timing::fired(&self.consumer, timer, work).await
    }

    /// Hands the actions over one by one. What the service does by itself is fed back at once, and what follows from that too.
    async fn carry_out(
        &self,
        ledger: &mut Ledger,
        actions: Vec<Action>,
        data: &mut C::Data,
        cause: &Cause,
        work: &mut Work,
    ) -> Result<Changes, StoreError> {
        let mut changes = Changes::default();
        let mut waiting = VecDeque::from(actions);
        while let Some(action) = waiting.pop_front() {
            match action {
                Action::ArmTimer { timer, due_us } => changes.arm(&timer, due_us),
                Action::CancelTimer { timer } => changes.cancel(&timer),
                Action::Ignored { why } => tracing::debug!(plan = self.plan.name, saga = ledger.saga_id, why, "input ignored"),
                action => {
                    if let Action::CompensationFailed { error } = &action {
                        self.raise(ledger, error, cause, work);
                    }
                    if let Some(done) = self.conduct.act(&action, ledger, data, cause, work).await? {
                        waiting.extend(ledger.on(&self.plan, done, work.now_us()));
                    }
                }
            }
        }
        Ok(changes)
    }

    /// A failed undo needs a person.
    fn raise(&self, ledger: &Ledger, error: &str, cause: &Cause, work: &mut Work) {
        let failed: Vec<&str> = ledger.failed_undos().map(|step| step.name.as_str()).collect();
        tracing::error!(plan = self.plan.name, saga = ledger.saga_id, correlation_id = cause.correlation_id, ?failed, error, "undo failed");
        let (service, now) = (work.service().to_owned(), work.now_us());
        work.emit(
            cause,
            &SystemError {
                component: self.consumer.clone(),
                service,
                code: "undo_failed".to_owned(),
                message: format!(
                    "saga {} of {}: undo of {} failed; `ensue saga retry` runs it again",
                    ledger.saga_id,
                    ledger.plan,
                    failed.join(", ")
                ),
                event_key: ledger.saga_id.clone(),
                consumer: self.consumer.clone(),
                attempts: ledger.failed_undos().filter_map(|step| step.undo.as_ref()).map(|undo| undo.attempts).max().unwrap_or(0),
                error: error.to_owned(),
                at: Some(headers::timestamp(now)),
                ..SystemError::default()
            },
        );
    }
}

/// Sagas of a plan in one state, the last moved first, those before `before` (moved at, id).
pub async fn list(
    store: &store::Store,
    plan: &str,
    state: crate::State,
    before: Option<(i64, &str)>,
    limit: usize,
) -> Result<Vec<Stored>, StoreError> {
    let (at, id) = before.unwrap_or((i64::MAX, ""));
    let sql = format!(
        "SELECT {COLUMNS} FROM sagas s WHERE s.plan = $1 AND s.state = $2 AND (s.updated_at_us < $3 OR (s.updated_at_us = $3 AND s.saga_id < $4)) \
         ORDER BY s.updated_at_us DESC, s.saga_id DESC LIMIT $5"
    );
    let limit = u32::try_from(limit).unwrap_or(u32::MAX);
    let rows = store.rows(&sql, params![plan, state.as_str(), at, id, limit]).await?;
    rows.iter().map(Stored::read).collect()
}
