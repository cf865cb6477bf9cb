//! Which of the sixteen partitions a key belongs to: the same function as in nats-server's `{{partition(16,2)}}`.

/// How many partitions every stream has; fixed for good, because positions are numbered per partition.
pub const PARTITIONS: u32 = 16;

/// FNV-1a (32 bit) of the key's bytes modulo [`PARTITIONS`]; measured equal to nats-server's.
pub fn partition_of(key: &str) -> u32 {
    let hash = key.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash % PARTITIONS
}
