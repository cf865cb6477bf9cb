//! Amounts, in whole minor units of one currency.

/// So much of a currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Money {
    /// In the currency's minor unit: 699900 is 6,999.00 CNY.
    pub minor_units: i64,
    /// ISO 4217, e.g. `CNY`.
    pub currency: String,
}

impl Money {
    /// So much of a currency.
    pub fn new(minor_units: i64, currency: impl Into<String>) -> Self {
        Self { minor_units, currency: currency.into() }
    }

    /// Nothing, in the same currency.
    pub fn none_of(&self) -> Self {
        Self::new(0, self.currency.clone())
    }

    /// `quantity` times this; `None` where it would not fit 64 bits.
    pub fn times(&self, quantity: u32) -> Option<Self> {
        Some(Self::new(self.minor_units.checked_mul(i64::from(quantity))?, self.currency.clone()))
    }

    /// The sum; `None` where it would not fit 64 bits or the currencies differ.
    pub fn plus(&self, other: &Self) -> Option<Self> {
        let sum = self.minor_units.checked_add(other.minor_units).filter(|_| self.currency == other.currency)?;
        Some(Self::new(sum, self.currency.clone()))
    }
}
