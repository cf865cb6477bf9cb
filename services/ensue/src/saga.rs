//! `ensue saga`: the ledgers, and another try for undos that failed.

use clap::{Subcommand, ValueEnum};
use contracts::orders::v1::{ListSagasRequest, RetrySagaRequest, Saga, SagaState};

use crate::client::{Server, ask};
use crate::{Verdict, pages, text};

/// What to do.
#[derive(Debug, Subcommand)]
pub enum What {
    /// Newest first
    List {
        /// Only these
        #[arg(long, value_enum)]
        state: Option<State>,
        /// At most so many
        #[arg(long, default_value_t = 50, value_name = "N")]
        limit: usize,
    },
    /// Run the failed undos of a saga again
    Retry {
        /// Which
        id: String,
    },
}

/// As in the contracts.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum State {
    Running,
    Completed,
    Compensating,
    Compensated,
    CompensationFailed,
}

impl From<State> for SagaState {
    fn from(state: State) -> Self {
        match state {
            State::Running => Self::Running,
            State::Completed => Self::Completed,
            State::Compensating => Self::Compensating,
            State::Compensated => Self::Compensated,
            State::CompensationFailed => Self::CompensationFailed,
        }
    }
}

/// Does it.
pub async fn run(server: &Server, what: What) -> anyhow::Result<Verdict> {
    match what {
        What::List { state, limit } => list(server, state, limit).await?,
        What::Retry { id } => {
            let request = RetrySagaRequest { saga_id: id, request_id: Some(messaging::root_id()) };
            let answer = ask!(server, orders.retry_saga(request)).await?;
            print(&answer.saga.into_iter().collect::<Vec<_>>());
        }
    }
    Ok(Verdict::Good)
}

async fn list(server: &Server, state: Option<State>, limit: usize) -> anyhow::Result<()> {
    let state = state.map_or(SagaState::Unspecified, SagaState::from);
    let (mut sagas, mut page_token) = (Vec::new(), String::new());
    while sagas.len() < limit {
        let page_size = i32::try_from(limit - sagas.len()).unwrap_or(pages::SIZE).min(pages::SIZE);
        let page =
            ask!(server, orders.list_sagas(ListSagasRequest { state: state.into(), page_size, page_token: page_token.clone() })).await?;
        sagas.extend(page.sagas);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    print(&sagas);
    Ok(())
}

fn print(sagas: &[Saga]) {
    let word = |name: &str, prefix: &str| name.trim_start_matches(prefix).to_ascii_lowercase();
    let rows = sagas.iter().map(|saga| {
        let steps = saga.steps.iter().map(|step| format!("{} {}", step.name, word(step.state().as_str_name(), "SAGA_STEP_STATE_")));
        [
            saga.saga_id.clone(),
            saga.order_id.clone(),
            word(saga.state().as_str_name(), "SAGA_STATE_"),
            text::time(saga.started_at.as_ref()),
            steps.collect::<Vec<_>>().join(", "),
            saga.error.clone(),
        ]
    });
    text::table(["saga", "order", "state", "started", "steps", "error"], rows);
}
