#![doc = include_str!("../README.md")]

pub mod commands;
pub mod consumers;
pub mod domain;
mod grpc;
pub mod order_saga;
pub mod queries;
pub mod store;
pub mod wire;

use std::sync::Arc;

use ::store::Migration;
use service_host::Service;
use service_host::config::Config;

use crate::order_saga::OrderSaga;

const MIGRATIONS: &[Migration] = &[Migration { version: 1, name: "orders", sql: include_str!("../migrations/0001_orders.sql") }];

/// The whole service at a glance.
pub fn service(config: &Config) -> Service {
    let saga = Arc::new(OrderSaga::new(&config.saga));
    Service::new("orders")
        .migrations(MIGRATIONS)
        .grpc({
            let saga = saga.clone();
            move |context| grpc::server(context, saga)
        })
        .consumer(consumers::catalogue()) // inventory.product_created, .withdrawn -> prices
        .consumer(consumers::saga(&saga)) // answers, facts from shipping, timers -> the order's next step
}
