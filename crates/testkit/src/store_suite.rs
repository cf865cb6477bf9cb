//! What every store keeps to, as facts; SQLite and Postgres are given each of them by [`store_suite!`](crate::store_suite).

pub mod consumers;
pub mod durability;
pub mod fresh;
pub mod groups;
mod home;
pub mod leading;
pub mod leases;
pub mod log;
pub mod many_rows;
pub mod migrations;
mod notes;
pub mod numbering;
pub mod postgres_only;
pub mod requests;
pub mod sharing;
pub mod sqlite_only;
pub mod taking_back;
pub mod timers;
pub mod values;
pub mod versions;

pub use home::{Home, postgres, sqlite};

/// One test per fact, for `sqlite` or `postgres`; the test needs tokio. Without a Postgres cluster those of `postgres` return at once.
#[macro_export]
macro_rules! store_suite {
    (sqlite) => {
        $crate::store_suite!(@both sqlite);
        $crate::store_suite!(@facts sqlite, sqlite_only {
            commits_are_flushed,
            a_file_serves_one_process,
            a_file_that_another_program_locks_makes_it_unavailable,
            a_full_disk_makes_it_unavailable_until_there_is_room,
            a_full_disk_takes_nobody_else_s_answer_for_granted,
        });
    };
    (postgres) => {
        $crate::store_suite!(@both postgres);
        $crate::store_suite!(@facts postgres, leading {
            who_leads_numbers_what_it_commits,
            an_event_goes_behind_what_waits_of_its_key,
            who_lost_the_lease_leaves_the_numbers_to_others,
            a_commit_that_fails_gives_its_numbers_back,
            a_number_that_is_taken_is_read_again,
            a_version_that_is_taken_takes_no_number,
            what_was_flushed_before_is_numbered_with_the_rest,
            a_backlog_of_another_process_is_left_to_be_read,
            what_two_processes_append_at_once_comes_in_the_order_of_the_log,
        });
        $crate::store_suite!(@facts postgres, postgres_only {
            commits_are_flushed_also_where_the_database_says_otherwise,
            several_processes_open_the_same_schema_at_once,
            processes_that_append_to_one_key_lose_nothing,
            callers_who_wait_their_turn_meet_no_conflict,
            processes_that_take_turns_at_a_key_meet_no_conflict,
            versions_that_the_server_lost_are_given_again,
            a_server_that_dies_makes_it_unavailable_until_it_is_back,
            a_server_that_is_not_there_is_said_with_its_reason,
            the_connection_that_was_used_last_is_used_next,
            a_connection_that_was_not_used_for_a_while_is_tried_first,
            callers_who_wait_for_a_connection_get_one,
            a_store_may_outlive_its_runtime,
            a_batch_of_one_is_not_planned_anew_each_time,
            a_schema_name_that_would_be_folded_is_refused,
        });
    };
    (@both $database:ident) => {
        $crate::store_suite!(@facts $database, durability {
            what_was_accepted_is_there_after_reopening,
            what_was_accepted_is_there_after_a_drop_without_close,
            what_was_accepted_is_on_disk_when_the_answer_comes,
            a_caller_that_leaves_does_not_stop_its_work,
            work_that_waits_is_done_although_the_store_is_dropped,
            closing_waits_for_what_was_begun_and_takes_nothing_more,
        });
        $crate::store_suite!(@facts $database, taking_back {
            an_error_takes_back_rows_and_messages,
            the_same_work_done_again_gives_the_same_ids,
            a_panic_is_an_answer_and_the_store_goes_on,
            a_failed_statement_spoils_the_work_although_it_goes_on,
            others_see_work_when_it_is_committed_and_not_before,
            a_row_that_is_decided_upon_is_not_changed_meanwhile,
        });
        $crate::store_suite!(@facts $database, sharing {
            each_of_64_callers_gets_its_own_answer_and_a_failing_one_harms_nobody,
            callers_who_wait_share_a_commit_on_sqlite,
            a_first_caller_that_fails_takes_nobody_along,
            a_last_caller_whose_query_fails_harms_nobody,
        });
        $crate::store_suite!(@facts $database, versions {
            repeated_keys_in_one_batch_are_counted_on,
            a_batch_of_one_key_is_counted_through_all_its_chunks,
            equal_keys_of_other_types_and_streams_are_counted_apart,
            a_taken_version_is_a_conflict_and_leaves_nothing,
            the_next_version_stands_beside_explicit_ones,
            a_version_left_out_before_is_not_the_last_one,
            versions_count_from_one,
            of_callers_at_the_same_version_one_wins,
            callers_of_one_key_lose_nothing,
        });
        $crate::store_suite!(@facts $database, numbering {
            positions_have_no_gaps_through_rollbacks_and_reopening,
            positions_follow_the_order_of_commits_and_of_versions,
            a_failing_neighbour_leaves_no_gap,
        });
        $crate::store_suite!(@facts $database, log {
            a_message_comes_back_as_it_was_written,
            a_partition_is_read_from_a_position_in_pages,
            a_stream_is_read_in_the_order_of_publishing,
            heads_and_single_positions_agree_with_the_log,
            the_first_message_since_a_time_is_found,
            the_history_of_a_key_is_in_version_order,
            services_do_not_see_each_other,
            what_the_broker_would_never_take_is_refused,
        });
        $crate::store_suite!(@facts $database, groups {
            an_undone_group_leaves_nothing,
            ids_are_the_same_as_if_the_undone_part_had_never_run,
            a_failed_statement_spoils_its_group_only,
            a_group_that_swallows_a_failed_statement_can_not_end_well,
            what_an_undone_group_put_into_the_log_is_out_of_it_again,
            groups_of_callers_who_share_a_commit_stay_apart,
        });
        $crate::store_suite!(@facts $database, consumers {
            positions_move_on_and_are_found_after_reopening,
            a_position_that_another_reader_moved_fences,
            a_position_that_was_deleted_fences,
            all_sixteen_move_or_none,
            a_fenced_work_is_not_committed_although_it_goes_on,
            of_readers_at_the_same_position_one_goes_on,
            consumers_have_positions_of_their_own,
            a_cursor_is_kept_and_replaced,
            only_new_ids_are_answered_once,
        });
        $crate::store_suite!(@facts $database, leases {
            a_second_owner_waits_until_the_lease_has_run_out,
            holding_prolongs,
            a_lease_that_was_taken_over_fences_what_the_first_writes,
            a_released_lease_is_free_at_once,
            the_same_owner_again_fences_its_former_self,
            of_owners_at_once_one_gets_it,
        });
        $crate::store_suite!(@facts $database, requests {
            a_request_is_answered_again_with_its_first_answer,
            an_answer_is_kept_only_with_the_work_that_earned_it,
            of_equal_requests_at_once_one_is_done,
        });
        $crate::store_suite!(@facts $database, timers {
            timers_are_due_in_order,
            setting_again_moves_and_cancelling_removes,
            several_are_set_and_cancelled_in_one_statement,
            a_timer_is_cancelled_at_its_time_only,
            a_timer_of_work_that_failed_is_not_set,
            consumers_have_timers_of_their_own,
            a_timer_that_is_put_off_keeps_its_history_until_it_is_set_again,
            a_timer_whose_cause_can_not_be_read_is_due_like_any_other,
        });
        $crate::store_suite!(@facts $database, migrations {
            steps_are_applied_once_and_new_ones_behind_them,
            a_changed_step_is_refused,
            a_service_s_steps_come_after_the_core,
            a_step_that_fails_is_named_and_leaves_nothing,
            blob_is_written_for_both_databases,
        });
        $crate::store_suite!(@facts $database, many_rows {
            many_rows_take_few_statements,
            a_row_that_fails_takes_all_of_them_back,
        });
        $crate::store_suite!(@facts $database, values {
            texts_come_back_as_they_were,
            numbers_come_back_to_their_extremes,
            bytes_come_back_as_they_were,
            nulls_are_nulls,
            what_does_not_fit_is_refused,
            a_nul_character_is_refused_by_both,
        });
        $crate::store_suite!(@facts $database, fresh {
            rows_are_handed_over_when_they_are_committed,
            rows_come_complete_and_in_the_order_of_the_log,
            what_nobody_takes_is_reported_as_missed,
            a_poke_wakes_all_who_wait_when_it_is_committed,
        });
    };
    (@facts $database:ident, $module:ident { $($fact:ident),* $(,)? }) => {
        mod $module {
            $(
                #[::tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $fact() {
                    if let Some(home) = $crate::store_suite::$database().await {
                        $crate::store_suite::$module::$fact(home).await;
                    }
                }
            )*
        }
    };
}
