//! Handing letters to their owners, a few at a time, and within the time of the call.

use std::time::Duration;

use catalogue::events::v1::DeadLetterRefusal;
use catalogue::platform::v1 as platform;
use prost::Message;
use service_host::Context;
use tokio::time::Instant;

use super::targets::Target;
use crate::outside::desks;

/// Letters in one request to an owner.
const AT_ONCE: usize = 100;

/// What has become of the letters so far.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    pub(crate) ids: Vec<String>,
    pub(crate) refused: Vec<DeadLetterRefusal>,
    /// Not come to, or their owner does not answer.
    pub(crate) left: u32,
    pub(crate) silent: Vec<String>,
}

/// When a call must be over: well before its caller is told that it took too long.
pub(crate) fn deadline(context: &Context) -> Instant {
    Instant::now() + Duration::from_millis(context.config.grpc.timeout_ms) * 4 / 5
}

impl Settled {
    /// Settles these, oldest first, `rate` a second (0 = at once) until `deadline`; what is not come to is counted as left.
    pub(crate) async fn hand_over<Req: Message>(
        &mut self,
        context: &Context,
        targets: &[Target],
        verb: &str,
        request: impl Fn(Vec<String>) -> Req,
        rate: u32,
        deadline: Instant,
    ) {
        let chunk = if rate == 0 { AT_ONCE } else { (rate as usize / 10).clamp(1, AT_ONCE) };
        let pause = if rate == 0 { Duration::ZERO } else { Duration::from_secs(1) * chunk as u32 / rate };
        let mut next = Instant::now();
        let mut done = 0;
        for part in targets.chunks(chunk) {
            if next > deadline || Instant::now() > deadline {
                break;
            }
            tokio::time::sleep_until(next).await;
            next = Instant::now() + pause;
            for run in part.chunk_by(|one, other| one.service == other.service) {
                let ids: Vec<String> = run.iter().map(|target| target.id.clone()).collect();
                match desks::ask::<platform::DeadSettleResponse>(context, &run[0].service, verb, &request(ids)).await {
                    Ok(answer) => self.note(answer),
                    Err(error) => {
                        tracing::warn!(service = run[0].service, verb, %error, "dead letters are left as they are");
                        self.left += u32::try_from(run.len()).unwrap_or(u32::MAX);
                        if !self.silent.contains(&run[0].service) {
                            self.silent.push(run[0].service.clone());
                        }
                    }
                }
            }
            done += part.len();
        }
        self.left += u32::try_from(targets.len() - done).unwrap_or(u32::MAX);
    }

    fn note(&mut self, answer: platform::DeadSettleResponse) {
        for settled in answer.settled {
            if settled.done {
                self.ids.push(settled.id);
            } else {
                self.refused.push(DeadLetterRefusal { id: settled.id, reason: settled.refusal });
            }
        }
    }
}
