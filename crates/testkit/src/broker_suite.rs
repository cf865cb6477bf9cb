//! What every broker must do, as facts: each is one async function over a [`Harness`], and [`broker_suite!`](crate::broker_suite!) makes
//! one test of each. `crates/testkit/tests/it` runs them against the broker in memory and against a real NATS server.

pub mod objects;
pub mod outages;
pub mod publishing;
pub mod reading;
pub mod requests;
pub mod streams;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use messaging::{Broker, Expect, Incoming, ObjectStore, Outgoing, PublishAck, PublishError, ReadFrom, Reader, ReaderSpec, StreamSpec};
use tokio::time::Instant;

/// How long a fact may take to come true.
pub const SOON: Duration = Duration::from_secs(15);

/// A fresh broker and what can be done to it behind its back.
pub trait Harness: Send + Sync + Sized {
    /// Starts an empty broker.
    fn start() -> impl Future<Output = Self> + Send;

    /// The broker under test.
    fn broker(&self) -> Arc<dyn Broker>;

    /// The object store beside it.
    fn objects(&self) -> Arc<dyn ObjectStore>;

    /// Removes a stream's messages.
    fn purge(&self, stream: &str) -> impl Future<Output = ()> + Send;

    /// Removes a stream.
    fn delete(&self, stream: &str) -> impl Future<Output = ()> + Send;

    /// Remembers what the streams hold, for [`power_cut`](Harness::power_cut).
    fn remember(&self) -> impl Future<Output = ()> + Send;

    /// The broker goes down and comes back with what it held when [`remember`](Harness::remember) was called.
    fn power_cut(&self) -> impl Future<Output = ()> + Send;

    /// The broker goes down.
    fn down(&self) -> impl Future<Output = ()> + Send;

    /// It comes back with everything it held.
    fn up(&self) -> impl Future<Output = ()> + Send;
}

/// One `#[tokio::test]` for each fact, in modules named as the suite's.
#[macro_export]
macro_rules! broker_suite {
    ($harness:ty) => {
        $crate::broker_suite! { $harness, publishing:
            an_acknowledged_message_is_in_the_stream_as_it_was_sent
            a_repeated_id_within_the_window_is_answered_duplicate_and_not_stored
            a_repeated_id_after_the_window_is_stored_again
            a_repeat_that_expects_an_id_is_answered_duplicate_and_one_that_expects_a_sequence_is_refused
            with_another_last_id_nothing_is_stored
            with_another_last_sequence_nothing_is_stored
            after_a_message_without_id_no_id_is_the_last_one
            a_purge_keeps_the_last_sequence_and_the_duplicate_window
            publishes_are_taken_in_the_order_they_are_handed_over
            behind_a_refused_link_the_rest_of_the_chain_is_refused
            runs_are_stored_whole_and_in_order_behind_one_another
            the_first_runs_of_many_streams_may_come_at_once
            a_run_that_expects_another_last_message_is_not_stored
            a_run_never_hides_that_one_of_it_was_only_remembered
            refused_runs_leave_nothing_that_stops_later_ones
            a_run_that_expects_nothing_goes_among_the_messages_of_others
            the_stored_subject_ends_in_the_partition_of_its_key
            a_subject_that_no_stream_takes_is_told_apart
            what_cannot_travel_in_a_header_is_refused
        }
        $crate::broker_suite! { $harness, streams:
            ensuring_twice_changes_nothing
            a_changed_declaration_takes_effect
            overlapping_subjects_are_refused
            a_name_that_is_no_token_is_refused
            a_missing_stream_is_told_apart_from_an_empty_one
            beyond_max_messages_the_oldest_are_gone
            beyond_max_age_messages_are_gone
            another_stream_under_an_old_name_is_told_by_its_creation
            a_stream_that_sources_others_holds_what_they_hold
        }
        $crate::broker_suite! { $harness, reading:
            a_reader_starts_at_the_first_message_that_is_there
            a_reader_starts_at_a_sequence_or_the_next_after_it
            a_reader_of_what_is_new_skips_what_is_there
            a_reader_placed_beyond_the_end_starts_with_the_next_message
            a_message_is_read_as_it_is_stored
            take_gives_a_full_batch_of_a_thousand_when_five_thousand_are_ready
            take_gives_no_more_than_asked_for
            a_take_given_up_loses_nothing
            a_reader_that_never_settles_gets_everything_in_order
            unsettled_messages_are_read_again_from_the_stored_place
            what_is_settled_is_not_read_again_from_the_next_sequence
            two_durables_read_everything_each
            a_reader_of_some_partitions_gets_those_only
            a_reader_replaced_under_its_name_is_lost
            a_reader_of_a_deleted_stream_is_lost
        }
        $crate::broker_suite! { $harness, requests:
            a_request_is_answered
            without_anybody_to_answer_a_request_fails_at_once
            a_request_that_nobody_answers_in_time_fails
            a_group_shares_the_requests
            a_slow_answer_does_not_hold_up_others
            a_dropped_responder_answers_no_more
        }
        $crate::broker_suite! { $harness, objects:
            an_object_is_had_as_it_was_put
            a_large_object_comes_in_pieces
            an_empty_object_is_one
            the_same_name_again_replaces_it
            what_is_not_there_is_told_apart
            a_deleted_object_is_gone
            content_that_breaks_off_leaves_what_was_there
            an_object_outlives_an_outage_and_is_not_absent_in_it
        }
        $crate::broker_suite! { $harness, outages:
            while_the_broker_is_down_calls_fail_in_bounded_time
            after_an_outage_the_connection_count_is_another_one_and_work_goes_on
            an_open_reader_does_not_hide_an_outage
            after_a_power_cut_sequences_are_given_again_to_other_messages
            after_a_power_cut_an_expected_id_refuses_what_would_leave_a_hole
        }
    };
    ($harness:ty, $module:ident: $($fact:ident)*) => {
        mod $module {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $fact() {
                    let harness = <$harness as $crate::broker_suite::Harness>::start().await;
                    $crate::broker_suite::$module::$fact(&harness).await;
                }
            )*
        }
    };
}

/// The stream of most facts.
const STREAM: &str = "EVENTS_ORDER";

/// A broker with an empty [`STREAM`].
async fn with_stream(harness: &impl Harness) -> Arc<dyn Broker> {
    let broker = harness.broker();
    broker.ensure(&StreamSpec::events("order")).await.expect("a stream");
    broker
}

fn message(key: &str, id: &str) -> Outgoing {
    Outgoing {
        subject: format!("events.order.placed.{key}"),
        message_id: id.to_owned(),
        headers: Vec::new(),
        payload: Bytes::from(id.to_owned()),
    }
}

async fn publish(broker: &dyn Broker, message: Outgoing, expect: Expect) -> Result<PublishAck, PublishError> {
    broker.publish(message, expect).await?.await
}

/// Publishes `count` messages with ids `0`… and answers their last sequence.
async fn fill(broker: &dyn Broker, count: usize) -> u64 {
    let mut answers = Vec::with_capacity(count);
    for number in 0..count {
        answers.push(broker.publish(message(&format!("k{}", number % 50), &number.to_string()), Expect::Any).await.expect("handed over"));
    }
    let mut last = 0;
    for answer in answers {
        last = answer.await.expect("stored").sequence;
    }
    last
}

async fn reader(broker: &dyn Broker, from: ReadFrom) -> Box<dyn Reader> {
    reader_of(broker, "suite", Vec::new(), from).await
}

async fn reader_of(broker: &dyn Broker, durable: &str, filters: Vec<String>, from: ReadFrom) -> Box<dyn Reader> {
    let spec = ReaderSpec { stream: STREAM.to_owned(), durable: durable.to_owned(), filters, from, prefetch: 100, unused_for: None };
    broker.read(spec).await.expect("a reader")
}

/// Takes until `count` messages have come.
async fn take(reader: &mut dyn Reader, count: usize) -> Vec<Incoming> {
    let mut all: Vec<Incoming> = Vec::new();
    let work = async {
        while all.len() < count {
            all.extend(reader.take(count - all.len()).await.expect("messages"));
        }
    };
    tokio::time::timeout(SOON, work).await.unwrap_or_else(|_| panic!("fewer than {count} messages in time"));
    all
}

fn ids(messages: &[Incoming]) -> Vec<&str> {
    messages.iter().map(|message| message.message_id.as_str()).collect()
}

/// Tries again until there is an answer.
async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut attempt: impl FnMut() -> F) -> T {
    let deadline = Instant::now() + SOON;
    loop {
        if let Some(answer) = attempt().await {
            return answer;
        }
        assert!(Instant::now() < deadline, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
