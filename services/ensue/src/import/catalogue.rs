//! `ensue import catalogue`: one product a row, each created once.

use std::collections::HashSet;
use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use clap::Args;
use contracts::inventory::v1::{BatchGetProductsRequest, CreateProductRequest, Product};
use contracts::types::v1::Money;
use ensue_cli::{Progress, Server, Verdict, ask, say};
use futures::stream::{self, StreamExt, TryStreamExt};
use serde::Deserialize;
use tonic::Code;
use uuid::Uuid;

use crate::clients::Clients as _;

/// Products created at once.
const IN_FLIGHT: usize = 32;

#[derive(Debug, Args)]
pub struct Arguments {
    /// The file
    file: PathBuf,
    /// Pieces of each product that are there at first
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(i64).range(0..))]
    stock: i64,
}

#[derive(Debug, Deserialize)]
struct Row {
    product_id: String,
    name: String,
    group: String,
    department: String,
    price_minor: i64,
    currency: String,
}

impl Row {
    fn product(self, stock: i64) -> Product {
        Product {
            product_id: self.product_id,
            name: self.name,
            group: self.group,
            department: self.department,
            price: Some(Money { minor_units: self.price_minor, currency: self.currency }),
            stock,
            ..Product::default()
        }
    }
}

/// Reads the whole file before the first product is created: a faulty row leaves nothing half done.
pub async fn run(server: &Server, arguments: &Arguments) -> anyhow::Result<Verdict> {
    let products = read(arguments)?;
    let existing = existing(server, &products).await?;
    let progress = Progress::start("created", products.len());
    let (mut created, mut there) = (0, 0);
    let mut results = stream::iter(&products).map(|product| create(server, product)).buffer_unordered(IN_FLIGHT);
    while let Some((id, new)) = results.try_next().await? {
        if new && !existing.contains(id) {
            created += 1
        } else {
            there += 1
        }
        progress.at(created + there);
    }
    progress.end(created + there);
    say!("products  {} in {}: {created} created, {there} existing", products.len(), arguments.file.display());
    Ok(Verdict::Good)
}

fn read(arguments: &Arguments) -> anyhow::Result<Vec<Product>> {
    let file = arguments.file.display();
    let mut reader = csv::Reader::from_path(&arguments.file).with_context(|| format!("{file}"))?;
    let (mut products, mut ids) = (Vec::new(), HashSet::new());
    for row in reader.deserialize::<Row>() {
        let product = row.with_context(|| format!("{file}"))?.product(arguments.stock);
        ensure!(ids.insert(product.product_id.clone()), "{file}: product {} is there twice", product.product_id);
        products.push(product);
    }
    Ok(products)
}

async fn existing(server: &Server, products: &[Product]) -> anyhow::Result<HashSet<String>> {
    let mut existing = HashSet::new();
    for some in products.chunks(500) {
        let request = BatchGetProductsRequest { product_ids: some.iter().map(|product| product.product_id.clone()).collect() };
        let known = ask!(server, inventory.batch_get_products(request));
        existing.extend(known.await?.products.into_iter().map(|product| product.product_id));
    }
    Ok(existing)
}

/// The id, and whether the service took it as it is here. Whatever stands there already stays as it is.
async fn create<'a>(server: &Server, product: &'a Product) -> anyhow::Result<(&'a str, bool)> {
    let id = product.product_id.as_str();
    // The same product is the same request; the same id with another price is another.
    let request_id = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("catalogue/{product:?}").as_bytes()).to_string();
    let request = CreateProductRequest { product: Some(product.clone()), request_id: Some(request_id) };
    let answer = ask!(server, inventory.create_product(request));
    match answer.await {
        Ok(_) => Ok((id, true)),
        Err(status) if status.code() == Code::AlreadyExists => Ok((id, false)),
        Err(status) => Err(anyhow::Error::new(status).context(format!("product {id}"))),
    }
}
