//! What is predicted of each customer, as a file.

use std::io::Write;

use predictions::scores::{Reason, Value};

use super::table::Customers;
use super::validate::Validated;

/// One row a customer, in the order of the table: the probability by a model that did not learn from them, and what raises
/// or lowers it most, in log-odds. The whole sum of reasons, with the base, is `log_odds`.
pub(super) fn write(
    file: &mut dyn Write,
    customers: &Customers,
    validated: &Validated,
) -> anyhow::Result<()> {
    let mut writer = csv::Writer::from_writer(file);
    writer.write_record(["id", "probability", "log_odds", "base", "label", "reasons"])?;
    for (row, score) in validated.scores.iter().enumerate() {
        let reasons = validated.scorer(row).reasons(&customers.table, row)?;
        let id = customers.ids.get(row).cloned().unwrap_or_else(|| (row + 1).to_string());
        let strongest = reasons.reasons.iter().filter(|reason| reason.contribution != 0.0).take(3);
        writer.write_record([
            id,
            format!("{:.6}", score.probability),
            format!("{:.6}", score.log_odds),
            format!("{:.6}", reasons.base),
            u8::from(customers.labels[row]).to_string(),
            strongest.map(told).collect::<Vec<_>>().join("; "),
        ])?;
    }
    Ok(writer.flush()?)
}

fn told(reason: &Reason) -> String {
    let value = match &reason.value {
        Value::Number(number) => number.to_string(),
        Value::Level(level) => level.clone(),
        Value::Missing => "(missing)".to_owned(),
    };
    format!("{} = {value} ({:+.2})", reason.feature, reason.contribution)
}
