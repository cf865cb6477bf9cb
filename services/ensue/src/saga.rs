//! `ensue saga`: the ledgers, and another try for undos that failed.

use clap::{Subcommand, ValueEnum};
use contracts::orders::v1::{ListSagasRequest, RetrySagaRequest, Saga, SagaState, SagaStep};
use ensue_cli::{Server, Verdict, ask, pages, say, text};
use serde_json::json;

use crate::clients::Clients as _;

/// What `list --help` says of it in JSON.
const JSON: &str = "With --json: {\"saga_id\", \"order_id\", \"state\", \"started_at\", \"finished_at\", \"error\", \
     \"steps\": [{\"name\", \"state\", \"attempts\", \"started_at\", \"finished_at\", \"error\"}]}; a time is empty where there is none.";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum What {
    /// Newest first
    #[command(after_help = JSON)]
    List {
        /// Only these
        #[arg(long, value_enum)]
        state: Option<State>,
        /// At most so many
        #[arg(long, default_value_t = 50, value_name = "N")]
        limit: usize,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
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
        What::List { state, limit, json } => {
            let sagas = list(server, state, limit).await?;
            if json { sagas.iter().for_each(|saga| say!("{}", document(saga))) } else { print(&sagas) }
        }
        What::Retry { id } => {
            let request = RetrySagaRequest { saga_id: id, request_id: Some(messaging::root_id()) };
            let answer = ask!(server, orders.retry_saga(request)).await?;
            print(&answer.saga.into_iter().collect::<Vec<_>>());
        }
    }
    Ok(Verdict::Good)
}

async fn list(server: &Server, state: Option<State>, limit: usize) -> anyhow::Result<Vec<Saga>> {
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
    Ok(sagas)
}

/// An enum's value as a word.
fn word(name: &str, prefix: &str) -> String {
    name.trim_start_matches(prefix).to_ascii_lowercase()
}

/// By the names of the contracts; they stay.
fn document(saga: &Saga) -> serde_json::Value {
    let step = |step: &SagaStep| {
        json!({
            "name": step.name,
            "state": word(step.state().as_str_name(), "SAGA_STEP_STATE_"),
            "attempts": step.attempts,
            "started_at": text::time(step.started_at.as_ref()),
            "finished_at": text::time(step.finished_at.as_ref()),
            "error": step.error,
        })
    };
    json!({
        "saga_id": saga.saga_id,
        "order_id": saga.order_id,
        "state": word(saga.state().as_str_name(), "SAGA_STATE_"),
        "started_at": text::time(saga.started_at.as_ref()),
        "finished_at": text::time(saga.finished_at.as_ref()),
        "error": saga.error,
        "steps": saga.steps.iter().map(step).collect::<Vec<_>>(),
    })
}

fn print(sagas: &[Saga]) {
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
