//! Inventory through its front doors: calls, commands of orders, messages by hand; on a real broker, on both databases.

mod by_hand;
mod calls;
mod crowds;
mod lists;
mod low_stock;
mod outages;
mod reserving;
mod settling;
mod shop;
mod trouble;
