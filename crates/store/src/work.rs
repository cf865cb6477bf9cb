//! A unit of work: what one transaction reads, writes and announces.

use std::collections::HashMap;
use std::sync::Arc;

use catalogue::{Contract, Kind};
use messaging::{Cause, Envelope, PROTOBUF, follow_on, partition_of};

use crate::conn::{Conn, Dialect};
use crate::heads::Heads;
use crate::log::LogRow;
use crate::value::{Params, Row};
use crate::versions::Loan;
use crate::{StoreError, append};

/// What is in the transaction so far. Handed to a closure that [`crate::Store::write`] runs to its end; everything in it commits
/// together or not at all. What it emits is appended to the log when the closure returns.
///
/// A statement that fails spoils the work, also when the closure goes on: Postgres refuses all that follows it, so both do. Only
/// [`undo_group`](Self::undo_group) leads out.
pub struct Work {
    conn: Option<Conn>,
    pub(crate) service: Arc<str>,
    now_us: i64,
    emits: Vec<Emit>,
    ordinals: HashMap<String, u32>,
    /// Whose ordinals were drawn in this group: taken back, it gives its own back.
    drawn: Option<Vec<String>>,
    pub(crate) heads: Heads,
    /// Where the versions of other transactions are had from, on Postgres.
    pub(crate) loan: Option<Loan>,
    appended: Vec<LogRow>,
    savepoint: Savepoint,
    statements: u64,
    failed: Option<StoreError>,
    pokes: Vec<String>,
    acting_as: Option<String>,
}

/// Whether this job shares its transaction with others, and has begun to write in it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Savepoint {
    NotNeeded,
    NotYet,
    Open,
}

#[derive(Clone)]
pub(crate) struct Emit {
    pub(crate) envelope: Box<Envelope>,
    /// The version it must get; `None` = whatever comes next.
    pub(crate) version: Option<u64>,
}

/// A place in a unit of work to go back to.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    appended: usize,
}

impl Work {
    pub(crate) fn new(conn: Conn, service: Arc<str>, now_us: i64, heads: Heads) -> Self {
        Self {
            conn: Some(conn),
            service,
            now_us,
            emits: Vec::new(),
            ordinals: HashMap::new(),
            drawn: None,
            heads,
            loan: None,
            appended: Vec::new(),
            savepoint: Savepoint::NotNeeded,
            statements: 0,
            failed: None,
            pokes: Vec::new(),
            acting_as: None,
        }
    }

    fn conn(&mut self) -> Result<&mut Conn, StoreError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        self.conn.as_mut().ok_or_else(|| StoreError::Unavailable("connection closed".to_owned()))
    }

    /// Spoils the work: it will not be committed, whatever the closure makes of the error.
    pub(crate) fn fail(&mut self, error: StoreError) -> StoreError {
        self.failed.get_or_insert_with(|| error.clone());
        error
    }

    /// The time of this unit of work, microseconds since 1970 UTC; it does not move while the work runs.
    pub fn now_us(&self) -> i64 {
        self.now_us
    }

    /// The service whose store this is.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// Which SQL is spoken; statements in services should not need to know.
    pub fn dialect(&self) -> Dialect {
        self.conn.as_ref().map_or(Dialect::Sqlite, Conn::dialect)
    }

    /// Goes behind a SELECT of rows that are decided upon: nobody else changes them until this commits. Empty where there is one writer
    /// anyway.
    pub fn for_update(&self) -> &'static str {
        match self.dialect() {
            Dialect::Sqlite => "",
            Dialect::Postgres => " FOR UPDATE",
        }
    }

    /// Wakes whoever waits for [`crate::Store::poked`] under this name when this commits: there is an intent of this kind, or something
    /// else to act on. They look for themselves: a group taken back, or a caller that failed beside this one, may have been the reason.
    pub fn poke(&mut self, name: &str) {
        if !self.pokes.iter().any(|poked| poked == name) {
            self.pokes.push(name.to_owned());
        }
    }

    pub(crate) fn take_pokes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.pokes)
    }

    /// How many statements this unit of work has run so far.
    pub fn statements(&self) -> u64 {
        self.statements
    }

    pub(crate) fn take_statements(&mut self) -> u64 {
        std::mem::take(&mut self.statements)
    }

    /// Runs a statement that writes; answers how many rows it touched. Text in `$1` form, the same for both databases.
    pub async fn execute(&mut self, sql: &str, params: Params) -> Result<u64, StoreError> {
        self.before_write().await?;
        self.statements += 1;
        let result = self.conn()?.execute(sql, params).await;
        result.map_err(|error| self.fail(error))
    }

    /// Runs a statement that answers rows: SELECT, or a write with RETURNING.
    pub async fn rows(&mut self, sql: &str, params: Params) -> Result<Vec<Row>, StoreError> {
        if !sql.trim_start().get(..6).is_some_and(|verb| verb.eq_ignore_ascii_case("select")) {
            self.before_write().await?;
        }
        self.statements += 1;
        let result = self.conn()?.rows(sql, params).await;
        result.map_err(|error| self.fail(error))
    }

    /// The one row that matches, if there is one.
    pub async fn row(&mut self, sql: &str, params: Params) -> Result<Option<Row>, StoreError> {
        Ok(self.rows(sql, params).await?.into_iter().next())
    }

    /// Announces an event, or sends a command, as a consequence of `cause`. It is in the log when this work commits.
    pub fn emit<C: Contract>(&mut self, cause: &Cause, message: &C) {
        self.push(cause, message, None);
    }

    /// The same, for an aggregate that was loaded: fails the work with [`StoreError::Conflict`] if its version is taken.
    pub fn emit_at<C: Contract>(&mut self, cause: &Cause, version: u64, message: &C) {
        self.push(cause, message, Some(version));
    }

    fn push<C: Contract>(&mut self, cause: &Cause, message: &C, version: Option<u64>) {
        let envelope = Envelope {
            id: String::new(),
            type_: C::TYPE.to_owned(),
            kind: C::KIND,
            source: String::new(),
            key: message.key().to_owned(),
            aggregate_type: C::AGGREGATE.to_owned(),
            time_us: self.now_us,
            schema: C::SCHEMA.to_owned(),
            content_type: PROTOBUF.to_owned(),
            correlation_id: cause.correlation_id.clone(),
            causation_id: cause.causation_id.clone(),
            sequence: 0,
            position: 0,
            trace: cause.trace.clone(),
            extensions: Default::default(),
            payload: message.encode_to_vec().into(),
        };
        self.emit_envelope(cause, envelope, version);
    }

    /// Appends an envelope whose type is known at run time only (the door, `PublishEvents`). Source, time and numbers are set here;
    /// so is the id, unless there is one.
    pub fn emit_envelope(&mut self, cause: &Cause, mut envelope: Envelope, version: Option<u64>) {
        if envelope.id.is_empty() {
            envelope.id = self.next_id(cause);
        }
        self.service.as_ref().clone_into(&mut envelope.source);
        envelope.position = 0;
        envelope.sequence = 0;
        self.emits.push(Emit { envelope: Box::new(envelope), version });
    }

    /// The next id of what follows from a cause.
    fn next_id(&mut self, cause: &Cause) -> String {
        let actor = self.acting_as.as_deref().unwrap_or(&cause.actor);
        let Some(name) = follow_on::name(actor, &cause.causation_id) else { return messaging::root_id() };
        if let Some(drawn) = &mut self.drawn {
            drawn.push(name.clone());
        }
        let ordinal = self.ordinals.get(&name).copied().unwrap_or_default();
        let id = follow_on::id(&name, ordinal);
        self.ordinals.insert(name, ordinal + 1);
        id
    }

    /// What is emitted meanwhile has ids of this actor, whoever its cause names: the same cause may lead to something else by and by.
    pub fn acting_as(&mut self, actor: String, emit: impl FnOnce(&mut Self)) {
        self.acting_as = Some(actor);
        emit(self);
        self.acting_as = None;
    }

    /// What was emitted so far and is not appended yet.
    pub fn emitted(&self) -> impl Iterator<Item = &Envelope> {
        self.emits.iter().map(|emit| emit.envelope.as_ref())
    }

    /// All messages of one aggregate in version order.
    pub async fn history(&mut self, kind: Kind, owner: &str, aggregate_type: &str, key: &str) -> Result<Vec<Envelope>, StoreError> {
        let stream = messaging::stream_of(kind, owner);
        crate::log::of_key(self, &stream, aggregate_type, key).await
    }

    /// Begins a group of handlers that can be taken back without the rest. Groups don't nest. What was emitted before is put into the
    /// log: a flush within the group would take it along into what is taken back.
    pub async fn begin_group(&mut self) -> Result<Mark, StoreError> {
        if self.drawn.is_some() {
            return Err(self.fail(StoreError::Refused("a group within a group".to_owned())));
        }
        self.flush().await?;
        self.before_write().await?;
        self.control("SAVEPOINT key_group").await?;
        self.drawn = Some(Vec::new());
        Ok(Mark { appended: self.appended.len() })
    }

    /// Keeps what the group did; fails if one of its statements did.
    pub async fn end_group(&mut self) -> Result<(), StoreError> {
        self.control("RELEASE SAVEPOINT key_group").await?;
        self.drawn = None;
        Ok(())
    }

    /// Takes back what the group did, its emits, flushed or not, and what went wrong in it included: as if it had never run.
    pub async fn undo_group(&mut self, mark: Mark) -> Result<(), StoreError> {
        for name in self.drawn.take().unwrap_or_default() {
            if let Some(ordinal) = self.ordinals.get_mut(&name) {
                *ordinal -= 1;
            }
        }
        self.emits.clear();
        self.appended.truncate(mark.appended);
        self.heads.forget();
        self.roll_back_to("ROLLBACK TO SAVEPOINT key_group; RELEASE SAVEPOINT key_group").await
    }

    async fn roll_back_to(&mut self, sql: &'static str) -> Result<(), StoreError> {
        let failed = self.failed.take();
        let result = self.control(sql).await;
        // The savepoint is gone when the database has rolled everything back by itself: then the reason for that is the news.
        result.map_err(|error| {
            let error = failed.unwrap_or(error);
            self.failed = Some(error.clone());
            error
        })
    }

    /// Puts what was emitted into the log now. The store does it when the closure is done; earlier is for those who need to know
    /// at once that a version is taken.
    pub async fn flush(&mut self) -> Result<(), StoreError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        if self.emits.is_empty() {
            return Ok(());
        }
        let emits = std::mem::take(&mut self.emits);
        self.before_write().await?;
        let rows = append::append(self, emits).await?;
        self.appended.extend(rows);
        Ok(())
    }

    pub(crate) fn sqlite(&mut self) -> Result<&mut rusqlite::Connection, StoreError> {
        self.conn()?.sqlite().ok_or_else(|| StoreError::Refused("not a SQLite store".to_owned()))
    }

    pub(crate) fn postgres(&mut self) -> Result<&mut sqlx::PgConnection, StoreError> {
        self.conn()?.postgres().ok_or_else(|| StoreError::Refused("not a Postgres store".to_owned()))
    }

    pub(crate) fn count_statements(&mut self, count: u64) {
        self.statements += count;
    }

    pub(crate) fn partition(envelope: &Envelope) -> u32 {
        partition_of(&envelope.key)
    }

    // -- the store's side: transactions, and jobs that share one

    pub(crate) async fn control(&mut self, sql: &'static str) -> Result<(), StoreError> {
        let result = self.conn()?.control(sql).await;
        result.map_err(|error| self.fail(error))
    }

    /// Takes everything back, whatever state the transaction is in.
    pub(crate) async fn roll_back(&mut self) -> Result<(), StoreError> {
        self.failed = None;
        // SQLite has done so by itself, if the disk is full.
        if self.conn()?.sqlite().is_some_and(|conn| conn.is_autocommit()) {
            return Ok(());
        }
        self.control("ROLLBACK").await
    }

    /// A job begins; `shared` = a failure of it must not take the others' work along.
    pub(crate) fn begin_job(&mut self, shared: bool, now_us: i64) {
        self.savepoint = if shared { Savepoint::NotYet } else { Savepoint::NotNeeded };
        self.now_us = now_us;
        self.ordinals.clear();
        self.drawn = None;
        self.emits.clear();
        self.failed = None;
    }

    /// A savepoint costs two round trips to the database's thread: it is set at the first write only.
    async fn before_write(&mut self) -> Result<(), StoreError> {
        if self.savepoint == Savepoint::NotYet {
            self.control("SAVEPOINT job").await?;
            self.savepoint = Savepoint::Open;
        }
        Ok(())
    }

    pub(crate) async fn keep_job(&mut self) -> Result<(), StoreError> {
        if self.savepoint == Savepoint::Open {
            self.control("RELEASE SAVEPOINT job").await?;
        }
        Ok(())
    }

    /// Takes the job back; `appended` is what was in the log before it.
    pub(crate) async fn undo_job(&mut self, appended: usize) -> Result<(), StoreError> {
        self.emits.clear();
        if self.savepoint == Savepoint::Open {
            self.appended.truncate(appended);
            self.heads.forget();
            return self.roll_back_to("ROLLBACK TO SAVEPOINT job; RELEASE SAVEPOINT job").await;
        }
        // A statement that only reads may have failed: that is nobody else's trouble, unless SQLite has rolled back what the others wrote.
        let failed = self.failed.take();
        if self.conn()?.sqlite().is_some_and(|conn| conn.is_autocommit()) {
            return Err(failed.unwrap_or_else(|| StoreError::Unavailable("the transaction was rolled back".to_owned())));
        }
        Ok(())
    }

    /// What is in the log by now, in that order.
    pub(crate) fn appended(&self) -> &[LogRow] {
        &self.appended
    }

    pub(crate) fn take_appended(&mut self) -> Vec<LogRow> {
        std::mem::take(&mut self.appended)
    }

    pub(crate) fn put_appended(&mut self, rows: Vec<LogRow>) {
        self.appended = rows;
    }

    pub(crate) fn into_conn(mut self) -> Option<Conn> {
        self.conn.take()
    }
}
