//! The digest as a booklet: one HTML page that prints well, and asks for nothing from elsewhere.

use std::io::{Result, Write};

use super::{Digest, aliases, differences, phones};
use crate::listing::Listing;

const HEAD: &str = "<meta charset=\"utf-8\">
<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">
<style>
@page { size: A5; margin: 12mm }
body { font: 9.5pt/1.35 \"Noto Sans CJK SC\", \"Source Han Sans SC\", \"Microsoft YaHei\", sans-serif; max-width: 60em; margin: auto }
h1 { font-size: 15pt; margin: 0 } h2 { font-size: 12pt; border-bottom: 1px solid; margin: 1.2em 0 .4em } h3 { font-size: 10.5pt; margin: .9em 0 .2em }
h2, h3 { break-after: avoid } table { border-collapse: collapse; width: 100% } tr { break-inside: avoid }
td { vertical-align: top; padding: .15em .4em .15em 0; border-bottom: 1px dotted #999 } td.number { white-space: nowrap; text-align: right }
small { color: #444 } del { color: #666 }
</style>";

pub(super) fn write(digest: &Digest, out: &mut dyn Write) -> Result<()> {
    let title = escaped(&digest.title());
    writeln!(out, "<!DOCTYPE html>\n<html lang=\"zh-Hans\">\n<head>\n{HEAD}\n<title>{title}</title>\n</head>\n<body>")?;
    writeln!(out, "<h1>{title}</h1>\n<p>{}</p>", escaped(&digest.summary()))?;
    section(out, "新增 New", &digest.new)?;
    changed(out, &digest.changed)?;
    section(out, "删除 Deleted", &digest.deleted)?;
    if !digest.tricky.is_empty() {
        writeln!(out, "<h2>易错名称 Tricky names ({})</h2>\n<table>", digest.tricky.len())?;
    }
    for tricky in &digest.tricky {
        writeln!(
            out,
            "<tr><td>{} <small>{}</small></td><td>{}</td><td>{}</td></tr>",
            text(&tricky.name),
            escaped(&tricky.id),
            escaped(&tricky.reading),
            text(&tricky.aliases.join("; "))
        )?;
    }
    if !digest.tricky.is_empty() {
        writeln!(out, "</table>")?;
    }
    if !digest.entries.is_empty() {
        writeln!(out, "<h2>读音与易混音 Readings and pairs ({})</h2>\n<table>", digest.entries.len())?;
        for entry in &digest.entries {
            let (op, kind) = (escaped(&entry.op), escaped(&entry.kind));
            writeln!(out, "<tr><td>{}</td><td>{kind}</td><td>{op}</td></tr>", text(&entry.key))?;
        }
        writeln!(out, "</table>")?;
    }
    writeln!(out, "</body>\n</html>")
}

/// Listings under the headings of their categories.
fn section(out: &mut dyn Write, title: &str, listings: &[Listing]) -> Result<()> {
    if listings.is_empty() {
        return Ok(());
    }
    writeln!(out, "<h2>{title} ({})</h2>", listings.len())?;
    for group in listings.chunk_by(|a, b| a.category == b.category) {
        let category = group.first().map(|listing| listing.category.as_str()).unwrap_or_default();
        let category = if category.is_empty() { "未分类 Other".to_owned() } else { text(category) };
        writeln!(out, "<h3>{category} ({})</h3>\n<table>", group.len())?;
        for listing in group {
            let under = listing.parent.as_ref().map(|parent| format!(" ← {}", escaped(parent.as_str())));
            writeln!(
                out,
                "<tr><td>{} <small>{}{}</small><br><small>{}</small></td><td>{}</td><td class=\"number\">{}</td></tr>",
                text(&listing.name),
                escaped(listing.id.as_str()),
                under.unwrap_or_default(),
                text(&aliases(listing)),
                text(&format!("{} {}", listing.locality, listing.address)),
                text(&phones(listing))
            )?;
        }
        writeln!(out, "</table>")?;
    }
    Ok(())
}

fn changed(out: &mut dyn Write, changed: &[(Listing, Listing)]) -> Result<()> {
    if changed.is_empty() {
        return Ok(());
    }
    writeln!(out, "<h2>变更 Changed ({})</h2>\n<table>", changed.len())?;
    for (before, after) in changed {
        write!(out, "<tr><td>{} <small>{}</small></td><td>", text(&after.name), escaped(after.id.as_str()))?;
        for (field, was, is) in differences(before, after) {
            write!(out, "{field}: <del>{}</del> → {}<br>", text(&was), text(&is))?;
        }
        writeln!(out, "</td></tr>")?;
    }
    writeln!(out, "</table>")
}

/// Listing text as a page may hold it, kept from turning the writing around it.
fn text(text: &str) -> String {
    if text.trim().is_empty() { String::new() } else { format!("<bdi>{}</bdi>", escaped(text)) }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}
