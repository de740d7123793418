//! `chahao lookup`.

use std::io::IsTerminal;

use clap::Args;

use super::client::{Client, ServerArgs};
use super::interactive::{self, Source};
use super::{DeskArgs, Outcome, print, print_json, shown};
use crate::Result;
use crate::console::Language;
use crate::desk::{HitView, LookupAnswer, RestingNumber};
use crate::listing::{Phone, Status};
use crate::query::{LIMIT_DEFAULT, MatchKind, Query};
use crate::text::FuzzySounds;

/// Look a listing up by name, pinyin, initials or digits.
///
/// Prints lines for people in a terminal, and what HTTP answers in a pipe.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  chahao lookup 广州酒家
  chahao lookup gzjj --limit 5
  chahao lookup 8138 | jq '.hits[].phones'
  chahao lookup --interactive
  chahao lookup 中山一院 --server http://127.0.0.1:8114
  chahao lookup -i --server https://desk.example:8114 --ca desk.pem --token-file ~/.chahao-token")]
pub(super) struct LookupArgs {
    /// What was typed: hanzi, pinyin, initials or digits.
    #[arg(required_unless_present = "interactive", conflicts_with = "interactive")]
    query: Option<String>,
    /// Answer calls in this terminal: hits on every key, with the keys of the console; F1 shows them.
    #[arg(short, long, conflicts_with_all = ["limit", "modes", "locality", "fuzzy", "category", "area_code", "json"])]
    interactive: bool,
    /// What the desk in this terminal speaks [default: as LANG says].
    #[arg(long, value_enum, value_name = "LANGUAGE", env = "CHAHAO_LANGUAGE")]
    language: Option<Language>,
    /// Hits at most.
    #[arg(long, default_value_t = LIMIT_DEFAULT)]
    limit: usize,
    /// Kinds of match, comma-separated [default: all].
    #[arg(long)]
    modes: Option<String>,
    /// Only localities that contain this; with = in front just this one.
    #[arg(long)]
    locality: Option<String>,
    /// Which confusable sounds count as the same: off, auto, or pairs such as zh/z,n/l.
    #[arg(long, value_name = "PAIRS")]
    fuzzy: Option<String>,
    /// Only categories that contain this; with = in front just this one.
    #[arg(long)]
    category: Option<String>,
    /// Only this area code.
    #[arg(long)]
    area_code: Option<String>,
    #[command(flatten)]
    server: ServerArgs,
    /// Print what HTTP answers, in a terminal too.
    #[arg(long)]
    json: bool,
    /// Print lines for people, in a pipe too.
    #[arg(long, env = "CHAHAO_PRETTY", value_parser = clap::builder::FalseyValueParser::new(), action = clap::ArgAction::SetTrue)]
    pretty: bool,
    #[command(flatten)]
    desk: DeskArgs,
}

impl LookupArgs {
    pub(super) fn run(self) -> Result<Outcome> {
        let Some(typed) = self.query.clone() else { return self.interact() };
        let modes = self.modes.as_deref().map_or(Ok(MatchKind::ALL.to_vec()), MatchKind::parse_list)?;
        let fuzzy = self.fuzzy.as_deref().map_or(Ok(FuzzySounds::Auto), FuzzySounds::parse)?;
        let query = Query::new(&typed)?.page(self.limit, 0)?.modes(modes).fuzzy(fuzzy).narrow(
            self.area_code.clone(),
            self.locality.clone(),
            self.category.clone(),
        );
        let answer = match self.server.client()? {
            Some(client) => self.ask(&client, &typed)?,
            None => self.desk.open_desk()?.lookup(&query)?,
        };
        let for_people = self.pretty || std::io::stdout().is_terminal();
        if self.json || !for_people {
            print_json(&answer)?;
        } else {
            print(&pretty(&answer))?;
        }
        Ok(if answer.hits.is_empty() { Outcome::NothingFound } else { Outcome::Done })
    }

    fn ask(&self, client: &Client, query: &str) -> Result<LookupAnswer> {
        let limit = self.limit.to_string();
        client.get(
            "/v1/lookup",
            &[
                ("q", Some(query)),
                ("limit", Some(&limit)),
                ("modes", self.modes.as_deref()),
                ("fuzzy", self.fuzzy.as_deref()),
                ("locality", self.locality.as_deref()),
                ("category", self.category.as_deref()),
                ("area_code", self.area_code.as_deref()),
            ],
        )
    }

    /// The desk in this terminal.
    fn interact(self) -> Result<Outcome> {
        let (source, name) = match self.server.client()? {
            Some(client) => {
                let name = client.name();
                (Source::Server(client), name)
            }
            None => {
                let desk = self.desk.open_desk()?;
                let name = desk.index_path().display().to_string();
                (Source::Here(Box::new(desk)), name)
            }
        };
        interactive::run(source, &name, self.language.unwrap_or_else(language_here)).map(|()| Outcome::Done)
    }
}

/// The language of messages that the system's variables name.
fn language_here() -> Language {
    let set = |name: &&str| std::env::var(name).is_ok_and(|locale| !locale.is_empty());
    let first = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find(set);
    first.and_then(|name| std::env::var(name).ok()).map_or(Language::English, |locale| Language::of_locale(&locale))
}

fn pretty(answer: &LookupAnswer) -> String {
    if answer.hits.is_empty() && answer.truncated {
        let query = shown(&answer.query);
        return format!("nothing found for {query} among the most popular that were looked at: narrow the query\n");
    }
    if answer.hits.is_empty() {
        return format!("nothing found for {}\n", shown(&answer.query));
    }
    let mut text: String =
        answer.hits.iter().enumerate().map(|(at, hit)| format!("{:>2}. {}\n", at + 1, pretty_hit(hit))).collect();
    if answer.truncated {
        text.push_str("    there may be more: narrow the query\n");
    }
    text
}

fn pretty_hit(hit: &HitView) -> String {
    let number = match (hit.status, hit.phones.first()) {
        (Status::NonPublished, _) => "non-published".to_owned(),
        (Status::Disconnected, _) => "disconnected".to_owned(),
        // Whoever has no new number to give out must not give out the old one.
        (Status::Changed, _) if hit.referral.is_none() => "changed; there is no referral".to_owned(),
        (Status::Changed, _) => "changed".to_owned(),
        (_, Some(phone)) => pretty_phone(phone),
        (_, None) => "no number".to_owned(),
    };
    let referral = hit.referral.as_ref().filter(|_| hit.status == Status::Changed).map(|referral| {
        let to = referral.number.clone().or_else(|| referral.listing.as_ref().map(ToString::to_string));
        format!(" → {}", to.unwrap_or_default())
    });
    // Many addresses begin with the district already.
    let locality = if hit.address.starts_with(&hit.locality) { "" } else { hit.locality.as_str() };
    let place = [locality, &hit.address, &hit.category];
    let place: Vec<String> = place.iter().filter(|text| !text.is_empty()).map(|text| shown(text)).collect();
    let parent = hit.parent.as_ref().map(|parent| format!("{} · ", shown(&parent.name))).unwrap_or_default();
    let confusable = if hit.confusable { "  (same name: ask which)" } else { "" };
    let resting: String = hit.resting.iter().map(|resting| format!("  ({})", pretty_resting(resting))).collect();
    format!(
        "{}  {number}{}{confusable}{resting}\n    {parent}{} · {} · {}",
        shown(&hit.name),
        referral.unwrap_or_default(),
        place.join(" "),
        hit.kind.name(),
        hit.id
    )
}

pub(super) fn pretty_resting(resting: &RestingNumber) -> String {
    format!("{} was another listing's until {}: ask which", resting.number, resting.given_up)
}

pub(super) fn pretty_phone(phone: &Phone) -> String {
    let label = if phone.label.is_empty() { String::new() } else { format!(" {}", shown(&phone.label)) };
    let ext = if phone.ext.is_empty() { String::new() } else { format!(" 转 {}", phone.ext) };
    format!("{}{ext}{label}", phone.number)
}
