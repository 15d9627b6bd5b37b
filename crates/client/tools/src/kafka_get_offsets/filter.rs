//! Which partitions are meant.

use crate::failure::Failure;
use crate::pattern::Pattern;

/// Partitions by topic pattern and number.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    rules: Vec<Rule>,
}

#[derive(Clone, Debug)]
struct Rule {
    /// `None`: every topic.
    topic: Option<Pattern>,
    partitions: Partitions,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Partitions {
    All,
    These(Vec<i32>),
    /// From the first on, up to the last, which is left out.
    Range(i32, Option<i32>),
}

impl Filter {
    /// Rules as `--topic-partitions` takes them: `topic:1,topic:0-3,topic,topic:5-,topic:-3`.
    pub fn from_rules(text: &str) -> Result<Filter, Failure> {
        let rules: Result<Vec<Rule>, Failure> = text.split(',').map(rule).collect();
        Ok(Filter { rules: rules? })
    }

    /// A pattern of topics, and partitions separated by commas; empty for all.
    pub fn from_topic_and_partitions(
        topic: Option<&str>,
        partitions: &str,
    ) -> Result<Filter, Failure> {
        let numbers: Result<Vec<i32>, _> = partitions
            .split(',')
            .filter(|text| !text.is_empty())
            .map(str::parse)
            .collect();
        let Ok(numbers) = numbers else {
            return Err(Failure::illegal(format!(
                "--partitions expects a comma separated list of numeric partition ids, but \
                 received: {partitions}"
            )));
        };
        let partitions = if numbers.is_empty() {
            Partitions::All
        } else {
            Partitions::These(numbers)
        };
        let topic = topic.map(Pattern::parse_list).transpose();
        let topic = topic.map_err(Failure::illegal)?;
        Ok(Filter {
            rules: vec![Rule { topic, partitions }],
        })
    }

    /// Whether a partition is meant.
    pub fn admits(&self, topic: &str, partition: i32) -> bool {
        self.rules.iter().any(|rule| {
            let named = rule
                .topic
                .as_ref()
                .is_none_or(|pattern| pattern.matches(topic));
            named
                && match &rule.partitions {
                    Partitions::All => true,
                    Partitions::These(numbers) => numbers.contains(&partition),
                    Partitions::Range(first, last) => {
                        *first <= partition && last.is_none_or(|last| partition < last)
                    }
                }
        })
    }
}

fn rule(text: &str) -> Result<Rule, Failure> {
    let wrong = || {
        let reason = "org.apache.kafka.tools.TerseException: Invalid rule specification";
        Failure::illegal(format!("{reason}: {text}"))
    };
    let (topic, partitions) = text.split_once(':').unwrap_or((text, ""));
    let number = |text: &str| match text {
        "" => Ok(None),
        text if text.bytes().all(|digit| digit.is_ascii_digit()) => {
            text.parse().map(Some).map_err(|_| wrong())
        }
        _ => Err(wrong()),
    };
    let partitions = match partitions.split_once('-') {
        Some((first, last)) => Partitions::Range(number(first)?.unwrap_or(0), number(last)?),
        None => match number(partitions)? {
            Some(one) => Partitions::These(vec![one]),
            None => Partitions::All,
        },
    };
    let topic = match topic {
        "" => None,
        topic => Some(Pattern::parse(topic).map_err(Failure::illegal)?),
    };
    Ok(Rule { topic, partitions })
}

#[cfg(test)]
mod tests;
