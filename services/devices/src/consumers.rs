//! `device.data_reported` -> a row, and `device.alert_raised` where a limit was crossed.

use contracts_devices::v1::{AlertRaised, DataReported};
use delivery::{Handler, Received};
use messaging::{Done, Outcome};
use store::Work;

use crate::domain;
use crate::store::{add, newest};

/// Keeps what devices measure. The row, the alert and the consumer's position are one transaction.
pub(crate) struct Keep;

impl Handler for Keep {
    type Input = DataReported;

    async fn handle(&self, event: Received<DataReported>, work: &mut Work) -> Outcome {
        let (device_id, metric, value) = (event.device_id.clone(), event.metric.clone(), event.value());
        let before = newest(work, &device_id, &metric).await?;
        add(work, &event).await?;
        if let Some(limit) = domain::crossed(&metric, before, value) {
            work.emit(event.cause(), &AlertRaised { device_id, metric, value, limit });
        }
        work.poke("readings"); // those who watch look once this is committed
        Ok(Done)
    }
}
