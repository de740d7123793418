//! Chains and their branches.

use crate::listing::{Alias, AliasKind, Invalid, Listing, ListingId};

use super::brand::Brands;
use super::dice::{Dice, Weighted};
use super::lexicon::chains::CHAIN_GROUPS;
use super::lexicon::trades::TRADES;
use super::lexicon::words;
use super::place::{Area, Places};
use super::{contact, popularity};

/// Chains made by the generator, besides the hand-made ones.
const INVENTED_CHAINS: usize = 500;
/// Categories, from the start of the trades, in which chains are invented.
const INVENTED_CATEGORIES: usize = 3;
/// Of a thousand listings of a chain, how many have a short name or an English one among the aliases,
/// where the chain has such a name.
const ALIAS_PER_MILLE: usize = 200;

struct Chain {
    name: String,
    short: Option<&'static str>,
    english: Option<String>,
    category: &'static str,
    /// How its branches are called after their place.
    branch: Vec<&'static str>,
    lines: Vec<&'static str>,
}

/// All chains, the largest first.
pub(super) struct Chains {
    chains: Vec<Chain>,
    by_size: Weighted,
}

impl Chains {
    /// Reads the hand-made chains and invents the others.
    pub(super) fn new(dice: &mut Dice, brands: &Brands) -> Chains {
        let mut chains = hand_made();
        for _ in 0..INVENTED_CHAINS {
            let Some(trade) = TRADES.get(dice.below(INVENTED_CATEGORIES)) else { continue };
            chains.push(Chain {
                name: format!("{}{}", brands.shop(dice), dice.pick(&words(trade.endings))),
                short: None,
                english: None,
                category: trade.category,
                branch: vec!["店", "店", "分店"],
                lines: words(trade.lines),
            });
        }
        // Zipf's law, flattened at the head: the largest has about 4 % of all branches.
        let by_size = Weighted::new((0..chains.len() as u64).map(|rank| 1_000_000 / (rank + 5)));
        Chains { chains, by_size }
    }

    /// A branch, such as `穗味快餐(天河城店)`.
    pub(super) fn branch(&self, id: ListingId, places: &Places, dice: &mut Dice) -> Result<Option<Listing>, Invalid> {
        let rank = self.by_size.draw(dice);
        let (Some(chain), Some(area)) = (self.chains.get(rank), places.area(dice)) else { return Ok(None) };
        let road = area.road(dice);
        let place = branch_place(area, road, dice);
        let kind = dice.pick(&chain.branch);
        let name = match dice.below(100) {
            0..78 => format!("{}({place}{kind})", chain.name),
            78..86 => format!("{}（{place}{kind}）", chain.name),
            _ => format!("{}{place}{kind}", chain.name),
        };
        let mut listing = Listing::new(id, &name)?;
        if let (Some(short), true) = (chain.short, dice.per_mille(ALIAS_PER_MILLE)) {
            listing.aliases.push(Alias { text: format!("{short}{place}"), kind: AliasKind::Short });
        }
        if let (Some(english), true) = (&chain.english, dice.per_mille(ALIAS_PER_MILLE)) {
            listing.aliases.push(Alias { text: english.clone(), kind: AliasKind::English });
        }
        listing.category = chain.category.to_owned();
        listing.locality = area.name.to_owned();
        listing.address = places.address(area, road, dice);
        listing.phones = contact::phones(&chain.lines, dice);
        let boost = 1 + 40 / (rank as u64 + 4);
        listing.popularity = popularity::calls(popularity::draw_below(popularity::BRANCH_RENOWN, dice) * boost);
        Ok(Some(listing))
    }
}

/// The hand-made chains: the first of each group, then the second of each, and so on.
fn hand_made() -> Vec<Chain> {
    let mut ranked: Vec<(usize, Chain)> = Vec::new();
    for group in CHAIN_GROUPS {
        for (rank, entry) in words(group.chains).into_iter().enumerate() {
            let mut parts = entry.split('/');
            ranked.push((
                rank,
                Chain {
                    name: parts.next().unwrap_or_default().to_owned(),
                    short: parts.next().filter(|&short| short != "-"),
                    english: parts.next().map(|english| english.replace('_', " ")),
                    category: group.category,
                    branch: words(group.branch),
                    lines: words(group.lines),
                },
            ));
        }
    }
    ranked.sort_by_key(|&(rank, _)| rank);
    ranked.into_iter().map(|(_, chain)| chain).collect()
}

/// What a branch is named after: a station or mall, its road, its subdistrict.
fn branch_place<'a>(area: &'a Area, road: &'a str, dice: &mut Dice) -> &'a str {
    match dice.below(100) {
        0..60 => dice.pick(&area.spots),
        60..85 => road,
        85..94 => dice.pick(&area.towns),
        _ => area.short,
    }
}
