//! What the simulated carrier does.

use super::*;
use crate::domain::Address;

fn consignment(address: Address) -> Consignment {
    Consignment { order_id: "o".into(), lines: Vec::new(), address }
}

fn refused() -> Result<Booking, CarrierError> {
    Err(CarrierError::Refused { reason: "carrier_refused".into() })
}

#[tokio::test]
async fn one_key_is_one_booking() {
    let carrier = Simulator::new(Settings::default());
    let parcel = consignment(Address::default());
    let first = carrier.book("s", &parcel).await.unwrap();
    assert_eq!(carrier.book("s", &parcel).await.unwrap(), first);
    assert_ne!(carrier.book("t", &parcel).await.unwrap(), first);
    carrier.cancel("s").await.unwrap();
    carrier.cancel("s").await.unwrap();
}

#[tokio::test]
async fn the_flag_refuses_everything() {
    let carrier = Simulator::new(Settings { fail: true, ..Settings::default() });
    assert_eq!(carrier.book("s", &consignment(Address::default())).await, refused());
}

#[tokio::test]
async fn the_marker_refuses_one_address_wherever_it_stands() {
    let carrier = Simulator::new(Settings::default());
    let marker = || format!("x {FAIL_MARKER} y");
    let address = Address::default;
    for marked in [
        Address { recipient: marker(), ..address() },
        Address { lines: vec!["1 Road".into(), marker()], ..address() },
        Address { city: marker(), ..address() },
        Address { region: marker(), ..address() },
        Address { postal_code: marker(), ..address() },
    ] {
        assert_eq!(carrier.book("s", &consignment(marked)).await, refused());
    }
}
