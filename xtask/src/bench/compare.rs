//! Figures of pairs, and what to say about them.

use serde_json::{Value, json};

/// What both brokers of a comparison did in one pair: the subject's figures, then the other's.
pub type Pair = [Value; 2];

/// Median, least and most of some numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// The one in the middle.
    pub median: f64,
    /// The least.
    pub least: f64,
    /// The most.
    pub most: f64,
}

impl Spread {
    /// Of these numbers; none for no numbers.
    pub fn of(mut numbers: Vec<f64>) -> Option<Spread> {
        numbers.sort_by(f64::total_cmp);
        let middle = numbers.len() / 2;
        let upper = *numbers.get(middle)?;
        let median = if numbers.len().is_multiple_of(2) {
            f64::midpoint(*numbers.get(middle.checked_sub(1)?)?, upper)
        } else {
            upper
        };
        Some(Spread {
            median,
            least: *numbers.first()?,
            most: *numbers.last()?,
        })
    }
}

fn number(figures: &Value, pointer: &str) -> Option<f64> {
    figures.pointer(pointer)?.as_f64()
}

/// One figure on both sides, and their ratio: the subject's medians over the other's, pair by pair.
pub struct Comparison {
    /// The subject's median.
    pub subject: f64,
    /// The other's median.
    pub against: f64,
    /// Of the ratios of the pairs.
    pub ratio: Spread,
}

/// Compares the figure that `pointer` points at.
pub fn compare(pairs: &[Pair], pointer: &str) -> Option<Comparison> {
    let of = |side: usize| -> Option<Vec<f64>> {
        pairs
            .iter()
            .map(|pair| number(pair.get(side)?, pointer))
            .collect()
    };
    let (subject, against) = (of(0)?, of(1)?);
    let ratios = subject
        .iter()
        .zip(&against)
        .map(|(one, other)| one / other)
        .collect();
    Some(Comparison {
        subject: Spread::of(subject)?.median,
        against: Spread::of(against)?.median,
        ratio: Spread::of(ratios)?,
    })
}

/// Prints one figure of a row and gives it back as JSON.
pub fn report(label: &str, pairs: &[Pair], pointer: &str) -> Value {
    let Some(comparison) = compare(pairs, pointer) else {
        println!("    {label:<26} no figures");
        return Value::Null;
    };
    let Comparison {
        subject,
        against,
        ratio,
    } = comparison;
    println!(
        "    {label:<26} {subject:>10.2} {against:>10.2}   x {:.2} ({:.2} to {:.2})",
        ratio.median, ratio.least, ratio.most
    );
    json!({
        "subject": subject,
        "against": against,
        "ratio": ratio.median,
        "ratio_least": ratio.least,
        "ratio_most": ratio.most,
    })
}

#[cfg(test)]
mod tests;
