//! What payments can be asked.

mod get_payment;
mod list_payments;
mod list_provider_charges;

pub use get_payment::get_payment;
pub use list_payments::list_payments;
pub use list_provider_charges::list_provider_charges;
