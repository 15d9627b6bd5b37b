//! The patterns that Kafka's tools take for topic names: regular expressions over whole names.
//!
//! Literals, `.`, classes, groups, `|`, `*`, `+`, `?`, `{n,m}` and escapes. Matching follows all
//! ways at once, so no pattern takes longer than length of pattern times length of name squared.
//!
//! *Kafka*: a comma separates alternatives, blanks and quotes around the list are dropped.

use std::collections::BTreeSet;

/// A pattern for whole names.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    root: Node,
}

#[derive(Clone, Debug)]
enum Node {
    Literal(char),
    Any,
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
    Sequence(Vec<Node>),
    Alternatives(Vec<Node>),
    Repeat {
        node: Box<Node>,
        least: u32,
        most: Option<u32>,
    },
}

/// A pattern nested deeper, or repeating more often, is refused.
const LIMIT: u32 = 100;

impl Pattern {
    /// Reads a list of patterns as Kafka's `--topic` and `--include` take them.
    pub fn parse_list(text: &str) -> Result<Pattern, String> {
        let trimmed = text.trim().replace(',', "|").replace(' ', "");
        let unquoted = trimmed.trim_matches(['"', '\'']);
        Pattern::parse(unquoted)
    }

    /// Reads one pattern.
    pub fn parse(text: &str) -> Result<Pattern, String> {
        let mut parser = Parser {
            rest: text.chars().collect(),
            depth: 0,
        };
        parser.rest.reverse();
        let root = parser
            .alternatives()
            .and_then(|root| match parser.rest.last() {
                None => Ok(root),
                Some(_) => Err("Unmatched closing ')'".to_owned()),
            })
            .map_err(|_| format!("{text} is an invalid regex."))?;
        Ok(Pattern { root })
    }

    /// Whether the whole name is as the pattern says.
    pub fn matches(&self, name: &str) -> bool {
        let name: Vec<char> = name.chars().collect();
        let ends = self.root.ends(&name, &BTreeSet::from([0]));
        ends.contains(&name.len())
    }
}

impl Node {
    /// Where a match can end that begins at one of `starts`.
    fn ends(&self, name: &[char], starts: &BTreeSet<usize>) -> BTreeSet<usize> {
        match self {
            Node::Literal(wanted) => step(name, starts, |found| found == *wanted),
            Node::Any => step(name, starts, |_| true),
            Node::Class { negated, ranges } => step(name, starts, |found| {
                let mut ranges = ranges.iter();
                ranges.any(|(first, last)| (*first..=*last).contains(&found)) != *negated
            }),
            Node::Sequence(nodes) => {
                let mut places = starts.clone();
                for node in nodes {
                    places = node.ends(name, &places);
                }
                places
            }
            Node::Alternatives(nodes) => nodes
                .iter()
                .flat_map(|node| node.ends(name, starts))
                .collect(),
            Node::Repeat { node, least, most } => {
                let mut places = starts.clone();
                for _ in 0..*least {
                    places = node.ends(name, &places);
                }
                let mut all = places.clone();
                let mut rounds = *least;
                while most.is_none_or(|most| rounds < most) {
                    let fresh = node.ends(name, &places);
                    places = fresh.difference(&all).copied().collect();
                    if places.is_empty() {
                        break;
                    }
                    all.extend(&places);
                    rounds += 1;
                }
                all
            }
        }
    }
}

fn step(name: &[char], starts: &BTreeSet<usize>, fits: impl Fn(char) -> bool) -> BTreeSet<usize> {
    let fitting = starts
        .iter()
        .filter(|place| name.get(**place).copied().is_some_and(&fits));
    fitting.map(|place| place + 1).collect()
}

/// The characters not yet read, the next one last.
struct Parser {
    rest: Vec<char>,
    depth: u32,
}

impl Parser {
    fn alternatives(&mut self) -> Result<Node, String> {
        let mut nodes = vec![self.sequence()?];
        while self.rest.pop_if(|next| *next == '|').is_some() {
            nodes.push(self.sequence()?);
        }
        Ok(Node::Alternatives(nodes))
    }

    fn sequence(&mut self) -> Result<Node, String> {
        let mut nodes = Vec::new();
        while let Some(next) = self.rest.pop_if(|next| !matches!(next, '|' | ')')) {
            // Whole names are matched, so the anchors add nothing.
            if matches!(next, '^' | '$') {
                continue;
            }
            let atom = self.atom(next)?;
            nodes.push(self.repeated(atom)?);
        }
        Ok(Node::Sequence(nodes))
    }

    fn atom(&mut self, first: char) -> Result<Node, String> {
        match first {
            '.' => Ok(Node::Any),
            '(' => {
                self.depth += 1;
                if self.depth > LIMIT {
                    return Err("too many groups within each other".to_owned());
                }
                if self.rest.ends_with(&[':', '?']) {
                    self.rest.truncate(self.rest.len() - 2);
                }
                let inner = self.alternatives()?;
                self.depth -= 1;
                match self.rest.pop() {
                    Some(')') => Ok(inner),
                    _ => Err("Unclosed group".to_owned()),
                }
            }
            '[' => self.class(),
            '\\' => self.escape(),
            '*' | '+' | '?' => Err(format!("Dangling meta character '{first}'")),
            literal => Ok(Node::Literal(literal)),
        }
    }

    fn escape(&mut self) -> Result<Node, String> {
        let class = |negated, ranges: &[(char, char)]| Node::Class {
            negated,
            ranges: ranges.to_vec(),
        };
        const DIGITS: &[(char, char)] = &[('0', '9')];
        const WORD: &[(char, char)] = &[('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')];
        const BLANKS: &[(char, char)] = &[(' ', ' '), ('\t', '\r')];
        Ok(match self.rest.pop() {
            Some('d') => class(false, DIGITS),
            Some('D') => class(true, DIGITS),
            Some('w') => class(false, WORD),
            Some('W') => class(true, WORD),
            Some('s') => class(false, BLANKS),
            Some('S') => class(true, BLANKS),
            Some(other) if other.is_ascii_alphanumeric() => {
                return Err(format!("\\{other} is not known here"));
            }
            Some(literal) => Node::Literal(literal),
            None => return Err("Unexpected end after '\\'".to_owned()),
        })
    }

    fn class(&mut self) -> Result<Node, String> {
        let negated = self.rest.pop_if(|next| *next == '^').is_some();
        let mut ranges = Vec::new();
        loop {
            let first = match self.rest.pop() {
                Some(']') if !ranges.is_empty() => return Ok(Node::Class { negated, ranges }),
                Some('\\') => match self.escape()? {
                    Node::Literal(literal) => literal,
                    Node::Class { ranges: more, .. } => {
                        ranges.extend(more);
                        continue;
                    }
                    _ => continue,
                },
                Some(first) => first,
                None => return Err("Unclosed character class".to_owned()),
            };
            let is_range = self.rest.ends_with(&['-']) && !self.rest.ends_with(&[']', '-']);
            let last = if is_range {
                self.rest.pop();
                self.rest.pop().ok_or("Unclosed character class")?
            } else {
                first
            };
            if last < first {
                return Err("Illegal character range".to_owned());
            }
            ranges.push((first, last));
        }
    }

    fn repeated(&mut self, mut node: Node) -> Result<Node, String> {
        loop {
            let (least, most) = match self.rest.last() {
                Some('*') => (0, None),
                Some('+') => (1, None),
                Some('?') => (0, Some(1)),
                Some('{') => {
                    let (least, most) = self.bounds()?;
                    node = repeat(node, least, most);
                    continue;
                }
                _ => return Ok(node),
            };
            self.rest.pop();
            // Greedy or not does not matter for whole names.
            self.rest.pop_if(|next| *next == '?');
            node = repeat(node, least, most);
        }
    }

    fn bounds(&mut self) -> Result<(u32, Option<u32>), String> {
        self.rest.pop();
        let mut text = String::new();
        loop {
            match self.rest.pop() {
                Some('}') => break,
                Some(next) => text.push(next),
                None => return Err("Unclosed counted closure".to_owned()),
            }
        }
        let number = |text: &str| match text.parse::<u32>() {
            Ok(number) if number <= LIMIT => Ok(number),
            _ => Err("Illegal repetition range".to_owned()),
        };
        let (least, most) = match text.split_once(',') {
            None => (number(&text)?, Some(number(&text)?)),
            Some((least, "")) => (number(least)?, None),
            Some((least, most)) => (number(least)?, Some(number(most)?)),
        };
        if most.is_some_and(|most| most < least) {
            return Err("Illegal repetition range".to_owned());
        }
        Ok((least, most))
    }
}

fn repeat(node: Node, least: u32, most: Option<u32>) -> Node {
    Node::Repeat {
        node: Box::new(node),
        least,
        most,
    }
}

#[cfg(test)]
mod tests;
