//! The tree of what followed from one request, made of messages that name their causes.

use std::collections::HashMap;

use catalogue::events::v1::{ConversationNode, Event};

/// As deep as a reader's Protobuf limit of 100 leaves room for an event's own data.
const DEPTH: usize = 64;

/// A tree, and whether something had to be left out of it.
pub(crate) struct Tree {
    pub(crate) roots: Vec<ConversationNode>,
    pub(crate) cut: bool,
}

/// Hangs each event under its cause. One whose cause is not here is a root; what stands too deep is left out. Events keep their order.
pub(crate) fn tree(events: Vec<Event>) -> Tree {
    let at: HashMap<String, usize> = events.iter().enumerate().map(|(at, event)| (event.id.clone(), at)).collect();
    let parents: Vec<Option<usize>> = events.iter().enumerate().map(|(child, event)| parent(child, event, &at)).collect();
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); events.len()];
    for (child, parent) in parents.iter().enumerate() {
        if let Some(parent) = parent {
            children[*parent].push(child);
        }
    }
    let mut depth: Vec<Option<usize>> = vec![None; events.len()];
    let mut roots = Vec::new();
    let mut order = Vec::with_capacity(events.len());
    let begins = (0..events.len()).filter(|at| parents[*at].is_none());
    // A circle has no beginning: its first message is made one. Nobody writes such messages but by hand.
    for begin in begins.chain(0..events.len()) {
        if depth[begin].is_some() {
            continue;
        }
        roots.push(begin);
        depth[begin] = Some(1);
        let mut open = vec![begin];
        while let Some(next) = open.pop() {
            order.push(next);
            for child in &children[next] {
                if depth[*child].is_none() {
                    depth[*child] = depth[next].map(|depth| depth + 1);
                    open.push(*child);
                }
            }
        }
    }
    build(events, &roots, &order, &parents, &depth)
}

fn parent(child: usize, event: &Event, at: &HashMap<String, usize>) -> Option<usize> {
    at.get(&event.causation_id).copied().filter(|parent| *parent != child)
}

/// From the leaves up: whoever comes later in `order` is complete before its parent is asked for. Siblings were put on a stack, so that
/// backwards they come in the order given.
fn build(events: Vec<Event>, roots: &[usize], order: &[usize], parents: &[Option<usize>], depth: &[Option<usize>]) -> Tree {
    let mut nodes: Vec<Option<ConversationNode>> =
        events.into_iter().map(|event| Some(ConversationNode { event: Some(event), children: Vec::new() })).collect();
    let mut cut = false;
    for at in order.iter().rev() {
        if depth[*at] == Some(1) {
            continue;
        }
        let Some(node) = nodes[*at].take() else { continue };
        if depth[*at].is_none_or(|depth| depth > DEPTH) {
            cut = true;
            continue;
        }
        if let Some(parent) = parents[*at].and_then(|parent| nodes[parent].as_mut()) {
            parent.children.push(node);
        }
    }
    Tree { roots: roots.iter().filter_map(|root| nodes[*root].take()).collect(), cut }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: &str, cause: &str) -> Event {
        Event { id: id.to_owned(), causation_id: cause.to_owned(), ..Event::default() }
    }

    /// `a(b c)`
    fn drawn(nodes: &[ConversationNode]) -> String {
        let one = |node: &ConversationNode| {
            let id = &node.event.as_ref().unwrap().id;
            if node.children.is_empty() { id.clone() } else { format!("{id}({})", drawn(&node.children)) }
        };
        nodes.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    fn tree_of(events: &[(&str, &str)]) -> Tree {
        tree(events.iter().map(|(id, cause)| event(id, cause)).collect())
    }

    #[test]
    fn each_event_hangs_under_its_cause_in_the_order_given() {
        assert_eq!(drawn(&tree_of(&[("a", ""), ("b", "a"), ("c", "a"), ("d", "b"), ("e", "a")]).roots), "a(b(d) c e)");
        // Clocks differ: an effect may seem older than its cause.
        assert_eq!(drawn(&tree_of(&[("b", "a"), ("a", ""), ("c", "a")]).roots), "a(b c)");
    }

    #[test]
    fn an_unknown_cause_makes_a_root() {
        assert_eq!(drawn(&tree_of(&[("a", ""), ("x", "lost"), ("b", "a")]).roots), "a(b) x");
    }

    #[test]
    fn circles_are_shown_once() {
        assert_eq!(drawn(&tree_of(&[("a", "b"), ("b", "a"), ("c", "b")]).roots), "a(b(c))");
        assert_eq!(drawn(&tree_of(&[("a", "a")]).roots), "a");
    }

    #[test]
    fn what_is_too_deep_is_cut_and_said() {
        let chain = |length: usize| {
            let id = |at: usize| format!("e{at}");
            tree((0..length).map(|at| event(&id(at), &if at == 0 { String::new() } else { id(at - 1) })).collect())
        };
        assert!(!chain(DEPTH).cut);
        let cut = chain(DEPTH + 2);
        assert!(cut.cut);
        assert!(drawn(&cut.roots).contains("e63") && !drawn(&cut.roots).contains("e64"));
        // A long chain ends in no stack overflow.
        assert!(chain(100_000).cut);
    }
}
