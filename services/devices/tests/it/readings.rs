//! Readings by hand: how they are listed, and when they alarm.

use contracts_devices::v1::device_service_client::DeviceServiceClient;
use contracts_devices::v1::{AlertRaised, DataReported, ListReadingsRequest};
use testkit::{Database, SOON, eventually};

testkit::on_both_databases! {
    readings_are_listed_latest_first
    an_alert_is_raised_once_per_crossing
    what_does_not_fit_is_a_dead_letter_that_names_the_field
}

async fn readings_are_listed_latest_first(database: Database) {
    let process = crate::start(database).await;
    for value in 1..=3 {
        let body = format!(r#"{{"metric":"co2_ppm","value":{value},"measured_at":"2026-11-21T08:00:0{value}Z"}}"#);
        process.publish("ingest.device.data_reported.room-1", body).await;
    }
    process.publish("ingest.device.data.room-2", r#"{"metric":"co2_ppm","value":4}"#).await; // by its old name
    let list = |device: &'static str, page_size, page_token| {
        let mut client = DeviceServiceClient::new(process.channel());
        let request = ListReadingsRequest { device_id: device.into(), page_size, page_token };
        async move { client.list_readings(request).await.expect("a page").into_inner() }
    };
    eventually(SOON, || async { (list("room-1", 0, String::new()).await.readings.len() == 3).then_some(()) }).await;
    eventually(SOON, || async { (list("room-2", 0, String::new()).await.readings.len() == 1).then_some(()) }).await;

    let first = list("room-1", 2, String::new()).await;
    assert_eq!(first.readings.iter().map(|reading| reading.value).collect::<Vec<_>>(), [3.0, 2.0]);
    let last = list("room-1", 2, first.next_page_token).await;
    assert_eq!((last.readings.len(), last.readings[0].value, last.next_page_token.as_str()), (1, 1.0, ""));
    assert_eq!(last.readings[0].measured_at, "2026-11-21T08:00:01Z".parse().ok());
}

async fn an_alert_is_raised_once_per_crossing(database: Database) {
    let process = crate::start(database).await;
    let watch = process.watch("events.device.>").await;
    for value in [21.5, 85.5, 90.0, 79.0, 81.0] {
        let body = format!(r#"{{"metric":"temperature_c","value":{value}}}"#);
        process.publish("ingest.device.data_reported.boiler-1", body).await;
    }
    let _: DataReported = watch.nth("boiler-1", 5).await;
    let _: AlertRaised = watch.nth("boiler-1", 2).await;
    let alerts: Vec<AlertRaised> = watch.all("boiler-1");
    assert_eq!(alerts.iter().map(|alert| (alert.value, alert.limit)).collect::<Vec<_>>(), [(85.5, 80.0), (81.0, 80.0)]);
}

async fn what_does_not_fit_is_a_dead_letter_that_names_the_field(database: Database) {
    let process = crate::start(database).await;
    process.publish("ingest.device.data_reported.boiler-1", r#"{"metric":"temperature_c"}"#).await;
    process.publish("ingest.device.alert_raised.boiler-1", r#"{"metric":"temperature_c"}"#).await;
    let dead = eventually(SOON, || async {
        let dead = process.dead_letters("devices").await;
        (dead.len() == 2).then_some(dead)
    });
    let dead = dead.await;
    assert!(dead.iter().any(|letter| letter.error.contains("value")), "{dead:?}");
    assert!(dead.iter().any(|letter| letter.error.contains("not open to publishing by hand")), "{dead:?}");
}
