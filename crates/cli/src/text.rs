//! How a binary writes: tables, times, errors.

use std::io::{self, Write as _};

use prost_types::Timestamp;
use tonic::Status;
use tonic_types::StatusExt;

/// What a shell reports for a program whose reader went away.
const READER_GONE: i32 = 141;

/// `println!` for output that somebody may stop reading: `events list | head` ends then, without a panic.
#[macro_export]
macro_rules! say {
    () => {
        $crate::text::print("\n")
    };
    ($($arguments:tt)*) => {
        $crate::text::print(&format!("{}\n", format_args!($($arguments)*)))
    };
}

/// Text to stdout.
pub fn print(text: &str) {
    if let Err(error) = io::stdout().lock().write_all(text.as_bytes()) {
        if error.kind() != io::ErrorKind::BrokenPipe {
            eprintln!("stdout: {error}");
        }
        std::process::exit(READER_GONE);
    }
}

/// Columns as wide as their widest cell, two blanks between them.
pub fn table<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) {
    print(&table_text(head, rows));
}

fn table_text<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let rows: Vec<[String; N]> = std::iter::once(head.map(str::to_owned)).chain(rows).collect();
    let width: [usize; N] = std::array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0));
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(width).map(|(cell, width)| format!("{cell:width$}"));
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// RFC 3339 in UTC; empty where there is none.
pub fn time(time: Option<&Timestamp>) -> String {
    time.map(Timestamp::to_string).unwrap_or_default()
}

/// Microseconds since 1970 UTC.
pub fn microseconds(time: &Timestamp) -> i64 {
    time.seconds * 1_000_000 + i64::from(time.nanos) / 1_000
}

/// One item, or so many of them: `1 order`, `2 orders`.
pub fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// What a service answered instead of doing it: code, message, and the fields that are wrong.
pub fn refusal(status: &Status) -> String {
    let mut text = format!("{:?}: {}", status.code(), status.message());
    let fields = status.get_error_details().bad_request().map(|bad| bad.field_violations.clone()).unwrap_or_default();
    if fields.len() > 1 {
        for violation in fields {
            text.push_str(&format!("\n  {}: {}", violation.field, violation.description));
        }
    }
    text
}

/// An error with its causes, statuses as people read them.
pub fn sentence(error: &anyhow::Error) -> String {
    let parts = error.chain().map(|cause| match cause.downcast_ref::<Status>() {
        Some(status) => refusal(status),
        None => cause.to_string(),
    });
    // A status prints its source itself; some errors repeat theirs.
    let mut said: Vec<String> = Vec::new();
    for part in parts {
        if !said.iter().any(|before| before.contains(&part)) {
            said.push(part);
        }
    }
    said.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let text = table_text(["a", "long"], [["wide".to_owned(), "b".to_owned()], ["c".to_owned(), String::new()]]);
        assert_eq!(text, "a     long\nwide  b\nc\n");
    }
}
