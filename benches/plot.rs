//! Plots of what `--bench latency` measured, as SVG.
//!
//! ```text
//! cargo bench --bench plot -- FILE.json… [--out DIR]
//! ```
//!
//! Every file is a run at one size. The largest gives `latency-kinds.svg`, `latency-keystrokes.svg` and
//! `latency-battery.svg`: median, p99 and maximum of every row. Two sizes or more give `growth.svg`. `--out` is
//! `benches/plots` where nothing is said.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a bench stops at the first surprise")]

#[path = "latency/figures.rs"]
mod figures;

use std::fs;
use std::path::{Path, PathBuf};

use figures::{Figures, Row};
use plotters::prelude::*;

/// What lookups must keep to at 3.3 million listings: p99 of every kind, and the longest of the battery.
const LIMITS_US: [f64; 2] = [260.0, 1_000.0];
/// A plot may be as large as this, so that it can stand in the repository.
const SVG_BYTES_MAX: u64 = 100_000;
/// Pixels of one row, and of what stands above and below all rows.
const ROW_PX: u32 = 20;
const FRAME_PX: u32 = 100;
const WIDTH_PX: u32 = 900;

/// One of the values of a row that are plotted.
type Value = (&'static str, fn(&Row) -> f64, RGBColor);

const VALUES: [Value; 3] = [
    ("median", |row| row.p50_us, RGBColor(60, 130, 190)),
    ("p99", |row| row.p99_us, RGBColor(220, 140, 20)),
    ("maximum", |row| row.max_us, RGBColor(190, 40, 50)),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let (mut files, mut out) = (Vec::new(), PathBuf::from("benches/plots"));
    let mut rest = arguments.into_iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--out" => out = rest.next().expect("--out DIR").into(),
            _ => files.push(argument),
        }
    }
    if files.is_empty() {
        return check();
    }
    let read = |file: String| serde_json::from_slice(&fs::read(file).expect("a file of figures")).expect("figures");
    for file in plot(files.into_iter().map(read).collect(), &out) {
        println!("{}", file.display());
    }
}

/// Without files cargo runs this as a test: figures of no machine are plotted, and must be in the plots.
fn check() {
    let run = |listings: usize| {
        let row = |table: &str, name: &str| Row {
            table: table.to_owned(),
            name: name.to_owned(),
            queries: 10,
            p50_us: 20.0,
            p99_us: 90.0,
            p999_us: 100.0,
            max_us: listings as f64 / 1_000.0,
            found_5: None,
            truncated: 0,
            slowest: String::new(),
        };
        let rows = ["kinds", "keystrokes", "battery"].iter().flat_map(|table| [row(table, "hanzi"), row(table, "all")]);
        Figures { listings: Some(listings), memory: None, rows: rows.collect() }
    };
    let folder = tempfile::tempdir().unwrap();
    let files = plot(vec![run(330_000), run(3_300_000)], folder.path());
    assert_eq!(files.len(), 4, "one plot a table, and one of growth");
    let read = |at: usize| fs::read_to_string(files.get(at).unwrap()).unwrap();
    assert!(read(0).contains("hanzi"), "the rows have names");
    assert!(read(3).contains("3.3 M"), "the sizes are told");
}

/// Plots the runs into `out`; the files that were written.
fn plot(mut runs: Vec<Figures>, out: &Path) -> Vec<PathBuf> {
    fs::create_dir_all(out).expect("the directory of plots");
    runs.sort_by_key(|run| run.listings);
    let largest = runs.last().expect("a run");
    let mut files = Vec::new();
    for table in ["kinds", "keystrokes", "battery"] {
        let rows: Vec<&Row> = largest.rows.iter().filter(|row| row.table == table).collect();
        if !rows.is_empty() {
            let file = out.join(format!("latency-{table}.svg"));
            let size = largest.listings.map_or_else(String::new, |count| format!(", {} listings", short(count as f64)));
            plot_rows(&file, &format!("Lookup latency: {table}{size}"), &rows);
            files.push(file);
        }
    }
    if runs.iter().filter(|run| run.listings.is_some()).count() > 1 {
        let file = out.join("growth.svg");
        plot_growth(&file, &runs);
        files.push(file);
    }
    for file in &files {
        let bytes = fs::metadata(file).unwrap().len();
        assert!(bytes <= SVG_BYTES_MAX, "{} has {bytes} bytes", file.display());
    }
    files
}

/// 330 k, 3.3 M.
fn short(count: f64) -> String {
    let (value, unit) = if count >= 1e6 { (count / 1e6, " M") } else { (count / 1e3, " k") };
    let digits = usize::from(value < 10.0);
    format!("{value:.digits$}{unit}")
}

/// The times that are plotted, with room around them.
fn range(rows: &[&Row]) -> std::ops::Range<f64> {
    let times = || rows.iter().flat_map(|row| VALUES.map(|(_, value, _)| value(row)));
    let least = times().fold(f64::MAX, f64::min).max(1.0);
    least / 1.5..times().fold(LIMITS_US[1], f64::max) * 1.5
}

/// A line for each row, from its median to its maximum.
fn plot_rows(file: &Path, title: &str, rows: &[&Row]) {
    let area = SVGBackend::new(file, (WIDTH_PX, FRAME_PX + ROW_PX * rows.len() as u32)).into_drawing_area();
    area.fill(&WHITE).unwrap();
    let times = range(rows);
    let mut chart = ChartBuilder::on(&area)
        .caption(title, ("sans-serif", 18))
        .margin(10)
        .x_label_area_size(40)
        .y_label_area_size(240)
        .build_cartesian_2d(times.clone().log_scale(), (0..rows.len()).into_segmented())
        .unwrap();
    let place = |at: usize| SegmentValue::CenterOf(rows.len() - 1 - at);
    let name = |segment: &SegmentValue<usize>| match segment {
        SegmentValue::CenterOf(at) => rows.iter().rev().nth(*at).map_or_else(String::new, |row| row.name.clone()),
        _ => String::new(),
    };
    chart
        .configure_mesh()
        .disable_y_mesh()
        .y_labels(rows.len())
        .y_label_formatter(&name)
        .x_label_formatter(&|us| format!("{us:.0}"))
        .x_desc("µs, one thread; lines at 260 µs and 1 ms")
        .draw()
        .unwrap();
    for limit in LIMITS_US {
        let line = [(limit, SegmentValue::Exact(0)), (limit, SegmentValue::Last)];
        chart.draw_series(LineSeries::new(line, BLACK.mix(0.5))).unwrap();
    }
    for (at, row) in rows.iter().enumerate() {
        let line = [(row.p50_us, place(at)), (row.max_us, place(at))];
        chart.draw_series(LineSeries::new(line, BLACK.mix(0.25))).unwrap();
    }
    for (label, value, color) in VALUES {
        let points = rows.iter().enumerate().map(|(at, row)| Circle::new((value(row), place(at)), 4, color.filled()));
        let drawn = chart.draw_series(points).unwrap();
        drawn.label(label).legend(move |(x, y)| Circle::new((x + 8, y), 4, color.filled()));
    }
    let mut labels = chart.configure_series_labels();
    labels
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK)
        .draw()
        .unwrap();
    area.present().expect("the plot is written");
}

/// What grows with the number of listings: a line for each value of each table's last row.
fn plot_growth(file: &Path, runs: &[Figures]) {
    let all = |run: &'_ Figures, table: &str| run.rows.iter().position(|row| row.table == table && row.name == "all");
    let sizes: Vec<f64> = runs.iter().filter_map(|run| run.listings).map(|count| count as f64).collect();
    let (least, most) = (sizes.iter().copied().fold(f64::MAX, f64::min), sizes.iter().copied().fold(1.0, f64::max));
    let rows: Vec<&Row> = runs.iter().flat_map(|run| &run.rows).filter(|row| row.name == "all").collect();
    let area = SVGBackend::new(file, (WIDTH_PX, 520)).into_drawing_area();
    area.fill(&WHITE).unwrap();
    let mut chart = ChartBuilder::on(&area)
        .caption("Lookup latency by number of listings", ("sans-serif", 18))
        .margin(10)
        .x_label_area_size(40)
        .y_label_area_size(60)
        .build_cartesian_2d(
            (least / 1.3..most * 4.0).log_scale().with_key_points(sizes.clone()),
            range(&rows).log_scale(),
        )
        .unwrap();
    chart
        .configure_mesh()
        .x_label_formatter(&|count| short(*count))
        .y_label_formatter(&|us| format!("{us:.0}"))
        .x_desc("listings; lines at 260 µs and 1 ms")
        .y_desc("µs")
        .draw()
        .unwrap();
    for limit in LIMITS_US {
        chart.draw_series(LineSeries::new([(least / 1.3, limit), (most * 4.0, limit)], BLACK.mix(0.5))).unwrap();
    }
    let series = [("kinds", 0), ("kinds", 1), ("keystrokes", 1), ("battery", 1), ("battery", 2)];
    for (at, (table, value)) in series.into_iter().enumerate() {
        let Some((label, value, _)) = VALUES.get(value) else { continue };
        let color = Palette99::pick(at).to_rgba();
        let points: Vec<(f64, f64)> = runs
            .iter()
            .filter_map(|run| Some((run.listings? as f64, value(run.rows.get(all(run, table)?)?))))
            .collect();
        let drawn = chart.draw_series(LineSeries::new(points, color.stroke_width(2)).point_size(4)).unwrap();
        let legend = move |(x, y)| PathElement::new(vec![(x, y), (x + 16, y)], color.stroke_width(2));
        drawn.label(format!("{table}: {label}")).legend(legend);
    }
    let mut labels = chart.configure_series_labels();
    labels
        .position(SeriesLabelPosition::MiddleRight)
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK)
        .draw()
        .unwrap();
    area.present().expect("the plot is written");
}
