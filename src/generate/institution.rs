//! Institutions: the well-known ones of the lexicon, one of each kind per district and subdistrict, numbered
//! schools, and as many invented ones as the rows need.

use crate::listing::{Alias, AliasKind, Phone};

use super::brand::Brands;
use super::contact;
use super::dice::{Dice, Weighted};
use super::lexicon::institutions::{
    CITY_SCHOOLS, DISTRICT_SCHOOLS, HEADS, Head, Kind, OF_DISTRICT, OF_TOWN, OPEN_ENDED,
};
use super::lexicon::words;
use super::place::{Area, Places};

/// Calls a week, in hundredths, that the best-known institution has by being known; the nth has an nth of it.
const HEAD_REACH: u64 = 5_000_000;
/// The same for any institution of a district, subdistrict or number.
const LOCAL_REACH: u64 = 3_000;
/// The same for an invented one.
const OPEN_REACH: u64 = 800;

/// The head of a caption set.
pub(super) struct Institution<'a> {
    pub(super) kind: Kind,
    pub(super) name: String,
    /// Names it is asked for by, the one departments are asked for with first.
    pub(super) aliases: Vec<Alias>,
    pub(super) english: Option<String>,
    pub(super) area: &'a Area,
    pub(super) address: String,
    /// The switchboard first.
    pub(super) phones: Vec<Phone>,
    /// Calls a week in hundredths that it has by being known.
    pub(super) reach: u64,
    /// Where in the table of its kind its departments start.
    pub(super) first_department: usize,
}

/// An institution there is one of.
struct Local {
    kind: Kind,
    area: usize,
    name: String,
    alias: Option<Alias>,
}

/// All institutions but the invented ones, which are drawn when they are needed.
pub(super) struct Institutions {
    /// In an order that depends on the seed.
    locals: Vec<Local>,
    open_ended: Weighted,
}

impl Institutions {
    /// Lists the institutions there is one of.
    pub(super) fn new(dice: &mut Dice, places: &Places) -> Institutions {
        let mut locals = Vec::new();
        for (index, area) in places.areas.iter().enumerate() {
            add_locals(&mut locals, index, area);
        }
        for number in 1..=CITY_SCHOOLS {
            let spoken = Alias { text: format!("{}中", numeral(number)), kind: AliasKind::Short };
            let name = format!("广州市第{}中学", numeral(number));
            let area = dice.below(places.areas.len());
            locals.push(Local { kind: Kind::School, area, name, alias: Some(spoken) });
        }
        // Fisher and Yates's shuffle.
        for end in (1..locals.len()).rev() {
            locals.swap(end, dice.below(end + 1));
        }
        Institutions { locals, open_ended: Weighted::new(OPEN_ENDED.iter().map(|&(_, weight, _)| weight)) }
    }

    /// Whether the block's caption set is one of the well-known institutions: every other one, until they
    /// are used up.
    pub(super) fn is_head(&self, block: u64) -> bool {
        block.is_multiple_of(2) && block / 2 < HEADS.len() as u64
    }

    /// The institution that opens a block.
    pub(super) fn of_block<'a>(
        &self,
        block: u64,
        places: &'a Places,
        brands: &Brands,
        dice: &mut Dice,
    ) -> Option<Institution<'a>> {
        if self.is_head(block) {
            let rank = block / 2;
            return Some(well_known(HEADS.get(rank as usize)?, rank, places, dice)?.reached(dice));
        }
        let heads = HEADS.len() as u64;
        let nth = if block / 2 < heads { block / 2 } else { block - heads };
        let institution = match self.locals.get(nth as usize) {
            Some(local) => named(local.kind, local.name.clone(), places.areas.get(local.area)?, dice)
                .with_alias(local.alias.clone())
                .with_reach(LOCAL_REACH),
            None => self.invented(places, brands, dice)?,
        };
        Some(institution.reached(dice))
    }

    fn invented<'a>(&self, places: &'a Places, brands: &Brands, dice: &mut Dice) -> Option<Institution<'a>> {
        let &(kind, _, ending) = OPEN_ENDED.get(self.open_ended.draw(dice))?;
        let area = places.area(dice)?;
        let brand = brands.company(dice);
        let name = match dice.below(10) {
            0..3 => format!("广州{brand}{ending}"),
            3..5 => format!("广州市{}{brand}{ending}", area.name),
            5 => format!("{}{brand}{ending}", area.short),
            6 => format!("{}{brand}{ending}", dice.pick(&area.towns)),
            _ => format!("{brand}{ending}"),
        };
        Some(named(kind, name, area, dice).with_reach(OPEN_REACH))
    }
}

impl Institution<'_> {
    fn with_alias(mut self, alias: Option<Alias>) -> Self {
        self.aliases.extend(alias);
        self
    }

    fn with_reach(mut self, reach: u64) -> Self {
        self.reach = reach;
        self
    }

    /// Gives it an address and telephones.
    fn reached(mut self, dice: &mut Dice) -> Self {
        self.address = self.area.whole_house(dice);
        self.phones.push(contact::fixed("总机", dice));
        if dice.per_mille(400) {
            self.phones.push(contact::fixed(dice.pick(&["值班室", "咨询", "办公室", "24小时热线"]), dice));
        }
        self
    }
}

fn named<'a>(kind: Kind, name: String, area: &'a Area, dice: &mut Dice) -> Institution<'a> {
    Institution {
        kind,
        name,
        aliases: Vec::new(),
        english: None,
        area,
        address: String::new(),
        phones: Vec::new(),
        reach: 0,
        first_department: dice.below(words(kind.departments()).len()),
    }
}

fn well_known<'a>(head: &Head, rank: u64, places: &'a Places, dice: &mut Dice) -> Option<Institution<'a>> {
    let mut parts = head.names.split('/').map(|part| Some(part).filter(|&part| part != "-"));
    let name = parts.next().flatten()?;
    let mut institution = named(head.kind, name.to_owned(), places.central_area(dice)?, dice);
    let short = parts.next().flatten();
    institution.aliases.extend(short.map(|text| Alias { text: text.to_owned(), kind: AliasKind::Short }));
    institution.english = parts.next().flatten().map(|text| text.replace('_', " "));
    institution.reach = HEAD_REACH / (rank + 2);
    institution.first_department = 0;
    Some(institution)
}

/// What stands once in a district and once in each of its subdistricts.
fn add_locals(locals: &mut Vec<Local>, index: usize, area: &Area) {
    let district = area.name;
    let mut add = |kind, name, alias: Option<(String, AliasKind)>| {
        locals.push(Local { kind, area: index, name, alias: alias.map(|(text, kind)| Alias { text, kind }) });
    };
    for &(kind, ending) in OF_DISTRICT {
        let short = format!("{}{ending}", area.short);
        add(kind, format!("广州市{district}{ending}"), Some((short, AliasKind::Short)));
    }
    for number in 1..=DISTRICT_SCHOOLS {
        add(Kind::School, format!("广州市{district}第{}小学", numeral(number)), None);
    }
    for town in &area.towns {
        let bare = town.trim_end_matches('镇');
        let office = if *town == bare { format!("{town}街道办事处") } else { format!("{town}人民政府") };
        add(Kind::Bureau, format!("{district}{office}"), Some((format!("{bare}街道办"), AliasKind::Spoken)));
        for &(kind, ending) in OF_TOWN {
            add(kind, format!("{district}{bare}{ending}"), Some((format!("{bare}{ending}"), AliasKind::Short)));
        }
    }
}

/// 1–99 as they are written in names: 十三, 二十, 九十九.
pub(super) fn numeral(number: u64) -> String {
    const DIGITS: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let digit = |n: u64| DIGITS.get(n as usize).copied().unwrap_or_default();
    match (number / 10, number % 10) {
        (0, ones) => digit(ones).to_owned(),
        (1, ones) => format!("十{}", digit(ones)),
        (tens, ones) => format!("{}十{}", digit(tens), digit(ones)),
    }
}
