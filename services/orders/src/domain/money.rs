//! Amounts, in whole minor units of one currency.

/// The most that an amount may be, in minor units; whoever is asked to move more says no.
pub const MAX_AMOUNT: i64 = 1_000_000_000_000_000;

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

    /// `quantity` times this; `None` where it would be more than [`MAX_AMOUNT`].
    pub fn times(&self, quantity: u32) -> Option<Self> {
        self.of_same(self.minor_units.checked_mul(i64::from(quantity))?)
    }

    /// The sum; `None` where it would be more than [`MAX_AMOUNT`] or the currencies differ.
    pub fn plus(&self, other: &Self) -> Option<Self> {
        let sum = self.minor_units.checked_add(other.minor_units).filter(|_| self.currency == other.currency)?;
        self.of_same(sum)
    }

    fn of_same(&self, minor_units: i64) -> Option<Self> {
        (minor_units <= MAX_AMOUNT).then(|| Self::new(minor_units, self.currency.clone()))
    }
}
