//! Every template there is, embedded at build time.

use crate::domain::Channel;

/// A text of one template on one channel, in every language.
pub struct Source {
    /// `order_placed`: the event's type with an underscore.
    pub name: &'static str,
    pub channel: Channel,
    /// By language.
    pub texts: [(&'static str, &'static str); 2],
}

/// The words for machines' reasons, by language: lines of `reason = words`.
pub const PHRASES: [(&str, &str); 2] =
    [("en", include_str!("../../templates/en/phrases.txt")), ("zh", include_str!("../../templates/zh/phrases.txt"))];

macro_rules! source {
    ($channel:ident, $name:literal, $file:literal) => {
        Source {
            name: $name,
            channel: Channel::$channel,
            texts: [
                ("en", include_str!(concat!("../../templates/en/", $name, ".", $file, ".txt"))),
                ("zh", include_str!(concat!("../../templates/zh/", $name, ".", $file, ".txt"))),
            ],
        }
    };
}

/// In the order of an order's life; a template's first channel is its own.
pub const SOURCES: &[Source] = &[
    source!(Email, "order_placed", "email"),
    source!(Sms, "order_placed", "sms"),
    source!(Email, "inventory_reserved", "email"),
    source!(Email, "inventory_reservation_failed", "email"),
    source!(Push, "payment_completed", "push"),
    source!(Email, "order_confirmed", "email"),
    source!(Email, "order_cancelled", "email"),
    source!(Email, "shipment_dispatched", "email"),
    source!(Email, "payment_refunded", "email"),
    source!(Push, "workout_started", "push"),
    source!(Push, "user_goal_achieved", "push"),
    source!(Push, "achievement_unlocked", "push"),
    source!(Email, "user_registered", "email"),
];
