//! A request has one encoding, or a true repeat of it would be taken for another one.

use contracts::notifications::v1::SendNotificationRequest;
use prost::Message;

/// The digest of a `request_id` is one of these bytes; maps used to be written in random order.
#[test]
fn a_request_with_a_map_is_written_alike_each_time() {
    let names: Vec<String> = (0..50).map(|number| format!("name-{number}")).collect();
    let request = |names: &mut dyn Iterator<Item = &String>| {
        let data = names.map(|name| (name.clone(), "value".to_owned())).collect();
        SendNotificationRequest { user_id: "u1".to_owned(), data, ..Default::default() }.encode_to_vec()
    };
    let forwards = request(&mut names.iter());
    assert_eq!(forwards, request(&mut names.iter().rev()));
    // Read from bytes in another order, with a field that nobody knows: still the same.
    let mut shuffled = request(&mut names.iter().skip(25));
    shuffled.extend(request(&mut names.iter().take(25)));
    shuffled.extend([0x98, 0x06, 0x01]);
    assert_eq!(SendNotificationRequest::decode(shuffled.as_slice()).unwrap().encode_to_vec(), forwards);
}
