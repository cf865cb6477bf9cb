//! A world without store, broker or clock: commands, answers and timers are queues in memory.

use std::collections::VecDeque;

use saga::{Action, Input, Ledger, Plan, State, Timer};

use super::{CUSTOMER_REQUEST, Course, Participant, Scenario, World};

const SAGA: &str = "saga-1";

/// Drives one saga against its participants.
#[derive(Debug)]
pub struct Simulation<P> {
    plan: Plan,
    /// Those who do the steps; to be looked at when it is over.
    pub participant: P,
}

#[derive(Clone, Debug)]
enum Command {
    Do(String),
    Undo(String, u32),
}

/// One run: what is on its way between the saga and its participants.
struct Run<'a, P> {
    plan: &'a Plan,
    participant: &'a mut P,
    scenario: &'a Scenario,
    ledger: Ledger,
    now_us: i64,
    commands: VecDeque<Command>,
    answers: VecDeque<Input>,
    timers: Vec<(i64, Timer)>,
    held_back: Option<Command>,
    /// What of the repeated step was sent, for the last repetition.
    sent: Vec<Command>,
}

impl<P: Participant> Simulation<P> {
    /// A simulation of that plan.
    pub fn new(plan: Plan, participant: P) -> Self {
        Self { plan, participant }
    }

    /// Runs one saga under the scenario; the ledger as it stood at each end.
    pub fn run_once(&mut self, scenario: &Scenario) -> Vec<Ledger> {
        let (ledger, actions) = Ledger::start(&self.plan, SAGA, 0);
        let mut run = Run {
            plan: &self.plan,
            participant: &mut self.participant,
            scenario,
            ledger,
            now_us: 0,
            commands: VecDeque::new(),
            answers: VecDeque::new(),
            timers: Vec::new(),
            held_back: None,
            sent: Vec::new(),
        };
        run.carry_out(actions);
        run.until_the_last_end()
    }
}

impl<P: Participant> World for Simulation<P> {
    async fn run(&mut self, scenario: &Scenario) -> Vec<Ledger> {
        self.run_once(scenario)
    }

    async fn audit(&mut self, in_effect: &[&str]) {
        self.participant.audit(in_effect);
    }
}

impl<P: Participant> Run<'_, P> {
    fn until_the_last_end(mut self) -> Vec<Ledger> {
        let mut ends = Vec::new();
        loop {
            self.settle();
            ends.push(self.ledger.clone());
            let cancel = self.scenario.course == Course::CancelledWhenComplete;
            match self.ledger.state {
                State::Completed if cancel => self.feed(Input::cancel(CUSTOMER_REQUEST)),
                // One retry is enough here; a second end of this kind is for the expectation to refuse.
                State::CompensationFailed if ends.len() < 4 => self.feed(Input::Retry),
                _ => break,
            }
        }
        let before = self.ledger.clone();
        self.commands.extend(std::mem::take(&mut self.sent));
        self.settle();
        assert_eq!(self.ledger, before, "{}: a repetition after the end was not ignored", self.scenario);
        ends
    }

    /// Lets everything arrive. When nothing is on its way and the saga still waits, the next timer is due.
    fn settle(&mut self) {
        loop {
            if let Some(answer) = self.answers.pop_front() {
                self.feed(answer);
            } else if let Some(command) = self.commands.pop_front() {
                self.deliver(&command);
            } else if let Some(next) = (0..self.timers.len()).min_by_key(|at| self.timers[*at].0) {
                let (due_us, timer) = self.timers.swap_remove(next);
                self.now_us = self.now_us.max(due_us);
                self.feed(Input::TimerFired { timer });
            } else {
                break;
            }
        }
    }

    fn feed(&mut self, input: Input) {
        self.now_us += 1;
        let actions = self.ledger.on(self.plan, input, self.now_us);
        self.carry_out(actions);
    }

    fn carry_out(&mut self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Do { step, .. } => self.send(Command::Do(step)),
                Action::Undo { step, attempt } => self.send(Command::Undo(step, attempt)),
                Action::ArmTimer { timer, due_us } => self.timers.push((due_us, timer)),
                Action::CancelTimer { timer } => self.timers.retain(|(_, it)| *it != timer),
                Action::Completed
                | Action::Compensated { .. }
                | Action::CompensationFailed { .. }
                | Action::TurnedForward { .. }
                | Action::Ignored { .. } => {}
            }
        }
    }

    fn send(&mut self, command: Command) {
        let (Command::Do(step) | Command::Undo(step, _)) = &command;
        if self.scenario.repeated == Some(step.as_str()) {
            self.commands.push_back(command.clone());
            self.sent.push(command.clone());
        }
        self.commands.push_back(command);
    }

    fn deliver(&mut self, command: &Command) {
        match command {
            Command::Do(step) => self.deliver_do(step),
            Command::Undo(step, attempt) => self.deliver_undo(step, *attempt),
        }
    }

    fn deliver_do(&mut self, step: &str) {
        let course = self.scenario.course;
        let waits = self.ledger.current().is_some_and(|it| it.name == step && it.undo.is_none());
        if matches!(course, Course::Refused(at) if at == step) {
            return self.answers.push_back(Input::failed(step, "injected", format!("{step} refused")));
        }
        if matches!(course, Course::CommandLate(at) if at == step) && waits {
            self.held_back = Some(Command::Do(step.to_owned()));
            return;
        }
        let answer = match self.participant.perform(SAGA, step) {
            Ok(()) => Input::done(step),
            Err(refusal) => Input::failed(step, refusal.reason, refusal.error),
        };
        match course {
            Course::AnswerLate(at) if at == step && waits => return, // the undo's delivery brings it
            Course::CancelledDuring(at) if at == step => self.answers.push_back(Input::cancel(CUSTOMER_REQUEST)),
            _ => {}
        }
        self.answers.push_back(answer);
    }

    fn deliver_undo(&mut self, step: &str, attempt: u32) {
        if matches!(self.scenario.course, Course::AnswerLate(at) if at == step) {
            self.answers.push_back(Input::done(step));
        }
        let fails = self.scenario.undo_fails == Some(step) && attempt == 1;
        let undone = if fails { Err(format!("undo of {step} refused")) } else { self.participant.undo(SAGA, step) };
        self.answers.push_back(match undone {
            Ok(()) => Input::undone(step),
            Err(error) => Input::undo_failed(step, error),
        });
        self.commands.extend(self.held_back.take());
    }
}
