//! `WatchReadings`: then and now, without a gap.

use contracts_devices::v1::device_service_client::DeviceServiceClient;
use contracts_devices::v1::{DataReported, Reading, WatchReadingsRequest, WatchReadingsResponse};
use testkit::{Database, Process, SOON};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status, Streaming};

testkit::on_both_databases! {
    a_view_begins_with_what_is_stored_and_goes_on_with_what_comes
    a_view_goes_on_where_another_ended
    views_that_begin_while_readings_come_miss_none
    who_does_not_keep_up_is_told_and_costs_the_others_nothing
    a_view_does_not_hold_up_the_end_of_the_process
}

/// Readings of one device, numbered by their values.
fn readings(values: impl IntoIterator<Item = u32>) -> Vec<DataReported> {
    let reading =
        |value| DataReported { device_id: "d".repeat(64), metric: "m".repeat(64), value: Some(f64::from(value)), measured_at: None };
    values.into_iter().map(reading).collect()
}

async fn watch(channel: Channel, after: u64) -> Streaming<WatchReadingsResponse> {
    let request = WatchReadingsRequest { device_id: "d".repeat(64), after };
    DeviceServiceClient::new(channel).watch_readings(request).await.expect("a view").into_inner()
}

async fn next(view: &mut Streaming<WatchReadingsResponse>) -> Result<Reading, Status> {
    let response = tokio::time::timeout(SOON, view.message()).await.expect("a reading in time")?;
    Ok(response.expect("an open view").reading.expect("a reading"))
}

async fn expect(view: &mut Streaming<WatchReadingsResponse>, values: impl IntoIterator<Item = u32>) {
    for value in values {
        assert_eq!(next(view).await.expect("a reading").value, f64::from(value));
    }
}

async fn a_view_begins_with_what_is_stored_and_goes_on_with_what_comes(database: Database) {
    let process = crate::start(database).await;
    process.emit_all("devices", readings(0..3)).await;
    let mut view = watch(process.channel(), 0).await;
    expect(&mut view, 0..3).await;
    process.emit_all("devices", readings(3..5)).await;
    expect(&mut view, 3..5).await;
    let bad = WatchReadingsRequest { device_id: "a b".into(), after: 0 };
    let refused = DeviceServiceClient::new(process.channel()).watch_readings(bad).await.expect_err("refused");
    assert_eq!(refused.code(), Code::InvalidArgument);
}

async fn a_view_goes_on_where_another_ended(database: Database) {
    let process = crate::start(database).await;
    process.emit_all("devices", readings(0..10)).await;
    let mut view = watch(process.channel(), 0).await;
    expect(&mut view, 0..4).await;
    let last = next(&mut view).await.expect("a reading");
    drop(view);
    expect(&mut watch(process.channel(), last.number).await, 5..10).await;
}

async fn views_that_begin_while_readings_come_miss_none(database: Database) {
    let process = crate::start(database).await;
    let mut views = Vec::new();
    for hundred in 0..10 {
        process.emit_all("devices", readings(hundred * 100..(hundred + 1) * 100)).await;
        let channel = process.channel();
        views.push(tokio::spawn(async move { expect(&mut watch(channel, 0).await, 0..1_000).await }));
    }
    for view in views {
        view.await.expect("every reading, once and in order");
    }
}

/// A client that takes little at a time.
async fn narrow(process: &Process) -> Channel {
    let endpoint = Endpoint::from_shared(format!("http://{}", process.running().grpc)).expect("an address");
    endpoint.initial_stream_window_size(65_535).initial_connection_window_size(65_535).connect().await.expect("the gRPC port")
}

async fn who_does_not_keep_up_is_told_and_costs_the_others_nothing(database: Database) {
    let process = crate::start(database).await;
    let (mut slow, mut quick) = (watch(narrow(&process).await, 0).await, watch(process.channel(), 0).await);
    for part in 0..16 {
        let values = part * 500..(part + 1) * 500;
        process.emit_all("devices", readings(values.clone())).await;
        expect(&mut quick, values).await;
    }
    let mut last = 0;
    let status = loop {
        match next(&mut slow).await {
            Ok(reading) => last = reading.number,
            Err(status) => break status,
        }
    };
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert!(status.message().ends_with(&format!("watch again after {last}")), "{status:?}");
    let after = next(&mut watch(process.channel(), last).await).await.expect("a reading");
    assert_eq!(after.number, last + 1, "nothing is lost to whoever comes back");
}

async fn a_view_does_not_hold_up_the_end_of_the_process(database: Database) {
    let mut process = crate::start(database).await;
    let mut view = watch(process.channel(), 0).await;
    process.emit_all("devices", readings(0..1)).await;
    expect(&mut view, 0..1).await;
    process.stop().await;
    let end = tokio::time::timeout(SOON, view.message()).await.expect("an end in time");
    assert!(!matches!(end, Ok(Some(_))), "{end:?}");
}
