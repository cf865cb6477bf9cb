//! Amounts, in whole minor units of one currency.

/// So much of a currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Money {
    /// In the currency's minor unit: 699900 is 6,999.00 CNY.
    pub minor_units: i64,
    /// ISO 4217, e.g. `CNY`. Empty only for the nothing of an order that never had a payment.
    pub currency: String,
}

impl Money {
    /// So much of a currency.
    pub fn new(minor_units: i64, currency: impl Into<String>) -> Self {
        Self { minor_units, currency: currency.into() }
    }

    /// Another amount of the same currency.
    pub fn of_same(&self, minor_units: i64) -> Self {
        Self::new(minor_units, self.currency.clone())
    }
}
