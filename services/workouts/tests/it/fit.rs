//! A device that writes FIT files as long as one likes.

/// A whole activity: a record a second, with a heart, a counter and an altitude.
pub fn activity(records: u32) -> Vec<u8> {
    let mut body = Vec::new();
    // file_id: type, of an enum; 4 is an activity.
    body.extend([0x40, 0, 0, 0, 0, 1, 0, 1, 0x00]);
    body.extend([0x00, 4]);
    // record: timestamp, position, heart rate, cadence, distance, altitude, speed, temperature, power; as a bicycle's computer writes them.
    let fields: [(u8, u8, u8); 10] = [
        (253, 4, 0x86),
        (0, 4, 0x85),
        (1, 4, 0x85),
        (3, 1, 0x02),
        (4, 1, 0x02),
        (5, 4, 0x86),
        (2, 2, 0x84),
        (6, 2, 0x84),
        (13, 1, 0x01),
        (7, 2, 0x84),
    ];
    body.extend([0x41, 0, 0, 20, 0, fields.len() as u8]);
    body.extend(fields.iter().flat_map(|(number, size, base)| [*number, *size, *base]));
    for at in 0..records {
        body.push(0x01);
        body.extend((1_000_000_000 + at).to_le_bytes());
        body.extend((521_521_093 + at as i32).to_le_bytes());
        body.extend((-946_874_053 + at as i32).to_le_bytes());
        body.extend([(120 + at % 40) as u8, 80]);
        body.extend((at * 800).to_le_bytes());
        body.extend(((600 + at % 50) as u16 * 5).to_le_bytes());
        body.extend(8_000_u16.to_le_bytes());
        body.push(21);
        body.extend(((150 + at % 100) as u16).to_le_bytes());
    }
    let mut file = vec![14, 0x10, 0, 0];
    file.extend((body.len() as u32).to_le_bytes());
    file.extend(b".FIT");
    file.extend(checksum(&file).to_le_bytes());
    file.extend(body);
    let sum = checksum(&file);
    file.extend(sum.to_le_bytes());
    file
}

/// CRC-16 as the FIT protocol has it.
fn checksum(bytes: &[u8]) -> u16 {
    bytes
        .iter()
        .fold(0, |sum: u16, byte| (0..8).fold(sum ^ u16::from(*byte), |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xa001 } else { sum >> 1 }))
}
