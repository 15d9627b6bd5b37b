//! Kafka's names in Rust's spelling.

/// `ThrottleTimeMs` → `throttle_time_ms`.
pub fn snake_case(name: &str) -> String {
    // The only acronym run in Kafka's names; every other capital starts a word.
    let name = name.replace("KRaft", "Kraft");
    let mut snake = String::new();
    for (index, character) in name.char_indices() {
        if character.is_ascii_uppercase() && index > 0 {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    snake
}

/// A field's name, escaped when it is a keyword.
pub fn field_name(name: &str) -> String {
    let snake = snake_case(name);
    match snake.as_str() {
        "type" | "match" | "ref" | "move" | "use" | "fn" | "in" | "mod" | "loop" | "box" => {
            format!("r#{snake}")
        }
        _ => snake,
    }
}

/// A type's name.
pub fn type_name(name: &str) -> String {
    name.replace("KRaft", "Kraft")
}

/// `__consumer_offsets`' folder `group_coordinator` → `GroupCoordinator`.
pub fn camel_case(snake: &str) -> String {
    snake
        .split('_')
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map_or_else(String::new, |first| {
                format!("{}{}", first.to_ascii_uppercase(), letters.as_str())
            })
        })
        .collect()
}
