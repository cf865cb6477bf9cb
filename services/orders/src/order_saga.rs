//! The order saga: which command belongs to which step, and what each turn of the saga makes of the order.

mod answers;
mod conduct;
pub mod plan;

use messaging::Cause;
use saga::Input;
use saga::durable::{Durable, Stored};
use serde::{Deserialize, Serialize};
use service_host::config;
use store::{StoreError, Work};

use crate::store::{Kept, orders};
use conduct::OrderConduct;

pub use answers::{Answer, Reading};
pub use conduct::undo_refund_id;

/// All order sagas. Shared by the calls that begin or turn one and the consumer that is given the answers.
pub struct OrderSaga {
    durable: Durable<OrderConduct>,
}

/// An order and its saga, loaded to be moved on.
#[derive(Clone, Debug)]
pub struct Course {
    /// The order, and what the saga learned.
    pub turn: Turn,
    /// The saga.
    pub saga: Stored,
}

/// What a transition works on.
#[derive(Clone, Debug)]
pub struct Turn {
    /// The order.
    pub kept: Kept,
    /// What the answers told; kept beside the ledger.
    pub progress: Progress,
}

/// What the answers told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// Empty until the money is in.
    pub payment_id: String,
    /// Empty until there is a shipment.
    pub shipment_id: String,
    /// What was said when the order was last cancelled; empty where nothing was.
    pub said: String,
}

impl OrderSaga {
    /// Sagas with these time-outs.
    pub fn new(times: &config::Saga) -> Self {
        // The plan is fixed at compile time, and a test validates it.
        let durable = Durable::new(plan::plan(times), plan::CONSUMER, OrderConduct).unwrap_or_else(|error| unreachable!("{error}"));
        Self { durable }
    }

    pub(crate) fn durable(&self) -> &Durable<OrderConduct> {
        &self.durable
    }

    /// Begins the saga of an order that was just placed, in the same work: its first command goes out with the order itself.
    pub async fn start(&self, kept: Kept, cause: &Cause, work: &mut Work) -> Result<Course, StoreError> {
        let mut turn = Turn { kept, progress: Progress::default() };
        let saga_id = turn.kept.order.placed.saga_id.clone();
        let saga = self.durable.start(&saga_id, &mut turn, cause, work).await?;
        Ok(Course { turn, saga })
    }

    /// Moves a saga, and its order with it, and saves both; whether anything changed.
    pub async fn feed(&self, course: &mut Course, input: Input, cause: &Cause, work: &mut Work) -> Result<bool, StoreError> {
        let cause = course.turn.kept.cause(cause);
        let moved = self.durable.feed(&mut course.saga, &mut course.turn, input, &cause, work).await?;
        orders::save(&mut course.turn.kept, work).await?;
        Ok(moved)
    }
}

impl Course {
    /// What is stored, ready to be moved on.
    pub fn new((kept, saga): (Kept, Stored)) -> Result<Self, StoreError> {
        let progress = serde_json::from_slice(&saga.data).map_err(|error| StoreError::Refused(format!("saga data: {error}")))?;
        Ok(Self { turn: Turn { kept, progress }, saga })
    }

    /// The order and its saga; `None` where there is none of that id.
    pub async fn load(order_id: &str, work: &mut Work) -> Result<Option<Self>, StoreError> {
        orders::load(order_id, work).await?.map(Self::new).transpose()
    }
}
