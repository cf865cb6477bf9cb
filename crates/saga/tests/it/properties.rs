//! What holds whatever comes, in whatever order, however often.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;
use saga::{Action, Input, Ledger, Plan, State, Step, StepState, Timer};

const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];

fn plans() -> impl Strategy<Value = Plan> {
    let flags = (any::<bool>(), any::<bool>(), prop::bool::weighted(0.8));
    prop::collection::vec(flags, 0..=NAMES.len()).prop_map(|steps| {
        let wait = Duration::from_secs(5);
        NAMES.iter().zip(steps).fold(Plan::new("p", wait * 9), |plan, (name, (timed, undo_timed, undoable))| {
            let step = Step::new(name, wait, "late");
            plan.step(Step { undoable, timeout: timed.then_some(wait), undo_timeout: undo_timed.then_some(wait), ..step })
        })
    })
}

/// Either something that fits the present state (so that runs get somewhere), or anything.
#[derive(Clone, Debug)]
enum Stimulus {
    Fitting(u8),
    Armed(prop::sample::Index),
    Any(Input),
    Again,
}

fn stimuli() -> impl Strategy<Value = Vec<Stimulus>> {
    let step = prop::sample::select(vec!["a", "b", "c", "d", "e", "unknown"]).prop_map(str::to_owned);
    let text = || "why".to_owned();
    let timer = (step.clone(), 1..4_u32, any::<bool>()).prop_map(|(step, attempt, forward)| match forward {
        true => Timer::Do { step, attempt },
        false => Timer::Undo { step, attempt },
    });
    let any_input = prop_oneof![
        Just(Input::Start),
        step.clone().prop_map(Input::done),
        step.clone().prop_map(move |step| Input::failed(step, text(), text())),
        step.clone().prop_map(move |step| Input::StepUncertain { step, reason: text(), error: text() }),
        step.clone().prop_map(Input::undone),
        step.clone().prop_map(move |step| Input::undo_failed(step, text())),
        step.prop_map(move |step| Input::undo_refused(step, text())),
        timer.prop_map(|timer| Input::TimerFired { timer }),
        Just(Input::TimerFired { timer: Timer::Saga }),
        Just(Input::cancel("customer_request")),
        Just(Input::Retry),
    ];
    let one = prop_oneof![
        4 => any::<u8>().prop_map(Stimulus::Fitting),
        1 => any::<prop::sample::Index>().prop_map(Stimulus::Armed),
        3 => any_input.prop_map(Stimulus::Any),
        1 => Just(Stimulus::Again),
    ];
    prop::collection::vec(one, 0..40)
}

fn fitting(ledger: &Ledger, pick: u8) -> Option<Input> {
    let Some(record) = ledger.current() else {
        return match ledger.state {
            State::Completed if pick < 80 => Some(Input::cancel("customer_request")),
            State::CompensationFailed => Some(Input::Retry),
            _ => None,
        };
    };
    let step = record.name.clone();
    Some(match (record.state, pick) {
        (StepState::Running, 0..200) => Input::done(step),
        (StepState::Running, _) => Input::failed(step, "refused", "refused"),
        (_, 0..180) => Input::undone(step),
        (_, 180..215) => Input::undo_refused(step, "too late"),
        (_, _) => Input::undo_failed(step, "undo refused"),
    })
}

/// What an onlooker knows from inputs and actions alone.
#[derive(Default)]
struct Onlooker {
    armed: BTreeSet<Timer>,
    asked: Vec<String>,
    refused: BTreeSet<String>,
    turned_back: bool,
    /// Some undo has succeeded or was given up.
    undone: bool,
    /// Steps whose undo was asked for in this round of undoing.
    round: Vec<usize>,
}

impl Onlooker {
    fn watch(&mut self, plan: &Plan, state: State, actions: &[Action]) {
        let place = |step: &str| plan.steps.iter().position(|it| it.name == step).expect("a step of the plan");
        for action in actions {
            match action {
                Action::Do { step, attempt } => {
                    assert!(!self.turned_back, "{step} done after compensation began");
                    assert_eq!((place(step), *attempt), (self.asked.len(), 1), "steps are done once, in order");
                    self.asked.push(step.clone());
                }
                Action::Undo { step, .. } => {
                    self.turned_back = true;
                    assert!(self.asked.contains(step) && !self.refused.contains(step), "{step} undone, which cannot have happened");
                    assert!(plan.steps[place(step)].undoable, "{step} has no undo");
                    assert!(self.round.last().is_none_or(|last| place(step) < *last), "{step} undone out of order");
                    self.round.push(place(step));
                }
                Action::ArmTimer { timer, .. } => assert!(self.armed.insert(timer.clone()), "{timer} armed twice"),
                Action::CancelTimer { timer } => assert!(self.armed.remove(timer), "{timer} cancelled but not armed"),
                Action::Compensated { .. } | Action::CompensationFailed { .. } => self.turned_back = true,
                Action::TurnedForward { .. } => {
                    assert!(!self.undone, "forward again after something was undone");
                    self.turned_back = false;
                    self.round.clear();
                }
                Action::Completed | Action::Ignored { .. } => {}
            }
        }
        assert!(!state.is_terminal() || self.armed.is_empty(), "left at the end: {:?}", self.armed);
    }
}

fn ends(actions: &[Action]) -> Vec<State> {
    let end = |action: &Action| match action {
        Action::Completed => Some(State::Completed),
        Action::Compensated { .. } => Some(State::Compensated),
        Action::CompensationFailed { .. } => Some(State::CompensationFailed),
        _ => None,
    };
    actions.iter().filter_map(end).collect()
}

fn feed(plan: &Plan, ledger: &mut Ledger, onlooker: &mut Onlooker, input: Input, now_us: i64) {
    let before = ledger.clone();
    let fires = match &input {
        Input::TimerFired { timer } => onlooker.armed.remove(timer),
        _ => false,
    };
    let actions = ledger.on(plan, input.clone(), now_us);
    let ignored = actions.iter().any(|it| matches!(it, Action::Ignored { .. }));
    assert!(!(fires && ignored), "an armed timer must count: {input:?}");
    if ignored {
        assert_eq!((actions.len(), &*ledger), (1, &before), "an ignored input changes nothing");
        return;
    }
    assert_eq!((ledger.version, ledger.updated_at_us), (before.version + 1, now_us));
    match &input {
        Input::StepFailed { step, .. } => _ = onlooker.refused.insert(step.clone()),
        Input::Retry => onlooker.round.clear(),
        Input::UndoDone { .. } | Input::UndoFailed { .. } | Input::TimerFired { timer: Timer::Undo { .. } } => onlooker.undone = true,
        _ => {}
    }
    onlooker.watch(plan, ledger.state, &actions);

    if before.state.is_terminal() && ledger.state != before.state {
        let way_out = matches!(
            (before.state, &input),
            (State::Completed, Input::Cancel { .. }) | (State::CompensationFailed, Input::Retry | Input::UndoDone { .. })
        );
        assert!(way_out, "{:?} left by {input:?}", before.state);
    }
    let forward = actions.iter().any(|it| matches!(it, Action::TurnedForward { .. }));
    // A completed saga whose cancellation came too late stays what it was announced to be.
    let stays = forward && before.completed_at_us.is_some();
    let entered = ledger.state.is_terminal() && (ledger.state != before.state || input == Input::Retry) && !stays;
    assert_eq!(ends(&actions), if entered { vec![ledger.state] } else { vec![] }, "each end is announced once");
    assert!(forward || before.error.is_none() || ledger.error == before.error, "the first error stays");
    assert!(forward || before.reason.is_none() || ledger.reason == before.reason, "the first reason stays");

    let moving = ledger.steps.iter().filter(|it| matches!(it.state, StepState::Running | StepState::Undoing)).count();
    assert_eq!(moving, usize::from(!ledger.state.is_terminal()), "one step at a time, and none at the end");
    assert_eq!(ledger.armed.iter().cloned().collect::<BTreeSet<_>>(), onlooker.armed);
    let stored = serde_json::to_string(&ledger).expect("a ledger is JSON");
    assert_eq!(serde_json::from_str::<Ledger>(&stored).expect("and back"), *ledger);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_of_inputs_keeps_the_promises_and_good_answers_end_it(plan in plans(), stimuli in stimuli()) {
        let mut onlooker = Onlooker::default();
        let (mut ledger, actions) = Ledger::start(&plan, "s-1", 0);
        onlooker.watch(&plan, ledger.state, &actions);
        let mut now_us = 0;
        let mut last = Input::Start;
        for stimulus in stimuli {
            now_us += 1;
            let input = match stimulus {
                Stimulus::Fitting(pick) => fitting(&ledger, pick).unwrap_or(Input::Start),
                Stimulus::Armed(pick) if !ledger.armed.is_empty() => Input::TimerFired { timer: pick.get(&ledger.armed).clone() },
                Stimulus::Armed(_) => Input::TimerFired { timer: Timer::Saga },
                Stimulus::Any(input) => input,
                Stimulus::Again => {
                    let before = ledger.clone();
                    prop_assert!(matches!(ledger.on(&plan, last.clone(), now_us)[..], [Action::Ignored { .. }]), "{last:?} counted twice");
                    prop_assert_eq!(&before, &ledger);
                    continue;
                }
            };
            feed(&plan, &mut ledger, &mut onlooker, input.clone(), now_us);
            last = input;
        }
        for _ in 0..=2 * plan.steps.len() {
            let Some(input) = ledger.current().and_then(|_| fitting(&ledger, 0)) else { break };
            now_us += 1;
            feed(&plan, &mut ledger, &mut onlooker, input, now_us);
        }
        prop_assert!(ledger.state.is_terminal(), "good answers end it: {ledger:?}");
    }
}
