//! Inventory, payments and shipping as small as can be: each command is answered as the test says for that order, on real stores and the
//! real broker.

use std::collections::{HashMap, HashSet};
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, MutexGuard};

use catalogue::Contract;
use catalogue::types::v1::Money;
use contracts_inventory::v1 as inventory;
use contracts_payments::v1 as payments;
use contracts_shipping::v1 as shipping;
use delivery::{Handler, Received};
use messaging::{Cause, Done, Outcome};
use orders::order_saga::plan::{CHARGE, RESERVE, SHIPMENT};
use service_host::Service;
use store::Work;

/// What becomes of a step's command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Do {
    /// Done, and said so.
    #[default]
    Good,
    /// A business no, with this reason.
    Refuse(&'static str),
    /// Given up after all attempts.
    Exhaust,
    /// Done, but said so only together with the answer to the undo.
    Late,
    /// Lost on the way; comes after the undo.
    Lost,
}

/// What becomes of a step's undo.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Undo {
    /// Undone, and said so.
    #[default]
    Good,
    /// The first one is given up.
    FailOnce,
    /// The parcel is on its way.
    TooLate,
    /// Nothing is said.
    Silent,
}

/// An answer.
#[derive(Clone, Debug)]
enum Say {
    Done,
    Refused(&'static str),
    GivenUp,
    Undone,
    UndoGivenUp,
    UndoRefused,
}

/// What the participants do, order by order.
#[derive(Default)]
pub struct Script(Mutex<HashMap<String, Part>>);

#[derive(Default)]
struct Part {
    dos: HashMap<&'static str, Do>,
    undos: HashMap<&'static str, Undo>,
    twice: HashSet<&'static str>,
    in_effect: HashSet<&'static str>,
    tombstones: HashSet<&'static str>,
    keeps_the_money: bool,
    refund_id: String,
    /// By command id: a handler may be run again before its commit, and then it says the same.
    said: HashMap<String, Vec<Say>>,
    /// (step, undo?) in the order of the commands.
    asked: Vec<(&'static str, bool)>,
}

impl Script {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Part>> {
        self.0.lock().unwrap()
    }

    pub fn on_do(&self, order_id: &str, step: &'static str, what: Do) {
        self.lock().entry(order_id.to_owned()).or_default().dos.insert(step, what);
    }

    pub fn on_undo(&self, order_id: &str, step: &'static str, what: Undo) {
        self.lock().entry(order_id.to_owned()).or_default().undos.insert(step, what);
    }

    /// Every answer about this step comes twice.
    pub fn twice(&self, order_id: &str, step: &'static str) {
        self.lock().entry(order_id.to_owned()).or_default().twice.insert(step);
    }

    /// No money goes back for a return of this order.
    pub fn keep_the_money(&self, order_id: &str) {
        self.lock().entry(order_id.to_owned()).or_default().keeps_the_money = true;
    }

    fn keeps_the_money(&self, order_id: &str) -> bool {
        self.lock().get(order_id).is_some_and(|part| part.keeps_the_money)
    }

    /// The commands that came, with whether they were undos.
    pub fn asked(&self, order_id: &str) -> Vec<(&'static str, bool)> {
        self.lock().get(order_id).map(|part| part.asked.clone()).unwrap_or_default()
    }

    /// The undos that came, in order.
    pub fn undos(&self, order_id: &str) -> Vec<&'static str> {
        self.asked(order_id).into_iter().filter(|(_, undo)| *undo).map(|(step, _)| step).collect()
    }

    /// The steps that are done and not undone, in no order.
    pub fn in_effect(&self, order_id: &str) -> HashSet<&'static str> {
        self.lock().get(order_id).map(|part| part.in_effect.clone()).unwrap_or_default()
    }

    fn answers(&self, order_id: &str, step: &'static str, undo: bool, command_id: &str, refund_id: &str) -> (Vec<Say>, String) {
        let mut parts = self.lock();
        let part = parts.entry(order_id.to_owned()).or_default();
        if !refund_id.is_empty() {
            refund_id.clone_into(&mut part.refund_id);
        }
        if let Some(said) = part.said.get(command_id) {
            return (said.clone(), part.refund_id.clone());
        }
        part.asked.push((step, undo));
        let mut say = if undo { part.undo(step) } else { part.perform(step) };
        if part.twice.contains(step) {
            say = say.iter().flat_map(|it| [it.clone(), it.clone()]).collect();
        }
        part.said.insert(command_id.to_owned(), say.clone());
        (say, part.refund_id.clone())
    }
}

impl Part {
    fn perform(&mut self, step: &'static str) -> Vec<Say> {
        match self.dos.get(step).copied().unwrap_or_default() {
            Do::Good => vec![self.done(step)],
            Do::Refuse(reason) => vec![Say::Refused(reason)],
            Do::Exhaust => vec![Say::GivenUp],
            Do::Late => {
                self.done(step);
                Vec::new()
            }
            Do::Lost => Vec::new(),
        }
    }

    fn done(&mut self, step: &'static str) -> Say {
        if self.tombstones.contains(step) {
            return Say::Refused("undone");
        }
        self.in_effect.insert(step);
        Say::Done
    }

    fn undo(&mut self, step: &'static str) -> Vec<Say> {
        let mut say = Vec::new();
        if self.dos.get(step) == Some(&Do::Late) {
            say.push(Say::Done);
        }
        match self.undos.get(step).copied().unwrap_or_default() {
            Undo::FailOnce => {
                self.undos.remove(step);
                say.push(Say::UndoGivenUp);
                return say;
            }
            Undo::TooLate => {
                say.push(Say::UndoRefused);
                return say;
            }
            Undo::Silent => return say,
            Undo::Good => {}
        }
        self.in_effect.remove(step);
        self.tombstones.insert(step);
        say.push(Say::Undone);
        if self.dos.get(step) == Some(&Do::Lost) {
            say.push(self.done(step));
        }
        say
    }
}

/// The three participants.
pub fn services(script: &Arc<Script>) -> Vec<Service> {
    vec![
        Service::new("inventory")
            .command(step::<inventory::ReserveStock>(script, RESERVE, false))
            .command(step::<inventory::ReleaseStock>(script, RESERVE, true))
            .command(Deduct)
            .command(Return),
        Service::new("payments").command(step::<payments::ChargePayment>(script, CHARGE, false)).command(Refund(script.clone())),
        Service::new("shipping")
            .command(step::<shipping::CreateShipment>(script, SHIPMENT, false))
            .command(step::<shipping::CancelShipment>(script, SHIPMENT, true)),
    ]
}

struct Scripted<T> {
    script: Arc<Script>,
    step: &'static str,
    undo: bool,
    input: PhantomData<fn(T)>,
}

fn step<T>(script: &Arc<Script>, step: &'static str, undo: bool) -> Scripted<T> {
    Scripted { script: script.clone(), step, undo, input: PhantomData }
}

impl<T: Contract> Handler for Scripted<T> {
    type Input = T;

    async fn handle(&self, command: Received<T>, work: &mut Work) -> Outcome {
        let (say, _) = self.script.answers(command.key(), self.step, self.undo, &command.envelope().id, "");
        say.iter().for_each(|it| reply(self.step, it, command.key(), "", command.cause(), work));
        Ok(Done)
    }
}

/// A part of the money goes back for a return; all of it is the undo.
struct Refund(Arc<Script>);

impl Handler for Refund {
    type Input = payments::RefundPayment;

    async fn handle(&self, command: Received<payments::RefundPayment>, work: &mut Work) -> Outcome {
        let (order_id, refund_id) = (command.order_id.clone(), command.refund_id.clone());
        if command.amount.is_some() && self.0.keeps_the_money(&order_id) {
            from_payments(&Say::UndoGivenUp, order_id, &refund_id, command.cause(), work);
            return Ok(Done);
        }
        if command.amount.is_some() {
            let refunded = payments::PaymentRefunded { order_id, refund_id, amount: command.amount.clone(), ..Default::default() };
            work.emit(command.cause(), &refunded);
            return Ok(Done);
        }
        let (say, refund_id) = self.0.answers(&order_id, CHARGE, true, &command.envelope().id, &refund_id);
        say.iter().for_each(|it| reply(CHARGE, it, &order_id, &refund_id, command.cause(), work));
        Ok(Done)
    }
}

struct Deduct;

impl Handler for Deduct {
    type Input = inventory::DeductStock;

    async fn handle(&self, command: Received<inventory::DeductStock>, work: &mut Work) -> Outcome {
        work.emit(command.cause(), &inventory::StockDeducted { order_id: command.order_id.clone(), lines: Vec::new() });
        Ok(Done)
    }
}

struct Return;

impl Handler for Return {
    type Input = inventory::ReturnStock;

    async fn handle(&self, command: Received<inventory::ReturnStock>, work: &mut Work) -> Outcome {
        let (order_id, return_id) = (command.order_id.clone(), command.return_id.clone());
        work.emit(command.cause(), &inventory::StockReturned { order_id, return_id, lines: command.lines.clone() });
        Ok(Done)
    }
}

fn reply(step: &str, say: &Say, order_id: &str, refund_id: &str, cause: &Cause, work: &mut Work) {
    match step {
        RESERVE => from_inventory(say, order_id.to_owned(), cause, work),
        CHARGE => from_payments(say, order_id.to_owned(), refund_id, cause, work),
        _ => from_shipping(say, order_id.to_owned(), cause, work),
    }
}

const ERROR: &str = "4 attempts";

fn from_inventory(say: &Say, order_id: String, cause: &Cause, work: &mut Work) {
    let failed = |command: &str| inventory::InventoryCommandFailed {
        order_id: order_id.clone(),
        command: command.into(),
        error: ERROR.into(),
        ..Default::default()
    };
    match say {
        Say::Done => work.emit(cause, &inventory::StockReserved { order_id, ..Default::default() }),
        Say::Refused(reason) => {
            let (product_id, reason) = ("PROD-002".into(), (*reason).into());
            let refused =
                inventory::StockReservationFailed { order_id, reason, product_id, available: 50, requested: 100, ..Default::default() };
            work.emit(cause, &refused);
        }
        Say::GivenUp => work.emit(cause, &failed("inventory.reserve")),
        Say::Undone => work.emit(cause, &inventory::StockReleased { order_id, ..Default::default() }),
        Say::UndoGivenUp | Say::UndoRefused => work.emit(cause, &failed("inventory.release")),
    }
}

fn from_payments(say: &Say, order_id: String, refund_id: &str, cause: &Cause, work: &mut Work) {
    let failed = |command: &str| payments::PaymentCommandFailed {
        order_id: order_id.clone(),
        command: command.into(),
        error: ERROR.into(),
        refund_id: refund_id.into(),
        ..Default::default()
    };
    match say {
        Say::Done => {
            let amount = Some(Money { minor_units: 1, currency: "CNY".into() });
            work.emit(cause, &payments::PaymentCompleted { order_id, payment_id: "pay-1".into(), amount, ..Default::default() });
        }
        Say::Refused(reason) => work.emit(cause, &payments::PaymentFailed { order_id, reason: (*reason).into(), ..Default::default() }),
        Say::GivenUp => work.emit(cause, &failed("payments.charge")),
        Say::Undone => work.emit(cause, &payments::PaymentRefunded { order_id, refund_id: refund_id.into(), ..Default::default() }),
        Say::UndoGivenUp | Say::UndoRefused => work.emit(cause, &failed("payments.refund")),
    }
}

fn from_shipping(say: &Say, order_id: String, cause: &Cause, work: &mut Work) {
    let failed = |command: &str| shipping::ShipmentCommandFailed {
        order_id: order_id.clone(),
        command: command.into(),
        error: ERROR.into(),
        ..Default::default()
    };
    match say {
        Say::Done => work.emit(cause, &shipping::ShipmentCreated { order_id, shipment_id: "ship-1".into(), ..Default::default() }),
        Say::Refused(reason) => work.emit(cause, &shipping::ShipmentFailed { order_id, reason: (*reason).into(), ..Default::default() }),
        Say::GivenUp => work.emit(cause, &failed("shipping.create_shipment")),
        Say::Undone => work.emit(cause, &shipping::ShipmentCancelled { order_id, ..Default::default() }),
        Say::UndoRefused => {
            work.emit(cause, &shipping::ShipmentCancelRefused { order_id, reason: "dispatched".into(), ..Default::default() });
        }
        Say::UndoGivenUp => work.emit(cause, &failed("shipping.cancel_shipment")),
    }
}
