//! The loop that most systems have: a transaction for each event, some at a time.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use async_nats::jetstream::{self, Message};
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::{ConnectOptions as _, Executor as _, SqliteConnection};
use tokio::sync::{Mutex, Semaphore};
use tokio::task::JoinSet;

use super::intake::{Acks, Event, Intake};
use super::outgoing::{FollowOn, Relay};
use super::{check_output, check_totals, context, postgres, sqlite};
use crate::input;
use crate::meter::Meter;
use crate::node::{Ground, SERVICE};
use crate::spec::{Database, Measured, Spec};

/// The database, shared by all that are under way.
enum Shared {
    Postgres(PgPool),
    Sqlite(Mutex<SqliteConnection>),
}

const ADD: &str = "INSERT INTO totals (key, total) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET total = totals.total + excluded.total";
const SEEN: &str = "INSERT INTO inbox (consumer, id) VALUES ('control', $1) ON CONFLICT DO NOTHING";
const KEEP: &str = "INSERT INTO follow_ons (id, subject, payload) VALUES ($1, $2, $3)";

/// Inbox row, effect and follow-on row of each event in a transaction of its own, `load` at a time; then published, then acknowledged.
pub(crate) async fn each(spec: &Spec) -> Result<Measured> {
    let context = context(spec).await?;
    input::empty_stream(&context, &spec.nats, input::OUTPUT).await?;
    let ground = Ground::of(spec).await?;
    ground.prepare(SERVICE).await?;
    let at_once = usize::try_from(spec.load)?;
    let shared = Arc::new(match spec.database {
        Database::Postgres => {
            let pool = PgPoolOptions::new().max_connections(u32::try_from(at_once)?).test_before_acquire(false);
            Shared::Postgres(pool.connect_with(postgres::options(ground.url()?, SERVICE)?).await?)
        }
        Database::Sqlite => Shared::Sqlite(Mutex::new(sqlite::options(&ground.file(SERVICE)?).connect().await?)),
    });
    let mut intake = Intake::open(spec, Acks::Each).await?;
    let room = Arc::new(Semaphore::new(at_once));
    let meter = Meter::default();
    let (mut running, mut read) = (JoinSet::new(), 0);
    while read < intake.stored {
        for message in intake.take(at_once).await? {
            meter.begin();
            read += 1;
            let permit = room.clone().acquire_owned().await?;
            let (shared, context) = (shared.clone(), context.clone());
            running.spawn(async move {
                let done = one(&shared, context, message).await;
                drop(permit);
                done
            });
            while let Some(done) = running.try_join_next() {
                done??;
            }
        }
    }
    while let Some(done) = running.join_next().await {
        done??;
    }
    let measured = meter.end(spec.events);
    check_output(spec, &context).await?;
    drop(shared);
    check_totals(spec, &ground).await?;
    Ok(measured)
}

async fn one(shared: &Shared, context: jetstream::Context, message: Message) -> Result<()> {
    let event = Event::read(&message)?;
    let row = FollowOn::of(&event);
    let new = match shared {
        Shared::Postgres(pool) => {
            let mut conn = pool.acquire().await?;
            conn.execute(sqlx::raw_sql("BEGIN")).await?;
            let new = sqlx::query(SEEN).bind(&event.id).execute(&mut *conn).await?.rows_affected() == 1;
            if new {
                sqlx::query(ADD).bind(&event.key).bind(event.amount).execute(&mut *conn).await?;
                sqlx::query(KEEP).bind(&row.id).bind(row.subject()).bind(row.payload.as_ref()).execute(&mut *conn).await?;
            }
            conn.execute(sqlx::raw_sql("COMMIT")).await?;
            new
        }
        Shared::Sqlite(conn) => {
            let mut conn = conn.lock().await;
            conn.execute(sqlx::raw_sql("BEGIN IMMEDIATE")).await?;
            let new = sqlx::query(SEEN).bind(&event.id).execute(&mut *conn).await?.rows_affected() == 1;
            if new {
                sqlx::query(ADD).bind(&event.key).bind(event.amount).execute(&mut *conn).await?;
                sqlx::query(KEEP).bind(&row.id).bind(row.subject()).bind(row.payload.as_ref()).execute(&mut *conn).await?;
            }
            conn.execute(sqlx::raw_sql("COMMIT")).await?;
            new
        }
    };
    if new {
        let mut relay = Relay::new(context);
        relay.send(row).await?;
        relay.settle(0).await?;
    }
    message.ack().await.map_err(|error| anyhow::anyhow!("{error}")).context("acknowledging")
}
