//! A number large: three rows of strokes, as on the display of a telephone.

/// The three rows of each digit.
const DIGITS: [[&str; 3]; 10] = [
    [" _ ", "| |", "|_|"],
    ["   ", "  |", "  |"],
    [" _ ", " _|", "|_ "],
    [" _ ", " _|", " _|"],
    ["   ", "|_|", "  |"],
    [" _ ", "|_ ", " _|"],
    [" _ ", "|_ ", "|_|"],
    [" _ ", "  |", "  |"],
    [" _ ", "|_|", "|_|"],
    [" _ ", "|_|", " _|"],
];

/// The rows of `groups` of digits; signs that are none stand in the lowest row.
pub(super) fn rows(groups: &[&str]) -> [String; 3] {
    let mut rows = [String::new(), String::new(), String::new()];
    for (at, group) in groups.iter().enumerate() {
        if at > 0 {
            rows.iter_mut().for_each(|row| row.push_str("  "));
        }
        for c in group.chars() {
            let digit = c.to_digit(10).and_then(|digit| DIGITS.get(digit as usize));
            match digit {
                Some(strokes) => rows.iter_mut().zip(strokes).for_each(|(row, strokes)| row.push_str(strokes)),
                None => {
                    let [upper, middle, lower] = &mut rows;
                    upper.push(' ');
                    middle.push(' ');
                    lower.push(c);
                }
            }
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digit_looks_like_no_other() {
        let drawn: std::collections::HashSet<[String; 3]> =
            (0..10).map(|digit: u8| rows(&[digit.to_string().as_str()])).collect();
        assert_eq!(drawn.len(), 10);
        let [upper, middle, lower] = rows(&["02", "7"]);
        assert_eq!((upper.as_str(), middle.as_str(), lower.as_str()), (" _  _    _ ", "| | _|    |", "|_||_     |"));
    }
}
