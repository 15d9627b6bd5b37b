//! What somebody may have meant who wrote a name that is not there.

/// The one of `names` that is nearest to `name`, if it is near enough to be meant.
pub(crate) fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let bound = (name.len() / 4).clamp(1, 4);
    names
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= bound)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many letters must be put in, left out or changed to make one text the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<u8> = to.bytes().collect();
    let mut previous: Vec<usize> = (0..=to.len()).collect();
    for (row, byte) in from.bytes().enumerate() {
        let mut current = Vec::with_capacity(previous.len());
        let mut left = row + 1;
        current.push(left);
        for ((&other, &above_left), &above) in
            to.iter().zip(previous.iter()).zip(previous.iter().skip(1))
        {
            let changed = above_left + usize::from(other != byte);
            left = changed.min(above + 1).min(left + 1);
            current.push(left);
        }
        previous = current;
    }
    previous.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests;
