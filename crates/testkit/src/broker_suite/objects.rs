//! Objects: put, had again, replaced, gone, and what is left of a put that failed.

use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use messaging::{Content, ObjectError, ObjectStore};
use tokio::time::Instant;

use super::{Harness, eventually};

const BUCKET: &str = "suite";
/// Of "hello world", by sha256sum.
const HELLO: &str = "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9";

fn content(pieces: Vec<Bytes>) -> Content {
    stream::iter(pieces.into_iter().map(Ok)).boxed()
}

/// So many bytes, no two stretches alike, in pieces of this size.
fn pieces(size: usize, piece: usize) -> Vec<Bytes> {
    let whole: Vec<u8> = (0..size as u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    whole.chunks(piece).map(Bytes::copy_from_slice).collect()
}

async fn whole(objects: &dyn ObjectStore, name: &str) -> Result<Vec<u8>, ObjectError> {
    let chunks: Vec<Bytes> = objects.get(BUCKET, name).await?.try_collect().await?;
    Ok(chunks.concat())
}

fn absent(name: &str) -> ObjectError {
    ObjectError::Absent(format!("{BUCKET}/{name}"))
}

pub async fn an_object_is_had_as_it_was_put(harness: &impl Harness) {
    let objects = harness.objects();
    let put = objects.put(BUCKET, "a/b 1.fit", content(vec!["hello ".into(), "world".into()])).await.unwrap();
    assert_eq!((put.size, put.sha256.as_str()), (11, HELLO));
    assert_eq!(objects.info(BUCKET, "a/b 1.fit").await, Ok(put));
    assert_eq!(whole(&*objects, "a/b 1.fit").await.unwrap(), b"hello world");
}

pub async fn a_large_object_comes_in_pieces(harness: &impl Harness) {
    let objects = harness.objects();
    for (name, piece) in [("in-crumbs", 1_000), ("in-loaves", 1 << 20)] {
        let pieces = pieces(3_000_001, piece);
        let put = objects.put(BUCKET, name, content(pieces.clone())).await.unwrap();
        assert_eq!(put.size, 3_000_001);
        let got: Vec<Bytes> = objects.get(BUCKET, name).await.unwrap().try_collect().await.unwrap();
        assert!(got.iter().all(|chunk| chunk.len() <= 1 << 20), "nobody holds the whole");
        assert!(got.concat() == pieces.concat(), "byte for byte");
    }
}

pub async fn an_empty_object_is_one(harness: &impl Harness) {
    let objects = harness.objects();
    assert_eq!(objects.put(BUCKET, "empty", content(Vec::new())).await.unwrap().size, 0);
    assert_eq!(whole(&*objects, "empty").await.unwrap(), b"");
}

pub async fn the_same_name_again_replaces_it(harness: &impl Harness) {
    let objects = harness.objects();
    objects.put(BUCKET, "one", content(pieces(300_000, 1_000))).await.unwrap();
    let second = objects.put(BUCKET, "one", content(vec!["hello world".into()])).await.unwrap();
    assert_eq!(objects.info(BUCKET, "one").await, Ok(second));
    assert_eq!(whole(&*objects, "one").await.unwrap(), b"hello world");
}

pub async fn what_is_not_there_is_told_apart(harness: &impl Harness) {
    let objects = harness.objects();
    assert_eq!(whole(&*objects, "none").await, Err(absent("none")), "no bucket");
    assert_eq!(objects.info(BUCKET, "none").await, Err(absent("none")));
    objects.put(BUCKET, "one", content(vec!["hello world".into()])).await.unwrap();
    assert_eq!(whole(&*objects, "none").await, Err(absent("none")), "no object");
    assert_eq!(objects.info(BUCKET, "none").await, Err(absent("none")));
    for (bucket, name) in [("two.tokens", "one"), ("", "one"), (BUCKET, "")] {
        let put = objects.put(bucket, name, content(Vec::new())).await;
        assert!(matches!(put, Err(ObjectError::Refused(_))), "{bucket:?} {name:?}: {put:?}");
    }
}

pub async fn a_deleted_object_is_gone(harness: &impl Harness) {
    let objects = harness.objects();
    objects.delete(BUCKET, "one").await.unwrap();
    objects.put(BUCKET, "one", content(vec!["hello world".into()])).await.unwrap();
    objects.delete(BUCKET, "one").await.unwrap();
    objects.delete(BUCKET, "one").await.unwrap();
    assert_eq!(whole(&*objects, "one").await, Err(absent("one")));
    assert_eq!(objects.info(BUCKET, "one").await, Err(absent("one")));
    objects.put(BUCKET, "one", content(vec!["hello world".into()])).await.unwrap();
    assert_eq!(whole(&*objects, "one").await.unwrap(), b"hello world");
}

pub async fn content_that_breaks_off_leaves_what_was_there(harness: &impl Harness) {
    let objects = harness.objects();
    let gave_up = || ObjectError::BrokenOff("the caller went away".to_owned());
    let broken = || stream::iter(pieces(500_000, 50_000).into_iter().map(Ok).chain([Err(gave_up())])).boxed();
    assert_eq!(objects.put(BUCKET, "one", broken()).await, Err(gave_up()));
    assert_eq!(objects.info(BUCKET, "one").await, Err(absent("one")));
    let kept = objects.put(BUCKET, "one", content(vec!["hello world".into()])).await.unwrap();
    assert_eq!(objects.put(BUCKET, "one", broken()).await, Err(gave_up()));
    assert_eq!(objects.info(BUCKET, "one").await, Ok(kept));
    assert_eq!(whole(&*objects, "one").await.unwrap(), b"hello world");
}

pub async fn an_object_outlives_an_outage_and_is_not_absent_in_it(harness: &impl Harness) {
    let objects = harness.objects();
    objects.put(BUCKET, "one", content(vec!["hello world".into()])).await.unwrap();
    harness.down().await;
    let asked = Instant::now();
    assert!(matches!(whole(&*objects, "one").await, Err(ObjectError::Unavailable(_))));
    assert!(matches!(objects.info(BUCKET, "one").await, Err(ObjectError::Unavailable(_))));
    assert!(matches!(objects.put(BUCKET, "two", content(vec!["lost".into()])).await, Err(ObjectError::Unavailable(_))));
    assert!(asked.elapsed() < Duration::from_secs(30), "{:?}", asked.elapsed());
    harness.up().await;
    let there = eventually("the object is back", || async { whole(&*objects, "one").await.ok() }).await;
    assert_eq!(there, b"hello world");
}
