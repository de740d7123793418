//! `chahao show`.

use std::fmt::Write;

use clap::Args;

use super::client::{ServerArgs, part_of_path};
use super::lookup::{pretty_phone, pretty_resting};
use super::{DeskArgs, Outcome, print, print_json, shown};
use crate::Result;
use crate::desk::{Caption, ListingView};
use crate::listing::{Listing, Status};

/// Show one whole listing with its caption tree.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  chahao show GZ-0000001
  chahao show GZ-0000001 --server https://desk.example:8114")]
pub(super) struct ShowArgs {
    /// The listing's id.
    id: String,
    /// Print what HTTP answers.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    desk: DeskArgs,
}

impl ShowArgs {
    pub(super) fn run(self) -> Result<Outcome> {
        let view = match self.server.client()? {
            Some(client) => client.get(&format!("/v1/listings/{}", part_of_path(&self.id)), &[])?,
            None => self.desk.open_desk()?.listing(&self.id)?,
        };
        if self.json {
            print_json(&view)?
        } else {
            print(&pretty(&view))?
        }
        Ok(Outcome::Done)
    }
}

fn pretty(view: &ListingView) -> String {
    let mut text = pretty_listing(&view.listing);
    for resting in &view.resting {
        let _ = writeln!(text, "  resting   {}", shown(&pretty_resting(resting)));
    }
    for parent in &view.parents {
        let _ = match parent.name.as_str() {
            "" => writeln!(text, "  under     {}, which is no listing", parent.id),
            name => writeln!(text, "  under     {} ({})", shown(name), parent.id),
        };
    }
    if let Some(to) = &view.referral {
        let _ = writeln!(text, "  see       {} ({}) {}", shown(&to.name), to.id, number_or_status(to));
    }
    pretty_captions(&mut text, &view.captions, 1);
    text
}

/// The number of a caption that may be given out, or why none may.
fn number_or_status(caption: &Caption) -> String {
    match (caption.given_out(), caption.status) {
        (Some(phone), _) => pretty_phone(phone),
        (None, Status::Listed) => "no number".to_owned(),
        (None, Status::NonPublished) => "non-published".to_owned(),
        (None, Status::Disconnected) => "disconnected".to_owned(),
        (None, Status::Changed) => "changed".to_owned(),
    }
}

/// A listing line by line.
pub(super) fn pretty_listing(listing: &Listing) -> String {
    let mut text = format!("{} ({})\n", shown(&listing.name), listing.id);
    let mut line = |title: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(text, "  {title:<9} {}", shown(value));
        }
    };
    for phone in &listing.phones {
        line("phone", &pretty_phone(phone));
    }
    match listing.status {
        Status::Listed => {}
        Status::NonPublished => line("status", "non-published: the number may not be given out"),
        Status::Disconnected => line("status", "disconnected"),
        Status::Changed => line("status", "changed"),
    }
    // What has not changed refers nobody, whatever its referral was.
    if let Some(referral) = listing.referral.as_ref().filter(|_| listing.status == Status::Changed) {
        let to = referral.number.clone().or_else(|| referral.listing.as_ref().map(ToString::to_string));
        let until = referral.until.as_ref().map(|until| format!(" until {until}")).unwrap_or_default();
        line("referral", &format!("{}{until}", to.unwrap_or_default()));
    }
    for alias in &listing.aliases {
        line("alias", &alias.text);
    }
    line("category", &listing.category);
    line("locality", &listing.locality);
    line("address", &listing.address);
    line("note", &listing.note);
    text
}

fn pretty_captions(text: &mut String, captions: &[Caption], level: usize) {
    for caption in captions {
        let phone = number_or_status(caption);
        let resting: String =
            caption.resting.iter().map(|one| format!("  ({})", shown(&pretty_resting(one)))).collect();
        let name = shown(&caption.name);
        let _ = writeln!(text, "{:width$}→ {name} ({}) {phone}{resting}", "", caption.id, width = level * 2);
        pretty_captions(text, &caption.captions, level + 1);
    }
}
