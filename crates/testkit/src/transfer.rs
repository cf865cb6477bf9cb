//! The second saga of the test kit: money from one account to another, all or nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use saga::{Plan, Step};

use crate::saga_suite::{Participant, Refusal};

/// Debit one account, then credit the other; each is taken back by its undo.
pub fn plan() -> Plan {
    let wait = Duration::from_secs(30);
    let debit = Step::new("debit", wait, "debit_timeout");
    let credit = Step::new("credit", wait, "credit_timeout");
    Plan::new("transfer", Duration::from_secs(300)).step(debit).step(credit)
}

/// Who pays whom, and how much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// The account that is debited.
    pub from: String,
    /// The account that is credited.
    pub to: String,
    /// Minor units, above zero.
    pub amount: i64,
}

/// Accounts that take part in transfers. Pure: a service would keep the same in tables.
#[derive(Clone, Debug)]
pub struct Bank {
    balances: BTreeMap<String, i64>,
    transfer: Transfer,
    opening: BTreeMap<String, i64>,
    /// (saga, step) to what became of it. This is what makes repeats and late commands harmless.
    legs: BTreeMap<(String, String), Leg>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leg {
    Booked,
    /// Taken back, or never to be booked.
    Tombstone,
}

impl Bank {
    /// A bank with these accounts (minor units) and one transfer to make.
    pub fn new(accounts: &[(&str, i64)], transfer: Transfer) -> Self {
        let balances: BTreeMap<_, _> = accounts.iter().map(|(name, balance)| ((*name).to_owned(), *balance)).collect();
        Self { opening: balances.clone(), balances, transfer, legs: BTreeMap::new() }
    }

    /// What is in the account, in minor units; `None` if there is none.
    pub fn balance(&self, account: &str) -> Option<i64> {
        self.balances.get(account).copied()
    }

    /// What a step does: the account, and by how much it changes.
    fn booking(&self, step: &str) -> (String, i64) {
        match step {
            "debit" => (self.transfer.from.clone(), -self.transfer.amount),
            _ => (self.transfer.to.clone(), self.transfer.amount),
        }
    }

    fn book(&mut self, account: &str, change: i64) -> Result<(), Refusal> {
        let Some(balance) = self.balances.get_mut(account) else {
            return Err(Refusal { reason: "account_not_found".into(), error: format!("there is no account {account}") });
        };
        if *balance + change < 0 {
            let error = format!("{account} has {balance} of {}", -change);
            return Err(Refusal { reason: "insufficient_funds".into(), error });
        }
        *balance += change;
        Ok(())
    }
}

impl Participant for Bank {
    fn perform(&mut self, saga: &str, step: &str) -> Result<(), Refusal> {
        let leg = (saga.to_owned(), step.to_owned());
        match self.legs.get(&leg) {
            Some(Leg::Booked) => return Ok(()),
            Some(Leg::Tombstone) => return Err(Refusal { reason: "undone".into(), error: format!("{step} was taken back before") }),
            None => {}
        }
        let (account, change) = self.booking(step);
        self.book(&account, change)?;
        self.legs.insert(leg, Leg::Booked);
        Ok(())
    }

    fn undo(&mut self, saga: &str, step: &str) -> Result<(), String> {
        let leg = (saga.to_owned(), step.to_owned());
        if self.legs.get(&leg) == Some(&Leg::Booked) {
            let (account, change) = self.booking(step);
            self.book(&account, -change).map_err(|refusal| refusal.error)?;
        }
        self.legs.insert(leg, Leg::Tombstone);
        Ok(())
    }

    fn audit(&self, in_effect: &[&str]) {
        let mut expected = self.opening.clone();
        for step in in_effect {
            let (account, change) = self.booking(step);
            *expected.entry(account).or_default() += change;
        }
        assert_eq!(self.balances, expected, "balances with {in_effect:?} in effect");
        let all_or_nothing = self.balances.values().sum::<i64>() == self.opening.values().sum::<i64>();
        assert!(all_or_nothing, "money made or lost: {:?}", self.balances);
    }
}

#[cfg(test)]
mod tests {
    use saga::State;

    use super::*;
    use crate::saga_suite::{Course, Scenario, Simulation, under_injections};

    const PLAIN: Scenario = Scenario { course: Course::Completes, undo_fails: None, repeated: None };

    fn transfer(from: &str, to: &str) -> Transfer {
        Transfer { from: from.into(), to: to.into(), amount: 100 }
    }

    fn run(accounts: &[(&str, i64)], transfer: Transfer, scenario: &Scenario) -> (saga::Ledger, Bank) {
        let mut simulation = Simulation::new(plan(), Bank::new(accounts, transfer));
        let ends = simulation.run_once(scenario);
        (ends.last().cloned().expect("it comes to an end"), simulation.participant)
    }

    #[test]
    fn a_transfer_is_all_or_nothing_under_every_injection() {
        under_injections(&plan(), || Bank::new(&[("A", 100), ("B", 0)], transfer("A", "B")));
    }

    #[test]
    fn a_hundred_goes_from_one_account_to_the_other() {
        let (ledger, bank) = run(&[("A", 150), ("B", 7)], transfer("A", "B"), &PLAIN);
        assert_eq!((ledger.state, bank.balance("A"), bank.balance("B")), (State::Completed, Some(50), Some(107)));
    }

    #[test]
    fn without_the_money_nothing_moves() {
        let (ledger, bank) = run(&[("A", 99), ("B", 7)], transfer("A", "B"), &PLAIN);
        assert_eq!((ledger.state, ledger.reason.as_deref()), (State::Compensated, Some("insufficient_funds")));
        assert_eq!((bank.balance("A"), bank.balance("B")), (Some(99), Some(7)));
    }

    #[test]
    fn money_for_nobody_comes_back() {
        let (ledger, bank) = run(&[("A", 150)], transfer("A", "nobody"), &PLAIN);
        assert_eq!((ledger.state, ledger.reason.as_deref()), (State::Compensated, Some("account_not_found")));
        assert_eq!(ledger.error.as_deref(), Some("there is no account nobody"));
        assert_eq!(bank.balance("A"), Some(150));
    }
}
