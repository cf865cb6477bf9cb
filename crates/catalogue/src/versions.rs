//! The version in a message's full name.

/// The version in a full Protobuf name; 0 where there is none.
pub(crate) fn number(schema: &str) -> u32 {
    split(schema).map_or(0, |(_, number, _)| number)
}

/// `house.bakery.v1.BreadBaked` as (`house.bakery`, 1, `BreadBaked`).
pub(crate) fn split(schema: &str) -> Option<(&str, u32, &str)> {
    let (package, message) = schema.rsplit_once('.')?;
    let (family, version) = package.rsplit_once('.')?;
    let digits = version.strip_prefix('v').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    Some((family, digits.parse().ok()?, message))
}
