//! Pages: sizes, tokens, and what a token is bound to.

use service_host::page::Page;
use tonic::Code;
use tonic_types::StatusExt;

const FILTERS: [&str; 2] = ["user-1", "CONFIRMED"];

fn parse(size: i32, token: &str) -> Result<Page, tonic::Status> {
    Page::parse(size, token, &FILTERS, 50, 1_000)
}

fn violated(refusal: tonic::Status) -> String {
    assert_eq!(refusal.code(), Code::InvalidArgument);
    refusal.get_details_bad_request().expect("violations").field_violations[0].field.clone()
}

#[test]
fn no_size_is_the_default_and_too_much_is_the_most() {
    assert_eq!(parse(0, "").expect("a page").limit, 50);
    assert_eq!(parse(7, "").expect("a page").limit, 7);
    assert_eq!(parse(i32::MAX, "").expect("a page").limit, 1_000);
    assert_eq!(violated(parse(-1, "").expect_err("a refusal")), "page_size");
}

#[test]
fn pages_follow_one_another_to_the_end() {
    let all: Vec<String> = (0..7).map(|number| format!("键-{number}")).collect();
    let (mut token, mut seen) = (String::new(), Vec::new());
    loop {
        let page = parse(3, &token).expect("a page");
        let rows = all.iter().filter(|key| page.after.as_ref().is_none_or(|after| *key > after)).take(page.limit + 1).cloned().collect();
        let (rows, next) = page.cut(rows, String::clone, |row| row);
        assert!(rows.len() <= 3 && next.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'), "{next}");
        seen.extend(rows);
        if next.is_empty() {
            break;
        }
        token = next;
    }
    assert_eq!(seen, all);
}

#[test]
fn a_full_last_page_has_no_next() {
    let page = parse(2, "").expect("a page");
    assert_eq!(page.cut(vec![1, 2], ToString::to_string, |row| row).1, "");
    assert_ne!(page.cut(vec![1, 2, 3], ToString::to_string, |row| row).1, "");
}

#[test]
fn a_page_of_long_rows_ends_early_and_the_next_goes_on_there() {
    // Kilobytes of each row: a client takes 4 MiB.
    let all = [900, 900, 900, 5_000, 1, 2_000, 100];
    let (mut token, mut pages) = (String::new(), Vec::new());
    loop {
        let page = parse(100, &token).expect("a page");
        let from = page.after.as_ref().map_or(0, |after| after.parse::<usize>().expect("a place") + 1);
        let rows = all.iter().copied().enumerate().skip(from).collect();
        let (rows, next) = page.cut(rows, |(at, _)| at.to_string(), |(_, kilobytes)| "x".repeat(kilobytes * 1_024));
        pages.push(rows.iter().map(|row| row.len() / 1_024).collect::<Vec<_>>());
        if next.is_empty() {
            break;
        }
        token = next;
    }
    assert_eq!(pages, [vec![900, 900], vec![900], vec![5_000], vec![1, 2_000], vec![100]]);
}

#[test]
fn a_token_is_good_for_its_own_request_only() {
    let token = parse(3, "").expect("a page").next("k");
    assert_eq!(parse(9, &token).expect("another size is fine").after.as_deref(), Some("k"));
    for others in [&["user-2", "CONFIRMED"][..], &["user-1"], &["user-1CONFIRMED", ""], &["user-", "1CONFIRMED"]] {
        assert_eq!(violated(Page::parse(3, &token, others, 50, 1_000).expect_err("a refusal")), "page_token");
    }
}

#[test]
fn a_token_that_is_not_ours_is_refused() {
    let token = parse(3, "").expect("a page").next("key-0001");
    let mut changed = token.clone().into_bytes();
    changed[14] = if changed[14] == b'A' { b'B' } else { b'A' };
    let changed = String::from_utf8(changed).expect("text");
    for bad in ["x", "????", "a2V5", "键键", &token[..token.len() - 1], &changed, &"A".repeat(5_000)] {
        assert_eq!(violated(parse(3, bad).expect_err(bad)), "page_token", "{bad}");
    }
}
