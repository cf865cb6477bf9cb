//! Senders against real servers on the loopback, and real files.

mod files;
mod http;
mod mail_server;
mod smtp;

use serde_json::json;

use super::*;
use crate::domain::{Channel, Recipient};

/// 21 November 2026, 10:00:00 UTC.
const AT_US: i64 = 1_795_255_200_000_000;

fn message(channel: Channel, address: &str) -> Message {
    Message {
        to: Recipient { channel, address: address.into(), locale: "zh".into() },
        title: "您的订单 order-1 已确认".into(),
        body: "订单 order-1 已确认并付款。\n.\nThe line above is only a dot.".into(),
        icon: String::new(),
        about: "order.confirmed".into(),
        data: json!({"order_id": "order-1"}),
        at_us: AT_US,
    }
}

fn from() -> lettre::message::Mailbox {
    "Ensue <shop@ensue.example>".parse().expect("an address")
}
