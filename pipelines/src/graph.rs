//! Orders of a graph given as plain positions. The only file that knows petgraph.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, VecDeque};

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;

/// The nodes wait for each other in a circle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a cycle through {} nodes", path.len().saturating_sub(1))]
pub struct Cycle {
    /// Positions along the edges; the first one is repeated at the end, and it is the smallest of the circle.
    pub path: Vec<usize>,
}

/// Positions `0..nodes` in an order in which every edge `(before, after)` goes forward.
///
/// Among the nodes that could come next the smallest position comes first, so equal input gives an
/// equal order. Edges that name a position outside `0..nodes` are left out. Costs O((n + e) log n).
///
/// # Errors
/// A shortest cycle through the smallest position that lies on any cycle.
pub fn order(nodes: usize, edges: &[(usize, usize)]) -> Result<Vec<usize>, Cycle> {
    let graph = build(nodes, edges);
    let mut waits_for: Vec<usize> = vec![0; nodes];
    for edge in graph.edge_references() {
        waits_for[edge.target().index()] += 1;
    }
    let mut ready: BinaryHeap<Reverse<usize>> =
        waits_for.iter().enumerate().filter(|(_, count)| **count == 0).map(|(node, _)| Reverse(node)).collect();
    let mut order = Vec::with_capacity(nodes);
    while let Some(Reverse(node)) = ready.pop() {
        order.push(node);
        for edge in graph.edges(NodeIndex::new(node)) {
            let after = edge.target().index();
            waits_for[after] -= 1;
            if waits_for[after] == 0 {
                ready.push(Reverse(after));
            }
        }
    }
    if order.len() == nodes { Ok(order) } else { Err(Cycle { path: shortest_cycle(&graph) }) }
}

fn build(nodes: usize, edges: &[(usize, usize)]) -> DiGraph<(), ()> {
    let mut graph = DiGraph::with_capacity(nodes, edges.len());
    for _ in 0..nodes {
        graph.add_node(());
    }
    let distinct: BTreeSet<(usize, usize)> = edges.iter().copied().filter(|(from, to)| *from < nodes && *to < nodes).collect();
    for (from, to) in distinct {
        graph.add_edge(NodeIndex::new(from), NodeIndex::new(to), ());
    }
    graph
}

/// Empty only for a graph without a cycle.
fn shortest_cycle(graph: &DiGraph<(), ()>) -> Vec<usize> {
    let on_cycle = tarjan_scc(graph)
        .into_iter()
        .filter(|component| component.len() > 1 || component.iter().any(|node| graph.contains_edge(*node, *node)))
        .flatten()
        .map(NodeIndex::index)
        .min();
    let Some(first) = on_cycle else { return Vec::new() };
    let mut came_from: Vec<Option<usize>> = vec![None; graph.node_count()];
    let mut queue = VecDeque::from([first]);
    while let Some(node) = queue.pop_front() {
        let mut next: Vec<usize> = graph.neighbors(NodeIndex::new(node)).map(NodeIndex::index).collect();
        next.sort_unstable();
        for after in next {
            if after == first {
                return path_back(&came_from, first, node);
            }
            if came_from[after].is_none() {
                came_from[after] = Some(node);
                queue.push_back(after);
            }
        }
    }
    Vec::new()
}

fn path_back(came_from: &[Option<usize>], first: usize, last: usize) -> Vec<usize> {
    let mut path = vec![first];
    let mut node = last;
    while node != first {
        path.push(node);
        match came_from[node] {
            Some(before) => node = before,
            None => break,
        }
    }
    path.push(first);
    path.reverse();
    path
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn order_follows_the_edges_and_breaks_ties_by_position() {
        assert_eq!(order(0, &[]), Ok(vec![]));
        assert_eq!(order(4, &[]), Ok(vec![0, 1, 2, 3]));
        assert_eq!(order(5, &[(4, 0), (3, 1)]), Ok(vec![2, 3, 1, 4, 0]));
    }

    #[test]
    fn a_doubled_edge_counts_once_and_a_foreign_one_not_at_all() {
        assert_eq!(order(2, &[(1, 0), (1, 0), (7, 0), (0, 9)]), Ok(vec![1, 0]));
    }

    #[test]
    fn a_cycle_is_the_shortest_one_through_its_smallest_node() {
        let edges = [(0, 1), (1, 2), (2, 3), (3, 1), (3, 4), (2, 1)];
        assert_eq!(order(5, &edges), Err(Cycle { path: vec![1, 2, 1] }));
        assert_eq!(order(2, &[(1, 1)]), Err(Cycle { path: vec![1, 1] }));
        assert_eq!(order(3, &[(0, 1), (1, 2), (2, 0)]), Err(Cycle { path: vec![0, 1, 2, 0] }));
    }

    #[test]
    fn four_thousand_nodes_in_a_row_are_ordered() {
        let edges: Vec<_> = (1..4000).map(|node| (node, node - 1)).collect();
        let expected: Vec<_> = (0..4000).rev().collect();
        assert_eq!(order(4000, &edges), Ok(expected));
    }

    proptest! {
        #[test]
        fn every_graph_gives_an_order_or_a_true_cycle(nodes in 1usize..12, edges in prop::collection::vec((0usize..12, 0usize..12), 0..24)) {
            let known = |edge: &(usize, usize)| edge.0 < nodes && edge.1 < nodes;
            match order(nodes, &edges) {
                Ok(order) => {
                    let place = |node| order.iter().position(|other| *other == node).unwrap();
                    prop_assert_eq!(order.len(), nodes);
                    for (before, after) in edges.iter().filter(|edge| known(edge)) {
                        prop_assert!(place(*before) < place(*after));
                    }
                }
                Err(Cycle { path }) => {
                    prop_assert!(path.len() >= 2);
                    prop_assert_eq!(path.first(), path.last());
                    for pair in path.windows(2) {
                        prop_assert!(edges.contains(&(pair[0], pair[1])), "no edge {:?}", pair);
                    }
                }
            }
        }
    }
}
