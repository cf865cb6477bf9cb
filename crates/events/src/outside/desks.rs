//! The dead letters' desks of all services, asked at the same time.

use std::time::Duration;

use catalogue::Catalogue;
use catalogue::platform::v1 as platform;
use futures::future::join_all;
use messaging::BrokerError;
use prost::Message;
use service_host::Context;

/// How long a desk may take.
const WAIT: Duration = Duration::from_secs(3);

/// All services that may have dead letters.
pub(crate) fn services(catalogue: &Catalogue) -> Vec<String> {
    catalogue.all_services().into_iter().map(str::to_owned).collect()
}

/// Answers by service, and who did not answer.
pub(crate) struct Asked<T> {
    pub(crate) answers: Vec<(String, T)>,
    pub(crate) silent: Vec<String>,
}

/// Asks all of them the same.
pub(crate) async fn ask_all<Res>(context: &Context, services: &[String], verb: &str, request: &impl Message) -> Asked<Res>
where
    Res: Message + Default + Faulty,
{
    let body = request.encode_to_vec();
    let asking = services.iter().map(|service| async { (service.clone(), ask_bytes(context, service, verb, body.clone()).await) });
    let mut asked = Asked { answers: Vec::new(), silent: Vec::new() };
    for (service, answer) in join_all(asking).await {
        match answer {
            Ok(answer) => asked.answers.push((service, answer)),
            Err(error) => {
                tracing::debug!(service, verb, %error, "no answer about dead letters");
                asked.silent.push(service);
            }
        }
    }
    asked
}

/// Asks one.
pub(crate) async fn ask<Res>(context: &Context, service: &str, verb: &str, request: &impl Message) -> Result<Res, BrokerError>
where
    Res: Message + Default + Faulty,
{
    ask_bytes(context, service, verb, request.encode_to_vec()).await
}

async fn ask_bytes<Res>(context: &Context, service: &str, verb: &str, body: Vec<u8>) -> Result<Res, BrokerError>
where
    Res: Message + Default + Faulty,
{
    let answer = context.broker.request(&format!("dead.{service}.{verb}"), body.into(), WAIT).await?;
    let answer = Res::decode(answer).map_err(|error| BrokerError::Refused(error.to_string()))?;
    if answer.fault().is_empty() { Ok(answer) } else { Err(BrokerError::Refused(answer.fault().to_owned())) }
}

/// An answer that may say why it is none.
pub(crate) trait Faulty {
    /// Empty when all is well.
    fn fault(&self) -> &str;
}

macro_rules! faulty {
    ($($answer:ty),*) => {
        $(impl Faulty for $answer {
            fn fault(&self) -> &str {
                &self.error
            }
        })*
    };
}

faulty!(platform::DeadListResponse, platform::DeadShowResponse, platform::DeadSettleResponse);
