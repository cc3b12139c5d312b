//! What integrators use: exports, and webhooks out.

use anyhow::Result;
use api::db::DatabaseUrl;

use crate::{export, figures::Figure, scenarios::printed, seed::seed, webhook_deliveries};

pub(crate) fn measure(database: &str, url: &DatabaseUrl) -> Result<Vec<Figure>> {
    seed(url)?;
    eprintln!("  exporting");
    let mut figures = printed(export::measure(database, url)?)?;
    eprintln!("  delivering webhooks");
    figures.extend(printed(webhook_deliveries::measure(database, url)?)?);
    Ok(figures)
}
