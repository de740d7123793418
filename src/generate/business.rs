//! Listings that stand alone: shops, companies, public places.

use crate::listing::{Alias, AliasKind, Invalid, Listing, ListingId};

use super::brand::Brands;
use super::dice::{Dice, Weighted};
use super::institution::numeral;
use super::lexicon::trades::{COMPANY_FORMS, COMPANY_LINES, INDUSTRIES, PUBLIC_PLACES, TRADES};
use super::lexicon::words;
use super::place::{Area, Places};
use super::{contact, popularity};

struct Endings {
    category: &'static str,
    english: &'static str,
    lines: Vec<&'static str>,
    endings: Vec<&'static str>,
}

/// The tables names of businesses end with.
pub(super) struct Businesses {
    trades: Vec<Endings>,
    trade_by_weight: Weighted,
    industries: Vec<&'static str>,
    form_by_weight: Weighted,
    company_lines: Vec<&'static str>,
    public_places: Vec<Endings>,
    public_by_weight: Weighted,
}

impl Businesses {
    /// Reads the lexicon.
    pub(super) fn new() -> Businesses {
        let trades = TRADES.iter().map(|trade| Endings {
            category: trade.category,
            english: trade.english,
            lines: words(trade.lines),
            endings: words(trade.endings),
        });
        let public_places = PUBLIC_PLACES.iter().map(|&(category, _, endings)| Endings {
            category,
            english: "Centre",
            lines: vec!["值班室", "办公室", "咨询", "服务台"],
            endings: words(endings),
        });
        Businesses {
            trades: trades.collect(),
            trade_by_weight: Weighted::new(TRADES.iter().map(|trade| trade.weight)),
            industries: words(INDUSTRIES),
            form_by_weight: Weighted::new(COMPANY_FORMS.iter().map(|&(_, weight)| weight)),
            company_lines: words(COMPANY_LINES),
            public_places: public_places.collect(),
            public_by_weight: Weighted::new(PUBLIC_PLACES.iter().map(|&(_, weight, _)| weight)),
        }
    }

    /// A shop: 彩虹肠粉店, 天河陈记烧腊店, EasyGo便利店, 福兴酒家(岗顶店).
    pub(super) fn shop(
        &self,
        id: ListingId,
        (places, brands): (&Places, &Brands),
        dice: &mut Dice,
    ) -> Result<Option<Listing>, Invalid> {
        let Some(trade) = self.trades.get(self.trade_by_weight.draw(dice)) else { return Ok(None) };
        let Some(area) = places.area(dice) else { return Ok(None) };
        let brand = if dice.per_mille(40) { dice.pick(&area.roots).to_owned() } else { brands.shop(dice) };
        let ending = dice.pick(&trade.endings);
        let mut name = match dice.below(100) {
            0..8 => area.short.to_owned(),
            8..18 => "广州".to_owned(),
            18..25 => format!("广州市{}", area.name),
            25..27 => dice.pick(&area.towns).to_owned(),
            _ => String::new(),
        };
        name.push_str(&brand);
        if brand.is_ascii() && dice.per_mille(500) {
            name.push(' ');
        }
        name.push_str(ending);
        if dice.per_mille(80) {
            let (spot, kind) = (dice.pick(&area.spots), dice.pick(&["店", "店", "分店", "二店"]));
            name.push_str(&format!("({spot}{kind})"));
        }
        let mut listing = Listing::new(id, &name)?;
        listing.aliases = shop_aliases(&brand, trade, brands, dice);
        listing.category = trade.category.to_owned();
        listing.phones = contact::phones(&trade.lines, dice);
        self.place(&mut listing, area, places, dice);
        listing.popularity = popularity::calls(popularity::draw_below(popularity::SHOP_RENOWN, dice));
        Ok(Some(listing))
    }

    /// A company: 广州市福兴贸易有限公司.
    pub(super) fn company(
        &self,
        id: ListingId,
        (places, brands): (&Places, &Brands),
        dice: &mut Dice,
    ) -> Result<Option<Listing>, Invalid> {
        let Some(area) = places.area(dice) else { return Ok(None) };
        let (brand, industry) = (brands.company(dice), dice.pick(&self.industries));
        let form = COMPANY_FORMS.get(self.form_by_weight.draw(dice)).map_or("有限公司", |&(form, _)| form);
        let name = match dice.below(100) {
            0..34 => format!("广州市{brand}{industry}{form}"),
            34..58 => format!("广州{brand}{industry}{form}"),
            58..68 => format!("广东{brand}{industry}{form}"),
            68..71 => format!("广东省{brand}{industry}{form}"),
            71..80 => format!("广州市{}{brand}{industry}{form}", area.name),
            80..85 => format!("{brand}(广州){industry}{form}"),
            85..88 => format!("{brand}{industry}有限公司广州分公司"),
            _ => format!("{brand}{industry}{form}"),
        };
        let mut listing = Listing::new(id, &name)?;
        let mut alias = |text, kind| listing.aliases.push(Alias { text, kind });
        match dice.below(1_000) {
            0..45 => alias(format!("{brand}{industry}"), AliasKind::Short),
            45..60 => alias(brands.two_characters(dice), AliasKind::Brand),
            60..70 => alias(format!("广州市{}{industry}{form}", brands.company(dice)), AliasKind::Former),
            70..85 => alias(format!("{} Co., Ltd.", brands.latin(dice)), AliasKind::English),
            _ => {}
        }
        listing.category = "企业".to_owned();
        listing.phones = contact::phones(&self.company_lines, dice);
        self.place(&mut listing, area, places, dice);
        listing.popularity = popularity::calls(popularity::draw_below(popularity::SHOP_RENOWN, dice) * 2 / 3);
        Ok(Some(listing))
    }

    /// A public place outside any caption set: 荔湾区恩宁小学, 石牌社区居委会.
    pub(super) fn public_place(
        &self,
        id: ListingId,
        (places, brands): (&Places, &Brands),
        dice: &mut Dice,
    ) -> Result<Option<Listing>, Invalid> {
        let Some(kind) = self.public_places.get(self.public_by_weight.draw(dice)) else { return Ok(None) };
        let Some(area) = places.area(dice) else { return Ok(None) };
        let prefix = match dice.below(10) {
            0..3 => format!("广州市{}", area.name),
            3..7 => area.name.to_owned(),
            7 => "广州市".to_owned(),
            _ => String::new(),
        };
        let ending = dice.pick(&kind.endings);
        let of = match dice.below(100) {
            0..40 => dice.pick(&area.roots).to_owned(),
            40..60 => dice.pick(&area.spots).to_owned(),
            60..75 => dice.pick(&area.towns).to_owned(),
            75..88 => brands.two_characters(dice),
            _ => format!("第{}", numeral(dice.between(1, 40) as u64)),
        };
        let mut listing = Listing::new(id, &format!("{prefix}{of}{ending}"))?;
        if dice.per_mille(50) {
            listing.aliases.push(Alias { text: format!("{of}{ending}"), kind: AliasKind::Short });
        }
        listing.category = kind.category.to_owned();
        listing.phones = contact::phones(&kind.lines, dice);
        self.place(&mut listing, area, places, dice);
        listing.popularity = popularity::calls(popularity::draw_below(popularity::SHOP_RENOWN, dice) * 2);
        Ok(Some(listing))
    }

    fn place(&self, listing: &mut Listing, area: &Area, places: &Places, dice: &mut Dice) {
        listing.locality = area.name.to_owned();
        listing.address = places.address(area, area.road(dice), dice);
    }
}

/// Other names of a shop: a few per cent have one.
fn shop_aliases(brand: &str, trade: &Endings, brands: &Brands, dice: &mut Dice) -> Vec<Alias> {
    let (text, kind) = match dice.below(1_000) {
        0..25 => (format!("{brand}{}", dice.pick(&["店", "行", "号", "家", "记"])), AliasKind::Short),
        25..40 => (format!("{}{}", brands.person(dice), dice.pick(&trade.endings)), AliasKind::Spoken),
        40..50 => (format!("{}{}", brands.shop(dice), dice.pick(&trade.endings)), AliasKind::Former),
        50..72 => (format!("{} {}", brands.latin(dice), trade.english), AliasKind::English),
        72..80 => (brands.two_characters(dice), AliasKind::Brand),
        _ => return Vec::new(),
    };
    vec![Alias { text, kind }]
}
