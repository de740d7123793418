//! Which query is asked when: by share of its kind, the same order for everyone who is asked.

use super::LoadSettings;
use super::client::Target;
use crate::evaluate::Question;
use crate::generate::dice::{Dice, Purpose};
use crate::{Error, Result};

/// Queries of the order before it begins anew, at least.
const ORDER_MIN: usize = 10_000;

/// Requests made beforehand, and the order in which they are sent.
#[derive(Debug)]
pub(super) struct Plan {
    /// The kinds of query, in the order in which they came.
    pub(super) kinds: Vec<String>,
    /// Every different request with its kind.
    pub(super) requests: Vec<(Vec<u8>, usize)>,
    /// Positions in `requests`.
    order: Vec<usize>,
}

impl Plan {
    pub(super) fn new(questions: &[Question], settings: &LoadSettings, target: &Target) -> Result<Plan> {
        let mut plan = Plan { kinds: Vec::new(), requests: Vec::new(), order: Vec::new() };
        let mut of_kind: Vec<Vec<usize>> = Vec::new();
        for question in questions {
            let kind = plan.kinds.iter().position(|kind| *kind == question.kind).unwrap_or_else(|| {
                plan.kinds.push(question.kind.clone());
                of_kind.push(Vec::new());
                plan.kinds.len() - 1
            });
            for typed in typed(&question.query, settings.keystrokes) {
                if let Some(of_kind) = of_kind.get_mut(kind) {
                    of_kind.push(plan.requests.len());
                }
                plan.requests.push((target.request(&typed), kind));
            }
        }
        if plan.requests.is_empty() {
            return Err(Error::usage("there are no queries to ask"));
        }
        let mut dice = Dice::new(settings.seed, Purpose::Asked, 0);
        of_kind.iter_mut().for_each(|requests| shuffle(requests, &mut dice));
        plan.order = match settings.mix.is_empty() {
            true => {
                let mut order: Vec<usize> = (0..plan.requests.len()).collect();
                shuffle(&mut order, &mut dice);
                order
            }
            false => mixed(&plan.kinds, &of_kind, &settings.mix, &mut dice)?,
        };
        Ok(plan)
    }

    /// The request of turn `turn`, with its kind.
    pub(super) fn request(&self, turn: u64) -> Option<(&[u8], usize)> {
        let at = *self.order.get((turn % self.order.len() as u64) as usize)?;
        self.requests.get(at).map(|(request, kind)| (request.as_slice(), *kind))
    }
}

/// What is asked for one query: itself, or each of its beginnings.
fn typed(query: &str, keystrokes: bool) -> Vec<String> {
    if !keystrokes {
        return vec![query.to_owned()];
    }
    let ends = query.char_indices().map(|(at, c)| at + c.len_utf8());
    let beginnings = ends.filter_map(|end| query.get(..end)).filter(|typed| !typed.ends_with(char::is_whitespace));
    beginnings.map(str::to_owned).collect()
}

/// An order in which kinds come by their shares, and the queries of each in turn.
fn mixed(kinds: &[String], of_kind: &[Vec<usize>], mix: &[(String, u64)], dice: &mut Dice) -> Result<Vec<usize>> {
    let mut shares = Vec::new();
    for (name, share) in mix {
        let Some(kind) = kinds.iter().position(|kind| kind == name) else {
            let known = kinds.join(", ");
            return Err(Error::usage(format!("the mix names the kind {name:?}; there are queries of {known}")));
        };
        shares.push((kind, *share));
    }
    let total: u64 = shares.iter().map(|(_, share)| share).sum();
    if total == 0 {
        return Err(Error::usage("the shares of a mix are not all 0"));
    }
    let mut asked = vec![0; kinds.len()];
    let length = ORDER_MIN.max(of_kind.iter().map(Vec::len).sum());
    let mut order = Vec::with_capacity(length);
    while order.len() < length {
        let mut drawn = dice.below(usize::try_from(total).unwrap_or(usize::MAX)) as u64;
        let kind = shares.iter().find(|(_, share)| {
            let here = drawn < *share;
            drawn = drawn.saturating_sub(*share);
            here
        });
        let Some(&(kind, _)) = kind else { break };
        if let (Some(requests), Some(asked)) = (of_kind.get(kind), asked.get_mut(kind)) {
            order.extend(requests.get(*asked % requests.len().max(1)));
            *asked += 1;
        }
    }
    Ok(order)
}

/// Puts `positions` into an order left to chance.
fn shuffle(positions: &mut [usize], dice: &mut Dice) {
    for at in (1..positions.len()).rev() {
        positions.swap(at, dice.below(at + 1));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::load::Pace;
    use crate::remote::{Remote, Trust};

    fn settings(mix: &[(&str, u64)], keystrokes: bool) -> LoadSettings {
        LoadSettings {
            server: Remote::new("http://desk", None, Trust::System).unwrap(),
            connections: 1,
            pace: Pace::Closed,
            duration: Duration::from_secs(1),
            warm_up: Duration::ZERO,
            no_op: false,
            mix: mix.iter().map(|(kind, share)| ((*kind).to_owned(), *share)).collect(),
            keystrokes,
            seed: 1,
        }
    }

    fn plan(mix: &[(&str, u64)], keystrokes: bool) -> Result<Plan> {
        let questions = [("广州酒家", "prefix"), ("gzjj", "initials"), ("zsdx", "initials")];
        let questions = questions.map(|(query, kind)| Question::new(query, "A1", kind).unwrap());
        let settings = settings(mix, keystrokes);
        Plan::new(&questions, &settings, &Target::new(settings.server.clone()).unwrap())
    }

    #[test]
    fn kinds_come_by_their_shares() {
        let plan = plan(&[("prefix", 3), ("initials", 1)], false).unwrap();
        let prefixes = (0..10_000).filter(|turn| plan.request(*turn).unwrap().1 == 0).count();
        assert!((7_300..7_700).contains(&prefixes), "{prefixes}");
        let asked: std::collections::HashSet<&[u8]> = (0..100).map(|turn| plan.request(turn).unwrap().0).collect();
        assert_eq!(asked.len(), 3, "every query of a kind has its turn");
    }

    #[test]
    fn every_beginning_is_asked_where_keystrokes_are() {
        assert_eq!(plan(&[], true).unwrap().requests.len(), 12);
        assert_eq!(plan(&[], false).unwrap().requests.len(), 3);
        assert_eq!(typed("天 fs", true), ["天", "天 f", "天 fs"]);
    }

    #[test]
    fn a_mix_of_what_is_not_there_is_told() {
        let told = plan(&[("pinyin", 1)], false).unwrap_err();
        assert!(told.is_usage() && told.to_string().contains("prefix, initials"), "{told}");
        assert!(plan(&[("prefix", 0)], false).unwrap_err().is_usage());
    }
}
