//! How often listings are asked for: few very often, most hardly ever.

use super::dice::Dice;

/// Calls a week at most, in hundredths.
const HUNDREDTHS_MAX: u64 = 10_000_000;

/// `100 · 2^(k / 1.1)`: the Pareto quantiles (shape 1.1) at probabilities 2⁻ᵏ, rounded. A table, because
/// powers of floating-point numbers may differ in the last digit from one machine to another.
const QUANTILES: [u64; 21] = [
    100, 188, 353, 662, 1_244, 2_335, 4_385, 8_235, 15_464, 29_038, 54_530, 102_400, 192_293, 361_100, 678_095,
    1_273_370, 2_391_212, 4_490_366, 8_432_287, 15_834_670, 29_735_322,
];

/// Draws calls a week, in hundredths, at least 1: Pareto-distributed, less one, between the quantiles linear.
pub(super) fn draw(dice: &mut Dice) -> u64 {
    let bits = dice.bits();
    // A run of k zeros at the top has probability 2⁻ᵏ; the bits behind it say how far into the step.
    let step = (bits.leading_zeros() as usize).min(QUANTILES.len() - 2);
    let into = (bits << step << 1) >> 44;
    let low = QUANTILES.get(step).copied().unwrap_or(HUNDREDTHS_MAX);
    let high = QUANTILES.get(step + 1).copied().unwrap_or(HUNDREDTHS_MAX);
    low - 99 + (((high - low) * into) >> 20)
}

/// Draws calls a week of a business of no renown, in hundredths: as [`draw`], but past `renown` only one
/// in fifty of the calls above it is kept, so that chance alone puts no corner shop above the airport.
pub(super) fn draw_below(renown: u64, dice: &mut Dice) -> u64 {
    let drawn = draw(dice);
    drawn.min(renown) + drawn.saturating_sub(renown) / 50
}

/// Calls a week, in hundredths, past which a shop, company or public place would be renowned.
pub(super) const SHOP_RENOWN: u64 = 100_000;
/// The same for a branch of a chain.
pub(super) const BRANCH_RENOWN: u64 = 300_000;

/// Hundredths of calls a week, as a listing has them.
pub(super) fn calls(hundredths: u64) -> f32 {
    // Exact in f64; the one rounding to f32 is the same on every machine.
    (hundredths.clamp(1, HUNDREDTHS_MAX) as f64 / 100.0) as f32
}
