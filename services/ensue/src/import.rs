//! `ensue import`: products and orders from CSV files, workouts from their recordings.

mod baskets;
mod catalogue;
mod order;
mod orders;
mod summary;
mod workout;

use clap::Subcommand;
use ensue_cli::{Server, Verdict};

/// What to bring in.
#[derive(Debug, Subcommand)]
pub enum What {
    /// Products: product_id,name,group,department,price_minor,currency
    Catalogue(catalogue::Arguments),
    /// Orders: basket_id,product_ids (joined by `;`), one order a row
    Orders(orders::Arguments),
    /// Workouts: recordings (.fit, .tcx, .gpx), files or whole folders
    Workout(workout::Arguments),
}

/// Brings it in. Doing it again changes nothing and says the same.
pub async fn run(server: &Server, what: What) -> anyhow::Result<Verdict> {
    match what {
        What::Catalogue(arguments) => catalogue::run(server, &arguments).await,
        What::Orders(arguments) => orders::run(server, &arguments).await,
        What::Workout(arguments) => workout::run(server, &arguments).await,
    }
}
