//! Where in a text something stands that was typed with mistakes.

use std::ops::Range;

/// The stretch of `text` closest to `typed`, as long as less than half of what was typed is wrong: the fewest
/// single insertions, deletions and substitutions (Sellers, 1980). O(length of both, multiplied).
pub(super) fn closest<T: PartialEq>(typed: &[T], text: &[T]) -> Option<Range<usize>> {
    // For every end in the text: the cost of the best stretch that ends there, and where that one starts.
    let mut row: Vec<(usize, usize)> = (0..=text.len()).map(|end| (0, end)).collect();
    for (at, wanted) in typed.iter().enumerate() {
        let mut last = (at + 1, 0);
        let mut diagonal = row.first().copied()?;
        for (slot, found) in row.iter_mut().skip(1).zip(text) {
            let same = (diagonal.0 + usize::from(wanted != found), diagonal.1);
            let missing = (slot.0 + 1, slot.1);
            let extra = (last.0 + 1, last.1);
            diagonal = *slot;
            *slot = [missing, extra].into_iter().fold(same, |best, other| if other.0 < best.0 { other } else { best });
            last = *slot;
        }
        *row.first_mut()? = (at + 1, 0);
    }
    let (end, (cost, start)) = row.into_iter().enumerate().min_by_key(|(_, (cost, _))| *cost)?;
    (2 * cost <= typed.len() && start < end).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_with_mistakes_is_seen_where_it_stands() {
        let found = |typed: &str, text: &str| {
            let [typed, text] = [typed, text].map(|text| text.chars().collect::<Vec<_>>());
            closest(&typed, &text).map(|range| text[range].iter().collect::<String>())
        };
        for (typed, text, expected) in [
            ("广洲酒家", "广州酒家文昌店", Some("广州酒家")),
            ("酒加", "广州酒家", Some("酒")),
            ("guanzhou", "guangzhoujiujia", Some("guangzhou")),
            ("陶居", "广州陶陶居酒家", Some("陶居")),
            ("完全不同", "广州酒家", None),
        ] {
            assert_eq!(found(typed, text).as_deref(), expected, "{typed} {text}");
        }
    }
}
