//! Money for people to read.

/// Currencies without a minor unit (ISO 4217).
const NO_DECIMALS: &[&str] =
    &["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"];

/// Currencies whose minor unit is a thousandth (ISO 4217).
const THREE_DECIMALS: &[&str] = &["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];

/// An amount in minor units with its currency: `15,997.00 CNY`, `1,500 JPY`.
pub fn format_money(minor_units: i64, currency: &str) -> String {
    let decimals = match currency {
        currency if NO_DECIMALS.contains(&currency) => 0,
        currency if THREE_DECIMALS.contains(&currency) => 3,
        _ => 2,
    };
    let scale = 10_u64.pow(decimals);
    let (whole, rest) = (minor_units.unsigned_abs() / scale, minor_units.unsigned_abs() % scale);
    let sign = if minor_units < 0 { "-" } else { "" };
    let fraction = if decimals == 0 { String::new() } else { format!(".{rest:0width$}", width = decimals as usize) };
    format!("{sign}{}{fraction} {currency}", grouped(whole))
}

/// Thousands apart: `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_written_in_its_currencys_decimals() {
        for (minor_units, currency, written) in [
            (1_599_700, "CNY", "15,997.00 CNY"),
            (99, "EUR", "0.99 EUR"),
            (5, "EUR", "0.05 EUR"),
            (0, "CNY", "0.00 CNY"),
            (-123_456, "USD", "-1,234.56 USD"),
            (1_500, "JPY", "1,500 JPY"),
            (1_234_567, "KWD", "1,234.567 KWD"),
            (100_000_000, "CNY", "1,000,000.00 CNY"),
            (i64::MIN, "CNY", "-92,233,720,368,547,758.08 CNY"),
        ] {
            assert_eq!(format_money(minor_units, currency), written);
        }
    }
}
